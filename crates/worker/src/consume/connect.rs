//! From properties to a consumer that has every partition of the topic.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::metadata::MetadataPartition;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use super::{ConsumeError, POLL_SLICE, Reading};
use crate::oauth::LoginContext;

/// Longest single request for metadata, so that a stop is noticed.
const METADATA_SLICE: Duration = Duration::from_secs(2);
/// Events looked through for the reason of a failure.
const MAX_EVENTS: usize = 32;

impl Reading<'_> {
    /// `bootstrap.servers`, for messages.
    pub(super) fn servers(&self) -> String {
        let names = ["bootstrap.servers", "metadata.broker.list"];
        let found = names.iter().find_map(|name| self.properties.get(*name));
        found.map_or_else(|| "(no --bootstrap-server)".to_owned(), String::clone)
    }

    /// A consumer that reads all partitions from where the options say.
    pub(super) fn assigned(&self) -> Result<BaseConsumer<LoginContext>, ConsumeError> {
        let consumer = self.create().map_err(ConsumeError::Client)?;
        let partitions = self.partitions(&consumer)?;
        let topic = &self.options.topic;
        let offset = if self.options.from_beginning {
            Offset::Beginning
        } else {
            Offset::End
        };
        let failed = |source| ConsumeError::Read {
            topic: topic.clone(),
            source,
        };
        let mut list = TopicPartitionList::with_capacity(partitions.len());
        for partition in partitions {
            list.add_partition_offset(topic, partition, offset)
                .map_err(failed)?;
        }
        consumer.assign(&list).map_err(failed)?;
        Ok(consumer)
    }

    pub(super) fn create(&self) -> Result<BaseConsumer<LoginContext>, KafkaError> {
        let from_beginning = self.options.from_beginning;
        let reset = if from_beginning { "earliest" } else { "latest" };
        let mut config = ClientConfig::new();
        // The client assigns partitions only with a group's name. The isolation
        // is the Java consumer's default, which librdkafka's is not.
        config
            .set("group.id", "connect-websocket-consume")
            .set("auto.offset.reset", reset)
            .set("isolation.level", "read_uncommitted");
        for (name, value) in self.properties {
            config.set(name, value);
        }
        config
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("enable.partition.eof", "true")
            .set("allow.auto.create.topics", "false");
        config.create_with_context(LoginContext)
    }

    /// The numbers of the topic's partitions, as soon as the cluster tells them.
    pub(super) fn partitions(
        &self,
        consumer: &BaseConsumer<LoginContext>,
    ) -> Result<Vec<i32>, ConsumeError> {
        let began = Instant::now();
        loop {
            let left = self.options.connect_timeout.saturating_sub(began.elapsed());
            let source = match ask(consumer, &self.options.topic, left.min(METADATA_SLICE)) {
                Ok(partitions) => return Ok(partitions),
                Err(error) => error,
            };
            self.judge_start(&source)?;
            // A refused login shows among the events, not in the answer.
            for _ in 0..MAX_EVENTS {
                match consumer.poll(Duration::ZERO) {
                    Some(Err(error)) => self.judge_start(&error)?,
                    Some(Ok(_)) => {}
                    None => break,
                }
            }
            if left.is_zero() || self.stopped() {
                return Err(ConsumeError::Unreachable {
                    servers: self.servers(),
                    waited_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
                    source,
                });
            }
            std::thread::sleep(POLL_SLICE.min(left));
        }
    }

    /// As [`Reading::judge`], silent about what the final error will say.
    fn judge_start(&self, error: &KafkaError) -> Result<(), ConsumeError> {
        match error.rdkafka_error_code() {
            Some(Code::AllBrokersDown | Code::BrokerTransportFailure | Code::Resolve) => Ok(()),
            _ => self.judge(error.clone()),
        }
    }
}

fn ask(
    consumer: &BaseConsumer<LoginContext>,
    topic: &str,
    wait: Duration,
) -> Result<Vec<i32>, KafkaError> {
    // Zero would be no wait at all for the request's answer.
    let wait = wait.max(POLL_SLICE);
    let metadata = consumer.fetch_metadata(Some(topic), wait)?;
    let unknown = KafkaError::MetadataFetch(Code::UnknownTopicOrPartition);
    let found = metadata
        .topics()
        .iter()
        .find(|found| found.name() == topic)
        .ok_or(unknown)?;
    if let Some(code) = found.error() {
        return Err(KafkaError::MetadataFetch(code.into()));
    }
    let numbers: Vec<_> = found
        .partitions()
        .iter()
        .map(MetadataPartition::id)
        .collect();
    if numbers.is_empty() {
        return Err(KafkaError::MetadataFetch(Code::LeaderNotAvailable));
    }
    Ok(numbers)
}
