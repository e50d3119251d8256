//! The reading part of Jolokia's protocol (1.x, version 7.2): beans over HTTP
//! for people whose tools ask a Java worker so.
//!
//! [`request`] reads what is asked, [`answer`] finds it in the beans.
//! Invariants: nothing can be changed through it; as in Jolokia an answer's
//! status is in its body; requests in one body and the size of their answer
//! are bounded; there are no stack traces, since there is no stack.

mod answer;
mod request;

use serde_json::{Value as Json, json};

use super::bean::Bean;

pub use request::Options;
use request::Request;

/// Requests in one body.
const MAX_REQUESTS: usize = 256;
/// Bytes of an answer after which the other requests of a body are refused.
const MAX_ANSWER_BYTES: usize = 8 << 20;

const ILLEGAL_ARGUMENT: &str = "java.lang.IllegalArgumentException";

/// Why a request has no value, as Jolokia tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Refusal {
    status: u16,
    /// The Java exception that it would be.
    class: &'static str,
    message: String,
}

impl Refusal {
    fn illegal(message: impl Into<String>) -> Self {
        Self {
            status: 400,
            class: ILLEGAL_ARGUMENT,
            message: message.into(),
        }
    }

    /// The answer; `request` is what was asked, if that could be made out.
    fn answer(&self, request: Option<Json>) -> Json {
        let text = format!("{} : {}", self.class, self.message);
        let mut answer = json!({"error_type": self.class, "error": text, "status": self.status});
        if let Some(request) = request {
            answer["request"] = request;
        }
        answer
    }
}

/// What the beans say to requests.
#[derive(Clone, Copy, Debug)]
pub struct Jolokia<'a> {
    /// Everything there is.
    pub beans: &'a [Bean],
    /// This program's version.
    pub version: &'a str,
    /// Now, seconds since the epoch.
    pub timestamp: u64,
}

impl Jolokia<'_> {
    /// Answers a GET for `path`: what comes after `/jolokia/`, decoded.
    pub fn get(&self, path: &str, options: Options) -> String {
        self.one(Request::from_path(path, options)).to_string()
    }

    /// Answers a POST: one request, or an array of them.
    pub fn post(&self, body: &[u8], options: Options) -> String {
        let requests = match serde_json::from_slice(body) {
            Ok(Json::Array(requests)) => requests,
            Ok(request @ Json::Object(_)) => {
                return self.one(Request::from_json(&request, options)).to_string();
            }
            Ok(_) | Err(_) => return refused("Invalid JSON request"),
        };
        if requests.len() > MAX_REQUESTS {
            return refused(&format!("There are more than {MAX_REQUESTS} requests"));
        }
        let mut out = String::from("[");
        for (at, request) in requests.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            if out.len() > MAX_ANSWER_BYTES {
                out.push_str(&refused("The answers before are too large for one more"));
                continue;
            }
            let request = Request::from_json(request, options);
            out.push_str(&self.one(request).to_string());
        }
        out.push(']');
        out
    }

    fn one(&self, request: Result<Request, Refusal>) -> Json {
        let request = match request {
            Ok(request) => request,
            Err(refusal) => return refusal.answer(None),
        };
        match answer::value(self, &request) {
            Ok(value) => json!({
                "request": request.echo(),
                "value": value,
                "timestamp": self.timestamp,
                "status": 200,
            }),
            Err(refusal) => refusal.answer(Some(request.echo())),
        }
    }
}

fn refused(message: &str) -> String {
    Refusal::illegal(message).answer(None).to_string()
}

#[cfg(test)]
mod tests;
