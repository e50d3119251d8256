//! A real Kafka Connect worker, standalone, with the stub of the connector in
//! `tests/kafka/stub`: what ours is compared with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::kafka::{self, Kafka, Version};
use crate::mbeans::{self, Beans};
use crate::process::Process;
use crate::{ports, rest, tools, wait};

const PACKAGE: &str = "io/conduktor/connect/websocket";
const SERVICES: &str = "META-INF/services";
const CLASS: &str = "org.apache.kafka.connect.cli.ConnectStandalone";

/// A running `connect-standalone`; it ends with this value.
#[derive(Debug)]
pub struct RealWorker {
    port: u16,
    version: Version,
    jmx_port: Option<u16>,
    process: Process,
    _folder: TempDir,
}

impl RealWorker {
    /// Compiles the stub, starts a worker of the broker's version with the
    /// stub as its only plugin besides Kafka's own, and waits until it
    /// answers. `settings` are added to the worker's properties.
    pub fn start(kafka: &Kafka, settings: &[(&str, &str)]) -> Self {
        Self::launch(kafka, settings, None)
    }

    /// The same, with its MBeans to be read.
    pub fn start_with_jmx(kafka: &Kafka, settings: &[(&str, &str)]) -> Self {
        Self::launch(kafka, settings, Some(ports::free()))
    }

    fn launch(kafka: &Kafka, settings: &[(&str, &str)], jmx_port: Option<u16>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = ports::free();
        let file = properties(kafka, folder.path(), port);
        let mut more = String::new();
        for (key, value) in settings {
            more.extend([key, "=", value, "\n"]);
        }
        let text = fs::read_to_string(&file).expect("a file");
        fs::write(&file, text + &more).expect("a file");
        let mut command = kafka::java(kafka.version(), 256);
        if let Some(port) = jmx_port {
            command.args(jmx_options(port));
        }
        command.arg(CLASS).arg(&file);
        let process = Process::spawn(
            "connect-standalone",
            &mut command,
            &folder.path().join("log"),
        );
        let worker = Self {
            port,
            version: kafka.version(),
            jmx_port,
            process,
            _folder: folder,
        };
        worker.wait_for_rest()
    }

    fn wait_for_rest(mut self) -> Self {
        wait::until("connect-standalone answers", || {
            let ended = self.process.ended();
            assert!(ended.is_none(), "connect-standalone has ended: {ended:?}");
            let answer = rest::request(self.port, "GET", "/", None).ok()?;
            // Before its herder runs, it answers 503.
            (answer.status == 200).then_some(())
        });
        self
    }

    /// Ends it in order, its offsets stored.
    pub fn terminate(mut self) {
        self.process.signal("TERM");
        assert_eq!(self.process.exit_code(), 143);
    }

    /// The port of its REST API on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its MBeans that match a pattern; it was started for that.
    pub fn mbeans(&self, pattern: &str) -> Beans {
        let port = self.jmx_port.expect("started with JMX");
        mbeans::of_java(self.version, port, pattern)
    }
}

/// Compiles the stub and writes a worker's properties file into `folder`, with
/// the stub as the only plugin besides Kafka's own.
pub fn properties(kafka: &Kafka, folder: &Path, port: u16) -> PathBuf {
    let plugins = folder.join("plugins");
    compile_stub(kafka.version(), &plugins.join("websocket"));
    let converter = "org.apache.kafka.connect.storage.StringConverter";
    let properties = format!(
        "bootstrap.servers={}\n\
         key.converter={converter}\n\
         value.converter={converter}\n\
         offset.storage.file.filename={}\n\
         listeners=http://127.0.0.1:{port}\n\
         plugin.path={}\n\
         plugin.discovery=service_load\n",
        kafka.bootstrap(),
        folder.join("connect.offsets").display(),
        plugins.display(),
    );
    let file = folder.join("worker.properties");
    fs::write(&file, properties).expect("a file");
    file
}

/// Runs the real `connect-standalone` with arguments that it refuses; its exit
/// code and what it has printed.
pub fn run(version: Version, arguments: &[&Path]) -> (i32, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = kafka::java(version, 256);
    command.arg(CLASS).args(arguments);
    let log = folder.path().join("log");
    let mut process = Process::spawn("connect-standalone", &mut command, &log);
    (process.exit_code(), process.output())
}

/// A port for JMX, on this machine only.
fn jmx_options(port: u16) -> [String; 6] {
    let option = |name: &str, value: &str| format!("-Dcom.sun.management.jmxremote.{name}={value}");
    [
        option("port", &port.to_string()),
        option("rmi.port", &port.to_string()),
        option("host", "127.0.0.1"),
        option("authenticate", "false"),
        option("ssl", "false"),
        "-Djava.rmi.server.hostname=127.0.0.1".to_owned(),
    ]
}

/// Compiles the stub with this version's API into a folder that a
/// `plugin.path` may have, its service file included.
fn compile_stub(version: Version, into: &Path) {
    let stub = tools::repository().join("tests/kafka/stub");
    let sources = fs::read_dir(stub.join(PACKAGE)).expect("the stub's sources");
    let mut javac = Command::new("javac");
    javac
        .args(["-proc:none", "-cp", &version.class_path(), "-d"])
        .arg(into)
        .args(sources.map(|entry| entry.expect("a source").path()));
    kafka::succeeded(&javac.output().expect("javac runs"));
    let services = into.join(SERVICES);
    fs::create_dir_all(&services).expect("a folder");
    for entry in fs::read_dir(stub.join(SERVICES)).expect("the stub's services") {
        let entry = entry.expect("a service file");
        fs::copy(entry.path(), services.join(entry.file_name())).expect("a copy");
    }
}
