//! What Kafka sees of a worker that no request to it shows: whose requests
//! they are, and with which settings. Each as the real worker has it, and ours.

use std::fs;

use end_to_end::connect::{Api as _, Builder};
use end_to_end::kafka::{Extras, Kafka, Version};
use end_to_end::server::{Library, Script};
use end_to_end::wait::until_true;
use end_to_end::worker::{Connector, Worker};
use end_to_end::{command, connect, ports};

against_each_kafka!(clients_and_their_idempotence_are_what_is_told);

/// One that has its topic created by the worker.
fn creating(name: &str, server: &end_to_end::server::Server) -> Connector {
    Connector::new(name, server, &format!("clients-{name}"))
        .set("topic.creation.default.partitions", "1")
        .set("topic.creation.default.replication.factor", "1")
}

/// The settings of a producer as Java's client tells them when it starts.
fn settings_of(log: &str, client_id: &str) -> Vec<String> {
    let mut told = log.split("ProducerConfig values:").skip(1);
    let named = format!("client.id = {client_id}");
    let of = |block: &&str| block.lines().any(|line| line.trim() == named);
    let block = told.find(of).unwrap_or_else(|| panic!("{log}"));
    let lines = block.lines().map(|line| line.trim().to_owned());
    lines.collect()
}

fn clients_and_their_idempotence_are_what_is_told(version: Version) {
    let extras = Extras {
        logs_requests: true,
        ..Extras::default()
    };
    let kafka = Kafka::start_with(version, &extras);
    let server = || Script::new(Library::Npm).count(20).start();
    let (ours, named, plain) = (server(), server(), server());
    let real = Builder::standalone(&kafka).log_clients().start();
    real.create(&creating("real", &ours));
    let named = creating("named", &named).set("producer.override.client.id", "mine");
    let worker = Worker::builder(&kafka)
        .connector(creating("ours", &ours))
        .connector(named)
        .start();
    let other = Worker::builder(&kafka)
        .set("client.id", "other")
        .set("producer.enable.idempotence", "false")
        .connector(creating("plain", &plain))
        .start();
    worker.wait_for_acknowledged("ours", 20);
    worker.wait_for_acknowledged("named", 20);
    other.wait_for_acknowledged("plain", 20);

    let (producer, admin) = ("connector-producer-real-0", "connector-adminclient-real-0");
    let asked = [
        (producer, "PRODUCE"),
        (admin, "CREATE_TOPICS"),
        ("connect-websocket", "PRODUCE"),
        ("connect-websocket", "INIT_PRODUCER_ID"),
        ("connect-websocket-admin", "CREATE_TOPICS"),
        ("mine", "PRODUCE"),
        ("other", "PRODUCE"),
    ];
    for (client_id, request) in asked {
        let what = format!("{request} of {client_id}");
        until_true(&what, || kafka.was_asked(client_id, request));
    }
    for client_id in [producer, "other"] {
        let asked = kafka.was_asked(client_id, "INIT_PRODUCER_ID");
        assert!(!asked, "{client_id} is not idempotent");
    }
    let settings = settings_of(&real.log(), producer);
    let linger = match version {
        Version::V3_9 => "linger.ms = 0",
        Version::V4_1 => "linger.ms = 5",
    };
    for setting in [
        linger,
        "buffer.memory = 33554432",
        "enable.idempotence = false",
        "max.in.flight.requests.per.connection = 1",
    ] {
        assert!(settings.iter().any(|line| line == setting), "{settings:?}");
    }
}

#[test]
fn without_kafka_the_worker_starts_and_the_real_one_ends() {
    let kafka = Kafka::start(Version::V3_9);
    kafka.stop();
    let folder = tempfile::tempdir().expect("a folder");
    let real = connect::properties(&kafka, folder.path(), ports::free());
    // It would try for a minute.
    let text = fs::read_to_string(&real).expect("a file");
    let short = "request.timeout.ms=1000\ndefault.api.timeout.ms=2000\n";
    fs::write(&real, text + short).expect("a file");
    let (code, text) = connect::run(Version::V3_9, &[&real]);
    assert!(
        code != 0 && text.contains("Failed to connect to and describe Kafka cluster"),
        "{code}: {text}"
    );

    let worker = Worker::builder(&kafka).start();
    assert!(worker.get("/")["kafka_cluster_id"].is_null());
    kafka.start_again();
    until_true("the cluster's id", || {
        worker.get("/")["kafka_cluster_id"].is_string()
    });
}

#[test]
fn help_is_status_0_here_and_1_there() {
    let help = command::run(&["standalone", "--help"]);
    assert_eq!(help.code, 0, "{}{}", help.out, help.errors);
    let (code, text) = connect::run(Version::V3_9, &["--help".as_ref()]);
    assert_eq!(code, 1, "{text}");
}
