//! Kafka Connect's REST API as a client sees it.
//!
//! HTTP/1.0, so that the end of the answer is the end of the connection and
//! nothing needs to be parsed that a library would be for.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

const TIMEOUT: Duration = Duration::from_secs(30);

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The head, with all headers.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The body as JSON; panics if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Sends one request to 127.0.0.1; a body is sent as JSON.
///
/// # Errors
/// The system's: nobody listens, or the answer is cut short.
pub fn request(
    port: u16,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    let body = body.map(|body| {
        let text = body.to_string();
        let length = text.len();
        format!("Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{text}")
    });
    let rest = body.as_deref().unwrap_or("\r\n");
    let text = format!("{method} {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n{rest}");
    stream.write_all(text.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    match status {
        Some(status) => Ok(Answer {
            status,
            head: head.to_owned(),
            body: body.to_owned(),
        }),
        None => Err(std::io::Error::other(format!("no HTTP answer: {answer}"))),
    }
}
