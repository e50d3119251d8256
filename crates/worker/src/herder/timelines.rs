//! Each connector's last session events, over restarts of its task and
//! changes of its configuration; they go with the connector.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use websocket_source::timeline::{Moment, Timeline};

use super::Herder;

#[derive(Debug, Default)]
pub(super) struct Timelines(Mutex<BTreeMap<String, Arc<Timeline>>>);

impl Timelines {
    // Every change is a single insertion or removal.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Timeline>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connector's, which begins with the first call.
    pub(super) fn of(&self, connector: &str) -> Arc<Timeline> {
        Arc::clone(self.lock().entry(connector.to_owned()).or_default())
    }

    pub(super) fn forget(&self, connector: &str) {
        self.lock().remove(connector);
    }
}

impl Herder {
    /// What has happened to a connector's sessions, the oldest first; nothing
    /// of a connector that is not known.
    pub fn timeline(&self, connector: &str) -> Vec<Moment> {
        let timeline = self.timelines.lock().get(connector).cloned();
        timeline.map(|timeline| timeline.all()).unwrap_or_default()
    }
}
