//! The whole table: every state with every input. What is not listed must do
//! nothing at all.

use super::*;
use crate::handshake::Refusal;

const RECONNECT: Policy = Policy {
    reconnect: true,
    max_attempts: None,
    backoff: Backoff {
        interval: Duration::from_secs(5),
        max: Duration::from_secs(60),
    },
    connection_timeout: Duration::from_secs(30),
    ping_interval: Some(Duration::from_secs(20)),
    pong_timeout: Duration::from_secs(10),
    close_timeout: Duration::from_secs(1),
};

/// The session's states; those with data of their own once for each kind.
const STATES: [&str; 13] = [
    "idle",
    "connecting",
    "handshake",
    "live",
    "live, pinged",
    "backing off",
    "refused",
    "closing",
    "pausing",
    "resuming",
    "paused",
    "closed",
    "failed",
];

const INPUTS: [&str; 14] = [
    "start",
    "dialled",
    "connected",
    "connect failed",
    "connect refused",
    "heard",
    "message",
    "lost: closed by server",
    "lost: broken",
    "lost: violation",
    "pause",
    "resume",
    "stop",
    "timer",
];

/// What a transition leads to: actions and phase.
type Row = (&'static str, &'static str, &'static [&'static str], Phase);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    ("idle", "start", &["dial 0"], Phase::Connecting),
    ("idle", "stop", &["hang up", "end"], Phase::Closed),
    ("connecting", "dialled", &[], Phase::Handshake),
    ("connecting", "connected", &["subscribe"], Phase::Live),
    ("connecting", "connect failed", &["failed 1", "waiting 2"], Phase::BackingOff),
    ("connecting", "connect refused", &["failed 1", "waiting 2"], Phase::Refused),
    ("connecting", "stop", &["hang up", "end"], Phase::Closed),
    ("connecting", "timer", &["hang up", "failed 1", "waiting 2"], Phase::BackingOff),
    ("handshake", "connected", &["subscribe"], Phase::Live),
    ("handshake", "connect failed", &["failed 1", "waiting 2"], Phase::BackingOff),
    ("handshake", "connect refused", &["failed 1", "waiting 2"], Phase::Refused),
    ("handshake", "stop", &["hang up", "end"], Phase::Closed),
    ("handshake", "timer", &["hang up", "failed 1", "waiting 2"], Phase::BackingOff),
    // The attempts are counted from zero again, which only `failures` shows.
    ("live", "message", &[], Phase::Live),
    ("live", "lost: closed by server", &["close 1001", "hang up", "lost", "waiting 2"], Phase::BackingOff),
    ("live", "lost: broken", &["hang up", "lost", "waiting 2"], Phase::BackingOff),
    ("live", "lost: violation", &["close 1007", "hang up", "lost", "waiting 2"], Phase::BackingOff),
    ("live", "stop", &["close 1000"], Phase::Draining),
    ("live", "timer", &["ping"], Phase::Live),
    // The pong is not waited for any longer, which only the deadline shows.
    ("live, pinged", "heard", &[], Phase::Live),
    ("live, pinged", "message", &[], Phase::Live),
    ("live, pinged", "lost: closed by server", &["close 1001", "hang up", "lost", "waiting 2"], Phase::BackingOff),
    ("live, pinged", "lost: broken", &["hang up", "lost", "waiting 2"], Phase::BackingOff),
    ("live, pinged", "lost: violation", &["close 1007", "hang up", "lost", "waiting 2"], Phase::BackingOff),
    ("live, pinged", "stop", &["close 1000"], Phase::Draining),
    ("live, pinged", "timer", &["hang up", "lost", "waiting 2"], Phase::BackingOff),
    ("backing off", "stop", &["hang up", "end"], Phase::Closed),
    ("backing off", "timer", &["dial 1"], Phase::Connecting),
    ("refused", "stop", &["hang up", "end"], Phase::Closed),
    ("refused", "timer", &["dial 1"], Phase::Connecting),
    ("closing", "lost: closed by server", &["hang up", "end"], Phase::Closed),
    ("closing", "lost: broken", &["hang up", "end"], Phase::Closed),
    ("closing", "lost: violation", &["hang up", "end"], Phase::Closed),
    ("closing", "timer", &["hang up", "end"], Phase::Closed),
    ("idle", "pause", &[], Phase::Paused),
    ("connecting", "pause", &["hang up"], Phase::Paused),
    ("handshake", "pause", &["hang up"], Phase::Paused),
    ("live", "pause", &["close 1000"], Phase::Paused),
    ("live, pinged", "pause", &["close 1000"], Phase::Paused),
    ("backing off", "pause", &[], Phase::Paused),
    ("refused", "pause", &[], Phase::Paused),
    ("pausing", "resume", &[], Phase::Connecting),
    ("pausing", "stop", &[], Phase::Draining),
    // That the connection is closed only the deadline shows.
    ("pausing", "lost: closed by server", &["hang up"], Phase::Paused),
    ("pausing", "lost: broken", &["hang up"], Phase::Paused),
    ("pausing", "lost: violation", &["hang up"], Phase::Paused),
    ("pausing", "timer", &["hang up"], Phase::Paused),
    ("resuming", "pause", &[], Phase::Paused),
    ("resuming", "stop", &[], Phase::Draining),
    ("resuming", "lost: closed by server", &["hang up", "dial 1"], Phase::Connecting),
    ("resuming", "lost: broken", &["hang up", "dial 1"], Phase::Connecting),
    ("resuming", "lost: violation", &["hang up", "dial 1"], Phase::Connecting),
    ("resuming", "timer", &["hang up", "dial 1"], Phase::Connecting),
    ("paused", "resume", &["dial 1"], Phase::Connecting),
    ("paused", "stop", &["hang up", "end"], Phase::Closed),
];

