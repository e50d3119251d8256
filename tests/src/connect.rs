//! A real Kafka Connect worker, standalone, with the stub of the connector in
//! `tests/kafka/stub`: what ours is compared with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::kafka::{self, Kafka, Version};
use crate::mbeans::{self, Beans};
use crate::process::Process;
use crate::rest::{self, Answer, Request};
use crate::{ports, tools, wait};

const PACKAGE: &str = "io/conduktor/connect/websocket";
const SERVICES: &str = "META-INF/services";

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
    /// answers. `settings` are added to the worker's properties; `connectors`
    /// are files for its command line.
    pub fn start(kafka: &Kafka, settings: &[(&str, &str)], connectors: &[PathBuf]) -> Self {
        Self::launch(kafka, settings, connectors, None)
    }

    /// The same, with its MBeans to be read.
    pub fn start_with_jmx(kafka: &Kafka, settings: &[(&str, &str)]) -> Self {
        Self::launch(kafka, settings, &[], Some(ports::free()))
    }

    fn launch(
        kafka: &Kafka,
        settings: &[(&str, &str)],
        connectors: &[PathBuf],
        jmx_port: Option<u16>,
    ) -> Self {
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
        if let Some(port) = jmx_port {
            command.args(jmx_options(port));
        }
        command
            .arg("org.apache.kafka.connect.cli.ConnectStandalone")
            .arg(&file)
            .args(connectors);
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

    /// The port of its REST API on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// One request to its REST API.
    pub fn send(&self, request: &Request) -> std::io::Result<Answer> {
        rest::send(self.port, request)
    }

    /// Its MBeans that match a pattern; it was started for that.
    pub fn mbeans(&self, pattern: &str) -> Beans {
        let port = self.jmx_port.expect("started with JMX");
        mbeans::of_java(self.version, port, pattern)
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        self.process.output()
    }
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
