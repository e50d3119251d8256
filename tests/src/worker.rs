//! The worker as a process: its files, its log, its REST API.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::kafka::Kafka;
use crate::process::{self, Process};
use crate::rest::{self, Answer};
use crate::server::Server;
use crate::{ports, tools, wait};

/// What a test's connectors subscribe with.
pub const SUBSCRIPTION: &str = r#"{"method":"SUBSCRIBE","params":["numbers"]}"#;

/// A connector's settings, in order.
#[derive(Clone, Debug)]
#[must_use]
pub struct Connector {
    name: String,
    settings: Vec<(String, String)>,
}

impl Connector {
    /// One that reads `server` into `topic`, subscribes, and tries again
    /// quickly.
    pub fn new(name: &str, server: &Server, topic: &str) -> Self {
        Self {
            name: name.to_owned(),
            settings: Vec::new(),
        }
        .set(
            "connector.class",
            "io.conduktor.connect.websocket.WebSocketSourceConnector",
        )
        .set("websocket.url", &server.url())
        .set("kafka.topic", topic)
        .set("websocket.subscription.message", SUBSCRIPTION)
        .set("websocket.reconnect.interval.ms", "100")
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Adds a setting, or changes it.
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.retain(|(present, _)| present != key);
        self.settings.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Takes messages for JSON, and writes them without a schema.
    pub fn as_json(self) -> Self {
        self.set("websocket.value.format", "json")
            .set(
                "value.converter",
                "org.apache.kafka.connect.json.JsonConverter",
            )
            .set("value.converter.schemas.enable", "false")
    }

    /// The same, and gives each record its `seq` for a key and the header
    /// `origin: exchange`.
    pub fn with_keys_and_headers(self) -> Self {
        self.as_json()
            .set("transforms", "key,number,header")
            .set("transforms.key.type", &transform("ValueToKey"))
            .set("transforms.key.fields", "seq")
            .set("transforms.number.type", &transform("ExtractField$Key"))
            .set("transforms.number.field", "seq")
            .set("transforms.header.type", &transform("InsertHeader"))
            .set("transforms.header.header", "origin")
            .set("transforms.header.value.literal", "exchange")
    }

    /// The settings as the REST API takes them, without the name.
    pub fn config(&self) -> Value {
        let pairs = self
            .settings
            .iter()
            .map(|(key, value)| (key.clone(), Value::from(value.clone())));
        Value::Object(pairs.collect())
    }

    /// The settings as the text of a properties file, with the name.
    pub fn properties(&self) -> String {
        let named = [("name".to_owned(), self.name.clone())];
        properties(named.iter().chain(&self.settings))
    }
}

/// The class of one of Kafka's transforms.
pub fn transform(name: &str) -> String {
    format!("org.apache.kafka.connect.transforms.{name}")
}

fn properties<'a>(pairs: impl Iterator<Item = &'a (String, String)>) -> String {
    let line =
        |(key, value): &(String, String)| [key, "=", &value.replace('\\', "\\\\"), "\n"].concat();
    pairs.map(line).collect()
}

/// A worker that is to be started.
#[derive(Debug)]
#[must_use]
pub struct Builder {
    settings: Vec<(String, String)>,
    arguments: Vec<OsString>,
    /// Names and texts of the connectors' files, in order.
    connectors: Vec<(String, String)>,
    environment: Vec<(String, String)>,
    disks: Vec<(PathBuf, u64)>,
    port: u16,
    folder: TempDir,
}

impl Builder {
    /// Adds a setting of the worker.
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Adds a connector, as a file on the command line.
    pub fn connector(mut self, connector: Connector) -> Self {
        let text = connector.properties();
        self.connectors.push((connector.name + ".properties", text));
        self
    }

    /// Adds a connector's file of any form.
    pub fn connector_file(mut self, name: &str, text: &str) -> Self {
        self.connectors.push((name.to_owned(), text.to_owned()));
        self
    }

    /// Adds an argument before the files on the command line.
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Trusts a certificate authority on the WebSocket side.
    pub fn trust(mut self, authority: &Path) -> Self {
        let path = authority.display().to_string();
        self.environment.push(("SSL_CERT_FILE".to_owned(), path));
        self
    }

    /// Sets an environment variable of the worker.
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Gives the worker a small disk at a folder that is there; nobody else
    /// sees it, and it is gone with the process.
    pub fn small_disk(mut self, folder: &Path, bytes: u64) -> Self {
        self.disks.push((folder.to_owned(), bytes));
        self
    }

    /// The worker's folder, for files that its settings name.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Adds a listener beside the one that the test asks.
    pub fn listener(self, url: &str) -> Self {
        let listeners = format!("http://127.0.0.1:{},{url}", self.port);
        self.set("listeners", &listeners)
    }

    /// Writes the files, starts the worker and waits until its REST API
    /// answers.
    pub fn start(self) -> Worker {
        self.spawn().wait_for_rest()
    }

