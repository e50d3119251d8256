//! The server's answer to the upgrade request (RFC 6455 section 4.1, the
//! client's checks).

use std::time::{Duration, SystemTime};

use super::body::BodyEnd;
use super::request::Request;
use super::retry_after;

/// The most that status line and headers may take.
pub const MAX_RESPONSE_HEAD_BYTES: usize = 32 * 1024;
/// The most headers that an answer may have.
pub const MAX_RESPONSE_HEADERS: usize = 128;
/// As much of a refusal's words as is worth showing.
const MAX_WORDS_BYTES: usize = 1024;

/// The server switched protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Length of the head; the bytes after it are frames.
    pub head_bytes: usize,
}

/// The server answered with something other than 101.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status code.
    pub status: u16,
    /// The status line's words.
    pub reason: String,
    /// What `Retry-After` asks for, on 429, 418 and 503.
    pub retry_after: Option<Duration>,
    /// The `Location` of a redirect.
    pub location: Option<String>,
    /// The beginning of the body.
    pub body: String,
}

/// A complete answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// 101, and every check passed.
    Accepted(Accepted),
    /// Any other status; the body begins at `head_bytes`.
    Refused {
        /// What the server said, without a body yet.
        refusal: Refusal,
        /// Length of the head in bytes.
        head_bytes: usize,
        /// How the body's end is known.
        body_end: BodyEnd,
    },
}

/// The answer is not one that RFC 6455 allows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    /// Not HTTP/1.1.
    #[error("ProtocolException: the answer to the upgrade request is not HTTP/1.1: {0}")]
    NotHttp(httparse::Error),
    /// More header bytes or headers than allowed.
    #[error(
        "ProtocolException: the answer's headers are larger than {MAX_RESPONSE_HEAD_BYTES} bytes or more than {MAX_RESPONSE_HEADERS}"
    )]
    TooLarge,
    /// A header that must be there is missing or wrong.
    #[error(
        "ProtocolException: expected '{0}' header value '{1}' in the answer to the upgrade request"
    )]
    Header(&'static str, &'static str),
    /// An extension or subprotocol that was not offered.
    #[error("ProtocolException: the server chose a {0} that was not offered")]
    NotOffered(&'static str),
}

/// Parses what has arrived of the answer to `request`; `None` while the head
/// is incomplete. `now` is needed for `Retry-After` dates.
///
/// # Errors
/// See [`ResponseError`].
pub fn parse(
    input: &[u8],
    request: &Request<'_>,
    now: SystemTime,
) -> Result<Option<Response>, ResponseError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_RESPONSE_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let head = &input[..input.len().min(MAX_RESPONSE_HEAD_BYTES)];
    let head_bytes = match response.parse(head) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if input.len() >= MAX_RESPONSE_HEAD_BYTES => {
            return Err(ResponseError::TooLarge);
        }
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(ResponseError::TooLarge),
        Err(error) => return Err(ResponseError::NotHttp(error)),
    };
    let status = response.code.unwrap_or(0);
    let headers = Headers(response.headers);
    if status != 101 {
        let refusal = refusal(status, response.reason.unwrap_or(""), &headers, now);
        return Ok(Some(Response::Refused {
            refusal,
            head_bytes,
            body_end: body_end(status, &headers),
        }));
    }
    check(&headers, request)?;
    Ok(Some(Response::Accepted(Accepted { head_bytes })))
}

impl Refusal {
    /// Keeps the beginning of `body` as the server's words, after `hide` has
    /// taken out of it what must not be shown: a secret that was cut before
    /// would be shown in part.
    pub fn set_body(&mut self, body: &[u8], hide: impl FnOnce(&str) -> String) {
        let words = hide(String::from_utf8_lossy(body).trim());
        let mut end = words.len().min(MAX_WORDS_BYTES);
        while !words.is_char_boundary(end) {
            end -= 1;
        }
        words[..end].trim_end().clone_into(&mut self.body);
    }
}

struct Headers<'h, 'b>(&'h [httparse::Header<'b>]);

impl Headers<'_, '_> {
    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |header| header.name.eq_ignore_ascii_case(name))
            .filter_map(|header| std::str::from_utf8(header.value).ok())
            .map(str::trim)
    }

    fn one(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    fn lists(&self, name: &str, token: &str) -> bool {
        self.all(name)
            .flat_map(|value| value.split(','))
            .any(|item| item.trim().eq_ignore_ascii_case(token))
    }
}

/// RFC 9112 section 6.3: chunks come before `Content-Length`, and without
/// either the body ends with the connection.
fn body_end(status: u16, headers: &Headers<'_, '_>) -> BodyEnd {
    if matches!(status, 100..200 | 204 | 304) {
        BodyEnd::After(0)
    } else if headers.lists("transfer-encoding", "chunked") {
        BodyEnd::LastChunk
    } else {
        let length = headers.one("content-length").and_then(|v| v.parse().ok());
        length.map_or(BodyEnd::Close, BodyEnd::After)
    }
}

fn refusal(status: u16, reason: &str, headers: &Headers<'_, '_>, now: SystemTime) -> Refusal {
    let waits = matches!(status, 418 | 429 | 503);
    let redirects = matches!(status, 301 | 302 | 303 | 307 | 308);
    Refusal {
        status,
        reason: reason.trim().to_owned(),
        retry_after: headers
            .one("retry-after")
            .filter(|_| waits)
            .and_then(|value| retry_after::parse(value, now)),
        location: headers
            .one("location")
            .filter(|_| redirects)
            .map(str::to_owned),
        body: String::new(),
    }
}

fn check(headers: &Headers<'_, '_>, request: &Request<'_>) -> Result<(), ResponseError> {
    if !headers.lists("connection", "upgrade") {
        return Err(ResponseError::Header("Connection", "Upgrade"));
    }
    if !headers.lists("upgrade", "websocket") {
        return Err(ResponseError::Header("Upgrade", "websocket"));
    }
    if headers.one("sec-websocket-accept") != Some(&request.expected_accept()) {
        return Err(ResponseError::Header(
            "Sec-WebSocket-Accept",
            "the hash of our key",
        ));
    }
    if headers
        .all("sec-websocket-extensions")
        .any(|v| !v.is_empty())
    {
        return Err(ResponseError::NotOffered("extension"));
    }
    let offered = request.offered_protocols();
    if headers
        .all("sec-websocket-protocol")
        .any(|chosen| !offered.iter().any(|name| name == chosen))
    {
        return Err(ResponseError::NotOffered("subprotocol"));
    }
    Ok(())
}

#[cfg(test)]
#[path = "response_tests.rs"]
mod tests;
