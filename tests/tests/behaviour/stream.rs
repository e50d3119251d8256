//! A stream that nothing disturbs arrives whole and in order.

use end_to_end::certificate::Certificate;
use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::assert_complete;
use end_to_end::server::{Library, Script};
use end_to_end::wait::until;
use end_to_end::worker::{Connector, SUBSCRIPTION, Worker};
use serde_json::json;

const MESSAGES: u64 = 20_000;

against_each_kafka!(
    all_of_a_python_server_arrives_in_order,
    all_of_an_npm_server_arrives_in_order,
    all_of_a_python_server_arrives_in_order_over_tls,
    all_of_an_npm_server_arrives_in_order_over_tls,
);

fn all_of_a_python_server_arrives_in_order(version: Version) {
    stream(version, Library::Python, None, "python");
}

fn all_of_an_npm_server_arrives_in_order(version: Version) {
    stream(version, Library::Npm, None, "npm");
}

fn all_of_a_python_server_arrives_in_order_over_tls(version: Version) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let certificate = Certificate::create(folder.path());
    stream(version, Library::Python, Some(&certificate), "python-tls");
}

fn all_of_an_npm_server_arrives_in_order_over_tls(version: Version) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let certificate = Certificate::create(folder.path());
    stream(version, Library::Npm, Some(&certificate), "npm-tls");
}

fn stream(version: Version, library: Library, certificate: Option<&Certificate>, topic: &str) {
    let kafka = Kafka::shared(version);
    kafka.create_topic(topic, 1);
    let mut script = Script::new(library).count(MESSAGES).padding_bytes(100);
    if let Some(certificate) = certificate {
        script = script.secure(certificate);
    }
    let server = script.start();
    let connector =
        Connector::new("numbers", &server, topic).set("websocket.buffer.overflow", "block");
    let mut worker = Worker::builder(kafka).connector(connector);
    if let Some(certificate) = certificate {
        worker = worker.trust(&certificate.authority);
    }
    let worker = worker.start();

    let subscription = server.wait_for("subscription", 1);
    assert_eq!(subscription["text"], SUBSCRIPTION);
    worker.wait_for_acknowledged("numbers", MESSAGES);
    assert_complete(&kafka.read_all(topic), 0..MESSAGES);
    assert_eq!(
        worker.states("numbers"),
        ("RUNNING".to_owned(), "RUNNING".to_owned())
    );
}

#[test]
fn an_authority_that_is_not_trusted_is_an_error_in_the_log() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let certificate = Certificate::create(folder.path());
    let server = Script::new(Library::Npm).secure(&certificate).start();
    let kafka = Kafka::shared(Version::V4_1);
    let worker = Worker::builder(kafka)
        .connector(Connector::new("numbers", &server, "untrusted"))
        .start();

    let line = worker.wait_for_line("SSLHandshakeException");
    assert!(line.contains("ERROR"), "{line}");
    assert_eq!(worker.states("numbers").1, "RUNNING");
}

#[test]
fn messages_in_fragments_arrive_whole() {
    for (library, topic) in [
        (Library::Python, "fragments-python"),
        (Library::Npm, "fragments-npm"),
    ] {
        let server = Script::new(library)
            .count(300)
            .kind("fragmented")
            .padding_bytes(30_000)
            .start();
        let kafka = Kafka::shared(Version::V4_1);
        let worker = Worker::builder(kafka)
            .connector(Connector::new("numbers", &server, topic))
            .start();

        worker.wait_for_acknowledged("numbers", 300);
        assert_complete(&kafka.read_all(topic), 0..300);
    }
}

#[test]
fn binary_messages_become_text_if_wanted() {
    let server = Script::new(Library::Python)
        .count(100)
        .kind("binary")
        .start();
    let kafka = Kafka::shared(Version::V3_9);
    let connector =
        Connector::new("numbers", &server, "binary-text").set("websocket.binary", "text");
    let worker = Worker::builder(kafka).connector(connector).start();

    worker.wait_for_acknowledged("numbers", 100);
    assert_complete(&kafka.read_all("binary-text"), 0..100);
}

