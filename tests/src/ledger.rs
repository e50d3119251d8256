//! A task's account of its messages, as REST and its last line tell it.
//!
//! Invariant: whoever reads one has checked that it balances.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;

use crate::rest;
use crate::worker::Worker;

/// Between two readings.
const PAUSE: Duration = Duration::from_millis(20);

/// One reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Data messages read from the socket.
    pub received: u64,
    /// Messages that an earlier task had left in the spool.
    pub replayed: u64,
    /// Records that Kafka has acknowledged.
    pub acknowledged: u64,
    /// Messages in memory.
    pub in_flight: u64,
    /// Messages that wait on disk only.
    pub spooled: u64,
    /// Messages dropped, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// Messages that were not wanted, by what removed them.
    pub removed: BTreeMap<String, u64>,
}

impl Ledger {
    /// Reads one.
    ///
    /// # Errors
    /// It does not balance, or is no ledger; in words.
    pub fn parse(value: &Value) -> Result<Self, String> {
        let number = |value: &Value| value.as_u64().ok_or_else(|| format!("a ledger of {value}"));
        let counts = |key: &str| {
            let counts = value[key].as_object().into_iter().flatten();
            let counts = counts.map(|(name, count)| Ok((name.clone(), number(count)?)));
            counts.collect::<Result<BTreeMap<_, _>, String>>()
        };
        let ledger = Self {
            received: number(&value["received"])?,
            replayed: number(&value["replayed"])?,
            acknowledged: number(&value["acknowledged"])?,
            in_flight: number(&value["in_flight"])?,
            spooled: number(&value["spooled"])?,
            dropped: counts("dropped")?,
            removed: counts("removed")?,
        };
        let known = ledger.acknowledged + ledger.waiting();
        let left_out: u64 = ledger.dropped.values().chain(ledger.removed.values()).sum();
        if ledger.inputs() == known + left_out {
            Ok(ledger)
        } else {
            Err(format!("it does not balance: {ledger:?}"))
        }
    }

    /// All that came in.
    pub fn inputs(&self) -> u64 {
        self.received + self.replayed
    }

    /// Messages that Kafka does not have yet.
    pub fn waiting(&self) -> u64 {
        self.in_flight + self.spooled
    }

    /// Messages dropped for a reason; panics if there is no such reason.
    pub fn dropped(&self, reason: &str) -> u64 {
        let count = self.dropped.get(reason);
        *count.unwrap_or_else(|| panic!("no {reason} in {self:?}"))
    }

    /// The present one of a connector's task; `None` until there is one.
    pub fn of(port: u16, connector: &str) -> Option<Result<Self, String>> {
        let path = format!("/connectors/{connector}/ledger");
        let answer = rest::request(port, "GET", &path, None).ok()?;
        let ledger = (answer.status == 200).then(|| answer.json()["tasks"][0].clone());
        ledger
            .filter(Value::is_object)
            .map(|ledger| Self::parse(&ledger))
    }

    /// The one of the last line that a connector's task has written; panics
    /// if it says that anything is lost.
    pub fn at_the_end(worker: &Worker, connector: &str) -> Self {
        let log = worker.log();
        let task = format!("(connector={connector}, task=0)");
        let mut lines = log.lines();
        let line = lines.rfind(|line| line.contains("Stopped - ") && line.contains(&task));
        Self::of_last_line(line.expect("a last line"))
    }

    /// The one in a task's last line, which a worker of either kind has
    /// written; panics if it says that anything is lost.
    pub fn of_last_line(line: &str) -> Self {
        assert!(line.contains(", Lost: 0, "), "{line}");
        let (_, text) = line.split_once("Ledger: ").expect("a ledger");
        let mut values = serde_json::Deserializer::from_str(text).into_iter();
        let value: Value = values.next().expect("a ledger").expect("JSON");
        Self::parse(&value).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// What the readings of one run have shown.
#[derive(Clone, Debug, Default)]
pub struct Readings {
    /// How many there were.
    pub count: u64,
    /// The last one.
    pub last: Ledger,
    fault: Option<String>,
}

impl Readings {
    fn take(&mut self, reading: Result<Ledger, String>) {
        let last = &self.last;
        match reading {
            Ok(ledger)
                if ledger.received < last.received || ledger.acknowledged < last.acknowledged =>
            {
                self.fault = Some(format!("from {last:?} back to {ledger:?}"));
            }
            Ok(ledger) => self.last = ledger,
            Err(fault) => self.fault = Some(fault),
        }
        self.count += 1;
    }
}

/// Reads a connector's ledger again and again while a worker runs.
#[derive(Debug)]
pub struct Watch {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<Readings>>,
}

impl Watch {
    /// Begins with the worker whose REST API has this port.
    pub fn begin(port: u16, connector: &str) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (seen, connector) = (Arc::clone(&over), connector.to_owned());
        let thread = thread::spawn(move || {
            let mut readings = Readings::default();
            while !seen.load(Relaxed) && readings.fault.is_none() {
                if let Some(reading) = Ledger::of(port, &connector) {
                    readings.take(reading);
                }
                thread::park_timeout(PAUSE);
            }
            readings
        });
        Self {
            over,
            thread: Some(thread),
        }
    }

    /// Ends it; panics if a reading did not balance, or counted backwards.
    pub fn end(mut self) -> Readings {
        self.over.store(true, Relaxed);
        let thread = self.thread.take().expect("ended once");
        thread.thread().unpark();
        let readings = thread.join().expect("a thread");
        if let Some(fault) = &readings.fault {
            panic!("after {} readings: {fault}", readings.count);
        }
        readings
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.over.store(true, Relaxed);
    }
}
