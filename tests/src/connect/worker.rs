//! A worker that runs.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::api::Api;
use super::builder::Builder;
use crate::kafka::{self, Kafka, Version};
use crate::mbeans::{self, Beans};
use crate::process::Process;
use crate::rest::{self, Answer};
use crate::wait;

/// A running worker of Kafka Connect; it ends with this value.
#[derive(Debug)]
pub struct RealWorker {
    port: u16,
    version: Version,
    jmx_port: Option<u16>,
    /// The port of the JMX exporter, and the file with its rules.
    exporter: Option<(u16, PathBuf)>,
    process: Process,
    folder: TempDir,
}

impl RealWorker {
    /// Starts a standalone worker of the broker's version with the stub as its
    /// only plugin besides Kafka's own, and waits until it answers. `settings`
    /// are added to the worker's properties.
    pub fn start(kafka: &Kafka, settings: &[(&str, &str)]) -> Self {
        Self::builder(kafka, settings).start()
    }

    /// The same, with its MBeans to be read.
    pub fn start_with_jmx(kafka: &Kafka, settings: &[(&str, &str)]) -> Self {
        Self::builder(kafka, settings).jmx().start()
    }

    fn builder(kafka: &Kafka, settings: &[(&str, &str)]) -> Builder {
        let builder = Builder::standalone(kafka);
        let set = |builder: Builder, (key, value): &(&str, &str)| builder.set(key, value);
        settings.iter().fold(builder, set)
    }

    pub(super) fn new(
        version: Version,
        port: u16,
        jmx_port: Option<u16>,
        exporter: Option<(u16, PathBuf)>,
        process: Process,
        folder: TempDir,
    ) -> Self {
        Self {
            port,
            version,
            jmx_port,
            exporter,
            process,
            folder,
        }
    }

    pub(super) fn wait_for_rest(&mut self) {
        let (port, process) = (self.port, &mut self.process);
        wait::until("Kafka Connect answers", || {
            let ended = process.ended();
            assert!(ended.is_none(), "Kafka Connect has ended: {ended:?}");
            // Before its herder runs, it answers 503, and not as long as it
            // has not joined its cluster.
            let answer = rest::request(port, "GET", "/connectors", None).ok()?;
            (answer.status == 200).then_some(())
        });
    }

    /// Makes a worker last as long as this process: what all tests share.
    pub fn shared(start: impl FnOnce() -> Self + Send + 'static) -> Self {
        kafka::lasting(move || {
            let worker = start();
            kafka::remove_after_us(worker.folder.path());
            worker
        })
    }

    /// Ends it in order, its offsets stored.
    pub fn terminate(mut self) {
        self.end();
    }

    /// The same for one that is looked at afterwards.
    pub fn end(&mut self) {
        self.process.signal("TERM");
        let ended = self.process.wait(wait::LIMIT);
        let ended = ended.unwrap_or_else(|error| panic!("{error}, with\n{}", self.threads()));
        assert_eq!(ended.code(), Some(143));
    }

    /// What its threads do, behind its log: a JVM tells on SIGQUIT.
    fn threads(&self) -> String {
        self.process.signal("QUIT");
        // The last line of such a dump; without it the log will have to do.
        let whole = || self.log().contains("JNI global ref").then_some(());
        let _ = wait::try_until("a thread dump", wait::LIMIT, whole);
        self.log()
    }

    /// Whether its process has ended.
    pub(super) fn has_ended(&mut self) -> bool {
        self.process.ended().is_some()
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// The port of its REST API on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What Connect calls it in the status of a connector.
    pub fn id(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Its log.
    pub fn log(&self) -> String {
        self.process.output()
    }

    /// Waits for a line of its log with a text, of a connector's task; gives
    /// it.
    pub fn wait_for_line(&self, connector: &str, text: &str) -> String {
        let what = format!("a line of {connector} with {text:?}");
        wait::until(&what, || lines_of(&self.log(), connector, text).pop())
    }

    /// The names of the files in its `java.io.tmpdir`.
    pub fn temporary_files(&self) -> Vec<String> {
        let files = fs::read_dir(self.folder.path().join("tmp")).expect("a folder");
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        files.map(|entry| name(entry.expect("a file"))).collect()
    }

    /// Its MBeans that match a pattern; it was started for that.
    pub fn mbeans(&self, pattern: &str) -> Beans {
        mbeans::of_java(self.version, self.jmx_port(), pattern)
    }

    /// Calls an operation without parameters of the MBeans that match.
    pub fn invoke(&self, pattern: &str, operation: &str) {
        mbeans::invoke(self.version, self.jmx_port(), pattern, operation);
    }

    fn jmx_port(&self) -> u16 {
        self.jmx_port.expect("started with JMX")
    }

    /// What the JMX exporter shows; the worker was started with it.
    pub fn exported(&self) -> String {
        let answer =
            rest::request(self.exporter_port(), "GET", "/metrics", None).expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    /// The port of the JMX exporter on 127.0.0.1.
    pub fn exporter_port(&self) -> u16 {
        let (port, _) = self.exporter.as_ref().expect("started with the exporter");
        *port
    }

    /// Gives the JMX exporter other rules: it looks at the time of its file
    /// whenever it is asked.
    pub fn set_exporter_rules(&self, rules: &Path) {
        let (_, file) = self.exporter.as_ref().expect("started with the exporter");
        let text = fs::read_to_string(rules).expect("rules");
        fs::write(file, text).expect("a file");
    }
}

/// The lines of a worker's log with a text, of a connector's task: they begin
/// with `connector.context`, as Connect has it.
pub fn lines_of(log: &str, connector: &str, text: &str) -> Vec<String> {
    let task = format!(" [{connector}|task-0] ");
    let lines = log.lines().filter(|line| line.contains(&task));
    let lines = lines.filter(|line| line.contains(text));
    lines.map(str::to_owned).collect()
}

impl Api for RealWorker {
    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        rest::request(self.port, method, path, body)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }
}
