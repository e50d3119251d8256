//! Creates topics before the first records go to them (KIP-158;
//! `AbstractWorkerSourceTask.maybeCreateTopic` and `TopicAdmin` in Connect).
//!
//! Tasks whose admin clients have equal settings share one client and one
//! thread, which asks for all topics that are waiting in one request.
//! Invariants: a task waits for one topic at a time, and its records with it,
//! in their order; a topic that is known costs nothing more; nothing here
//! waits on a task's own thread.

mod admin;
mod calls;
mod failure;
mod gate;
mod rounds;
mod settings;

use std::sync::Arc;
use std::time::{Duration, Instant};

use websocket_source::sink::Delivery;

pub use admin::{AdminPool, TopicAdmin};
pub(super) use gate::{Gate, Passage};
pub use settings::{Unread, topic_setting};

use crate::topic_creation::TopicGroups;

/// How often it is looked whether a topic is there.
const PAUSE: Duration = Duration::from_millis(5);

/// Creates the topics of one task.
#[derive(Debug)]
pub struct TopicCreator {
    groups: TopicGroups,
    admin: Arc<TopicAdmin>,
    connector: String,
}

impl TopicCreator {
    /// A creator for the task of `connector`.
    pub fn new(groups: TopicGroups, admin: Arc<TopicAdmin>, connector: &str) -> Self {
        Self {
            groups,
            admin,
            connector: connector.to_owned(),
        }
    }

    /// Has a topic created if it is not there, and waits for that, for `wait`
    /// at most: whether that was enough. Blocks.
    ///
    /// # Errors
    /// It cannot be created, in words.
    pub fn create_now(self: &Arc<Self>, topic: &str, wait: Duration) -> Result<bool, String> {
        let by = Instant::now() + wait;
        let delivery = Arc::new(Delivery::new(Arc::default()));
        let mut gate = Gate::new(Some(Arc::clone(self)), delivery);
        loop {
            match gate.ask(topic) {
                Ok(Passage::Open) => return Ok(true),
                Ok(Passage::Wait) if Instant::now() >= by => return Ok(false),
                Ok(Passage::Wait) => std::thread::sleep(PAUSE),
                Err(error) => return Err(error.to_string()),
            }
        }
    }
}

#[cfg(test)]
mod rounds_tests;
#[cfg(test)]
pub(super) mod tests;
