//! What happens when Kafka or a record is not as it should be.

use rdkafka::mocking::MockCluster;

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
    assert_eq!(sink.offer(&records.batch()).unwrap(), 2);
    let error = sink.offer(&records.batch().tail(2)).unwrap_err();
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
    offer_all(sink.as_mut(), &batch).unwrap();
    wait_until("the broker's absence is not noticed", || {
        producer.last_error().is_some()
    });
    assert_eq!(sink.delivery().progress().acknowledged, 2_000);
    cluster.broker_up(1).unwrap();
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
    assert!(error.to_string().contains("_MSG_TIMED_OUT"), "{error}");
    wait_until("the room is not given back", || producer.used_bytes() == 0);
}

#[test]
fn a_producer_ends_at_once_with_records_that_cannot_be_delivered() {
    let producer = Arc::new(Producer::new(&options("127.0.0.1:9")).unwrap());
    let mut sink = sink(&producer, "t");
    offer_all(sink.as_mut(), &numbered(10).batch()).unwrap();
    let slots = Arc::downgrade(&producer.shared);
    drop((sink, producer));
    assert_eq!(slots.strong_count(), 0);
}

#[test]
fn a_name_that_is_no_topic_is_refused() {
    let producer = Arc::new(Producer::new(&options("127.0.0.1:9")).unwrap());
    let long = "x".repeat(250);
    for name in ["", "a\0b", ".", "a b", "ä", &long] {
        let error = producer
            .sink(name, Arc::new(Histogram::default()))
            .map(|_| ())
            .unwrap_err();
        assert!(error.to_string().contains("kafka.topic"), "{error}");
    }
}
