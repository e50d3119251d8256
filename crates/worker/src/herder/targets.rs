//! What is wanted of a connector: that it runs, pauses or is stopped.
//!
//! Invariants: a task that is paused keeps its configuration whatever its
//! connector is given meanwhile, as in Connect: only then can what it has
//! received still go where it was meant to go. With the resume it makes room
//! for a task of the new one, unless that cannot be started: what works is not
//! given up for what does not.

use super::connector::{Config, TaskConfig};
use super::{ConnectorView, Herder, HerderError, Target};

impl Herder {
    /// Pauses, resumes or stops a connector. A task that cannot be started at
    /// a resume has failed, or is still the one of the configuration before;
    /// the log says why.
    ///
    /// # Errors
    /// There is none of this name.
    pub async fn set_target(&self, name: &str, target: Target) -> Result<(), HerderError> {
        let _changing = self.change(name).await?;
        if !self.connectors().contains_key(name) {
            return Err(match target {
                // Standalone Connect's words and status.
                Target::Stopped => {
                    HerderError::Internal(format!("No connector `{name}` configured"))
                }
                _ => HerderError::NotFound(format!("Unknown connector {name}")),
            });
        }
        if target == Target::Stopped {
            self.end_task(name, self.graceful()).await;
        }
        let missing = self.connectors().get_mut(name).and_then(|connector| {
            connector.retarget(target);
            connector.missing_task()
        });
        if let Some(config) = missing {
            self.renew_task(name, &config).await;
        }
        self.store_again(name);
        Ok(())
    }

    /// Gives a connector a task of the configuration that it has now.
    pub(super) async fn renew_task(&self, name: &str, config: &Config) {
        let checked = self.check(config);
        if let (Err(error), true) = (&checked, self.has_earlier_task(name)) {
            tracing::error!(
                target: "Herder", connector = %name, task = 0,
                "The task of connector {name} keeps its configuration, as the new one is not valid any more: {error}"
            );
            return;
        }
        self.end_task(name, self.graceful()).await;
        let of_task = match checked {
            Ok(_) => TaskConfig::Current,
            Err(_) => TaskConfig::Missing,
        };
        let slot = self.start_checked(name, checked);
        if let Some(connector) = self.connectors().get_mut(name) {
            connector.task_config = of_task;
            connector.slot = slot;
        }
    }

    fn has_earlier_task(&self, name: &str) -> bool {
        let connectors = self.connectors();
        let connector = connectors.get(name);
        connector.is_some_and(|one| matches!(one.task_config, TaskConfig::Earlier(_)))
    }

    /// Changes the configuration of a connector, and nothing of its task.
    pub(super) fn set_config(
        &self,
        name: &str,
        config: Config,
    ) -> Result<ConnectorView, HerderError> {
        let mut connectors = self.connectors();
        let connector = connectors
            .get_mut(name)
            .ok_or_else(|| HerderError::not_found(name))?;
        connector.change(config);
        Ok(connector.view())
    }
}
