//! The thread that takes in what librdkafka has to say: delivery reports,
//! errors, log lines.
//!
//! Reports of one task that follow each other are put together, so that a
//! task's lock is taken once per run and not per record.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use websocket_source::sink::{LeftOut, SinkError};

use super::client::{Client, give_token};
use super::native::event::{Kind, Report, Reports};
use super::native::{self, Code, Native};
use super::refusal;
use super::room::Room;
use super::sizes::RECORD_OVERHEAD_BYTES;
use super::slots::{Slots, split};
use super::split::{Splits, TOO_LARGE};
use super::transactions::Broken;

/// Longest wait for an event before the stop flag is looked at.
const POLL: Duration = Duration::from_millis(100);

/// What the thread shares with its producer.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) slots: Slots,
    pub(super) room: Arc<Room>,
    pub(super) stop: Arc<AtomicBool>,
    /// Records that are to be produced again and are not with librdkafka.
    pub(super) kept: AtomicUsize,
    /// Records that ever were.
    pub(super) kept_in_all: AtomicU64,
    /// The client is unusable for good.
    pub(super) failed: AtomicBool,
    /// The last thing that went wrong with a broker.
    pub(super) last_error: Mutex<Option<String>>,
}

/// Records of one task with sequences that follow each other.
#[derive(Clone, Copy)]
struct Run {
    slot: usize,
    first: u64,
    count: u64,
}

/// Serves events until the stop flag is set and nobody else has the client any
/// more but the caller, which is to destroy it.
pub(super) fn serve(native: &Arc<Native>, shared: &Shared) {
    // A sink's topic is dropped a moment after its producer; threads that
    // fetch a token or hurry the start end by themselves.
    let mut splits = Splits::default();
    while !shared.stop.load(Ordering::Acquire) || Arc::strong_count(native) > 1 {
        if let Some(event) = native.poll(POLL) {
            match event.kind() {
                Kind::Delivered(reports) => shared.take_in(reports, native, &mut splits),
                Kind::Error(code, text) => {
                    shared.error(code, &text);
                    shared.fail_if_fatal(native);
                }
                Kind::Log(level, text) => Client::Producer.log(level, &text),
                Kind::Token(config) => give_token(native, config, Client::Producer),
                Kind::Topics(..) | Kind::Settings(..) | Kind::Other => {}
            }
        }
        // What is kept has topics, and they have the client.
        if shared.stop.load(Ordering::Acquire) {
            splits.forget();
        }
        splits.advance(shared);
    }
}

/// Whether an error says something of the record that it comes with: not if the
/// client ends by it.
fn concerns_one_record(code: &str) -> bool {
    !matches!(
        code,
        "_FATAL" | "_DESTROY" | "_PURGE_QUEUE" | "_PURGE_INFLIGHT"
    )
}

impl Shared {
    fn take_in(&self, reports: Reports<'_>, native: &Arc<Native>, splits: &mut Splits) {
        let (mut records, mut bytes) = (0, 0);
        let mut run: Option<Run> = None;
        let mut too_large = Vec::new();
        for report in reports {
            records += 1;
            bytes += report.bytes as u64;
            let (slot, sequence) = split(report.opaque);
            match (&mut run, report.error) {
                (Some(run), None) if run.slot == slot && run.first + run.count == sequence => {
                    run.count += 1;
                }
                (run, None) => {
                    let next = Run {
                        slot,
                        first: sequence,
                        count: 1,
                    };
                    if let Some(ended) = run.replace(next) {
                        self.acknowledge(ended, 0);
                    }
                }
                (_, Some(TOO_LARGE)) => too_large.push(report),
                (_, Some(code)) => self.refuse(slot, sequence, code),
            }
        }
        if let Some(ended) = run {
            // An event is about one batch.
            let proven_bytes = if splits.concern(ended.slot) {
                0
            } else {
                bytes + records * RECORD_OVERHEAD_BYTES as u64
            };
            self.acknowledge(ended, proven_bytes);
        }
        if !too_large.is_empty() && self.keeps(&too_large, records, native, splits) {
            records -= too_large.len() as u64;
            bytes -= too_large.iter().map(|it| it.bytes as u64).sum::<u64>();
        }
        self.room.release(records, bytes);
        self.slots.notify();
    }

