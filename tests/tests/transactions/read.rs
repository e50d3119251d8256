//! What is in a topic, as a reader of committed records sees it.

use std::time::{Duration, Instant};

use connect_websocket::offsets::SourceOffset;
use end_to_end::kafka::Kafka;
use end_to_end::wait;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

use crate::task::{offsets, partition};

fn consumer(kafka: &Kafka, isolation: &str) -> BaseConsumer {
    ClientConfig::new()
        .set("bootstrap.servers", kafka.bootstrap())
        .set("group.id", "reader")
        .set("isolation.level", isolation)
        .set("enable.partition.eof", "true")
        .set("enable.auto.commit", "false")
        .create()
        .unwrap()
}

/// The values of all records of a topic's only partition that are committed by
/// now. A writer that goes on gives no reader an end: there it is where the
/// next record begins.
pub(crate) fn committed(kafka: &Kafka, topic: &str) -> Vec<String> {
    let stable_end = stable_end(kafka, topic);
    let consumer = consumer(kafka, "read_committed");
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, 0, Offset::Beginning)
        .unwrap();
    consumer.assign(&list).unwrap();
    let by = Instant::now() + wait::LIMIT;
    let mut values = Vec::new();
    loop {
        assert!(Instant::now() < by, "no end of {topic}");
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(record)) if record.offset().unsigned_abs() >= stable_end => return values,
            Some(Ok(record)) => {
                let value = record.payload().unwrap_or_default();
                values.push(String::from_utf8_lossy(value).into_owned());
            }
            Some(Err(KafkaError::PartitionEOF(_))) => return values,
            _ => {}
        }
    }
}

/// The end of a topic's only partition, with what is not committed and what
/// ends transactions; 0 if there is no topic yet.
pub(crate) fn end(kafka: &Kafka, topic: &str) -> u64 {
    end_of(kafka, topic, "read_uncommitted")
}

/// The end of what no open transaction holds back.
pub(crate) fn stable_end(kafka: &Kafka, topic: &str) -> u64 {
    end_of(kafka, topic, "read_committed")
}

fn end_of(kafka: &Kafka, topic: &str, isolation: &str) -> u64 {
    let consumer = consumer(kafka, isolation);
    let ends = consumer.fetch_watermarks(topic, 0, Duration::from_secs(5));
    ends.map_or(0, |(_, end)| u64::try_from(end).unwrap_or(0))
}

/// The stored sequence of a connector.
pub(crate) fn stored(kafka: &Kafka, connector: &str) -> Option<u64> {
    let topic = offsets(&kafka.bootstrap());
    let read = topic.read(wait::LIMIT, &|| false).unwrap();
    let offset = read.get(connector, &partition(connector))?;
    SourceOffset::from_json(offset).map(|offset| offset.sequence)
}
