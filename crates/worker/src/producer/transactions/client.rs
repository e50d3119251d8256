//! The client of a task's transactions: its settings, and its topic for
//! offsets.

use std::sync::Arc;
use std::time::Duration;

use super::{Transaction, TransactionOptions};
use crate::mapping::ErrorHandler;
use crate::offsets::SourceOffset;
use crate::offsets::kafka_topic::{OWNER, key};
use crate::producer::ending::ClientThreads;
use crate::producer::native::{Code, FullRecord, Topic};
use crate::producer::slots::Slot;
use crate::producer::{Producer, ProducerError};

/// Kafka's default of `transaction.timeout.ms`.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(60);

/// Adds what makes a client transactional.
pub(super) fn complete(options: &mut TransactionOptions) {
    let given = options
        .producer
        .properties
        .contains_key("transaction.timeout.ms");
    let longest = match timeout(options) {
        timeout if given => timeout,
        timeout => timeout.max(options.boundary.window * 2),
    };
    let id = options.transactional_id.clone();
    let properties = &mut options.producer.properties;
    properties.insert("transactional.id".to_owned(), id);
    properties.insert("enable.idempotence".to_owned(), "true".to_owned());
    let timeout_ms = longest.as_millis().to_string();
    properties.insert("transaction.timeout.ms".to_owned(), timeout_ms);
}

/// How long the coordinator lets a transaction be open.
pub(super) fn timeout(options: &TransactionOptions) -> Duration {
    let given = options.producer.properties.get("transaction.timeout.ms");
    let given = given.and_then(|text| text.parse().ok());
    given.map_or(TRANSACTION_TIMEOUT, Duration::from_millis)
}

/// A client for one transaction after another.
pub(super) fn start(
    options: &TransactionOptions,
    transaction: &Arc<Transaction>,
    threads: &ClientThreads,
) -> Result<Arc<Producer>, ProducerError> {
    let made = Producer::start(&options.producer, Some(Arc::clone(transaction)));
    let (producer, thread) = made?;
    threads.add(thread);
    Ok(Arc::new(producer))
}

/// A client's way to the topic for offsets.
pub(super) struct OffsetWriter {
    topic: Topic,
    slot: Arc<Slot>,
    key: Vec<u8>,
    headers: [(String, Option<Vec<u8>>); 1],
}

impl OffsetWriter {
    /// To be made when the topic is there, or the brokers would create it.
    ///
    /// # Errors
    /// The topic's name is none.
    pub(super) fn new(
        producer: &Producer,
        transaction: &Arc<Transaction>,
        options: &TransactionOptions,
    ) -> Result<Self, String> {
        let invalid = |why| format!("offsets.storage.topic: {}: {why}", options.offsets);
        let name = &options.offsets.name;
        crate::producer::check_topic(name).map_err(invalid)?;
        let judge = Arc::new(ErrorHandler::default());
        let slots = &producer.shared.slots;
        let owner = options.transactional_id.clone().into_bytes();
        let slot = slots.open(&transaction.delivery, judge, Some(transaction));
        Ok(Self {
            topic: Topic::new(&producer.native, name).map_err(invalid)?,
            slot: slot.ok_or_else(|| "the client has no place left".to_owned())?,
            key: key(&options.connector, &options.partition),
            headers: [(OWNER.to_owned(), Some(owner))],
        })
    }

    /// Adds an offset to the open transaction.
    ///
    /// # Errors
    /// The transaction is not open any more.
    pub(super) fn write(&mut self, producer: &Producer, offset: &SourceOffset) -> Result<(), Code> {
        let value = offset.to_json().to_string().into_bytes();
        let bytes = self.key.len() + value.len();
        self.slot.add_taken(1);
        producer.room.take(bytes as u64);
        let record = FullRecord {
            partition: None,
            value: Some(&value),
            key: Some(&self.key),
            opaque: self.slot.opaque(0),
            timestamp_ms: None,
            headers: &self.headers,
        };
        self.topic.produce_full(&record).inspect_err(|_| {
            self.slot.add_reported(1);
            producer.room.release(1, bytes as u64);
        })
    }
}

impl Drop for OffsetWriter {
    fn drop(&mut self) {
        self.slot.close();
    }
}
