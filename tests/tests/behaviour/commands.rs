//! The commands for people that need no Kafka: what each prints, and its
//! exit code.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use end_to_end::command;
use end_to_end::server::{Library, Script, Server};
use end_to_end::worker::{Connector, SUBSCRIPTION};
use regex::Regex;
use serde_json::json;

const COMMANDS: [&str; 9] = [
    "standalone",
    "distributed",
    "demo",
    "consume",
    "validate",
    "preview",
    "health",
    "spool",
    "completions",
];

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).expect("a file");
    path
}

fn shown(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn the_version_is_printed() {
    let version = concat!("connect-websocket ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(command::run(&["--version"]).succeeded(), version);
}

#[test]
fn every_help_has_what_there_is_and_examples() {
    let help = command::run(&["--help"]).succeeded();
    for name in COMMANDS {
        assert!(help.contains(&format!("\n  {name} ")), "{name}: {help}");
    }
    assert!(
        help.contains("\nExamples:\n  connect-websocket demo "),
        "{help}"
    );
    // What it says of its exit codes is tested in command_line.rs.
    assert!(
        help.contains("\nExit status: 0 done, 1 failed, 2 "),
        "{help}"
    );
    for name in COMMANDS {
        let help = command::run(&[name, "--help"]).succeeded();
        assert!(
            help.contains(&format!("Examples:\n  connect-websocket {name} "))
                || help.contains(&format!("Examples:\n  connect-websocket {name}\n")),
            "{help}"
        );
    }
}

#[test]
fn distributed_says_whose_job_it_is_and_how_it_is_done() {
    for arguments in [&["distributed"][..], &["distributed", "worker.properties"]] {
        let ended = command::run(arguments);
        // Nothing runs, whatever a script believes that it has started.
        assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{ended:?}");
        for words in [
            "runs on one machine",
            "as a plugin of Apache Kafka Connect's distributed",
            "plugin.path",
            "bin/connect-distributed.sh",
            "connect-websocket standalone WORKER.properties CONNECTOR.properties",
        ] {
            assert!(ended.errors.contains(words), "{words}: {ended:?}");
        }
    }
}

#[test]
fn completions_are_there_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = command::run(&["completions", shell]).succeeded();
        for name in COMMANDS.iter().chain(&["embedded-kafka", "max-messages"]) {
            assert!(script.contains(name), "{shell}: {name}");
        }
    }
    let ended = command::run(&["completions", "tcsh"]);
    assert_eq!(ended.code, 2, "{ended:?}");
}

#[test]
fn bash_completes_commands_and_flags() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = command::run(&["completions", "bash"]).succeeded();
    let script = file(folder.path(), "completion.bash", &script);
    let complete = "source \"$1\"; shift; COMP_WORDS=(connect-websocket \"$@\"); COMP_CWORD=$#; \
                    $(complete -p connect-websocket | sed -E 's/.* -F ([^ ]+) .*/\\1/') \
                    connect-websocket \"${!#}\" \"${COMP_WORDS[-2]}\"; echo \"${COMPREPLY[@]}\"";
    let completed = |words: &[&str]| {
        let mut bash = Command::new("bash");
        bash.args(["-c", complete, "bash"]).arg(&script).args(words);
        let output = bash.output().expect("bash runs");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    assert_eq!(completed(&["dem"]), "demo");
    assert_eq!(completed(&["demo", "--sec"]), "--seconds");
}

const WORKER: &str = "bootstrap.servers=localhost:9092\n\
                      key.converter=org.apache.kafka.connect.storage.StringConverter\n\
                      value.converter=org.apache.kafka.connect.storage.StringConverter\n\
                      offset.storage.file.filename=connect.offsets\n";
const CONNECTOR: &str = "name=trades\nconnector.class=WebSocketSource\n\
                         kafka.topic=trades\nwebsocket.url=wss://example.com/ws\n";

