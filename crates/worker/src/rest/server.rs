//! Listeners and connections: HTTP/1.1 over TCP, with TLS where it is asked for.
//!
//! Invariants: connections are bounded in number, and one that does not go on
//! (a handshake, a head, a body, a reader that does not read) is closed after
//! a time; a client in trouble never holds up another one.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use super::patience::Patient;
use super::resource::Reached;
use super::site::Site;
use crate::files::{Listener, Scheme};

/// Open connections of one listener; more wait until one is closed.
const MAX_CONNECTIONS: usize = 512;
/// How long a client may need for its TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may be idle, and a request's head be on its way;
/// Jetty's default.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest head of a request; Jetty has 8 KiB.
const MAX_HEAD_BYTES: usize = 64 << 10;
/// Pause after the system has refused a connection, as when files run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A connection's place among those that may be open; kept by what is done
/// for it.
pub(super) type Permit = Arc<OwnedSemaphorePermit>;

/// A listener that is bound and not yet served.
pub struct Bound {
    socket: TcpListener,
    tls: Option<TlsAcceptor>,
    /// What it is bound by.
    pub listener: Listener,
    /// Where it really is.
    pub address: SocketAddr,
}

/// Binds a listener of the worker's properties.
///
/// # Errors
/// The address cannot be used; the text names the setting.
pub async fn bind(
    setting: &str,
    listener: &Listener,
    tls: Option<TlsAcceptor>,
) -> Result<Bound, String> {
    let failed = |error: std::io::Error| {
        format!(
            "the REST API cannot listen on {listener}: {error}; choose another address with \
             {setting}=http://HOST:PORT"
        )
    };
    let socket = TcpListener::bind((listener.host.as_str(), listener.port))
        .await
        .map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    Ok(Bound {
        socket,
        tls,
        listener: listener.clone(),
        address,
    })
}

/// Serves until `stopped` changes or its sender is gone; requests that are
/// being answered then are answered.
pub async fn serve(bound: Bound, site: Site, mut stopped: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let site = Arc::new(site);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&bound.socket, &places) => accepted,
            _ = stopped.changed() => return,
        };
        let Some((stream, place)) = accepted else {
            continue;
        };
        let connection = Connection {
            site: Arc::clone(&site),
            scheme: bound.listener.scheme,
            address: stream.local_addr().unwrap_or(bound.address),
            place: Arc::new(place),
            stopped: stopped.clone(),
        };
        tokio::spawn(connection.begin(stream, bound.tls.clone()));
    }
}

/// The next connection, once there is a place for it.
async fn accept(
    socket: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    // The semaphore is never closed.
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match socket.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            tracing::warn!(target: "RestServer", "A connection could not be accepted: {error}");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

struct Connection {
    site: Arc<Site>,
    scheme: Scheme,
    address: SocketAddr,
    place: Permit,
    stopped: watch::Receiver<bool>,
}

impl Connection {
    async fn begin(self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        // Answers are small and written at once.
        let _ = stream.set_nodelay(true);
        let Some(tls) = tls else {
            return self.serve(stream).await;
        };
        match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.serve(stream).await,
            Ok(Err(error)) => {
                tracing::debug!(target: "RestServer", "A TLS handshake has failed: {error}");
            }
            Err(_) => tracing::debug!(target: "RestServer", "A TLS handshake took too long"),
        }
    }

    async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S) {
        let Self {
            site,
            scheme,
            address,
            place,
            mut stopped,
        } = self;
        let answer = service_fn(move |request: Request<Incoming>| {
            let (site, place) = (Arc::clone(&site), Arc::clone(&place));
            async move {
                let mut request = request.map(Body::new);
                let reached = reached(&request, scheme, address);
                request.extensions_mut().insert(reached);
                request.extensions_mut().insert(place);
                Ok::<_, Infallible>(site.answer(request).await)
            }
        });
        let stream = TokioIo::new(Patient::new(stream, IDLE_TIMEOUT));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(IDLE_TIMEOUT)
            // A client may close its side after the request, as nc does.
            .half_close(true)
            .max_buf_size(MAX_HEAD_BYTES)
            // As Java writes them; scripts grep for them.
            .title_case_headers(true)
            .serve_connection(stream, answer);
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            _ = stopped.changed() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(target: "RestServer", "A connection has ended: {error}");
        }
    }
}

