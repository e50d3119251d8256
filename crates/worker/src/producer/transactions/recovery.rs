//! Getting hold of the transactional id: at the start, and again after the
//! client was lost.
//!
//! A coordinator ends a transaction that is open for too long (Kafka was away)
//! and takes the id from its producer in the same way as another owner would.
//! Invariants: a task whose transaction was younger than that was fenced by an
//! owner, and fails; another one gives an owner that has just come the time to
//! store its session, looks at the stored offsets before it touches the id and
//! again afterwards, and fails if a session other than its own is at its
//! partition, or if one of its id's at any other has changed since it took the
//! id: another disk is another partition. A commit whose answer was lost counts
//! if its offset is stored.

use std::sync::Arc;
use std::time::Duration;

use websocket_source::sink::SinkError;

use super::client::{self, OffsetWriter};
use super::keeper::{Keeper, Over};
use super::moment::Moment;
use super::transaction::Extent;
use crate::offsets::SourceOffset;
use crate::offsets::kafka_topic::Offsets;
use crate::producer::creation::{Gate, Passage};
use crate::producer::native::describe;
use crate::producer::native::transactions::{Severity, TransactionError};
use crate::producer::refusal;

/// Longest call.
const CALL: Duration = Duration::from_secs(1);
/// Longest reading of the stored offset before it is told and tried again.
const READ: Duration = Duration::from_secs(30);
/// How long an owner may take from getting the id to having its session
/// stored, by which it is seen.
const SETTLE: Duration = Duration::from_secs(3);
/// Clients in a row that may be lost without a commit between.
const MAX_REPLACEMENTS: u32 = 5;

/// What is stored by the task's transactional id.
pub(super) struct Known {
    /// At the task's partition; whoever has written it.
    pub(super) stored: Option<SourceOffset>,
    /// At others, which only other owners write.
    pub(super) others: Offsets,
}

impl Keeper {
    /// Takes the transactional id and reads the stored offsets.
    pub(super) fn initialise(&mut self) -> Result<Known, Over> {
        let init = || self.producer.native.init_transactions(CALL);
        let taken = self.again("get hold of its transactional id", Duration::ZERO, init);
        taken.map_err(|error| self.failure(&error))?;
        if self.transaction.is_abandoned() {
            return Err(Over::Gone);
        }
        self.create_topic()?;
        self.check_topic()?;
        let known = self.read()?;
        let writer = OffsetWriter::new(&self.producer, &self.transaction, &self.options);
        self.offsets = Some(writer.map_err(Over::failed)?);
        Ok(known)
    }

    fn create_topic(&self) -> Result<(), Over> {
        let delivery = Arc::clone(&self.transaction.delivery);
        let mut gate = Gate::new(self.options.creator.clone(), delivery);
        loop {
            match gate.ask(&self.options.offsets.name) {
                Ok(Passage::Open) => return Ok(()),
                Ok(Passage::Wait) => {}
                Err(error) => return Err(Over::Failed(error)),
            }
            if self
                .transaction
                .is_abandoned_within(Duration::from_millis(5))
            {
                return Err(Over::Gone);
            }
        }
    }

    /// Fails a task whose offset would get lost.
    fn check_topic(&self) -> Result<(), Over> {
        if self.options.creator.is_none() {
            return Ok(());
        }
        let is_stopped = || self.transaction.is_abandoned();
        loop {
            match self.options.offsets.check_compacted(READ, &is_stopped) {
                Ok(None) => return Ok(()),
                Ok(Some(warning)) => {
                    tracing::warn!(
                        target: "ExactlyOnceWorkerSourceTask",
                        connector = %self.options.connector, task = 0, "{warning}"
                    );
                    return Ok(());
                }
                Err(_) if is_stopped() => return Err(Over::Gone),
                Err(error) if error.is_passing() => {
                    self.tell(&format!("cannot look at its offsets' topic yet: {error}"));
                }
                Err(error) => return Err(Over::failed(error.to_string())),
            }
        }
    }

    fn read(&self) -> Result<Known, Over> {
        let options = &self.options;
        loop {
            let is_stopped = || self.transaction.is_abandoned();
            match options.offsets.read(READ, &is_stopped) {
                Ok(offsets) => {
                    let own = (&*options.connector, &options.partition);
                    let stored = offsets.get(own.0, own.1);
                    return Ok(Known {
                        stored: stored.and_then(SourceOffset::from_json),
                        others: offsets.others_of(&options.transactional_id, own.0, own.1),
                    });
                }
                Err(_) if is_stopped() => return Err(Over::Gone),
                Err(error) if error.is_passing() => {
                    self.tell(&format!("cannot read its offset yet: {error}"));
                }
                Err(error) => return Err(Over::failed(error.to_string())),
            }
        }
    }

