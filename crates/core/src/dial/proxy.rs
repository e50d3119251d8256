//! A connection through a proxy: `CONNECT` of RFC 9110 section 9.3.6, or
//! SOCKS5.
//!
//! The server's name goes to the proxy as it is, since often only the proxy
//! can resolve it. No byte of the tunnel is lost: what a proxy sends beyond
//! its answer is either left in the socket or an error. What fails here is
//! said to be the proxy's and is no refusal by the server, so that the session
//! tries again whatever the status is.

use std::fmt::{self, Display, Formatter};
use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{socks, tcp};
use crate::handshake::{MAX_RESPONSE_HEAD_BYTES, MAX_RESPONSE_HEADERS};
use crate::session::ConnectFailure;

/// Bytes asked for at a time.
const READ_BYTES: usize = 4096;
/// As much of a proxy's words as is shown.
const MAX_WORDS_CHARACTERS: usize = 200;
/// What is said of a proxy that wants to know who calls.
pub(super) const WANTS_LOGIN: &str = "wants a login, which is not supported";

/// A proxy that needs no login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proxy {
    /// An HTTP proxy, of which a tunnel is asked by `CONNECT`, for `ws` as for
    /// `wss`.
    Http {
        /// The proxy's name, or its address without brackets.
        host: String,
        /// The proxy's port.
        port: u16,
    },
    /// A proxy of SOCKS version 5 (RFC 1928).
    Socks {
        /// The proxy's name, or its address without brackets.
        host: String,
        /// The proxy's port.
        port: u16,
    },
}

impl Display for Proxy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (host, port) = self.address();
        f.write_str(&authority(host, port))
    }
}

impl Proxy {
    fn address(&self) -> (&str, u16) {
        let (Self::Http { host, port } | Self::Socks { host, port }) = self;
        (host, *port)
    }

    /// Connects to `host`, a name or an address without brackets.
    ///
    /// # Errors
    /// The proxy cannot be reached, or makes no connection.
    pub(super) async fn connect(
        &self,
        resolve: tcp::Resolve,
        host: &str,
        port: u16,
    ) -> Result<TcpStream, ConnectFailure> {
        let (proxy_host, proxy_port) = self.address();
        let mut stream = tcp::connect(resolve, proxy_host, proxy_port)
            .await
            .map_err(|failure| self.unreachable(failure))?;
        self.tunnel(&mut stream, host, port).await?;
        Ok(stream)
    }

    /// Makes a stream to the proxy one to `host`.
    async fn tunnel<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut S,
        host: &str,
        port: u16,
    ) -> Result<(), ConnectFailure> {
        let made = match self {
            Self::Http { .. } => http_connect(stream, &authority(host, port)).await,
            Self::Socks { .. } => socks::connect(stream, host, port).await,
        };
        made.map_err(|words| ConnectFailure::Proxy(format!("the proxy {self} {words}")))
    }

    fn unreachable(&self, failure: ConnectFailure) -> ConnectFailure {
        match failure {
            ConnectFailure::Resolve { host, text } => ConnectFailure::Resolve {
                host,
                text: format!("the proxy {self} has no address: {text}"),
            },
            ConnectFailure::Connect { host, port, text } => ConnectFailure::Connect {
                host,
                port,
                text: format!("the proxy {self} cannot be reached: {text}"),
            },
            other => other,
        }
    }
}

/// Host and port as RFC 3986 section 3.2 writes them.
pub(super) fn authority(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// What is said of a proxy whose connection broke.
#[allow(clippy::needless_pass_by_value)]
pub(super) fn broken(error: io::Error) -> String {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        "closed the connection before it had answered".to_owned()
    } else {
        format!("broke the connection: {error}")
    }
}

/// Asks for a tunnel to `target`.
///
/// # Errors
/// What the proxy did, as it goes on after its name.
async fn http_connect<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    target: &str,
) -> Result<(), String> {
    let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    let mut input = Vec::with_capacity(READ_BYTES);
    loop {
        input.reserve(READ_BYTES);
        if stream.read_buf(&mut input).await.map_err(broken)? == 0 {
            return Err(broken(io::ErrorKind::UnexpectedEof.into()));
        }
        if answered(&input, target)? {
            return Ok(());
        }
    }
}

/// Whether what has arrived is the whole of an answer that makes a tunnel.
///
/// # Errors
/// It is another answer, or none that HTTP allows.
fn answered(input: &[u8], target: &str) -> Result<bool, String> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_RESPONSE_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let too_large = || {
        format!(
            "answered with headers larger than {MAX_RESPONSE_HEAD_BYTES} bytes or more than \
             {MAX_RESPONSE_HEADERS}"
        )
    };
    let head = &input[..input.len().min(MAX_RESPONSE_HEAD_BYTES)];
    let head_bytes = match response.parse(head) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if input.len() >= MAX_RESPONSE_HEAD_BYTES => {
            return Err(too_large());
        }
        Ok(httparse::Status::Partial) => return Ok(false),
        Err(httparse::Error::TooManyHeaders) => return Err(too_large()),
        Err(error) => return Err(format!("did not answer in HTTP/1.1: {error}")),
    };
    match response.code.unwrap_or(0) {
        // The server speaks first neither in TLS nor in a WebSocket handshake.
        200..300 if input.len() > head_bytes => {
            Err("sent more than its answer before the server was asked anything".to_owned())
        }
        200..300 => Ok(true),
        407 => Err(WANTS_LOGIN.to_owned()),
        status => {
            let mut words = format!("refused a connection to {target}: {status} ");
            let reason = response.reason.unwrap_or("").trim();
            words.extend(reason.chars().take(MAX_WORDS_CHARACTERS));
            Err(words.trim_end().to_owned())
        }
    }
}

#[cfg(test)]
#[path = "proxy_tests.rs"]
mod tests;
