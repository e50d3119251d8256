//! What the documentation shows works: configurations are valid, commands run,
//! links lead somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use end_to_end::certificate::Certificate;
use end_to_end::docs::{blocks, pages};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::server::{Library, Script};
use end_to_end::worker::{Connector, Worker};
use end_to_end::{command, tools};
use regex::Regex;
use serde_json::Value;

/// Blocks of commands that are not run here, by the beginning of their text,
/// and why.
const NOT_RUN: &[(&str, &str)] = &[
    ("make demo ", "the test of the demo runs it"),
    ("make build\n", "it has built what runs here"),
    ("make build && cd ", "the test of the README runs it"),
    ("mkdir -p $KAFKA_HOME/", "the plugin's tests install it"),
    ("keytool ", "the plugin's tests of the network trust so"),
    ("cargo build ", "it is how other platforms are built for"),
    (
        "connect-websocket health ",
        "the tests of health ask workers with it",
    ),
    ("docker ", "the tests of deploy check what it is given"),
    ("helm ", "the tests of deploy have Helm render the chart"),
    ("export OTEL_", "the worker's tests of OTLP run it"),
    ("make deb\n", "the tests of deploy look into the package"),
    ("cp monitor/prometheus/", "the tests of monitoring run it"),
    (
        "cp -r monitor/grafana/",
        "the tests of monitoring look into it",
    ),
    (
        "curl -s http://localhost:8083/connector-plugins",
        "the plugin's tests ask for it",
    ),
];

/// What may be run here: nothing else touches a developer's machine.
const RUN: &[&str] = &[
    "connect-websocket ",
    "./connect-websocket ",
    "target/release/connect-websocket ",
    "SSL_CERT_FILE=",
    "curl ",
    "for name in $(curl ",
];

/// Settings that are only a worker's.
const OF_A_WORKER: &[&str] = &[
    "bootstrap.servers=",
    "config.providers",
    "listeners=",
    "producer.s",
    "rest.",
];
/// Settings of workers that are not ours.
const OF_JAVA: &[&str] = &["plugin.path=", "exactly.once.source.support="];

/// A folder with all that the documentation's files name.
struct Place {
    folder: tempfile::TempDir,
    certificate: Certificate,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let certificate = Certificate::create(folder.path());
        let place = Self {
            folder,
            certificate,
        };
        let write = |name: &str, text: &str| {
            fs::write(place.folder.path().join(name), text).expect("a file");
        };
        fs::create_dir(place.folder.path().join("secrets")).expect("a folder");
        write("secrets/api.properties", "token=t\n");
        write(
            "secrets/kafka.properties",
            "password=p\njaas=org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"p\";\n",
        );
        write("secrets/rest.properties", "keystore=\n");
        write("users.properties", "admin=secret\n");
        let users = place.folder.path().join("users.properties");
        let module = "org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule";
        let jaas = format!(
            "KafkaConnect {{\n {module} required file=\"{}\";\n}};\n",
            users.display()
        );
        write("jaas.conf", &jaas);
        let pem = place.folder.path().join("server.p12");
        place.certificate.write_with_key(&pem);
        fs::copy(
            &place.certificate.certificate,
            place.folder.path().join("kafka-ca.pem"),
        )
        .expect("a copy");
        place
    }

    /// The text with the documentation's folders in this one.
    fn placed(&self, text: &str) -> String {
        let folder = self.folder.path().display().to_string();
        [
            "/etc/connect-websocket",
            "/etc/connect",
            "/var/lib/connect-websocket",
            "/run/secrets",
        ]
        .iter()
        .fold(text.to_owned(), |text, name| text.replace(name, &folder))
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, self.placed(text)).expect("a file");
        path.display().to_string()
    }
}

const WORKER: &str = "bootstrap.servers=localhost:9092
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
offset.storage.file.filename=/var/lib/connect-websocket/offsets
";
const CONNECTOR: &str = "name=trades
connector.class=WebSocketSource
websocket.url=wss://stream.example.com/ws
kafka.topic=trades
";

