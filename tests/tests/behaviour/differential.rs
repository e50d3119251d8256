//! Kafka Connect's clients cannot tell our worker from the real one: one
//! scenario against both.

use std::fs;
use std::path::Path;

use end_to_end::connect::{Builder, Plugin, RealWorker};
use end_to_end::differential::compare::{Difference, compare};
use end_to_end::differential::known::{Has, KNOWN, Known, matches};
use end_to_end::differential::scenario::{Step, Until};
use end_to_end::differential::shown::Shown;
use end_to_end::differential::{documentation, play, scenario};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::rest::Answer;
use end_to_end::server::{Library, Script, Server};
use end_to_end::tools::repository;
use end_to_end::worker::Worker;

#[test]
fn every_difference_from_kafka_connect_3_9_is_known() {
    let seen = every_difference_is_known(Version::V3_9, Plugin::Stub);
    assert!(seen.not_shown.is_empty(), "{}", seen.all);
}

#[test]
fn every_difference_from_kafka_connect_4_1_is_known() {
    let seen = every_difference_is_known(Version::V4_1, Plugin::Stub);
    assert!(seen.not_shown.is_empty(), "{}", seen.all);
}

/// The stub has the reference's settings; the plugin has ours, so that there
/// are fewer differences, and none that the stub does not show.
#[test]
fn our_own_plugin_in_kafka_connect_3_9_differs_by_nothing_else() {
    every_difference_is_known(Version::V3_9, Plugin::Jar);
}

#[test]
fn our_own_plugin_in_kafka_connect_4_1_differs_by_nothing_else() {
    every_difference_is_known(Version::V4_1, Plugin::Jar);
}

/// Settings that both workers have.
const SETTINGS: [(&str, &str); 8] = [
    ("offset.flush.interval.ms", "200"),
    ("rest.advertised.host.name", "127.0.0.1"),
    ("access.control.allow.origin", "http://console.example"),
    ("access.control.allow.methods", "GET,PUT"),
    ("response.http.headers.config", "set X-Frame-Options: DENY"),
    ("task.shutdown.graceful.timeout.ms", "2000"),
    ("config.providers", "file"),
    (
        "config.providers.file.class",
        "org.apache.kafka.common.config.provider.FileConfigProvider",
    ),
];

#[test]
#[ignore = "for changes of the scenario: two real workers, which must not differ"]
fn real_workers_of_3_9_do_not_differ() {
    real_workers_do_not_differ(Version::V3_9);
}

#[test]
#[ignore = "for changes of the scenario: two real workers, which must not differ"]
fn real_workers_of_4_1_do_not_differ() {
    real_workers_do_not_differ(Version::V4_1);
}

fn real_workers_do_not_differ(version: Version) {
    let kafka = Kafka::shared(version);
    let server = websocket_server();
    let [one, two] = [(); 2].map(|()| RealWorker::start(kafka, &SETTINGS));
    let files = tempfile::tempdir().expect("a folder");
    let steps = steps(version, Plugin::Stub, &server, files.path());
    let report = play::play(version, &steps, &[], one.port(), two.port());
    assert_eq!(report.unknown(), 0, "{}", report.text());
}

/// What was seen.
struct Seen {
    /// Listed differences that were not.
    not_shown: Vec<String>,
    /// The whole report.
    all: String,
}