/// As the client called us, else as we call ourselves.
fn reached(request: &Request<Body>, scheme: Scheme, address: SocketAddr) -> Reached {
    let host = request.headers().get(header::HOST);
    let host = host
        .and_then(|host| host.to_str().ok())
        .filter(|host| !host.is_empty());
    Reached(host.map_or_else(
        || format!("{scheme}://{address}"),
        |host| format!("{scheme}://{host}"),
    ))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::time::Instant;

    use super::*;

    /// A connection to a site that tells how it was reached, and what ends it.
    fn connected(scheme: Scheme) -> (DuplexStream, watch::Sender<bool>) {
        let tell = |request: Request<Body>| async move {
            let reached = request.extensions().get::<Reached>().cloned();
            reached.map(|Reached(base)| base).unwrap_or_default()
        };
        let site = Site::new(Router::new().route("/", get(tell)));
        let (stop, stopped) = watch::channel(false);
        let places = Arc::new(Semaphore::new(1));
        let place = places.try_acquire_owned().expect("a place");
        let connection = Connection {
            site: Arc::new(site),
            scheme,
            address: ([127, 0, 0, 1], 8083).into(),
            place: Arc::new(place),
            stopped,
        };
        let (client, server) = duplex(1 << 16);
        tokio::spawn(connection.serve(server));
        (client, stop)
    }

    async fn read(client: &mut DuplexStream) -> String {
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.expect("text");
        answer
    }

    #[tokio::test]
    async fn a_request_knows_how_it_has_reached_us() {
        let (mut client, _stop) = connected(Scheme::Https);
        let request = b"GET / HTTP/1.1\r\nHost: a.example:9\r\nConnection: close\r\n\r\n";
        client.write_all(request).await.expect("written");
        let answer = read(&mut client).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("\r\nContent-Length: "), "{answer}");
        assert!(answer.ends_with("https://a.example:9"), "{answer}");
        let (mut client, _stop) = connected(Scheme::Http);
        client
            .write_all(b"GET / HTTP/1.0\r\n\r\n")
            .await
            .expect("written");
        let answer = read(&mut client).await;
        assert!(answer.ends_with("http://127.0.0.1:8083"), "{answer}");
    }

    #[tokio::test]
    async fn a_client_may_close_its_side_after_the_request() {
        let (client, _stop) = connected(Scheme::Http);
        let (mut reading, mut writing) = tokio::io::split(client);
        writing
            .write_all(b"GET / HTTP/1.0\r\n\r\n")
            .await
            .expect("written");
        writing.shutdown().await.expect("closed");
        let mut answer = String::new();
        reading.read_to_string(&mut answer).await.expect("text");
        assert!(answer.starts_with("HTTP/1.0 200 OK"), "{answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_does_not_come_ends_the_connection() {
        let begun = Instant::now();
        let (mut client, _stop) = connected(Scheme::Http);
        client
            .write_all(b"GET / HTTP/1.1\r\nHost: ")
            .await
            .expect("written");
        let answer = read(&mut client).await;
        assert!(!answer.contains("200"), "{answer}");
        assert!(begun.elapsed() >= IDLE_TIMEOUT);
    }

    #[tokio::test]
    async fn a_head_without_end_is_refused() {
        let (mut client, _stop) = connected(Scheme::Http);
        let line = format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(MAX_HEAD_BYTES));
        // The connection may be closed before all is written.
        let _ = client.write_all(line.as_bytes()).await;
        let answer = read(&mut client).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    }

    #[tokio::test]
    async fn an_idle_connection_ends_with_the_server() {
        let (mut client, stop) = connected(Scheme::Http);
        stop.send_replace(true);
        assert_eq!(read(&mut client).await, "");
    }
}
