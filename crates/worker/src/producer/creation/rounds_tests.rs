//! The rounds with an admin client that answers as it is told to.

// A test that cannot go on has to panic, here as in the tests themselves.
#![allow(clippy::unwrap_used)]

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use websocket_source::sink::{Delivery, SinkError};

use super::calls::{AdminCalls, Event};
use super::rounds::Rounds;
use super::*;
use crate::producer::native::event::TopicAnswers;
use crate::producer::native::{Code, NewTopic};
use crate::topic_creation::parse;

const DONE: Code = Code::RD_KAFKA_RESP_ERR_NO_ERROR;
const MISSING: Code = Code::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
const NOT_CONTROLLER: Code = Code::RD_KAFKA_RESP_ERR_NOT_CONTROLLER;

/// What the client does with a request.
enum Reply {
    /// Answers so for each of its topics, after a while.
    Answer(Code, Duration),
    /// Answers so only once the next request has been made.
    Late(Code),
    /// Does this and never answers.
    Never(Box<dyn FnOnce()>),
}

/// An admin client with its own time.
struct Fake {
    now: Cell<Instant>,
    replies: RefCell<VecDeque<Reply>>,
    events: RefCell<VecDeque<(u64, TopicAnswers)>>,
    late: RefCell<VecDeque<(u64, TopicAnswers)>>,
    /// Done when nothing is left to tell.
    idle: RefCell<Option<Box<dyn FnOnce()>>>,
    requests: RefCell<Vec<String>>,
}

impl Fake {
    fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self {
            now: Cell::new(Instant::now()),
            replies: RefCell::new(replies.into_iter().collect()),
            events: RefCell::default(),
            late: RefCell::default(),
            idle: RefCell::default(),
            requests: RefCell::default(),
        }
    }

    fn pass(&self, time: Duration) {
        self.now.set(self.now.get() + time);
    }

    fn request(&self, what: &str, names: &[&str], request: u64) {
        let made = format!("{what} {}", names.join(","));
        self.requests.borrow_mut().push(made);
        self.events.borrow_mut().extend(self.late.take());
        let answers = |code: Code| {
            let names = names.iter();
            let answers = names.map(|name| ((*name).to_owned(), (code, "why".to_owned())));
            (request, Ok(answers.collect()))
        };
        let reply = self.replies.borrow_mut().pop_front();
        match reply.expect("a request too many") {
            Reply::Answer(code, after) => {
                self.pass(after);
                self.events.borrow_mut().push_back(answers(code));
            }
            Reply::Late(code) => self.late.borrow_mut().push_back(answers(code)),
            Reply::Never(then) => *self.idle.borrow_mut() = Some(then),
        }
    }
}

impl AdminCalls for &Fake {
    fn describe(&self, names: &[&str], request: u64) -> Result<(), String> {
        self.request("describe", names, request);
        Ok(())
    }

