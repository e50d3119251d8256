//! The counters of all connectors and tasks as they stand, for the metrics.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

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
        let count = |attempts: &AtomicU64, failures| StartupCounts {
            attempts: attempts.load(Relaxed),
            failures,
        };
        let failed_tasks = self.startups.failed_tasks.load(Relaxed);
        WorkerReading {
            connectors,
            connector_startup: count(&self.startups.connectors, 0),
            task_startup: count(&self.startups.tasks, failed_tasks),
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
            uptime: Duration::ZERO,
            metrics: view.metrics.unwrap_or_default(),
            progress: view.progress,
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
                uptime: started.began.elapsed(),
                commits: Arc::clone(&started.commits),
                ..reading
            }),
        }
    }

    fn redacted_url(&self) -> String {
        let url = self.config.get("websocket.url");
        url.map(|url| websocket_source::settings::redact(url.trim()))
            .unwrap_or_default()
    }
}
