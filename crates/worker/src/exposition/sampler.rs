//! From counters to what happened lately: looks at them again and again and
//! keeps the differences in windows.
//!
//! Connect's tasks record each event when it happens; ours only count, which
//! costs next to nothing on the way of a message. So a look has to come more
//! often than a window ends: see [`tick`]. Invariant: what a window keeps is
//! of one run of a task; tasks that are gone are forgotten.

use std::collections::HashMap;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::time::{Duration, Instant};

use super::reading::{StartupCounts, TaskReading, WorkerReading};
use super::window::{Events, Sampled, WindowConfig};

/// How often counters are looked at: ten times a window, and once a second
/// where windows are longer.
pub fn tick(config: WindowConfig) -> Duration {
    (config.window / 10).clamp(Duration::from_millis(100), Duration::from_secs(1))
}

/// How long a task has been in each of its states (`StateTracker`).
#[derive(Debug)]
struct StateTimes {
    since: Instant,
    state: &'static str,
    running: Duration,
    paused: Duration,
    all: Duration,
}

impl StateTimes {
    fn new(state: &'static str, now: Instant) -> Self {
        Self {
            since: now,
            state,
            running: Duration::ZERO,
            paused: Duration::ZERO,
            all: Duration::ZERO,
        }
    }

    fn look(&mut self, state: &'static str, now: Instant) {
        let passed = now.saturating_duration_since(self.since);
        self.all += passed;
        match self.state {
            "RUNNING" => self.running += passed,
            "PAUSED" => self.paused += passed,
            _ => {}
        }
        self.since = now;
        self.state = state;
    }

    fn ratio(&self, of: Duration) -> f64 {
        if self.all.is_zero() {
            0.0
        } else {
            of.as_secs_f64() / self.all.as_secs_f64()
        }
    }
}

/// Counters at the last look.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    taken: u64,
    written: u64,
    batches: u64,
    batch_time_us: u64,
    produced: u64,
    commits: u64,
    failed_commits: u64,
    commit_time_us: u64,
}

#[derive(Debug)]
struct TaskWindows {
    start: u64,
    /// Which look was the last that found it.
    looked: u64,
    seen: Seen,
    states: StateTimes,
    polls: Sampled,
    writes: Sampled,
    poll_times: Sampled,
    batch_sizes: Sampled,
    active: Sampled,
    commit_times: Sampled,
    commit_results: Sampled,
}

/// What a task's windows come to. Times are milliseconds, ratios and shares
/// from 0 to 1.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TaskLately {
    pub(super) running_ratio: f64,
    pub(super) pause_ratio: f64,
    pub(super) poll_rate: f64,
    pub(super) write_rate: f64,
    pub(super) poll_time_avg: f64,
    pub(super) poll_time_max: f64,
    pub(super) batch_size_avg: f64,
    pub(super) batch_size_max: f64,
    pub(super) active_avg: f64,
    pub(super) active_max: f64,
    pub(super) commit_time_avg: f64,
    pub(super) commit_time_max: f64,
    pub(super) commit_successes: f64,
    pub(super) commit_failures: f64,
}

impl TaskWindows {
    fn new(task: &TaskReading, now: Instant, looked: u64) -> Self {
        Self {
            start: task.start,
            looked,
            seen: Seen::default(),
            states: StateTimes::new(task.state, now),
            polls: Sampled::default(),
            writes: Sampled::default(),
            poll_times: Sampled::default(),
            batch_sizes: Sampled::default(),
            active: Sampled::default(),
            commit_times: Sampled::default(),
            commit_results: Sampled::default(),
        }
    }

    fn look(&mut self, config: WindowConfig, now: Instant, task: &TaskReading) {
        self.states.look(task.state, now);
        let before = self.seen;
        let largest = self.batches(config, now, task, before);
        self.records(config, now, task, before, largest);
        self.commits(config, now, task, before);
    }

    /// `largest` is the size of the largest batch since the last look.
    fn records(
        &mut self,
        config: WindowConfig,
        now: Instant,
        task: &TaskReading,
        before: Seen,
        largest: u64,
    ) {
        let progress = task.progress;
        let polled = progress.taken.saturating_sub(before.taken);
        let written = progress.written().saturating_sub(before.written);
        self.polls.record(config, now, &some(polled));
        self.writes.record(config, now, &some(written));
        if polled > 0 || written > 0 || largest > 0 {
            let active = progress.taken.saturating_sub(progress.acknowledged);
            // Most batches are acknowledged long before the next look; each
            // was active as a whole when it was handed over.
            let seen = Events {
                max: active.max(largest) as f64,
                ..Events::one(active as f64)
            };
            self.active.record(config, now, &seen);
        }
        self.seen.taken = progress.taken;
        self.seen.written = progress.written();
    }

    /// Returns the size of the largest.
    fn batches(
        &mut self,
        config: WindowConfig,
        now: Instant,
        task: &TaskReading,
        before: Seen,
    ) -> u64 {
        let metrics = &task.metrics;
        let (batches, time_us) = (
            metrics.batches.load(Acquire),
            metrics.batch_time_us.load(Relaxed),
        );
        let produced = metrics.produced.load(Relaxed);
        let count = batches.saturating_sub(before.batches);
        // Counted last: a batch whose number is not seen yet keeps its maxima
        // for the next look.
        if count == 0 {
            return 0;
        }
        let largest = metrics.batch_records_max.swap(0, Relaxed);
        let times = Events {
            count,
            sum: ms(time_us.saturating_sub(before.batch_time_us)),
            max: ms(metrics.batch_time_max_us.swap(0, Relaxed)),
        };
        let sizes = Events {
            count,
            sum: produced.saturating_sub(before.produced) as f64,
            max: largest as f64,
        };
        self.poll_times.record(config, now, &times);
        self.batch_sizes.record(config, now, &sizes);
        self.seen.batches = batches;
        self.seen.batch_time_us = time_us;
        self.seen.produced = produced;
        largest
    }

