//! Batches that a broker finds too large: they go out again in parts.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use super::faults::tolerant_sink;
use super::mapped::mapped_sink;
use super::*;

const TOO_LARGE: RDKafkaRespErr = RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
const TAKEN: RDKafkaRespErr = RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR;

type Cluster = MockCluster<'static, DefaultProducerContext>;

/// A cluster and options for it, to be used with one kind of producer.
fn cluster(partitions: i32, idempotence: &str) -> (Cluster, ProducerOptions) {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("t", partitions, 1).unwrap();
    let options = options(&cluster.bootstrap_servers());
    // Long enough for a hand-over never to be cut into two requests.
    let options = with(&options, "linger.ms", "50");
    let options = with(&options, "enable.idempotence", idempotence);
    (cluster, options)
}

/// Has the next requests answered so, after the first record has shown that
/// the producer is ready.
fn answer(cluster: &Cluster, sink: &mut dyn Sink, answers: &[RDKafkaRespErr]) {
    offer_all(sink, &numbered(1).batch()).unwrap();
    wait_acknowledged(sink, 1);
    cluster.request_errors(RDKafkaApiKey::Produce, answers);
}

fn values(seen: Vec<Seen>) -> Vec<String> {
    // The first has shown that the producer is ready.
    seen.into_iter().skip(1).map(|seen| seen.value).collect()
}

fn messages(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("message {n}")).collect()
}

#[test]
fn a_batch_that_is_too_large_arrives_in_parts_once_and_in_order() {
    for idempotence in ["true", "false"] {
        let (cluster, options) = cluster(1, idempotence);
        let producer = Arc::new(Producer::new(&options).unwrap());
        let mut sink = sink(&producer, "t");
        // The second and the third part of the batch are too large as well.
        let answers = [TOO_LARGE, TAKEN, TOO_LARGE, TOO_LARGE];
        answer(&cluster, sink.as_mut(), &answers);
        offer_all(sink.as_mut(), &numbered(300).batch()).unwrap();
        wait_acknowledged(sink.as_ref(), 301);
        let seen = read(&cluster.bootstrap_servers(), "t", 1, 301);
        assert_eq!(values(seen), messages(300), "idempotence {idempotence}");
        assert_eq!(sink.delivery().progress().written(), 301);
        wait_until("the room is not given back", || producer.used_bytes() == 0);
    }
}

#[test]
fn nothing_newer_goes_before_a_batch_that_was_too_large() {
    const COUNT: usize = 500;
    for idempotence in ["true", "false"] {
        let (cluster, options) = cluster(1, idempotence);
        let producer = Arc::new(Producer::new(&options).unwrap());
        let mut sink = sink(&producer, "t");
        let round_trip = Duration::from_millis(10);
        cluster.broker_round_trip_time(1, round_trip).unwrap();
        let answers = [TOO_LARGE, TAKEN, TAKEN, TAKEN, TOO_LARGE];
        answer(&cluster, sink.as_mut(), &answers);
        for hundred in messages(COUNT).chunks(100) {
            let hundred = Records::of(hundred.iter().cloned());
            offer_all(sink.as_mut(), &hundred.batch()).unwrap();
        }
        wait_acknowledged(sink.as_ref(), 1 + COUNT as u64);
        let seen = read(&cluster.bootstrap_servers(), "t", 1, 1 + COUNT);
        let seen = values(seen);
        let differs = seen.iter().zip(messages(COUNT)).position(|(a, b)| *a != b);
        assert_eq!(differs, None, "idempotence {idempotence}");
    }
}

#[test]
fn the_parts_of_records_with_keys_stay_in_their_partitions_and_in_order() {
    const COUNT: usize = 200;
    let (cluster, options) = cluster(4, "true");
    let producer = Arc::new(Producer::new(&options).unwrap());
    let mut sink = sink(&producer, "t");
    answer(&cluster, sink.as_mut(), &[TOO_LARGE; 4]);
    let pairs = (0..COUNT).map(|n| (format!("key {}", n % 20), n.to_string()));
    offer_all(sink.as_mut(), &Records::keyed(pairs).batch()).unwrap();
    wait_acknowledged(sink.as_ref(), 1 + COUNT as u64);
    let mut of_key: BTreeMap<String, Vec<(i32, usize)>> = BTreeMap::new();
    for seen in read(&cluster.bootstrap_servers(), "t", 4, 1 + COUNT) {
        if let Some(key) = seen.key {
            let place = (seen.partition, seen.value.parse().unwrap());
            of_key.entry(key).or_default().push(place);
        }
    }
    assert_eq!(of_key.len(), 20);
    for (key, places) in of_key {
        let first: usize = key.strip_prefix("key ").unwrap().parse().unwrap();
        let partition = places[0].0;
        let expected = (first..COUNT).step_by(20).map(|n| (partition, n));
        assert_eq!(places, expected.collect::<Vec<_>>(), "{key}");
    }
}