#[test]
fn with_the_format_bytes_both_kinds_arrive_byte_for_byte() {
    for (library, topic) in [
        (Library::Python, "bytes-python"),
        (Library::Npm, "bytes-npm"),
    ] {
        let server = Script::new(library).count(100).kind("mixed").start();
        let kafka = Kafka::shared(Version::V4_1);
        let connector = Connector::new("numbers", &server, topic)
            .set("websocket.value.format", "bytes")
            .set(
                "value.converter",
                "org.apache.kafka.connect.converters.ByteArrayConverter",
            );
        let worker = Worker::builder(kafka).connector(connector).start();

        worker.wait_for_acknowledged("numbers", 100);
        let expected = (0..100).map(|number| match number % 2 {
            0 => format!("{{\"seq\":{number},\"pad\":\"\"}}").into_bytes(),
            // No UTF-8.
            _ => [b"\xff\xfe", number.to_string().as_bytes()].concat(),
        });
        assert_eq!(
            kafka.read_all_bytes(topic),
            expected.collect::<Vec<Vec<u8>>>()
        );
    }
}

#[test]
fn binary_messages_are_counted_and_logged_when_dropped() {
    let server = Script::new(Library::Npm).count(100).kind("binary").start();
    let kafka = Kafka::shared(Version::V3_9);
    let worker = Worker::builder(kafka)
        .connector(Connector::new("numbers", &server, "binary-dropped"))
        .start();

    worker.wait_for_session("numbers", "100 dropped messages", |session| {
        session["dropped_messages"]["binary"] == 100
    });
    worker.wait_for_line("binary messages; set websocket.binary to bytes, base64 or text");
    let mut worker = worker;
    assert_eq!(worker.terminate(), 143);
    let line = worker.line("Stopped - ").expect("a last line");
    assert!(
        line.contains("Received: 100, Delivered: 0, Dropped: 100, Lost: 0"),
        "{line}"
    );
}

#[test]
fn headers_token_and_url_are_sent_and_not_logged_and_the_partition_is_the_setting() {
    let server = Script::new(Library::Npm).count(1).start();
    let kafka = Kafka::shared(Version::V4_1);
    let plain = server.url();
    let host = plain.strip_prefix("ws://").expect("a scheme");
    // As it is written, not as it is dialled.
    let url = format!("WS://us3r-0f-a-test:p4ss-0f-a-test@{host}?key=qu3ry-0f-a-test");
    let connector = Connector::new("numbers", &server, "headers")
        .set("websocket.url", &url)
        .set(
            "websocket.headers",
            "X-Api-Key:k3y-0f-a-test,X-Other:two words",
        )
        .set("websocket.auth.token", "t0k3n-0f-a-test");
    let mut worker = Worker::builder(kafka)
        .argument("--log-level=trace")
        .set("offset.flush.interval.ms", "100")
        .connector(connector)
        .start();

    let attempt = server.wait_for("attempt", 1);
    assert_eq!(attempt["path"], "/stream?key=qu3ry-0f-a-test");
    let headers = &attempt["headers"];
    assert_eq!(headers["x-api-key"], "k3y-0f-a-test");
    assert_eq!(headers["x-other"], "two words");
    assert_eq!(headers["authorization"], "Bearer t0k3n-0f-a-test");
    worker.wait_for_acknowledged("numbers", 1);
    let offsets = until("a stored offset", || {
        let offsets = worker.get("/connectors/numbers/offsets")["offsets"].clone();
        (offsets != json!([])).then_some(offsets)
    });
    assert_eq!(offsets.as_array().map(Vec::len), Some(1), "{offsets}");
    assert_eq!(offsets[0]["partition"], json!({"websocket_url": url}));
    assert_eq!(offsets[0]["offset"]["sequence"], 1);
    let session = worker.session("numbers").to_string();
    let metrics = worker.request("GET", "/metrics", None).body;
    assert_eq!(worker.terminate(), 143);
    let log = worker.log();
    for secret in ["-0f-a-test", "SUBSCRIBE"] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
        assert!(!session.contains(secret), "{session}");
        assert!(!metrics.contains(secret), "{metrics}");
    }
}
