//! What becomes of a message that cannot be mapped
//! (`RetryWithToleranceOperator`, KIP-298), and the counts of it.
//!
//! `errors.retry.*` has no effect here: Connect tries again what fails for a
//! passing reason, and nothing in a mapping does.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

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
    /// Messages that could not be mapped.
    pub failures: AtomicU64,
    /// Those that were left out.
    pub skipped: AtomicU64,
    /// Log lines about them.
    pub logged: AtomicU64,
    /// Records written to the dead-letter topic.
    pub dead_letters: AtomicU64,
    /// When the last one was, milliseconds since the epoch; 0 before.
    pub last_at_ms: AtomicI64,
}

impl ErrorCounts {
    /// Counts a message that could not be mapped.
    pub fn failed(&self) {
        self.failures.fetch_add(1, Relaxed);
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX));
        self.last_at_ms.store(now, Relaxed);
    }
}