#[test]
fn tasks_that_share_a_partition_each_keep_their_order() {
    let (cluster, options) = cluster(1, "true");
    let producer = Arc::new(Producer::new(&options).unwrap());
    let mut sinks = [sink(&producer, "t"), sink(&producer, "t")];
    answer(&cluster, sinks[0].as_mut(), &[TOO_LARGE; 2]);
    for from in 0..4 {
        for (task, sink) in sinks.iter_mut().enumerate() {
            let numbers = from * 50..(from + 1) * 50;
            let records = Records::of(numbers.map(|n| format!("{task} {n}")));
            offer_all(sink.as_mut(), &records.batch()).unwrap();
        }
    }
    wait_acknowledged(sinks[0].as_ref(), 201);
    wait_acknowledged(sinks[1].as_ref(), 200);
    let seen = values(read(&cluster.bootstrap_servers(), "t", 1, 401));
    for task in ["0 ", "1 "] {
        let of_task = seen.iter().filter_map(|value| value.strip_prefix(task));
        let expected: Vec<_> = (0..200).map(|n| n.to_string()).collect();
        assert_eq!(of_task.collect::<Vec<_>>(), expected);
    }
}

#[test]
fn a_record_that_is_too_large_by_itself_is_left_out_if_errors_are_tolerated() {
    let (cluster, options) = cluster(1, "true");
    let producer = Arc::new(Producer::new(&options).unwrap());
    let (mut sink, judge) = tolerant_sink(&producer);
    // The batch, its first half, and the first record of that.
    answer(&cluster, sink.as_mut(), &[TOO_LARGE; 3]);
    offer_all(sink.as_mut(), &numbered(4).batch()).unwrap();
    wait_acknowledged(sink.as_ref(), 5);
    assert_eq!(sink.delivery().progress().left_out.total(), 1);
    assert_eq!(judge.counts.failures.load(Relaxed), 1);
    let seen = values(read(&cluster.bootstrap_servers(), "t", 1, 4));
    assert_eq!(seen, messages(4)[1..]);
}

#[test]
fn a_record_that_is_too_large_by_itself_fails_the_task_and_the_others_are_sent() {
    let (cluster, options) = cluster(1, "true");
    let producer = Arc::new(Producer::new(&options).unwrap());
    let mut sink = sink(&producer, "t");
    answer(&cluster, sink.as_mut(), &[TOO_LARGE; 3]);
    offer_all(sink.as_mut(), &numbered(4).batch()).unwrap();
    wait_until("no rejection", || sink.delivery().rejection().is_some());
    let error = sink.offer(&numbered(1).batch()).unwrap_err().to_string();
    assert!(error.contains("max.message.bytes"), "{error}");
    wait_until("the room is not given back", || producer.used_bytes() == 0);
    let seen = values(read(&cluster.bootstrap_servers(), "t", 1, 4));
    assert_eq!(seen, messages(4)[1..]);
}

#[test]
fn later_turns_are_no_larger_than_what_the_topic_takes() {
    let (cluster, options) = cluster(1, "true");
    let producer = Arc::new(Producer::new(&options).unwrap());
    let mut sink = sink(&producer, "t");
    answer(&cluster, sink.as_mut(), &[TOO_LARGE]);
    offer_all(sink.as_mut(), &numbered(100).batch()).unwrap();
    wait_acknowledged(sink.as_ref(), 101);
    let taken = sink.offer(&numbered(100).batch()).unwrap();
    assert!((40..60).contains(&taken), "{taken} records");
    wait_acknowledged(sink.as_ref(), 101 + taken as u64);
}

#[test]
fn hand_overs_join_a_turn_also_where_records_with_keys_alternate_between_partitions() {
    let (cluster, options) = cluster(4, "true");
    let producer = Arc::new(Producer::new(&options).unwrap());
    let mut sink = sink(&producer, "t");
    let keyed = |count| Records::keyed((0..count).map(|n| (format!("key {n}"), n.to_string())));
    answer(&cluster, sink.as_mut(), &[]);
    offer_all(sink.as_mut(), &keyed(200).batch()).unwrap();
    wait_acknowledged(sink.as_ref(), 201);
    let slot = producer.shared.slots.get(0).unwrap();
    let proven_bytes = slot.sizes.proven_bytes();
    assert!(proven_bytes > 20 * 30, "{proven_bytes} bytes");
}

