//! Kafka producers: librdkafka behind the sink seam.
//!
//! One librdkafka instance and one thread of ours for each *distinct* set of
//! producer settings; tasks with equal settings share them. A socket read
//! goes into librdkafka in one call, from the task that read it; the thread
//! only takes in delivery reports. Invariants: records of one sink keep their
//! order; what a sink has taken is acknowledged, rejected or still on its
//! way, never forgotten; a producer ends when its last sink is gone, and no
//! drop of either blocks: see [`ending`].

mod client;
mod cluster;
mod creation;
mod ending;
mod first;
mod lane;
mod mapped;
mod native;
mod refusal;
mod reports;
mod room;
mod sink;
mod sizes;
mod slots;
mod split;
mod start;
mod transactions;
mod turn;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use websocket_source::metrics::Histogram;
use websocket_source::sink::Sink;

pub use cluster::cluster_id;
pub use creation::{AdminPool, TopicAdmin, TopicCreator, Unread, topic_setting};
pub use mapped::MappedOptions;
pub(crate) use refusal::FENCED;
pub use transactions::{
    Boundary, TransactionHandle, TransactionOptions, TransactionPool, transactional_id,
};

use crate::kafka_settings::NativeProperties;
use crate::mapping::ErrorHandler;
use ending::{ClientThread, ClientThreads, destroy};
use first::CreatingSink;
use lane::Lane;
use native::{Native, Topic};
use reports::Shared;
use room::Room;
use sink::ProducerSink;
use slots::Slots;
use transactions::Transaction;
use turn::Bounds;

/// How often a flush looks whether there is more to send.
const PAUSE: Duration = Duration::from_millis(1);

/// Settings of a producer. Tasks whose options are equal share one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProducerOptions {
    /// librdkafka's properties; may hold secrets.
    pub properties: NativeProperties,
    /// Java's `max.request.size`.
    pub max_request_size_bytes: usize,
    /// Java's `buffer.memory`: what all tasks of the producer may have on
    /// their way together.
    pub buffer_memory_bytes: usize,
}

/// Why a producer or a sink cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProducerError {
    /// librdkafka does not accept the settings.
    #[error("{0}")]
    Settings(String),
    /// The topic's name is no topic name.
    #[error("kafka.topic: '{topic}' is not a topic's name: {reason}")]
    Topic {
        /// The name.
        topic: String,
        /// Why not.
        reason: String,
    },
    /// The system or the producer is out of something.
    #[error("{0}")]
    Exhausted(String),
}

/// What our own counting needs of librdkafka: that it never refuses a record.
fn client_config(options: &ProducerOptions) -> ClientConfig {
    let mut config = ClientConfig::new();
    for (name, value) in options.properties.iter() {
        config.set(name, value);
    }
    let largest = options
        .buffer_memory_bytes
        .max(options.max_request_size_bytes);
    let kibibytes = (largest / 1024 + 1)
        .saturating_mul(2)
        .clamp(1, 2_147_483_647);
    config
        .set(
            "message.max.bytes",
            options
                .max_request_size_bytes
                .clamp(1_000, 1_000_000_000)
                .to_string(),
        )
        .set("queue.buffering.max.kbytes", kibibytes.to_string())
        .set("queue.buffering.max.messages", "0");
    // Records without a key stick to a partition by our own partitioner.
    config.set("sticky.partitioning.linger.ms", "0");
    if !options.properties.contains_key("message.timeout.ms") {
        config.set("message.timeout.ms", "0");
    }
    if !options.properties.contains_key("transactional.id") {
        config.remove("transaction.timeout.ms");
    }
    config.set_log_level(RDKafkaLogLevel::Info);
    config
}

fn is_idempotent(properties: &BTreeMap<String, String>) -> bool {
    properties
        .get("enable.idempotence")
        .is_some_and(|value| value == "true")
}

/// The rules for names of topics (Kafka's `Topic.validate`).
pub(crate) fn check_topic(name: &str) -> Result<(), String> {
    const MAX_LENGTH: usize = 249;
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    match name {
        "" => Err("it is empty".to_owned()),
        "." | ".." => Err("it cannot be \".\" or \"..\"".to_owned()),
        _ if name.len() > MAX_LENGTH => Err(format!("it is longer than {MAX_LENGTH} characters")),
        _ if !name.chars().all(legal) => {
            Err("only ASCII letters, digits, '.', '_' and '-' are allowed".to_owned())
        }
        _ => Ok(()),
    }
}

/// A producer with its thread.
pub struct Producer {
    native: Arc<Native>,
    shared: Arc<Shared>,
    room: Arc<Room>,
    max_request_size_bytes: usize,
    turn: Bounds,
    /// What all its records are part of, one after another.
    transaction: Option<Arc<Transaction>>,
}

impl std::fmt::Debug for Producer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Producer")
            .field("used_bytes", &self.used_bytes())
            .finish_non_exhaustive()
    }
}

impl Producer {
    /// Makes a producer; it connects in the background.
    ///
    /// # Errors
    /// librdkafka does not accept a property, or there is no thread to be had.
    pub fn new(options: &ProducerOptions) -> Result<Self, ProducerError> {
        Self::start(options, None).map(|(producer, _)| producer)
    }

