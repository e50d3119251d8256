//! What records become in Kafka.

use super::*;
use crate::embedded::EmbeddedKafka;

fn kafka(topic: &str, partitions: i32) -> (EmbeddedKafka, String) {
    let kafka = EmbeddedKafka::start(1).unwrap();
    kafka.create_topic(topic, partitions).unwrap();
    let servers = kafka.bootstrap_servers();
    (kafka, servers)
}

#[test]
fn records_arrive_complete_and_in_order() {
    let (_kafka, servers) = kafka("t", 1);
    let producer = Arc::new(Producer::new(&options(&servers)).unwrap());
    let mut sink = sink(&producer, "t");
    let records = numbered(5_000);
    offer_all(sink.as_mut(), &records.batch()).unwrap();
    wait_acknowledged(sink.as_ref(), 5_000);
    let values: Vec<_> = read(&servers, "t", 1, 5_000)
        .into_iter()
        .map(|seen| seen.value)
        .collect();
    let expected: Vec<_> = (0..5_000)
        .map(|number| format!("message {number}"))
        .collect();
    assert_eq!(values, expected);
    wait_until("the room is not given back", || producer.used_bytes() == 0);
}

#[test]
fn two_tasks_of_one_producer_get_their_own_acknowledgements() {
    let (_kafka, servers) = kafka("a", 1);
    let producer = Arc::new(Producer::new(&options(&servers)).unwrap());
    let (mut one, mut two) = (sink(&producer, "a"), sink(&producer, "a"));
    for _ in 0..50 {
        offer_all(one.as_mut(), &numbered(3).batch()).unwrap();
        offer_all(two.as_mut(), &numbered(2).batch()).unwrap();
    }
    wait_acknowledged(one.as_ref(), 150);
    wait_acknowledged(two.as_ref(), 100);
    assert_eq!(one.delivery().progress().taken, 150);
    assert_eq!(two.delivery().progress().acknowledged, 100);
}

#[test]
fn a_full_producer_takes_no_more_than_its_memory_until_acknowledgements_come() {
    let (_kafka, servers) = kafka("t", 1);
    let mut options = with(&options(&servers), "linger.ms", "200");
    options.buffer_memory_bytes = 10_000;
    let producer = Arc::new(Producer::new(&options).unwrap());
    let mut sink = sink(&producer, "t");
    let records = numbered(1_000);
    let taken = sink.offer(&records.batch()).unwrap();
    assert!(
        taken > 0 && taken < 100,
        "{taken} records of 210 bytes in 10,000"
    );
    assert_eq!(sink.offer(&records.batch()).unwrap(), 0);
    offer_all(sink.as_mut(), &records.batch().tail(taken)).unwrap();
    wait_acknowledged(sink.as_ref(), 1_000);
    assert_eq!(read(&servers, "t", 1, 1_000).len(), 1_000);
}

#[test]
fn a_key_decides_the_partition() {
    let (_kafka, servers) = kafka("t", 8);
    let producer = Arc::new(Producer::new(&options(&servers)).unwrap());
    let mut sink = sink(&producer, "t");
    let records = Records::keyed((0..400).map(|n| (format!("key {}", n % 40), format!("{n}"))));
    offer_all(sink.as_mut(), &records.batch()).unwrap();
    wait_acknowledged(sink.as_ref(), 400);
    let mut partitions = BTreeMap::new();
    for seen in read(&servers, "t", 8, 400) {
        let key = seen.key.unwrap();
        assert_eq!(
            *partitions.entry(key).or_insert(seen.partition),
            seen.partition
        );
    }
    assert_eq!(partitions.len(), 40);
}

