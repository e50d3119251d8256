//! The host's side of a task: start it, command it, read it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::status::{SessionStatus, StopReport, TaskFailure};
use crate::metrics::TaskMetrics;
use crate::settings::SourceConfig;
use crate::sink::{Delivery, Progress, Sink};

/// What a host wants of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Run,
    Pause,
    Stop { within: Duration },
}

/// How a task ended.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) report: StopReport,
    pub(super) failure: Option<TaskFailure>,
}

/// Everything a task needs to start.
pub struct TaskOptions {
    /// The connector's name, for log lines.
    pub connector: String,
    /// The task's number, for log lines.
    pub task: u32,
    /// The checked settings.
    pub config: SourceConfig,
    /// Where records go.
    pub sink: Box<dyn Sink>,
    /// The task's counters.
    pub metrics: Arc<TaskMetrics>,
    /// Whether to start paused: connected, but handing nothing to the sink.
    pub paused: bool,
}

/// A host's grip on a task. Dropping it ends the task without draining.
#[derive(Debug)]
pub struct TaskHandle {
    pub(super) command: watch::Sender<Command>,
    pub(super) status: watch::Receiver<SessionStatus>,
    pub(super) outcome: watch::Receiver<Option<Outcome>>,
    pub(super) metrics: Arc<TaskMetrics>,
    pub(super) delivery: Arc<Delivery>,
}

/// Starts a task on the present tokio runtime.
pub fn spawn(options: TaskOptions) -> TaskHandle {
    let (command, _commands) = watch::channel(if options.paused {
        Command::Pause
    } else {
        Command::Run
    });
    let (_status_sender, status) = watch::channel(SessionStatus::default());
    let (_outcome_sender, outcome) = watch::channel(None);
    TaskHandle {
        command,
        status,
        outcome,
        metrics: options.metrics,
        delivery: Arc::clone(options.sink.delivery()),
    }
}

impl TaskHandle {
    /// Stops handing records to the sink; the socket stays open and the
    /// buffer fills by its overflow policy.
    pub fn pause(&self) {
        self.command.send_if_modified(|command| replace_running(command, Command::Pause));
    }

    /// Undoes [`TaskHandle::pause`].
    pub fn resume(&self) {
        self.command.send_if_modified(|command| replace_running(command, Command::Run));
    }

    /// Closes the socket, drains the buffer into the sink and waits for the
    /// acknowledgements, all within `within`; then reports. A task that has
    /// ended already reports at once. A paused task is drained as well.
    pub async fn stop(&self, within: Duration) -> StopReport {
        self.command.send_replace(Command::Stop { within });
        let mut outcome = self.outcome.clone();
        match outcome.wait_for(Option::is_some).await {
            Ok(ended) => ended.as_ref().map_or_else(StopReport::default, |ended| ended.report),
            Err(_) => StopReport::default(),
        }
    }

    /// Resolves when the task has ended, with its failure if it failed.
    pub async fn ended(&self) -> Option<TaskFailure> {
        let mut outcome = self.outcome.clone();
        match outcome.wait_for(Option::is_some).await {
            Ok(ended) => ended.as_ref().and_then(|ended| ended.failure.clone()),
            Err(_) => None,
        }
    }

    /// The failure that ended the task, if one did.
    pub fn failure(&self) -> Option<TaskFailure> {
        self.outcome.borrow().as_ref().and_then(|ended| ended.failure.clone())
    }

    /// What the session is doing.
    pub fn status(&self) -> SessionStatus {
        self.status.borrow().clone()
    }

    /// The task's counters.
    pub fn metrics(&self) -> &Arc<TaskMetrics> {
        &self.metrics
    }

    /// How many records the sink has taken and how many are acknowledged,
    /// both since the task started: a source offset's sequence is the stored
    /// one plus `acknowledged`.
    pub fn progress(&self) -> Progress {
        self.delivery.progress()
    }
}

fn replace_running(command: &mut Command, new: Command) -> bool {
    let changes = !matches!(command, Command::Stop { .. }) && *command != new;
    if changes {
        *command = new;
    }
    changes
}