    /// Goes on after the client was lost by `error`, in a transaction that had
    /// `begun` then; `attempted` is what may have been committed.
    pub(super) fn recover(
        &mut self,
        error: &TransactionError,
        attempted: Option<Extent>,
        begun: Option<Moment>,
    ) -> Result<(), Over> {
        let is_stored = self.replace(error, attempted.map(|extent| extent.end), begun)?;
        if let Some(extent) = attempted.filter(|_| is_stored) {
            self.committed_up_to(extent);
        }
        self.begin()?;
        let producer = Arc::clone(&self.producer);
        self.transaction.aborted(self.committed, Some(producer));
        Ok(())
    }

    /// Puts another client in the place of one that was lost; whether the
    /// offset of `attempted` records is stored.
    pub(super) fn replace(
        &mut self,
        error: &TransactionError,
        attempted: Option<u64>,
        begun: Option<Moment>,
    ) -> Result<bool, Over> {
        if self.transaction.is_abandoned() {
            return Err(Over::Gone);
        }
        let is_old = begun.is_some_and(|begun| begun.elapsed() >= self.timeout);
        let is_passing = refusal::is_passing(error.code);
        self.replacements += 1;
        if !is_passing
            || (refusal::is_fenced(error.code) && !is_old)
            || self.replacements > MAX_REPLACEMENTS
        {
            return Err(self.failure(error));
        }
        self.tell(&format!(
            "is lost and gets another in its place: {}",
            error.text
        ));
        // Another owner shows there before it is disturbed.
        if refusal::is_fenced(error.code) && self.transaction.is_abandoned_within(SETTLE) {
            return Err(Over::Gone);
        }
        let before = self.read()?;
        self.is_stored(&before, attempted, error)?;
        // Without their pool the process ends.
        let threads = self.threads.upgrade().ok_or(Over::Gone)?;
        let made = client::start(&self.options, &self.transaction, &threads);
        drop(threads);
        self.producer = made.map_err(|error| Over::failed(error.to_string()))?;
        self.offsets = None;
        let after = self.initialise()?;
        self.transaction.forget_broken();
        self.is_stored(&after, attempted, error)
    }

    /// Whether a stored offset is that of `attempted` records.
    ///
    /// # Errors
    /// It is neither that nor the one before, or another owner has stored one.
    fn is_stored(
        &self,
        known: &Known,
        attempted: Option<u64>,
        error: &TransactionError,
    ) -> Result<bool, Over> {
        if known.others != self.others {
            return Err(self.fenced(error));
        }
        let attempted = attempted.map(|records| self.offset(records));
        if attempted.is_some() && known.stored == attempted {
            return Ok(true);
        }
        if known.stored == self.stored {
            return Ok(false);
        }
        Err(self.fenced(error))
    }

    fn fenced(&self, error: &TransactionError) -> Over {
        Over::failed(format!(
            "There is a newer producer with the same transactionalId which fences the current one: {}. \
             Another worker runs connector {} too, or has started it after this one was thought dead: \
             stop one of the two, or give their workers different values of group.id ({})",
            self.options.transactional_id, self.options.connector, error.text
        ))
    }

    /// What a task fails by.
    pub(super) fn failure(&self, error: &TransactionError) -> Over {
        if error.severity == Severity::Passing {
            return Over::Gone;
        }
        if refusal::is_fenced(error.code) {
            return self.fenced(error);
        }
        Over::Failed(self.refusal(error))
    }

    /// The same of an error that is none of another owner's.
    pub(super) fn refusal(&self, error: &TransactionError) -> SinkError {
        let id = &self.options.transactional_id;
        let cure = match describe(error.code).0.as_str() {
            "TRANSACTIONAL_ID_AUTHORIZATION_FAILED" => format!(
                "grant Write and Describe on the transactional id {id} to the producer's user \
                 (kafka-acls.sh --add --transactional-id {id} --operation Write --operation Describe)"
            ),
            "CLUSTER_AUTHORIZATION_FAILED" => {
                "grant IdempotentWrite on the cluster to the producer's user".to_owned()
            }
            "TOPIC_AUTHORIZATION_FAILED" => format!(
                "grant Write and Describe on the connector's topics and on {} to the producer's user",
                self.options.offsets
            ),
            "INVALID_TRANSACTION_TIMEOUT" => {
                "transaction.timeout.ms (producer.override.transaction.timeout.ms) or twice \
                 transaction.boundary.interval.ms is more than the brokers' transaction.max.timeout.ms"
                    .to_owned()
            }
            "_UNSUPPORTED_FEATURE" => "the brokers are too old for transactions".to_owned(),
            _ => "restart the task to go on with a new producer".to_owned(),
        };
        let text = format!("Transactions of {id} cannot go on: {}: {cure}", error.text);
        SinkError::Transaction(text)
    }
}
