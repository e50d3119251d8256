//! Every transition, on a clock that only moves when told to.

use super::*;
use crate::handshake::Refusal;

const INTERVAL: Duration = Duration::from_secs(5);

struct Bench {
    session: Session,
    now: Instant,
}

fn policy() -> Policy {
    Policy {
        reconnect: true,
        max_attempts: None,
        backoff: Backoff {
            interval: INTERVAL,
            max: Duration::from_secs(60),
        },
        connection_timeout: Duration::from_secs(30),
        ping_interval: Some(Duration::from_secs(20)),
        pong_timeout: Duration::from_secs(10),
        close_timeout: Duration::from_secs(1),
    }
}

impl Bench {
    fn new(policy: Policy) -> Self {
        Self::seeded(policy, 7)
    }

    fn seeded(policy: Policy, seed: u64) -> Self {
        Self {
            session: Session::new(policy, fastrand::Rng::with_seed(seed)),
            now: Instant::now(),
        }
    }

    fn live(policy: Policy) -> Self {
        let mut bench = Self::new(policy);
        bench.give(Input::Start);
        bench.give(Input::Dialled);
        bench.give(Input::Connected);
        bench
    }

    fn give(&mut self, input: Input) -> Vec<Action> {
        let mut actions = Vec::new();
        self.session.handle(input, self.now, &mut actions);
        actions
    }

    /// Moves the clock to the deadline, checks that nothing happens before
    /// it, and lets it pass.
    fn pass(&mut self) -> (Duration, Vec<Action>) {
        let deadline = self.session.deadline().expect("a deadline");
        let waited = deadline - self.now;
        self.now = deadline
            .checked_sub(Duration::from_nanos(1))
            .expect("later than the epoch");
        assert_eq!(self.give(Input::Timer), [], "the timer acts early");
        self.now = deadline;
        (waited, self.give(Input::Timer))
    }
}

fn broken() -> Input {
    Input::ConnectFailed(ConnectFailure::Broken("reset".to_owned()))
}

fn refused(status: u16, retry_after: Option<Duration>) -> Input {
    Input::ConnectFailed(ConnectFailure::Refused(Refusal {
        status,
        reason: "No".to_owned(),
        retry_after,
        location: None,
        body: String::new(),
    }))
}

fn delay(actions: &[Action]) -> Duration {
    match actions.last() {
        Some(Action::ReportWaiting(_, delay)) => *delay,
        other => panic!("not waiting: {other:?}"),
    }
}

#[test]
fn two_clients_do_not_return_at_the_same_moment() {
    let delays: Vec<_> = (0..20)
        .map(|seed| {
            let mut bench = Bench::seeded(policy(), seed);
            bench.give(Input::Start);
            delay(&bench.give(broken()))
        })
        .collect();
    assert_ne!(delays[0], delays[1]);
    let (least, most) = (delays.iter().min(), delays.iter().max());
    let (least, most) = (*least.expect("a delay"), *most.expect("a delay"));
    assert!(least >= INTERVAL && most <= INTERVAL.mul_f64(1.25));
    // The range is used, not just a part of it.
    assert!(most > least + INTERVAL.mul_f64(0.125), "{least:?} {most:?}");
}

#[test]
fn start_dials_once() {
    let mut bench = Bench::new(policy());
    assert_eq!(bench.session.deadline(), None);
    assert_eq!(bench.give(Input::Start), [Action::Dial { attempt: 0 }]);
    assert_eq!(bench.session.phase(), Phase::Connecting);
    assert_eq!(bench.give(Input::Start), []);
    bench.give(Input::Dialled);
    assert_eq!(bench.session.phase(), Phase::Handshake);
}

#[test]
fn every_connection_subscribes_and_has_its_generation() {
    let mut bench = Bench::live(policy());
    assert_eq!(bench.session.generation(), 1);
    bench.give(Input::Lost(Loss::Broken("eof".to_owned())));
    let (_, actions) = bench.pass();
    assert_eq!(actions, [Action::Dial { attempt: 1 }]);
    assert_eq!(bench.give(Input::Connected), [Action::Subscribe]);
    assert_eq!(bench.session.generation(), 2);
    assert_eq!(bench.session.reason(), "");
}

