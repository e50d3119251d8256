//! One connector of the worker: its configuration, what is wanted of it, and
//! its task.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use websocket_source::ledger::Ledger;
use websocket_source::metrics::TaskMetrics;
use websocket_source::sink::Progress;
use websocket_source::task::{Phase, SessionStatus, TaskHandle};

use crate::exposition::CommitCounts;
use crate::files::InitialState;
use crate::mapping::{ErrorCounts, WrittenTopics};
use crate::offsets::SourceOffset;
use crate::producer::TransactionHandle;

/// What is wanted of a connector (Connect's `TargetState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Its task runs.
    Started,
    /// Its task keeps the connection and hands nothing on.
    Paused,
    /// It has no task.
    Stopped,
}

impl From<InitialState> for Target {
    fn from(state: InitialState) -> Self {
        match state {
            InitialState::Running => Self::Started,
            InitialState::Paused => Self::Paused,
            InitialState::Stopped => Self::Stopped,
        }
    }
}

/// A task, or what it failed of before it could start.
#[derive(Debug)]
pub(super) enum Slot {
    /// None is wanted yet.
    Empty,
    /// A started task; it may have failed since.
    Started(Box<Started>),
    /// It could not be started.
    Unstartable {
        /// Connect's `trace`.
        trace: String,
        /// Which of the worker's starts of tasks it was.
        start: u64,
    },
}

/// Which topics a task writes to.
#[derive(Debug)]
pub(super) enum TaskTopics {
    /// One, from this number of records on.
    One { topic: String, from: u64 },
    /// Those that its mapping gives.
    Mapped(Arc<WrittenTopics>),
}

/// A started task and the offsets it writes.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) handle: TaskHandle,
    /// Which of the worker's starts of tasks has begun it.
    pub(super) start: u64,
    pub(super) session_id: String,
    /// Where its offset is committed with its records; the store has none of
    /// it then.
    pub(super) transactions: Option<TransactionHandle>,
    /// The stored sequence that this task goes on from.
    pub(super) base: u64,
    /// The source partition.
    pub(super) partition: Value,
    /// What was last given to the offset store.
    pub(super) stored: u64,
    /// Where its records go, and since when; or, through a mapping, have gone.
    pub(super) topics: TaskTopics,
    /// Counts of messages that could not be mapped.
    pub(super) errors: Arc<ErrorCounts>,
    /// Counts of commits of its offsets.
    pub(super) commits: Arc<CommitCounts>,
}

impl Started {
    /// The offset up to which everything is acknowledged, if that is new.
    pub(super) fn new_offset(&self) -> Option<SourceOffset> {
        if self.transactions.is_some() {
            return None;
        }
        let sequence = self.base + self.handle.progress().acknowledged;
        (sequence > self.stored).then(|| SourceOffset {
            session_id: self.session_id.clone(),
            sequence,
        })
    }
}

/// A connector's settings as given.
pub(super) type Config = BTreeMap<String, String>;

/// Which configuration a connector's task has.
#[derive(Debug)]
pub(super) enum TaskConfig {
    /// The connector's.
    Current,
    /// One that the connector had before: it was given another while paused.
    Earlier(Config),
    /// None: the connector's was refused when it was resumed.
    Missing,
}

/// A connector as the herder keeps it.
#[derive(Debug)]
pub(super) struct Connector {
    pub(super) config: Config,
    pub(super) task_config: TaskConfig,
    pub(super) target: Target,
    pub(super) slot: Slot,
}

/// A connector's state as Connect shows it.
#[derive(Clone, Debug)]
pub struct ConnectorView {
    /// Its configuration as given; holds secrets.
    pub config: BTreeMap<String, String>,
    /// That of its task, if it is another.
    earlier: Option<BTreeMap<String, String>>,
    /// RUNNING, PAUSED or STOPPED.
    pub state: &'static str,
    /// Its task, if it has one.
    pub task: Option<TaskView>,
}

/// A task's state as Connect shows it, and the session behind it.
#[derive(Clone, Debug)]
pub struct TaskView {
    /// RUNNING, PAUSED or FAILED.
    pub state: &'static str,
    /// Why it failed.
    pub trace: Option<String>,
    /// What its session is doing; `None` if it never started.
    pub session: Option<SessionStatus>,
    /// Its counters; `None` if it never started.
    pub metrics: Option<Arc<TaskMetrics>>,
    /// How far its records have come.
    pub progress: Progress,
    /// Where its messages are.
    pub ledger: Ledger,
    /// Counts of messages that could not be mapped.
    pub errors: Arc<ErrorCounts>,
}

