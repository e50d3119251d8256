//! What a worker is started with: its properties file and its JVM's options.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use super::plugin::Plugin;
use super::worker::RealWorker;
use crate::kafka::{self, Kafka, Version};
use crate::process::Process;
use crate::{ports, tools};

pub(super) const STANDALONE: &str = "org.apache.kafka.connect.cli.ConnectStandalone";
const DISTRIBUTED: &str = "org.apache.kafka.connect.cli.ConnectDistributed";

/// The file with the rules of the JMX exporter, in a worker's folder.
const EXPORTER_RULES: &str = "jmx-exporter.yml";

/// How long a cluster keeps the work of a worker that is gone for its return.
pub(super) const REBALANCE_DELAY_MS: u64 = 2_000;

/// How long a cluster waits for a sign of life of a worker: the least that a
/// broker allows.
pub(super) const SESSION_TIMEOUT_MS: u64 = 6_000;

/// A worker that is to be started.
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    version: Version,
    bootstrap: String,
    /// The `group.id` of a distributed worker.
    group: Option<String>,
    plugin: Plugin,
    settings: Vec<(String, String)>,
    options: Vec<String>,
    environment: Vec<(String, String)>,
    jmx: bool,
    exporter_rules: Option<String>,
    /// It reads its properties from a pipe.
    piped: bool,
}

impl Builder {
    /// A `connect-standalone` of the broker's version, with the stub.
    pub fn standalone(kafka: &Kafka) -> Self {
        Self {
            version: kafka.version(),
            bootstrap: kafka.bootstrap(),
            group: None,
            plugin: Plugin::Stub,
            settings: Vec::new(),
            options: Vec::new(),
            environment: Vec::new(),
            jmx: false,
            exporter_rules: None,
            piped: false,
        }
    }

    /// A `connect-distributed`, with the stub; `group` must be no other
    /// cluster's at this broker.
    pub fn distributed(kafka: &Kafka, group: &str) -> Self {
        Self {
            group: Some(group.to_owned()),
            ..Self::standalone(kafka)
        }
    }

    /// Which connector it runs.
    pub fn plugin(mut self, plugin: Plugin) -> Self {
        self.plugin = plugin;
        self
    }

    /// Adds a line to the worker's properties; a later line of a key counts.
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Adds an option of the JVM, such as `-Dname=value` or `-javaagent:…`.
    pub fn jvm_option(mut self, option: impl Into<String>) -> Self {
        self.options.push(option.into());
        self
    }

    /// Adds a variable to its environment.
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Has the settings of its producers in its log.
    pub fn log_clients(self) -> Self {
        self.jvm_option(kafka::log_clients())
    }

    /// Lets its MBeans be read, by [`RealWorker::mbeans`].
    pub fn jmx(mut self) -> Self {
        self.jmx = true;
        self
    }

    /// Runs the Prometheus JMX exporter in it, with these rules.
    pub fn exporter(mut self, rules: &str) -> Self {
        self.exporter_rules = Some(rules.to_owned());
        self
    }

    /// Has it read its properties from a pipe, which nobody can read again.
    pub fn piped(mut self) -> Self {
        self.piped = true;
        self
    }

    /// Starts it and waits until it answers.
    pub fn start(&self) -> RealWorker {
        let mut worker = self.spawn();
        worker.wait_for_rest();
        worker
    }

    /// Starts it; it does not answer yet.
    pub(super) fn spawn(&self) -> RealWorker {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = ports::free();
        let mut file = self.write(folder.path(), port);
        if self.piped {
            file = pipe(file);
        }
        // One of its own shows what the plugin leaves there, and is removed
        // with what a killed worker has left.
        let temporary = folder.path().join("tmp");
        fs::create_dir(&temporary).expect("a folder");
        let mut command = kafka::java(self.version, 256);
        command.arg(format!("-Djava.io.tmpdir={}", temporary.display()));
        if matches!(self.plugin, Plugin::Jar | Plugin::UberJar) {
            // A later option counts. Connect 4.1 sets levels over REST for
            // another logging library than the tests have.
            let log = tools::repository().join("tests/kafka/log4j-plugin.properties");
            command.arg(format!("-Dlog4j.configuration=file:{}", log.display()));
        }
        let jmx_port = self.jmx.then(ports::free);
        if let Some(port) = jmx_port {
            command.args(jmx_options(port));
        }
        let exporter = self.exporter_rules.as_ref().map(|rules| {
            let file = folder.path().join(EXPORTER_RULES);
            fs::write(&file, rules).expect("a file");
            let port = ports::free();
            command.arg(exporter_option(port, &file));
            (port, file)
        });
        let (name, class) = match self.group {
            None => ("connect-standalone", STANDALONE),
            Some(_) => ("connect-distributed", DISTRIBUTED),
        };
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.args(&self.options).arg(class).arg(&file);
        let process = Process::spawn(name, &mut command, &folder.path().join("log"));
        RealWorker::new(self.version, port, jmx_port, exporter, process, folder)
    }

    /// Writes the properties file of a worker that listens on `port` into
    /// `folder`, with all that it names.
    pub(super) fn write(&self, folder: &Path, port: u16) -> PathBuf {
        let plugins = folder.join("plugins");
        self.plugin.install(self.version, &plugins);
        let converter = "org.apache.kafka.connect.storage.StringConverter";
        let mut text = format!(
            "bootstrap.servers={}\n\
             key.converter={converter}\n\
             value.converter={converter}\n\
             listeners=http://127.0.0.1:{port}\n\
             plugin.path={}\n\
             plugin.discovery=service_load\n",
            self.bootstrap,
            plugins.display(),
        );
        match &self.group {
            None => text.extend([
                "offset.storage.file.filename=",
                &folder.join("connect.offsets").display().to_string(),
                "\n",
            ]),
            Some(group) => text.push_str(&distributed_settings(group)),
        }
        for (key, value) in &self.settings {
            text.extend([key, "=", value, "\n"]);
        }
        let file = folder.join("worker.properties");
        fs::write(&file, text).expect("a file");
        file
    }
}

/// A pipe from which a file can be read once.
fn pipe(file: PathBuf) -> PathBuf {
    let pipe = file.with_extension("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    let to = pipe.clone();
    // It waits for a reader; one that never comes ends with the tests.
    thread::spawn(move || fs::copy(file, to));
    pipe
}

/// What makes a worker a member of its cluster, and quick.
fn distributed_settings(group: &str) -> String {
    format!(
        "group.id={group}\n\
         config.storage.topic={group}-configs\n\
         config.storage.replication.factor=1\n\
         offset.storage.topic={group}-offsets\n\
         offset.storage.replication.factor=1\n\
         offset.storage.partitions=1\n\
         status.storage.topic={group}-status\n\
         status.storage.replication.factor=1\n\
         status.storage.partitions=1\n\
         offset.flush.interval.ms=200\n\
         rest.advertised.host.name=127.0.0.1\n\
         scheduled.rebalance.max.delay.ms={REBALANCE_DELAY_MS}\n\
         session.timeout.ms={SESSION_TIMEOUT_MS}\n\
         heartbeat.interval.ms=1000\n"
    )
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

fn exporter_option(port: u16, rules: &Path) -> String {
    let jar = tools::tool("jmx-exporter/jmx_prometheus_javaagent-0.20.0.jar");
    format!(
        "-javaagent:{}=127.0.0.1:{port}:{}",
        jar.display(),
        rules.display()
    )
}
