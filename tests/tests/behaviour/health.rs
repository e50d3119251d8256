//! Whether a worker is well, as cron jobs, monitoring systems and probes ask.

use std::fs;
use std::process::Command;

use end_to_end::certificate::Certificate;
use end_to_end::command::{self, Ended};
use end_to_end::curl::curl;
use end_to_end::kafka::{Kafka, Version};
use end_to_end::server::{Library, Script};
use end_to_end::worker::{Builder, Connector, Worker};
use end_to_end::{ports, process, tools, wait};
use serde_json::json;

const EXTENSION: &str =
    "org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension";
const LOGIN: &str = "alice:al1ce-s3cret";

/// The exit code and the lines of `health`.
fn health(url: &str, more: &[&str]) -> (i32, String) {
    let Ended { code, out, errors } = command::run(&[&["health", "--url", url], more].concat());
    assert_eq!(errors, "");
    (code, out)
}

fn create(worker: &Worker, connector: &Connector) {
    let path = format!("/connectors/{}/config", connector.name());
    let answer = worker.request("PUT", &path, Some(&connector.config()));
    assert_eq!(answer.status, 201, "{}", answer.body);
}

#[test]
fn health_says_ok_warning_or_critical_by_its_exit_code_and_in_the_reference_s_words() {
    let server = Script::new(Library::Npm).endless().rate(100).start();
    let silent = Script::new(Library::Npm).start();
    let refusing = Script::new(Library::Npm)
        .refuse(403, "Forbidden", &json!({}))
        .start();
    let once = Connector::new("refused", &refusing, "health-refused");
    let worker = Worker::builder(Kafka::shared(Version::V4_1))
        .connector(Connector::new("numbers", &server, "health"))
        .start();
    worker.wait_for_acknowledged("numbers", 1);
    let url = worker.url("");
    let ok = "OK: Connector and task running, messages flowing";
    let of = |name: &str| health(&url, &["--connector", name]);
    assert_eq!(of("numbers"), (0, format!("{ok}\n")));
    assert_eq!(
        health(&url, &[]),
        (0, format!("{ok} (connector=numbers)\n"))
    );

    create(&worker, &Connector::new("silent", &silent, "health-silent"));
    worker.wait_for_session("silent", "a live session", |session| {
        session["session"] == "live"
    });
    let warning = "WARNING: No recent messages since the task's start";
    assert_eq!(of("silent"), (1, format!("{warning}\n")));
    let late = ["--connector", "numbers", "--max-silence-seconds", "0"];
    wait::until_true("a moment without a message", || {
        health(&url, &late)
            == (
                1,
                "WARNING: No recent messages in last 0 seconds\n".to_owned(),
            )
    });

    create(&worker, &once.set("websocket.reconnect.enabled", "false"));
    worker.wait_for_task("refused", "FAILED");
    let (code, out) = of("refused");
    assert!(out.starts_with("CRITICAL: Task state is FAILED: "), "{out}");
    assert!(out.contains("403"), "{out}");
    assert_eq!((code, out.lines().count()), (2, 1), "{out}");
    worker.expect(202, "PUT", "/connectors/numbers/pause");
    let paused = (2, "CRITICAL: Connector state is PAUSED\n".to_owned());
    wait::until_true("the pause is seen", || of("numbers") == paused);
    let (code, out) = of("nobody");
    assert!(
        out.starts_with("CRITICAL: Connector state is null: "),
        "{out}"
    );
    assert_eq!(code, 2);
    let (code, out) = health(&url, &[]);
    assert_eq!((code, out.lines().count()), (2, 3), "{out}");
    assert!(
        out.contains(&format!("{warning} (connector=silent)\n")),
        "{out}"
    );
    // That its connectors do not run is no reason to start the worker again.
    assert_eq!(health(&url, &["--ready"]).0, 0);
}

#[test]
fn what_cannot_be_asked_is_critical_with_the_cure() {
    let url = format!("http://127.0.0.1:{}", ports::free());
    let (code, out) = health(&url, &["--connector", "numbers"]);
    assert_eq!(code, 2, "{out}");
    assert!(
        out.starts_with("CRITICAL: Worker cannot be reached at "),
        "{out}"
    );
    assert!(out.contains("--url"), "{out}");
    let (code, out) = health("http://alice:s3cret@127.0.0.1:1", &[]);
    assert_eq!(code, 2, "{out}");
    assert!(
        out.contains("--login-file") && !out.contains("s3cret"),
        "{out}"
    );
    let worker = Worker::builder_without_kafka().start();
    wait::until_true("nothing is missing", || {
        health(&worker.url("/"), &[])
            == (0, "OK: Worker is ready, and has no connectors\n".to_owned())
    });
}

