//! The thread that begins, commits and aborts a task's transactions.
//!
//! Invariants: every call waits for a second at most before it is looked
//! whether the task still wants it; what passes is tried again as long as the
//! task lives, and told of now and then; what does not fails the task with the
//! cure.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use websocket_source::sink::SinkError;

use super::client::{OffsetWriter, timeout};
use super::moment::Moment;
use super::recovery::Known;
use super::transaction::{Broken, Due, Extent, Transaction};
use super::{Stored, TransactionOptions};
use crate::offsets::SourceOffset;
use crate::offsets::kafka_topic::Offsets;
use crate::producer::Producer;
use crate::producer::ending::ClientThreads;
use crate::producer::native::transactions::{Severity, TransactionError};
use crate::producer::native::{Code, describe};
use crate::producer::refusal;

/// Longest call.
const CALL: Duration = Duration::from_secs(1);
/// How often it is told that something still does not work.
const TELL: Duration = Duration::from_secs(10);
/// Longest wait for the predecessor in this process, and longest time for the
/// last abort.
const ENDING: Duration = Duration::from_secs(10);
/// Bounds of the pause after an abort; it doubles.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// Why a task's transactions are over.
#[derive(Debug)]
pub(super) enum Over {
    /// The sink is gone.
    Gone,
    /// The task fails by this.
    Failed(SinkError),
}

impl Over {
    pub(super) fn failed(text: impl Into<String>) -> Self {
        Self::Failed(SinkError::Transaction(text.into()))
    }
}

/// See the module's documentation.
pub(super) struct Keeper {
    pub(super) options: TransactionOptions,
    pub(super) transaction: Arc<Transaction>,
    pub(super) producer: Arc<Producer>,
    pub(super) offsets: Option<OffsetWriter>,
    /// Not kept alive by this: their pool waits for this thread, too.
    pub(super) threads: Weak<ClientThreads>,
    told: watch::Sender<Stored>,
    pub(super) timeout: Duration,
    /// The stored sequence that the task goes on from.
    pub(super) base: u64,
    /// Records of the task that are committed.
    pub(super) committed: u64,
    /// What is stored as far as this task knows.
    pub(super) stored: Option<SourceOffset>,
    /// What owners before this one have stored of other partitions.
    pub(super) others: Offsets,
    /// Aborts since the last commit.
    aborts: u32,
    /// Clients that took another's place since the last commit.
    pub(super) replacements: u32,
}

impl Keeper {
    pub(super) fn new(
        options: TransactionOptions,
        transaction: Arc<Transaction>,
        producer: Arc<Producer>,
        threads: Weak<ClientThreads>,
        told: watch::Sender<Stored>,
    ) -> Self {
        Self {
            timeout: timeout(&options),
            options,
            transaction,
            producer,
            offsets: None,
            threads,
            told,
            base: 0,
            committed: 0,
            stored: None,
            others: Offsets::default(),
            aborts: 0,
            replacements: 0,
        }
    }

