//! The task's loop: waits for the socket, the sink, the clock and the host,
//! and lets the session decide.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{mpsc, watch};
use tokio::time::{sleep_until, timeout};

use super::connection::{Connection, Turn};
use super::handle::{Command, Outcome};
use super::intake::{Found, Intake};
use super::report::Reporter;
use super::status::{Phase, SessionStatus, StopReport, TaskFailure};
use crate::buffer::Received;
use crate::clock;
use crate::dial::{Dialer, Dialled};
use crate::metrics::TaskMetrics;
use crate::session::{Action, ConnectFailure, Input, Loss, Session};
use crate::settings::{PauseMode, SourceConfig};
use crate::sink::{Delivery, Progress, SinkError};

/// How long a closed connection may take to send its last frame.
const FAREWELL: Duration = Duration::from_secs(1);
/// How long a task that fails by itself may take to deliver what it has,
/// unless its host is to fetch that.
const FAILURE_DRAIN: Duration = Duration::from_secs(5);

type Dialling = Pin<Box<dyn Future<Output = Result<Dialled, ConnectFailure>> + Send>>;

enum Link {
    None,
    Dialling(Dialling),
    Open(Box<Connection>),
}

/// What the loop woke up for.
enum Wake {
    Command,
    Dialled,
    Connected(Result<Dialled, ConnectFailure>),
    Socket(io::Result<Turn>),
    Sink,
    Clock,
}

/// What a runner is made of.
pub(super) struct Parts {
    pub(super) config: Arc<SourceConfig>,
    pub(super) dialer: Arc<Dialer>,
    pub(super) session: Session,
    pub(super) intake: Intake,
    pub(super) delivery: Arc<Delivery>,
    pub(super) metrics: Arc<TaskMetrics>,
    pub(super) reporter: Reporter,
    pub(super) status: watch::Sender<SessionStatus>,
    pub(super) outcome: watch::Sender<Option<Outcome>>,
    pub(super) commands: watch::Receiver<Command>,
}

/// See the module's documentation.
pub(super) struct Runner {
    config: Arc<SourceConfig>,
    dialer: Arc<Dialer>,
    session: Session,
    intake: Intake,
    delivery: Arc<Delivery>,
    metrics: Arc<TaskMetrics>,
    reporter: Reporter,
    status: watch::Sender<SessionStatus>,
    ended: watch::Sender<Option<Outcome>>,
    commands: watch::Receiver<Command>,
    link: Link,
    /// Whether what the server says would be heard.
    listens: bool,
    progress: (mpsc::Sender<()>, mpsc::Receiver<()>),
    failure: Option<String>,
    /// A record can never be sent, so nothing after it may be.
    rejected: bool,
    stop_by: Option<Instant>,
    /// Whether what is left at the end goes to the sink.
    drains: bool,
    actions: Vec<Action>,
}

impl Runner {
    pub(super) fn new(parts: Parts) -> Self {
        Self {
            config: parts.config,
            dialer: parts.dialer,
            session: parts.session,
            intake: parts.intake,
            delivery: parts.delivery,
            metrics: parts.metrics,
            reporter: parts.reporter,
            status: parts.status,
            ended: parts.outcome,
            commands: parts.commands,
            link: Link::None,
            listens: false,
            progress: mpsc::channel(1),
            failure: None,
            rejected: false,
            stop_by: None,
            drains: true,
            actions: Vec::new(),
        }
    }

    /// Runs until the session has ended and everything deliverable is
    /// delivered, and leaves its outcome.
    pub(super) async fn run(mut self) {
        self.obey();
        self.decide(Input::Start);
        while !self.session.is_ended() {
            self.publish(self.session.phase());
            let wake = self.wait().await;
            self.react(wake);
        }
        self.finish().await;
    }

    async fn wait(&mut self) -> Wake {
        let reads = match &mut self.link {
            Link::Open(connection) => self.session.is_open() && self.intake.reads(connection),
            _ => false,
        };
        let deadline = [
            self.session.deadline(),
            self.stop_by,
            self.intake.deadline(),
            self.intake.tick_at(),
        ]
        .into_iter()
        .flatten()
        .fold(self.reporter.deadline(), Instant::min);
        self.listens = reads;
        let link = &mut self.link;
        tokio::select! {
            _ = self.commands.changed() => Wake::Command,
            Some(()) = self.progress.1.recv() => Wake::Dialled,
            wake = poll_fn(|cx| poll_link(link, cx, reads)) => wake,
            () = self.delivery.space() => Wake::Sink,
            () = sleep_until(deadline.into()) => Wake::Clock,
        }
    }