/// Everything that can be seen of a session.
type Seen = (Phase, Option<Instant>, u32, u64, String, Option<u16>);

struct Bench {
    session: Session,
    now: Instant,
}

impl Bench {
    fn new(policy: Policy) -> Self {
        Self {
            session: Session::new(policy, fastrand::Rng::with_seed(1)),
            now: Instant::now(),
        }
    }

    fn give(&mut self, input: Input) -> Vec<String> {
        let mut actions = Vec::new();
        self.session.handle(input, self.now, &mut actions);
        actions.iter().map(word).collect()
    }

    /// Gives the input of this name; the timer when it is due, or an hour
    /// later where nothing is.
    fn give_named(&mut self, name: &str) -> Vec<String> {
        if name == "timer" {
            let later = self.now + Duration::from_secs(3600);
            self.now = self.session.deadline().unwrap_or(later);
        }
        self.give(input(name))
    }

    fn seen(&self) -> Seen {
        let session = &self.session;
        (
            session.phase(),
            session.deadline(),
            session.failures(),
            session.generation(),
            session.reason().to_owned(),
            session.refused_status(),
        )
    }

    /// A session in the state of this name. But for the idle one it has failed
    /// once, so that what counts attempts can be told from what does not.
    fn in_state(state: &str, policy: Policy) -> Self {
        let mut bench = Self::new(policy);
        let mut steps: Vec<&str> = match state {
            "idle" => return bench,
            "backing off" => vec!["start", "connect failed"],
            "refused" => vec!["start", "connect refused"],
            _ => vec!["start", "connect failed", "timer"],
        };
        steps.extend_from_slice(match state {
            "handshake" => &["dialled"],
            "live" => &["connected"],
            "live, pinged" => &["connected", "timer"],
            "closing" => &["connected", "stop"],
            "pausing" => &["connected", "pause"],
            "resuming" => &["connected", "pause", "resume"],
            "paused" => &["pause"],
            "closed" => &["stop"],
            _ => &[],
        });
        if state == "failed" {
            bench.session.policy.max_attempts = Some(1);
            steps.push("connect failed");
        }
        for step in steps {
            bench.give_named(step);
        }
        bench
    }
}

fn input(name: &str) -> Input {
    let text = "text".to_owned();
    match name {
        "start" => Input::Start,
        "dialled" => Input::Dialled,
        "connected" => Input::Connected,
        "connect failed" => Input::ConnectFailed(ConnectFailure::Tls(text)),
        "connect refused" => Input::ConnectFailed(ConnectFailure::Refused(Refusal {
            status: 403,
            reason: text,
            retry_after: None,
            location: None,
            body: String::new(),
        })),
        "heard" => Input::Heard,
        "message" => Input::Message,
        "lost: closed by server" => Input::Lost(Loss::ClosedByServer {
            code: 1001,
            reason: text,
        }),
        "lost: broken" => Input::Lost(Loss::Broken(text)),
        "lost: violation" => Input::Lost(Loss::Violation { code: 1007, text }),
        "pause" => Input::Pause,
        "resume" => Input::Resume,
        "stop" => Input::Stop,
        "timer" => Input::Timer,
        other => panic!("no input {other}"),
    }
}

