//! Restarting connectors and tasks (KIP-745).

use std::collections::BTreeMap;

use super::connector::Slot;
use super::{ConnectorView, Herder, HerderError, Target};

impl Herder {
    /// Restarts a connector, and with `include_tasks` its task; with
    /// `only_failed` only what has failed. Returns the connector as it was
    /// before.
    ///
    /// # Errors
    /// There is none of this name, or its configuration has become invalid;
    /// then its task has failed.
    pub async fn restart(
        &self,
        name: &str,
        include_tasks: bool,
        only_failed: bool,
    ) -> Result<ConnectorView, HerderError> {
        let _changing = self.change().await?;
        let (before, restarts) = match self.connectors().get(name) {
            None => return Err(HerderError::NotFound(format!("Unknown connector: {name}"))),
            Some(connector) => {
                let has_task = !matches!(connector.slot, Slot::Empty);
                let restarts =
                    has_task && include_tasks && (!only_failed || connector.has_failed());
                (connector.view(), restarts)
            }
        };
        if restarts {
            self.restart_task(name).await?;
        }
        Ok(before)
    }

    /// Restarts the task of this number.
    ///
    /// # Errors
    /// There is no such connector, or no such task, or its configuration has
    /// become invalid; then it has failed.
    pub async fn restart_one(&self, name: &str, task: i32) -> Result<(), HerderError> {
        let _changing = self.change().await?;
        let has_task = match self.connectors().get(name) {
            // Standalone Connect's words and status.
            None => {
                return Err(HerderError::Internal(format!(
                    "Failed to start task {name}-{task} since it is not a recognizable type (source or sink)"
                )));
            }
            Some(connector) => task == 0 && !matches!(connector.slot, Slot::Empty),
        };
        if !has_task {
            return Err(HerderError::NotFound(format!(
                "Task {name}-{task} not found"
            )));
        }
        self.restart_task(name).await
    }

    async fn restart_task(&self, name: &str) -> Result<(), HerderError> {
        self.end_task(name, self.graceful()).await;
        let Some(config) = self.config(name) else {
            return Ok(());
        };
        let (slot, checked) = self.start_from(name, &config);
        if let Some(connector) = self.connectors().get_mut(name) {
            connector.slot = slot;
            if let (Slot::Started(started), Target::Paused) = (&connector.slot, connector.target) {
                started.handle.pause();
            }
        }
        checked
    }

    fn config(&self, name: &str) -> Option<BTreeMap<String, String>> {
        let connectors = self.connectors();
        let connector = connectors.get(name)?;
        Some(connector.config.clone())
    }
}
