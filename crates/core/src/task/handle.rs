//! The host's side of a task: start it, command it, read it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::intake::Intake;
use super::report::Reporter;
use super::runner::Runner;
use super::status::{SessionStatus, StopReport, TaskFailure};
use super::store::Store;
use crate::clock;
use crate::dial::Dialer;
use crate::ledger::Ledger;
use crate::metrics::TaskMetrics;
use crate::session::{Backoff, Policy, Session};
use crate::settings::SourceConfig;
use crate::sink::{Delivery, Progress, Sink};
use crate::spool::Spool;
use crate::timeline::Timeline;

/// The server's close frame is awaited for this long at the most.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// No interval is shorter: a server that is down is not to be hammered.
const MIN_RECONNECT_INTERVAL: Duration = Duration::from_millis(100);

/// What a host wants of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Run,
    Pause,
    Stop { within: Duration, drains: bool },
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
    /// Makes the connections; shared between tasks.
    pub dialer: Arc<Dialer>,
    /// Where records go.
    pub sink: Box<dyn Sink>,
    /// The task's counters.
    pub metrics: Arc<TaskMetrics>,
    /// Whether to start paused: connected, but handing nothing to the sink.
    pub paused: bool,
    /// The spool that the settings ask for. It has been told what is delivered
    /// ([`Spool::delivered_to`]), unless the sink is to say so
    /// ([`Sink::begins_at`]).
    pub spool: Option<Spool>,
    /// Whether the sink knows what is delivered, and not the host.
    pub sink_begins: bool,
    /// Where the session's events are kept; the host may give it to the
    /// connector's next task as well.
    pub timeline: Arc<Timeline>,
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
    let TaskOptions {
        connector,
        task,
        config,
        dialer,
        sink,
        metrics,
        paused,
        spool,
        sink_begins,
        timeline,
    } = options;
    let start = if paused { Command::Pause } else { Command::Run };
    let (command, commands) = watch::channel(start);
    let store = spool.zip(config.spool.as_ref()).map(|(spool, settings)| {
        Store::new(spool, settings.mode, config.message_max_bytes, !sink_begins)
    });
    let (status_sender, status) = watch::channel(SessionStatus {
        url: config.url.redacted(),
        spool: store.as_ref().map(|store| store.status(&config)),
        ..SessionStatus::default()
    });
    let (outcome_sender, outcome) = watch::channel(None);
    let delivery = Arc::clone(sink.delivery());
    let runner = Runner::new(super::runner::Parts {
        dialer,
        session: Session::new(policy(&config), fastrand::Rng::new()),
        reporter: Reporter::new(
            connector,
            task,
            config.url.redacted(),
            timeline,
            clock::now(),
        ),
        intake: Intake::new(&config, sink, store, Arc::clone(&metrics), paused),
        config: Arc::new(config),
        delivery: Arc::clone(&delivery),
        metrics: Arc::clone(&metrics),
        status: status_sender,
        outcome: outcome_sender,
        commands,
    });
    tokio::spawn(runner.run());
    TaskHandle {
        command,
        status,
        outcome,
        metrics,
        delivery,
    }
}

fn policy(config: &SourceConfig) -> Policy {
    let reconnect = &config.reconnect;
    Policy {
        reconnect: reconnect.enabled,
        max_attempts: reconnect.max_attempts,
        backoff: Backoff {
            interval: reconnect.interval.max(MIN_RECONNECT_INTERVAL),
            max: reconnect.backoff_max,
        },
        connection_timeout: config.connection_timeout,
        ping_interval: config.ping_interval,
        pong_timeout: config.pong_timeout,
        close_timeout: CLOSE_TIMEOUT,
    }
}

impl TaskHandle {
    /// Stops handing records to the sink; the socket stays open and the
    /// buffer fills by its overflow policy.
    pub fn pause(&self) {
        self.command
            .send_if_modified(|command| replace_running(command, Command::Pause));
    }

    /// Undoes [`TaskHandle::pause`].
    pub fn resume(&self) {
        self.command
            .send_if_modified(|command| replace_running(command, Command::Run));
    }

    /// Closes the socket, drains the buffer into the sink and waits for the
    /// acknowledgements, all within `within`; then reports. A task that has
    /// ended already reports at once. A paused task is drained as well.
    pub async fn stop(&self, within: Duration) -> StopReport {
        self.end(within, true).await
    }