    fn create(&self, topics: &[NewTopic<'_>], request: u64) -> Result<(), String> {
        let names: Vec<_> = topics.iter().map(|topic| topic.name).collect();
        self.request("create", &names, request);
        Ok(())
    }

    fn next(&self, wait: Duration) -> Option<Event> {
        let event = self.events.borrow_mut().pop_front();
        if let Some((request, answers)) = event {
            return Some(Event::Topics(request, answers));
        }
        self.pass(wait);
        if let Some(idle) = self.idle.take() {
            idle();
        }
        None
    }

    fn now(&self) -> Instant {
        self.now.get()
    }
}

fn at_once(code: Code) -> Reply {
    Reply::Answer(code, Duration::ZERO)
}

/// The rounds over a client, and what makes a gate of one of their tasks.
fn rounds(client: &Fake) -> (Rounds<&Fake>, impl Fn() -> Gate) {
    let config = ["partitions", "replication.factor"];
    let config = config.map(|name| (format!("topic.creation.default.{name}"), "1".to_owned()));
    let groups = parse(&BTreeMap::from(config)).unwrap().0;
    let (tickets, asked) = channel();
    let stop = Arc::new(AtomicBool::new(false));
    let admin = Arc::new(TopicAdmin::of(tickets, Arc::clone(&stop)));
    let rounds = Rounds::new(client, "b:1".to_owned(), asked, stop);
    let gate = move || {
        let creator = TopicCreator::new(groups.clone(), Arc::clone(&admin), "c");
        let delivery = Arc::new(Delivery::new(Arc::default()));
        Gate::new(Some(Arc::new(creator)), delivery)
    };
    (rounds, gate)
}

fn ask(gate: &mut Gate, topic: &str) {
    assert_eq!(gate.ask(topic), Ok(Passage::Wait));
}

fn failure(gate: &mut Gate, topic: &str) -> String {
    match gate.ask(topic) {
        Err(SinkError::NoTopic(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_request_looks_for_all_topics_and_another_creates_those_that_are_missing() {
    let client = Fake::new([at_once(MISSING), at_once(DONE)]);
    let (mut rounds, gate) = rounds(&client);
    let (mut one, mut two) = (gate(), gate());
    ask(&mut one, "t");
    ask(&mut two, "u");
    rounds.gather();
    assert!(rounds.round());
    assert_eq!(*client.requests.borrow(), ["describe t,u", "create t,u"]);
    assert_eq!(one.ask("t"), Ok(Passage::Open));
    assert_eq!(two.ask("u"), Ok(Passage::Open));
}

#[test]
fn of_several_tickets_for_one_topic_the_first_creates_it_and_the_others_find_it() {
    let client = Fake::new([at_once(MISSING), at_once(DONE), at_once(DONE)]);
    let (mut rounds, gate) = rounds(&client);
    let (mut one, mut two) = (gate(), gate());
    ask(&mut one, "t");
    ask(&mut two, "t");
    rounds.gather();
    assert!(rounds.round());
    assert_eq!(one.ask("t"), Ok(Passage::Open));
    assert_eq!(two.ask("t"), Ok(Passage::Wait));
    assert!(rounds.round());
    assert_eq!(two.ask("t"), Ok(Passage::Open));
    let made = ["describe t", "create t", "describe t"];
    assert_eq!(*client.requests.borrow(), made);
}

#[test]
fn a_passing_error_is_tried_again_for_as_long_as_java_does_from_the_first_try_to_create() {
    let client = Fake::new([
        // Kafka is down for longer than any try may take.
        Reply::Answer(Code::RD_KAFKA_RESP_ERR__TIMED_OUT, Duration::from_secs(600)),
        at_once(MISSING),
        at_once(NOT_CONTROLLER),
        at_once(MISSING),
        Reply::Answer(Code::RD_KAFKA_RESP_ERR__TRANSPORT, Duration::from_secs(59)),
        at_once(MISSING),
        Reply::Answer(NOT_CONTROLLER, Duration::from_secs(1)),
    ]);
    let (mut rounds, gate) = rounds(&client);
    let mut gate = gate();
    ask(&mut gate, "t");
    rounds.gather();
    for _ in 0..3 {
        assert!(!rounds.round());
        assert_eq!(gate.ask("t"), Ok(Passage::Wait));
    }
    assert!(rounds.round());
    let why = failure(&mut gate, "t");
    assert!(why.contains("NotControllerException: why"), "{why}");
}

#[test]
fn whatever_java_tries_again_is_tried_again_in_looking_and_in_creating() {
    let codes = [
        Code::RD_KAFKA_RESP_ERR__TRANSPORT,
        Code::RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
        Code::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
        Code::RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
        Code::RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
        Code::RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED,
    ];
    for code in codes {
        let client = Fake::new([
            at_once(code),
            at_once(MISSING),
            at_once(code),
            at_once(MISSING),
            at_once(DONE),
        ]);
        let (mut rounds, gate) = rounds(&client);
        let mut gate = gate();
        ask(&mut gate, "t");
        rounds.gather();
        assert_eq!([(); 3].map(|()| rounds.round()), [false, false, true]);
        assert_eq!(gate.ask("t"), Ok(Passage::Open), "{code:?}");
    }
}

#[test]
fn what_does_not_pass_fails_the_task() {
    let refused = Code::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    let client = Fake::new([at_once(refused)]);
    let (mut rounds, gate) = rounds(&client);
    let mut gate = gate();
    ask(&mut gate, "t");
    rounds.gather();
    assert!(rounds.round());
    let why = failure(&mut gate, "t");
    assert!(
        why.starts_with("Not authorized to describe topic(s) 't' on the brokers b:1"),
        "{why}"
    );
}

#[test]
fn a_round_that_nobody_waits_for_is_given_up() {
    let client = Fake::new([]);
    let (mut rounds, gate) = rounds(&client);
    let mut gate = gate();
    ask(&mut gate, "t");
    let leave = Reply::Never(Box::new(move || drop(gate)));
    client.replies.borrow_mut().push_back(leave);
    rounds.gather();
    assert!(!rounds.round());
    rounds.gather();
    assert_eq!(
        *client.requests.borrow(),
        ["describe t"],
        "it is not created"
    );
}

#[test]
fn a_topic_whose_task_has_gone_meanwhile_is_not_created() {
    let client = Fake::new([]);
    let (mut rounds, gate) = rounds(&client);
    let (mut one, mut two) = (gate(), gate());
    ask(&mut one, "t");
    ask(&mut two, "u");
    rounds.gather();
    drop(one);
    client
        .replies
        .borrow_mut()
        .extend([at_once(MISSING), at_once(DONE)]);
    assert!(rounds.round());
    assert_eq!(*client.requests.borrow(), ["describe t,u", "create u"]);
    assert_eq!(two.ask("u"), Ok(Passage::Open));
}

#[test]
fn a_late_answer_is_not_taken_for_the_next_one_s() {
    let client = Fake::new([
        // It says that the topic is there, which was so when it was asked.
        Reply::Late(DONE),
        at_once(MISSING),
        at_once(DONE),
    ]);
    let (mut rounds, gate) = rounds(&client);
    let mut gone = gate();
    ask(&mut gone, "t");
    rounds.gather();
    *client.idle.borrow_mut() = Some(Box::new(move || drop(gone)));
    assert!(!rounds.round(), "it is given up");
    let mut gate = gate();
    ask(&mut gate, "t");
    rounds.gather();
    assert!(rounds.round());
    let made = ["describe t", "describe t", "create t"];
    assert_eq!(*client.requests.borrow(), made);
    assert_eq!(gate.ask("t"), Ok(Passage::Open));
}
