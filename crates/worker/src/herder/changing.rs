//! Who may change what at a time.
//!
//! Invariants: of one connector there is one change at a time; what ends or
//! starts tasks, or looks at other connectors, is the only change of all
//! meanwhile; what waits for brokers holds its connector alone. A connector is
//! taken hold of before the rest, so that nobody waits for each other.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{MutexGuard, OwnedMutexGuard};

use super::{Herder, HerderError};

/// The connectors that somebody changes or waits to change.
#[derive(Debug, Default)]
pub(super) struct Names(Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl Names {
    /// Waits until nobody else changes the connector of this name.
    async fn hold(&self, name: &str) -> OwnedMutexGuard<()> {
        let lock = {
            // Each change of the map is one call.
            let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            names.retain(|_, lock| Arc::strong_count(lock) > 1);
            Arc::clone(names.entry(name.to_owned()).or_default())
        };
        lock.lock_owned().await
    }
}

/// A change of one connector, and the only one of all.
pub(crate) struct Change<'a> {
    all: MutexGuard<'a, ()>,
    one: Held,
}

/// A connector that nobody else changes.
pub(super) struct Held {
    _name: OwnedMutexGuard<()>,
}

impl Change<'_> {
    /// Lets others change other connectors.
    pub(super) fn narrow(self) -> Held {
        drop(self.all);
        self.one
    }
}

impl Herder {
    /// Waits until no other change is under way, nor one of the connector of
    /// this name.
    ///
    /// # Errors
    /// The worker is going down.
    pub(crate) async fn change(&self, name: &str) -> Result<Change<'_>, HerderError> {
        let one = Held {
            _name: self.names_in_change.hold(name.trim()).await,
        };
        let all = self.changing.lock().await;
        if self.stopping.load(Relaxed) {
            return Err(HerderError::Internal("The worker is stopping".to_owned()));
        }
        Ok(Change { all, one })
    }
}
