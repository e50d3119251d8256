//! The producer against librdkafka's mock cluster.

// A test that cannot go on has to panic, here as in the tests themselves.
#![allow(clippy::unwrap_used)]

mod ends;
mod faults;
pub(super) mod mapped;
mod parts;
mod records;
mod settings;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use websocket_source::buffer::{Batch, Received, Row};
use websocket_source::frames::Kind;
use websocket_source::metrics::Histogram;
use websocket_source::sink::{Sink, SinkError};

use super::{Producer, ProducerOptions};
use crate::mapping::ErrorHandler;

/// The bound of every wait; reached only by a failing test.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn options(bootstrap_servers: &str) -> ProducerOptions {
    let properties = [
        ("bootstrap.servers", bootstrap_servers),
        ("acks", "-1"),
        ("max.in.flight.requests.per.connection", "1"),
        ("linger.ms", "1"),
    ];
    ProducerOptions {
        properties: BTreeMap::from(properties.map(|(k, v)| (k.to_owned(), v.to_owned()))).into(),
        max_request_size_bytes: 1 << 20,
        buffer_memory_bytes: 4_000 << 10,
    }
}

pub(super) fn with(options: &ProducerOptions, name: &str, value: &str) -> ProducerOptions {
    let mut options = options.clone();
    options.properties.insert(name.to_owned(), value.to_owned());
    options
}

/// Keys and values in one arena.
#[derive(Default)]
pub(super) struct Records {
    arena: Vec<u8>,
    values: Vec<Row>,
    keys: Vec<Row>,
}

impl Records {
    pub(super) fn of(values: impl IntoIterator<Item = String>) -> Self {
        let mut records = Self::default();
        for value in values {
            let row = records.push(value.as_bytes());
            records.values.push(row);
        }
        records
    }

    fn keyed(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut records = Self::default();
        for (key, value) in pairs {
            let row = records.push(key.as_bytes());
            records.keys.push(row);
            let row = records.push(value.as_bytes());
            records.values.push(row);
        }
        records
    }

    fn push(&mut self, bytes: &[u8]) -> Row {
        let start = self.arena.len();
        self.arena.extend_from_slice(bytes);
        Row::own(start, bytes.len(), Kind::Text)
    }

    pub(super) fn batch(&self) -> Batch<'_> {
        self.batch_received(Received::now())
    }

    fn batch_received(&self, received: Received) -> Batch<'_> {
        let keys = (!self.keys.is_empty()).then_some(&self.keys[..]);
        Batch::from_parts(&self.values, keys, &self.arena, received)
    }
}

fn sink(producer: &Arc<Producer>, topic: &str) -> Box<dyn Sink> {
    producer
        .sink(topic, Arc::new(Histogram::default()), Arc::default(), None)
        .unwrap()
}

/// Offers all of a batch as a task does, waiting whenever the sink is full.
pub(super) fn offer_all(sink: &mut dyn Sink, batch: &Batch<'_>) -> Result<(), SinkError> {
    let by = Instant::now() + PATIENCE;
    let mut done = 0;
    while done < batch.len() {
        assert!(Instant::now() < by, "no room after {done} records");
        let taken = sink.offer(&batch.tail(done))?;
        done += taken;
        if taken == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    Ok(())
}

pub(super) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let by = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < by, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn wait_acknowledged(sink: &dyn Sink, count: u64) {
    let delivery = sink.delivery();
    wait_until("not all records are acknowledged", || {
        delivery.progress().acknowledged >= count || delivery.rejection().is_some()
    });
    assert_eq!(delivery.rejection(), None);
}

/// What a test looks at of a record.
#[derive(Debug)]
struct Seen {
    partition: i32,
    key: Option<String>,
    value: String,
    timestamp_ms: Option<i64>,
}

fn read(bootstrap_servers: &str, topic: &str, partitions: i32, count: usize) -> Vec<Seen> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap_servers)
        .set("group.id", "test")
        .create()
        .unwrap();
    let mut list = TopicPartitionList::new();
    for partition in 0..partitions {
        list.add_partition_offset(topic, partition, Offset::Beginning)
            .unwrap();
    }
    consumer.assign(&list).unwrap();
    let by = Instant::now() + PATIENCE;
    let mut seen = Vec::new();
    while seen.len() < count {
        assert!(Instant::now() < by, "{} of {count} records", seen.len());
        if let Some(Ok(message)) = consumer.poll(Duration::from_millis(50)) {
            seen.push(look(&message));
        }
    }
    seen
}

fn look(message: &BorrowedMessage<'_>) -> Seen {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Seen {
        partition: message.partition(),
        key: message.key().map(text),
        value: message.payload().map(text).unwrap_or_default(),
        timestamp_ms: message.timestamp().to_millis(),
    }
}

pub(super) fn numbered(count: usize) -> Records {
    Records::of((0..count).map(|number| format!("message {number}")))
}

#[test]
fn equal_options_share_a_producer_and_others_do_not() {
    let pool = super::ProducerPool::default();
    let options = options("127.0.0.1:9");
    let first = pool.acquire(&options).unwrap();
    assert!(Arc::ptr_eq(&first, &pool.acquire(&options).unwrap()));
    let other = with(&options, "linger.ms", "7");
    assert!(!Arc::ptr_eq(&first, &pool.acquire(&other).unwrap()));
    drop(first);
    assert_eq!(
        pool.producers
            .lock()
            .unwrap()
            .values()
            .filter(|p| p.strong_count() > 0)
            .count(),
        0
    );
}

#[test]
fn a_property_that_librdkafka_does_not_know_is_named() {
    let error = Producer::new(&with(&options("127.0.0.1:9"), "no.such.thing", "1")).unwrap_err();
    assert!(error.to_string().contains("no.such.thing"), "{error}");
}

#[test]
fn debug_output_shows_no_values() {
    let options = with(&options("127.0.0.1:9"), "sasl.password", "hunter2");
    let shown = format!("{options:?}");
    assert!(
        shown.contains("sasl.password") && !shown.contains("hunter2"),
        "{shown}"
    );
}
