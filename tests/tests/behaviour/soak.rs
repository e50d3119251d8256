//! Long repetitions, for what is rare: `make soak`.

use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::assert_complete;
use end_to_end::server::{Library, Script};
use end_to_end::worker::{Connector, Worker};

#[test]
#[ignore = "long"]
fn twenty_ends_in_mid_stream_lose_nothing_that_was_received() {
    let kafka = Kafka::shared(Version::V4_1);
    for round in 0..20 {
        let topic = format!("soak-ends-{round}");
        let server = Script::new(Library::Npm)
            .endless()
            .padding_bytes(500)
            .start();
        let connector =
            Connector::new("numbers", &server, &topic).set("websocket.buffer.overflow", "block");
        let mut worker = Worker::builder(kafka).connector(connector).start();
        worker.wait_for_received("numbers", 1_000 + round * 500);
        assert_eq!(worker.terminate(), 143);
        let line = worker.line("Stopped - ").expect("a last line");
        assert!(line.contains("Dropped: 0, Lost: 0"), "{line}");
        let records = kafka.read_all(&topic);
        assert_complete(&records, 0..records.len() as u64);
        assert!(
            line.contains(&format!("Received: {0}, Delivered: {0},", records.len())),
            "{line}"
        );
    }
}

#[test]
#[ignore = "long"]
fn three_hundred_closed_connections_lose_nothing() {
    const MESSAGES: u64 = 30_000;
    let kafka = Kafka::shared(Version::V3_9);
    let server = Script::new(Library::Python)
        .count(MESSAGES)
        .close_after(100, 1001, "going away")
        .start();
    let worker = Worker::builder(kafka)
        .connector(Connector::new("numbers", &server, "soak-closed"))
        .start();
    server.wait_for("closing", 300);
    worker.wait_for_acknowledged("numbers", MESSAGES);
    assert_complete(&kafka.read_all("soak-closed"), 0..MESSAGES);
}

#[test]
#[ignore = "long"]
fn five_outages_of_the_broker_lose_and_reorder_nothing() {
    const OUTAGES: u64 = 5;
    const RATE: u64 = 2_000;
    let kafka = Kafka::start(Version::V4_1);
    kafka.create_topic("soak-outages", 1);
    let server = Script::new(Library::Python)
        .endless()
        .rate(RATE)
        .padding_bytes(300)
        .start();
    let connector = Connector::new("numbers", &server, "soak-outages")
        .set("websocket.buffer.overflow", "block")
        .set("producer.override.enable.idempotence", "true");
    let worker = Worker::builder(&kafka).connector(connector).start();
    for outage in 1..=OUTAGES {
        worker.wait_for_acknowledged("numbers", outage * 10 * RATE);
        kafka.stop();
        let limited = worker.wait_for_session("numbers", "a filling buffer", |session| {
            session["queue_messages"].as_u64() >= Some(1_000 * outage)
        });
        assert_eq!(limited["dropped_messages"]["overflow"], 0);
        kafka.start_again();
    }
    server.kill();
    let mut worker = worker;
    assert_eq!(worker.terminate(), 143);
    let line = worker.line("Stopped - ").expect("a last line");
    assert!(line.contains("Dropped: 0, Lost: 0"), "{line}");
    let records = kafka.read_all("soak-outages");
    assert_complete(&records, 0..records.len() as u64);
    assert!(
        line.contains(&format!("Received: {0}, Delivered: {0},", records.len())),
        "{line}"
    );
}
