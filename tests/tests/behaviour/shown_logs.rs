//! The log that tests of log rules share, in both layouts: what a worker says
//! of refusals, closes, reconnections, a server that is not there or not
//! trusted, and a full buffer. The periodic lines
//! come every 30 seconds, so all of it is waited for once.

use std::sync::OnceLock;

use end_to_end::certificate::Certificate;
use end_to_end::kafka::{Kafka, Version};
use end_to_end::server::{Library, Script, Server};
use end_to_end::worker::{Connector, Worker};
use serde_json::json;
use tempfile::TempDir;

/// Messages of the connector `trades`; the server closes after the first
/// [`BEFORE_CLOSE`].
const MESSAGES: u64 = 1_000;
const BEFORE_CLOSE: u64 = 600;

/// The same run in both layouts.
pub(crate) struct Logs {
    /// The reference's.
    pub(crate) text: String,
    /// `--log-format json`.
    pub(crate) json: String,
}

/// Two workers' whole logs, each with the connectors `trades`, `dropping`,
/// `absent` and `untrusted`.
pub(crate) fn logs() -> &'static Logs {
    static LOGS: OnceLock<Logs> = OnceLock::new();
    LOGS.get_or_init(|| {
        let [text, json] = ["text", "json"].map(Run::start);
        Logs {
            text: text.finish(),
            json: json.finish(),
        }
    })
}

struct Run {
    worker: Worker,
    _servers: [Server; 3],
    _folder: TempDir,
}

impl Run {
    fn start(format: &str) -> Self {
        let trades = Script::new(Library::Npm)
            .refuse(503, "Service Unavailable", &json!({}))
            .count(MESSAGES)
            .close_after(BEFORE_CLOSE, 1008, "policy of the test")
            .start();
        let flood = Script::new(Library::Npm).count(30_000).padding_bytes(1_000);
        let flood = flood.start();
        let folder = tempfile::tempdir().expect("a folder");
        let certificate = Certificate::create(folder.path());
        let secure = Script::new(Library::Npm).secure(&certificate).start();
        let worker = Worker::builder(Kafka::shared(Version::V4_1))
            .argument(format!("--log-format={format}"))
            .set("task.shutdown.graceful.timeout.ms", "500")
            .connector(Connector::new("trades", &trades, &format!("log-{format}")))
            .connector(dropping(&flood))
            .connector(failing("absent", &trades).set("websocket.url", "ws://127.0.0.1:1/"))
            .connector(failing("untrusted", &secure))
            .start();
        Self {
            worker,
            _servers: [trades, flood, secure],
            _folder: folder,
        }
    }

    fn finish(mut self) -> String {
        self.worker.wait_for_acknowledged("trades", MESSAGES);
        for text in [
            "Failed to connect",
            "SSLHandshakeException",
            "Queue full (100/100), dropping oldest message",
            " messages in last 30 seconds",
            "Metrics - Connection: OPEN, Received: 1000, Produced: 1000, Queue: ",
            "Queue utilization: ",
        ] {
            self.worker.wait_for_line(text);
        }
        assert_eq!(self.worker.terminate(), 143);
        self.worker.log()
    }
}

/// A connector that gets nowhere, and rarely tries.
fn failing(name: &str, server: &Server) -> Connector {
    Connector::new(name, server, "log-none").set("websocket.reconnect.interval.ms", "60000")
}

/// A connector whose buffer is soon full, and that nobody takes from.
fn dropping(flood: &Server) -> Connector {
    Connector::new("dropping", flood, "log-none")
        .set("producer.override.bootstrap.servers", "127.0.0.1:1")
        .set("websocket.message.queue.size", "100")
}
