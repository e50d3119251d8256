//! A real Kafka Connect worker, standalone, with the stub of the connector in
//! `tests/kafka/stub`: what ours is compared with.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::kafka::{self, Kafka, Version};
use crate::process::Process;
use crate::{ports, rest, tools, wait};

const PACKAGE: &str = "io/conduktor/connect/websocket";
const SERVICES: &str = "META-INF/services";

/// A running `connect-standalone`; it ends with this value.
#[derive(Debug)]
pub struct RealWorker {
    port: u16,
    process: Process,
    _folder: TempDir,
}

impl RealWorker {
    /// Compiles the stub, starts a worker of the broker's version with the
    /// stub as its only plugin besides Kafka's own, and waits until it
    /// answers. `settings` are added to the worker's properties.
    pub fn start(kafka: &Kafka, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = ports::free();
        let plugins = folder.path().join("plugins");
        compile_stub(kafka.version(), &plugins.join("websocket"));
        let converter = "org.apache.kafka.connect.storage.StringConverter";
        let mut properties = format!(
            "bootstrap.servers={}\n\
             key.converter={converter}\n\
             value.converter={converter}\n\
             offset.storage.file.filename={}\n\
             listeners=http://127.0.0.1:{port}\n\
             plugin.path={}\n\
             plugin.discovery=service_load\n",
            kafka.bootstrap(),
            folder.path().join("connect.offsets").display(),
            plugins.display(),
        );
        for (key, value) in settings {
            properties.extend([key, "=", value, "\n"]);
        }
        let file = folder.path().join("worker.properties");
        fs::write(&file, properties).expect("a file");
        let mut command = kafka::java(kafka.version(), 256);
        command
            .arg("org.apache.kafka.connect.cli.ConnectStandalone")
            .arg(&file);
        let process = Process::spawn(
            "connect-standalone",
            &mut command,
            &folder.path().join("log"),
        );
        let worker = Self {
            port,
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

    /// The port of its REST API on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }
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
