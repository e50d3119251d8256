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

use std::sync::Arc;

pub use admin::{AdminPool, TopicAdmin};
pub(super) use gate::{Gate, Passage};

use crate::topic_creation::TopicGroups;

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
}

#[cfg(test)]
mod rounds_tests;
#[cfg(test)]
pub(super) mod tests;
