//! Real Apache Kafka: one broker that is its own KRaft controller, and the
//! commands that come with Kafka.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, OnceLock, mpsc};
use std::time::Duration;

use tempfile::TempDir;

use crate::process::{self, Process};
use crate::{ports, tools, wait};

/// Versions that `scripts/test-tools` fetches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 3.9.1, of the last line before 4.0 removed old protocol versions.
    V3_9,
    /// 4.1.1.
    V4_1,
}

impl Version {
    const fn number(self) -> &'static str {
        match self {
            Self::V3_9 => "3.9.1",
            Self::V4_1 => "4.1.1",
        }
    }

    /// The class path with all of this version.
    pub fn class_path(self) -> String {
        let folder = tools::tool(&format!("kafka-{}", self.number()));
        format!("{}/*", folder.display())
    }
}

/// Makes a test of each function for each version of Kafka.
#[macro_export]
macro_rules! against_each_kafka {
    ($($name:ident),+ $(,)?) => {
        mod kafka_3_9 {
            $(#[test]
            fn $name() {
                super::$name($crate::kafka::Version::V3_9);
            })+
        }
        mod kafka_4_1 {
            $(#[test]
            fn $name() {
                super::$name($crate::kafka::Version::V4_1);
            })+
        }
    };
}

/// `java` with little memory and a quick start.
pub fn java(version: Version, heap_mb: u32) -> Command {
    let log = tools::repository().join("tests/kafka/log4j.properties");
    let mut command = process::command("java");
    command
        .arg(format!("-Xmx{heap_mb}m"))
        .args([
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            &version.class_path(),
        ])
        .arg(format!("-Dlog4j.configuration=file:{}", log.display()));
    command
}

/// An option that has clients' requests and settings in a log; a later option
/// counts.
pub(crate) fn log_clients() -> String {
    let log = tools::repository().join("tests/kafka/log4j-clients.properties");
    format!("-Dlog4j.configuration=file:{}", log.display())
}

/// What a broker may have besides its plain listener.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// Further listeners on 127.0.0.1: security protocol and port.
    pub listeners: Vec<(&'static str, u16)>,
    /// The ports of a listener that clients find behind a
    /// [`crate::link::Link`]: the broker's, and the link's.
    pub linked: Option<(u16, u16)>,
    /// Lines of `server.properties`.
    pub settings: String,
    /// Arguments of `kafka-storage format --add-scram`.
    pub scram_users: Vec<String>,
    /// Whether each request is in its log.
    pub logs_requests: bool,
}

impl Extras {
    /// What they add to `listeners`, to `advertised.listeners` and to
    /// `listener.security.protocol.map`.
    fn listeners(&self) -> (String, String, String) {
        let listener = |(name, port): &(&str, u16)| format!(",{name}://127.0.0.1:{port}");
        let protocol = |(name, _): &(&str, u16)| format!(",{name}:{name}");
        let mut own: String = self.listeners.iter().map(listener).collect();
        let mut protocols: String = self.listeners.iter().map(protocol).collect();
        let mut advertised = own.clone();
        if let Some((port, link)) = self.linked {
            own += &listener(&("LINKED", port));
            advertised += &listener(&("LINKED", link));
            protocols += ",LINKED:PLAINTEXT";
        }
        (own, advertised, protocols)
    }
}

/// A broker with its data.
#[derive(Debug)]
pub struct Kafka {
    version: Version,
    port: u16,
    logs_requests: bool,
    folder: TempDir,
    process: Mutex<Option<Process>>,
}

