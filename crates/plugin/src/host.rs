//! The tasks of this library: found by number, on threads that are there until
//! the last task has come to its end.
//!
//! Java holds a number and never an address, so that a call after the end
//! finds nothing instead of freed memory. One thread at a time polls a task.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Builder;
use websocket_source::dead_letter;
use websocket_source::dial::{CertificateDer, Dialer, Proxy};
use websocket_source::events::{Event, InConnect};
use websocket_source::metrics::TaskMetrics;
use websocket_source::series::Reading;
use websocket_source::settings::{Oversize, PauseMode, SourceConfig, ValueFormat};
use websocket_source::sink::Sink;
use websocket_source::spool::{Spool, SpoolError};
use websocket_source::task::{self, TaskHandle, TaskOptions, TaskThreads, begin_spool};

use crate::columns::Columns;
use crate::done::Done;
use crate::hand_over::HandOver;
use crate::log;
use crate::oversize::Limit;
use crate::series;
use crate::settings::{joined, parse};
use crate::text::Encoder;

/// Longest wait for the server's close frame when a task is stopped.
const CLOSE_WAIT: Duration = Duration::from_secs(1);
/// How long a spool's owner that is about to end is waited for.
const OWNER_WAIT: Duration = Duration::from_secs(30);

/// What goes wrong in a call from Java, where each is an exception.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HostError {
    /// The configuration is not valid; every error, a line each.
    #[error("{0}")]
    Settings(String),
    /// The system is out of something.
    #[error("no threads for tasks: {0}")]
    Threads(#[from] std::io::Error),
    /// The task has ended by a failure.
    #[error("{0}")]
    Failed(String),
    /// The spool cannot be had.
    #[error("websocket.spool.dir: {0}")]
    Spool(#[from] SpoolError),
    /// A call into the JVM failed.
    #[error("{0}")]
    Jni(#[from] jni::errors::Error),
}

/// What Java starts a task with.
#[derive(Debug)]
pub(crate) struct Start {
    /// The connector's configuration.
    pub(crate) config: BTreeMap<String, String>,
    /// The connector's name and the task's number.
    pub(crate) connector: String,
    pub(crate) task: u32,
    /// How it connects.
    pub(crate) network: Network,
    /// The number of its spool, as [`open_spool`] has given it.
    pub(crate) spool: i64,
    /// The stored sequence of its source partition.
    pub(crate) stored: u64,
    /// Bytes of the largest record of the worker's producers, if they are known.
    pub(crate) worker_limit: Option<usize>,
}

/// What a JVM says of its network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    /// Issuers that it trusts, in DER.
    pub(crate) issuers: Vec<Vec<u8>>,
    /// Certificates that it trusts as a server's own and as no issuer's, in DER.
    pub(crate) servers: Vec<Vec<u8>>,
    /// What connections go through.
    pub(crate) proxy: Option<Proxy>,
}

/// A task of Java's.
#[derive(Debug)]
pub(crate) struct Task {
    connector: String,
    number: u32,
    handle: TaskHandle,
    hand_over: Arc<HandOver>,
    format: ValueFormat,
    /// What is said of messages that are too large, unless Connect's producer
    /// judges them.
    limit: Option<Limit>,
    /// The sequence that its offsets go on from.
    base: u64,
    polled: Mutex<Polled>,
    /// Kept until the task has ended.
    _threads: Arc<TaskThreads>,
}

/// What polls have taken.
#[derive(Debug, Default)]
pub(crate) struct Polled {
    pub(crate) columns: Columns,
    pub(crate) encoder: Encoder,
    /// The first row that Java does not have yet.
    pub(crate) next: usize,
}

#[derive(Debug, Default)]
struct Host {
    tasks: HashMap<i64, Arc<Task>>,
    /// Spools whose tasks are about to be started.
    spools: HashMap<i64, Spool>,
    /// The last number given to a task or a spool.
    last: i64,
    threads: Weak<TaskThreads>,
    /// The last dialer, and what it was made of: mostly all tasks have one.
    dialer: Option<(Network, Arc<Dialer>)>,
}

impl Host {
    /// A dialer for this network.
    fn dialer(&mut self, network: Network) -> Arc<Dialer> {
        if let Some((known, dialer)) = &self.dialer
            && *known == network
        {
            return Arc::clone(dialer);
        }
        let certificates =
            |der: &[Vec<u8>]| der.iter().cloned().map(CertificateDer::from).collect();
        let (issuers, servers): (Vec<_>, Vec<_>) = (
            certificates(&network.issuers),
            certificates(&network.servers),
        );
        let mut dialer = Dialer::trusting(issuers, servers);
        if let Some(proxy) = network.proxy.clone() {
            dialer = dialer.through(proxy);
        }
        let dialer = Arc::new(dialer);
        self.dialer = Some((network, Arc::clone(&dialer)));
        dialer
    }
}

static HOST: LazyLock<Mutex<Host>> = LazyLock::new(Mutex::default);

// Its map is changed by single calls only.
fn host() -> MutexGuard<'static, Host> {
    HOST.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The task of this number, unless it was stopped.
pub(crate) fn find(number: i64) -> Option<Arc<Task>> {
    host().tasks.get(&number).cloned()
}

/// Opens the spool that a configuration asks for: its number and its id, if it
/// asks for one. Waits a while for the task before, which Connect may have
/// given up but which still has it. Blocks.
///
/// # Errors
/// The configuration is not valid, or the spool cannot be had.
pub(crate) fn open_spool(
    config: &BTreeMap<String, String>,
    connector: &str,
) -> Result<Option<(i64, String)>, HostError> {
    let config = checked(config)?;
    let Some(settings) = &config.spool else {
        return Ok(None);
    };
    let spool = task::open_spool(settings, OWNER_WAIT, (connector, 0))?;
    let id = spool.id().to_string();
    let mut host = host();
    host.last += 1;
    let number = host.last;
    host.spools.insert(number, spool);
    Ok(Some((number, id)))
}

/// Lets go of a spool whose task was not started.
pub(crate) fn close_spool(number: i64) {
    let spool = host().spools.remove(&number);
    // Its last write is nothing that others should wait for.
    drop(spool);
}

/// Whether records and offsets written by Connect in transactions are exactly
/// what was received: everything is on the disk before Connect has it, and
/// nothing is dropped.
pub(crate) fn is_exactly_once(config: &BTreeMap<String, String>) -> bool {
    checked(config).is_ok_and(|config| config.missing_for_exactly_once().is_empty())
}

fn checked(config: &BTreeMap<String, String>) -> Result<SourceConfig, HostError> {
    let checked = parse(config).config;
    checked.map_err(|errors| HostError::Settings(joined(&errors)))
}

/// Starts a task; its number.
///
/// # Errors
/// The configuration is not valid, or there are no threads to be had.
pub(crate) fn start(start: Start) -> Result<i64, HostError> {
    log::collect();
    let parsed = parse(&start.config);
    let config = parsed
        .config
        .map_err(|errors| HostError::Settings(joined(&errors)))?;
    let limit = Limit::of(
        &start.config,
        start.worker_limit,
        config.oversize,
        (&start.connector, start.task),
    )
    .map_err(|lacks| HostError::Settings(lacks.join("\n")))?;
    tell(&start, &parsed.warnings, &config, limit.is_some());
    let metrics = Arc::new(TaskMetrics::default());
    let hand_over = HandOver::new(Arc::clone(&metrics.receive_to_ack));
    let format = config.value_format;
    let mut spool = host().spools.remove(&start.spool);
    let base = match (&mut spool, &config.spool) {
        (Some(spool), Some(settings)) => begin_spool(spool, settings.mode, start.stored),
        _ => start.stored,
    };
    let mut host = host();
    let dialer = host.dialer(start.network);
    let threads = match host.threads.upgrade() {
        Some(threads) => threads,
        None => Arc::new(TaskThreads::start("websocket")?),
    };
    let handle = threads.spawn(options(
        &start.connector,
        start.task,
        config,
        dialer,
        hand_over.sink(),
        metrics,
        spool,
    ));
    host.threads = Arc::downgrade(&threads);
    host.last += 1;
    let number = host.last;
    let task = Task {
        connector: start.connector,
        number: start.task,
        handle,
        hand_over,
        format,
        limit,
        base,
        polled: Mutex::default(),
        _threads: threads,
    };
    host.tasks.insert(number, Arc::new(task));
    Ok(number)
}

/// Tells what of a task's settings is not as its users may think.
fn tell(start: &Start, warnings: &[String], config: &SourceConfig, is_limited: bool) {
    let tell = |event| Event::InConnect(event).emit(&start.connector, start.task);
    for warning in warnings {
        tell(InConnect::Setting(warning));
    }
    if config.pause == PauseMode::Disconnect {
        tell(InConnect::PauseNotTold);
    }
    if config.value_format == ValueFormat::Json && wants_dead_letters(&start.config) {
        tell(InConnect::NoDeadLetters);
    }
    if config.oversize != Oversize::Fail && !is_limited {
        tell(InConnect::NoLimit);
    }
    if let Some(proxy) = &start.network.proxy {
        tell(InConnect::Proxied(proxy));
    }
}

/// Whether messages that are tolerated are to go to a topic of their own.
fn wants_dead_letters(config: &BTreeMap<String, String>) -> bool {
    let text = |name| config.get(name).map_or("", |value| value.trim());
    text("errors.tolerance") == "all" && !text(dead_letter::TOPIC).is_empty()
}

fn options(
    connector: &str,
    task: u32,
    config: SourceConfig,
    dialer: Arc<Dialer>,
    sink: Box<dyn Sink>,
    metrics: Arc<TaskMetrics>,
    spool: Option<Spool>,
) -> TaskOptions {
    TaskOptions {
        connector: connector.to_owned(),
        task,
        config,
        dialer,
        sink,
        metrics,
        paused: false,
        spool,
        sink_begins: false,
        timeline: Arc::default(),
    }
}

/// Stops a task: closes its connection and reports what is left. Its records
/// have come as far as `done`, of which Connect has `unconfirmed` ones but has
/// not said that they are written. Nothing if it was stopped before.
pub(crate) fn stop(number: i64, done: Done, unconfirmed: u64) {
    let Some(task) = host().tasks.remove(&number) else {
        return;
    };
    task.end(done, unconfirmed);
    let mut host = host();
    if host.tasks.is_empty() {
        host.dialer = None;
    }
}

impl Task {
    /// `websocket.value.format`.
    pub(crate) fn format(&self) -> ValueFormat {
        self.format
    }

    /// What is said of messages that are too large, unless Connect's producer
    /// judges them.
    pub(crate) fn limit(&self) -> Option<&Limit> {
        self.limit.as_ref()
    }

    /// The sequence that its offsets go on from.
    pub(crate) fn base(&self) -> u64 {
        self.base
    }

    /// Takes what Java does not have yet, if that is nothing waits for
    /// something to come; what it has had has come as far as `done`.
    ///
    /// # Errors
    /// There is nothing any more, and the task has failed.
    pub(crate) fn poll(
        &self,
        done: Done,
        wait: Duration,
    ) -> Result<MutexGuard<'_, Polled>, HostError> {
        let mut polled = self.polled();
        self.hand_over.acknowledge(done);
        if polled.next == polled.columns.len() {
            polled.columns.clear();
            polled.next = 0;
            self.hand_over.take(&mut polled.columns, wait);
        }
        if polled.columns.len() == 0
            && let Some(failure) = self.handle.failure()
        {
            let reason = failure.trace.split_once(": ");
            let reason = reason.map_or(failure.trace.as_str(), |(_class, reason)| reason);
            return Err(HostError::Failed(reason.to_owned()));
        }
        Ok(polled)
    }

    // Each of its fields is valid by itself.
    fn polled(&self) -> MutexGuard<'_, Polled> {
        self.polled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the connection. Connect calls when it writes no more, so what
    /// Java does not have yet is lost unless there is a spool; what it has may
    /// still arrive, and with a spool comes again if Connect's offset does not
    /// say so.
    fn end(&self, done: Done, unconfirmed: u64) {
        self.hand_over.close();
        // A poll that is under way comes to its end first.
        let polled = self.polled();
        self.hand_over.acknowledge(done);
        if unconfirmed > 0 {
            let event = Event::InConnect(InConnect::Unconfirmed(unconfirmed));
            event.emit(&self.connector, self.number);
        }
        drop(polled);
        let closing = self.handle.abandon(CLOSE_WAIT);
        // Only a channel is waited for, which needs no driver.
        match Builder::new_current_thread().build() {
            Ok(runtime) => drop(runtime.block_on(closing)),
            Err(_) => drop(closing),
        }
    }

    /// The values of its own series, in the order of [`series::layout`].
    pub(crate) fn series(&self) -> Vec<f64> {
        let status = self.handle.status();
        series::values(&Reading {
            metrics: self.handle.metrics(),
            session: status.phase,
            refused_status: status.refused_status,
            ledger: self.handle.ledger(),
        })
    }

    /// The readings of [`STATISTICS`], in that order.
    pub(crate) fn statistics(&self) -> [i64; STATISTICS.len()] {
        let metrics = self.handle.metrics();
        let ready = self.hand_over.records() as u64;
        let taken = self.hand_over.delivery().progress().taken;
        let given = taken.saturating_sub(ready);
        let counts = [
            metrics.received.load(Relaxed),
            metrics.dropped_total(),
            given,
            metrics.queue_messages.load(Relaxed),
            metrics.queue_capacity_messages.load(Relaxed),
            metrics.reconnects.load(Relaxed),
        ];
        let [received, dropped, produced, queue, capacity, reconnects] =
            counts.map(|count| i64::try_from(count).unwrap_or(i64::MAX));
        [
            received,
            dropped,
            produced,
            queue,
            capacity,
            reconnects,
            metrics.connected_at_ms.load(Relaxed),
            metrics.last_message_at_ms.load(Relaxed),
        ]
    }
}

/// What [`Task::statistics`] tells, for those who read the Java side.
pub(crate) const STATISTICS: [&str; 8] = [
    "messages received",
    "messages dropped",
    "records given to Java",
    "messages in the buffer",
    "messages that may wait",
    "reconnection attempts",
    "since when the session is live, milliseconds since the epoch; 0 while it is not",
    "when the last message came, milliseconds since the epoch; 0 before",
];