    async fn end(&self, within: Duration, drains: bool) -> StopReport {
        self.command.send_replace(Command::Stop { within, drains });
        let mut outcome = self.outcome.clone();
        match outcome.wait_for(Option::is_some).await {
            Ok(ended) => ended
                .as_ref()
                .map_or_else(StopReport::default, |ended| ended.report),
            Err(_) => StopReport::default(),
        }
    }

    /// Closes the socket and ends within `within`, handing nothing more to the
    /// sink: for a host that cannot write any more. What is left in the buffer
    /// or unacknowledged then is the report's `lost`.
    pub async fn abandon(&self, within: Duration) -> StopReport {
        self.end(within, false).await
    }

    /// Resolves when the task has ended, with its failure if it failed.
    pub async fn ended(&self) -> Option<TaskFailure> {
        let mut outcome = self.outcome.clone();
        match outcome.wait_for(Option::is_some).await {
            Ok(ended) => ended.as_ref().and_then(|ended| ended.failure.clone()),
            Err(_) => Some(TaskFailure::unexpected()),
        }
    }

    /// The failure that ended the task, if one did.
    pub fn failure(&self) -> Option<TaskFailure> {
        // Looked at first: what comes to a proper end leaves its outcome.
        let gone = self.outcome.has_changed().is_err();
        match self.outcome.borrow().as_ref() {
            Some(ended) => ended.failure.clone(),
            None => gone.then(TaskFailure::unexpected),
        }
    }

    /// What the session is doing.
    pub fn status(&self) -> SessionStatus {
        self.status.borrow().clone()
    }

    /// What the session is doing, as it changes; what comes and goes between
    /// two looks is not seen.
    pub fn watch(&self) -> watch::Receiver<SessionStatus> {
        self.status.clone()
    }

    /// The task's counters.
    pub fn metrics(&self) -> &Arc<TaskMetrics> {
        &self.metrics
    }

    /// Where every message is.
    pub fn ledger(&self) -> Ledger {
        self.metrics.account.read(|| self.delivery.progress())
    }

    /// How many records the sink has taken and how many are acknowledged,
    /// both since the task started: a source offset's sequence is the stored
    /// one plus `acknowledged`.
    pub fn progress(&self) -> Progress {
        self.delivery.progress()
    }

    /// What became of the records, for readings that may outlive the handle.
    pub fn delivery(&self) -> &Arc<Delivery> {
        &self.delivery
    }
}

fn replace_running(command: &mut Command, new: Command) -> bool {
    let changes = !matches!(command, Command::Stop { .. }) && *command != new;
    if changes {
        *command = new;
    }
    changes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::metrics::Histogram;

    fn interval(setting: &str) -> Duration {
        let raw = BTreeMap::from(
            [
                ("websocket.url", "ws://h"),
                ("kafka.topic", "t"),
                ("websocket.reconnect.interval.ms", setting),
                ("websocket.reconnect.backoff.max.ms", "0"),
            ]
            .map(|(key, value)| (key.to_owned(), value.to_owned())),
        );
        let config = crate::settings::parse(&raw).config.expect("valid");
        policy(&config).backoff.delay(0, 0.0, None)
    }

    #[test]
    fn a_reconnect_interval_under_100_ms_is_raised_to_100_ms() {
        let raised = ["0", "1", "99", "100", "101"].map(|ms| interval(ms).as_millis());
        assert_eq!(raised, [100, 100, 100, 100, 101]);
    }

    #[tokio::test]
    async fn a_task_that_ends_without_a_word_has_failed() {
        let (command, _) = watch::channel(Command::Run);
        let (_, status) = watch::channel(SessionStatus::default());
        let (ending, outcome) = watch::channel(None);
        let handle = TaskHandle {
            command,
            status,
            outcome,
            metrics: Arc::default(),
            delivery: Arc::new(Delivery::new(Arc::new(Histogram::default()))),
        };
        assert_eq!(handle.failure(), None);
        drop(ending);
        assert_eq!(handle.failure(), Some(TaskFailure::unexpected()));
        assert_eq!(handle.ended().await, Some(TaskFailure::unexpected()));
        assert_eq!(handle.stop(Duration::ZERO).await, StopReport::default());
    }
}