fn word(action: &Action) -> String {
    match action {
        Action::Dial { attempt } => format!("dial {attempt}"),
        Action::Subscribe => "subscribe".to_owned(),
        Action::SendPing => "ping".to_owned(),
        Action::SendClose(code, _) => format!("close {code}"),
        Action::HangUp => "hang up".to_owned(),
        Action::ReportFailed(attempt, _) => format!("failed {attempt}"),
        Action::ReportLost(_) => "lost".to_owned(),
        Action::ReportWaiting(attempt, _) => format!("waiting {attempt}"),
        Action::Fail(_) => "fail".to_owned(),
        Action::End => "end".to_owned(),
    }
}

#[test]
fn every_state_does_with_every_input_what_the_table_says_or_nothing() {
    let mut listed = 0;
    for state in STATES {
        for name in INPUTS {
            let mut bench = Bench::in_state(state, RECONNECT);
            let before = bench.seen();
            let actions = bench.give_named(name);
            let after = bench.seen();
            match TABLE.iter().find(|row| (row.0, row.1) == (state, name)) {
                Some((_, _, expected, phase)) => {
                    listed += 1;
                    assert_eq!(actions, *expected, "{state}, {name}");
                    assert_eq!(after.0, *phase, "{state}, {name}");
                    assert_ne!(before, after, "{state}, {name}: not to be seen");
                }
                None => assert_eq!((actions, after), (Vec::new(), before), "{state}, {name}"),
            }
        }
    }
    assert_eq!(listed, TABLE.len(), "a row is of no state or input");
}

#[test]
fn no_timer_acts_before_it_is_due() {
    for state in STATES {
        let mut bench = Bench::in_state(state, RECONNECT);
        let Some(deadline) = bench.session.deadline() else {
            continue;
        };
        let before = bench.seen();
        bench.now = deadline
            .checked_sub(Duration::from_nanos(1))
            .expect("later than the epoch");
        assert_eq!(
            (bench.give(Input::Timer), bench.seen()),
            (vec![], before),
            "{state}"
        );
    }
}

/// The ways in which an attempt or a connection ends, and what is done before
/// the next attempt.
fn ends() -> Vec<&'static Row> {
    let waits = |row: &&Row| row.2.last() == Some(&"waiting 2");
    let ends: Vec<_> = TABLE.iter().filter(waits).collect();
    assert_eq!(ends.len(), 13);
    ends
}

/// Where nothing else is done than `row` says, but that the task fails; and
/// the reason of that.
fn fails(row: &Row, policy: Policy) -> String {
    let (state, name, expected, _) = row;
    let mut bench = Bench::in_state(state, RECONNECT);
    bench.session.policy = policy;
    if *name == "timer" {
        bench.now = bench.session.deadline().expect("a deadline");
    }
    let mut actions = Vec::new();
    bench.session.handle(input(name), bench.now, &mut actions);
    let words: Vec<_> = actions.iter().map(word).collect();
    let (last, others) = expected.split_last().expect("actions");
    assert_eq!(*last, "waiting 2");
    assert_eq!(words, [others, &["fail"]].concat(), "{state}, {name}");
    assert_eq!(bench.session.phase(), Phase::Failed, "{state}, {name}");
    assert_eq!(bench.session.deadline(), None);
    match actions.pop() {
        Some(Action::Fail(reason)) => {
            let cause = bench.session.reason();
            assert!(!cause.is_empty() && reason.starts_with(cause), "{reason}");
            reason
        }
        other => panic!("not failed: {other:?}"),
    }
}

#[test]
fn without_reconnect_every_end_of_an_attempt_or_a_connection_fails_the_task() {
    let policy = Policy {
        reconnect: false,
        ..RECONNECT
    };
    for row in ends() {
        let reason = fails(row, policy);
        assert!(
            reason.ends_with("; reconnecting is disabled (websocket.reconnect.enabled=false)"),
            "{reason}"
        );
    }
}

#[test]
fn with_its_attempts_used_up_every_end_of_an_attempt_or_a_connection_fails_the_task() {
    let attempts = |max| Policy {
        max_attempts: Some(max),
        ..RECONNECT
    };
    for row in ends() {
        let reason = fails(row, attempts(1));
        assert!(
            reason.ends_with("; 1 reconnection attempts failed (websocket.reconnect.max.attempts)"),
            "{reason}"
        );
        // One more is one more.
        let mut bench = Bench::in_state(row.0, attempts(2));
        assert_eq!(bench.give_named(row.1), row.2);
    }
}

#[test]
fn a_session_that_has_been_stopped_is_not_stopped_again() {
    for state in STATES {
        let mut bench = Bench::in_state(state, RECONNECT);
        bench.give(Input::Stop);
        let before = bench.seen();
        assert_eq!((bench.give(Input::Stop), bench.seen()), (vec![], before));
    }
}
