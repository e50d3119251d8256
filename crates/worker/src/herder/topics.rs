//! Which topics each connector has written to (KIP-558).
//!
//! Nothing is noted per record: a task without a mapping that has written
//! anything since the last reset has written to its topic.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::connector::{Slot, Started, TaskTopics};
use super::{Connector, Herder};

/// What is remembered of tasks that are gone; survives the connector, as in
/// standalone Connect.
#[derive(Debug, Default)]
pub(super) struct Topics(Mutex<BTreeMap<String, BTreeSet<String>>>);

impl Topics {
    // Every change is a single insertion or removal.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, BTreeSet<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers the topic of a task that has ended.
    pub(super) fn keep(&self, connector: &str, started: &Started) {
        let topics = started.written_topics();
        if !topics.is_empty() {
            let mut known = self.lock();
            known
                .entry(connector.to_owned())
                .or_default()
                .extend(topics);
        }
    }
}

impl Started {
    fn written_topics(&self) -> BTreeSet<String> {
        match &self.topics {
            TaskTopics::Mapped(written) => written.names(),
            TaskTopics::One { topic, from } if self.handle.progress().taken > *from => {
                BTreeSet::from([topic.clone()])
            }
            TaskTopics::One { .. } => BTreeSet::new(),
        }
    }

    fn reset_topics(&mut self) {
        let taken = self.handle.progress().taken;
        match &mut self.topics {
            TaskTopics::Mapped(written) => written.reset(),
            TaskTopics::One { from, .. } => *from = taken,
        }
    }
}

fn started(connector: &mut Connector) -> Option<&mut Started> {
    match &mut connector.slot {
        Slot::Started(started) => Some(started),
        _ => None,
    }
}

impl Herder {
    /// The topics that a connector has written to since its first start or
    /// the last reset; none of a connector that is not known.
    pub fn topics(&self, connector: &str) -> BTreeSet<String> {
        let mut topics = self
            .topics
            .lock()
            .get(connector)
            .cloned()
            .unwrap_or_default();
        let mut connectors = self.connectors();
        let started = connectors.get_mut(connector).and_then(started);
        let written = started.map(|started| started.written_topics());
        topics.extend(written.unwrap_or_default());
        topics
    }

    /// Forgets them; a task that goes on writing is seen again.
    pub fn reset_topics(&self, connector: &str) {
        self.topics.lock().remove(connector);
        let mut connectors = self.connectors();
        if let Some(started) = connectors.get_mut(connector).and_then(started) {
            started.reset_topics();
        }
    }
}
