//! TCP by happy eyeballs (RFC 8305): addresses of both families in turn, the
//! next one started when the one before has not answered for a moment, the
//! first to connect wins.

use std::io;
use std::net::SocketAddr;
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

/// Connects to `host`, a name or an address literal without brackets.
///
/// # Errors
/// The name does not resolve, or no address accepts the connection.
pub(super) async fn connect(host: &str, port: u16) -> Result<TcpStream, ConnectFailure> {
    let unresolved = |text: String| ConnectFailure::Resolve {
        host: host.to_owned(),
        text,
    };
    let found: Vec<_> = tokio::net::lookup_host((host, port))
        .await
        .map_err(|error| unresolved(error.to_string()))?
        .collect();
    if found.is_empty() {
        return Err(unresolved("no address".to_owned()));
    }
    let stream = race(interleave(found))
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

/// Dropping the set aborts the attempts that lost.
async fn race(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut waiting = addresses.into_iter();
    let mut attempts = JoinSet::new();
    let mut last_error = io::Error::other("no address");
    loop {
        let more = match waiting.next() {
            Some(address) => {
                attempts.spawn(TcpStream::connect(address));
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
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn families_alternate() {
        let order = interleave(vec![
            address("[::1]:1"),
            address("[::2]:1"),
            address("1.1.1.1:1"),
        ]);
        let expected = [address("[::1]:1"), address("1.1.1.1:1"), address("[::2]:1")];
        assert_eq!(order, expected);
    }

    #[tokio::test]
    async fn a_refusing_address_does_not_stop_the_next() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let open = listener.local_addr().expect("its address");
        let closed = {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
            listener.local_addr().expect("its address")
        };
        let stream = race(vec![closed, open]).await.expect("a connection");
        assert_eq!(stream.peer_addr().expect("a peer"), open);
    }

    #[tokio::test]
    async fn the_failure_names_host_and_port() {
        let port = {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
            listener.local_addr().expect("its address").port()
        };
        let failure = connect("127.0.0.1", port).await.expect_err("refused");
        let expected = format!("ConnectException: Failed to connect to 127.0.0.1/{port}: ");
        assert!(failure.to_string().starts_with(&expected), "{failure}");
    }
}
