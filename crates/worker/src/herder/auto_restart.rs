//! Starting failed tasks again, if the worker is told to: in Connect a FAILED
//! task stays so until someone calls.
//!
//! The delay grows as Strimzi's does: the n-th restart in a row comes n² + n
//! intervals after the failure, at most 60 of them. Invariants: only tasks that
//! are wanted running are started; a task that has run for as long as its
//! next delay counts from zero again; one whose connector another worker has
//! taken over waits for a person, since two that start again would take it
//! from each other for ever.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::{Herder, Target};
use crate::producer::FENCED;

/// How often failed tasks are looked for.
const LOOK: Duration = Duration::from_secs(1);
/// The longest delay, in intervals.
const MAX_INTERVALS: u32 = 60;

/// What is remembered of a connector's task.
#[derive(Clone, Copy, Debug)]
struct Record {
    restarts: u32,
    /// When it was first seen in its present state.
    since: Instant,
    failed: bool,
}

/// Decides when to restart which task.
#[derive(Debug)]
pub(super) struct Restarts {
    interval: Duration,
    records: BTreeMap<String, Record>,
}

impl Restarts {
    pub(super) fn new(interval: Duration) -> Self {
        Self {
            interval,
            records: BTreeMap::new(),
        }
    }

    fn delay(&self, restarts: u32) -> Duration {
        let intervals = restarts.saturating_mul(restarts.saturating_add(1));
        self.interval * intervals.min(MAX_INTERVALS)
    }

    /// Takes in which tasks there are and whether they have failed; gives
    /// those to restart.
    pub(super) fn due(&mut self, tasks: &BTreeMap<String, bool>, now: Instant) -> Vec<String> {
        self.records.retain(|name, _| tasks.contains_key(name));
        let mut due = Vec::new();
        for (name, &failed) in tasks {
            let known = self.records.get(name).copied();
            let mut record = known.unwrap_or(Record {
                restarts: 0,
                since: now,
                failed,
            });
            if record.failed != failed {
                record.failed = failed;
                record.since = now;
            }
            let elapsed = now.saturating_duration_since(record.since);
            if failed && elapsed >= self.delay(record.restarts) {
                record.restarts += 1;
                record.since = now;
                due.push(name.clone());
            } else if !failed && elapsed > self.delay(record.restarts) {
                record.restarts = 0;
            }
            self.records.insert(name.clone(), record);
        }
        due
    }
}

impl Herder {
    /// Restarts failed tasks until the worker goes down.
    pub async fn restart_failed_tasks(&self) {
        let interval = Duration::from_millis(self.worker().auto_restart.interval_ms);
        let mut restarts = Restarts::new(interval);
        let mut ticks = tokio::time::interval(LOOK.min(interval));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if self.stopping.load(Relaxed) {
                return;
            }
            let tasks = self.started_tasks();
            for name in restarts.due(&tasks, Instant::now()) {
                tracing::info!(
                    target: "Herder", connector = %name, task = 0,
                    "Restarting the failed task of connector {name} (auto.restart.enabled)"
                );
                if let Err(error) = self.restart_one(&name, 0).await {
                    tracing::warn!(target: "Herder", connector = %name, task = 0, "{error}");
                }
            }
        }
    }

    /// The tasks that are wanted running, and whether they have failed.
    fn started_tasks(&self) -> BTreeMap<String, bool> {
        let connectors = self.connectors();
        let started = connectors
            .iter()
            .filter(|(_, c)| c.target == Target::Started);
        started
            .map(|(name, connector)| (name.clone(), connector.failed_with(is_curable)))
            .collect()
    }
}

/// Whether a start may cure what a task has failed by.
fn is_curable(trace: &str) -> bool {
    !trace.contains(FENCED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_grows_and_starts_anew_after_a_good_while() {
        let minute = Duration::from_secs(60);
        let mut restarts = Restarts::new(minute);
        let begun = Instant::now();
        let mut at = |minutes: u32, failed: bool| {
            let tasks = BTreeMap::from([("a".to_owned(), failed)]);
            !restarts.due(&tasks, begun + minute * minutes).is_empty()
        };
        assert!(at(0, true), "the first comes at once");
        assert!(!at(1, true) && at(2, true));
        assert!(!at(7, true) && at(8, true));
        assert!(!at(9, false), "it runs");
        assert!(!at(10, true), "too short to be forgotten");
        assert!(!at(21, true) && at(22, true));
        assert!(!at(23, false) && !at(60, false));
        assert!(at(61, true), "it had run long enough");
    }

    #[test]
    fn what_another_owner_has_taken_is_not_taken_back() {
        assert!(is_curable("ConnectException: TOPIC_AUTHORIZATION_FAILED"));
        let fenced = format!("org.apache.kafka.connect.errors.ConnectException: {FENCED}: c-0.");
        assert!(!is_curable(&fenced));
    }

    #[test]
    fn a_connector_that_is_gone_is_forgotten() {
        let mut restarts = Restarts::new(Duration::from_secs(60));
        let tasks = BTreeMap::from([("a".to_owned(), true)]);
        assert_eq!(restarts.due(&tasks, Instant::now()), ["a"]);
        assert!(restarts.due(&BTreeMap::new(), Instant::now()).is_empty());
        assert_eq!(restarts.due(&tasks, Instant::now()), ["a"]);
    }
}
