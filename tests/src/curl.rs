//! `curl`, with which users talk to the REST API where TLS, logins or odd
//! requests are concerned.

use std::process::Command;

use serde_json::Value;

/// What curl has got.
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
    /// The value of a header, which is looked for in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut found = lines.filter(|(given, _)| given.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim())
    }

    /// The body as JSON; panics if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Runs curl with these arguments.
pub fn curl(arguments: &[&str]) -> Answer {
    let output = Command::new("curl")
        .args(["--silent", "--include", "--path-as-is", "--max-time", "30"])
        .args(arguments)
        .output()
        .expect("curl runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Answer {
        status: status.unwrap_or(0),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}
