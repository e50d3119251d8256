//! Reads the demo's topics back while they are written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use super::connectors::CONNECTORS;

/// Records of each topic that are shown.
const SHOWN: u64 = 2;
/// As much of a record as is shown.
const SHOWN_BYTES: usize = 150;
const POLL: Duration = Duration::from_millis(20);

#[derive(Default)]
struct Counts {
    messages: AtomicU64,
    bytes: AtomicU64,
    out_of_order: AtomicU64,
    stop: AtomicBool,
}

/// What was read in the end.
pub(super) struct Read {
    pub(super) messages: u64,
    /// Records whose offset does not follow the one before: what the embedded
    /// Kafka has let go before it was read.
    pub(super) out_of_order: u64,
}

/// A thread with a consumer.
pub(super) struct Reader {
    counts: Arc<Counts>,
    thread: JoinHandle<()>,
}

impl Reader {
    pub(super) fn start(bootstrap_servers: &str, shows: bool) -> Result<Self, String> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap_servers)
            .set("group.id", "demo")
            .set("enable.auto.commit", "false")
            .set("fetch.wait.max.ms", "20")
            .create()
            .map_err(|error| error.to_string())?;
        let mut partitions = TopicPartitionList::new();
        for connector in CONNECTORS {
            partitions
                .add_partition_offset(connector.topic, 0, Offset::Beginning)
                .map_err(|error| error.to_string())?;
        }
        consumer
            .assign(&partitions)
            .map_err(|error| error.to_string())?;
        let counts = Arc::new(Counts::default());
        let shared = Arc::clone(&counts);
        let thread = std::thread::Builder::new()
            .name("demo-reader".to_owned())
            .spawn(move || read(&consumer, &shared, shows))
            .map_err(|error| error.to_string())?;
        Ok(Self { counts, thread })
    }

    pub(super) fn messages(&self) -> u64 {
        self.counts.messages.load(Relaxed)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.counts.bytes.load(Relaxed)
    }

    pub(super) fn finish(self) -> Result<Read, String> {
        self.counts.stop.store(true, Relaxed);
        self.thread
            .join()
            .map_err(|_| "the reader has panicked".to_owned())?;
        Ok(Read {
            messages: self.counts.messages.load(Relaxed),
            out_of_order: self.counts.out_of_order.load(Relaxed),
        })
    }
}

fn read(consumer: &BaseConsumer, counts: &Counts, shows: bool) {
    let mut next = vec![0_i64; CONNECTORS.len()];
    while !counts.stop.load(Relaxed) {
        let Some(polled) = consumer.poll(POLL) else {
            continue;
        };
        let message = match polled {
            Ok(message) => message,
            Err(error) => {
                tracing::warn!(target: "Demo", "reading back: {error}");
                continue;
            }
        };
        let value = message.payload().unwrap_or_default();
        let topic = CONNECTORS
            .iter()
            .position(|connector| connector.topic == message.topic());
        let Some(topic) = topic else {
            continue;
        };
        if message.offset() != next[topic] {
            counts.out_of_order.fetch_add(1, Relaxed);
        }
        next[topic] = message.offset() + 1;
        counts.messages.fetch_add(1, Relaxed);
        counts.bytes.fetch_add(value.len() as u64, Relaxed);
        if shows && message.offset() < i64::try_from(SHOWN).unwrap_or_default() {
            let text = String::from_utf8_lossy(&value[..value.len().min(SHOWN_BYTES)]);
            println!("{} offset {}: {text}", message.topic(), message.offset());
        }
    }
}