#[test]
fn records_that_have_waited_and_those_behind_them_carry_the_time_of_their_receipt() {
    let (_kafka, servers) = kafka("t", 1);
    let producer = Arc::new(Producer::new(&options(&servers)).unwrap());
    let mut sink = sink(&producer, "t");
    let now = Received::now();
    // A burst's, an outage's, what came towards its end, what comes then, and
    // another burst's.
    let waits = [5, 60, 5, 0, 5].map(Duration::from_secs);
    for wait in waits {
        let Some(at) = now.at.checked_sub(wait) else {
            return; // The machine has just been started.
        };
        let at_ms = now.at_ms - i64::try_from(wait.as_millis()).unwrap();
        let received = Received { at, at_ms };
        offer_all(sink.as_mut(), &numbered(3).batch_received(received)).unwrap();
    }
    wait_acknowledged(sink.as_ref(), 15);
    let seen = read(&servers, "t", 1, 15);
    let stamps: Vec<_> = seen.iter().map(|seen| seen.timestamp_ms.unwrap()).collect();
    for (batch, received) in [(1, 60_000), (2, 5_000)] {
        let received = now.at_ms - received;
        assert_eq!(stamps[3 * batch..3 * batch + 3], [received; 3], "{batch}");
    }
    for batch in [0, 3, 4] {
        let later = &stamps[3 * batch..3 * batch + 3];
        assert!(
            later.iter().all(|stamp| *stamp >= now.at_ms),
            "{batch}: {stamps:?}"
        );
    }
}

#[test]
fn a_flush_sends_what_lingers() {
    let (_kafka, servers) = kafka("t", 1);
    let producer =
        Arc::new(Producer::new(&with(&options(&servers), "linger.ms", "100000")).unwrap());
    let mut sink = sink(&producer, "t");
    offer_all(sink.as_mut(), &numbered(10).batch()).unwrap();
    sink.flush(PATIENCE);
    wait_acknowledged(sink.as_ref(), 10);
}

#[test]
fn the_cluster_tells_its_id() {
    let (_kafka, servers) = kafka("t", 1);
    let properties = BTreeMap::from([("bootstrap.servers".to_owned(), servers)]);
    assert!(crate::producer::cluster_id(&properties).is_some());
}

/// `murmur2.csv` was written by Java's own partitioner: see `Murmur2.java`.
#[test]
fn a_thousand_keys_go_to_the_partitions_that_java_chooses() {
    let (_kafka, servers) = kafka("t", 12);
    let producer = Arc::new(Producer::new(&options(&servers)).unwrap());
    let mut sink = sink(&producer, "t");
    let mut records = Records::default();
    for line in include_str!("murmur2.csv").lines() {
        let (key, partition) = line.split_once(',').unwrap();
        let pairs = (0..key.len()).step_by(2).map(|at| &key[at..at + 2]);
        let key: Vec<u8> = pairs
            .map(|pair| u8::from_str_radix(pair, 16).unwrap())
            .collect();
        let row = records.push(&key);
        records.keys.push(row);
        let row = records.push(partition.as_bytes());
        records.values.push(row);
    }
    assert_eq!(records.values.len(), 1_000);
    offer_all(sink.as_mut(), &records.batch()).unwrap();
    wait_acknowledged(sink.as_ref(), 1_000);
    for seen in read(&servers, "t", 12, 1_000) {
        assert_eq!(seen.partition.to_string(), seen.value);
    }
}

#[test]
fn records_without_a_key_go_to_every_partition_of_a_topic() {
    let (_kafka, servers) = kafka("t", 4);
    let producer = Arc::new(Producer::new(&options(&servers)).unwrap());
    let mut sink = sink(&producer, "t");
    let filler = "x".repeat(1_000);
    for round in 0..200 {
        let records = Records::of((0..10).map(|n| format!("{round} {n} {filler}")));
        offer_all(sink.as_mut(), &records.batch()).unwrap();
    }
    wait_acknowledged(sink.as_ref(), 2_000);
    let mut counts = [0; 4];
    for seen in read(&servers, "t", 4, 2_000) {
        counts[usize::try_from(seen.partition).unwrap()] += 1;
    }
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
}
