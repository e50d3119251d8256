//! Kafka Connect's REST API as a client sees it.
//!
//! HTTP/1.0, so that the end of the answer is the end of the connection and
//! nothing needs to be parsed that a library would be for.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

const TIMEOUT: Duration = Duration::from_secs(30);

/// A request as it goes over the wire.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The method.
    pub method: String,
    /// Path and query, as they are sent.
    pub target: String,
    /// Headers besides `Host` and `Content-Length`.
    pub headers: Vec<(String, String)>,
    /// The body; `None` sends no `Content-Length`.
    pub body: Option<String>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code; 0 if there was no answer.
    pub status: u16,
    /// The head, with all headers.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Answer {
    /// Takes apart what came over the wire.
    pub fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        Self {
            status: status.unwrap_or(0),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    /// The body as JSON; panics if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The headers, their names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (String, &str)> {
        let lines = self.head.lines().skip(1);
        lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
    }

    /// The first header of a name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers();
        headers
            .find(|(given, _)| given == name)
            .map(|(_, value)| value)
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
    let json = ("Content-Type".to_owned(), "application/json".to_owned());
    let request = Request {
        method: method.to_owned(),
        target: path.to_owned(),
        headers: body.map(|_| json).into_iter().collect(),
        body: body.map(Value::to_string),
    };
    send(port, &request)
}

/// Sends any request to 127.0.0.1.
///
/// # Errors
/// The system's: nobody listens, or the answer is cut short.
pub fn send(port: u16, request: &Request) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    let Request { method, target, .. } = request;
    let mut text = format!("{method} {target} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n");
    for (name, value) in &request.headers {
        // Writing into a String cannot fail.
        let _ = write!(text, "{name}: {value}\r\n");
    }
    match &request.body {
        Some(body) => {
            let _ = write!(text, "Content-Length: {}\r\n\r\n{body}", body.len());
        }
        None => text.push_str("\r\n"),
    }
    stream.write_all(text.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    match Answer::parse(&answer) {
        Answer { status: 0, .. } => Err(std::io::Error::other(format!("no HTTP answer: {answer}"))),
        answer => Ok(answer),
    }
}