    /// Writes the files and starts a worker that must not come up; gives its
    /// exit code and its log.
    pub fn refused(self) -> (i32, String) {
        let mut worker = self.spawn();
        (worker.exit_code(), worker.log())
    }

    fn spawn(self) -> Worker {
        let folder = self.folder.path();
        let worker = folder.join("worker.properties");
        fs::write(&worker, properties(self.settings.iter())).expect("a file");
        let mut arguments = self.arguments;
        arguments.push(worker.into());
        for (name, text) in &self.connectors {
            let file = folder.join(name);
            fs::write(&file, text).expect("a file");
            arguments.push(file.into());
        }
        let log = folder.join("connect.log");
        let process = spawn(&arguments, &self.environment, &self.disks, &log);
        Worker {
            port: self.port,
            process,
            arguments,
            environment: self.environment,
            disks: self.disks,
            folder: self.folder,
        }
    }
}

fn spawn(
    arguments: &[OsString],
    environment: &[(String, String)],
    disks: &[(PathBuf, u64)],
    log: &Path,
) -> Process {
    let mut command = if disks.is_empty() {
        process::command(tools::worker_binary())
    } else {
        with_disks(disks)
    };
    command.arg("standalone").args(arguments);
    command.envs(environment.iter().map(|(key, value)| (key, value)));
    Process::spawn("the worker", &mut command, log)
}

/// The binary in a mount namespace of its own, which ends with it.
fn with_disks(disks: &[(PathBuf, u64)]) -> Command {
    let mut command = Command::new("unshare");
    command.arg("--mount");
    let own = fs::metadata("/proc/self").expect("Linux");
    if own.uid() != 0 {
        command.args(["--user", "--map-root-user"]);
    }
    // The kernel forgets whom to kill with whom when a process gets another
    // user, so that is said after it.
    command.args(["--", "setpriv", "--pdeathsig", "KILL", "--", "sh", "-ec"]);
    let mounts = disks.iter().enumerate().map(|(index, (_, bytes))| {
        let place = index + 1;
        format!("mount -t tmpfs -o size={bytes} tmpfs \"${place}\"\n")
    });
    let mounts: String = mounts.collect();
    let skip = format!("shift {}\nexec \"$@\"", disks.len());
    command.args([&(mounts + &skip), "sh"]);
    command.args(disks.iter().map(|(folder, _)| folder));
    command.arg(tools::worker_binary());
    command
}

/// A running worker.
#[derive(Debug)]
pub struct Worker {
    port: u16,
    process: Process,
    arguments: Vec<OsString>,
    environment: Vec<(String, String)>,
    disks: Vec<(PathBuf, u64)>,
    folder: TempDir,
}

impl Worker {
    /// A worker with the files that users have, for a broker.
    pub fn builder(kafka: &Kafka) -> Builder {
        Self::builder_for(&kafka.bootstrap())
    }

    /// A worker for what needs no Kafka: there is none at its
    /// `bootstrap.servers`.
    pub fn builder_without_kafka() -> Builder {
        Self::builder_for("127.0.0.1:1")
    }

    /// The same for any `bootstrap.servers`.
    pub fn builder_for(bootstrap_servers: &str) -> Builder {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = ports::free();
        let converter = "org.apache.kafka.connect.storage.StringConverter";
        let offsets = folder.path().join("connect.offsets").display().to_string();
        Builder {
            settings: Vec::new(),
            arguments: Vec::new(),
            connectors: Vec::new(),
            environment: Vec::new(),
            disks: Vec::new(),
            port,
            folder,
        }
        .set("bootstrap.servers", bootstrap_servers)
        .set("key.converter", converter)
        .set("value.converter", converter)
        .set("offset.storage.file.filename", &offsets)
        .set("listeners", &format!("http://127.0.0.1:{port}"))
    }

    fn wait_for_rest(mut self) -> Self {
        let port = self.port;
        wait::until("the REST API answers", || {
            let ended = self.process.ended();
            assert!(ended.is_none(), "the worker has ended: {ended:?}");
            rest::request(port, "GET", "/", None).ok()
        });
        self
    }

    /// The address of its REST API.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// A number of its `/proc/PID/status`, such as `Threads`, or `VmRSS` in KiB.
    pub fn process_status(&self, name: &str) -> u64 {
        self.process.status(name)
    }

    /// The port of its REST API on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The offsets file.
    pub fn offsets_file(&self) -> PathBuf {
        self.folder.path().join("connect.offsets")
    }

    /// Its log since its first start.
    pub fn log(&self) -> String {
        self.process.output()
    }

    /// Waits for a line of the log that contains `text`, and gives the last.
    pub fn wait_for_line(&self, text: &str) -> String {
        wait::until(&format!("a line of the log with: {text}"), || {
            self.line(text)
        })
    }

    /// The last line of the log that contains `text`.
    pub fn line(&self, text: &str) -> Option<String> {
        let log = self.log();
        log.lines()
            .rfind(|line| line.contains(text))
            .map(str::to_owned)
    }

