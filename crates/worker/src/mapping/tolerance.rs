//! What becomes of a record that cannot be mapped or that Kafka refuses for
//! good (`RetryWithToleranceOperator`, KIP-298), and the counts of it.
//!
//! `errors.retry.*` has no effect here: Connect tries again what fails for a
//! passing reason, and nothing in a mapping does; what fails for one on the
//! way to Kafka the producer tries again by itself.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

use websocket_source::settings::Oversize;

/// A connector's `errors.*` settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own"
)]
pub struct Tolerance {
    /// `errors.tolerance=all`.
    pub all: bool,
    /// `errors.log.enable`.
    pub logs: bool,
    /// `errors.log.include.messages`.
    pub logs_messages: bool,
    /// `errors.deadletterqueue.topic.name`.
    pub dead_letter_topic: Option<String>,
    /// `errors.deadletterqueue.context.headers.enable`.
    pub dead_letter_headers: bool,
}

/// Counts of one task (Connect's `task-error-metrics`).
#[derive(Debug, Default)]
pub struct ErrorCounts {
    /// Messages that could not be mapped, and records that were refused and
    /// left out.
    pub failures: AtomicU64,
    /// Messages that could not be mapped and were left out.
    pub skipped: AtomicU64,
    /// Log lines about them.
    pub logged: AtomicU64,
    /// Records written to the dead-letter topic.
    pub dead_letters: AtomicU64,
    /// When the last one was, milliseconds since the epoch; 0 before.
    pub last_at_ms: AtomicI64,
    /// Records dropped for their size since that was last told, and when it
    /// was, milliseconds since the epoch.
    pub(super) oversize_untold: AtomicU64,
    pub(super) oversize_told_ms: AtomicI64,
}

impl ErrorCounts {
    pub(super) fn failed(&self) {
        self.failures.fetch_add(1, Relaxed);
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX));
        self.last_at_ms.store(now, Relaxed);
    }
}

/// Where something went wrong with a record, and what.
#[derive(Clone, Copy)]
pub struct Failure<'a> {
    /// The name of Connect's `Stage`.
    pub stage: &'a str,
    /// The Java class that was at work.
    pub class: &'a str,
    /// What to log of the cause: nothing of the message.
    pub cause: &'a dyn fmt::Display,
    /// When the message was received, milliseconds since the epoch; `None` if
    /// that is not known any more.
    pub received_ms: Option<i64>,
}

/// One task's judge of failures.
#[derive(Debug)]
pub struct ErrorHandler {
    /// The connector's settings.
    pub tolerance: Tolerance,
    /// Counts of what came here.
    pub counts: Arc<ErrorCounts>,
    /// The connector's name.
    pub connector: String,
    /// `kafka.topic`.
    pub topic: String,
    /// `websocket.oversize`.
    pub oversize: Oversize,
}

impl Default for ErrorHandler {
    /// Tolerates nothing.
    fn default() -> Self {
        Self {
            tolerance: Tolerance::default(),
            counts: Arc::default(),
            connector: String::new(),
            topic: String::new(),
            oversize: Oversize::Fail,
        }
    }
}

impl ErrorHandler {
    /// Counts and logs a failure; whether the task goes on without the record.
    pub fn tolerates(&self, failure: &Failure<'_>) -> bool {
        self.counts.failed();
        if self.tolerance.logs {
            self.counts.logged.fetch_add(1, Relaxed);
            self.log(failure);
        }
        self.tolerance.all
    }

    /// Whether the task goes on without a record that the producer or Kafka
    /// refuses for good, which is counted and logged then.
    pub fn leaves_out(&self, cause: &dyn fmt::Display) -> bool {
        self.tolerance.all
            && self.tolerates(&Failure {
                stage: "KAFKA_PRODUCE",
                class: "org.apache.kafka.connect.runtime.WorkerSourceTask",
                cause,
                received_ms: None,
            })
    }

    /// Connect's line (`LogReporter`).
    fn log(&self, failure: &Failure<'_>) {
        let (connector, topic) = (&self.connector, &self.topic);
        let record = match (self.tolerance.logs_messages, failure.received_ms) {
            (false, _) => String::new(),
            (true, None) => format!(", where source record is = {{topic='{topic}'}}"),
            (true, Some(at_ms)) => {
                format!(", where source record is = {{topic='{topic}', timestamp={at_ms}}}")
            }
        };
        let Failure {
            stage,
            class,
            cause,
            ..
        } = failure;
        tracing::error!(
            target: "LogReporter", connector = %connector, task = 0,
            "Error encountered in task {connector}-0. Executing stage '{stage}' with class '{class}'{record}. {cause}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kafka_refuses_is_left_out_and_counted_only_under_all() {
        let mut handler = ErrorHandler::default();
        assert!(!handler.leaves_out(&"too large"));
        assert_eq!(handler.counts.failures.load(Relaxed), 0);
        handler.tolerance.all = true;
        assert!(handler.leaves_out(&"too large"));
        assert_eq!(handler.counts.failures.load(Relaxed), 1);
        assert_eq!(handler.counts.logged.load(Relaxed), 0);
        assert!(handler.counts.last_at_ms.load(Relaxed) > 0);
    }
}
