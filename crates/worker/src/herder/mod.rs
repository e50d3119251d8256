//! Keeps the connectors of this worker: creates, changes, pauses and removes
//! them, and commits their offsets (Connect's `StandaloneHerder`).
//!
//! Invariants: changes come one after another, each under one lock but for
//! those that wait for brokers (`changing`), so that two of one connector
//! can never overlap; readers see the state before or
//! after a change. A connector's old task has ended, its records are
//! delivered and its offset is stored before a new one starts, so two tasks
//! of one connector never write at the same time. A task goes on with the
//! configuration it was started with, also after a restart, until its
//! connector is to run with another.

mod auto_restart;
mod changing;
mod connector;
mod error;
mod glance;
mod health;
mod offsets;
mod reading;
mod restart;
mod shutdown;
mod spool;
mod start;
mod storing;
mod targets;
mod timelines;
mod topics;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use websocket_source::dial::Dialer;
use websocket_source::settings::SPOOL_DIR;
use websocket_source::spool::shared_folder;
use websocket_source::task::StopReport;
use websocket_source::task::TaskThreads;

pub use connector::{ConnectorView, Target, TaskView};
pub use error::HerderError;
pub use glance::Glance;

use crate::config_storage::ConfigStorage;
use crate::files::WorkerConfig;
use crate::kafka_settings::SystemTrust;
use crate::offsets::OffsetStore;
use crate::producer::{AdminPool, ProducerPool, TransactionPool};
use crate::validation::{Plan, Refusal, Validation, check, is_our_class, unknown_class, validate};
use connector::{Connector, Slot, TaskConfig};
use start::Startups;
use timelines::Timelines;
use topics::Topics;

/// How a connector is written when it is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It did not exist before.
    Created,
    /// It has another configuration now, or the same again.
    Updated,
}

/// See the module's documentation.
pub struct Herder {
    worker: WorkerConfig,
    system_trust: SystemTrust,
    dialer: Arc<Dialer>,
    threads: TaskThreads,
    offsets: Arc<Mutex<OffsetStore>>,
    connectors: Mutex<BTreeMap<String, Connector>>,
    startups: Startups,
    topics: Topics,
    timelines: Timelines,
    storage: Option<Mutex<ConfigStorage>>,
    /// Held during a change, which may have to wait for a task's end.
    changing: tokio::sync::Mutex<()>,
    names_in_change: changing::Names,
    /// The worker is going down: no change may start a task any more.
    stopping: AtomicBool,
    ready: tokio::sync::watch::Sender<bool>,
    // Last, as they wait for the clients of the tasks that go before them.
    pool: ProducerPool,
    transactions: TransactionPool,
    admins: AdminPool,
}

impl Herder {
    /// A herder without connectors.
    pub fn new(
        worker: WorkerConfig,
        system_trust: SystemTrust,
        offsets: OffsetStore,
        storage: Option<ConfigStorage>,
        threads: TaskThreads,
    ) -> Self {
        Self {
            worker,
            system_trust,
            pool: ProducerPool::default(),
            transactions: TransactionPool::default(),
            admins: AdminPool::default(),
            dialer: Arc::new(Dialer::platform()),
            offsets: Arc::new(Mutex::new(offsets)),
            connectors: Mutex::default(),
            startups: Startups::default(),
            topics: Topics::default(),
            timelines: Timelines::default(),
            threads,
            storage: storage.map(Mutex::new),
            changing: tokio::sync::Mutex::default(),
            names_in_change: changing::Names::default(),
            stopping: AtomicBool::default(),
            ready: tokio::sync::watch::Sender::default(),
        }
    }

    /// The worker's settings.
    pub fn worker(&self) -> &WorkerConfig {
        &self.worker
    }

    // Every change of the map is a single insertion, removal or assignment,
    // so a panic elsewhere leaves it whole.
    fn connectors(&self) -> MutexGuard<'_, BTreeMap<String, Connector>> {
        self.connectors
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The names of all connectors.
    pub fn names(&self) -> Vec<String> {
        self.connectors().keys().cloned().collect()
    }