/// `DIFFERENTIAL_REPORT=FOLDER` writes there, for each version, the report and
/// what the real worker answered.
fn every_difference_is_known(version: Version, plugin: Plugin) -> Seen {
    let kafka = Kafka::shared(version);
    let server = websocket_server();
    let mut real = Builder::standalone(kafka).plugin(plugin);
    let mut builder = Worker::builder(kafka);
    for (key, value) in SETTINGS {
        real = real.set(key, value);
        builder = builder.set(key, value);
    }
    let (real, ours) = (real.start(), builder.start());
    let files = tempfile::tempdir().expect("a folder");
    let steps = steps(version, plugin, &server, files.path());
    assert!(steps.len() >= 150, "{} requests", steps.len());
    let report = play::play(version, &steps, KNOWN, real.port(), ours.port());
    let all = report.text();
    if let Some(folder) = std::env::var_os("DIFFERENTIAL_REPORT") {
        let write = |name: &str, text: &str| {
            let file = Path::new(&folder).join(format!("{name}-{version:?}-{plugin:?}.txt"));
            fs::write(file, text).expect("the report's folder");
        };
        write("differences", &all);
        write("answers", &report.answers());
    }
    assert_eq!(report.unknown(), 0, "{all}");
    Seen {
        not_shown: report.not_shown(),
        all,
    }
}

/// It always has something to send, so that there are offsets and topics.
fn websocket_server() -> Server {
    let script = Script::new(Library::Npm);
    script.endless().rate(5).unasked().start()
}

/// The steps, and those that change files do so in `files`.
fn steps(version: Version, plugin: Plugin, server: &Server, files: &Path) -> Vec<Step> {
    let class = "io.conduktor.connect.websocket.WebSocketSourceConnector";
    let url = server.url();
    let topic = format!("differential-{version:?}-{plugin:?}");
    let valid = format!(
        r#""name": "valid", "connector.class": "{class}", "websocket.url": "{url}", "kafka.topic": "{topic}""#
    );
    let folder = repository().join("tests/scenario");
    let values = folder.join("values.properties").display().to_string();
    let changing = files.join("changing.properties").display().to_string();
    let variables = [
        ("class", class.to_owned()),
        ("url", url),
        ("topic", topic),
        ("dead", "ws://127.0.0.1:1/stream".to_owned()),
        ("valid", valid),
        ("values", values),
        ("changing", changing),
    ];
    scenario::read(&folder, &variables)
}

#[test]
fn the_compatibility_list_is_current() {
    let path = repository().join("docs/compatibility.md");
    let expected = documentation::compatibility_markdown();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &expected).expect("docs/ is writable");
    }
    let actual = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        actual == expected,
        "docs/compatibility.md is not current: run UPDATE_DOCS=1 cargo test -p end-to-end compatibility"
    );
}

fn differences(real: &str, ours: &str) -> Vec<String> {
    let shown = |body: &str| {
        let answer = Answer {
            status: 200,
            head: "HTTP/1.1 200 OK\r\nDate: now\r\nAllow: PUT, GET".to_owned(),
            body: body.to_owned(),
        };
        Shown::new(&answer, 8083)
    };
    let found = compare(&shown(real), &shown(ours));
    found.into_iter().map(|difference| difference.at).collect()
}

#[test]
fn every_place_where_two_answers_differ_is_found() {
    let real = r#"{"configs": [{"value": {"name": "a", "value": 1}}, {"value": {"name": "b"}}], "n": 1, "list": [1, 2]}"#;
    let ours = r#"{"configs": [{"value": {"name": "b"}}, {"value": {"name": "a", "value": 2}}], "m": 1, "list": [1]}"#;
    assert_eq!(differences(real, real), [""; 0]);
    assert_eq!(
        differences(real, ours),
        [
            "body/configs/{order}",
            "body/configs/a/value/value",
            "body/list/1",
            "body/m",
            "body/n",
        ]
    );
}

