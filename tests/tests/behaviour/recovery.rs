//! What comes back after a loss: the session, the subscription, and every
//! message that was received.

use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::{
    assert_complete, assert_complete_with_repeats, assert_increasing, numbers,
};
use end_to_end::server::{Library, Script};
use end_to_end::worker::{Connector, Worker, received};

against_each_kafka!(
    a_broker_down_for_ten_seconds_loses_reorders_and_repeats_nothing,
    without_idempotence_a_broker_down_for_ten_seconds_may_repeat_but_loses_nothing,
);

#[test]
fn a_server_that_closes_is_subscribed_to_again() {
    for (library, topic) in [
        (Library::Python, "closed-python"),
        (Library::Npm, "closed-npm"),
    ] {
        let server = Script::new(library)
            .count(2_000)
            .close_after(500, 1012, "service restart")
            .start();
        let kafka = Kafka::shared(Version::V3_9);
        let worker = Worker::builder(kafka)
            .connector(Connector::new("numbers", &server, topic))
            .start();

        worker.wait_for_acknowledged("numbers", 2_000);
        server.wait_for("subscription", 5);
        assert_complete(&kafka.read_all(topic), 0..2_000);
        worker.wait_for_line("Connection closed by server: code=1012, reason=service restart");
        let reconnects = worker.metric("kafka_connect_websocket_reconnects_total", "numbers");
        assert!(reconnects >= Some(4.0), "{reconnects:?}");
    }
}

#[test]
fn a_server_that_is_killed_and_comes_back_costs_nothing_that_was_received() {
    for (library, topic) in [
        (Library::Python, "killed-python"),
        (Library::Npm, "killed-npm"),
    ] {
        let mut server = Script::new(library).endless().rate(3_000).start();
        let kafka = Kafka::shared(Version::V4_1);
        let worker = Worker::builder(kafka)
            .connector(Connector::new("numbers", &server, topic))
            .start();
        worker.wait_for_received("numbers", 1_000);
        server.kill();
        worker.wait_for_session("numbers", "the loss is noticed", |s| s["session"] != "live");
        let before = received(&worker.session("numbers"));

        server.restart_at(1_000_000, 500);
        worker.wait_for_acknowledged("numbers", before + 500);
        server.wait_for("subscription", 2);
        let records = kafka.read_all(topic);
        assert_increasing(&records);
        let (old, new) = records.split_at(usize::try_from(before).expect("a count"));
        assert_complete(old, 0..before);
        assert_complete(new, 1_000_000..1_000_500);
    }
}

#[test]
fn a_server_that_has_fallen_silent_is_left_and_tried_again() {
    let server = Script::new(Library::Python).count(100).start();
    let kafka = Kafka::shared(Version::V4_1);
    let connector = Connector::new("numbers", &server, "silent")
        .set("websocket.ping.interval.ms", "300")
        .set("websocket.pong.timeout.ms", "300")
        .set("websocket.connection.timeout.ms", "1000");
    let worker = Worker::builder(kafka).connector(connector).start();
    worker.wait_for_received("numbers", 100);

    server.signal("STOP");
    worker.wait_for_line("Connection lost: no answer to a ping within 300 ms");
    server.signal("CONT");
    server.wait_for("subscription", 2);
    worker.wait_for_session("numbers", "a live session", |s| s["session"] == "live");
    assert_complete(&kafka.read_all("silent"), 0..100);
}

/// A connector in an outage; its name is its topic's.
struct Stream {
    name: &'static str,
    /// Messages a second.
    rate: u64,
    settings: &'static [(&'static str, &'static str)],
}

/// Messages wait in a buffer that would hold a minute of them.
const LARGE_BUFFER: [(&str, &str); 2] = [
    ("websocket.buffer.overflow", "block"),
    ("websocket.message.queue.size", "100000"),
];

fn a_broker_down_for_ten_seconds_loses_reorders_and_repeats_nothing(version: Version) {
    // The first has nothing set that need not be; its buffer holds 100 seconds.
    let streams = [
        Stream {
            name: "outage",
            rate: 100,
            settings: &[],
        },
        Stream {
            name: "outage-fast",
            rate: 1_000,
            settings: &LARGE_BUFFER,
        },
    ];
    for (records, messages) in outage(version, &streams) {
        assert_complete(&records, 0..messages);
    }
}

