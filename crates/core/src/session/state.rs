//! The state machine; see the module above for its picture.

use std::time::{Duration, Instant};

use super::backoff::Backoff;
use super::failure::{ConnectFailure, Loss};
use crate::task::Phase;

/// What the settings say about the session.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// `websocket.reconnect.enabled`.
    pub reconnect: bool,
    /// `websocket.reconnect.max.attempts`; `None` is without end.
    pub max_attempts: Option<u32>,
    /// Interval and maximum.
    pub backoff: Backoff,
    /// `websocket.connection.timeout.ms`: DNS, TCP, TLS and handshake.
    pub connection_timeout: Duration,
    /// `websocket.ping.interval.ms`; `None` sends no pings.
    pub ping_interval: Option<Duration>,
    /// `websocket.pong.timeout.ms`.
    pub pong_timeout: Duration,
    /// How long the server's close frame is awaited after ours.
    pub close_timeout: Duration,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// The task starts.
    Start,
    /// TCP and TLS are there; the upgrade request goes out.
    Dialled,
    /// The upgrade was accepted.
    Connected,
    /// The attempt failed.
    ConnectFailed(ConnectFailure),
    /// Bytes came in: the peer is alive.
    Heard,
    /// A data message came in.
    Message,
    /// The connection ended, or must be.
    Lost(Loss),
    /// The host wants no connection until it says so.
    Pause,
    /// The host wants a connection again.
    Resume,
    /// The host wants the task to end.
    Stop,
    /// The deadline has passed.
    Timer,
}

/// What is to be done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Dial and shake hands; the connection gets this generation.
    Dial {
        /// Number of the attempt since the last message; 0 is the first of all.
        attempt: u32,
    },
    /// Send the subscription message if there is one; the session is live.
    Subscribe,
    /// Send a ping.
    SendPing,
    /// Send a close frame with this code and text.
    SendClose(u16, String),
    /// Give up the socket, or the attempt to get one.
    HangUp,
    /// The attempt with this number failed.
    ReportFailed(u32, ConnectFailure),
    /// The live connection ended.
    ReportLost(Loss),
    /// The next attempt comes after this delay.
    ReportWaiting(u32, Duration),
    /// End the task as FAILED for this reason.
    Fail(String),
    /// End the task as asked.
    End,
}

/// What comes when a connection is closed that we have asked to close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    End,
    Rest,
    Dial,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Connecting {
        deadline: Instant,
        dialled: bool,
    },
    Live {
        next_ping: Option<Instant>,
        pong_by: Option<Instant>,
    },
    Waiting {
        until: Instant,
        refused: Option<u16>,
    },
    Closing {
        deadline: Instant,
        after: After,
    },
    Paused,
    Closed,
    Failed,
}

/// One task's session.
#[derive(Debug)]
pub struct Session {
    policy: Policy,
    state: State,
    /// Failed attempts and message-less connections since the last message.
    failures: u32,
    generation: u64,
    stopping: bool,
    reason: String,
    random: fastrand::Rng,
}

impl Session {
    /// A session that has not started.
    pub fn new(policy: Policy, random: fastrand::Rng) -> Self {
        Self {
            policy,
            state: State::Idle,
            failures: 0,
            generation: 0,
            stopping: false,
            reason: String::new(),
            random,
        }
    }

    /// Takes an input and appends what is to be done to `actions`. Inputs that
    /// come too late for the present state do nothing.
    pub fn handle(&mut self, input: Input, now: Instant, actions: &mut Vec<Action>) {
        match input {
            Input::Start if self.state == State::Idle => self.dial(now, actions),
            Input::Dialled => {
                if let State::Connecting { dialled, .. } = &mut self.state {
                    *dialled = true;
                }
            }
            Input::Connected if self.is_connecting() => {
                self.generation += 1;
                self.reason.clear();
                let next_ping = self.policy.ping_interval.map(|interval| now + interval);
                self.state = State::Live {
                    next_ping,
                    pong_by: None,
                };
                actions.push(Action::Subscribe);
            }
            Input::ConnectFailed(failure) if self.is_connecting() => {
                self.attempt_failed(failure, now, actions);
            }
            Input::Heard => {
                if let State::Live { pong_by, .. } = &mut self.state {
                    *pong_by = None;
                }
            }
            Input::Message if self.is_live() => self.failures = 0,
            Input::Lost(loss) => self.lost(loss, now, actions),
            Input::Pause => self.pause(now, actions),
            Input::Resume => self.resume(now, actions),
            Input::Stop => self.stop(now, actions),
            Input::Timer => self.timer(now, actions),
            _ => {}
        }
    }

