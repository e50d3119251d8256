//! The counters of all connectors and tasks as they stand, for the metrics.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use websocket_source::task::Phase;

use super::Herder;
use super::connector::{Connector, Slot};
use crate::exposition::{ConnectorReading, StartupCounts, TaskReading, WorkerReading};
use crate::files::InitialState;

impl Herder {
    /// Reads everything that is counted. Nothing waits for it but changes of
    /// the set of connectors.
    pub fn reading(&self) -> WorkerReading {
        let connectors = self.connectors();
        let reading = |(name, connector): (&String, &Connector)| ConnectorReading {
            name: name.clone(),
            state: InitialState::from(connector.target).name(),
            task: connector.task_reading(),
        };
        let connectors = connectors.iter().map(reading).collect();
        let startups = &self.startups;
        let succeeded = startups.succeeded_tasks.load(Relaxed);
        let failures = startups.failed_tasks.load(Relaxed);
        WorkerReading {
            connectors,
            connector_startup: StartupCounts {
                attempts: startups.connectors.load(Relaxed),
                failures: 0,
            },
            task_startup: StartupCounts {
                attempts: succeeded + failures,
                failures,
            },
        }
    }
}

impl Connector {
    fn task_reading(&self) -> Option<TaskReading> {
        let view = self.task_view()?;
        let session = view.phase();
        let refused_status = view.session.as_ref().and_then(|one| one.refused_status);
        let reading = TaskReading {
            task: 0,
            start: 0,
            state: view.state,
            session,
            refused_status,
            url: String::new(),
            metrics: view.metrics.unwrap_or_default(),
            progress: view.progress,
            ledger: view.ledger,
            errors: view.errors,
            commits: Arc::default(),
        };
        match &self.slot {
            Slot::Empty => None,
            // Nothing has been counted of it.
            Slot::Unstartable { start, .. } => Some(TaskReading {
                start: *start,
                session: Phase::Failed,
                url: self.redacted_url(),
                ..reading
            }),
            Slot::Started(started) => Some(TaskReading {
                start: started.start,
                url: view.session.map(|session| session.url).unwrap_or_default(),
                commits: Arc::clone(&started.commits),
                ..reading
            }),
        }
    }

    fn redacted_url(&self) -> String {
        let url = self.task_config().get("websocket.url");
        url.map(|url| websocket_source::settings::redact(url.trim()))
            .unwrap_or_default()
    }
}