#[test]
fn parts_of_several_topics_go_to_their_own() {
    let (cluster, options) = cluster(1, "true");
    for topic in ["t-01", "t-02"] {
        cluster.create_topic(topic, 1, 1).unwrap();
    }
    let producer = Arc::new(Producer::new(&options).unwrap());
    let by_time = [
        ("transforms", "route"),
        ("transforms.route.type", "TimestampRouter"),
        ("transforms.route.topic.format", "${topic}-${timestamp}"),
        ("transforms.route.timestamp.format", "ss"),
    ];
    let mut sink = mapped_sink(&producer, &by_time);
    let offer = |sink: &mut dyn Sink, second: i64, count| {
        let mut received = Received::now();
        received.at_ms = second * 1_000;
        sink.offer(&numbered(count).batch_received(received))
            .unwrap()
    };
    // Larger than what comes then, so that the two can share a turn.
    for second in [1, 2] {
        offer(sink.as_mut(), second, 50);
        wait_acknowledged(sink.as_ref(), 50 * second.unsigned_abs());
    }
    cluster.request_errors(RDKafkaApiKey::Produce, &[TOO_LARGE; 3]);
    offer(sink.as_mut(), 1, 20);
    offer(sink.as_mut(), 2, 20);
    wait_acknowledged(sink.as_ref(), 140);
    for topic in ["t-01", "t-02"] {
        let seen = read(&cluster.bootstrap_servers(), topic, 1, 70);
        let values = seen.into_iter().map(|seen| seen.value);
        let expected = [messages(50), messages(20)].concat();
        assert_eq!(values.collect::<Vec<_>>(), expected, "{topic}");
    }
}

#[test]
fn what_goes_out_again_keeps_its_time() {
    let (cluster, options) = cluster(1, "true");
    let producer = Arc::new(Producer::new(&options).unwrap());
    let mut sink = sink(&producer, "t");
    answer(&cluster, sink.as_mut(), &[TOO_LARGE]);
    let mut received = Received::now();
    received.at -= Duration::from_secs(60);
    received.at_ms -= 60_000;
    let records = numbered(10);
    let batch = records.batch_received(received);
    assert_eq!(sink.offer(&batch).unwrap(), 10);
    wait_acknowledged(sink.as_ref(), 11);
    let seen = read(&cluster.bootstrap_servers(), "t", 1, 11);
    let times = seen.iter().skip(1).map(|seen| seen.timestamp_ms);
    assert_eq!(times.collect::<Vec<_>>(), [Some(received.at_ms); 10]);
}

#[test]
fn a_flush_does_not_let_the_parts_linger() {
    let (cluster, options) = cluster(1, "true");
    let options = with(&options, "linger.ms", "900000");
    let producer = Arc::new(Producer::new(&options).unwrap());
    let mut sink = sink(&producer, "t");
    // Before the topic is known a hand-over may be cut into two requests.
    assert_eq!(sink.offer(&numbered(1).batch()).unwrap(), 1);
    sink.flush(PATIENCE);
    wait_acknowledged(sink.as_ref(), 1);
    // One only: parts that are handed over in a flush go out as they come, and
    // a record alone in its request would be taken for too large by itself.
    cluster.request_errors(RDKafkaApiKey::Produce, &[TOO_LARGE]);
    assert_eq!(sink.offer(&numbered(100).batch()).unwrap(), 100);
    sink.flush(PATIENCE);
    wait_acknowledged(sink.as_ref(), 101);
}

#[test]
fn a_producer_ends_with_parts_that_cannot_be_delivered() {
    let (cluster, options) = cluster(1, "true");
    let producer = Arc::new(Producer::new(&options).unwrap());
    let mut sink = sink(&producer, "t");
    let round_trip = Duration::from_millis(300);
    cluster.broker_round_trip_time(1, round_trip).unwrap();
    answer(&cluster, sink.as_mut(), &[TOO_LARGE]);
    offer_all(sink.as_mut(), &numbered(100).batch()).unwrap();
    let shared = Arc::downgrade(&producer.shared);
    let kept = || {
        shared
            .upgrade()
            .map_or(0, |shared| shared.kept.load(Relaxed))
    };
    wait_until("nothing is kept", || kept() > 0);
    cluster.broker_down(1).unwrap();
    drop((sink, producer));
    wait_until("it waits for them", || shared.strong_count() == 0);
}

#[test]
fn the_parts_of_a_task_that_is_gone_are_sent_and_taken_for_no_other_task_s() {
    let (cluster, options) = cluster(1, "true");
    let producer = Arc::new(Producer::new(&options).unwrap());
    let mut gone = sink(&producer, "t");
    let round_trip = Duration::from_millis(300);
    cluster.broker_round_trip_time(1, round_trip).unwrap();
    answer(&cluster, gone.as_mut(), &[TOO_LARGE]);
    offer_all(gone.as_mut(), &numbered(100).batch()).unwrap();
    let kept = || producer.shared.kept.load(Relaxed);
    wait_until("nothing is kept", || kept() > 0);
    drop(gone);
    let next = sink(&producer, "t");
    assert!(producer.shared.slots.get(1).is_some(), "the slot was free");
    let seen = values(read(&cluster.bootstrap_servers(), "t", 1, 101));
    assert_eq!(seen, messages(100));
    wait_until("the room is not given back", || producer.used_bytes() == 0);
    assert_eq!(next.delivery().progress().acknowledged, 0);
}