#[test]
fn the_timeout_covers_dialling_and_handshake() {
    let mut bench = Bench::new(policy());
    bench.give(Input::Start);
    bench.now += Duration::from_secs(29);
    bench.give(Input::Dialled);
    let (rest, actions) = bench.pass();
    assert_eq!(rest, Duration::from_secs(1));
    assert_eq!(actions[0], Action::HangUp);
    assert!(matches!(
        actions[1],
        Action::ReportFailed(0, ConnectFailure::Timeout(30_000))
    ));
    assert_eq!(bench.session.phase(), Phase::BackingOff);
}

#[test]
fn delays_double_and_only_a_message_resets_them() {
    let mut bench = Bench::new(policy());
    bench.give(Input::Start);
    let mut last = Duration::ZERO;
    for _ in 0..3 {
        let next = delay(&bench.give(broken()));
        assert!(next >= INTERVAL && next > last, "{next:?} after {last:?}");
        last = next;
        bench.pass();
    }
    bench.give(Input::Connected);
    bench.give(Input::Heard);
    let silent = delay(&bench.give(Input::Lost(Loss::Broken("eof".to_owned()))));
    assert!(
        silent > last,
        "a connection without a message resets nothing"
    );
    bench.pass();
    bench.give(Input::Connected);
    bench.give(Input::Message);
    assert_eq!(bench.session.failures(), 0);
    let fresh = delay(&bench.give(Input::Lost(Loss::Broken("eof".to_owned()))));
    assert!(fresh >= INTERVAL && fresh <= INTERVAL.mul_f64(1.25));
}

#[test]
fn a_refusal_is_a_state_of_its_own_with_the_servers_words() {
    let mut bench = Bench::new(policy());
    bench.give(Input::Start);
    bench.give(Input::Dialled);
    bench.give(refused(403, None));
    assert_eq!(bench.session.phase(), Phase::Refused);
    assert_eq!(bench.session.refused_status(), Some(403));
    assert_eq!(
        bench.session.reason(),
        "ProtocolException: Expected HTTP 101 response but was '403 No'"
    );
    let (_, actions) = bench.pass();
    assert_eq!(actions, [Action::Dial { attempt: 1 }]);
    assert_eq!(bench.session.refused_status(), None);
}

#[test]
fn the_reason_has_as_much_of_the_servers_words_as_is_worth_showing() {
    let mut bench = Bench::new(policy());
    bench.give(Input::Start);
    let body = "é".repeat(1_000);
    bench.give(Input::ConnectFailed(ConnectFailure::Refused(Refusal {
        status: 401,
        reason: "Unauthorized".to_owned(),
        retry_after: None,
        location: None,
        body,
    })));
    let expected = format!(
        "ProtocolException: Expected HTTP 101 response but was '401 Unauthorized'; \
         the server says: {}",
        "é".repeat(200)
    );
    assert_eq!(bench.session.reason(), expected);
}

#[test]
fn retry_after_is_obeyed() {
    let asked = Duration::from_secs(300);
    for status in [418, 429, 503] {
        let mut bench = Bench::new(policy());
        bench.give(Input::Start);
        let refusal = refused(status, Some(asked));
        assert_eq!(delay(&bench.give(refusal)), asked);
        let (waited, actions) = bench.pass();
        assert_eq!(
            (waited, actions),
            (asked, vec![Action::Dial { attempt: 1 }])
        );
    }
}

#[test]
fn attempts_end_in_failed_with_the_cause() {
    let mut bench = Bench::new(Policy {
        max_attempts: Some(2),
        ..policy()
    });
    bench.give(Input::Start);
    for _ in 0..2 {
        bench.give(broken());
        bench.pass();
    }
    let actions = bench.give(broken());
    let Some(Action::Fail(reason)) = actions.last() else {
        panic!("{actions:?}");
    };
    assert!(reason.contains("reset") && reason.contains("websocket.reconnect.max.attempts"));
    assert_eq!(bench.session.phase(), Phase::Failed);
    assert_eq!(bench.session.deadline(), None);
    assert_eq!(bench.give(Input::Timer), []);
}

#[test]
fn without_reconnect_the_first_loss_fails() {
    let mut bench = Bench::live(Policy {
        reconnect: false,
        ..policy()
    });
    let actions = bench.give(Input::Lost(Loss::Broken("eof".to_owned())));
    assert_eq!(actions[0], Action::HangUp);
    assert!(matches!(&actions[2], Action::Fail(reason)
        if reason.contains("eof") && reason.contains("websocket.reconnect.enabled")));
}