    /// One request to the REST API.
    pub fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        rest::request(self.port, method, path, body)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// A GET that must succeed.
    pub fn get(&self, path: &str) -> Value {
        let answer = self.request("GET", path, None);
        assert_eq!(answer.status, 200, "GET {path}: {}", answer.body);
        answer.json()
    }

    /// The first task's session; null while there is none, or no connector:
    /// the API answers before the files' connectors are made.
    pub fn session(&self, connector: &str) -> Value {
        let answer = self.request("GET", &format!("/connectors/{connector}/session"), None);
        match answer.status {
            404 => Value::Null,
            200 => answer.json()["tasks"][0].clone(),
            other => panic!("session of {connector}: {other} {}", answer.body),
        }
    }

    /// Waits until the first task's session is as wanted, and gives it.
    pub fn wait_for_session(
        &self,
        connector: &str,
        what: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Value {
        let mut seen = Value::Null;
        let found = wait::try_until(what, wait::LIMIT, || {
            seen = self.session(connector);
            wanted(&seen).then(|| seen.clone())
        });
        found.unwrap_or_else(|error| panic!("{error}; the session is {seen}"))
    }

    /// Waits until so many messages were received since the task's start.
    pub fn wait_for_received(&self, connector: &str, messages: u64) {
        let what = format!("{messages} messages received");
        self.wait_for_session(connector, &what, |session| received(session) >= messages);
    }

    /// Waits until Kafka has acknowledged so many records since the task's
    /// start.
    pub fn wait_for_acknowledged(&self, connector: &str, records: u64) {
        let metric = "kafka_connect_source_task_metrics_source_record_write_total";
        wait::until_true(&format!("{records} records acknowledged"), || {
            self.metric(metric, connector)
                .is_some_and(|value| value >= records as f64)
        });
    }

    /// A sample of `/metrics` for the first task of a connector.
    pub fn metric(&self, name: &str, connector: &str) -> Option<f64> {
        let text = self.request("GET", "/metrics", None).body;
        let label = format!("connector=\"{connector}\"");
        let mut lines = text.lines();
        let line =
            lines.find(|line| line.starts_with(&format!("{name}{{")) && line.contains(&label))?;
        line.rsplit(' ').next()?.parse().ok()
    }

    /// Connect's state of a connector and of its first task. Waits for the
    /// connector: the API answers before the files' connectors are made.
    pub fn states(&self, connector: &str) -> (String, String) {
        let path = format!("/connectors/{connector}/status");
        let status = wait::until(&format!("a status of {connector}"), || {
            let answer = self.request("GET", &path, None);
            (answer.status == 200).then(|| answer.json())
        });
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (
            text(&status["connector"]["state"]),
            text(&status["tasks"][0]["state"]),
        )
    }

    /// Waits until the connector's first task is in a state, and gives the
    /// connector's status. Tasks run on threads of their own: a log line and a
    /// session come before the state that they announce.
    pub fn wait_for_task(&self, connector: &str, state: &str) -> Value {
        wait::until(&format!("a {state} task of {connector}"), || {
            let path = format!("/connectors/{connector}/status");
            let answer = self.request("GET", &path, None);
            let status = (answer.status == 200).then(|| answer.json())?;
            (status["tasks"][0]["state"] == state).then_some(status)
        })
    }

    /// Waits until so many messages are in the buffer, no more and no fewer.
    pub fn wait_for_queued(&self, connector: &str, messages: u64) -> Value {
        let what = format!("{messages} messages in the buffer");
        self.wait_for_session(connector, &what, |session| {
            session["queue_messages"] == messages
        })
    }

    /// A request without a body that must have this status.
    pub fn expect(&self, status: u16, method: &str, path: &str) {
        let answer = self.request(method, path, None);
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
    }

    /// Sends a signal, by its name as in `kill -NAME`, and does not wait.
    pub fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Waits for the end and gives the exit code.
    pub fn exit_code(&mut self) -> i32 {
        self.process.exit_code()
    }

    /// Waits for the end, at most for `limit`.
    pub fn ended_within(&mut self, limit: Duration) -> bool {
        self.process.wait(limit).is_ok()
    }

    /// Sends SIGTERM, waits for the end and gives the exit code.
    pub fn terminate(&mut self) -> i32 {
        self.signal("TERM");
        self.exit_code()
    }

    /// Starts it again with the same files after its end.
    #[must_use]
    pub fn start_again(self) -> Self {
        self.spawn_again().wait_for_rest()
    }

    /// The same without waiting until it answers.
    #[must_use]
    pub fn spawn_again(mut self) -> Self {
        assert!(self.process.ended().is_some(), "the worker still runs");
        let log = self.folder.path().join("connect.log");
        self.process = spawn(&self.arguments, &self.environment, &self.disks, &log);
        self
    }
}

/// `received_messages` of a session.
pub fn received(session: &Value) -> u64 {
    session["received_messages"].as_u64().unwrap_or_default()
}