    fn react(&mut self, wake: Wake) {
        match wake {
            Wake::Command => self.obey(),
            Wake::Dialled => self.decide(Input::Dialled),
            Wake::Connected(Ok(dialled)) => {
                let max_bytes = self.config.message_max_bytes;
                self.link = Link::Open(Box::new(Connection::new(dialled, max_bytes)));
                let at_ms = Received::now().at_ms;
                self.metrics.connected_at_ms.store(at_ms, Relaxed);
                self.decide(Input::Connected);
                self.intake.generation = self.session.generation();
                self.decode();
            }
            Wake::Connected(Err(failure)) => {
                self.link = Link::None;
                self.decide(Input::ConnectFailed(failure));
            }
            Wake::Socket(Ok(Turn::Read)) => {
                self.decide(Input::Heard);
                self.decode();
            }
            Wake::Socket(Ok(Turn::Spoken)) => {
                let at = Some(SystemTime::now());
                self.status.send_modify(|status| status.subscribed_at = at);
            }
            Wake::Socket(Ok(Turn::Eof)) => {
                let text = "the server ended the connection without a close frame";
                self.decide(Input::Lost(Loss::Broken(text.to_owned())));
            }
            Wake::Socket(Err(error)) => {
                self.decide(Input::Lost(Loss::Broken(error.to_string())));
            }
            Wake::Sink => self.on_sink(),
            Wake::Clock => {
                if self.session.is_live() && !self.listens {
                    // The silence of a server that is not read from is ours.
                    self.decide(Input::Heard);
                }
                self.decide(Input::Timer);
                let now = clock::now();
                if self.stop_by.is_some_and(|by| by <= now) {
                    // The host waits no longer for the server's farewell.
                    let text = "the server has not answered the close frame in time";
                    self.decide(Input::Lost(Loss::Broken(text.to_owned())));
                }
                if self.intake.deadline().is_some_and(|by| by <= now) {
                    self.decode();
                }
                if self.intake.tick_at().is_some_and(|at| at <= now) {
                    self.intake.ticked();
                    self.on_sink();
                }
                self.reporter.tick(&self.metrics, self.session.phase(), now);
            }
        }
    }

    /// What the host has last asked for, and whether it is gone.
    fn command(&mut self) -> (Command, bool) {
        let gone = self.commands.has_changed().is_err();
        (*self.commands.borrow_and_update(), gone)
    }

    /// Does what the host has last asked for. A host that is gone wants the
    /// task to end at once.
    fn obey(&mut self) {
        match self.command() {
            (Command::Stop { within, drains }, _) => self.stop(within, drains),
            (_, true) => self.stop(Duration::ZERO, true),
            (Command::Pause, _) if !self.intake.paused => self.pause(),
            (Command::Run, _) if self.intake.paused => self.resume(),
            (Command::Pause | Command::Run, _) => {}
        }
    }

    fn pause(&mut self) {
        let disconnects = self.config.pause == PauseMode::Disconnect;
        self.intake.paused = true;
        self.reporter.paused(disconnects);
        if disconnects {
            self.decide(Input::Pause);
        }
    }

    /// Hands on what came before and during the pause, and connects again if
    /// that was given up.
    fn resume(&mut self) {
        self.intake.paused = false;
        self.reporter.resumed();
        self.decide(Input::Resume);
        self.on_sink();
    }

    /// The host may want a stop to be over sooner than it said before, but
    /// never later, and what is left to stay where it is after all.
    fn stop(&mut self, within: Duration, drains: bool) {
        self.drains &= drains;
        let by = clock::now() + within;
        if let Some(before) = &mut self.stop_by {
            *before = by.min(*before);
        } else {
            self.stop_by = Some(by);
            self.decide(Input::Stop);
        }
    }

    fn on_sink(&mut self) {
        let drained = match self.delivery.rejection() {
            Some(error) => Err(error),
            None => self.intake.drain(),
        };
        match drained {
            Ok(()) => self.decode(),
            Err(error) => self.reject(&error),
        }
    }

    /// Decodes what has been read, also what was left for want of room.
    fn decode(&mut self) {
        let connection = match &mut self.link {
            Link::Open(connection) if connection.has_input() && self.session.is_open() => {
                connection
            }
            _ => return self.intake.release(),
        };
        let found = self.intake.decode(connection);
        self.found(found);
    }

    fn found(&mut self, found: Found) {
        if found.messages > 0 {
            self.decide(Input::Message);
        }
        self.tell_drops(&found);
        if found.violation.is_some() || found.close.is_some() {
            self.speak(Connection::discard_input);
        }
        if let Some(error) = found.rejected {
            self.reject(&error);
        } else if let Some(error) = found.violation {
            let (code, text) = (error.close_code(), error.to_string());
            self.decide(Input::Lost(Loss::Violation { code, text }));
        } else if let Some((code, reason)) = found.close {
            let reason = self.config.hide_secrets(&reason);
            self.decide(Input::Lost(Loss::ClosedByServer { code, reason }));
        }
    }

