//! What a task counts. Plain atomics, written by the task and read by whoever
//! exposes them; nothing here locks or allocates.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use crate::ledger::Account;

/// Upper bounds of the latency histogram in microseconds.
pub const LATENCY_BOUNDS_US: [u64; 16] = [
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 5_000_000, 10_000_000, 60_000_000,
];

/// A histogram of durations with fixed bounds.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [AtomicU64; LATENCY_BOUNDS_US.len() + 1],
    sum_us: AtomicU64,
}

/// A reading of a [`Histogram`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistogramSnapshot {
    /// Observations up to each bound of [`LATENCY_BOUNDS_US`], cumulative.
    pub cumulative: Vec<u64>,
    /// All observations.
    pub count: u64,
    /// Sum of all observations in microseconds.
    pub sum_us: u64,
}

impl Histogram {
    /// Counts `count` observations of the same duration.
    pub fn observe(&self, elapsed: Duration, count: u64) {
        if count == 0 {
            return;
        }
        let us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        let index = LATENCY_BOUNDS_US.partition_point(|bound| *bound < us);
        self.buckets[index].fetch_add(count, Ordering::Relaxed);
        self.sum_us
            .fetch_add(us.saturating_mul(count), Ordering::Relaxed);
    }

    /// The present counts.
    pub fn snapshot(&self) -> HistogramSnapshot {
        let mut total = 0;
        let mut cumulative = Vec::with_capacity(LATENCY_BOUNDS_US.len());
        for bucket in &self.buckets {
            total += bucket.load(Ordering::Relaxed);
            cumulative.push(total);
        }
        cumulative.pop();
        HistogramSnapshot {
            cumulative,
            count: total,
            sum_us: self.sum_us.load(Ordering::Relaxed),
        }
    }
}

impl HistogramSnapshot {
    /// An upper estimate of the quantile `q` (0 to 1): the bound of the bucket
    /// it falls into, `None` without observations or above the last bound.
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        #[allow(clippy::cast_sign_loss, clippy::cast_possible_truncation)]
        let rank = ((self.count as f64) * q).ceil() as u64;
        if self.count == 0 {
            return None;
        }
        let index = self.cumulative.iter().position(|seen| *seen >= rank)?;
        Some(Duration::from_micros(LATENCY_BOUNDS_US[index]))
    }
}

/// Why a received message was not passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// The buffer was full and `websocket.buffer.overflow=drop_oldest`.
    Overflow,
    /// A binary message under `websocket.binary=drop`.
    Binary,
    /// The task ended before Kafka had taken it.
    Stop,
    /// The spool has lost it: its file was damaged.
    Spool,
}

impl DropReason {
    /// All reasons, in the order of their counters.
    pub const ALL: [Self; 4] = [Self::Overflow, Self::Binary, Self::Stop, Self::Spool];

    /// The value of the `reason` label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Overflow => "overflow",
            Self::Binary => "binary",
            Self::Stop => "stop",
            Self::Spool => "spool",
        }
    }
}

/// Counters and gauges of one task.
#[derive(Debug, Default)]
pub struct TaskMetrics {
    /// Data messages read from the socket.
    pub received: AtomicU64,
    /// Their payload bytes.
    pub received_bytes: AtomicU64,
    /// Records handed to the producer.
    pub produced: AtomicU64,
    pub(crate) account: Account,
    /// Reconnection attempts after the first connect.
    pub reconnects: AtomicU64,
    /// Since when the session is live, milliseconds since the epoch; 0 while it
    /// is not.
    pub connected_at_ms: AtomicI64,
    /// Messages in the buffer.
    pub queue_messages: AtomicU64,
    /// Payload bytes in the buffer.
    pub queue_bytes: AtomicU64,
    /// Messages in the spool that Kafka has not acknowledged.
    pub spool_messages: AtomicU64,
    /// What the spool takes of the disk, bytes.
    pub spool_bytes: AtomicU64,
    /// Writes, reads and flushes of the spool that have failed.
    pub spool_errors: AtomicU64,
    /// `websocket.message.queue.size`.
    pub queue_capacity_messages: AtomicU64,
    /// When the last data message came, milliseconds since the epoch; 0 before the first.
    pub last_message_at_ms: AtomicI64,
    /// Batches of which the sink took something, from socket or buffer. Raised
    /// last and with release: an acquiring load sees what follows counted.
    pub batches: AtomicU64,
    /// Time spent in handing them over, microseconds.
    pub batch_time_us: AtomicU64,
    /// Longest single hand-over since it was last asked for, microseconds.
    pub batch_time_max_us: AtomicU64,
    /// Most records taken in a single hand-over since it was last asked for.
    pub batch_records_max: AtomicU64,
    /// Seconds from the socket read to Kafka's acknowledgement.
    pub receive_to_ack: Arc<Histogram>,
}

impl TaskMetrics {
    /// Whether the session is live.
    pub fn is_connected(&self) -> bool {
        self.connected_at_ms.load(Ordering::Relaxed) != 0
    }

    /// Adds to the messages dropped for `reason`.
    pub fn add_dropped(&self, reason: DropReason, messages: u64) {
        self.account.add_dropped(reason, messages);
    }

    /// Messages dropped for `reason`.
    pub fn dropped(&self, reason: DropReason) -> u64 {
        self.account.dropped(reason)
    }

    /// Messages dropped for any reason.
    pub fn dropped_total(&self) -> u64 {
        DropReason::ALL
            .iter()
            .map(|reason| self.dropped(*reason))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_falls_into_the_bucket_of_its_bound() {
        let histogram = Histogram::default();
        histogram.observe(Duration::from_micros(250), 3);
        histogram.observe(Duration::from_micros(251), 1);
        histogram.observe(Duration::from_secs(3600), 1);
        let snapshot = histogram.snapshot();
        assert_eq!(snapshot.cumulative[..2], [3, 4]);
        assert_eq!(snapshot.count, 5);
        assert_eq!(snapshot.quantile(0.5), Some(Duration::from_micros(250)));
        assert_eq!(snapshot.quantile(1.0), None);
    }

    #[test]
    fn drops_are_counted_by_reason() {
        let metrics = TaskMetrics::default();
        metrics.add_dropped(DropReason::Overflow, 2);
        metrics.add_dropped(DropReason::Binary, 1);
        assert_eq!(metrics.dropped(DropReason::Overflow), 2);
        assert_eq!(metrics.dropped_total(), 3);
    }
}
