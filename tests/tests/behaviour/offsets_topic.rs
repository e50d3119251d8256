//! The topic that a connector's offsets are in when it writes exactly once.

use std::net::TcpListener;
use std::path::Path;
use std::thread;

use end_to_end::kafka::{Extras, Kafka, Version};
use end_to_end::rest;
use end_to_end::server::{Library, Script, Server};
use end_to_end::wait;
use end_to_end::worker::{Connector, Worker};
use serde_json::{Value, json};

against_each_kafka!(
    a_topic_that_forgets_offsets_is_refused_with_the_cure,
    offsets_that_are_set_before_the_first_start_make_a_compacted_topic,
);

const MESSAGES: u64 = 500;

fn server() -> Server {
    Script::new(Library::Npm).count(MESSAGES).start()
}

/// A connector that writes exactly once, with its offsets in a topic of its own.
fn once(name: &str, server: &Server, dir: &Path) -> Connector {
    Connector::new(name, server, name)
        .set("websocket.buffer.overflow", "block")
        .set("websocket.spool.mode", "durable")
        .set(
            "websocket.spool.dir",
            dir.join(name).to_str().expect("UTF-8"),
        )
        .set("exactly.once.support", "required")
        .set("offsets.storage.topic", &format!("{name}-offsets"))
}

/// The request that creates it without a task.
fn stopped(connector: &Connector) -> Value {
    let name = connector.name();
    json!({"name": name, "initial_state": "STOPPED", "config": connector.config()})
}

fn a_topic_that_forgets_offsets_is_refused_with_the_cure(version: Version) {
    let kafka = Kafka::shared(version);
    let (server, folder) = (server(), tempfile::tempdir().expect("a folder"));
    let worker = Worker::builder(kafka).start();
    for policy in ["delete", "compact,delete"] {
        let name = format!("forgets-{}", policy.replace(',', "-"));
        let topic = format!("{name}-offsets");
        kafka.create_topic_with(&topic, &format!("cleanup.policy={policy}"));
        let connector = once(&name, &server, folder.path());
        let path = format!("/connectors/{name}/config");
        let answer = worker.request("PUT", &path, Some(&connector.config()));
        assert_eq!(answer.status, 201, "{}", answer.body);
        let status = worker.wait_for_task(&name, "FAILED");
        let trace = status["tasks"][0]["trace"].as_str().unwrap_or_default();
        let told = [
            "offsets.storage.topic",
            &topic,
            &format!("cleanup.policy={policy}"),
            "--add-config cleanup.policy=compact",
        ];
        assert!(told.iter().all(|text| trace.contains(text)), "{trace}");
        assert_eq!(kafka.records(&topic), 0, "nothing is written there");
    }
}

fn offsets_that_are_set_before_the_first_start_make_a_compacted_topic(version: Version) {
    const NAME: &str = "set-before";
    let kafka = Kafka::shared(version);
    let (server, folder) = (server(), tempfile::tempdir().expect("a folder"));
    let worker = Worker::builder(kafka).start();
    let connector = once(NAME, &server, folder.path());
    let created = worker.request("POST", "/connectors", Some(&stopped(&connector)));
    assert_eq!(created.status, 201, "{}", created.body);
    let path = format!("/connectors/{NAME}/offsets");
    let partition = json!({"websocket_url": "ws://elsewhere/"});
    let offset = json!({"sequence": 7, "session_id": "x"});
    let offsets = json!({"offsets": [{"partition": partition, "offset": offset}]});
    let answer = worker.request("PATCH", &path, Some(&offsets));
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(worker.get(&path), offsets);
    let described = kafka.describe_topic("set-before-offsets");
    assert!(described.contains("cleanup.policy=compact"), "{described}");
    worker.expect(202, "PUT", "/connectors/set-before/resume");
    worker.wait_for_acknowledged(NAME, MESSAGES);
}

#[test]
fn a_topic_whose_policy_must_not_be_looked_at_is_told_of_and_used() {
    const NAME: &str = "unseen";
    let extras = Extras {
        settings: "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n\
                   allow.everyone.if.no.acl.found=true\n"
            .to_owned(),
        ..Extras::default()
    };
    let kafka = Kafka::start_with(Version::V4_1, &extras);
    let topic = "unseen-offsets";
    kafka.create_topic_with(topic, "cleanup.policy=compact");
    kafka.add_acl(topic, ["--allow-principal", "User:ANONYMOUS"], "All");
    kafka.add_acl(
        topic,
        ["--deny-principal", "User:ANONYMOUS"],
        "DescribeConfigs",
    );
    let (server, folder) = (server(), tempfile::tempdir().expect("a folder"));
    let connector = once(NAME, &server, folder.path());
    let worker = Worker::builder(&kafka).connector(connector).start();
    worker.wait_for_acknowledged(NAME, MESSAGES);
    let line = worker.wait_for_line("grant DescribeConfigs on the topic unseen-offsets");
    assert!(
        line.contains(" WARN ") && line.contains("cleanup.policy"),
        "{line}"
    );
}

#[test]
fn offsets_that_wait_for_brokers_which_are_away_keep_no_other_connector_waiting() {
    let (server, folder) = (server(), tempfile::tempdir().expect("a folder"));
    // Takes connections and says nothing.
    let broker = TcpListener::bind("127.0.0.1:0").expect("a port");
    broker.set_nonblocking(true).expect("a socket");
    let address = broker.local_addr().expect("an address").to_string();
    let worker = Worker::builder_for(&address).start();
    let away = once("away", &server, folder.path());
    for connector in [&away, &Connector::new("other", &server, "other")] {
        let created = worker.request("POST", "/connectors", Some(&stopped(connector)));
        assert_eq!(created.status, 201, "{}", created.body);
    }
    let port = worker.port();
    let reset =
        thread::spawn(move || rest::request(port, "DELETE", "/connectors/away/offsets", None));
    wait::until("it asks the broker", || broker.accept().ok());
    for (status, method, path) in [
        (202, "PUT", "/connectors/other/resume"),
        (202, "PUT", "/connectors/other/pause"),
        (204, "PUT", "/connectors/other/stop"),
        (200, "GET", "/connectors/away/status"),
        (204, "DELETE", "/connectors/other"),
    ] {
        worker.expect(status, method, path);
        assert!(!reset.is_finished(), "{method} {path} has waited for it");
    }
    drop(worker);
    // Cut off, or answered: it has an end.
    let _ = reset.join().expect("no panic");
}
