//! What happens when Kafka or a record is not as it should be.

use std::sync::atomic::Ordering::Relaxed;

use rdkafka::mocking::MockCluster;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use super::*;

#[test]
fn a_record_that_is_too_large_is_refused_with_both_settings_and_those_before_it_are_sent() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("t", 1, 1).unwrap();
    let servers = cluster.bootstrap_servers();
    let mut options = options(&servers);
    options.max_request_size_bytes = 10_000;
    let producer = Arc::new(Producer::new(&options).unwrap());
    let mut sink = sink(&producer, "t");
    // 82 bytes are what Kafka's producer adds before it compares.
    let values = [
        "a".to_owned(),
        "b".repeat(10_000 - 82),
        "c".repeat(10_000 - 81),
        "d".to_owned(),
    ];
    let records = Records::of(values);
    let error = offer_all(sink.as_mut(), &records.batch()).unwrap_err();
    assert_eq!(
        error,
        SinkError::TooLarge {
            bytes: 9_919,
            limit: 10_000
        }
    );
    let text = error.to_string();
    assert!(text.contains("max.request.size") && text.contains("websocket.message.max.bytes"));
    wait_acknowledged(sink.as_ref(), 2);
}

#[test]
fn a_broker_that_goes_away_and_comes_back_costs_no_record_and_no_order() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("t", 1, 1).unwrap();
    let servers = cluster.bootstrap_servers();
    let producer = Arc::new(Producer::new(&options(&servers)).unwrap());
    let mut sink = sink(&producer, "t");
    let records = numbered(2_000);
    let batch = records.batch();
    offer_all(sink.as_mut(), &batch).unwrap();
    wait_acknowledged(sink.as_ref(), 2_000);
    cluster.broker_down(1).unwrap();
    let taken = sink.offer(&batch).unwrap();
    assert!(taken > 0);
    wait_until("the broker's absence is not noticed", || {
        producer.last_error().is_some()
    });
    assert_eq!(sink.delivery().progress().acknowledged, 2_000);
    cluster.broker_up(1).unwrap();
    offer_all(sink.as_mut(), &batch.tail(taken)).unwrap();
    wait_acknowledged(sink.as_ref(), 4_000);
    let values: Vec<_> = read(&servers, "t", 1, 4_000)
        .into_iter()
        .map(|seen| seen.value)
        .collect();
    let expected: Vec<_> = (0..4_000)
        .map(|number| format!("message {}", number % 2_000))
        .collect();
    assert_eq!(values, expected);
}

/// What a topic holds after every third request was refused for a passing
/// reason, with requests that take long enough for others to be built.
fn after_passing_refusals(idempotence: &str) -> Vec<String> {
    const COUNT: usize = 6_000;
    let refused = RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION;
    let taken = RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR;
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("t", 1, 1).unwrap();
    cluster
        .broker_round_trip_time(1, Duration::from_millis(20))
        .unwrap();
    let servers = cluster.bootstrap_servers();
    let options = with(&options(&servers), "enable.idempotence", idempotence);
    let options = with(&options, "retry.backoff.ms", "10");
    let producer = Arc::new(Producer::new(&options).unwrap());
    let mut sink = sink(&producer, "t");
    offer_all(sink.as_mut(), &numbered(1).batch()).unwrap();
    wait_acknowledged(sink.as_ref(), 1);
    cluster.request_errors(RDKafkaApiKey::Produce, &[refused, taken, taken].repeat(3));
    let records = numbered(COUNT);
    for from in (0..COUNT).step_by(100) {
        let batch = records.batch().tail(from);
        let hundred = Records::of(
            batch
                .values()
                .take(100)
                .map(|value| String::from_utf8(value.to_vec()).unwrap()),
        );
        offer_all(sink.as_mut(), &hundred.batch()).unwrap();
    }
    wait_acknowledged(sink.as_ref(), 1 + COUNT as u64);
    let seen = read(&servers, "t", 1, 1 + COUNT);
    seen.into_iter().skip(1).map(|seen| seen.value).collect()
}

