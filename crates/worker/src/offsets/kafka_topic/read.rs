//! Reads a topic to its end.
//!
//! Its end is the high watermark of the moment of asking, and not the last
//! stable offset: another connector's open transaction holds that one back, and
//! an offset of ours that was committed meanwhile would be missed. So the last
//! stable offset is waited for until it has reached that end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{BorrowedMessage, Headers};
use rdkafka::metadata::MetadataPartition;
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

use super::{OWNER, Offsets, OffsetsTopic, OffsetsTopicError};
use crate::oauth::LoginContext;

/// Longest single wait, so that a stop is noticed.
const SLICE: Duration = Duration::from_millis(500);
/// Between two looks at a last stable offset that is not there yet.
const PAUSE: Duration = Duration::from_millis(20);

type Reader = BaseConsumer<LoginContext>;

/// One reading.
struct Reading<'a> {
    topic: &'a OffsetsTopic,
    begun: Instant,
    wait: Duration,
    is_stopped: &'a dyn Fn() -> bool,
}

impl OffsetsTopic {
    /// Everything that was committed to the topic up to now. Blocks, for `wait`
    /// at most, and ends soon after `is_stopped`.
    ///
    /// # Errors
    /// The topic cannot be read, or not in time.
    pub fn read(
        &self,
        wait: Duration,
        is_stopped: &dyn Fn() -> bool,
    ) -> Result<Offsets, OffsetsTopicError> {
        let reading = Reading {
            topic: self,
            begun: Instant::now(),
            wait,
            is_stopped,
        };
        let ends = reading.ends(&self.consumer("read_uncommitted")?)?;
        let consumer = self.consumer("read_committed")?;
        reading.stable(&consumer, &ends)?;
        reading.records(&consumer, &ends)
    }

    fn consumer(&self, isolation: &str) -> Result<Reader, OffsetsTopicError> {
        let mut config = ClientConfig::new();
        for (name, value) in self.properties.iter() {
            config.set(name, value);
        }
        // The client assigns partitions only with a group's name.
        config
            .set("group.id", "connect-websocket-offsets")
            .set("isolation.level", isolation)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("enable.partition.eof", "true")
            .set("allow.auto.create.topics", "false");
        let made = config.create_with_context(LoginContext);
        made.map_err(|error| OffsetsTopicError::Client(error.to_string()))
    }
}

