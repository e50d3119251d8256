//! The worker's log, in the line layout that users of the connector already
//! parse: `[2025-12-17 10:30:45,123] INFO [Component] message (connector=a, task=0)`.
//!
//! Invariants: one event is one line, whatever its message holds; a line is
//! written before the event's caller goes on, so none is lost in a queue and no
//! memory is held; the file and its numbered predecessors stay within
//! `max_bytes * (max_files + 1)`.
//!
//! Local time comes from `jiff`, which reads the zone database itself: the C
//! library's `localtime_r` races with changes of the environment, and an offset
//! taken once at the start is wrong after the next change to summer time.

mod filter;
mod layer;
mod line;
mod loggers;
mod rotate;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tracing_subscriber::layer::{Layered, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, reload};

pub use loggers::{LoggerLevel, LoggerView, Loggers, TooManyLoggers};

use layer::{LineLayer, Outputs};
use rotate::RotatingFile;

/// Layout of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// `[YYYY-MM-DD HH:MM:SS,mmm] LEVEL [Component] message`
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// The standard stream that gets every line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Console {
    /// As Kafka Connect does.
    #[default]
    Stdout,
    /// For commands whose standard output is data.
    Stderr,
}

/// A log file that is replaced when it is full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFile {
    /// The file written to; older ones are `path.1` (newest) to `path.N`.
    pub path: PathBuf,
    /// Size at which a new file is begun.
    pub max_bytes: u64,
    /// How many older files are kept, 1 to 1,000.
    pub max_files: u32,
}

impl LogFile {
    /// Default of `max_bytes`: 100 MiB.
    pub const DEFAULT_MAX_BYTES: u64 = 100 * 1024 * 1024;
    /// Default of `max_files`.
    pub const DEFAULT_MAX_FILES: u32 = 10;

    /// A file with the default limits.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            max_bytes: Self::DEFAULT_MAX_BYTES,
            max_files: Self::DEFAULT_MAX_FILES,
        }
    }
}

/// What is logged, how and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogOptions {
    /// Layout of a line.
    pub format: LogFormat,
    /// The standard stream that gets every line.
    pub console: Console,
    /// A file that gets every line too.
    pub file: Option<LogFile>,
    /// A level, or `level,component=level,...`.
    pub level: String,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            format: LogFormat::default(),
            console: Console::default(),
            file: None,
            level: "info".to_owned(),
        }
    }
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is not understood.
    #[error(
        "--log-level '{value}': {reason}; give error, warn, info, debug, trace or off, \
         alone or with components, as in info,WebSocketSourceTask=debug"
    )]
    Level {
        /// The filter as given.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A limit of the log file is out of range.
    #[error("{setting} is {value}: give {range}")]
    Limit {
        /// The option.
        setting: &'static str,
        /// Its value.
        value: u64,
        /// What it may be.
        range: &'static str,
    },
    /// The log file cannot be opened.
    #[error("--log-file {}: {source}; give a file in an existing directory that the worker may write to", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another subscriber is already installed in this process.
    #[error("logging is already set up in this process")]
    AlreadySet,
}

type Filtered = Layered<reload::Layer<EnvFilter, Registry>, Registry>;

/// Keeps the log's outputs; dropping it flushes them.
#[derive(Debug)]
pub struct LogGuard {
    outputs: Arc<Mutex<Outputs>>,
    loggers: Arc<Loggers>,
}

impl LogGuard {
    /// Replaces the filter while the process runs.
    ///
    /// # Errors
    /// [`LogError::Level`] when `level` is not understood; the old filter stays.
    pub fn set_level(&self, level: &str) -> Result<(), LogError> {
        self.loggers.replace(level)
    }
}

impl Drop for LogGuard {
    fn drop(&mut self) {
        layer::lock(&self.outputs).flush();
    }
}

/// Sends all `tracing` events of this process to the log.
///
/// # Errors
/// See [`LogError`]; nothing is installed then.
pub fn init(options: &LogOptions) -> Result<LogGuard, LogError> {
    let console: Box<dyn Write + Send> = match options.console {
        Console::Stdout => Box::new(io::stdout()),
        Console::Stderr => Box::new(io::stderr()),
    };
    let (subscriber, guard) = build(options, console)?;
    subscriber.try_init().map_err(|_| LogError::AlreadySet)?;
    guard.loggers.install();
    Ok(guard)
}

fn build(
    options: &LogOptions,
    console: Box<dyn Write + Send>,
) -> Result<(Layered<LineLayer, Filtered>, LogGuard), LogError> {
    let (filter, handle) = reload::Layer::new(EnvFilter::default());
    let loggers = Arc::new(Loggers::new(&options.level, Some(handle))?);
    let file = options.file.clone().map(RotatingFile::open).transpose()?;
    let outputs = Arc::new(Mutex::new(Outputs::new(console, file)));
    let lines = LineLayer::new(options.format, Arc::clone(&outputs));
    let subscriber = tracing_subscriber::registry().with(filter).with(lines);
    loggers.apply();
    let guard = LogGuard { outputs, loggers };
    Ok((subscriber, guard))
}

#[cfg(test)]
pub(crate) mod tests;
