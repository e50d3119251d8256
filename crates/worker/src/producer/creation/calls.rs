//! What the rounds need of an admin client, so that they can be tried without
//! brokers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::rounds::TIMEOUT;
use crate::producer::client::{Client, give_token};
use crate::producer::native::event::{Kind, TopicAnswers};
use crate::producer::native::{Native, NewTopic, describe};

/// What has come from a client.
pub(super) enum Event {
    /// The answer to the request of this number.
    Topics(u64, TopicAnswers),
    /// Anything else; it has been served.
    Other,
}

/// A client's requests. Each has a number that comes back with its answer: an
/// answer may come when nobody waits for it any more.
pub(super) trait AdminCalls {
    /// Asks for descriptions of topics.
    ///
    /// # Errors
    /// The request cannot be made.
    fn describe(&self, names: &[&str], request: u64) -> Result<(), String>;

    /// Has topics created, each name once.
    ///
    /// # Errors
    /// The request cannot be made.
    fn create(&self, topics: &[NewTopic<'_>], request: u64) -> Result<(), String>;

    /// The next event, if one comes within `wait`.
    fn next(&self, wait: Duration) -> Option<Event>;

    /// The time, by which tries are bounded.
    fn now(&self) -> Instant;
}

impl AdminCalls for Arc<Native> {
    fn describe(&self, names: &[&str], request: u64) -> Result<(), String> {
        self.describe_topics(names, TIMEOUT, request)
    }

    fn create(&self, topics: &[NewTopic<'_>], request: u64) -> Result<(), String> {
        self.create_topics(topics, TIMEOUT, request)
    }

    fn next(&self, wait: Duration) -> Option<Event> {
        match self.poll(wait)?.kind() {
            Kind::Topics(request, answers) => return Some(Event::Topics(request, answers)),
            Kind::Error(code, text) => {
                Client::TopicAdmin.warn(&format!("{}: {text}", describe(code).0));
            }
            Kind::Log(level, text) => Client::TopicAdmin.log(level, &text),
            Kind::Token(config) => give_token(self, config, Client::TopicAdmin),
            Kind::Delivered(_) | Kind::Settings(..) | Kind::Other => {}
        }
        Some(Event::Other)
    }

    fn now(&self) -> Instant {
        Instant::now()
    }
}