    /// All connectors by name.
    pub fn views(&self) -> Vec<(String, ConnectorView)> {
        let connectors = self.connectors();
        connectors
            .iter()
            .map(|(name, connector)| (name.clone(), connector.view()))
            .collect()
    }

    /// One connector.
    pub fn view(&self, name: &str) -> Option<ConnectorView> {
        self.connectors().get(name).map(Connector::view)
    }

    /// What a configuration comes to on this worker.
    pub fn validate(&self, config: &BTreeMap<String, String>) -> Validation {
        let mut validation = validate(config, &self.worker, &self.system_trust);
        let neighbour = validation
            .plan()
            .and_then(|plan| self.spool_neighbour(plan));
        if let Some(name) = neighbour {
            validation.refuse(SPOOL_DIR, shared_folder(&name));
        }
        validation
    }

    /// Checks a configuration against this worker.
    ///
    /// # Errors
    /// [`HerderError::Unresolved`], or [`HerderError::Invalid`] with all errors,
    /// or [`HerderError::Internal`] with what no validation shows.
    pub fn check(&self, config: &BTreeMap<String, String>) -> Result<Plan, HerderError> {
        match config.get("connector.class") {
            None => return Err(HerderError::no_class(config)),
            Some(class) if !is_our_class(class) => {
                return Err(HerderError::Internal(unknown_class(class)));
            }
            Some(_) => {}
        }
        let plan =
            check(config, &self.worker, &self.system_trust).map_err(|refusal| match refusal {
                Refusal::Unresolved { why, .. } => HerderError::Unresolved(why),
                Refusal::Invalid(errors) => HerderError::Invalid(errors),
                Refusal::Unstartable(error) => HerderError::Internal(error),
            })?;
        self.check_spool(&plan)?;
        Ok(plan)
    }

    /// Creates a connector from a file of the command line.
    ///
    /// # Errors
    /// As [`Herder::create`].
    pub async fn create_from_file(
        &self,
        config: BTreeMap<String, String>,
        target: Target,
    ) -> Result<ConnectorView, HerderError> {
        let _changing = self.change(name_in(&config)).await?;
        self.create_locked(config, target)
    }

    /// Creates a connector; its configuration holds its name. It is stored, if
    /// the worker stores connectors.
    ///
    /// # Errors
    /// It exists, or its configuration is invalid.
    pub async fn create(
        &self,
        config: BTreeMap<String, String>,
        target: Target,
    ) -> Result<ConnectorView, HerderError> {
        let _changing = self.change(name_in(&config)).await?;
        let view = self.create_locked(config, target)?;
        self.store(view.name());
        Ok(view)
    }

    fn create_locked(
        &self,
        config: BTreeMap<String, String>,
        target: Target,
    ) -> Result<ConnectorView, HerderError> {
        let plan = self.check(&config)?;
        let name = plan.name.clone();
        if self.connectors().contains_key(&name) {
            return Err(HerderError::Conflict(format!(
                "Connector {name} already exists"
            )));
        }
        Ok(self.insert(config, target, plan))
    }

    /// Creates a connector or gives it a new configuration, and so a new task,
    /// at once or, if it is paused, when it is resumed. The same configuration
    /// again changes nothing.
    ///
    /// # Errors
    /// The configuration is invalid; then nothing has changed.
    pub async fn put(
        &self,
        config: BTreeMap<String, String>,
    ) -> Result<(Put, ConnectorView), HerderError> {
        let _changing = self.change(name_in(&config)).await?;
        self.put_locked(config).await
    }