/// A worker that asks for a login.
fn with_login() -> Builder {
    let worker = Worker::builder_without_kafka().set("rest.extension.classes", EXTENSION);
    let file = |name: &str| worker.folder().join(name).display().to_string();
    let (users, jaas) = (file("users.properties"), file("jaas.conf"));
    fs::write(&users, LOGIN.replace(':', "=")).expect("a file");
    let entry = format!("KafkaConnect {{ PropertyFileLoginModule required file=\"{users}\"; }};");
    fs::write(&jaas, entry).expect("a file");
    worker.set("rest.basic.auth.login.config", &jaas)
}

#[test]
fn probes_need_no_login_and_the_command_takes_its_own_from_a_file_or_the_environment() {
    let worker = with_login();
    let file = worker.folder().join("login");
    fs::write(&file, format!("{LOGIN}\n")).expect("a file");
    let worker = worker.start();
    wait::until_true("the worker is ready", || {
        curl(&[&worker.url("/ready")]).status == 200
    });
    let live = curl(&[&worker.url("/live")]);
    assert_eq!(
        (live.status, live.json()["status"].as_str()),
        (200, Some("live"))
    );
    let url = worker.url("");
    assert_eq!(health(&url, &["--ready"]).0, 0);
    let (code, out) = health(&url, &[]);
    assert_eq!(code, 2, "{out}");
    assert!(out.contains("CONNECT_WEBSOCKET_LOGIN"), "{out}");

    let file = file.to_str().expect("UTF-8");
    assert_eq!(health(&url, &["--login-file", file]).0, 0);
    let from_environment = |login: &str| {
        let mut asked = process::command(tools::worker_binary());
        asked
            .args(["health", "--url", &url])
            .env("CONNECT_WEBSOCKET_LOGIN", login);
        let output = asked.output().expect("it runs");
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), out)
    };
    assert_eq!(from_environment(LOGIN).0, Some(0));
    let (code, out) = from_environment("alice:wr0ng");
    assert_eq!(code, Some(2));
    assert!(
        out.contains("refuses the login") && !out.contains("wr0ng"),
        "{out}"
    );
    assert!(!worker.log().contains("al1ce-s3cret"));
}

#[test]
fn over_https_a_worker_is_asked_with_the_certificates_that_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = Certificate::create(folder.path());
    let store = folder.path().join("store.pem");
    certificate.write_with_key(&store);
    let https = format!("https://localhost:{}", ports::free());
    let worker = Worker::builder_without_kafka()
        .set("ssl.keystore.location", store.to_str().expect("UTF-8"))
        .listener(&https.replace("localhost", "127.0.0.1"))
        .start();
    wait::until_true("the worker is ready", || {
        worker.request("GET", "/ready", None).status == 200
    });
    let (code, out) = health(&https, &[]);
    assert_eq!(code, 2, "{out}");
    assert!(out.contains("--ca-file"), "{out}");
    let authority = certificate.authority.to_str().expect("UTF-8");
    let (code, out) = health(&https, &["--ca-file", authority]);
    assert_eq!(code, 0, "{out}");
}

#[test]
fn a_script_of_curl_jq_and_grep_of_the_log_finds_what_it_looks_for() {
    let server = Script::new(Library::Python).endless().rate(10).start();
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("connect.log");
    let worker = Worker::builder(Kafka::shared(Version::V3_9))
        .argument("--log-file")
        .argument(&log)
        .connector(Connector::new("numbers", &server, "health-script"))
        .start();
    worker.wait_for_task("numbers", "RUNNING");
    let script = tools::repository().join("tests/clients/health-check.sh");
    let check = || {
        let mut check = Command::new(&script);
        check.args([&worker.url(""), "numbers"]).arg(&log);
        let output = check.output().expect("bash, curl and jq are there");
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), out)
    };
    assert_eq!(check().0, Some(1), "{}", check().1);
    // The line comes every 30 seconds.
    worker.wait_for_line("Metrics - Connection: OPEN, Received: ");
    assert_eq!(check(), (Some(0), "OK: messages flow\n".to_owned()));
    worker.expect(202, "PUT", "/connectors/numbers/pause");
    let paused = (Some(2), "CRITICAL: .connector is PAUSED\n".to_owned());
    wait::until_true("the pause is seen", || check() == paused);
}
