//! Which topics each connector has written to (KIP-558).
//!
//! Nothing is noted per record: a task that has written anything since the
//! last reset has written to its topic.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::connector::{Slot, Started};
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
        if let Some(topic) = started.written_topic() {
            let mut known = self.lock();
            known
                .entry(connector.to_owned())
                .or_default()
                .insert(topic.to_owned());
        }
    }
}

impl Started {
    fn written_topic(&self) -> Option<&str> {
        let written = self.handle.progress().taken > self.topics_reset_at;
        written.then_some(self.topic.as_str())
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
        let written = started.and_then(|started| started.written_topic().map(str::to_owned));
        topics.extend(written);
        topics
    }

    /// Forgets them; a task that goes on writing is seen again.
    pub fn reset_topics(&self, connector: &str) {
        self.topics.lock().remove(connector);
        let mut connectors = self.connectors();
        if let Some(started) = connectors.get_mut(connector).and_then(started) {
            started.topics_reset_at = started.handle.progress().taken;
        }
    }
}