    /// When [`Input::Timer`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Connecting { deadline, .. } | State::Closing { deadline, .. } => Some(deadline),
            State::Live { next_ping, pong_by } => pong_by.or(next_ping),
            State::Waiting { until, .. } => Some(until),
            State::Idle | State::Paused | State::Closed | State::Failed => None,
        }
    }

    /// Whether frames are to be read.
    pub fn is_open(&self) -> bool {
        self.is_live() || matches!(self.state, State::Closing { .. })
    }

    /// Whether the connection is live and not being closed.
    pub fn is_live(&self) -> bool {
        matches!(self.state, State::Live { .. })
    }

    /// Whether the session has ended.
    pub fn is_ended(&self) -> bool {
        matches!(self.state, State::Closed | State::Failed)
    }

    /// What the session is doing.
    pub fn phase(&self) -> Phase {
        match self.state {
            State::Idle | State::Connecting { dialled: false, .. } => Phase::Connecting,
            State::Connecting { dialled: true, .. } => Phase::Handshake,
            State::Live { .. } => Phase::Live,
            State::Waiting { refused: None, .. } => Phase::BackingOff,
            State::Waiting {
                refused: Some(_), ..
            } => Phase::Refused,
            State::Closing { after, .. } => match after {
                After::End => Phase::Draining,
                After::Rest => Phase::Paused,
                After::Dial => Phase::Connecting,
            },
            State::Paused => Phase::Paused,
            State::Closed => Phase::Closed,
            State::Failed => Phase::Failed,
        }
    }

    /// Why it is doing it; empty while nothing is wrong.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The status with which the server refused the last attempt, while
    /// waiting because of it.
    pub fn refused_status(&self) -> Option<u16> {
        match self.state {
            State::Waiting { refused, .. } => refused,
            _ => None,
        }
    }

    /// Failed attempts since the last message.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Connections established so far.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    fn is_connecting(&self) -> bool {
        matches!(self.state, State::Connecting { .. })
    }

    fn dial(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let deadline = now + self.policy.connection_timeout;
        self.state = State::Connecting {
            deadline,
            dialled: false,
        };
        actions.push(Action::Dial {
            attempt: self.failures,
        });
    }

    fn attempt_failed(&mut self, failure: ConnectFailure, now: Instant, actions: &mut Vec<Action>) {
        self.reason = failure.explained();
        let refused = match &failure {
            ConnectFailure::Refused(refusal) => Some(refusal.status),
            _ => None,
        };
        let retry_after = failure.retry_after();
        actions.push(Action::ReportFailed(self.failures, failure));
        self.retry(refused, retry_after, now, actions);
    }

    fn lost(&mut self, loss: Loss, now: Instant, actions: &mut Vec<Action>) {
        match self.state {
            State::Closing { after, .. } => self.closed(after, now, actions),
            State::Live { .. } => {
                match &loss {
                    Loss::ClosedByServer { code, .. } => {
                        actions.push(Action::SendClose(*code, String::new()));
                    }
                    Loss::Violation { code, text } => {
                        actions.push(Action::SendClose(*code, text.clone()));
                    }
                    Loss::Broken(_) | Loss::PongTimeout(_) => {}
                }
                actions.push(Action::HangUp);
                self.reason = loss.to_string();
                actions.push(Action::ReportLost(loss));
                self.retry(None, None, now, actions);
            }
            _ => {}
        }
    }

    /// Waits for the next attempt, or fails if there is none.
    fn retry(
        &mut self,
        refused: Option<u16>,
        retry_after: Option<Duration>,
        now: Instant,
        actions: &mut Vec<Action>,
    ) {
        let used_up = self
            .policy
            .max_attempts
            .is_some_and(|max| self.failures >= max);
        if !self.policy.reconnect || used_up {
            let why = if used_up && self.policy.reconnect {
                format!(
                    "{} reconnection attempts failed (websocket.reconnect.max.attempts)",
                    self.failures
                )
            } else {
                "reconnecting is disabled (websocket.reconnect.enabled=false)".to_owned()
            };
            self.state = State::Failed;
            actions.push(Action::Fail(format!("{}; {why}", self.reason)));
            return;
        }
        let delay = self
            .policy
            .backoff
            .delay(self.failures, self.random.f64(), retry_after);
        self.failures = self.failures.saturating_add(1);
        self.state = State::Waiting {
            until: now + delay,
            refused,
        };
        actions.push(Action::ReportWaiting(self.failures, delay));
    }

    fn stop(&mut self, now: Instant, actions: &mut Vec<Action>) {
        if self.stopping {
            return;
        }
        self.stopping = true;
        match &mut self.state {
            State::Live { .. } => self.close(After::End, now, actions),
            State::Closing { after, .. } => *after = After::End,
            State::Closed | State::Failed => {}
            _ => {
                actions.push(Action::HangUp);
                self.end(actions);
            }
        }
    }

    /// Gives the connection, or the wait for one, up until it is wanted again.
    fn pause(&mut self, now: Instant, actions: &mut Vec<Action>) {
        match &mut self.state {
            State::Live { .. } => self.close(After::Rest, now, actions),
            State::Closing { after, .. } if *after == After::Dial => *after = After::Rest,
            State::Idle | State::Waiting { .. } => self.state = State::Paused,
            State::Connecting { .. } => {
                actions.push(Action::HangUp);
                self.state = State::Paused;
            }
            State::Closing { .. } | State::Paused | State::Closed | State::Failed => return,
        }
        self.reason.clear();
    }

    fn resume(&mut self, now: Instant, actions: &mut Vec<Action>) {
        match &mut self.state {
            State::Paused => self.dial(now, actions),
            State::Closing { after, .. } if *after == After::Rest => *after = After::Dial,
            _ => {}
        }
    }

    fn close(&mut self, after: After, now: Instant, actions: &mut Vec<Action>) {
        self.state = State::Closing {
            deadline: now + self.policy.close_timeout,
            after,
        };
        actions.push(Action::SendClose(1000, String::new()));
    }

    /// The connection that we have asked to close is closed, or has had its
    /// time.
    fn closed(&mut self, after: After, now: Instant, actions: &mut Vec<Action>) {
        actions.push(Action::HangUp);
        match after {
            After::End => self.end(actions),
            After::Rest => self.state = State::Paused,
            After::Dial => self.dial(now, actions),
        }
    }

    fn end(&mut self, actions: &mut Vec<Action>) {
        self.state = State::Closed;
        actions.push(Action::End);
    }

    fn timer(&mut self, now: Instant, actions: &mut Vec<Action>) {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        match self.state {
            State::Connecting { .. } => {
                actions.push(Action::HangUp);
                let failure = ConnectFailure::Timeout(self.policy.connection_timeout.as_millis());
                self.attempt_failed(failure, now, actions);
            }
            State::Waiting { .. } => self.dial(now, actions),
            State::Closing { after, .. } => self.closed(after, now, actions),
            State::Live {
                pong_by: Some(_), ..
            } => {
                let loss = Loss::PongTimeout(self.policy.pong_timeout.as_millis());
                self.lost(loss, now, actions);
            }
            State::Live { pong_by: None, .. } => {
                self.state = State::Live {
                    next_ping: self.policy.ping_interval.map(|interval| now + interval),
                    pong_by: Some(now + self.policy.pong_timeout),
                };
                actions.push(Action::SendPing);
            }
            State::Idle | State::Paused | State::Closed | State::Failed => {}
        }
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
#[cfg(test)]
#[path = "transition_tests.rs"]
mod transition_tests;
