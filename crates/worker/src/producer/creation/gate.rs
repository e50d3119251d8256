//! What a task's sink asks before it writes to a topic for the first time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use websocket_source::sink::{Delivery, SinkError};

use super::TopicCreator;

/// A topic that a task waits for.
pub(in crate::producer) struct Ticket {
    pub(super) topic: String,
    pub(super) creator: Arc<TopicCreator>,
    delivery: Arc<Delivery>,
    outcome: OnceLock<Result<(), String>>,
    cancelled: AtomicBool,
}

impl Ticket {
    /// Whether nobody waits any more.
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// Lets the task go on, or fail in Connect's words.
    pub(in crate::producer) fn settle(&self, outcome: Result<(), String>) {
        // There is one answer for each ticket.
        let _ = self.outcome.set(outcome);
        self.delivery.notify();
    }
}

/// Whether records may go to a topic.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::producer) enum Passage {
    /// It is there, or is the brokers' to create.
    Open,
    /// It is being looked for; the task is woken.
    Wait,
}

/// See the module's documentation.
pub(in crate::producer) struct Gate {
    creator: Option<Arc<TopicCreator>>,
    delivery: Arc<Delivery>,
    ticket: Option<Arc<Ticket>>,
}

impl Gate {
    /// A gate for the records of one task; without a creator it is open.
    pub(in crate::producer) fn new(
        creator: Option<Arc<TopicCreator>>,
        delivery: Arc<Delivery>,
    ) -> Self {
        Self {
            creator,
            delivery,
            ticket: None,
        }
    }

    /// Whether an answer is being waited for.
    pub(in crate::producer) fn is_waiting(&self) -> bool {
        self.ticket.is_some()
    }

    /// Has `topic` looked for and created, and says how far that is. Never
    /// blocks. To be asked for the same topic until it is open.
    ///
    /// # Errors
    /// The topic is not there and cannot be created.
    pub(in crate::producer) fn ask(&mut self, topic: &str) -> Result<Passage, SinkError> {
        let Some(creator) = self.creator.clone() else {
            return Ok(Passage::Open);
        };
        let asked = self.ticket.as_ref().filter(|asked| asked.topic == topic);
        let Some(asked) = asked else {
            let ticket = Arc::new(Ticket {
                topic: topic.to_owned(),
                creator: Arc::clone(&creator),
                delivery: Arc::clone(&self.delivery),
                outcome: OnceLock::new(),
                cancelled: AtomicBool::new(false),
            });
            self.cancel();
            creator.admin.ask(Arc::clone(&ticket));
            self.ticket = Some(ticket);
            return Ok(Passage::Wait);
        };
        match asked.outcome.get() {
            None => Ok(Passage::Wait),
            Some(Ok(())) => {
                self.ticket = None;
                Ok(Passage::Open)
            }
            Some(Err(why)) => Err(SinkError::NoTopic(why.clone())),
        }
    }

    fn cancel(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            ticket.cancelled.store(true, Ordering::Release);
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.cancel();
    }
}