fn without_idempotence_a_broker_down_for_ten_seconds_may_repeat_but_loses_nothing(
    version: Version,
) {
    const SETTINGS: [(&str, &str); 3] = [
        LARGE_BUFFER[0],
        LARGE_BUFFER[1],
        ("producer.override.enable.idempotence", "false"),
    ];
    let stream = Stream {
        name: "outage",
        rate: 1_000,
        settings: &SETTINGS,
    };
    for (records, messages) in outage(version, &[stream]) {
        assert_complete_with_repeats(&records, 0..messages);
    }
}

/// What is in each stream's topic after an outage in mid-stream, and how many
/// messages were sent.
fn outage(version: Version, streams: &[Stream]) -> Vec<(Vec<String>, u64)> {
    const DOWN_S: u64 = 10;
    const ALL_S: u64 = 25;
    let kafka = Kafka::start(version);
    let mut worker = Worker::builder(&kafka);
    let mut servers = Vec::new();
    for stream in streams {
        kafka.create_topic(stream.name, 1);
        let server = Script::new(Library::Python)
            .count(ALL_S * stream.rate)
            .rate(stream.rate)
            .padding_bytes(200)
            .start();
        let mut connector = Connector::new(stream.name, &server, stream.name);
        for (key, value) in stream.settings {
            connector = connector.set(key, value);
        }
        worker = worker.connector(connector);
        servers.push(server);
    }
    let worker = worker.start();
    for stream in streams {
        worker.wait_for_acknowledged(stream.name, 2 * stream.rate);
    }

    kafka.stop();
    // The stream is the clock.
    let clock = &streams[0];
    let before = received(&worker.session(clock.name));
    worker.wait_for_received(clock.name, before + DOWN_S * clock.rate);
    for stream in streams {
        let running = ("RUNNING".to_owned(), "RUNNING".to_owned());
        assert_eq!(worker.states(stream.name), running);
    }
    kafka.start_again();
    let after = streams.iter().map(|stream| {
        let messages = ALL_S * stream.rate;
        worker.wait_for_acknowledged(stream.name, messages);
        (kafka.read_all(stream.name), messages)
    });
    after.collect()
}

#[test]
fn a_full_buffer_that_blocks_slows_the_server_and_drops_nothing() {
    const MESSAGES: u64 = 30_000;
    let kafka = Kafka::start(Version::V4_1);
    kafka.create_topic("blocked", 1);
    let server = Script::new(Library::Npm)
        .count(MESSAGES)
        .padding_bytes(1_000)
        .start();
    let connector = Connector::new("numbers", &server, "blocked")
        .set("websocket.buffer.overflow", "block")
        .set("websocket.message.queue.size", "100");
    kafka.stop();
    let worker = Worker::builder(&kafka).connector(connector).start();
    worker.wait_for_session("numbers", "a full buffer", |session| {
        session["queue_messages"].as_u64() >= Some(100)
    });

    kafka.start_again();
    worker.wait_for_acknowledged("numbers", MESSAGES);
    assert_complete(&kafka.read_all("blocked"), 0..MESSAGES);
    let dropped = &worker.session("numbers")["dropped_messages"];
    assert_eq!(dropped["overflow"], 0);
}

#[test]
fn a_full_buffer_that_drops_counts_what_is_missing() {
    const MESSAGES: u64 = 30_000;
    let kafka = Kafka::start(Version::V3_9);
    kafka.create_topic("dropped", 1);
    let server = Script::new(Library::Python)
        .count(MESSAGES)
        .padding_bytes(1_000)
        .start();
    let connector =
        Connector::new("numbers", &server, "dropped").set("websocket.message.queue.size", "100");
    kafka.stop();
    let worker = Worker::builder(&kafka).connector(connector).start();
    worker.wait_for_received("numbers", MESSAGES);
    worker.wait_for_line("Queue full (100/100), dropping oldest message");

    kafka.start_again();
    let session = worker.wait_for_session("numbers", "all is handed over", |session| {
        session["queue_messages"] == 0
    });
    let dropped = session["dropped_messages"]["overflow"]
        .as_u64()
        .expect("a count");
    worker.wait_for_acknowledged("numbers", MESSAGES - dropped);
    let records = kafka.read_all("dropped");
    assert_increasing(&records);
    assert_eq!(records.len() as u64 + dropped, MESSAGES);
    assert_eq!(
        numbers(&records).last(),
        Some(&(MESSAGES - 1)),
        "the newest stay"
    );
}
