//! Batch times over the last 30 to 60 seconds, as Connect's `Avg` and `Max`
//! sensors give them (`metrics.sample.window.ms` 30,000, two samples): an average
//! since the start would hide a producer that has just become slow, and a maximum
//! since the start would never fall again.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::TaskReading;

const WINDOW: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    batches: u64,
    time_us: u64,
}

#[derive(Debug)]
struct Windows {
    began: Instant,
    /// Totals when the window before the present one began.
    before: Totals,
    /// Totals when the present window began.
    start: Totals,
    now: Totals,
    previous_max_us: u64,
    max_us: u64,
}

/// The windows of every task; those of tasks that are gone are forgotten.
#[derive(Debug, Default)]
pub(super) struct BatchTimes {
    tasks: BTreeMap<(String, u32), Windows>,
}

impl BatchTimes {
    pub(super) fn sample(&mut self, now: Instant, readings: &[TaskReading<'_>]) {
        let mut old = std::mem::take(&mut self.tasks);
        for reading in readings {
            let key = (reading.connector.to_owned(), reading.task);
            let totals = Totals {
                batches: reading.metrics.batches.load(Relaxed),
                time_us: reading.metrics.batch_time_us.load(Relaxed),
            };
            // A task that started anew counts from zero again.
            let windows = old
                .remove(&key)
                .filter(|windows| windows.now.batches <= totals.batches)
                .unwrap_or_else(|| Windows::new(now));
            let max_us = reading.metrics.batch_time_max_us.swap(0, Relaxed);
            self.tasks.insert(key, windows.advance(now, totals, max_us));
        }
    }

    /// Average and maximum in milliseconds; zero without a batch.
    pub(super) fn get(&self, connector: &str, task: u32) -> (f64, f64) {
        let Some(windows) = self.tasks.get(&(connector.to_owned(), task)) else {
            return (0.0, 0.0);
        };
        let batches = windows.now.batches.saturating_sub(windows.before.batches);
        let time_us = windows.now.time_us.saturating_sub(windows.before.time_us);
        let average_ms = if batches == 0 {
            0.0
        } else {
            time_us as f64 / batches as f64 / 1e3
        };
        let max_us = windows.max_us.max(windows.previous_max_us);
        (average_ms, max_us as f64 / 1e3)
    }
}

impl Windows {
    fn new(now: Instant) -> Self {
        Self {
            began: now,
            before: Totals::default(),
            start: Totals::default(),
            now: Totals::default(),
            previous_max_us: 0,
            max_us: 0,
        }
    }

    fn advance(mut self, now: Instant, totals: Totals, max_us: u64) -> Self {
        let age = now.saturating_duration_since(self.began);
        if age >= WINDOW {
            // After a long pause between two calls nothing older is left.
            let stale = age >= WINDOW * 2;
            self.before = if stale { self.now } else { self.start };
            self.previous_max_us = if stale { 0 } else { self.max_us };
            self.start = self.now;
            self.max_us = 0;
            self.began = now;
        }
        self.now = totals;
        self.max_us = self.max_us.max(max_us);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use websocket_source::metrics::TaskMetrics;
    use websocket_source::sink::Progress;

    fn hand_over(metrics: &TaskMetrics, batches: u64, each_us: u64) {
        metrics.batches.fetch_add(batches, Relaxed);
        metrics.batch_time_us.fetch_add(batches * each_us, Relaxed);
        metrics.batch_time_max_us.fetch_max(each_us, Relaxed);
    }

    #[test]
    fn slow_batches_show_at_once_and_are_forgotten_after_two_windows() {
        let (metrics, mut times, began) = (
            TaskMetrics::default(),
            BatchTimes::default(),
            Instant::now(),
        );
        let errors = crate::mapping::ErrorCounts::default();
        let mut at = |seconds: u64, metrics: &TaskMetrics| {
            let reading = TaskReading {
                connector: "a",
                task: 0,
                state: "RUNNING",
                session: websocket_source::task::Phase::Live,
                metrics,
                progress: Progress::default(),
                errors: &errors,
            };
            times.sample(began + Duration::from_secs(seconds), &[reading]);
            let (average_ms, max_ms) = times.get("a", 0);
            assert_eq!(times.tasks.len(), 1);
            (average_ms.round(), max_ms.round())
        };
        assert_eq!(at(0, &metrics), (0.0, 0.0));
        hand_over(&metrics, 1_000, 1_000);
        assert_eq!(at(10, &metrics), (1.0, 1.0));
        assert_eq!(at(30, &metrics), (1.0, 1.0));
        hand_over(&metrics, 10, 2_000_000);
        assert!(at(45, &metrics).1 > 1999.0);
        // The fast thousand has left the windows by now.
        assert_eq!(at(60, &metrics), (2000.0, 2000.0));
        hand_over(&metrics, 1, 1_000);
        assert_eq!(at(90, &metrics), (1.0, 1.0));
        assert_eq!(at(300, &metrics), (0.0, 0.0));
        // Anew from zero.
        let fresh = TaskMetrics::default();
        hand_over(&fresh, 1, 3_000);
        assert_eq!(at(301, &fresh), (3.0, 3.0));
    }
}
