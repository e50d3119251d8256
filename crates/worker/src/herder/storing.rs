//! Keeping connectors created through REST over restarts of the worker.

use std::sync::{MutexGuard, PoisonError};

use super::{Herder, Target};
use crate::config_storage::{ConfigStorage, StorageError, StoredConnector};
use crate::files::InitialState;

impl From<Target> for InitialState {
    fn from(target: Target) -> Self {
        match target {
            Target::Started => Self::Running,
            Target::Paused => Self::Paused,
            Target::Stopped => Self::Stopped,
        }
    }
}

fn told(result: Result<(), StorageError>) {
    if let Err(error) = result {
        tracing::error!(target: "Herder", "A change is not stored and will be lost at the end: {error}");
    }
}

impl Herder {
    fn storage(&self) -> Option<MutexGuard<'_, ConfigStorage>> {
        let storage = self.storage.as_ref()?;
        Some(storage.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Stores a connector as it is now. A failure is told of, and the
    /// connector goes on.
    pub(super) fn store(&self, name: &str) {
        let connector = self
            .connectors()
            .get(name)
            .map(|connector| StoredConnector {
                config: connector.config.clone(),
                state: connector.target.into(),
            });
        if let (Some(mut storage), Some(connector)) = (self.storage(), connector) {
            told(storage.put(name, Some(connector)));
        }
    }

    /// Stores a connector that has changed, if it is one that is stored: those
    /// of the command line have their files.
    pub(super) fn store_again(&self, name: &str) {
        if self.storage().is_some_and(|storage| storage.contains(name)) {
            self.store(name);
        }
    }

    /// Removes a connector from the store.
    pub(super) fn forget(&self, name: &str) {
        if let Some(mut storage) = self.storage().filter(|storage| storage.contains(name)) {
            told(storage.put(name, None));
        }
    }

    /// Creates the connectors that are stored, but for those that a file of
    /// the command line has created. One that cannot be created stays stored.
    pub async fn create_stored(&self) {
        let stored = self.storage().map(|storage| storage.connectors());
        for (name, connector) in stored.unwrap_or_default() {
            if self.view(&name).is_some() {
                tracing::warn!(
                    target: "Herder", connector = %name,
                    "The stored connector {name} is not started: a file of the command line has one of this name"
                );
                continue;
            }
            let created = self.create_from_file(connector.config, connector.state.into());
            match created.await {
                Ok(_) => {
                    tracing::info!(target: "Herder", connector = %name, "Created stored connector {name}");
                }
                Err(error) => tracing::error!(
                    target: "Herder", connector = %name,
                    "The stored connector {name} cannot be created: {error}"
                ),
            }
        }
    }
}
