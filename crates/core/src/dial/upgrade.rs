//! The opening handshake over a stream.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::wall_clock;
use crate::handshake::{self, Refusal, Request, Response};
use crate::session::ConnectFailure;
use crate::settings::{SourceConfig, WsUrl};

/// Bytes asked for at a time.
const READ_BYTES: usize = 4096;
/// As much of a refusal's body as is read.
const MAX_BODY_BYTES: usize = 4096;

/// Upgrades `stream` and returns the frame bytes that came with the answer.
///
/// # Errors
/// The server refused, broke RFC 6455 or the connection.
pub(super) async fn upgrade<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    config: &SourceConfig,
    url: &WsUrl,
    same_origin: bool,
) -> Result<Vec<u8>, ConnectFailure> {
    let request = Request::new(config, url, same_origin, nonce()?);
    stream.write_all(&request.encode()).await.map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    let mut input = Vec::with_capacity(READ_BYTES);
    loop {
        if read(stream, &mut input).await? == 0 {
            return Err(ConnectFailure::Broken(
                "the server closed the connection during the WebSocket handshake".to_owned(),
            ));
        }
        let parsed = handshake::parse(&input, &request, wall_clock())
            .map_err(|error| ConnectFailure::Protocol(error.to_string()))?;
        match parsed {
            None => {}
            Some(Response::Accepted(accepted)) => {
                return Ok(input.split_off(accepted.head_bytes));
            }
            Some(Response::Refused {
                refusal,
                head_bytes,
                content_length,
            }) => {
                let body = input.split_off(head_bytes);
                let mut refusal = words(stream, refusal, body, content_length).await;
                refusal.reason = config.hide_secrets(&refusal.reason);
                refusal.body = config.hide_secrets(&refusal.body);
                return Err(ConnectFailure::Refused(refusal));
            }
        }
    }
}

/// Adds the body's beginning to a refusal, as far as it comes; the dial's
/// deadline bounds the wait.
async fn words<S: AsyncRead + Unpin>(
    stream: &mut S,
    mut refusal: Refusal,
    mut body: Vec<u8>,
    content_length: Option<usize>,
) -> Refusal {
    let wanted = content_length.unwrap_or(0).min(MAX_BODY_BYTES);
    while body.len() < wanted {
        match read(stream, &mut body).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
    refusal.set_body(&body);
    refusal
}

async fn read<S: AsyncRead + Unpin>(
    stream: &mut S,
    into: &mut Vec<u8>,
) -> Result<usize, ConnectFailure> {
    into.reserve(READ_BYTES);
    stream.read_buf(into).await.map_err(broken)
}

#[allow(clippy::needless_pass_by_value)]
fn broken(error: io::Error) -> ConnectFailure {
    ConnectFailure::Broken(format!("during the WebSocket handshake: {error}"))
}

fn nonce() -> Result<[u8; 16], ConnectFailure> {
    let mut bytes = [0; 16];
    crate::random::fill(&mut bytes)
        .map_err(|_| ConnectFailure::Broken("the system gives no randomness".to_owned()))?;
    Ok(bytes)
}
