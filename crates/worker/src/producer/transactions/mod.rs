//! Records and the offset that counts them in one Kafka transaction, so that a
//! restart after any crash repeats none and leaves none out (KIP-98, KIP-618).
//!
//! A transactional task has a client of its own, whose transactional id is its
//! name, and a thread of its own, the keeper, that makes the calls which block.
//! A transaction is begun as soon as the one before has ended; the sink fills
//! it ([`transaction`]), the keeper adds the offset and commits ([`keeper`]).
//! What goes wrong aborts it, and the task goes back to what is committed
//! ([`websocket_source::sink::Sink::rewound`]). Invariants: a delivery report
//! acknowledges nothing, a commit does; before the first record everything
//! that a predecessor left open is ended, the stored offset is read, and the
//! task's session is written to it, by which a predecessor that comes back
//! sees that it is one.

mod client;
mod keeper;
mod moment;
mod recovery;
mod transaction;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use websocket_source::metrics::Histogram;
use websocket_source::sink::Delivery;

use super::creation::TopicCreator;
use super::ending::{ClientThread, ClientThreads};
use super::{Producer, ProducerError, ProducerOptions};
use crate::offsets::SourceOffset;
use crate::offsets::kafka_topic::OffsetsTopic;
use keeper::Keeper;
pub(super) use transaction::{Broken, Left, Transaction};

/// Records of a transaction under `transaction.boundary=poll`.
const POLL_RECORDS: u64 = 50_000;
/// Their bytes.
const POLL_BYTES: u64 = 16 << 20;
/// The time in which they come together: what a record waits at most before
/// it is committed.
const POLL_WINDOW: Duration = Duration::from_millis(100);

/// Where a transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Boundary {
    /// Longest time from its first record to its end.
    pub window: Duration,
    /// Most records.
    pub max_records: u64,
    /// Most bytes of keys and values, about.
    pub max_bytes: u64,
}

impl Boundary {
    /// `transaction.boundary=poll`: a batch.
    pub const POLL: Self = Self {
        window: POLL_WINDOW,
        max_records: POLL_RECORDS,
        max_bytes: POLL_BYTES,
    };

    /// `transaction.boundary=interval`. What a transaction holds is in Kafka
    /// already, so that next to nothing here grows with it.
    pub fn interval(window: Duration) -> Self {
        Self {
            window,
            max_records: u64::MAX,
            max_bytes: u64::MAX,
        }
    }
}

/// The transactional id of a connector's task; `group` is the worker's
/// `group.id`, if it has one.
pub fn transactional_id(group: Option<&str>, connector: &str, task: u32) -> String {
    let group = group.filter(|group| !group.is_empty());
    let group = group.unwrap_or("connect-websocket");
    format!("{group}-{connector}-{task}")
}

/// What a task's transactions are made with.
#[derive(Clone, Debug)]
pub struct TransactionOptions {
    /// The client's settings.
    pub producer: ProducerOptions,
    /// See [`transactional_id`].
    pub transactional_id: String,
    /// Where a transaction ends.
    pub boundary: Boundary,
    /// Where the offset goes.
    pub offsets: OffsetsTopic,
    /// Creates that topic; without it the topic has to be there, and nobody looks
    /// whether it is compacted.
    pub creator: Option<Arc<TopicCreator>>,
    /// The connector's name.
    pub connector: String,
    /// The source partition, a JSON object.
    pub partition: Value,
    /// Which start of the task this is; no two have the same.
    pub session_id: String,
}

/// What is known of the stored offset.
type Stored = Option<Result<Option<SourceOffset>, String>>;

/// What a task is told of its transactions. They end with its sink, or with
/// this where there never was one.
#[derive(Clone, Debug)]
pub struct TransactionHandle {
    stored: watch::Receiver<Stored>,
    _unclaimed: Arc<Unclaimed>,
}

/// Ends a transaction that no sink has claimed.
#[derive(Debug)]
struct Unclaimed(Arc<Transaction>);

impl Drop for Unclaimed {
    fn drop(&mut self) {
        if !self.0.is_claimed() {
            self.0.abandon();
        }
    }
}

impl TransactionHandle {
    /// The offset up to which the stream is in Kafka, once nobody else can move
    /// it any more: records are to be offered from there. `None` if there is
    /// none. Waits as long as no broker answers.
    ///
    /// # Errors
    /// There will be none: the task has failed by this, or its sink is gone.
    pub async fn stored(&self) -> Result<Option<SourceOffset>, String> {
        let mut stored = self.stored.clone();
        let known = stored.wait_for(Option::is_some).await;
        let known =
            known.map_err(|_| "The task has ended before its offset was read".to_owned())?;
        known.clone().unwrap_or(Ok(None))
    }
}

/// The keepers of this process. On drop it waits, within bounds, for those
/// whose sink is gone.
#[derive(Debug, Default)]
pub struct TransactionPool {
    /// Set when the keeper of a transactional id has ended.
    ended: Mutex<HashMap<String, Arc<AtomicBool>>>,
    threads: Arc<ClientThreads>,
}

impl TransactionPool {
    /// Starts the transactions of a task; the time from receipt to commit goes
    /// to `latency`. The producer is to make the task's sink, exactly one, while
    /// the handle is there. Does not wait for brokers, nor for the task's
    /// predecessor in this process, after which it begins.
    ///
    /// # Errors
    /// librdkafka does not accept the settings, or there is no thread to be had.
    pub fn start(
        &self,
        mut options: TransactionOptions,
        latency: Arc<Histogram>,
    ) -> Result<(Arc<Producer>, TransactionHandle), ProducerError> {
        client::complete(&mut options);
        let delivery = Arc::new(Delivery::new(latency));
        let transaction = Arc::new(Transaction::new(options.boundary, delivery));
        let producer = client::start(&options, &transaction, &self.threads)?;
        let (told, stored) = watch::channel(None);
        let done = Arc::new(AtomicBool::new(false));
        // Also where there is no thread, or it panics.
        let tells = Done(Arc::clone(&done));
        let predecessor = {
            let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
            ended.retain(|_, ended| !ended.load(Ordering::Acquire));
            ended.insert(options.transactional_id.clone(), done)
        };
        let gone = Arc::clone(transaction.gone());
        let unclaimed = Arc::new(Unclaimed(Arc::clone(&transaction)));
        let keeper = Keeper::new(
            options,
            transaction,
            Arc::clone(&producer),
            Arc::downgrade(&self.threads),
            told,
        );
        let spawned = std::thread::Builder::new()
            .name("transactions".to_owned())
            .spawn(move || {
                let _tells = tells;
                keeper.run(predecessor.as_deref());
            });
        let thread = spawned.map_err(|error| {
            ProducerError::Exhausted(format!("no thread for transactions: {error}"))
        })?;
        self.threads.add(ClientThread::new(&gone, thread));
        let handle = TransactionHandle {
            stored,
            _unclaimed: unclaimed,
        };
        Ok((producer, handle))
    }
}

/// Tells a successor that it may begin.
struct Done(Arc<AtomicBool>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests;