    /// Serves until the sink is gone or the task has failed. `predecessor`
    /// tells when the task before in this process is over: its last calls must
    /// not fence this one.
    pub(super) fn run(mut self, predecessor: Option<&AtomicBool>) {
        let begun = Instant::now();
        while predecessor.is_some_and(|ended| !ended.load(Ordering::Acquire))
            && begun.elapsed() < ENDING
        {
            if self
                .transaction
                .is_abandoned_within(Duration::from_millis(5))
            {
                // A third one waits for this, and so for the first.
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        if self.transaction.is_abandoned() {
            return;
        }
        let over = match self.start() {
            Ok(()) => loop {
                if let Err(over) = self.step() {
                    break over;
                }
            },
            Err(over) => over,
        };
        if let Over::Failed(error) = over {
            self.told.send_if_modified(|stored| {
                let unknown = stored.is_none();
                if unknown {
                    *stored = Some(Err(error.to_string()));
                }
                unknown
            });
            self.transaction.delivery.reject(error);
        }
        self.end();
    }

    fn start(&mut self) -> Result<(), Over> {
        let Known { stored, others } = self.initialise()?;
        self.others = others;
        self.base = stored.as_ref().map_or(0, |offset| offset.sequence);
        self.stored.clone_from(&stored);
        self.transaction.set_base(self.base);
        let first = Arc::clone(&self.producer);
        self.claim()?;
        tracing::info!(
            target: "ExactlyOnceWorkerSourceTask", connector = %self.options.connector, task = 0,
            "WorkerSourceTask{{id={}-0}} Writes in transactions of {} from offset {} on",
            self.options.connector, self.options.transactional_id, self.base
        );
        self.told.send_replace(Some(Ok(stored)));
        if Arc::ptr_eq(&first, &self.producer) {
            self.transaction.opened(0);
        } else {
            self.transaction
                .aborted(0, Some(Arc::clone(&self.producer)));
        }
        Ok(())
    }

    fn step(&mut self) -> Result<(), Over> {
        match self.transaction.next(CALL) {
            Due::Nothing => Ok(()),
            Due::End => Err(Over::Gone),
            Due::Commit(extent) => self.commit(extent),
            Due::Abort(why, begun) => self.abort(why, None, begun),
        }
    }

    /// The stored offset when so many of the task's records are committed.
    pub(super) fn offset(&self, records: u64) -> SourceOffset {
        SourceOffset {
            session_id: self.options.session_id.clone(),
            sequence: self.base + records,
        }
    }

    /// Writes this session to the stored offset, and begins the first
    /// transaction of the task.
    fn claim(&mut self) -> Result<(), Over> {
        loop {
            let begun = Moment::now();
            self.begin()?;
            let is_done = match self.write_and_commit(0) {
                Ok(()) => true,
                Err(_) if self.transaction.is_abandoned() => return Err(Over::Gone),
                Err(error) if error.severity == Severity::Fatal => {
                    self.replace(&error, Some(0), Some(begun))?
                }
                Err(error) => {
                    let why = self.judge(&error);
                    self.end_aborted(why)?;
                    false
                }
            };
            if is_done {
                self.stored = Some(self.offset(0));
                return self.begin();
            }
        }
    }

    fn commit(&mut self, extent: Extent) -> Result<(), Over> {
        match self.write_and_commit(extent.end) {
            Ok(()) => {
                self.committed_up_to(extent);
                if let Err(error) = self.producer.native.begin_transaction() {
                    return self.recover(&error, None, None);
                }
                self.transaction.opened(extent.end);
                Ok(())
            }
            Err(_) if self.transaction.is_abandoned() => Err(Over::Gone),
            Err(error) if error.severity == Severity::Fatal => {
                self.recover(&error, Some(extent), Some(extent.begun))
            }
            Err(error) => {
                let why = self.judge(&error);
                self.abort(why, Some(extent), Some(extent.begun))
            }
        }
    }

    /// Counts a transaction that is in Kafka.
    pub(super) fn committed_up_to(&mut self, extent: Extent) {
        self.committed = extent.end;
        self.stored = Some(self.offset(extent.end));
        (self.aborts, self.replacements) = (0, 0);
        let count = extent.end - extent.first;
        self.transaction
            .delivery
            .commit(extent.first, count, extent.left_out);
    }

    /// The outcome of a commit that holds the offset of so many records. Passing
    /// errors are tried again until the sink is gone.
    fn write_and_commit(&mut self, records: u64) -> Result<(), TransactionError> {
        let offset = self.offset(records);
        if let Some(offsets) = &mut self.offsets
            && let Err(code) = offsets.write(&self.producer, &offset)
            // Of its own state the client tells at the commit.
            && !is_state(code)
        {
            // Nothing else keeps records from being committed without it.
            let (name, text) = describe(code);
            return Err(TransactionError {
                severity: Severity::Abortable,
                code,
                text: format!("{name}: {text}"),
            });
        }
        self.again("commit", ENDING, || {
            self.producer.native.commit_transaction(CALL)
        })
    }

    /// What an error of a call says of the next try.
    fn judge(&self, error: &TransactionError) -> Broken {
        match self.transaction.why_broken() {
            Some(refused @ Broken::Refused(_)) => refused,
            // Its report says of which record it is, or has smaller ones made.
            _ if error.code == Code::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE => Broken::Passing,
            _ if refusal::is_passing(error.code) => Broken::Passing,
            _ => Broken::Refused(self.refusal(error)),
        }
    }

    /// Aborts what is open, and has the task go back.
    fn abort(
        &mut self,
        why: Broken,
        attempted: Option<Extent>,
        begun: Option<Moment>,
    ) -> Result<(), Over> {
        let aborted = self.again("abort", ENDING, || {
            self.producer.native.abort_transaction(CALL)
        });
        // More may be known of it by now.
        let why = match why {
            Broken::Passing => self.transaction.why_broken().unwrap_or(Broken::Passing),
            refused @ Broken::Refused(_) => refused,
        };
        if let Broken::Refused(error) = why {
            return Err(Over::Failed(error));
        }
        if let Err(error) = aborted {
            return self.recover(&error, attempted, begun);
        }
        self.pause()?;
        if let Err(error) = self.producer.native.begin_transaction() {
            return self.recover(&error, None, None);
        }
        self.transaction.aborted(self.committed, None);
        Ok(())
    }

    /// Ends an aborted transaction that held nothing of the task.
    fn end_aborted(&mut self, why: Broken) -> Result<(), Over> {
        let aborted = self.again("abort", ENDING, || {
            self.producer.native.abort_transaction(CALL)
        });
        if let Broken::Refused(error) = why {
            return Err(Over::Failed(error));
        }
        aborted.map_err(|error| self.failure(&error))?;
        self.transaction.forget_broken();
        self.pause()
    }

    /// Tells of an abort, and waits longer after each that follows another.
    fn pause(&mut self) -> Result<(), Over> {
        let pause = PAUSE.0 * 2_u32.saturating_pow(self.aborts.min(10));
        self.aborts += 1;
        tracing::warn!(
            target: "ExactlyOnceWorkerSourceTask", connector = %self.options.connector, task = 0,
            "WorkerSourceTask{{id={}-0}} A transaction was aborted; its records are written again",
            self.options.connector
        );
        if self.transaction.is_abandoned_within(pause.min(PAUSE.1)) {
            return Err(Over::Gone);
        }
        Ok(())
    }

    pub(super) fn begin(&self) -> Result<(), Over> {
        let begun = self.producer.native.begin_transaction();
        begun.map_err(|error| self.failure(&error))
    }

    /// Calls until it is not a passing error that comes back; after the sink is
    /// gone, for as long as `ending`.
    pub(super) fn again(
        &self,
        what: &str,
        ending: Duration,
        call: impl Fn() -> Result<(), TransactionError>,
    ) -> Result<(), TransactionError> {
        let mut told = Instant::now();
        let mut gone: Option<Instant> = None;
        loop {
            let error = match call() {
                Err(error) if error.severity == Severity::Passing => error,
                outcome => return outcome,
            };
            if self.transaction.is_abandoned()
                && gone.get_or_insert_with(Instant::now).elapsed() >= ending
            {
                return Err(error);
            }
            if told.elapsed() >= TELL {
                told = Instant::now();
                self.tell(&format!(
                    "cannot {what} yet and goes on trying: {}",
                    error.text
                ));
            }
            // Some come back at once.
            if error.code != crate::producer::native::Code::RD_KAFKA_RESP_ERR__TIMED_OUT {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }

    pub(super) fn tell(&self, text: &str) {
        tracing::warn!(
            target: "ExactlyOnceWorkerSourceTask", connector = %self.options.connector, task = 0,
            "WorkerSourceTask{{id={}-0}} The transactional producer {text}",
            self.options.connector
        );
    }

    /// Aborts what is left, so that readers need not wait for its timeout.
    fn end(self) {
        let is_usable = self.producer.native.fatal_error().is_none();
        if is_usable && self.offsets.is_some() {
            let begun = Instant::now();
            loop {
                match self.producer.native.abort_transaction(CALL) {
                    Err(error) if error.severity != Severity::Fatal && begun.elapsed() < ENDING => {
                        std::thread::sleep(Duration::from_millis(20));
                    }
                    _ => break,
                }
            }
        }
    }
}

/// Whether the client refuses something for the state that it or its
/// transaction is in.
fn is_state(code: Code) -> bool {
    matches!(
        code,
        Code::RD_KAFKA_RESP_ERR__STATE | Code::RD_KAFKA_RESP_ERR__FATAL
    )
}