/// `base` without what `more` sets, and then `more`.
fn over(base: &str, more: &str) -> String {
    let key = |line: &str| line.split_once('=').map(|(key, _)| key.trim().to_owned());
    let set: BTreeSet<String> = more.lines().filter_map(key).collect();
    let kept = base
        .lines()
        .filter(|line| key(line).is_none_or(|key| !set.contains(&key)));
    kept.chain(more.lines())
        .fold(String::new(), |text, line| text + line + "\n")
}

/// What `validate` has against a worker's and a connector's file.
fn complaint(place: &Place, worker: &str, connector: (&str, &str)) -> Option<String> {
    let files = [
        place.write("worker.properties", worker),
        place.write(connector.0, connector.1),
    ];
    let ended = command::run(&["validate", &files[0], &files[1]]);
    let is_fine = ended.code == 0 && !ended.out.contains("warning");
    (!is_fine).then(|| ended.out + &ended.errors)
}

#[test]
fn every_configuration_in_the_documentation_is_valid() {
    let place = Place::new();
    let is_any = |text: &str, beginnings: &[&str]| {
        let begins = |line: &str| {
            beginnings
                .iter()
                .any(|beginning| line.starts_with(beginning))
        };
        text.lines().any(begins)
    };
    // Recipes read secrets with a provider that another block sets up.
    let provider = "config.providers=file
config.providers.file.class=org.apache.kafka.common.config.provider.FileConfigProvider
";
    let secretive = over(WORKER, provider);
    let (mut seen, mut wrong) = (0, Vec::new());
    for block in blocks() {
        let (at, text) = (&block.place[..], &block.text[..]);
        let complaint = match &block.language[..] {
            "properties" if is_any(text, OF_JAVA) => continue,
            "properties" if is_any(text, OF_A_WORKER) => {
                let more = if text.contains("config.providers") {
                    text.to_owned()
                } else {
                    over(provider, text)
                };
                complaint(&place, &over(WORKER, &more), ("c.properties", CONNECTOR))
            }
            "properties" => {
                let connector = over(CONNECTOR, text);
                complaint(&place, &secretive, ("c.properties", &connector))
            }
            "json" => {
                let value: Value =
                    serde_json::from_str(text).unwrap_or_else(|error| panic!("{at}: {error}"));
                if value.get("config").is_none() {
                    continue;
                }
                complaint(&place, WORKER, ("c.json", text))
            }
            _ => continue,
        };
        seen += 1;
        if let Some(complaint) = complaint {
            wrong.push(format!("{at}: {complaint}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 20, "{seen}");
}

/// The beginning of what makes a block of commands one that is not run here.
fn not_run(text: &str) -> Option<&'static str> {
    let mut beginnings = NOT_RUN.iter().map(|(beginning, _)| *beginning);
    beginnings.find(|beginning| text.starts_with(beginning))
}

/// A line whose command, if it would run until it is ended, gets a moment.
fn bounded(line: &str) -> String {
    let endless = ["standalone", "consume", "preview"]
        .iter()
        .any(|command| line.contains(&format!("connect-websocket {command} ")));
    if !endless || line.contains("--max-messages") {
        return line.to_owned();
    }
    let is_program = |word: &&str| word.ends_with("connect-websocket");
    let words: Vec<&str> = line.split(' ').collect();
    let at = words.iter().position(is_program).unwrap_or(0);
    let [before, after] = [&words[..at], &words[at..]];
    [before, &["timeout", "--preserve-status", "3"], after]
        .concat()
        .join(" ")
}

/// Runs a block of commands; what went wrong.
fn run_block(place: &Place, script: &str) -> Option<String> {
    let folder = place.folder.path();
    let path = std::env::var("PATH").unwrap_or_default();
    let script: Vec<String> = script.lines().map(bounded).collect();
    let script = format!(
        "set -E; trap 's=$?; [ $s = 143 ] || exit $s' ERR\n{}",
        script.join("\n")
    );
    let ended = Command::new("timeout")
        .args(["60", "bash", "-uo", "pipefail", "-c", &script])
        .env("PATH", format!("{}:{path}", folder.display()))
        .current_dir(folder)
        .output()
        .expect("bash");
    let text = String::from_utf8_lossy(&ended.stdout) + String::from_utf8_lossy(&ended.stderr);
    let code = ended.status.code();
    (!matches!(code, Some(0 | 143))).then(|| format!("{code:?}\n{script}\n{text}"))
}

#[test]
fn every_command_in_the_documentation_runs() {
    let kafka = Kafka::shared(Version::V4_1);
    let [server, quotes] = [(); 2].map(|()| {
        let script = Script::new(Library::Npm).endless().rate(100);
        script.unasked().start()
    });
    let place = Place::new();
    let folder = place.folder.path();
    fs::create_dir_all(folder.join("target/release")).expect("a folder");
    for link in ["connect-websocket", "target/release/connect-websocket"] {
        symlink(tools::worker_binary(), folder.join(link)).expect("a link");
    }
    place
        .certificate
        .write_with_key(&folder.join("authorities.pem"));

    let connector = Connector::new("trades", &server, "trades");
    place.write("trades.properties", &connector.properties());
    let named = serde_json::json!({"name": "trades", "config": connector.config()});
    place.write("trades.json", &named.to_string());
    let free = over(WORKER, "listeners=http://127.0.0.1:0\n");
    let free = free.replace("localhost:9092", &kafka.bootstrap());
    place.write("worker.properties", &free);
    place.write("connect-standalone.properties", &free);
    let worker = Worker::builder(kafka)
        .set("jolokia.enabled", "true")
        .connector(connector)
        .start();
    worker.wait_for_acknowledged("trades", 10);

    let mut wrong = Vec::new();
    let mut unrun: BTreeSet<&str> = NOT_RUN.iter().map(|(beginning, _)| *beginning).collect();
    let address = worker.url("");
    let address = address.trim_end_matches('/').trim_start_matches("http://");
    for block in blocks().into_iter().filter(|block| block.language == "sh") {
        if let Some(beginning) = not_run(&block.text) {
            unrun.remove(beginning);
            continue;
        }
        let first = block.text.lines().next().unwrap_or_default();
        assert!(
            RUN.iter().any(|beginning| first.starts_with(beginning)),
            "{}: neither to be run nor in NOT_RUN: {first}",
            block.place
        );
        let script = place
            .placed(&block.text)
            .replace("localhost:8083", address)
            .replace("localhost:9092", &kafka.bootstrap())
            .replace("wss://stream.example.com/quotes", &quotes.url())
            .replace("curl -s", "curl -sS --fail-with-body");
        let found = run_block(&place, &script);
        wrong.extend(found.map(|what| format!("{}: {what}", block.place)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(unrun.is_empty(), "no block begins so: {unrun:?}");
}

/// The anchors that mdBook and code forges give headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let heading = Regex::new(r"(?m)^#+ +(.+)$").expect("a pattern");
    let anchor = |title: &str| -> String {
        let lower = title.to_lowercase();
        let kept = lower
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    heading
        .captures_iter(text)
        .map(|found| anchor(&found[1]))
        .collect()
}

#[test]
fn every_link_in_the_documentation_leads_somewhere() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").expect("a pattern");
    let book = tools::repository().join("docs");
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page");
        for found in link.captures_iter(&text) {
            let target = &found[1];
            if target.contains("://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() {
                page.clone()
            } else {
                page.with_file_name(file)
            };
            assert!(path.exists(), "{}: {target}", page.display());
            // The book has the folder of its pages only.
            let leaves = page.starts_with(&book) && target.contains("../");
            assert!(!leaves, "{}: {target} is not in the book", page.display());
            if !anchor.is_empty() {
                let there = anchors(&fs::read_to_string(&path).expect("a page"));
                assert!(
                    there.contains(anchor),
                    "{}: {target}: {there:?}",
                    page.display()
                );
            }
        }
    }
}

#[test]
fn the_book_has_every_page_once() {
    let docs = tools::repository().join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).expect("the summary");
    let link = Regex::new(r"\]\(([a-z-]+\.md)\)").expect("a pattern");
    let mut listed: Vec<String> = link
        .captures_iter(&summary)
        .map(|found| found[1].to_owned())
        .collect();
    listed.sort();
    let mut there: Vec<String> = pages()
        .iter()
        .map(|page| {
            page.file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name != "SUMMARY.md" && name != "README.md")
        .collect();
    there.sort();
    assert_eq!(listed, there);
}
