//! TCP by happy eyeballs (RFC 8305): addresses of both families in turn, the
//! next one started when the one before has not answered for a moment, the
//! first to connect wins.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::session::ConnectFailure;

/// RFC 8305 section 5: the recommended Connection Attempt Delay.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// Addresses tried at the most.
const MAX_ADDRESSES: usize = 16;
/// Keepalive, so that even an idle connection without pings is not
/// half-open for ever.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(60);

/// Looks up the addresses of a host, a name or an address literal without
/// brackets, for a port.
pub(super) type Resolve = fn(&str, u16) -> Resolving;
type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// Asks the system.
pub(super) fn system(host: &str, port: u16) -> Resolving {
    let host = host.to_owned();
    Box::pin(async move {
        let found = tokio::net::lookup_host((host, port)).await?;
        Ok(found.collect())
    })
}

/// Connects to `host`, which has the addresses that `resolve` finds.
///
/// # Errors
/// The name does not resolve, or no address accepts the connection.
pub(super) async fn connect(
    resolve: Resolve,
    host: &str,
    port: u16,
) -> Result<TcpStream, ConnectFailure> {
    let unresolved = |text: String| ConnectFailure::Resolve {
        host: host.to_owned(),
        text,
    };
    let found = resolve(host, port)
        .await
        .map_err(|error| unresolved(error.to_string()))?;
    if found.is_empty() {
        return Err(unresolved("no address".to_owned()));
    }
    connect_resolved(host, port, found).await
}

/// The same with the addresses that `host` has.
async fn connect_resolved(
    host: &str,
    port: u16,
    found: Vec<SocketAddr>,
) -> Result<TcpStream, ConnectFailure> {
    let stream = race(interleave(found), TcpStream::connect)
        .await
        .map_err(|error| ConnectFailure::Connect {
            host: host.to_owned(),
            port,
            text: error.to_string(),
        })?;
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_AFTER);
    let tuned = stream
        .set_nodelay(true)
        .and_then(|()| SockRef::from(&stream).set_tcp_keepalive(&keepalive));
    if let Err(error) = tuned {
        tracing::debug!(target: "WebSocketSourceTask", "socket options could not be set: {error}");
    }
    Ok(stream)
}

/// Orders addresses so that the families alternate, beginning with the family
/// that the resolver prefers.
fn interleave(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let prefers_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (preferred, other): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == prefers_v6);
    let longest = preferred.len().max(other.len());
    (0..longest)
        .flat_map(|index| [preferred.get(index), other.get(index)])
        .flatten()
        .copied()
        .take(MAX_ADDRESSES)
        .collect()
}

/// The first connection that `connect` makes. Dropping the set aborts the
/// attempts that lost.
async fn race<T, F>(addresses: Vec<SocketAddr>, connect: impl Fn(SocketAddr) -> F) -> io::Result<T>
where
    T: Send + 'static,
    F: Future<Output = io::Result<T>> + Send + 'static,
{
    let mut waiting = addresses.into_iter();
    let mut attempts = JoinSet::new();
    let mut last_error = io::Error::other("no address");
    loop {
        let more = match waiting.next() {
            Some(address) => {
                attempts.spawn(connect(address));
                waiting.len() > 0
            }
            None if attempts.is_empty() => return Err(last_error),
            None => false,
        };
        tokio::select! {
            Some(ended) = attempts.join_next() => match ended {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => last_error = error,
                Err(error) => last_error = io::Error::other(error),
            },
            () = sleep(ATTEMPT_DELAY), if more => {}
        }
    }
}

#[cfg(test)]
#[path = "tcp_tests.rs"]
mod tests;