impl TaskView {
    /// What its session is doing. One that never started has failed.
    pub fn phase(&self) -> Phase {
        let session = self.session.as_ref();
        session.map_or(Phase::Failed, |session| session.phase)
    }
}

impl ConnectorView {
    /// The configuration of its task; holds secrets.
    pub fn task_config(&self) -> &BTreeMap<String, String> {
        self.earlier.as_ref().unwrap_or(&self.config)
    }

    /// The name in its configuration.
    pub fn name(&self) -> &str {
        self.config.get("name").map_or("", |name| name.trim())
    }
}

impl Connector {
    pub(super) fn view(&self) -> ConnectorView {
        ConnectorView {
            config: self.config.clone(),
            earlier: match &self.task_config {
                TaskConfig::Earlier(config) => Some(config.clone()),
                TaskConfig::Current | TaskConfig::Missing => None,
            },
            state: InitialState::from(self.target).name(),
            task: self.task_view(),
        }
    }

    pub(super) fn task_view(&self) -> Option<TaskView> {
        let running = if self.target == Target::Paused {
            "PAUSED"
        } else {
            "RUNNING"
        };
        match &self.slot {
            Slot::Empty => None,
            Slot::Unstartable { trace, .. } => Some(TaskView {
                state: "FAILED",
                trace: Some(trace.clone()),
                session: None,
                metrics: None,
                progress: Progress::default(),
                ledger: Ledger::default(),
                errors: Arc::default(),
            }),
            Slot::Started(started) => {
                let trace = started.handle.failure().map(|failure| failure.trace);
                Some(TaskView {
                    state: if trace.is_some() { "FAILED" } else { running },
                    trace,
                    session: Some(started.handle.status()),
                    metrics: Some(Arc::clone(started.handle.metrics())),
                    progress: started.handle.progress(),
                    ledger: started.handle.ledger(),
                    errors: Arc::clone(&started.errors),
                })
            }
        }
    }

    /// The configuration that its task has, or would have.
    pub(super) fn task_config(&self) -> &Config {
        match &self.task_config {
            TaskConfig::Earlier(config) => config,
            TaskConfig::Current | TaskConfig::Missing => &self.config,
        }
    }

    /// The configuration that it is to have a task of and has none of.
    pub(super) fn missing_task(&self) -> Option<Config> {
        let has =
            matches!(self.task_config, TaskConfig::Current) && !matches!(self.slot, Slot::Empty);
        (self.target == Target::Started && !has).then(|| self.config.clone())
    }

    /// Gives it another configuration, and not its task.
    pub(super) fn change(&mut self, config: Config) {
        let before = std::mem::replace(&mut self.config, config);
        let of_task = match std::mem::replace(&mut self.task_config, TaskConfig::Current) {
            TaskConfig::Current => before,
            TaskConfig::Earlier(config) => config,
            TaskConfig::Missing => {
                self.task_config = TaskConfig::Missing;
                return;
            }
        };
        if of_task != self.config {
            self.task_config = TaskConfig::Earlier(of_task);
        }
    }

    /// Changes what is wanted of it, and of its task if it has one.
    pub(super) fn retarget(&mut self, target: Target) {
        self.target = target;
        if target == Target::Stopped {
            self.task_config = TaskConfig::Current;
        }
        match (&self.slot, target) {
            (Slot::Started(started), Target::Paused) => started.handle.pause(),
            (Slot::Started(started), Target::Started) => started.handle.resume(),
            _ => {}
        }
    }

    /// Whether its task has failed.
    pub(super) fn has_failed(&self) -> bool {
        self.failed_with(|_| true)
    }

    /// Whether its task has failed, by what has such a trace.
    pub(super) fn failed_with(&self, such: impl FnOnce(&str) -> bool) -> bool {
        match &self.slot {
            Slot::Empty => false,
            Slot::Unstartable { .. } => true,
            Slot::Started(started) => {
                let failure = started.handle.failure();
                failure.is_some_and(|failure| such(&failure.trace))
            }
        }
    }
}