    async fn put_locked(
        &self,
        config: BTreeMap<String, String>,
    ) -> Result<(Put, ConnectorView), HerderError> {
        let plan = self.check(&config)?;
        let name = plan.name.clone();
        let before = self.connectors().get(&name).map(|connector| {
            (
                connector.config == config && connector.missing_task().is_none(),
                connector.target,
                connector.view(),
            )
        });
        match before {
            None => {
                let view = self.insert(config, Target::Started, plan);
                self.store(&name);
                Ok((Put::Created, view))
            }
            Some((true, _, view)) => Ok((Put::Updated, view)),
            // What has been received goes on to where it was meant to go.
            Some((false, Target::Paused, ConnectorView { task: Some(_), .. })) => {
                self.announce(&plan);
                let view = self.set_config(&name, config);
                self.store_again(&name);
                view.map(|view| (Put::Updated, view))
            }
            Some((false, target, _)) => {
                self.end_task(&name, self.graceful()).await;
                let view = self.insert(config, target, plan);
                self.store_again(&name);
                Ok((Put::Updated, view))
            }
        }
    }

    /// Changes some settings of a connector, but not its name; `None` takes one
    /// away.
    ///
    /// # Errors
    /// There is none of this name, or the result is invalid; then nothing has
    /// changed.
    pub async fn patch(
        &self,
        name: &str,
        changes: BTreeMap<String, Option<String>>,
    ) -> Result<ConnectorView, HerderError> {
        let _changing = self.change(name).await?;
        let Some(view) = self.view(name) else {
            return Err(HerderError::not_found(name));
        };
        let mut config = view.config;
        for (key, value) in changes {
            match value {
                Some(value) => config.insert(key, value),
                None => config.remove(&key),
            };
        }
        self.put_locked(config).await.map(|(_, view)| view)
    }

    fn insert(
        &self,
        config: BTreeMap<String, String>,
        target: Target,
        plan: Plan,
    ) -> ConnectorView {
        self.announce(&plan);
        let name = plan.name.clone();
        // A connector that is created paused has no task until it is resumed.
        let slot = if target == Target::Started {
            self.start(plan)
        } else {
            Slot::Empty
        };
        let connector = Connector {
            config,
            task_config: TaskConfig::Current,
            target,
            slot,
        };
        let view = connector.view();
        self.connectors().insert(name, connector);
        view
    }

    /// Counts a start of a connector, and tells what is worth telling of it.
    fn announce(&self, plan: &Plan) {
        for warning in &plan.warnings {
            tracing::warn!(target: "Herder", connector = %plan.name, "{warning}");
        }
        self.startups.connectors.fetch_add(1, Relaxed);
    }

    /// Removes a connector after its task has delivered what it has. Its
    /// offsets stay, as in Connect.
    ///
    /// # Errors
    /// There is none of this name.
    pub async fn delete(&self, name: &str) -> Result<(), HerderError> {
        let _changing = self.change(name).await?;
        if !self.connectors().contains_key(name) {
            return Err(HerderError::not_found(name));
        }
        self.end_task(name, self.graceful()).await;
        self.connectors().remove(name);
        self.timelines.forget(name);
        self.forget(name);
        tracing::info!(target: "Herder", connector = %name, "Deleted connector {name}");
        Ok(())
    }

    /// What the end of a task, or of all together, may take.
    pub(crate) fn graceful(&self) -> Duration {
        Duration::from_millis(self.worker.task_shutdown_graceful_timeout_ms)
    }

    /// Ends a connector's task, if it has one, and stores its last offset.
    async fn end_task(&self, name: &str, within: Duration) -> StopReport {
        let report = self.end_task_unflushed(name, within).await;
        self.flush_offsets().await;
        report
    }

    /// The same, with the offset only given to the store.
    async fn end_task_unflushed(&self, name: &str, within: Duration) -> StopReport {
        let slot = match self.connectors().get_mut(name) {
            Some(connector) => std::mem::replace(&mut connector.slot, Slot::Empty),
            None => Slot::Empty,
        };
        let Slot::Started(started) = slot else {
            return StopReport::default();
        };
        let report = started.handle.stop(within).await;
        self.topics.keep(name, &started);
        self.commit_one(name, &started);
        report
    }
}

/// The name that a configuration says.
fn name_in(config: &BTreeMap<String, String>) -> &str {
    config.get("name").map_or("", String::as_str)
}

#[cfg(test)]
mod renewal_tests;
#[cfg(test)]
mod tests;
