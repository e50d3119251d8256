//! What the worker measures and how it is shown.
//!
//! [`reading`] has the counters as they stand, [`sampler`] what happened
//! lately, [`groups`] makes the beans of both that Kafka Connect's users know
//! from JMX. `GET /metrics` ([`prometheus`]) and `/jolokia` ([`jolokia`])
//! show those beans; what Connect does not measure (the core says what) is under
//! `kafka_connect_websocket_` in `/metrics` ([`own`]), and goes to OpenTelemetry
//! collectors if the feature `otlp` is built in.

mod bean;
mod groups;
pub mod jolokia;
#[cfg(feature = "otlp")]
pub mod otlp;
mod own;
mod pattern;
mod prometheus;
mod reading;
mod sampler;
mod text;
mod window;

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

pub use bean::{Attribute, Bean, Group, ObjectName, Value};
pub use prometheus::CONTENT_TYPE;
pub use reading::{CommitCounts, ConnectorReading, StartupCounts, TaskReading, WorkerReading};
pub use sampler::tick;
pub use window::WindowConfig;

use sampler::{Lately, Sampler};

/// What a worker says of itself (`AppInfoParser`).
#[derive(Clone, Debug)]
pub struct AppInfo {
    /// The version of Kafka Connect whose behaviour this is.
    pub version: &'static str,
    /// What it was built from: this program's version.
    pub commit: &'static str,
    /// `host:port` by which the worker is known.
    pub worker_id: String,
    /// When it started, milliseconds since the epoch.
    pub started_at_ms: i64,
}

impl AppInfo {
    /// A worker that starts now.
    pub fn now(version: &'static str, commit: &'static str, worker_id: String) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let started_at_ms = now.map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX));
        Self {
            version,
            commit,
            worker_id,
            started_at_ms,
        }
    }
}

/// Keeps what values over time need between two looks at the counters. Have
/// one per worker: it takes maxima out of the tasks' counters.
#[derive(Debug)]
pub struct Exposition {
    app: Arc<AppInfo>,
    sampler: Sampler,
}

impl Exposition {
    /// Nothing measured yet.
    pub fn new(app: AppInfo, config: WindowConfig) -> Self {
        Self {
            app: Arc::new(app),
            sampler: Sampler::new(config),
        }
    }

    /// Looks at the counters; to be called every [`tick`]. `now` is when they
    /// were read.
    pub fn look(&mut self, now: Instant, worker: &WorkerReading) {
        self.sampler.look(now, worker);
    }

    /// Looks at the counters and takes with it what their showing needs, so
    /// that nobody has to wait for that.
    pub fn measured(&mut self, now: Instant, worker: WorkerReading) -> Measured {
        self.sampler.look(now, &worker);
        Measured {
            app: Arc::clone(&self.app),
            lately: self.sampler.lately(now, &worker),
            worker,
        }
    }
}

/// Everything that is measured, at one moment.
#[derive(Clone, Debug)]
pub struct Measured {
    app: Arc<AppInfo>,
    lately: Lately,
    worker: WorkerReading,
}

impl Measured {
    /// Everything under Connect's names, and the connectors' own beans.
    pub fn beans(&self) -> Vec<Bean> {
        groups::beans(&self.app, &self.lately, &self.worker)
    }

    /// Everything as Prometheus reads it.
    pub fn prometheus(&self) -> String {
        prometheus::render(&self.beans(), self.app.commit, &self.worker)
    }
}

#[cfg(test)]
mod bean_tests;
#[cfg(test)]
mod monitor_tests;
#[cfg(test)]
mod tests;