impl Reading<'_> {
    fn waited_ms(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn is_over(&self) -> bool {
        self.begun.elapsed() >= self.wait || (self.is_stopped)()
    }

    fn unanswered(&self, last: &str) -> OffsetsTopicError {
        OffsetsTopicError::Unanswered {
            topic: self.topic.name.clone(),
            waited_ms: self.waited_ms(),
            last: last.to_owned(),
        }
    }

    /// Tries until it succeeds, is refused for good, or the time is up.
    fn until<T>(
        &self,
        consumer: &Reader,
        attempt: impl Fn() -> Result<T, KafkaError>,
    ) -> Result<T, OffsetsTopicError> {
        loop {
            // Logins are served by it.
            drop(consumer.poll(Duration::ZERO));
            let error = match attempt() {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            self.judge(&error)?;
            if self.is_over() {
                return Err(self.unanswered(&error.to_string()));
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn judge(&self, error: &KafkaError) -> Result<(), OffsetsTopicError> {
        let topic = self.topic.name.clone();
        match error.rdkafka_error_code() {
            Some(Code::TopicAuthorizationFailed) => Err(OffsetsTopicError::Forbidden {
                acl: format!("Read and Describe on the topic {topic}"),
                what: "reading it",
                topic,
            }),
            Some(Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition) => {
                Err(OffsetsTopicError::Missing(topic))
            }
            _ => Ok(()),
        }
    }

    /// The end of each partition at present.
    fn ends(&self, consumer: &Reader) -> Result<BTreeMap<i32, i64>, OffsetsTopicError> {
        let name = &self.topic.name;
        let partitions = self.until(consumer, || {
            let metadata = consumer.fetch_metadata(Some(name), SLICE)?;
            let found = metadata.topics().iter().find(|found| found.name() == name);
            let unknown = KafkaError::MetadataFetch(Code::UnknownTopicOrPartition);
            let found = found.ok_or(unknown)?;
            if let Some(code) = found.error() {
                return Err(KafkaError::MetadataFetch(code.into()));
            }
            let numbers = found.partitions().iter().map(MetadataPartition::id);
            let numbers: Vec<i32> = numbers.collect();
            // One that has just been created.
            if numbers.is_empty() {
                return Err(KafkaError::MetadataFetch(Code::LeaderNotAvailable));
            }
            Ok(numbers)
        })?;
        let mut ends = BTreeMap::new();
        for partition in partitions {
            let end = self.until(consumer, || {
                consumer.fetch_watermarks(name, partition, SLICE)
            })?;
            ends.insert(partition, end.1);
        }
        Ok(ends)
    }

    /// Waits until no open transaction is below the ends.
    fn stable(
        &self,
        consumer: &Reader,
        ends: &BTreeMap<i32, i64>,
    ) -> Result<(), OffsetsTopicError> {
        let name = &self.topic.name;
        for (partition, end) in ends {
            loop {
                let watermarks = || consumer.fetch_watermarks(name, *partition, SLICE);
                if self.until(consumer, watermarks)?.1 >= *end {
                    break;
                }
                if self.is_over() {
                    return Err(OffsetsTopicError::Open {
                        topic: name.clone(),
                        waited_ms: self.waited_ms(),
                    });
                }
                std::thread::sleep(PAUSE);
            }
        }
        Ok(())
    }

    fn records(
        &self,
        consumer: &Reader,
        ends: &BTreeMap<i32, i64>,
    ) -> Result<Offsets, OffsetsTopicError> {
        let mut offsets = Offsets::default();
        let mut unread: BTreeSet<i32> = ends.keys().copied().collect();
        let mut assignment = TopicPartitionList::with_capacity(ends.len());
        let client = |error: KafkaError| OffsetsTopicError::Client(error.to_string());
        for partition in ends.keys() {
            assignment
                .add_partition_offset(&self.topic.name, *partition, Offset::Beginning)
                .map_err(client)?;
        }
        consumer.assign(&assignment).map_err(client)?;
        let mut said = "no records".to_owned();
        while !unread.is_empty() {
            match consumer.poll(PAUSE) {
                Some(Ok(record)) => {
                    let key = record.key().unwrap_or_default();
                    offsets.take_in(key, record.payload(), owner(&record));
                }
                // The end that is met is one after the wait for the stable one.
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    unread.remove(&partition);
                }
                Some(Err(error)) => {
                    self.judge(&error)?;
                    said = error.to_string();
                }
                None => {}
            }
            if self.is_over() {
                return Err(self.unanswered(&said));
            }
        }
        Ok(offsets)
    }
}

/// The transactional id that an offset was written by, if it says so.
fn owner<'a>(record: &'a BorrowedMessage<'_>) -> Option<&'a [u8]> {
    let mut headers = record.headers()?.iter();
    headers.find(|header| header.key == OWNER)?.value
}

#[cfg(test)]
mod tests {
    use rdkafka::mocking::MockCluster;

    use super::*;
    use crate::offsets::kafka_topic::topic_on as topic;

    #[test]
    fn a_topic_that_is_not_there_is_told_from_brokers_that_do_not_answer() {
        let cluster = MockCluster::new(1).expect("a cluster");
        let servers = cluster.bootstrap_servers();
        let read = topic(&servers).read(Duration::from_secs(60), &|| false);
        assert_eq!(read, Err(OffsetsTopicError::Missing("offsets".to_owned())));
        let read = topic("127.0.0.1:9").read(Duration::from_millis(10), &|| false);
        let error = read.expect_err("nobody is there");
        assert!(error.is_passing(), "{error}");
        assert!(
            error.to_string().contains("check bootstrap.servers"),
            "{error}"
        );
    }

    #[test]
    fn a_reading_that_nobody_wants_any_more_ends() {
        let cluster = MockCluster::new(1).expect("a cluster");
        cluster.broker_down(1).expect("down");
        let servers = cluster.bootstrap_servers();
        let read = topic(&servers).read(Duration::from_secs(3_600), &|| true);
        assert!(read.is_err_and(|error| error.is_passing()));
    }
}
