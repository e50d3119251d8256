//! The thread of an admin client: in each round all topics that are waiting
//! are looked for with one request, and those that are missing are created
//! with another.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::failure::Failure;
use super::gate::Ticket;
use crate::producer::native::event::{Answer, Kind, TopicAnswers};
use crate::producer::native::{Code, Native, NewTopic, describe};
use crate::producer::reports::{give_token, log};

/// Longest wait for an answer: Java's `default.api.timeout.ms`.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Longest wait for an event before the stop flag is looked at.
const POLL: Duration = Duration::from_millis(100);
/// How often an idle client's events are served: renewed logins, log lines.
const IDLE: Duration = Duration::from_secs(1);
/// Between two tries (`AbstractWorkerSourceTask.SEND_FAILED_BACKOFF_MS`).
const BACKOFF: Duration = Duration::from_millis(100);

/// See the module's documentation.
pub(super) struct Rounds {
    native: Arc<Native>,
    brokers: String,
    asked: Receiver<Arc<Ticket>>,
    stop: Arc<AtomicBool>,
    /// Tickets that are not settled, with the time at which they came.
    waiting: Vec<(Arc<Ticket>, Instant)>,
}

/// An answer's meaning.
fn is(answer: &Answer, codes: &[Code]) -> bool {
    codes.contains(&answer.0)
}

impl Rounds {
    pub(super) fn new(
        native: Arc<Native>,
        brokers: String,
        asked: Receiver<Arc<Ticket>>,
        stop: Arc<AtomicBool>,
    ) -> Self {
        Self {
            native,
            brokers,
            asked,
            stop,
            waiting: Vec::new(),
        }
    }