#[test]
fn validate_finds_nothing_wrong_with_good_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let json = json!({"name": "quotes", "config": {
        "connector.class": "io.conduktor.connect.websocket.WebSocketSourceConnector",
        "kafka.topic": "quotes",
        "websocket.url": "ws://example.com",
        "websocket.subscription.message": SUBSCRIPTION,
    }});
    let files = [
        file(folder.path(), "worker.properties", WORKER),
        file(folder.path(), "trades.properties", CONNECTOR),
        file(folder.path(), "quotes.json", &json.to_string()),
    ];
    let [worker, trades, quotes] = files.each_ref().map(|path| shown(path));
    let out = command::run(&["validate", worker, trades, quotes]).succeeded();
    assert_eq!(out, format!("{worker}: ok\n{trades}: ok\n{quotes}: ok\n"));
    // A connector can be looked at without a worker.
    let out = command::run(&["validate", quotes]).succeeded();
    assert_eq!(out, format!("{quotes}: ok\n"));
}

#[test]
fn validate_tells_every_error_of_every_file_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let worker =
        WORKER.replace("value.converter=", "value.convertor=") + "offset.flush.interval.ms=soon\n";
    let one = CONNECTOR
        .replace("wss:", "https:")
        .replace("kafka.topic=trades\n", "")
        + "websocket.message.queue.size=many\nwebsocket.reconect.enabled=true\n\
           websocket.subscription.message={oops\n";
    let other = json!({"name": "quotes", "config": {
        "connector.class": "WebSocketSource",
        "kafka.topic": "quotes",
        "websocket.url": "ws://example.com",
        "websocket.reconnect.enabled": "perhaps",
        "producer.override.acks": "most",
    }});
    let files = [
        file(folder.path(), "worker.properties", &worker),
        file(folder.path(), "trades.properties", &one),
        file(folder.path(), "good.properties", CONNECTOR),
        file(folder.path(), "quotes.json", &other.to_string()),
        folder.path().join("none.properties"),
    ];
    let mut arguments = vec!["validate"];
    arguments.extend(files.iter().map(|path| shown(path)));
    let ended = command::run(&arguments);
    assert_eq!(ended.code, 1, "{ended:?}");
    let expected: [(usize, &[&str]); 4] = [
        (0, &["value.converter", "offset.flush.interval.ms"]),
        (
            1,
            &[
                "websocket.url",
                "kafka.topic",
                "websocket.message.queue.size",
                "Subscription message is not valid JSON",
            ],
        ),
        (3, &["websocket.reconnect.enabled", "acks"]),
        (4, &[""]),
    ];
    for (index, words) in expected {
        let start = format!("{}: error: ", files[index].display());
        let errors = ended
            .out
            .lines()
            .filter_map(|line| line.strip_prefix(&start));
        let errors: Vec<&str> = errors.collect();
        for word in words {
            let found = errors.iter().filter(|error| error.contains(word)).count();
            assert!(found > 0, "{word}: {ended:?}");
        }
        assert!(
            !ended
                .out
                .contains(&format!("{}: ok", files[index].display()))
        );
    }
    let good = format!("{}: ok", files[2].display());
    assert!(ended.out.lines().any(|line| line == good), "{ended:?}");
}

#[test]
fn validate_tells_two_connectors_with_one_spool_by_both_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let spools = |name: &str, dir: &str| {
        let dir = folder.path().join(dir);
        format!(
            "{}websocket.spool.mode=durable\nwebsocket.buffer.overflow=block\n\
             websocket.spool.dir={}\n",
            CONNECTOR.replace("name=trades", &format!("name={name}")),
            dir.display()
        )
    };
    std::fs::create_dir(folder.path().join("real")).expect("made");
    std::os::unix::fs::symlink(folder.path().join("real"), folder.path().join("link"))
        .expect("linked");
    let files = [
        file(
            folder.path(),
            "one.properties",
            &spools("one", "real/spool"),
        ),
        file(
            folder.path(),
            "two.properties",
            &spools("two", "real/other"),
        ),
        file(
            folder.path(),
            "three.properties",
            &spools("three", "link/spool/"),
        ),
    ];
    let [one, two, three] = files.each_ref().map(|path| shown(path));
    let ended = command::run(&["validate", one, two, three]);
    assert_eq!(ended.code, 1, "{ended:?}");
    let expected = format!(
        "{one}: ok\n{two}: ok\n{three}: error: Invalid value for configuration \
         websocket.spool.dir: the connector one ({one}) has this folder; each connector needs one \
         of its own\n"
    );
    assert_eq!(ended.out, expected);
    let ended = command::run(&["validate", one, two]);
    assert_eq!(ended.code, 0, "{ended:?}");
}

