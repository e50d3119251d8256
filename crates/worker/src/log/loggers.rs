//! The loggers of this process by the names that Java's have, and their levels
//! (Connect's `Loggers` over log4j), for `/admin/loggers`.
//!
//! A logger is a component of a log line. It is known under the class whose
//! lines it writes in Kafka Connect, so that what users have in scripts finds
//! it. Invariants: a logger without a level of its own has that of its nearest
//! ancestor, at last that of `root`; the names that clients may add are bounded.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tracing_subscriber::{EnvFilter, Registry, reload};

use super::LogError;
use super::filter;

/// The logger that all others inherit from.
const ROOT: &str = "root";
/// Names that are not ours and may be added.
const MAX_ADDED: usize = 1_000;
/// Longest name that may be added, bytes.
const MAX_NAME_BYTES: usize = 256;

/// Components of log lines and the classes that they stand for.
const COMPONENTS: [(&str, &str); 17] = [
    (
        "AbstractWorkerSourceTask",
        "org.apache.kafka.connect.runtime.AbstractWorkerSourceTask",
    ),
    (
        "ConfigProvider",
        "org.apache.kafka.common.config.provider.ConfigProvider",
    ),
    (
        "ConnectStandalone",
        "org.apache.kafka.connect.cli.ConnectStandalone",
    ),
    (
        "ExactlyOnceWorkerSourceTask",
        "org.apache.kafka.connect.runtime.ExactlyOnceWorkerSourceTask",
    ),
    (
        "Herder",
        "org.apache.kafka.connect.runtime.standalone.StandaloneHerder",
    ),
    ("Kafka", "org.apache.kafka.clients.NetworkClient"),
    (
        "LogReporter",
        "org.apache.kafka.connect.runtime.errors.LogReporter",
    ),
    (
        "LoggingResource",
        "org.apache.kafka.connect.runtime.rest.resources.LoggingResource",
    ),
    (
        "Producer",
        "org.apache.kafka.clients.producer.KafkaProducer",
    ),
    (
        "RestServer",
        "org.apache.kafka.connect.runtime.rest.RestServer",
    ),
    ("TopicAdmin", "org.apache.kafka.connect.util.TopicAdmin"),
    (
        "WebSocketSourceTask",
        "io.conduktor.connect.websocket.WebSocketSourceTask",
    ),
    ("Worker", "org.apache.kafka.connect.runtime.Worker"),
    (
        "WorkerConfig",
        "org.apache.kafka.connect.runtime.WorkerConfig",
    ),
    (
        "WorkerSourceTask",
        "org.apache.kafka.connect.runtime.WorkerSourceTask",
    ),
    ("librdkafka", "librdkafka"),
    ("rdkafka", "rdkafka"),
];

/// log4j's levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoggerLevel {
    /// Nothing.
    Off,
    /// What ends the process; nothing here is logged at this level.
    Fatal,
    /// Errors.
    Error,
    /// Warnings and worse.
    Warn,
    /// What a user wants to know.
    Info,
    /// What a developer wants to know.
    Debug,
    /// Every step.
    Trace,
    /// Everything.
    All,
}

const LEVELS: [(LoggerLevel, &str, &str); 8] = [
    (LoggerLevel::Off, "OFF", "off"),
    (LoggerLevel::Fatal, "FATAL", "off"),
    (LoggerLevel::Error, "ERROR", "error"),
    (LoggerLevel::Warn, "WARN", "warn"),
    (LoggerLevel::Info, "INFO", "info"),
    (LoggerLevel::Debug, "DEBUG", "debug"),
    (LoggerLevel::Trace, "TRACE", "trace"),
    (LoggerLevel::All, "ALL", "trace"),
];

impl LoggerLevel {
    fn row(self) -> (&'static str, &'static str) {
        let row = LEVELS.iter().find(|(level, _, _)| *level == self);
        row.map_or(("OFF", "off"), |(_, name, filter)| (name, filter))
    }
}

impl FromStr for LoggerLevel {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let row = LEVELS
            .iter()
            .find(|(_, name, _)| name.eq_ignore_ascii_case(text));
        row.map(|(level, _, _)| *level).ok_or(())
    }
}

impl fmt::Display for LoggerLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().0)
    }
}

/// A logger as `/admin/loggers` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoggerView {
    /// Its own level or the inherited one.
    pub level: LoggerLevel,
    /// When its own level was changed, in milliseconds since 1970.
    pub last_modified_ms: Option<u64>,
}

/// Why a level is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no more than {MAX_ADDED} loggers can be added, of at most {MAX_NAME_BYTES} bytes each")]
pub struct TooManyLoggers;

/// See the module's documentation.
#[derive(Debug, Default)]
pub struct Loggers {
    state: Mutex<State>,
    /// Where the levels take effect; none in a process without a log.
    filter: Option<reload::Handle<EnvFilter, Registry>>,
}

#[derive(Debug, Default)]
struct State {
    /// All that have a level of their own, `root` always among them.
    levels: BTreeMap<String, LoggerView>,
    /// Names that a client has added.
    added: BTreeSet<String>,
}

static INSTALLED: OnceLock<Arc<Loggers>> = OnceLock::new();

impl Loggers {
    /// All components of log lines with the loggers that they stand for.
    pub fn components() -> impl Iterator<Item = (&'static str, &'static str)> {
        COMPONENTS.into_iter()
    }

    /// The loggers of this process; of no effect if its log is not set up.
    pub fn installed() -> Arc<Self> {
        let detached = || Self::new("info", None).unwrap_or_default();
        INSTALLED.get_or_init(|| Arc::new(detached())).clone()
    }