    fn commits(&mut self, config: WindowConfig, now: Instant, task: &TaskReading, before: Seen) {
        let counts = &task.commits;
        let attempts = counts.attempts.load(Acquire);
        let (failures, time_us) = (counts.failures.load(Relaxed), counts.time_us.load(Relaxed));
        let count = attempts.saturating_sub(before.commits);
        if count > 0 {
            let failed = failures.saturating_sub(before.failed_commits).min(count);
            let times = Events {
                count,
                sum: ms(time_us.saturating_sub(before.commit_time_us)),
                max: ms(counts.max_us.swap(0, Relaxed)),
            };
            self.commit_times.record(config, now, &times);
            self.commit_results
                .record(config, now, &results(count, count - failed));
            self.seen.commits = attempts;
            self.seen.failed_commits = failures;
            self.seen.commit_time_us = time_us;
        }
    }

    fn lately(&mut self, config: WindowConfig, now: Instant) -> TaskLately {
        let (commit_successes, commit_failures) = self.commit_results.shares(config, now);
        TaskLately {
            running_ratio: self.states.ratio(self.states.running),
            pause_ratio: self.states.ratio(self.states.paused),
            poll_rate: self.polls.rate(config, now),
            write_rate: self.writes.rate(config, now),
            poll_time_avg: self.poll_times.avg(config, now),
            poll_time_max: self.poll_times.max(config, now),
            batch_size_avg: self.batch_sizes.avg(config, now),
            batch_size_max: self.batch_sizes.max(config, now),
            active_avg: self.active.avg(config, now),
            active_max: self.active.max(config, now),
            commit_time_avg: self.commit_times.avg(config, now),
            commit_time_max: self.commit_times.max(config, now),
            commit_successes,
            commit_failures,
        }
    }
}

fn ms(us: u64) -> f64 {
    us as f64 / 1e3
}

/// One event with so much in it, or none with nothing.
fn some(amount: u64) -> Events {
    if amount == 0 {
        Events::default()
    } else {
        Events::one(amount as f64)
    }
}

/// Events of which so many have the value 1 and the others 0.
fn results(count: u64, successes: u64) -> Events {
    Events {
        count,
        sum: successes as f64,
        max: 1.0,
    }
}

#[derive(Debug, Default)]
struct StartupWindow {
    seen: StartupCounts,
    results: Sampled,
}

impl StartupWindow {
    fn look(&mut self, config: WindowConfig, now: Instant, counts: StartupCounts) {
        let count = counts.attempts.saturating_sub(self.seen.attempts);
        let failed = counts.failures.saturating_sub(self.seen.failures);
        let events = results(count, count.saturating_sub(failed));
        self.results.record(config, now, &events);
        self.seen = counts;
    }
}

/// What a worker's windows come to: shares of starts that succeeded and that
/// failed, from 0 to 1.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WorkerLately {
    pub(super) connector_startup: (f64, f64),
    pub(super) task_startup: (f64, f64),
}

/// What all windows come to.
#[derive(Clone, Debug, Default)]
pub(super) struct Lately {
    pub(super) worker: WorkerLately,
    /// One for each of the reading's tasks, in their order.
    pub(super) tasks: Vec<TaskLately>,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Sampler {
    config: WindowConfig,
    /// By connector, of which each has one task at most.
    tasks: HashMap<String, TaskWindows>,
    looks: u64,
    connector_startup: StartupWindow,
    task_startup: StartupWindow,
}

impl Sampler {
    pub(super) fn new(config: WindowConfig) -> Self {
        Self {
            config,
            ..Self::default()
        }
    }

    /// Looks at all counters.
    pub(super) fn look(&mut self, now: Instant, worker: &WorkerReading) {
        let config = self.config;
        self.looks = self.looks.wrapping_add(1);
        for (connector, task) in worker.tasks() {
            match self.tasks.get_mut(connector) {
                Some(windows) if windows.start == task.start => {
                    windows.looked = self.looks;
                    windows.look(config, now, task);
                }
                _ => {
                    let mut windows = TaskWindows::new(task, now, self.looks);
                    windows.look(config, now, task);
                    self.tasks.insert(connector.to_owned(), windows);
                }
            }
        }
        self.tasks.retain(|_, windows| windows.looked == self.looks);
        self.connector_startup
            .look(config, now, worker.connector_startup);
        self.task_startup.look(config, now, worker.task_startup);
    }

    /// What the windows of a reading that was just looked at come to.
    pub(super) fn lately(&mut self, now: Instant, worker: &WorkerReading) -> Lately {
        let tasks = worker.tasks();
        let tasks = tasks.map(|(connector, _)| self.task(connector, now));
        Lately {
            tasks: tasks.collect(),
            worker: self.worker(now),
        }
    }

    fn task(&mut self, connector: &str, now: Instant) -> TaskLately {
        let windows = self.tasks.get_mut(connector);
        windows.map_or_else(TaskLately::default, |windows| {
            windows.lately(self.config, now)
        })
    }

    fn worker(&mut self, now: Instant) -> WorkerLately {
        WorkerLately {
            connector_startup: self.connector_startup.results.shares(self.config, now),
            task_startup: self.task_startup.results.shares(self.config, now),
        }
    }
}

#[cfg(test)]
#[path = "sampler_tests.rs"]
mod tests;