#[test]
fn validate_knows_a_worker_s_file_that_lacks_what_a_worker_needs() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = WORKER.lines().filter(|line| line.contains("converter"));
    let converters: Vec<&str> = lines.collect();
    let worker = file(folder.path(), "worker.properties", &converters.join("\n"));
    let ended = command::run(&["validate", shown(&worker)]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(
        ended.out.contains("\"offset.storage.file.filename\""),
        "{ended:?}"
    );
}

/// A connector's file whose producer would go to `kafka`.
fn connector(folder: &Path, server: &Server, kafka: &TcpListener) -> PathBuf {
    let address = kafka.local_addr().expect("an address").to_string();
    let connector = Connector::new("previewed", server, "trades")
        .set("producer.override.bootstrap.servers", &address);
    file(folder, "previewed.properties", &connector.properties())
}

/// Something in Kafka's place that nobody may connect to.
fn no_kafka() -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("set");
    listener
}

fn assert_untouched(kafka: &TcpListener) {
    let error = kafka.accept().expect_err("nobody has connected");
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn preview_prints_what_would_be_produced_and_writes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Script::new(Library::Npm).count(100).start();
    let kafka = no_kafka();
    let path = connector(folder.path(), &server, &kafka);
    let ended = command::run(&["preview", shown(&path), "--max-messages", "3"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let lines: Vec<&str> = ended.out.lines().collect();
    let expected = (0..3).map(|number| format!("{{\"seq\":{number},\"pad\":\"\"}}"));
    assert_eq!(lines, expected.collect::<Vec<_>>());
    assert_eq!(server.wait_for("subscription", 1)["text"], SUBSCRIPTION);
    server.wait_for("closed", 1);
    assert_untouched(&kafka);
}

#[test]
fn preview_goes_on_until_an_interrupt() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Script::new(Library::Python).endless().rate(500).start();
    let kafka = no_kafka();
    let path = connector(folder.path(), &server, &kafka);
    let preview = command::start(&["preview", shown(&path)]);
    end_to_end::wait::until_true("records are shown", || preview.out().lines().count() > 50);
    preview.signal("INT");
    let out = preview.end().succeeded();
    let numbers = out.lines().enumerate();
    for (number, line) in numbers {
        assert_eq!(line, format!("{{\"seq\":{number},\"pad\":\"\"}}"));
    }
    server.wait_for("closed", 1);
    assert_untouched(&kafka);
}

#[test]
fn preview_that_cannot_show_what_is_wanted_is_status_1() {
    let folder = tempfile::tempdir().expect("a folder");
    // It sends nothing, so that no time is too short.
    let server = Script::new(Library::Npm).start();
    let kafka = no_kafka();
    let path = connector(folder.path(), &server, &kafka);
    let wanted = ["--max-messages", "3", "--timeout-ms", "500"];
    let ended = command::run(&[&["preview", shown(&path)], &wanted[..]].concat());
    assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{ended:?}");
    assert!(ended.errors.contains("timed out"), "{ended:?}");

    let refusing = Script::new(Library::Npm)
        .refuse(403, "Forbidden", &json!({}))
        .start();
    let once = Connector::new("once", &refusing, "t").set("websocket.reconnect.enabled", "false");
    let once = file(folder.path(), "once.properties", &once.properties());
    let ended = command::run(&["preview", shown(&once)]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.errors.contains("403 Forbidden"), "{ended:?}");

    let bad = file(
        folder.path(),
        "bad.properties",
        "name=x\nconnector.class=WebSocketSource\n",
    );
    let ended = command::run(&["preview", shown(&bad)]);
    assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{ended:?}");
    let rule = Regex::new(r"(?m)^.*bad\.properties: error: .*(websocket\.url|kafka\.topic)")
        .expect("a rule");
    assert!(rule.find_iter(&ended.errors).count() >= 2, "{ended:?}");
}
