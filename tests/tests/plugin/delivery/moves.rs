//! A task goes to another worker, which has a disk of its own, and back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use end_to_end::connect::{Api, Builder, Cluster};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::spooled::Spooled;
use end_to_end::wait;

use super::stage::{
    NAME, Read, SHORT, Size, left_in, live_feed, once, spooling_once, text, wait_for_more_of,
};

/// The variable that tells each worker where its spools are.
const VARIABLE: &str = "SPOOLS";

against_each_kafka!(what_a_killed_worker_has_left_is_delivered_once_when_its_task_comes_back);

/// A worker whose `websocket.spool.dir` is a folder of its own.
fn on_disk(kafka: &Kafka, topic: &str, disk: &Path) -> Builder {
    let class = "org.apache.kafka.common.config.provider.EnvVarConfigProvider";
    once(kafka, topic)
        .set("config.providers", "env")
        .set("config.providers.env.class", class)
        .environment(VARIABLE, text(disk))
}

fn what_a_killed_worker_has_left_is_delivered_once_when_its_task_comes_back(version: Version) {
    there_and_back(version, "delivery-moves", SHORT);
}

/// A task's worker is killed, another takes it over, and ends; the first comes
/// back. The number of messages that are in Kafka after that.
pub(super) fn there_and_back(version: Version, topic: &str, size: Size) -> usize {
    let kafka = Kafka::shared(version);
    let server = live_feed(size.rate);
    let mut cluster = Cluster::start(0, &once(kafka, topic));
    let mut disks = BTreeMap::new();
    for _ in 0..2 {
        let disk = tempfile::tempdir().expect("a folder");
        let worker = cluster.add(&on_disk(kafka, topic, disk.path()));
        disks.insert(worker, disk);
    }
    let dir = format!("${{env:{VARIABLE}}}/numbers");
    // A transaction that is open for long has something to be left.
    let connector = spooling_once(&server, topic, &dir)
        .set("transaction.boundary", "interval")
        .set("transaction.boundary.interval.ms", "500");
    cluster.create(&connector);

    let first = cluster.worker_of(NAME).expect("a task");
    let disk = disks.remove(&first).expect("a worker's disk");
    let (other, other_disk) = disks.pop_first().expect("the other worker");
    let (spool, other_spool) = (disk.path().join(NAME), other_disk.path().join(NAME));
    wait_for_more_of(&cluster, &spool, size.messages);
    cluster.kill(&first);
    let owed = left_in(&spool);
    println!("{} messages were left at the kill", owed.len());

    wait_for_more_of(&cluster, &other_spool, size.messages);
    assert_eq!(left_in(&spool), owed, "another worker has no hand in it");
    cluster.add(&on_disk(kafka, topic, disk.path()));
    wait_for_more_of(&cluster, &other_spool, size.messages);
    cluster.terminate(&other);
    let stays = left_in(&other_spool);
    wait::until_true("what was left is delivered", || {
        Spooled::read(&spool).undelivered.is_disjoint(&owed)
    });
    let last = cluster.live().next().expect("a worker").id();
    cluster.terminate(&last);

    let read = Read::committed(kafka, topic, &server);
    let left: BTreeSet<u64> = stays.union(&left_in(&spool)).copied().collect();
    read.assert_once(&left);
    read.assert_has(&owed);
    assert_eq!(left_in(&other_spool), stays, "a disk waits for its worker");
    // Late: behind what the other worker has received meanwhile.
    let place = |number: u64| read.numbers.iter().position(|found| *found == number);
    let begun = read.starts().iter().nth(1).expect("a second connection");
    let late = owed.first().copied().and_then(place);
    assert!(late > place(*begun), "{late:?}");
    read.numbers.len()
}
