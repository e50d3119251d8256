//! Log lines on their way to Java, which logs them in its own framework.
//!
//! Bounded: lines that Java does not take in time are counted and told of.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::sync::{Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::Registry;

/// Lines that wait at most.
const MAX_LINES: usize = 4096;

/// A line for Java's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// ERROR, WARN or INFO.
    pub(crate) level: &'static str,
    /// The connector; empty if the line is nobody's.
    pub(crate) connector: String,
    /// The task's number.
    pub(crate) task: String,
    /// The text.
    pub(crate) text: String,
}

/// Lines that wait.
#[derive(Debug)]
pub(crate) struct Lines {
    waiting: Mutex<Waiting>,
    came: Condvar,
}

#[derive(Debug)]
struct Waiting {
    lines: VecDeque<Line>,
    left_out: u64,
    /// Whoever waits is to return.
    woken: bool,
}

/// The lines of all tasks.
pub(crate) static LINES: Lines = Lines::new();

impl Lines {
    const fn new() -> Self {
        Self {
            waiting: Mutex::new(Waiting {
                lines: VecDeque::new(),
                left_out: 0,
                woken: false,
            }),
            came: Condvar::new(),
        }
    }

    // Whole lines only are pushed and taken.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, line: Line) {
        let mut waiting = self.lock();
        if waiting.lines.len() < MAX_LINES {
            waiting.lines.push_back(line);
        } else {
            waiting.left_out += 1;
        }
        drop(waiting);
        self.came.notify_one();
    }

    /// Takes all lines; waits for one to come or to be woken, `wait` at the
    /// most.
    pub(crate) fn take(&self, wait: Duration) -> Vec<Line> {
        let deadline = Instant::now() + wait;
        let mut waiting = self.lock();
        while waiting.lines.is_empty() && !waiting.woken {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.came.wait_timeout(waiting, left);
            waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        waiting.woken = false;
        let mut lines = Vec::from(std::mem::take(&mut waiting.lines));
        let left_out = std::mem::take(&mut waiting.left_out);
        if left_out > 0 {
            lines.push(Line {
                level: "WARN",
                connector: String::new(),
                task: String::new(),
                text: format!("{left_out} log lines were left out: they came too fast"),
            });
        }
        lines
    }

    /// Has a waiting [`Lines::take`] return.
    pub(crate) fn wake(&self) {
        self.lock().woken = true;
        self.came.notify_all();
    }
}

/// Has the core's events become lines, from the first call on.
pub(crate) fn collect() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = Registry::default().with(Collector.with_filter(LevelFilter::INFO));
        // This library has its own statics: nobody else can have set one.
        let _ = tracing::subscriber::set_global_default(subscriber);
    });
}

struct Collector;

impl<S: Subscriber> Layer<S> for Collector {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        LINES.push(line(event));
    }
}

fn line(event: &Event<'_>) -> Line {
    let mut fields = Fields::default();
    event.record(&mut fields);
    Line {
        level: match *event.metadata().level() {
            Level::ERROR => "ERROR",
            Level::WARN => "WARN",
            _ => "INFO",
        },
        connector: fields.connector,
        task: fields.task,
        text: fields.text,
    }
}

#[derive(Default)]
struct Fields {
    connector: String,
    task: String,
    text: String,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let into = match field.name() {
            "connector" => &mut self.connector,
            "task" => &mut self.task,
            "message" => &mut self.text,
            _ => return,
        };
        // A String takes everything.
        let _ = write!(into, "{value:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Line {
        Line {
            level: "INFO",
            connector: "c".to_owned(),
            task: "0".to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn events_of_the_core_become_lines() {
        collect();
        tracing::warn!(target: "t", connector = "events", task = 3, "text {}", 1);
        tracing::debug!(target: "t", connector = "events", task = 3, "no line");
        let lines = LINES.take(Duration::ZERO);
        let mut own = lines.iter().filter(|line| line.connector == "events");
        let line = own.next().expect("a line");
        assert_eq!(
            (line.level, line.task.as_str(), line.text.as_str()),
            ("WARN", "3", "text 1")
        );
        assert_eq!(own.next(), None);
    }

    #[test]
    fn lines_that_nobody_takes_are_bounded_and_counted() {
        let lines = Lines::new();
        for number in 0..MAX_LINES + 3 {
            lines.push(text(&number.to_string()));
        }
        let taken = lines.take(Duration::ZERO);
        assert_eq!(taken.len(), MAX_LINES + 1);
        assert!(
            taken[MAX_LINES]
                .text
                .starts_with("3 log lines were left out")
        );
        assert_eq!(lines.take(Duration::ZERO), []);
    }

    #[test]
    fn a_wait_ends_with_a_line_or_when_it_is_woken() {
        let lines = Lines::new();
        std::thread::scope(|scope| {
            let taken = scope.spawn(|| lines.take(Duration::from_secs(60)));
            lines.push(text("a"));
            assert_eq!(taken.join().expect("no panic"), [text("a")]);
        });
        lines.wake();
        assert_eq!(lines.take(Duration::from_secs(60)), []);
    }
}