impl Kafka {
    /// The broker that all tests of this process share; nobody may stop it.
    pub fn shared(version: Version) -> &'static Self {
        static V3_9: OnceLock<Kafka> = OnceLock::new();
        static V4_1: OnceLock<Kafka> = OnceLock::new();
        let cell = match version {
            Version::V3_9 => &V3_9,
            Version::V4_1 => &V4_1,
        };
        cell.get_or_init(|| lasting(move || Self::start(version).last()))
    }

    /// A broker of one's own.
    pub fn start(version: Version) -> Self {
        Self::start_with(version, &Extras::default())
    }

    /// A broker of one's own with more than the plain listener.
    pub fn start_with(version: Version, extras: &Extras) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (port, controller) = (ports::free(), ports::free());
        let data = folder.path().join("data");
        let (listeners, advertised, protocols) = extras.listeners();
        let settings = format!(
            "process.roles=broker,controller\n\
             node.id=1\n\
             controller.quorum.voters=1@127.0.0.1:{controller}\n\
             controller.listener.names=CONTROLLER\n\
             listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}{listeners}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{port}{advertised}\n\
             listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT{protocols}\n\
             log.dirs={}\n\
             num.partitions=1\n\
             offsets.topic.num.partitions=1\n\
             offsets.topic.replication.factor=1\n\
             transaction.state.log.num.partitions=1\n\
             transaction.state.log.replication.factor=1\n\
             transaction.state.log.min.isr=1\n\
             group.initial.rebalance.delay.ms=0\n\
             {}",
            data.display(),
            extras.settings
        );
        let file = folder.path().join("server.properties");
        fs::write(&file, settings).expect("a file");
        let mut format = java(version, 128);
        format
            .args(["kafka.tools.StorageTool", "format"])
            .args(["-t", "AAAAAAAAAAAAAAAAAAAAAA", "-c"])
            .arg(&file);
        for user in &extras.scram_users {
            format.args(["--add-scram", user]);
        }
        succeeded(&format.output().expect("java runs"));
        let kafka = Self {
            version,
            port,
            logs_requests: extras.logs_requests,
            folder,
            process: Mutex::new(None),
        };
        kafka.start_again();
        kafka
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Its files are removed when this process has ended.
    pub(crate) fn last(self) -> Self {
        remove_after_us(self.folder.path());
        self
    }

    /// Starts it on the ports and the data that it has had before, and waits
    /// until it answers.
    pub fn start_again(&self) {
        let mut command = java(self.version, 384);
        if self.logs_requests {
            command.arg(log_clients());
        }
        command
            .arg("kafka.Kafka")
            .arg(self.file("server.properties"));
        let mut process = Process::spawn("Kafka", &mut command, &self.file("log"));
        wait::until("Kafka accepts connections", || {
            assert!(process.ended().is_none(), "Kafka has ended");
            TcpStream::connect(("127.0.0.1", self.port)).ok()
        });
        *self.process.lock().expect("a lock") = Some(process);
    }

    /// Stops it in order, or kills it if that takes long.
    pub fn stop(&self) {
        let mut process = self
            .process
            .lock()
            .expect("a lock")
            .take()
            .expect("Kafka runs");
        process.signal("TERM");
        if process.wait(Duration::from_secs(15)).is_err() {
            process.kill();
        }
    }

    /// Whether a client, by its id, has made a request of this name.
    pub fn was_asked(&self, client_id: &str, request: &str) -> bool {
        let log = fs::read_to_string(self.file("log")).expect("a log");
        let header = format!("\"clientId\":\"{client_id}\",\"requestApiKeyName\":\"{request}\"");
        log.lines().any(|line| line.contains(&header))
    }

    /// Ends it as a crash would.
    pub fn kill(&self) {
        let process = self.process.lock().expect("a lock").take();
        process.expect("Kafka runs").kill();
    }

    /// For `bootstrap.servers`.
    pub fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its version.
    pub fn version(&self) -> Version {
        self.version
    }

    fn tool(&self, class: &str, arguments: &[&str]) -> String {
        succeeded(&self.run_tool(class, arguments))
    }

    fn run_tool(&self, class: &str, arguments: &[&str]) -> Output {
        let mut command = java(self.version, 128);
        command
            .args([class, "--bootstrap-server", &self.bootstrap()])
            .args(arguments);
        command.output().expect("java runs")
    }

    /// Creates a topic with a number of partitions.
    pub fn create_topic(&self, topic: &str, partitions: u32) {
        let partitions = partitions.to_string();
        let arguments = ["--create", "--topic", topic, "--partitions", &partitions];
        self.tool("org.apache.kafka.tools.TopicCommand", &arguments);
    }

    /// Creates a topic with one partition and a setting, `NAME=VALUE`.
    pub fn create_topic_with(&self, topic: &str, setting: &str) {
        let arguments = ["--create", "--topic", topic, "--config", setting];
        self.tool("org.apache.kafka.tools.TopicCommand", &arguments);
    }

    /// Gives or takes rights on a topic, by arguments of `kafka-acls`; of a
    /// version that has that among its tools.
    pub fn add_acl(&self, topic: &str, principal: [&str; 2], operation: &str) {
        let what = ["--topic", topic, "--operation", operation];
        let arguments = [&["--add", "--force"][..], &principal, &what].concat();
        self.tool("org.apache.kafka.tools.AclCommand", &arguments);
    }

    /// Lets the clients of an id produce so many bytes a second.
    pub fn set_quota(&self, client_id: &str, bytes_per_second: u64) {
        let quota = format!("producer_byte_rate={bytes_per_second}");
        let entity = ["--entity-type", "clients", "--entity-name", client_id];
        let arguments = [&["--alter", "--add-config", &quota][..], &entity].concat();
        self.tool("kafka.admin.ConfigCommand", &arguments);
    }

    /// What Kafka says of a topic: the number of its partitions, their
    /// replicas, its settings.
    pub fn describe_topic(&self, topic: &str) -> String {
        let arguments = ["--describe", "--topic", topic];
        self.tool("org.apache.kafka.tools.TopicCommand", &arguments)
    }

    /// How many records a topic has, over all partitions.
    pub fn records(&self, topic: &str) -> u64 {
        self.records_of(topic).remove(topic).unwrap_or(0)
    }

    /// The same for each topic that a regular expression matches.
    pub fn records_of(&self, topics: &str) -> BTreeMap<String, u64> {
        let output = self.tool(
            "org.apache.kafka.tools.GetOffsetShell",
            &["--topic", topics],
        );
        let mut records = BTreeMap::new();
        for line in output.lines() {
            // TOPIC:PARTITION:END, after what else it has to say.
            let mut fields = line.rsplitn(3, ':');
            let (end, _, topic) = (fields.next(), fields.next(), fields.next());
            if let (Some(Ok(end)), Some(topic)) = (end.map(str::parse::<u64>), topic) {
                *records.entry(topic.to_owned()).or_default() += end;
            }
        }
        records
    }

    /// Everything that is in a topic, one string per record, read by Java's
    /// console consumer.
    pub fn read_all(&self, topic: &str) -> Vec<String> {
        self.read_all_with(topic, &[])
    }

    /// The same with properties of the console consumer, such as
    /// `print.key=true`.
    pub fn read_all_with(&self, topic: &str, properties: &[&str]) -> Vec<String> {
        let Some(output) = self.read(topic, properties) else {
            return Vec::new();
        };
        succeeded(&output).lines().map(str::to_owned).collect()
    }

    /// The same for values that are no text; none may have a line feed in it.
    pub fn read_all_bytes(&self, topic: &str) -> Vec<Vec<u8>> {
        let Some(output) = self.read(topic, &[]) else {
            return Vec::new();
        };
        succeeded(&output);
        let text = output.stdout.strip_suffix(b"\n").unwrap_or_default();
        text.split(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect()
    }

    /// Everything in a topic that a reader of committed records sees. Such a
    /// reader cannot know how many these are, so it reads until nothing comes.
    pub fn read_committed(&self, topic: &str) -> Vec<String> {
        let arguments = ["--topic", topic, "--from-beginning"];
        let committed = ["--isolation-level", "read_committed"];
        let arguments = [&arguments[..], &committed, &["--timeout-ms", "10000"]].concat();
        let class = "org.apache.kafka.tools.consumer.ConsoleConsumer";
        let output = self.tool(class, &arguments);
        output.lines().map(str::to_owned).collect()
    }

    /// What the console consumer prints of all records; nothing if there are
    /// none.
    fn read(&self, topic: &str, properties: &[&str]) -> Option<Output> {
        let records = self.records(topic);
        if records == 0 {
            return None;
        }
        let max = records.to_string();
        // The timeout is for a consumer that is never given the last record.
        let mut arguments = vec![
            "--topic",
            topic,
            "--from-beginning",
            "--max-messages",
            &max,
            "--timeout-ms",
            "30000",
        ];
        for property in properties {
            arguments.extend(["--property", property]);
        }
        let class = "org.apache.kafka.tools.consumer.ConsoleConsumer";
        Some(self.run_tool(class, &arguments))
    }
}

/// What `start` gives, kept for all tests of this process.
pub(crate) fn lasting<T: Send + 'static>(start: impl FnOnce() -> T + Send + 'static) -> T {
    // A process ends with the thread that started it, so that must be one that
    // lasts as long as all the tests.
    let (started, wanted) = mpsc::channel();
    std::thread::spawn(move || {
        // Nobody waits any more if the tests are over.
        let _ = started.send(start());
        loop {
            std::thread::park();
        }
    });
    wanted.recv().expect("it starts")
}

/// Removes a folder when this process has ended, however: the drop of a
/// static never comes.
pub(crate) fn remove_after_us(folder: &Path) {
    let script = "cat; sleep 1; rm -rf \"$1\"";
    let shell = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(folder)
        // Not in our group, or an interrupt from the keyboard would end it.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell");
    // It waits for the end of its input, which our end brings about.
    std::mem::forget(shell);
}

/// The standard output of a command that must have succeeded.
pub fn succeeded(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{}: {errors}{out}", output.status);
    out
}
