//! Restarting connectors and tasks (KIP-745).
//!
//! Invariant: a task whose configuration cannot be read goes on; it is ended
//! only when it is known what another would be started with.

use super::connector::{Config, Slot, TaskConfig};
use super::{ConnectorView, Herder, HerderError, Target};
use crate::providers::ProviderError;

impl Herder {
    /// Restarts a connector, and with `include_tasks` its task; with
    /// `only_failed` only what has failed. Returns the connector as it was
    /// before.
    ///
    /// # Errors
    /// There is none of this name, or its configuration cannot be read; then
    /// nothing is restarted.
    pub async fn restart(
        &self,
        name: &str,
        include_tasks: bool,
        only_failed: bool,
    ) -> Result<ConnectorView, HerderError> {
        let _changing = self.change(name).await?;
        let (before, config, missing, restarts) = match self.connectors().get(name) {
            None => return Err(HerderError::NotFound(format!("Unknown connector: {name}"))),
            Some(connector) => {
                let has_task = !matches!(connector.slot, Slot::Empty);
                let restarts =
                    has_task && include_tasks && (!only_failed || connector.has_failed());
                let missing = connector.missing_task();
                (
                    connector.view(),
                    connector.config.clone(),
                    missing,
                    restarts,
                )
            }
        };
        // A connector never fails here, so it is not what has failed.
        if !only_failed {
            self.resolve(&config)?;
        }
        match missing.filter(|_| !only_failed) {
            Some(config) => self.renew_task(name, &config).await,
            None if restarts => self.restart_task(name).await?,
            None => {}
        }
        Ok(before)
    }

    /// Restarts the task of this number.
    ///
    /// # Errors
    /// There is no such connector, or no such task, or its configuration
    /// cannot be read; then it goes on.
    pub async fn restart_one(&self, name: &str, task: i32) -> Result<(), HerderError> {
        let _changing = self.change(name).await?;
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
        let config = match self.connectors().get(name) {
            None => return Ok(()),
            Some(connector) => connector.task_config().clone(),
        };
        let checked = self.check(&config);
        if let Err(error @ HerderError::Unresolved(_)) = checked {
            return Err(error);
        }
        self.end_task(name, self.graceful()).await;
        let slot = self.start_checked(name, checked);
        if let Some(connector) = self.connectors().get_mut(name) {
            connector.slot = slot;
            if matches!(connector.task_config, TaskConfig::Missing) {
                connector.task_config = TaskConfig::Current;
            }
            if let (Slot::Started(started), Target::Paused) = (&connector.slot, connector.target) {
                started.handle.pause();
            }
        }
        Ok(())
    }

    /// Whether everything that a configuration names can be read.
    fn resolve(&self, config: &Config) -> Result<(), HerderError> {
        let resolved = self.worker.providers.resolve(config);
        let unresolved = |error: ProviderError| HerderError::Unresolved(error.to_string());
        resolved.map(drop).map_err(unresolved)
    }
}
