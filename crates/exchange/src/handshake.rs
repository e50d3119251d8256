//! The upgrade of RFC 6455, section 4.2.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1_smol::Sha1;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::script::Script;

/// Largest request accepted, bytes.
const MAX_REQUEST_BYTES: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// What a client has asked for.
pub(crate) struct Upgrade {
    /// The request's target: path and query.
    pub(crate) target: String,
    key: String,
    /// Bytes that came after the request.
    pub(crate) leftover: Vec<u8>,
}

/// The value of `Sec-WebSocket-Accept` for a key.
fn accept(key: &str) -> String {
    let mut sha1 = Sha1::new();
    sha1.update(key.as_bytes());
    sha1.update(GUID);
    STANDARD.encode(sha1.digest().bytes())
}

/// Reads an upgrade request; `None` if it is none.
pub(crate) async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> std::io::Result<Option<Upgrade>> {
    let mut bytes = Vec::with_capacity(1024);
    loop {
        if stream.read_buf(&mut bytes).await? == 0 || bytes.len() > MAX_REQUEST_BYTES {
            return Ok(None);
        }
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(&bytes) {
            Ok(httparse::Status::Partial) => {}
            Ok(httparse::Status::Complete(length)) => {
                let target = request.path.unwrap_or("/").to_owned();
                let key = key(&request).map(str::to_owned);
                let leftover = bytes[length..].to_vec();
                return Ok(key.map(|key| Upgrade {
                    target,
                    key,
                    leftover,
                }));
            }
            Err(_) => return Ok(None),
        }
    }
}

/// The key of a request that is an upgrade in all its parts (section 4.2.1):
/// a client's mistake in any of them is to come to light here.
fn key<'a>(request: &httparse::Request<'_, 'a>) -> Option<&'a str> {
    let values = |name: &'static str| {
        let headers = request.headers.iter();
        headers
            .filter(move |header| header.name.eq_ignore_ascii_case(name))
            .filter_map(|header| std::str::from_utf8(header.value).ok())
    };
    let says = |name, token: &str| {
        let mut tokens = values(name).flat_map(|value| value.split(','));
        tokens.any(|said| said.trim().eq_ignore_ascii_case(token))
    };
    let is_upgrade = request.method == Some("GET")
        && request.version == Some(1)
        && values("host").count() == 1
        && says("upgrade", "websocket")
        && says("connection", "upgrade")
        && says("sec-websocket-version", "13");
    let key = values("sec-websocket-key").next()?;
    let is_key = STANDARD.decode(key).is_ok_and(|nonce| nonce.len() == 16);
    (is_upgrade && is_key).then_some(key)
}

/// Accepts the upgrade.
pub(crate) async fn accept_upgrade<S: AsyncWrite + Unpin>(
    stream: &mut S,
    upgrade: &Upgrade,
) -> std::io::Result<()> {
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n\r\n",
        accept(&upgrade.key)
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.flush().await
}

/// Refuses a request.
pub(crate) async fn refuse<S: AsyncWrite + Unpin>(
    stream: &mut S,
    status: &str,
) -> std::io::Result<()> {
    let body = format!("{status}: there are {}\n", Script::PATHS);
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accept_key_is_that_of_the_rfcs_example() {
        assert_eq!(
            accept("dGhlIHNhbXBsZSBub25jZQ=="),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
    }
}
