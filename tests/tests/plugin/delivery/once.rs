//! Connect's own transactions over a spool, and crashes at any moment.

use std::collections::BTreeSet;
use std::fs;

use end_to_end::connect::{Api, Cluster};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::wait;
use end_to_end::worker::Connector;

use super::stage::{
    NAME, Read, SHORT, Size, left_in, live_feed, once, spooling_once, text, wait_for_more,
    wait_for_more_of, wait_until_delivered,
};

against_each_kafka!(a_worker_that_is_killed_twice_loses_and_repeats_nothing);

fn a_worker_that_is_killed_twice_loses_and_repeats_nothing(version: Version) {
    // In the workers' topic an open transaction would hold back the next start.
    let topic = ("offsets.storage.topic", "delivery-once-own-offsets");
    killed("delivery-once", version, 2, SHORT, &[topic]);
}

#[test]
fn a_worker_that_is_killed_within_a_long_transaction_loses_and_repeats_nothing() {
    // The next start waits for its end.
    let timeout = ("producer.override.transaction.timeout.ms", "5000");
    let long = [
        ("transaction.boundary", "interval"),
        ("transaction.boundary.interval.ms", "500"),
    ];
    killed(
        "delivery-long",
        Version::V4_1,
        1,
        SHORT,
        &[timeout, long[0], long[1]],
    );
}

/// The seed of `DELIVERY_SEED`, or another one each time.
fn seed() -> u64 {
    let given = std::env::var("DELIVERY_SEED").ok();
    given.map_or_else(|| fastrand::u64(..), |seed| seed.parse().expect("a number"))
}

/// The number of messages that are in Kafka after that.
pub(super) fn killed(
    topic: &str,
    version: Version,
    times: u64,
    size: Size,
    settings: &[(&str, &str)],
) -> usize {
    let seed = seed();
    println!("DELIVERY_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let kafka = Kafka::shared(version);
    let server = live_feed(size.rate);
    let spool = tempfile::tempdir().expect("a folder");
    let dir = spool.path();
    let builder = once(kafka, topic);
    let mut cluster = Cluster::start(1, &builder);
    let connector = spooling_once(&server, topic, text(dir));
    let set = |connector: Connector, (key, value): &(&str, &str)| connector.set(key, value);
    cluster.create(&settings.iter().fold(connector, set));
    let mut worker = cluster.live().next().expect("a worker").id();
    let mut owed = BTreeSet::new();
    // Of what is delivered it says nothing yet.
    wait_for_more(dir, 1);
    let old = fs::read(dir.join("state")).expect("a state");
    for _ in 0..times {
        wait_for_more_of(&cluster, dir, 1 + random.u64(..3 * size.messages));
        cluster.kill(&worker);
        let left = left_in(dir);
        println!("{} messages were left at a kill", left.len());
        owed.extend(left);
        // As a crash of the machine may leave it: then the stored offset has
        // to say what is delivered, and a new process has to find that.
        fs::write(dir.join("state"), &old).expect("a state");
        worker = cluster.add(&builder);
    }
    wait_for_more_of(&cluster, dir, size.messages);
    // What comes last is not to wait for more.
    server.kill();
    wait::until_true("the feed's end", || {
        cluster.log(&worker).contains("Next attempt (number ")
    });
    wait_until_delivered(dir);
    cluster.wait_for_task(NAME, "RUNNING");
    cluster.terminate(&worker);
    let read = Read::committed(kafka, topic, &server);
    read.assert_once(&left_in(dir));
    assert!(
        read.numbers.is_sorted_by(|before, number| before < number),
        "{read:?}"
    );
    read.assert_has(&owed);
    read.numbers.len()
}