#[test]
fn requests_that_are_refused_for_a_while_cost_no_record_and_no_order() {
    let expected: Vec<_> = (0..6_000)
        .map(|number| format!("message {number}"))
        .collect();
    for idempotence in ["false", "true"] {
        let values = after_passing_refusals(idempotence);
        let differs = values.iter().zip(&expected).position(|(a, b)| a != b);
        assert_eq!(differs, None, "idempotence {idempotence}");
        assert_eq!(values.len(), expected.len());
    }
}

#[test]
fn a_record_that_kafka_refuses_for_good_is_a_rejection() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("t", 1, 1).unwrap();
    let options = with(
        &options(&cluster.bootstrap_servers()),
        "message.timeout.ms",
        "100",
    );
    let producer = Arc::new(Producer::new(&options).unwrap());
    let mut sink = sink(&producer, "t");
    cluster.broker_down(1).unwrap();
    offer_all(sink.as_mut(), &numbered(1).batch()).unwrap();
    wait_until("no rejection", || sink.delivery().rejection().is_some());
    let error = sink.offer(&numbered(1).batch()).unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("_MSG_TIMED_OUT") && error.contains("delivery.timeout.ms"),
        "{error}"
    );
    wait_until("the room is not given back", || producer.used_bytes() == 0);
}

/// The rejection of a record that Kafka answers with this.
fn rejection(code: RDKafkaRespErr) -> String {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("t", 1, 1).unwrap();
    let producer = Arc::new(Producer::new(&options(&cluster.bootstrap_servers())).unwrap());
    let mut sink = sink(&producer, "t");
    cluster.request_errors(RDKafkaApiKey::Produce, &[code]);
    offer_all(sink.as_mut(), &numbered(1).batch()).unwrap();
    wait_until("no rejection", || sink.delivery().rejection().is_some());
    sink.delivery().rejection().unwrap().to_string()
}

#[test]
fn what_kafka_refuses_for_good_comes_with_what_is_to_be_done() {
    use RDKafkaRespErr as E;
    for (code, name, cure) in [
        (
            E::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
            "TOPIC_AUTHORIZATION_FAILED",
            "grant Write and Describe on the topic to the producer's user",
        ),
        (
            E::RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,
            "RECORD_LIST_TOO_LARGE",
            "the topic's segment.bytes",
        ),
        (
            E::RD_KAFKA_RESP_ERR_INVALID_RECORD,
            "INVALID_RECORD",
            "cleanup.policy=compact",
        ),
        (
            E::RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP,
            "INVALID_TIMESTAMP",
            "message.timestamp.before.max.ms",
        ),
        (
            E::RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE,
            "UNSUPPORTED_COMPRESSION_TYPE",
            "another compression.type",
        ),
    ] {
        let error = rejection(code);
        assert!(error.contains(name) && error.contains(cure), "{error}");
    }
}

#[test]
fn a_topic_that_nobody_creates_is_a_rejection_that_says_who_could() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("t", 1, 1).unwrap();
    let unknown = RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    cluster.topic_error("t", unknown).unwrap();
    // How long a topic may be on its way to all brokers.
    let options = with(
        &options(&cluster.bootstrap_servers()),
        "topic.metadata.propagation.max.ms",
        "10",
    );
    let producer = Arc::new(Producer::new(&options).unwrap());
    let mut sink = sink(&producer, "t");
    offer_all(sink.as_mut(), &numbered(1).batch()).unwrap();
    wait_until("no rejection", || sink.delivery().rejection().is_some());
    let error = sink.delivery().rejection().unwrap().to_string();
    assert!(
        error.contains("UNKNOWN_TOPIC")
            && error.contains("create it, or have the connector do so by topic.creation.*"),
        "{error}"
    );
}

/// A sink whose task has `errors.tolerance=all`, and the counts of its errors.
pub(super) fn tolerant_sink(producer: &Arc<Producer>) -> (Box<dyn Sink>, Arc<ErrorHandler>) {
    let mut judge = ErrorHandler::default();
    judge.tolerance.all = true;
    let judge = Arc::new(judge);
    let sink = producer.sink("t", Arc::default(), Arc::clone(&judge), None);
    (sink.unwrap(), judge)
}

