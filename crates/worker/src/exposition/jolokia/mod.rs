//! The reading part of Jolokia's protocol (1.x, version 7.2): beans over HTTP
//! for people whose tools ask a Java worker so.
//!
//! [`request`] reads what is asked, [`answer`] finds it in the beans.
//! Invariants: nothing can be changed through it; as in Jolokia an answer's
//! status is in its body; requests in one body, the work that they make and
//! the size of their answer are bounded; there are no stack traces, since there is no stack.

mod answer;
mod request;

use serde_json::{Map, Value as Json, json};

use super::bean::Bean;

pub use request::Options;
use request::Request;

/// Requests in one body.
const MAX_REQUESTS: usize = 256;
/// Bytes of an answer after which the other requests of a body are refused.
const MAX_ANSWER_BYTES: usize = 8 << 20;

/// Names compared for one body after which its other requests are refused; a
/// pattern counts as often as it has characters.
const MAX_COMPARED: usize = 32 << 20;

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

/// What is left of the work that one body may make.
#[derive(Debug)]
struct Budget {
    left: usize,
}

impl Budget {
    fn new() -> Self {
        Self { left: MAX_COMPARED }
    }

    /// Takes what is to be done with so many beans.
    fn spend(&mut self, beans: usize, each: usize) -> Result<(), Refusal> {
        let left = self.left.checked_sub(beans.saturating_mul(each));
        self.left = left.ok_or_else(|| Refusal::illegal("There is too much to be compared"))?;
        Ok(())
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
        let request = Request::from_path(path, options);
        self.one(request, &mut Budget::new()).to_string()
    }

    /// Answers a POST: one request, or an array of them.
    pub fn post(&self, body: &[u8], options: Options) -> String {
        let requests = match serde_json::from_slice(body) {
            Ok(Json::Array(requests)) => requests,
            Ok(request @ Json::Object(_)) => {
                let request = Request::from_json(&request, options);
                return self.one(request, &mut Budget::new()).to_string();
            }
            Ok(_) | Err(_) => return refused("Invalid JSON request"),
        };
        if requests.len() > MAX_REQUESTS {
            return refused(&format!("There are more than {MAX_REQUESTS} requests"));
        }
        let (mut out, mut budget) = (String::from("["), Budget::new());
        for (at, request) in requests.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            if out.len() > MAX_ANSWER_BYTES {
                out.push_str(&refused("The answers before are too large for one more"));
                continue;
            }
            let request = Request::from_json(request, options);
            out.push_str(&self.one(request, &mut budget).to_string());
        }
        out.push(']');
        out
    }

    fn one(&self, request: Result<Request, Refusal>, budget: &mut Budget) -> Json {
        let request = match request {
            Ok(request) => request,
            Err(refusal) => return refusal.answer(None),
        };
        match answer::value(self, &request, budget) {
            Ok(value) => {
                let mut answer = Map::new();
                answer.insert("request".to_owned(), request.echo());
                // Moved: it may be the tree of all there is.
                answer.insert("value".to_owned(), value);
                answer.insert("timestamp".to_owned(), json!(self.timestamp));
                answer.insert("status".to_owned(), json!(200));
                Json::Object(answer)
            }
            Err(refusal) => refusal.answer(Some(request.echo())),
        }
    }
}

fn refused(message: &str) -> String {
    Refusal::illegal(message).answer(None).to_string()
}

#[cfg(test)]
mod tests;