    /// Makes these the loggers of this process; the first ones stay.
    pub(super) fn install(self: &Arc<Self>) {
        // `try_init` has refused a second log already.
        let _ = INSTALLED.set(Arc::clone(self));
    }

    /// The loggers with the levels of `--log-level`.
    pub(super) fn new(
        level: &str,
        filter: Option<reload::Handle<EnvFilter, Registry>>,
    ) -> Result<Self, LogError> {
        Ok(Self {
            state: Mutex::new(State::parse(level)?),
            filter,
        })
    }

    // A change is a few insertions, each of which leaves the state whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces all levels by those of a `--log-level`.
    pub(super) fn replace(&self, level: &str) -> Result<(), LogError> {
        let mut state = self.state();
        *state = State::parse(level)?;
        self.put_into_effect(&state);
        Ok(())
    }

    /// Puts the levels into effect.
    pub(super) fn apply(&self) {
        self.put_into_effect(&self.state());
    }

    // Nothing is logged meanwhile: the state is locked.
    fn put_into_effect(&self, state: &State) {
        if let Some(handle) = &self.filter {
            // It fails only when the log is gone, with nobody to be told.
            let _ = handle.reload(EnvFilter::new(state.directives()));
        }
    }

    /// All loggers with a level of their own.
    pub fn all(&self) -> BTreeMap<String, LoggerView> {
        self.state().levels.clone()
    }

    /// One logger, if there is one of this name.
    pub fn get(&self, name: &str) -> Option<LoggerView> {
        let state = self.state();
        let known = state.names().any(|known| known == name);
        known.then(|| state.view(name))
    }

    /// Sets the level of `namespace` and of all loggers whose names begin with
    /// it; `root` is all loggers. Gives their names in order.
    ///
    /// # Errors
    /// It would be one more name than may be added.
    pub fn set(&self, namespace: &str, level: LoggerLevel) -> Result<Vec<String>, TooManyLoggers> {
        // Held until the levels are in effect, so that of two changes at the
        // same time neither is lost.
        let mut state = self.state();
        if !state.names().any(|known| known == namespace) {
            if state.added.len() >= MAX_ADDED || namespace.len() > MAX_NAME_BYTES {
                return Err(TooManyLoggers);
            }
            state.added.insert(namespace.to_owned());
        }
        let all = namespace == ROOT;
        let names: BTreeSet<String> = state
            .names()
            .filter(|name| all || name.starts_with(namespace))
            .map(str::to_owned)
            .collect();
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now_ms = now.map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(u64::MAX));
        for name in &names {
            if state.view(name).level != level {
                let changed = LoggerView {
                    level,
                    last_modified_ms: Some(now_ms),
                };
                state.levels.insert(name.clone(), changed);
            }
        }
        self.put_into_effect(&state);
        Ok(names.into_iter().collect())
    }
}

impl State {
    fn parse(text: &str) -> Result<Self, LogError> {
        // The log's filter takes errors only where nothing is said.
        let mut levels = BTreeMap::from([(ROOT.to_owned(), view(LoggerLevel::Error))]);
        for (target, level) in filter::parse(text)? {
            let name = target.map_or(ROOT.to_owned(), |target| java_name(&target));
            levels.insert(name, view(level));
        }
        Ok(Self {
            levels,
            added: BTreeSet::new(),
        })
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let ours = COMPONENTS.iter().map(|(_, name)| *name);
        let given = self.levels.keys().map(String::as_str);
        ours.chain(given)
            .chain(self.added.iter().map(String::as_str))
    }

    fn view(&self, name: &str) -> LoggerView {
        if let Some(view) = self.levels.get(name) {
            return *view;
        }
        let mut ancestor = name;
        let inherited = loop {
            match ancestor.rsplit_once('.') {
                Some((parent, _)) => ancestor = parent,
                None => break self.levels.get(ROOT),
            }
            if let Some(view) = self.levels.get(ancestor) {
                break Some(view);
            }
        };
        view(inherited.map_or(LoggerLevel::Off, |inherited| inherited.level))
    }

    /// One directive for each component, so that those of which one's name
    /// begins with another's do not share a level.
    fn directives(&self) -> String {
        let given = self.levels.keys().map(String::as_str);
        // A name comes from a client: it must not be more than a name here.
        let is_name = |name: &str| {
            name.chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
        };
        let others = given.filter(|name| *name != ROOT && !is_component(name) && is_name(name));
        let ours = COMPONENTS.iter().map(|(_, name)| *name);
        let mut directives = self.view(ROOT).level.row().1.to_owned();
        for name in ours.chain(others) {
            let target = target(name);
            let level = self.view(name).level.row().1;
            directives.extend([",", &target, "=", level]);
        }
        directives
    }
}

const fn view(level: LoggerLevel) -> LoggerView {
    LoggerView {
        level,
        last_modified_ms: None,
    }
}

fn is_component(name: &str) -> bool {
    COMPONENTS.iter().any(|(_, known)| *known == name)
}

fn java_name(target: &str) -> String {
    let known = COMPONENTS
        .iter()
        .find(|(component, _)| *component == target);
    known.map_or_else(|| target.replace("::", "."), |(_, name)| (*name).to_owned())
}

fn target(name: &str) -> String {
    let known = COMPONENTS.iter().find(|(_, known)| *known == name);
    known.map_or_else(
        || name.replace('.', "::"),
        |(component, _)| (*component).to_owned(),
    )
}

#[cfg(test)]
#[path = "loggers_tests.rs"]
mod tests;
