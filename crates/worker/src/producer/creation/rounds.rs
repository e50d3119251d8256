//! The thread of an admin client: in each round all topics that are waiting
//! are looked for with one request, and those that are missing are created
//! with another.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::calls::{AdminCalls, Event};
use super::failure::{self, is_passing};
use super::gate::Ticket;
use crate::producer::native::event::{Answer, TopicAnswers};
use crate::producer::native::{Code, NewTopic};

/// Longest wait for an answer, and longest time in which a topic is tried to be
/// created again: Java's `default.api.timeout.ms`.
pub(super) const TIMEOUT: Duration = Duration::from_secs(60);
/// Longest wait for an event before the stop flag is looked at.
const POLL: Duration = Duration::from_millis(100);
/// How often an idle client's events are served: renewed logins, log lines.
const IDLE: Duration = Duration::from_secs(1);
/// Between two tries (`AbstractWorkerSourceTask.SEND_FAILED_BACKOFF_MS`).
const BACKOFF: Duration = Duration::from_millis(100);
/// How often it is told that a topic is still being looked for.
const TELL: Duration = Duration::from_secs(10);

/// See the module's documentation.
pub(super) struct Rounds<C> {
    client: C,
    brokers: String,
    asked: Receiver<Arc<Ticket>>,
    stop: Arc<AtomicBool>,
    waiting: Vec<Waiting>,
    /// Requests so far; the number of the last one.
    requests: u64,
}

/// A ticket that is not settled.
struct Waiting {
    ticket: Arc<Ticket>,
    /// When its topic was first asked to be created.
    creating_since: Option<Instant>,
    /// When it was last told that it is still waiting.
    told: Option<Instant>,
}

/// An answer's meaning.
fn is(answer: &Answer, codes: &[Code]) -> bool {
    codes.contains(&answer.0)
}

impl<C: AdminCalls> Rounds<C> {
    pub(super) fn new(
        client: C,
        brokers: String,
        asked: Receiver<Arc<Ticket>>,
        stop: Arc<AtomicBool>,
    ) -> Self {
        Self {
            client,
            brokers,
            asked,
            stop,
            waiting: Vec::new(),
            requests: 0,
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
            self.gather();
            if self.waiting.is_empty() {
                // What has come meanwhile is not about topics any more.
                while self.client.next(Duration::ZERO).is_some() {}
            } else if !self.round() {
                std::thread::sleep(BACKOFF);
            }
        }
    }

    /// Takes in what has been asked for, and forgets what nobody waits for.
    pub(super) fn gather(&mut self) {
        while let Ok(ticket) = self.asked.try_recv() {
            self.take_in(ticket);
        }
        self.waiting
            .retain(|waiting| !waiting.ticket.is_cancelled());
    }

    fn take_in(&mut self, ticket: Arc<Ticket>) {
        tracing::info!(
            target: "AbstractWorkerSourceTask", connector = %ticket.creator.connector, task = 0,
            "The task will send records to topic '{}' for the first time. Checking whether topic exists",
            ticket.topic
        );
        self.waiting.push(Waiting {
            ticket,
            creating_since: None,
            told: None,
        });
    }

    fn next_request(&mut self) -> u64 {
        self.requests += 1;
        self.requests
    }

    /// The answer to the request that was made last; answers to others are too
    /// late and are left. `None` if nobody needs it any more.
    fn answers(
        &self,
        requested: Result<(), String>,
        is_wanted: impl Fn() -> bool,
    ) -> Option<TopicAnswers> {
        if let Err(why) = requested {
            return Some(Err((Code::RD_KAFKA_RESP_ERR__INVALID_ARG, why)));
        }
        // librdkafka ends every request in time; the rest is a reserve.
        let end = self.client.now() + TIMEOUT + TIMEOUT;
        while self.client.now() < end && !self.stop.load(Ordering::Acquire) && is_wanted() {
            if let Some(Event::Topics(request, answers)) = self.client.next(POLL)
                && request == self.requests
            {
                return Some(answers);
            }
        }
        None
    }