#[test]
fn records_that_are_too_large_are_left_out_if_errors_are_tolerated() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("t", 1, 1).unwrap();
    let servers = cluster.bootstrap_servers();
    let mut options = options(&servers);
    options.max_request_size_bytes = 1_000;
    let producer = Arc::new(Producer::new(&options).unwrap());
    let (mut sink, judge) = tolerant_sink(&producer);
    let large = || "x".repeat(1_000);
    let values = [
        large(),
        large(),
        "a".to_owned(),
        large(),
        "b".to_owned(),
        large(),
    ];
    offer_all(sink.as_mut(), &Records::of(values).batch()).unwrap();
    wait_acknowledged(sink.as_ref(), 6);
    assert_eq!(sink.delivery().progress().written(), 2);
    assert_eq!(judge.counts.failures.load(Relaxed), 4);
    let values = read(&servers, "t", 1, 2).into_iter().map(|seen| seen.value);
    assert_eq!(values.collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn records_that_kafka_refuses_are_left_out_if_errors_are_tolerated() {
    let refused = RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_RECORD;
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("t", 1, 1).unwrap();
    let servers = cluster.bootstrap_servers();
    let producer = Arc::new(Producer::new(&options(&servers)).unwrap());
    let (mut sink, judge) = tolerant_sink(&producer);
    cluster.request_errors(RDKafkaApiKey::Produce, &[refused]);
    offer_all(sink.as_mut(), &numbered(3).batch()).unwrap();
    wait_acknowledged(sink.as_ref(), 3);
    let left_out = sink.delivery().progress().left_out;
    assert!(left_out.total() > 0);
    assert_eq!(judge.counts.failures.load(Relaxed), left_out.total());
    offer_all(sink.as_mut(), &numbered(3).batch()).unwrap();
    wait_acknowledged(sink.as_ref(), 6);
    assert_eq!(sink.delivery().progress().left_out, left_out);
}

#[test]
fn a_client_that_has_failed_for_good_ends_its_tasks_with_the_cure_and_is_replaced() {
    use RDKafkaRespErr as E;
    for (code, name, cure) in [
        (
            E::RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
            "CLUSTER_AUTHORIZATION_FAILED",
            "or set enable.idempotence=false",
        ),
        (
            E::RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE,
            "_UNSUPPORTED_FEATURE",
            "too old for an idempotent producer: set enable.idempotence=false",
        ),
        (
            E::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
            "OUT_OF_ORDER_SEQUENCE_NUMBER",
            "restart the task",
        ),
    ] {
        let pool = crate::producer::ProducerPool::default();
        let options = with(&options("127.0.0.1:9"), "enable.idempotence", "true");
        let producer = pool.acquire(&options).unwrap();
        let mut sink = sink(&producer, "t");
        producer.native.fail(code);
        wait_until("no rejection", || sink.delivery().rejection().is_some());
        let error = sink.offer(&numbered(1).batch()).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains(cure), "{error}");
        assert!(producer.has_failed());
        let next = pool.acquire(&options).unwrap();
        assert!(!Arc::ptr_eq(&producer, &next));
    }
}

#[test]
fn a_producer_ends_with_records_that_cannot_be_delivered() {
    let producer = Arc::new(Producer::new(&options("127.0.0.1:9")).unwrap());
    let mut sink = sink(&producer, "t");
    offer_all(sink.as_mut(), &numbered(10).batch()).unwrap();
    let slots = Arc::downgrade(&producer.shared);
    drop((sink, producer));
    wait_until("it waits for them", || slots.strong_count() == 0);
}

#[test]
fn a_name_that_is_no_topic_is_refused() {
    let producer = Arc::new(Producer::new(&options("127.0.0.1:9")).unwrap());
    let long = "x".repeat(250);
    for name in ["", "a\0b", ".", "a b", "ä", &long] {
        let error = producer
            .sink(name, Arc::new(Histogram::default()), Arc::default(), None)
            .map(|_| ())
            .unwrap_err();
        assert!(error.to_string().contains("kafka.topic"), "{error}");
    }
}
