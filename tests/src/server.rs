//! WebSocket servers built on other people's libraries: Python's `websockets`
//! and npm's `ws`, each with the same script.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::certificate::Certificate;
use crate::process::{self, Process};
use crate::{ports, tools, wait};

/// Which library serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Library {
    /// Python's `websockets`.
    Python,
    /// npm's `ws`.
    Npm,
}

/// A server that is to be started. What it does with a connection: it waits
/// for a subscription unless told otherwise, then sends messages
/// `{"seq":N,"pad":"x…"}`. Numbers go on over connections of one process.
#[derive(Clone, Debug)]
#[must_use]
pub struct Script {
    library: Library,
    fields: Value,
    certificate: Option<Certificate>,
}

impl Script {
    /// A server on a free port that sends nothing.
    pub fn new(library: Library) -> Self {
        let fields = json!({
            "port": ports::free(),
            "certificate": null,
            "key": null,
            "start": 0,
            "count": 0,
            "rate": 0,
            "refusals": [],
            "stalled_attempts": 0,
            "close_after": null,
            "close_code": 1000,
            "close_reason": "",
            "kind": "text",
            "wait_for_subscription": true,
            "padding_bytes": 0,
            "large": null,
            "large_bytes": 0,
            "wanted_every": 0,
            "live": false,
        });
        Self {
            library,
            fields,
            certificate: None,
        }
    }

    fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.fields[field] = value.into();
        self
    }

    /// Sends this many messages in all.
    pub fn count(self, messages: u64) -> Self {
        self.with("count", messages)
    }

    /// Sends until it is stopped.
    pub fn endless(self) -> Self {
        self.with("count", Value::Null)
    }

    /// The first message's number.
    pub fn start_at(self, number: u64) -> Self {
        self.with("start", number)
    }

    /// Messages a second on a connection; as many as can be if never called.
    pub fn rate(self, messages: u64) -> Self {
        self.with("rate", messages)
    }

    /// Makes every message larger by this.
    pub fn padding_bytes(self, bytes: u64) -> Self {
        self.with("padding_bytes", bytes)
    }

    /// Makes the message of this number larger by that, whatever the others
    /// have.
    pub fn large(self, number: u64, bytes: u64) -> Self {
        self.with("large", number).with("large_bytes", bytes)
    }

    /// Gives one message in so many the field `wanted` more, of the value
    /// `{"seq":N}`.
    pub fn wanted_every(self, messages: u64) -> Self {
        self.with("wanted_every", messages)
    }

    /// `text`, `binary`, `fragmented` (text in three frames) or `mixed`: text
    /// of even numbers, and of odd ones binary, the bytes FF and FE before the
    /// number in digits.
    pub fn kind(self, kind: &str) -> Self {
        self.with("kind", kind)
    }

    /// Lets the numbers go on at this rate while no connection is open, as
    /// trades do: those numbers are never sent.
    pub fn live(self, messages: u64) -> Self {
        self.endless().rate(messages).with("live", true)
    }

    /// Sends without waiting for a subscription.
    pub fn unasked(self) -> Self {
        self.with("wait_for_subscription", false)
    }

    /// Closes each connection after this many messages.
    pub fn close_after(self, messages: u64, code: u16, reason: &str) -> Self {
        self.with("close_after", messages)
            .with("close_code", code)
            .with("close_reason", reason)
    }

    /// Refuses one upgrade more, with a status line and headers.
    pub fn refuse(mut self, status: u16, reason: &str, headers: &Value) -> Self {
        let refusal = json!({"status": status, "reason": reason, "headers": headers, "body": "refused by the test"});
        let refusals = self.fields["refusals"].as_array_mut().expect("an array");
        refusals.push(refusal);
        self
    }

    /// Never answers the first upgrades.
    pub fn stall(self, attempts: u64) -> Self {
        self.with("stalled_attempts", attempts)
    }

    /// Serves wss with this certificate.
    pub fn secure(mut self, certificate: &Certificate) -> Self {
        self.certificate = Some(certificate.clone());
        self.with("certificate", certificate.certificate.to_str())
            .with("key", certificate.key.to_str())
    }

    /// Starts it and waits until it listens.
    pub fn start(self) -> Server {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let output = folder.path().join("events");
        let process = spawn(&self, &output);
        let server = Server {
            script: self,
            process: RefCell::new(process),
            output,
            _folder: folder,
        };
        server.wait_for("listening", 1);
        server
    }
}

fn spawn(script: &Script, output: &Path) -> Process {
    let sources = tools::repository().join("tests/servers");
    let mut command = match script.library {
        Library::Python => {
            let mut command = process::command(tools::tool("python/bin/python"));
            command.arg(sources.join("server.py"));
            command
        }
        Library::Npm => {
            let mut command = process::command("node");
            command
                .env("NODE_LIBRARIES", tools::tool("node"))
                .arg(sources.join("server.mjs"));
            command
        }
    };
    Process::spawn(
        "the WebSocket server",
        command.arg(script.fields.to_string()),
        output,
    )
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    script: Script,
    process: RefCell<Process>,
    output: PathBuf,
    _folder: tempfile::TempDir,
}

impl Server {
    /// Its URL, by a name that its certificate has.
    pub fn url(&self) -> String {
        let scheme = if self.script.certificate.is_some() {
            "wss"
        } else {
            "ws"
        };
        format!("{scheme}://localhost:{}/stream", self.script.fields["port"])
    }

    /// What happened so far under this name: `attempt` (`number`, `path`,
    /// `headers`), `subscription` (`number`: that of the attempt, `text`,
    /// `sequence`: the first number that is sent now), `sent` (`sequence`: the
    /// next number), `closing` (the same), `closed` (`number`, `sequence`,
    /// `code`, `reason`).
    pub fn events(&self, name: &str) -> Vec<Value> {
        let output = self.process.borrow().output();
        let events = output
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        events
            .filter(|event: &Value| event["event"] == name)
            .collect()
    }

    /// Waits until `name` has happened `times`; gives the last one.
    pub fn wait_for(&self, name: &str, times: usize) -> Value {
        wait::until(&format!("{name} of the server, {times} times"), || {
            let ended = self.process.borrow_mut().ended();
            assert!(ended.is_none(), "the server has ended");
            let events = self.events(name);
            (events.len() >= times).then(|| events[times - 1].clone())
        })
    }

    /// Ends the process as a crash would, and starts one on the same port
    /// that begins with the number `start`.
    pub fn restart_at(&mut self, start: u64, count: u64) {
        self.kill();
        let listening = self.events("listening").len();
        self.script = self.script.clone().start_at(start).count(count);
        self.process = RefCell::new(spawn(&self.script, &self.output));
        self.wait_for("listening", listening + 1);
    }

    /// Sends a signal, by its name as in `kill -NAME`.
    pub fn signal(&self, name: &str) {
        self.process.borrow().signal(name);
    }

    /// Ends the process as a crash would.
    pub fn kill(&self) {
        self.process.borrow_mut().kill();
    }
}