#[test]
fn the_servers_close_is_answered() {
    let mut bench = Bench::live(policy());
    let loss = Loss::ClosedByServer {
        code: 1003,
        reason: "Unsupported data".to_owned(),
    };
    let actions = bench.give(Input::Lost(loss.clone()));
    assert_eq!(
        actions[..3],
        [
            Action::SendClose(1003, String::new()),
            Action::HangUp,
            Action::ReportLost(loss),
        ]
    );
    assert_eq!(
        bench.session.reason(),
        "Connection closed by server: code=1003, reason=Unsupported data"
    );
}

#[test]
fn a_violation_is_closed_with_its_code() {
    let mut bench = Bench::live(policy());
    let loss = Loss::Violation {
        code: 1007,
        text: "not UTF-8".to_owned(),
    };
    let actions = bench.give(Input::Lost(loss));
    assert_eq!(actions[0], Action::SendClose(1007, "not UTF-8".to_owned()));
    assert_eq!(bench.session.phase(), Phase::BackingOff);
}

#[test]
fn pings_are_sent_and_any_sign_of_life_answers_them() {
    let mut bench = Bench::live(policy());
    let (waited, actions) = bench.pass();
    assert_eq!(
        (waited, actions),
        (Duration::from_secs(20), vec![Action::SendPing])
    );
    bench.now += Duration::from_secs(9);
    bench.give(Input::Heard);
    let (waited, actions) = bench.pass();
    assert_eq!(
        (waited, actions),
        (Duration::from_secs(11), vec![Action::SendPing])
    );
}

#[test]
fn silence_after_a_ping_ends_the_connection() {
    let mut bench = Bench::live(policy());
    bench.pass();
    let (waited, actions) = bench.pass();
    assert_eq!(waited, Duration::from_secs(10));
    assert_eq!(actions[0], Action::HangUp);
    assert!(matches!(
        actions[1],
        Action::ReportLost(Loss::PongTimeout(10_000))
    ));
    assert_eq!(bench.session.phase(), Phase::BackingOff);
}

#[test]
fn without_pings_a_live_session_has_no_deadline() {
    let bench = Bench::live(Policy {
        ping_interval: None,
        ..policy()
    });
    assert_eq!(bench.session.deadline(), None);
}

#[test]
fn stop_closes_a_live_connection_and_awaits_the_answer() {
    let mut bench = Bench::live(policy());
    assert_eq!(
        bench.give(Input::Stop),
        [Action::SendClose(1000, String::new())]
    );
    assert!(bench.session.is_open() && !bench.session.is_live());
    assert_eq!(bench.give(Input::Stop), []);
    let loss = Loss::ClosedByServer {
        code: 1000,
        reason: String::new(),
    };
    assert_eq!(bench.give(Input::Lost(loss)), [Action::HangUp, Action::End]);
    assert_eq!(bench.session.phase(), Phase::Closed);
}

#[test]
fn stop_does_not_wait_for_ever() {
    let mut bench = Bench::live(policy());
    bench.give(Input::Stop);
    let (waited, actions) = bench.pass();
    assert_eq!(waited, Duration::from_secs(1));
    assert_eq!(actions, [Action::HangUp, Action::End]);
}

#[test]
fn stop_ends_an_attempt_and_a_wait_at_once() {
    let mut bench = Bench::new(policy());
    bench.give(Input::Start);
    assert_eq!(bench.give(Input::Stop), [Action::HangUp, Action::End]);
    let mut bench = Bench::new(policy());
    bench.give(Input::Start);
    bench.give(broken());
    assert_eq!(bench.give(Input::Stop), [Action::HangUp, Action::End]);
    assert_eq!(bench.session.deadline(), None);
}

#[test]
fn inputs_that_come_too_late_do_nothing() {
    let mut bench = Bench::live(policy());
    assert_eq!(bench.give(broken()), []);
    assert_eq!(bench.give(Input::Connected), []);
    bench.give(Input::Lost(Loss::Broken("eof".to_owned())));
    assert_eq!(bench.give(Input::Lost(Loss::Broken("eof".to_owned()))), []);
    assert_eq!(bench.give(Input::Message), []);
    assert_eq!(bench.session.failures(), 1);
}
