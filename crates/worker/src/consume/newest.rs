//! The newest records of a topic, for a look at them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Offset, TopicPartitionList};

use super::{ConsumeError, ConsumeOptions, POLL_SLICE, Reading};

/// The least that is asked of each partition: the last offsets of one may be
/// those of transactions' ends, which are no records.
const MIN_TAIL: i64 = 4;
/// More partitions are not looked at.
const MAX_PARTITIONS: usize = 64;
/// What the client may fetch ahead; the default is 64 MiB.
const QUEUED_KBYTES: &str = "4096";

/// Gives the last records of each partition to `take`, about `wanted` in all,
/// within `wait`. `properties` are librdkafka's.
///
/// # Errors
/// The topic cannot be read; one that is read in part is none.
pub fn newest(
    properties: &BTreeMap<String, String>,
    topic: &str,
    wanted: usize,
    wait: Duration,
    mut take: impl FnMut(&BorrowedMessage<'_>),
) -> Result<(), ConsumeError> {
    let began = Instant::now();
    let mut properties = properties.clone();
    for name in ["queued.max.messages.kbytes", "fetch.message.max.bytes"] {
        properties
            .entry(name.to_owned())
            .or_insert_with(|| match name {
                "fetch.message.max.bytes" => (1 << 20).to_string(),
                _ => QUEUED_KBYTES.to_owned(),
            });
    }
    let options = ConsumeOptions {
        connect_timeout: wait,
        ..ConsumeOptions::new(topic)
    };
    let reading = Reading {
        properties: &properties,
        options: &options,
        stop: &AtomicBool::new(false),
    };
    let consumer = reading.create().map_err(ConsumeError::Client)?;
    let mut partitions = reading.partitions(&consumer)?;
    partitions.truncate(MAX_PARTITIONS);
    let each = i64::try_from(wanted / partitions.len().max(1)).unwrap_or(MIN_TAIL);
    let tail = Offset::OffsetTail(each.max(MIN_TAIL));
    let failed = |source| ConsumeError::Read {
        topic: topic.to_owned(),
        source,
    };
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for partition in &partitions {
        list.add_partition_offset(topic, *partition, tail)
            .map_err(failed)?;
    }
    consumer.assign(&list).map_err(failed)?;
    let mut unread: BTreeSet<i32> = partitions.into_iter().collect();
    // A topic that is written to all the time has no end that could be met.
    let mut left = wanted.saturating_mul(4).max(MAX_PARTITIONS * 4);
    while !unread.is_empty() && left > 0 && began.elapsed() < wait {
        match consumer.poll(POLL_SLICE) {
            Some(Ok(record)) => {
                take(&record);
                left -= 1;
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                unread.remove(&partition);
            }
            Some(Err(error)) => reading.judge(error)?,
            None => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rdkafka::Message;

    use super::*;
    use crate::embedded::EmbeddedKafka;
    use crate::test_map::map;

    #[test]
    fn a_topic_that_is_not_there_or_nobody_that_answers_is_an_error() {
        let kafka = EmbeddedKafka::start(1).expect("a Kafka");
        kafka.create_topic("there", 1).expect("created");
        let properties = map(&[("bootstrap.servers", &kafka.bootstrap_servers())]);
        let mut seen = Vec::new();
        let wait = Duration::from_secs(60);
        newest(&properties, "there", 3, wait, |record| {
            seen.push(record.offset());
        })
        .expect("an empty topic");
        assert!(seen.is_empty(), "{seen:?}");
        let nobody = map(&[("bootstrap.servers", "127.0.0.1:9")]);
        let read = newest(&nobody, "t", 3, Duration::from_millis(10), |_| {});
        assert!(
            matches!(read, Err(ConsumeError::Unreachable { .. })),
            "{read:?}"
        );
    }
}