#[test]
fn what_differs_from_run_to_run_is_not_compared() {
    let offset = |session: &str, sequence: u32| {
        format!(r#"{{"session_id": "{session}", "sequence": {sequence}}}"#)
    };
    let one = offset("01234567-89ab-4def-8123-456789abcdef", 1);
    let two = offset("fedcba98-89ab-4def-8123-456789abcdef", 2);
    assert_eq!(differences(&one, &two), [""; 0]);
    assert_eq!(
        differences(&offset("given", 1), &offset("given", 2)),
        ["body/sequence"]
    );
    assert_eq!(differences(r#"["b", "a"]"#, r#"["a", "b"]"#), [""; 0]);
    assert_eq!(
        differences(r#"{"m": "{b=1, a=2}"}"#, r#"{"m": "{a=2, b=1}"}"#),
        [""; 0]
    );
    let offsets = |first: u8, second: u8| {
        let offset = |id: u8| format!(r#"{{"partition": {{"id": {id}}}, "offset": {{}}}}"#);
        format!(r#"{{"offsets": [{}, {}]}}"#, offset(first), offset(second))
    };
    assert_eq!(differences(&offsets(1, 2), &offsets(2, 1)), [""; 0]);
    let plugin = |folder: &str| format!(r#"{{"m": "x location='file:/{folder}/', y"}}"#);
    assert_eq!(differences(&plugin("one"), &plugin("two")), [""; 0]);
    let java = r#"{"message": "Unexpected end at [Source: (x)]"}"#;
    assert_eq!(differences(java, r#"{"message": "no JSON"}"#), [""; 0]);
    assert_eq!(differences(java, r#"{"message": ""}"#), ["body/message"]);
    assert_eq!(
        differences(r#"{"message": "no JSON"}"#, java),
        ["body/message"]
    );
}

#[test]
fn the_scenario_is_read_as_it_is_written() {
    let text = concat!(
        "Words.\n### one\n# @until /a/0 \"x\"\n# @until #200\n",
        "PUT /{{path}}?q\nA: b\n\n{\n}\n\n",
        "### two\nGET /\nContent-Type:\n",
    );
    let steps = scenario::parse("f", text, &[("path", "p".to_owned())]).expect("a scenario");
    let [one, two] = &steps[..] else {
        panic!("{steps:?}")
    };
    assert_eq!((one.title.as_str(), one.place.as_str()), ("one", "f:2"));
    assert_eq!(one.request.target, "/p?q");
    assert_eq!(one.request.body.as_deref(), Some("{\n}"));
    let json = ("Content-Type".to_owned(), "application/json".to_owned());
    assert_eq!(
        one.request.headers,
        [("A".to_owned(), "b".to_owned()), json]
    );
    assert_eq!(
        one.until,
        [Until::Is("/a/0".to_owned(), "x".into()), Until::Status(200)]
    );
    assert_eq!(two.request.headers, []);
    assert_eq!(two.request.body, None);
    assert!(scenario::parse("f", "### no request\n", &[]).is_err());
}

#[test]
fn the_scenario_changes_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("f");
    let text = "### one\n# @file {{f}} a=1 b\nGET /\n### two\n# @file {{f}}\nGET /\n";
    let variables = [("f", file.display().to_string())];
    let steps = scenario::parse("f", text, &variables).expect("a scenario");
    let change = |step: usize| steps[step].file.as_ref().expect("a change").make();
    change(0);
    assert_eq!(fs::read_to_string(&file).expect("a file"), "a=1 b");
    change(1);
    assert!(!file.exists());
}

#[test]
fn a_known_difference_covers_what_it_says_and_no_more() {
    assert!(matches("a*c", "abc") && matches("a*c", "ac") && matches("*", ""));
    assert!(!matches("a*c", "abcd") && !matches("a", "ab"));
    let known = Known {
        of: &[Version::V3_9],
        topic: "",
        steps: &["one*"],
        at: &["body/*"],
        has: Has::Ours,
        what: "",
        why: "",
    };
    let at = |at: &str, real: Option<u8>| Difference {
        at: at.to_owned(),
        real: real.map(Into::into),
        ours: Some(1.into()),
    };
    assert!(known.covers(Version::V3_9, "one step", &at("body/a", None)));
    assert!(!known.covers(Version::V4_1, "one step", &at("body/a", None)));
    assert!(!known.covers(Version::V3_9, "a step", &at("body/a", None)));
    assert!(!known.covers(Version::V3_9, "one step", &at("status", None)));
    assert!(!known.covers(Version::V3_9, "one step", &at("body/a", Some(2))));
}