    /// `proven_bytes`: what has gone through in one batch.
    fn acknowledge(&self, run: Run, proven_bytes: u64) {
        if let Some(slot) = self.slots.get(run.slot) {
            let proven_bytes = usize::try_from(proven_bytes).unwrap_or(usize::MAX);
            slot.sizes.prove(proven_bytes);
            slot.delivered(run.first, run.count);
        }
    }

    /// Whether the records of a batch that was too large go out again; they
    /// are judged if not. `in_batch` is the number of all its records.
    fn keeps(
        &self,
        too_large: &[Report<'_>],
        in_batch: u64,
        native: &Arc<Native>,
        splits: &mut Splits,
    ) -> bool {
        if in_batch > 1 && self.shrinks_transaction(too_large) {
            return true;
        }
        if in_batch > 1 && !self.failed.load(Ordering::Acquire) {
            match splits.keep(self, native, too_large) {
                Ok(()) => return true,
                Err(why) => Client::Producer.warn(&why),
            }
        }
        for report in too_large {
            let (slot, sequence) = split(report.opaque);
            self.refuse(slot, sequence, TOO_LARGE);
        }
        false
    }

    /// Has a transaction with a batch that was too large begin anew with smaller
    /// ones; false if the records are of none. A producer with transactions has
    /// one task.
    fn shrinks_transaction(&self, too_large: &[Report<'_>]) -> bool {
        let Some(first) = too_large.first() else {
            return false;
        };
        let Some(slot) = self.slots.get(split(first.opaque).0) else {
            return false;
        };
        let Some(transaction) = slot.transaction() else {
            return false;
        };
        let bytes: usize = too_large
            .iter()
            .map(|report| report.bytes + RECORD_OVERHEAD_BYTES)
            .sum();
        slot.sizes.doubt();
        if slot.is_open() && slot.sizes.halve(bytes) {
            Client::Producer.warn(&format!(
                "Kafka takes no batch of {bytes} bytes (max.message.bytes): the transaction is aborted and \
                 begins anew with batches of {} bytes at the most",
                slot.sizes.limit_bytes()
            ));
        }
        slot.add_reported(too_large.len() as u64);
        transaction.spoil(Broken::Passing);
        true
    }

    /// States that a record will not be written, and judges that.
    pub(super) fn refuse(&self, slot: usize, sequence: u64, code: Code) {
        let Some(slot) = self.slots.get(slot) else {
            return;
        };
        if let Some(transaction) = slot.transaction() {
            slot.add_reported(1);
            // What a client says that has been replaced is of no interest.
            if slot.is_open() {
                transaction.spoil(if refusal::is_passing(code) {
                    Broken::Passing
                } else {
                    Broken::Refused(refusal::of_record(code))
                });
            }
            return;
        }
        let error = refusal::of_record(code);
        let (code, _) = native::describe(code);
        let of_one = !self.failed.load(Ordering::Acquire) && concerns_one_record(&code);
        if of_one && slot.judge.leaves_out(&error) {
            slot.leave_out(sequence, LeftOut::Error);
        } else {
            slot.add_reported(1);
            slot.delivery.reject(error);
        }
    }

    /// Ends every task of a client that is unusable for good; started anew,
    /// they get another.
    fn fail_if_fatal(&self, native: &Native) {
        let Some((code, text)) = native.fatal_error() else {
            return;
        };
        if self.failed.swap(true, Ordering::AcqRel) {
            return;
        }
        let text = format!("{text}; {}", refusal::cure_of_client(&code));
        self.slots.reject_all(&SinkError::Rejected { code, text });
    }

    fn error(&self, code: Code, text: &str) {
        let (name, _) = native::describe(code);
        let text = format!("{name}: {text}");
        Client::Producer.warn(&text);
        *self
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(text);
    }
}
