//! Kafka is away while a standalone worker without transactions goes on, or
//! ends.

use std::collections::BTreeSet;
use std::path::Path;

use end_to_end::connect::{Api, Builder, RealWorker};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::passes;

use super::stage::{
    NAME, RATE, Read, left_in, live_feed, received, spooling, text, undelivered, wait_for_more,
    wait_for_offset, wait_until_delivered,
};
use crate::shared::with_commits;

#[test]
fn what_a_stopped_worker_has_left_is_delivered_by_the_next_and_only_a_crash_repeats() {
    const TOPIC: &str = "delivery-ends";
    let kafka = Kafka::start(Version::V4_1);
    let server = live_feed(RATE);
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join(NAME);
    let connector = spooling(&server, TOPIC, text(&dir));
    let start = || {
        let worker = lasting(&kafka, folder.path());
        worker.create(&connector);
        worker
    };

    let mut worker = start();
    wait_for_more(&dir, RATE);
    wait_for_offset(&worker);
    // A reply that is lost would let the next worker send it again.
    server.signal("STOP");
    wait_until_delivered(&dir);
    kafka.stop();
    server.signal("CONT");
    wait_for_more(&dir, 2 * RATE);
    worker.end();
    let left = left_in(&dir);
    let line = worker.wait_for_line(NAME, "Stopped - ");
    let told = format!("\"spooled\":{},", left.len());
    assert!(line.contains("Lost: 0, ") && line.contains(&told), "{line}");

    kafka.start_again();
    let mut worker = start();
    wait_for_more(&dir, RATE);
    server.signal("STOP");
    wait_until_delivered(&dir);
    let before = Read::all(&kafka, TOPIC, &server);
    before.assert_once(&BTreeSet::new());
    before.assert_has(&left);
    assert_eq!(before.numbers.len() as u64, received(&dir));
    server.signal("CONT");

    wait_for_more(&dir, RATE);
    worker.kill();
    let left = left_in(&dir);
    let worker = start();
    wait_for_more(&dir, RATE);
    server.kill();
    worker.wait_for_line(NAME, "Next attempt (number ");
    wait_until_delivered(&dir);
    let read = Read::all(&kafka, TOPIC, &server);
    let found = passes(&read.numbers, read.starts(), &BTreeSet::new());
    println!("{} repeats after the crash", found.repeats);
    assert!(found.returns <= 1, "{found:?}");
    read.assert_has(&left);
    assert_eq!(found.distinct.len() as u64, received(&dir));
    worker.terminate();
}

/// A standalone worker whose offsets last.
fn lasting(kafka: &Kafka, folder: &Path) -> RealWorker {
    let offsets = folder.join("connect.offsets");
    with_commits(Builder::standalone(kafka))
        .set("offset.storage.file.filename", text(&offsets))
        .start()
}

#[test]
fn what_overflows_to_the_disk_in_an_outage_is_delivered_once_and_in_order() {
    const TOPIC: &str = "delivery-overflow";
    let kafka = Kafka::start(Version::V3_9);
    let server = live_feed(2 * RATE);
    let spool = tempfile::tempdir().expect("a folder");
    let dir = spool.path();
    let mut worker = lasting(&kafka, dir);
    // Less than comes in while Kafka is away.
    let connector = spooling(&server, TOPIC, text(&dir.join(NAME)))
        .set("websocket.spool.mode", "overflow")
        .set("websocket.message.queue.size", "100")
        .set("producer.override.buffer.memory", "65536")
        // A broker that stops refuses what it has written; Connect's producers
        // send that again, and without this it is there twice.
        .set("producer.override.enable.idempotence", "true");
    worker.create(&connector);
    wait_for_offset(&worker);
    kafka.stop();
    let dir = dir.join(NAME);
    wait_for_more(&dir, RATE);
    assert!(undelivered(&dir) > Some(0));
    kafka.start_again();
    wait_until_delivered(&dir);
    server.kill();
    worker.wait_for_line(NAME, "Next attempt (number ");
    wait_until_delivered(&dir);
    worker.end();
    let line = worker.wait_for_line(NAME, "Stopped - ");
    // What was in memory at the end is in the spool.
    let left = left_in(&dir);
    let read = Read::all(&kafka, TOPIC, &server);
    read.assert_once(&left);
    let told = format!("Received: {}, ", read.numbers.len() + left.len());
    assert!(line.contains(&told) && line.contains("Lost: 0, "), "{line}");
}