    /// A producer and its thread.
    fn start(
        options: &ProducerOptions,
        transaction: Option<Arc<Transaction>>,
    ) -> Result<(Self, ClientThread), ProducerError> {
        let native = Native::new(&client_config(options))
            .map_err(|error| ProducerError::Settings(error.to_string()))?;
        let native = Arc::new(native);
        let room = Arc::new(Room::new(options.buffer_memory_bytes));
        let shared = Arc::new(Shared {
            slots: Slots::default(),
            room: Arc::clone(&room),
            stop: Arc::default(),
            kept: AtomicUsize::new(0),
            kept_in_all: AtomicU64::new(0),
            failed: AtomicBool::new(false),
            last_error: Mutex::default(),
        });
        let (polled, sharing) = (Arc::clone(&native), Arc::clone(&shared));
        let thread = std::thread::Builder::new()
            .name("producer-reports".to_owned())
            .spawn(move || {
                reports::serve(&polled, &sharing);
                destroy(polled);
            })
            .map_err(|error| {
                ProducerError::Exhausted(format!("no thread for a producer: {error}"))
            })?;
        if is_idempotent(&options.properties) {
            start::hurry(&native, &shared);
        }
        let thread = ClientThread::new(&shared.stop, thread);
        let producer = Self {
            native,
            shared,
            room,
            max_request_size_bytes: options.max_request_size_bytes,
            turn: Bounds::of(&options.properties, options.max_request_size_bytes),
            transaction,
        };
        Ok((producer, thread))
    }

    /// A sink for one task's records to `topic`; the time from receipt to
    /// acknowledgement goes to `latency`, and a record that is refused for
    /// good to `judge`. With a creator the topic is created before the first
    /// record.
    ///
    /// # Errors
    /// The topic's name is none, or the producer has no place left.
    pub fn sink(
        self: &Arc<Self>,
        topic: &str,
        latency: Arc<Histogram>,
        judge: Arc<ErrorHandler>,
        creator: Option<Arc<TopicCreator>>,
    ) -> Result<Box<dyn Sink>, ProducerError> {
        let named = |reason| ProducerError::Topic {
            topic: topic.to_owned(),
            reason,
        };
        check_topic(topic).map_err(named)?;
        if creator.is_some() {
            let lane = Lane::open(self, latency, judge)?;
            return Ok(Box::new(CreatingSink::new(lane, topic, creator)));
        }
        let topic = Topic::new(&self.native, topic).map_err(named)?;
        let lane = Lane::open(self, latency, judge)?;
        Ok(Box::new(ProducerSink::new(lane, topic)))
    }

    /// Sends what lingers and waits until nothing is on its way, at most
    /// `wait`. Blocks.
    pub fn flush(&self, wait: Duration) {
        let end = Instant::now() + wait;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let before = self.shared.kept_in_all.load(Ordering::Acquire);
            let nothing_kept = self.shared.kept.load(Ordering::Acquire) == 0;
            self.native.flush(left);
            // librdkafka has nothing between two parts of a batch, either, and
            // the next one, handed over a moment later, would linger.
            let after = self.shared.kept_in_all.load(Ordering::Acquire);
            if left.is_zero() || (nothing_kept && before == after) {
                return;
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Bytes of records on their way, with what librdkafka spends on each.
    pub fn used_bytes(&self) -> u64 {
        self.room.used_bytes()
    }

    /// Whether it is unusable for good.
    pub fn has_failed(&self) -> bool {
        self.shared.failed.load(Ordering::Acquire)
    }

    /// The last thing that went wrong with a broker, in librdkafka's words.
    pub fn last_error(&self) -> Option<String> {
        self.shared
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        // Its thread sees it in a moment and destroys the client: a task's
        // thread waits for neither.
        self.shared.stop.store(true, Ordering::Release);
    }
}

/// Producers in use, by their options. To be dropped after all of them, at the
/// end of the process: it waits for a few seconds at most until they are gone.
#[derive(Debug, Default)]
pub struct ProducerPool {
    producers: Mutex<HashMap<ProducerOptions, Weak<Producer>>>,
    threads: ClientThreads,
}

impl ProducerPool {
    /// The producer with these options; made if there is none in use.
    ///
    /// # Errors
    /// See [`Producer::new`].
    pub fn acquire(&self, options: &ProducerOptions) -> Result<Arc<Producer>, ProducerError> {
        let producers = self.producers.lock();
        let mut producers = producers.unwrap_or_else(PoisonError::into_inner);
        producers.retain(|_, producer| producer.strong_count() > 0);
        let known = producers.get(options).and_then(Weak::upgrade);
        if let Some(producer) = known.filter(|producer| !producer.has_failed()) {
            return Ok(producer);
        }
        let (producer, thread) = Producer::start(options, None)?;
        self.threads.add(thread);
        let producer = Arc::new(producer);
        producers.insert(options.clone(), Arc::downgrade(&producer));
        Ok(producer)
    }
}

#[cfg(test)]
mod tests;
