//! A transform drops more than a spool has room for, under Connect's own
//! transactions: it commits none meanwhile, so it confirms no record.

use std::collections::BTreeSet;
use std::path::Path;

use end_to_end::connect::{Api, Cluster, lines_of};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::ledger::Ledger;
use end_to_end::sequence::numbers;
use end_to_end::server::{Library, Script, Server};
use end_to_end::wait;
use end_to_end::worker::Connector;

use super::stage::{NAME, left_in, once, spooling_once, text, wait_for_more, wait_until_delivered};

/// Of so many messages one is written: the others are 12 MB, and the spool has
/// room for four.
const EVERY: u64 = 6_000;
const SPOOL_BYTES: &str = "4194304";
const LARGEST_BYTES: &str = "1048576";

against_each_kafka!(a_run_of_dropped_records_stops_nothing_and_a_kill_in_it_repeats_nothing);

fn a_run_of_dropped_records_stops_nothing_and_a_kill_in_it_repeats_nothing(version: Version) {
    const TOPIC: &str = "delivery-dropped";
    let kafka = Kafka::shared(version);
    let server = feed();
    let spool = tempfile::tempdir().expect("a folder");
    let dir = spool.path();
    let builder = once(kafka, TOPIC);
    let mut cluster = Cluster::start(1, &builder);
    let first = cluster.live().next().expect("a worker").id();
    // In the workers' topic an open transaction would hold back the next start.
    let own = "delivery-dropped-own-offsets";
    cluster.create(&connector(&server, TOPIC, dir).set("offsets.storage.topic", own));
    wait_for_more(dir, 2 * EVERY + EVERY / 2);
    cluster.kill(&first);
    let owed: BTreeSet<u64> = left_in(dir)
        .into_iter()
        .filter(|number| is_wanted(*number))
        .collect();
    let second = cluster.add(&builder);
    wait_for_more(dir, 2 * EVERY);
    let ledger = end(&mut cluster, &second, &server, dir);
    let written = assert_written(kafka, TOPIC, &server);
    assert!(owed.is_subset(&written), "{owed:?}, but {written:?}");
    assert!(
        ledger.acknowledged >= 2 && ledger.acknowledged <= written.len() as u64,
        "{ledger:?}, but {written:?}"
    );
}

#[test]
fn a_run_of_dropped_records_stops_nothing_if_transactions_are_long() {
    const TOPIC: &str = "delivery-dropped-long";
    let kafka = Kafka::shared(Version::V4_1);
    let server = feed();
    let spool = tempfile::tempdir().expect("a folder");
    let dir = spool.path();
    let mut cluster = Cluster::start(1, &once(kafka, TOPIC));
    let worker = cluster.live().next().expect("a worker").id();
    let connector = connector(&server, TOPIC, dir)
        .set("transaction.boundary", "interval")
        .set("transaction.boundary.interval.ms", "300");
    cluster.create(&connector);
    wait_for_more(dir, 2 * EVERY + EVERY / 2);
    let ledger = end(&mut cluster, &worker, &server, dir);
    let written = assert_written(kafka, TOPIC, &server);
    assert_eq!(ledger.acknowledged, written.len() as u64, "{ledger:?}");
}

fn is_wanted(number: u64) -> bool {
    number.is_multiple_of(EVERY)
}

fn feed() -> Server {
    let feed = Script::new(Library::Python).live(2_000);
    feed.padding_bytes(2_000).wanted_every(EVERY).start()
}

/// A connector that writes what messages have in `wanted`, and drops those
/// that have nothing there.
fn connector(server: &Server, topic: &str, dir: &Path) -> Connector {
    let transform = |name| format!("org.apache.kafka.connect.transforms.{name}");
    spooling_once(server, topic, text(dir))
        .set("websocket.spool.max.bytes", SPOOL_BYTES)
        .set("websocket.spool.segment.bytes", LARGEST_BYTES)
        .set("websocket.message.max.bytes", LARGEST_BYTES)
        .as_json()
        .set("transforms", "take,drop")
        .set("transforms.take.type", &transform("ExtractField$Value"))
        .set("transforms.take.field", "wanted")
        .set("transforms.drop.type", &transform("Filter"))
        .set("transforms.drop.predicate", "empty")
        .set("predicates", "empty")
        .set(
            "predicates.empty.type",
            &transform("predicates.RecordIsTombstone"),
        )
}

/// Ends the feed and then the worker; the account of its task, which has
/// nothing left.
fn end(cluster: &mut Cluster, worker: &str, server: &Server, dir: &Path) -> Ledger {
    server.kill();
    wait::until_true("the feed's end", || {
        cluster.log(worker).contains("Next attempt (number ")
    });
    wait_until_delivered(dir);
    cluster.wait_for_task(NAME, "RUNNING");
    cluster.terminate(worker);
    let log = cluster.log(worker);
    let lines = lines_of(&log, NAME, "Stopped - ");
    let ledger = Ledger::of_last_line(lines.last().expect("a last line"));
    assert_eq!(ledger.waiting(), 0, "{ledger:?}");
    let dropped = ledger.inputs() - ledger.acknowledged;
    assert_eq!(ledger.removed["filter"], dropped, "{ledger:?}");
    ledger
}

/// Asserts that of each connection all that is wanted was written, once and in
/// order; gives it.
fn assert_written(kafka: &Kafka, topic: &str, server: &Server) -> BTreeSet<u64> {
    let written = numbers(&kafka.read_committed(topic));
    let starts = server.events("subscription");
    let starts: BTreeSet<u64> = starts
        .iter()
        .map(|event| event["sequence"].as_u64().expect("a number"))
        .collect();
    assert!(written.iter().copied().all(is_wanted), "{written:?}");
    assert_eq!(written.first(), Some(&0));
    for pair in written.windows(2) {
        let follows = pair[1] == pair[0] + EVERY;
        // What came in between two connections was never received.
        let reconnected = pair[0] < pair[1] && starts.range(pair[0] + 1..=pair[1]).next().is_some();
        assert!(follows || reconnected, "{written:?}, {starts:?}");
    }
    written.into_iter().collect()
}
