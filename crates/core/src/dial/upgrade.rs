//! The opening handshake over a stream.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout};

use super::wall_clock;
use crate::handshake::{self, BodyEnd, Request, Response};
use crate::session::ConnectFailure;
use crate::settings::{SourceConfig, WsUrl};

/// Bytes asked for at a time.
const READ_BYTES: usize = 4096;
/// A refusal is told no later than this after its head, even if its body does
/// not end.
const MAX_BODY_WAIT: Duration = Duration::from_secs(5);

/// Upgrades `stream` and returns the frame bytes that came with the answer.
/// The dial began at `started`.
///
/// # Errors
/// The server refused, broke RFC 6455 or the connection.
pub(super) async fn upgrade<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    config: &SourceConfig,
    url: &WsUrl,
    same_origin: bool,
    started: Instant,
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
                mut refusal,
                head_bytes,
                body_end,
            }) => {
                let mut body = input.split_off(head_bytes);
                // A redirect is followed, whatever else it says.
                if refusal.location.is_none() {
                    // Half of the time that is left, since the dial's deadline
                    // would make a timeout of the refusal.
                    let left = config.connection_timeout.saturating_sub(started.elapsed());
                    let words = read_body(stream, &mut body, body_end);
                    // What has come by then is shown.
                    let _ = timeout((left / 2).min(MAX_BODY_WAIT), words).await;
                }
                let body = body_end.read(&body).bytes;
                refusal.set_body(&body, |text| config.hide_secrets(text));
                refusal.reason = config.hide_secrets(&refusal.reason);
                return Err(ConnectFailure::Refused(refusal));
            }
        }
    }
}

/// Reads on until the body or the connection ends, or enough has come.
async fn read_body<S: AsyncRead + Unpin>(stream: &mut S, raw: &mut Vec<u8>, end: BodyEnd) {
    while !end.read(raw).complete {
        match read(stream, raw).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
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

#[cfg(test)]
#[path = "upgrade_tests.rs"]
mod tests;
