//! The thread that takes in what librdkafka has to say: delivery reports,
//! errors, log lines.
//!
//! Reports of one task that follow each other are put together, so that a
//! task's lock is taken once per run and not per record.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use websocket_source::sink::SinkError;

use super::client::{Client, give_token};
use super::native::event::{Kind, Report, Reports};
use super::native::{self, Code, Native};
use super::room::Room;
use super::slots::{Slots, split};

/// Longest wait for an event before the stop flag is looked at.
const POLL: Duration = Duration::from_millis(100);

/// What the thread shares with its producer.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) slots: Slots,
    pub(super) room: Arc<Room>,
    pub(super) stop: Arc<AtomicBool>,
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
    while !shared.stop.load(Ordering::Acquire) || Arc::strong_count(native) > 1 {
        let Some(event) = native.poll(POLL) else {
            continue;
        };
        match event.kind() {
            Kind::Delivered(reports) => shared.take_in(reports),
            Kind::Error(code, text) => {
                shared.error(code, &text);
                shared.fail_if_fatal(native);
            }
            Kind::Log(level, text) => Client::Producer.log(level, &text),
            Kind::Token(config) => give_token(native, config, Client::Producer),
            Kind::Topics(..) | Kind::Other => {}
        }
    }
}

/// Whether an error says something of the record that it comes with: not if the
/// client ends by it, or if it is the batch that is too large, in which others
/// may be blameless (Java's producer would split it).
fn concerns_one_record(code: &str) -> bool {
    !matches!(
        code,
        "_FATAL" | "_DESTROY" | "_PURGE_QUEUE" | "_PURGE_INFLIGHT" | "MSG_SIZE_TOO_LARGE"
    )
}

impl Shared {
    fn take_in(&self, reports: Reports<'_>) {
        let (mut records, mut bytes) = (0, 0);
        let mut run: Option<Run> = None;
        for Report {
            opaque,
            bytes: size,
            error,
        } in reports
        {
            records += 1;
            bytes += size as u64;
            let (slot, sequence) = split(opaque);
            match (&mut run, error) {
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
                        self.acknowledge(ended);
                    }
                }
                (_, Some(code)) => self.refuse(slot, sequence, code),
            }
        }
        if let Some(ended) = run {
            self.acknowledge(ended);
        }
        self.room.release(records, bytes);
        self.slots.notify();
    }

    fn acknowledge(&self, run: Run) {
        if let Some(slot) = self.slots.get(run.slot) {
            slot.add_reported(run.count);
            slot.delivery.acknowledge(run.first, run.count);
        }
    }

    fn refuse(&self, slot: usize, sequence: u64, code: Code) {
        let Some(slot) = self.slots.get(slot) else {
            return;
        };
        let (code, text) = native::describe(code);
        let text = match code.as_str() {
            "_UNKNOWN_TOPIC" | "UNKNOWN_TOPIC_OR_PART" => format!(
                "{text}: the topic does not exist and the brokers do not create it \
                 (auto.create.topics.enable): create it, or have the connector do so by topic.creation.*"
            ),
            "MSG_SIZE_TOO_LARGE" => format!(
                "{text}: the topic takes no batch of this size; set max.request.size \
                 (producer.override.max.request.size) to the topic's max.message.bytes, or raise that"
            ),
            _ => text,
        };
        let of_one = !self.failed.load(Ordering::Acquire) && concerns_one_record(&code);
        let error = SinkError::Rejected { code, text };
        if of_one && slot.judge.leaves_out(&error) {
            slot.leave_out(sequence);
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
        let cure = match code.as_str() {
            "CLUSTER_AUTHORIZATION_FAILED" => {
                "; grant IdempotentWrite on the cluster, or set enable.idempotence=false \
                 (producer.enable.idempotence in the worker, producer.override.enable.idempotence in the connector)"
            }
            _ => "; restart the task to go on with a new producer",
        };
        let text = format!("{text}{cure}");
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
