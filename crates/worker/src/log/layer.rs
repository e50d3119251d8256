//! From an event to the outputs. Writing is synchronous, as Connect's console
//! and file appenders are: a reader that stops reading stops the logging thread
//! rather than costing lines or memory.

use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Zoned;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::LogFormat;
use super::line::{self, Fields};
use super::rotate::RotatingFile;

/// Where lines go to.
pub(super) struct Outputs {
    console: Box<dyn Write + Send>,
    file: Option<RotatingFile>,
}

impl fmt::Debug for Outputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outputs")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

impl Outputs {
    pub(super) fn new(console: Box<dyn Write + Send>, file: Option<RotatingFile>) -> Self {
        Self { console, file }
    }

    fn write(&mut self, line: &str) {
        // A console that is gone has nobody left to be told; the file goes on.
        let _ = self.console.write_all(line.as_bytes());
        let _ = self.console.flush();
        if let Some(file) = &mut self.file {
            file.write_line(line.as_bytes());
        }
    }

    pub(super) fn flush(&mut self) {
        let _ = self.console.flush();
        if let Some(file) = &mut self.file {
            file.flush();
        }
    }
}

/// Locks the outputs; a panic of another writer leaves at worst a torn line.
pub(super) fn lock(outputs: &Mutex<Outputs>) -> MutexGuard<'_, Outputs> {
    outputs.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The subscriber layer that writes lines.
#[derive(Debug)]
pub(super) struct LineLayer {
    format: LogFormat,
    outputs: Arc<Mutex<Outputs>>,
}

impl LineLayer {
    pub(super) fn new(format: LogFormat, outputs: Arc<Mutex<Outputs>>) -> Self {
        Self { format, outputs }
    }
}

impl<S: Subscriber> Layer<S> for LineLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let (level, target) = (*event.metadata().level(), event.metadata().target());
        let now = Zoned::now();
        let line = match self.format {
            LogFormat::Text => line::text(&now, level, target, &fields),
            LogFormat::Json => line::json(&now, level, target, &fields),
        };
        lock(&self.outputs).write(&line);
    }
}
