//! Records that have gone through a mapping.

use connect_api::chain::Chain;
use connect_api::converter;
use websocket_source::settings::ValueFormat;

use super::*;
use crate::embedded::EmbeddedKafka;
use crate::mapping::Mapping;
use crate::producer::creation::tests::creator;
use crate::producer::{MappedOptions, TopicCreator};

/// A task's sink whose records go through these transforms.
pub(in crate::producer) fn mapped_sink(
    producer: &Arc<Producer>,
    transforms: &[(&str, &str)],
) -> Box<dyn Sink> {
    creating_sink(producer, transforms, None)
}

fn creating_sink(
    producer: &Arc<Producer>,
    transforms: &[(&str, &str)],
    creator: Option<Arc<TopicCreator>>,
) -> Box<dyn Sink> {
    let config = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        let pairs = pairs.iter();
        pairs
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    };
    let none = config(&[]);
    let mapping = Mapping {
        topic: "t".to_owned(),
        format: ValueFormat::String,
        chain: Chain::new(&config(transforms)).unwrap(),
        key_class: "String",
        key: converter::create("String", true, &none).unwrap(),
        value: converter::create("String", false, &none).unwrap(),
        value_class: "String",
        header_class: "Simple",
        header: converter::create_header("Simple", &none).unwrap(),
    };
    let options = MappedOptions {
        mapping: Arc::new(mapping),
        written: Arc::default(),
        creator,
    };
    producer
        .mapped_sink(options, Arc::new(Histogram::default()), Arc::default())
        .unwrap()
}

pub(in crate::producer) const HEADER: [(&str, &str); 4] = [
    ("transforms", "h"),
    ("transforms.h.type", "InsertHeader"),
    ("transforms.h.header", "origin"),
    ("transforms.h.value.literal", "the exchange"),
];

fn kafka(partitions: i32) -> (EmbeddedKafka, Arc<Producer>, String) {
    let kafka = EmbeddedKafka::start(1).unwrap();
    kafka.create_topic("t", partitions).unwrap();
    let servers = kafka.bootstrap_servers();
    let producer = Arc::new(Producer::new(&options(&servers)).unwrap());
    (kafka, producer, servers)
}

#[test]
fn the_room_of_records_with_headers_is_given_back() {
    let (_kafka, producer, _) = kafka(1);
    let mut sink = mapped_sink(&producer, &HEADER);
    offer_all(sink.as_mut(), &numbered(1_000).batch()).unwrap();
    wait_acknowledged(sink.as_ref(), 1_000);
    wait_until("the room is not given back", || producer.used_bytes() == 0);
}

#[test]
fn mapped_records_carry_the_time_of_their_receipt() {
    let (_kafka, producer, servers) = kafka(1);
    let mut sink = mapped_sink(&producer, &HEADER);
    let now = Received::now();
    // They have not waited.
    let received = Received {
        at_ms: now.at_ms - 60_000,
        ..now
    };
    offer_all(sink.as_mut(), &numbered(3).batch_received(received)).unwrap();
    wait_acknowledged(sink.as_ref(), 3);
    for seen in read(&servers, "t", 1, 3) {
        assert_eq!(seen.timestamp_ms, Some(received.at_ms));
    }
}

#[test]
fn records_without_a_key_go_to_every_partition_of_a_topic() {
    let (_kafka, producer, servers) = kafka(4);
    let mut sink = mapped_sink(&producer, &HEADER);
    // While the brokers are not connected yet, any partition is taken.
    offer_all(sink.as_mut(), &numbered(1).batch()).unwrap();
    wait_acknowledged(sink.as_ref(), 1);
    let filler = "x".repeat(1_000);
    let records = Records::of((0..2_000).map(|n| format!("{n} {filler}")));
    offer_all(sink.as_mut(), &records.batch()).unwrap();
    wait_acknowledged(sink.as_ref(), 2_001);
    let mut counts = [0; 4];
    for seen in read(&servers, "t", 4, 2_001) {
        counts[usize::try_from(seen.partition).unwrap()] += 1;
    }
    assert!(counts.iter().all(|count| *count > 1), "{counts:?}");
}

#[test]
fn a_message_that_the_buffer_has_dropped_is_not_sent_in_the_place_of_another() {
    let (_kafka, _, servers) = kafka(1);
    let mut options = options(&servers);
    options.buffer_memory_bytes = 1;
    let producer = Arc::new(Producer::new(&options).unwrap());
    let mut sink = mapped_sink(&producer, &HEADER);
    let batch = |text: &str| Records::of([text.to_owned()]);
    assert_eq!(sink.offer(&batch("first").batch()).unwrap(), 1);
    // The producer is full, so that this one is mapped and kept.
    while sink.offer(&batch("dropped").batch()).unwrap() == 1 {}
    offer_all(sink.as_mut(), &batch("last").batch()).unwrap();
    let taken = sink.delivery().progress().taken;
    wait_acknowledged(sink.as_ref(), taken);
    let count = usize::try_from(taken).unwrap();
    let seen = read(&servers, "t", 1, count);
    assert_eq!(seen.last().unwrap().value, "last");
}

#[test]
fn a_message_that_waits_for_its_topic_reserves_nothing_and_needs_no_room_to_ask_for_it() {
    let (_kafka, _, servers) = kafka(1);
    let mut options = with(&options(&servers), "linger.ms", "60000");
    options.buffer_memory_bytes = 1;
    let producer = Arc::new(Producer::new(&options).unwrap());
    // One task's record fills the producer and lingers there.
    let mut full = mapped_sink(&producer, &HEADER);
    let record = Records::of(["record".to_owned()]);
    assert_eq!(full.offer(&record.batch()), Ok(1));
    let used = producer.used_bytes();
    let (creator, asked) = creator();
    let mut sink = creating_sink(&producer, &HEADER, Some(creator));
    assert_eq!(sink.offer(&record.batch()), Ok(0));
    let ticket = asked.try_recv().expect("the topic is asked for");
    assert_eq!(sink.offer(&record.batch()), Ok(0));
    assert!(asked.try_recv().is_err(), "it is asked for once");
    assert_eq!(producer.used_bytes(), used);
    ticket.settle(Ok(()));
    full.flush(PATIENCE);
    wait_acknowledged(full.as_ref(), 1);
    offer_all(sink.as_mut(), &record.batch()).unwrap();
    sink.flush(PATIENCE);
    wait_acknowledged(sink.as_ref(), 1);
}