    fn tell_drops(&mut self, found: &Found) {
        let now = clock::now();
        self.reporter
            .drops(&found.overflow, found.binary_dropped, &self.metrics, now);
    }

    /// Ends the task because a record can never be sent.
    fn reject(&mut self, error: &SinkError) {
        self.intake.paused = true;
        self.rejected = true;
        self.failure.get_or_insert(error.to_string());
        self.decide(Input::Stop);
    }

    fn decide(&mut self, input: Input) {
        let mut actions = std::mem::take(&mut self.actions);
        self.session.handle(input, clock::now(), &mut actions);
        for action in actions.drain(..) {
            self.act(action);
        }
        self.actions = actions;
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Dial { attempt } => {
                // Without a failure there is no such attempt but the first
                // of all and the one after a pause.
                let first = attempt == 0;
                if !first {
                    self.metrics.reconnects.fetch_add(1, Relaxed);
                }
                self.reporter.attempt(attempt, first);
                self.link = Link::Dialling(self.dial());
            }
            Action::Subscribe => self.subscribe(),
            Action::SendPing => self.speak(Connection::send_ping),
            Action::SendClose(code, reason) => {
                self.speak(|connection| connection.send_close(code, &reason));
            }
            Action::HangUp => self.hang_up(),
            Action::ReportFailed(attempt, failure) => self.reporter.failed(attempt, &failure),
            Action::ReportLost(loss) => self.reporter.lost(&loss),
            Action::ReportWaiting(attempt, delay) => self.reporter.waiting(attempt, delay),
            Action::Fail(reason) => {
                self.failure.get_or_insert(reason);
            }
            Action::End => {}
        }
    }

    fn dial(&self) -> Dialling {
        let (dialer, config) = (Arc::clone(&self.dialer), Arc::clone(&self.config));
        let progress = self.progress.0.clone();
        Box::pin(async move {
            let dialled = || {
                // A full channel already holds the news.
                let _ = progress.try_send(());
            };
            dialer.dial(&config, dialled).await
        })
    }

    fn subscribe(&mut self) {
        let config = Arc::clone(&self.config);
        let message = config.subscription_message.as_ref();
        if let Some(message) = message {
            self.speak(|connection| connection.send_text(message.expose()));
        }
        self.reporter
            .connected(self.session.generation(), message.is_some());
    }

    fn speak(&mut self, say: impl FnOnce(&mut Connection)) {
        if let Link::Open(connection) = &mut self.link {
            say(connection);
        }
    }

    /// Gives the connection up. What it has read is kept; what is queued for
    /// the server may still go out, within a bound.
    fn hang_up(&mut self) {
        self.metrics.connected_at_ms.store(0, Relaxed);
        if let Link::Open(mut connection) = std::mem::replace(&mut self.link, Link::None) {
            if connection.has_input() && (!self.rejected || self.intake.is_durable()) {
                let found = self.intake.decode_last(&mut connection);
                self.tell_drops(&found);
                // A sink that had room all the time says nothing by itself.
                self.delivery.arm();
                self.delivery.notify();
            }
            tokio::spawn(async move {
                let farewell = poll_fn(|cx| connection.poll_send(cx));
                drop(timeout(FAREWELL, farewell).await);
            });
        }
    }

    fn tell_gap(&mut self) {
        if let Some(gap) = self.intake.take_gap() {
            self.reporter.gap(gap);
        }
    }

    fn publish(&mut self, phase: Phase) {
        self.tell_gap();
        let now = clock::now();
        let session = &self.session;
        let paused = self.intake.paused;
        let fault = self.intake.spool_fault();
        self.reporter.spool(fault, now);
        let waiting = matches!(phase, Phase::BackingOff | Phase::Refused);
        self.status.send_if_modified(|status| {
            let same = status.since.is_some()
                && status.phase == phase
                && status.paused == paused
                && status.attempt == session.failures()
                && status.generation == session.generation()
                && fault
                    == status
                        .spool
                        .as_ref()
                        .and_then(|spool| spool.fault.as_deref());
            if same {
                return false;
            }
            if status.phase != phase || status.since.is_none() {
                status.since = Some(SystemTime::now());
                if phase == Phase::Connecting {
                    status.attempted_at = status.since;
                    status.subscribed_at = None;
                }
            }
            session.reason().clone_into(&mut status.reason);
            status.phase = phase;
            status.paused = paused;
            status.refused_status = session.refused_status();
            status.attempt = session.failures();
            status.generation = session.generation();
            if let Some(spool) = &mut status.spool {
                spool.fault = fault.map(str::to_owned);
            }
            status.next_attempt_at = session
                .deadline()
                .filter(|_| waiting)
                .map(|at| SystemTime::now() + at.saturating_duration_since(now));
            true
        });
    }

    /// Delivers what is left, within the time the host gives, and reports.
    async fn finish(mut self) {
        self.drains &= self.delivery.rejection().is_none();
        // Nothing may be sent after a record that cannot be.
        self.intake.paused = self.rejected;
        if self.drains {
            self.publish(Phase::Draining);
            self.reporter.draining(self.deliverable());
        }
        self.drain().await;
        if let Some(error) = self.delivery.rejection() {
            self.failure.get_or_insert(error.to_string());
        }
        self.end();
    }

    /// Delivers what is left until the host wants no more of it or its time
    /// is over, which for a host that fetches is when it says so; nothing if
    /// it is not to be delivered.
    async fn drain(&mut self) {
        if self.stop_by.is_none() && self.intake.outlet.fetched().is_none() {
            self.stop_by = Some(clock::now() + FAILURE_DRAIN);
        }
        let mut flushed = false;
        while self.drains && !self.delivered() {
            self.delivery.arm();
            if let Err(error) = self.intake.drain() {
                self.failure.get_or_insert(error.to_string());
                break;
            }
            if self.delivered() || self.delivery.rejection().is_some() {
                break;
            }
            if !flushed && self.deliverable() == 0 {
                flushed = true;
                let left = |by: Instant| by.saturating_duration_since(clock::now());
                let within = self.stop_by.map_or(FAILURE_DRAIN, left);
                self.intake.outlet.flush(within);
            }
            let told = self.reporter.deadline();
            let wake_at = [self.stop_by, self.intake.tick_at()]
                .into_iter()
                .flatten()
                .fold(told, Instant::min);
            tokio::select! {
                _ = self.commands.changed() => self.obey_in_drain(),
                () = self.delivery.space() => {}
                () = sleep_until(wake_at.into()) => {
                    let now = clock::now();
                    if self.stop_by.is_some_and(|by| by <= now) {
                        break;
                    }
                    if self.intake.tick_at().is_some_and(|at| at <= now) {
                        self.intake.ticked();
                    }
                    self.reporter.tick(&self.metrics, Phase::Draining, now);
                }
            }
        }
    }

    /// What is left is not kept back by a pause, and nobody is there to have
    /// it delivered for when the host is gone.
    fn obey_in_drain(&mut self) {
        match self.command() {
            (_, true) => self.drains = false,
            (Command::Stop { within, drains }, _) => self.stop(within, drains),
            (Command::Pause | Command::Run, _) => {}
        }
    }

    fn delivered(&self) -> bool {
        let progress = self.delivery.progress();
        self.deliverable() == 0 && progress.taken == self.settled(progress)
    }

    /// Messages that are still to be handed to the sink.
    fn deliverable(&self) -> u64 {
        if self.rejected {
            0
        } else {
            self.intake.waiting()
        }
    }

    /// Records whose fate is no concern of the task any more.
    fn settled(&self, progress: Progress) -> u64 {
        let fetched = self.intake.outlet.fetched().unwrap_or(0);
        fetched.max(progress.acknowledged)
    }

    fn end(mut self) {
        let progress = self.delivery.progress();
        let given = self.settled(progress) - progress.acknowledged;
        let (ledger, lost) = self.intake.close(given);
        self.tell_gap();
        let dropped = self.metrics.dropped_total() - lost;
        let report = StopReport {
            received: ledger.received,
            delivered: ledger.acknowledged,
            dropped,
            lost,
            ledger,
        };
        self.reporter
            .stopped(&report, self.failure.as_deref(), clock::now());
        let failure = self.failure.take().map(|reason| TaskFailure {
            trace: format!("org.apache.kafka.connect.errors.ConnectException: {reason}"),
        });
        let phase = if failure.is_some() {
            Phase::Failed
        } else {
            Phase::Closed
        };
        // Whoever sees the phase finds the outcome.
        self.ended.send_replace(Some(Outcome { report, failure }));
        self.publish(phase);
    }
}

fn poll_link(link: &mut Link, cx: &mut Context<'_>, reads: bool) -> Poll<Wake> {
    match link {
        Link::None => Poll::Pending,
        Link::Dialling(dialling) => dialling.as_mut().poll(cx).map(Wake::Connected),
        Link::Open(connection) => connection.poll(cx, reads).map(Wake::Socket),
    }
}

#[cfg(test)]
#[path = "runner_tests.rs"]
mod tests;
