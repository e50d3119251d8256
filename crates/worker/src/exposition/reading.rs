//! What is read of the worker before anything is made of it: counters as they
//! stand. The herder gives it; reading takes no lock of a task.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Relaxed, Release};
use std::time::Duration;

use websocket_source::ledger::Ledger;
use websocket_source::metrics::TaskMetrics;
use websocket_source::series::Reading;
use websocket_source::sink::Progress;
use websocket_source::task::Phase;

use crate::mapping::ErrorCounts;

/// Commits of a task's offsets since it started.
#[derive(Debug, Default)]
pub struct CommitCounts {
    /// All that have ended.
    pub attempts: AtomicU64,
    /// Those that failed.
    pub failures: AtomicU64,
    /// Time spent in all, microseconds.
    pub time_us: AtomicU64,
    /// The longest since it was last asked for, microseconds.
    pub max_us: AtomicU64,
}

impl CommitCounts {
    /// Counts a commit that took so long, its number last: who sees that, by
    /// an acquiring load, sees the rest.
    pub fn record(&self, took: Duration, succeeded: bool) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.failures.fetch_add(u64::from(!succeeded), Relaxed);
        self.time_us.fetch_add(us, Relaxed);
        self.max_us.fetch_max(us, Relaxed);
        self.attempts.fetch_add(1, Release);
    }
}

/// One task as it is now.
#[derive(Clone, Debug)]
pub struct TaskReading {
    /// The task's number.
    pub task: u32,
    /// Which of the worker's starts of tasks has begun it: another number is
    /// another run, whose counters begin anew.
    pub start: u64,
    /// Its state in Connect's spelling: `RUNNING`, `PAUSED`, `FAILED`,
    /// `UNASSIGNED`, `RESTARTING`, `STOPPED`.
    pub state: &'static str,
    /// What its session is doing.
    pub session: Phase,
    /// The HTTP status of the refusal that the session is in, if it is in one.
    pub refused_status: Option<u16>,
    /// The WebSocket's URL without credentials and query.
    pub url: String,
    /// Its counters.
    pub metrics: Arc<TaskMetrics>,
    /// Records handed to the producer and acknowledged, since the task started.
    pub progress: Progress,
    /// Where its messages are.
    pub ledger: Ledger,
    /// Messages that could not be mapped.
    pub errors: Arc<ErrorCounts>,
    /// Commits of its offsets.
    pub commits: Arc<CommitCounts>,
}

impl TaskReading {
    /// What its own series are read from.
    pub fn series(&self) -> Reading<'_> {
        Reading {
            metrics: &self.metrics,
            session: self.session,
            refused_status: self.refused_status,
            ledger: self.ledger,
        }
    }
}

/// One connector as it is now.
#[derive(Clone, Debug)]
pub struct ConnectorReading {
    /// Its name.
    pub name: String,
    /// Its state in Connect's spelling: `RUNNING`, `PAUSED`, `STOPPED`.
    pub state: &'static str,
    /// Its task, if it has one.
    pub task: Option<TaskReading>,
}

/// Starts of connectors or tasks since the worker began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StartupCounts {
    /// All attempts that have ended.
    pub attempts: u64,
    /// Those that failed.
    pub failures: u64,
}

impl StartupCounts {
    /// Those that succeeded.
    pub fn successes(&self) -> u64 {
        self.attempts.saturating_sub(self.failures)
    }
}

/// The worker as it is now.
#[derive(Clone, Debug, Default)]
pub struct WorkerReading {
    /// Its connectors, by name.
    pub connectors: Vec<ConnectorReading>,
    /// Starts of connectors.
    pub connector_startup: StartupCounts,
    /// Starts of tasks.
    pub task_startup: StartupCounts,
}

impl WorkerReading {
    /// All tasks with the names of their connectors.
    pub fn tasks(&self) -> impl Iterator<Item = (&str, &TaskReading)> {
        self.connectors.iter().filter_map(|connector| {
            let task = connector.task.as_ref()?;
            Some((connector.name.as_str(), task))
        })
    }
}