    /// Looks for all topics, and creates those that are missing; whether
    /// anything has come of it.
    pub(super) fn round(&mut self) -> bool {
        let request = self.next_request();
        let names = self.waiting.iter();
        let names: BTreeSet<&str> = names.map(|waiting| &*waiting.ticket.topic).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let requested = self.client.describe(&names, request);
        let found = self.answers(requested, || {
            let mut waiting = self.waiting.iter();
            waiting.any(|waiting| !waiting.ticket.is_cancelled())
        });
        let Some(found) = found else {
            return false;
        };
        let before = self.waiting.len();
        let mut missing = Vec::new();
        for mut waiting in std::mem::take(&mut self.waiting) {
            let ticket = &waiting.ticket;
            match self.found(ticket, &found) {
                _ if ticket.is_cancelled() => {}
                Found::There => ticket.settle(Ok(())),
                Found::Missing => missing.push(waiting),
                Found::Unknown => {
                    self.tell(&mut waiting);
                    self.waiting.push(waiting);
                }
                Found::Refused(why) => refuse(ticket, why),
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
            Some(answer) if !is_passing(answer.0) => {
                Found::Refused(failure::describing(topic, &self.brokers, answer))
            }
            _ => Found::Unknown,
        }
    }

    /// Tells that a topic is still being looked for, now and then.
    fn tell(&self, waiting: &mut Waiting) {
        let now = self.client.now();
        if waiting.told.is_some_and(|told| now < told + TELL) {
            return;
        }
        waiting.told = Some(now);
        let (topic, connector) = (&waiting.ticket.topic, &waiting.ticket.creator.connector);
        tracing::warn!(
            target: "AbstractWorkerSourceTask", connector = %connector, task = 0,
            "WorkerSourceTask{{id={connector}-0}} Failed to send record to topic '{topic}'. Backing \
             off before retrying: Timed out while describing topics '{topic}'"
        );
    }

    /// Creates topics. Of several tickets for one topic the first decides with
    /// which settings; the others find it there in the next round.
    fn create(&mut self, missing: Vec<Waiting>) {
        let mut names = BTreeSet::new();
        let (missing, later): (Vec<_>, Vec<_>) = missing
            .into_iter()
            .partition(|waiting| names.insert(waiting.ticket.topic.clone()));
        self.waiting.extend(later);
        // What librdkafka would not ask for must not fail the others' request.
        let mut possible = Vec::new();
        for mut waiting in missing {
            if waiting.creating_since.is_none() {
                waiting.creating_since = Some(self.client.now());
                creating(&waiting.ticket);
            }
            match asked(&waiting.ticket).check() {
                Ok(()) => possible.push(waiting),
                Err(why) => self.created(
                    &waiting.ticket,
                    &(Code::RD_KAFKA_RESP_ERR__INVALID_ARG, why),
                ),
            }
        }
        if possible.is_empty() {
            return;
        }
        let request = self.next_request();
        let topics: Vec<_> = possible
            .iter()
            .map(|waiting| asked(&waiting.ticket))
            .collect();
        let requested = self.client.create(&topics, request);
        drop(topics);
        let Some(created) = self.answers(requested, || true) else {
            self.waiting.extend(possible);
            return;
        };
        for waiting in possible {
            let lost = (Code::RD_KAFKA_RESP_ERR__FAIL, "no answer".to_owned());
            let answer = match &created {
                Ok(answers) => answers.get(&waiting.ticket.topic).unwrap_or(&lost),
                Err(answer) => answer,
            };
            // A broker that went away, or, in Kafka 3 without KRaft, is not the
            // controller any more. The time that Kafka was down before does
            // not count.
            let since = waiting.creating_since.unwrap_or_else(|| self.client.now());
            if is_passing(answer.0) && self.client.now() < since + TIMEOUT {
                self.waiting.push(waiting);
            } else {
                self.created(&waiting.ticket, answer);
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
            refuse(ticket, failure::creating(topic, group, answer));
        }
    }
}

/// What looking for a topic has shown.
enum Found {
    There,
    Missing,
    /// Nothing for the moment.
    Unknown,
    /// It cannot be looked for, in Connect's words.
    Refused(String),
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

fn refuse(ticket: &Ticket, why: String) {
    let (topic, connector) = (&ticket.topic, &ticket.creator.connector);
    tracing::warn!(
        target: "AbstractWorkerSourceTask", connector = %connector, task = 0,
        "WorkerSourceTask{{id={connector}-0}} Failed to send record to topic '{topic}' due to an \
         unrecoverable exception: {}",
        why.replace('\n', " ")
    );
    ticket.settle(Err(why));
}