    /// Serves until the client is not used any more.
    pub(super) fn serve(&mut self) {
        while !self.stop.load(Ordering::Acquire) {
            if self.waiting.is_empty() {
                match self.asked.recv_timeout(IDLE) {
                    Ok(ticket) => self.take_in(ticket),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
            while let Ok(ticket) = self.asked.try_recv() {
                self.take_in(ticket);
            }
            self.waiting.retain(|(ticket, _)| !ticket.is_cancelled());
            if self.waiting.is_empty() {
                // What has come meanwhile is not about topics any more.
                while self.event(Duration::ZERO).is_some() {}
            } else if !self.round() {
                std::thread::sleep(BACKOFF);
            }
        }
    }

    fn take_in(&mut self, ticket: Arc<Ticket>) {
        tracing::info!(
            target: "AbstractWorkerSourceTask", connector = %ticket.creator.connector, task = 0,
            "The task will send records to topic '{}' for the first time. Checking whether topic exists",
            ticket.topic
        );
        self.waiting.push((ticket, Instant::now()));
    }

    /// Serves the next event, if one comes within `wait`; `Outcome::Other` if
    /// it is no answer.
    fn event(&self, wait: Duration) -> Option<Outcome> {
        match self.native.poll(wait)?.kind() {
            Kind::Described(answers) => return Some(Outcome::Described(answers)),
            Kind::Created(answers) => return Some(Outcome::Created(answers)),
            Kind::Error(code, text) => {
                tracing::warn!(target: "TopicAdmin", "{}: {text}", describe(code).0);
            }
            Kind::Log(level, text) => log(level, &text),
            Kind::Token(config) => give_token(&self.native, config),
            Kind::Delivered(_) | Kind::Other => {}
        }
        Some(Outcome::Other)
    }

    /// The answer to a request that `chosen` finds among the events; one to
    /// an earlier request may come late. `None` if nobody needs it any more.
    fn answers(
        &self,
        requested: Result<(), String>,
        chosen: impl Fn(Outcome) -> Option<TopicAnswers>,
        is_wanted: impl Fn() -> bool,
    ) -> Option<TopicAnswers> {
        if let Err(why) = requested {
            return Some(Err((Code::RD_KAFKA_RESP_ERR__INVALID_ARG, why)));
        }
        // librdkafka ends every request in time; the rest is a reserve.
        let end = Instant::now() + TIMEOUT + TIMEOUT;
        while Instant::now() < end && !self.stop.load(Ordering::Acquire) && is_wanted() {
            if let Some(answers) = self.event(POLL).and_then(&chosen) {
                return Some(answers);
            }
        }
        None
    }

    /// Looks for all topics, and creates those that are missing; whether
    /// anything has come of it.
    fn round(&mut self) -> bool {
        let names: BTreeSet<&str> = self.waiting.iter().map(|(t, _)| &*t.topic).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let requested = self.native.describe_topics(&names, TIMEOUT);
        let found = self.answers(requested, Outcome::described, || {
            self.waiting
                .iter()
                .any(|(ticket, _)| !ticket.is_cancelled())
        });
        let Some(found) = found else {
            return false;
        };
        let before = self.waiting.len();
        let mut missing = Vec::new();
        for (ticket, since) in std::mem::take(&mut self.waiting) {
            match self.found(&ticket, &found) {
                Found::There => ticket.settle(Ok(())),
                Found::Missing => missing.push((ticket, since)),
                Found::Unknown => self.waiting.push((ticket, since)),
                Found::Refused(failure) => refuse(&ticket, failure),
            }
        }
        if !missing.is_empty() {
            self.create(missing);
        }
        self.waiting.len() < before
    }

    fn found(&self, ticket: &Ticket, found: &TopicAnswers) -> Found {
        let (topic, connector) = (&ticket.topic, &ticket.creator.connector);
        let answer = match found {
            Ok(answers) => answers.get(topic),
            Err(answer) => Some(answer),
        };
        let passing = [
            Code::RD_KAFKA_RESP_ERR__TIMED_OUT,
            Code::RD_KAFKA_RESP_ERR__TRANSPORT,
            Code::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
        ];
        let there = [
            Code::RD_KAFKA_RESP_ERR_NO_ERROR,
            Code::RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
        ];
        match answer {
            Some(answer) if is(answer, &there) => {
                tracing::info!(
                    target: "AbstractWorkerSourceTask", connector = %connector, task = 0,
                    "Topic '{topic}' already exists."
                );
                Found::There
            }
            Some(answer) if is(answer, &[Code::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART]) => {
                Found::Missing
            }
            Some(answer) if !is(answer, &passing) => {
                Found::Refused(Failure::describing(topic, &self.brokers, answer))
            }
            _ => {
                tracing::warn!(
                    target: "AbstractWorkerSourceTask", connector = %connector, task = 0,
                    "WorkerSourceTask{{id={connector}-0}} Failed to send record to topic '{topic}'. Backing \
                     off before retrying: Timed out while describing topics '{topic}'"
                );
                Found::Unknown
            }
        }
    }

    /// Creates topics. Of several tickets for one topic the first decides with
    /// which settings; the others find it there in the next round.
    fn create(&mut self, missing: Vec<(Arc<Ticket>, Instant)>) {
        let mut names = BTreeSet::new();
        let (missing, later): (Vec<_>, Vec<_>) = missing
            .into_iter()
            .partition(|(ticket, _)| names.insert(ticket.topic.clone()));
        self.waiting.extend(later);
        // What librdkafka would not ask for must not fail the others' request.
        let mut possible = Vec::new();
        for (ticket, since) in missing {
            creating(&ticket);
            match asked(&ticket).check() {
                Ok(()) => possible.push((ticket, since)),
                Err(why) => self.created(&ticket, &(Code::RD_KAFKA_RESP_ERR__INVALID_ARG, why)),
            }
        }
        if possible.is_empty() {
            return;
        }
        let topics: Vec<NewTopic<'_>> = possible.iter().map(|(ticket, _)| asked(ticket)).collect();
        let requested = self.native.create_topics(&topics, TIMEOUT);
        drop(topics);
        let Some(created) = self.answers(requested, Outcome::created, || true) else {
            self.waiting.extend(possible);
            return;
        };
        for (ticket, since) in possible {
            let lost = (Code::RD_KAFKA_RESP_ERR__FAIL, "no answer".to_owned());
            let answer = match &created {
                Ok(answers) => answers.get(&ticket.topic).unwrap_or(&lost),
                Err(answer) => answer,
            };
            // A broker that went away, or, in Kafka 3 without KRaft, is not the
            // controller any more: Java's client tries again as well.
            let passing = is(
                answer,
                &[
                    Code::RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
                    Code::RD_KAFKA_RESP_ERR__TRANSPORT,
                ],
            );
            if passing && since.elapsed() < TIMEOUT {
                self.waiting.push((ticket, since));
            } else {
                self.created(&ticket, answer);
            }
        }
    }

    fn created(&self, ticket: &Ticket, answer: &Answer) {
        let (topic, connector) = (&ticket.topic, &ticket.creator.connector);
        let group = ticket.creator.groups.first_match(topic);
        let new_topic = group.new_topic_text(topic);
        if is(answer, &[Code::RD_KAFKA_RESP_ERR_NO_ERROR]) {
            tracing::info!(
                target: "TopicAdmin", connector = %connector, task = 0,
                "Created topic {new_topic} on brokers at {}", self.brokers
            );
            tracing::info!(
                target: "AbstractWorkerSourceTask", connector = %connector, task = 0,
                "Created topic '{new_topic}' using creation group {group}"
            );
            ticket.settle(Ok(()));
        } else if is(answer, &[Code::RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS]) {
            tracing::info!(
                target: "AbstractWorkerSourceTask", connector = %connector, task = 0,
                "Found existing topic '{new_topic}'"
            );
            ticket.settle(Ok(()));
        } else {
            refuse(ticket, Failure::creating(topic, &new_topic, answer));
        }
    }
}

/// What an event was.
enum Outcome {
    Described(TopicAnswers),
    Created(TopicAnswers),
    Other,
}

impl Outcome {
    fn described(self) -> Option<TopicAnswers> {
        match self {
            Self::Described(answers) => Some(answers),
            _ => None,
        }
    }

    fn created(self) -> Option<TopicAnswers> {
        match self {
            Self::Created(answers) => Some(answers),
            _ => None,
        }
    }
}

/// What looking for a topic has shown.
enum Found {
    There,
    Missing,
    /// Nothing for the moment.
    Unknown,
    Refused(Failure),
}

/// The topic that a ticket asks for.
fn asked(ticket: &Ticket) -> NewTopic<'_> {
    let group = ticket.creator.groups.first_match(&ticket.topic);
    NewTopic {
        name: &ticket.topic,
        partitions: group.partitions,
        replication_factor: i32::from(group.replication_factor),
        configs: &group.configs,
    }
}

fn creating(ticket: &Ticket) {
    let (topic, connector) = (&ticket.topic, &ticket.creator.connector);
    let group = ticket.creator.groups.first_match(topic);
    tracing::info!(
        target: "AbstractWorkerSourceTask", connector = %connector, task = 0,
        "Creating topic '{topic}'"
    );
    tracing::debug!(
        target: "AbstractWorkerSourceTask", connector = %connector, task = 0,
        "Topic '{topic}' matched topic creation group: {group}"
    );
}

fn refuse(ticket: &Ticket, failure: Failure) {
    let (topic, connector) = (&ticket.topic, &ticket.creator.connector);
    tracing::warn!(
        target: "AbstractWorkerSourceTask", connector = %connector, task = 0,
        "WorkerSourceTask{{id={connector}-0}} Failed to send record to topic '{topic}' due to an \
         unrecoverable exception: {}",
        failure.text.replace('\n', " ")
    );
    ticket.settle(Err(failure));
}
