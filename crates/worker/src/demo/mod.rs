//! `connect-websocket demo`: the whole path in one process, from a scripted
//! exchange over WebSocket into an embedded Kafka and back out of it, with a
//! ledger that must balance.
//!
//! Invariant: the connectors are made as a user makes them, by POST to the
//! REST API with the reference's examples; nothing of the path is short-cut.
//! The embedded Kafka keeps the newest 5 MiB per partition only, so the feed
//! is held while the reader is behind.

mod connectors;
mod ledger;
mod ports;
mod reader;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use websocket_exchange::{Exchange, Flow, Options};
use websocket_source::metrics::TaskMetrics;

use crate::embedded::EmbeddedKafka;
use crate::files::WorkerConfig;
use crate::standalone::Worker;
use connectors::CONNECTORS;
use ledger::{Ledger, seconds};
use reader::Reader;

/// The REST port, if nobody has it.
const REST_PORT: u16 = 8083;
/// Ports tried after it.
const REST_PORTS: u16 = 100;
/// Bytes per partition that the reader may be behind.
const MAX_LAG_BYTES: u64 = 2 << 20;
/// How often the feed is let go further: with [`MAX_LAG_BYTES`] the most that
/// it can send in a second.
const PACE: Duration = Duration::from_millis(5);
/// How long messages on their way may take to arrive at the end.
const SETTLE: Duration = Duration::from_secs(10);

/// What `demo` is called with.
#[derive(Clone, Copy, Debug)]
pub struct DemoOptions {
    /// How long to run; without it, until Ctrl-C.
    pub seconds: Option<u64>,
    /// Messages per second of each feed.
    pub rate: u64,
    /// Size to which messages are filled up, in bytes; 0 leaves them as they are.
    pub size_bytes: usize,
    /// Print the ledger as JSON and nothing else on the standard output.
    pub json: bool,
    /// The REST API's port; 8083 or the next free one if not given.
    pub rest_port: Option<u16>,
}

/// Runs the demo; 1 if a message was lost or it could not run.
pub async fn run(options: DemoOptions) -> ExitCode {
    match Demo::start(options).await {
        Ok(demo) => match demo.run().await {
            Ok(ledger) => ledger.print(options.json),
            Err(error) => failed(&error),
        },
        Err(error) => failed(&error),
    }
}

fn failed(error: &str) -> ExitCode {
    eprintln!("demo: {error}");
    ExitCode::FAILURE
}

struct Demo {
    options: DemoOptions,
    exchange: Exchange,
    worker: Worker,
    reader: Reader,
    begun: Instant,
    // Ends with the demo, after everything that uses it.
    _kafka: EmbeddedKafka,
    _offsets: tempfile::TempDir,
}

impl Demo {
    async fn start(options: DemoOptions) -> Result<Self, String> {
        let kafka = EmbeddedKafka::start(1).map_err(|error| error.to_string())?;
        for connector in CONNECTORS {
            kafka
                .create_topic(connector.topic, 1)
                .map_err(|error| error.to_string())?;
        }
        let flow = Flow {
            rate: options.rate,
            size_bytes: options.size_bytes,
            ..Flow::default()
        };
        let exchange = Exchange::start(Options {
            flow,
            ..Options::default()
        })
        .await
        .map_err(|error| error.to_string())?;
        let offsets = tempfile::tempdir().map_err(|error| error.to_string())?;
        let worker = start_worker(&kafka, &offsets, options.rest_port).await?;
        let reader = Reader::start(&kafka.bootstrap_servers(), !options.json)?;
        let demo = Self {
            options,
            exchange,
            worker,
            reader,
            begun: Instant::now(),
            _kafka: kafka,
            _offsets: offsets,
        };
        demo.introduce();
        demo.pace();
        for connector in CONNECTORS {
            let url = demo.exchange.url(connector.path);
            connectors::create(&demo.worker.rest_address, connector, &url).await?;
        }
        demo.worker.herder.ready();
        Ok(demo)
    }

    fn introduce(&self) {
        let rest = &self.worker.rest_address;
        eprintln!(
            "exchange   {} (Binance), {} (Coinbase)",
            self.exchange.url("/ws"),
            self.exchange.url("/")
        );
        eprintln!(
            "kafka      {} (embedded)",
            self.worker.herder.worker().bootstrap_servers
        );
        eprintln!("REST       http://{rest}/connectors   metrics http://{rest}/metrics");
        eprintln!("Ctrl-C ends the demo and prints the ledger.");
        eprintln!();
    }

    async fn run(self) -> Result<Ledger, String> {
        let until = self
            .options
            .seconds
            .map(|s| self.begun + Duration::from_secs(s));
        let mut ticks = tokio::time::interval(PACE);
        let interrupted = tokio::signal::ctrl_c();
        tokio::pin!(interrupted);
        let mut progress = Progress::default();
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                _ = &mut interrupted => break,
            }
            self.pace();
            progress.show(&self);
            if until.is_some_and(|until| Instant::now() >= until) {
                break;
            }
        }
        self.settle().await;
        self.finish().await
    }

    /// Lets the feed go only so far before the reader: a bound that holds
    /// however late this is called again.
    fn pace(&self) {
        self.exchange
            .allow_bytes(self.reader.bytes() + MAX_LAG_BYTES);
    }

    fn received(&self) -> u64 {
        self.sum(|metrics| metrics.received.load(Relaxed))
    }

    fn sum(&self, count: impl Fn(&TaskMetrics) -> u64) -> u64 {
        let views = self.worker.herder.views();
        let tasks = views.iter().filter_map(|(_, view)| view.task.as_ref());
        tasks
            .filter_map(|task| task.metrics.as_deref())
            .map(count)
            .sum()
    }

    /// Ends the feed and waits until what was sent has come in.
    async fn settle(&self) {
        self.exchange.pause(true);
        let by = Instant::now() + SETTLE;
        while self.received() < self.exchange.stats().sent_messages && Instant::now() < by {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Stops the worker as a signal would, reads the rest back and balances.
    async fn finish(mut self) -> Result<Ledger, String> {
        let latency = self.latency();
        let (received, dropped) = (self.received(), self.sum(TaskMetrics::dropped_total));
        let sent = self.exchange.stats().sent_messages;
        self.worker.stop_rest();
        let report = self.worker.herder.shut_down().await;
        let by = Instant::now() + SETTLE;
        while self.reader.messages() < report.delivered && Instant::now() < by {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let read = self.reader.finish()?;
        self.exchange.shutdown().await;
        Ok(Ledger {
            sent,
            received: received.max(report.received),
            produced: report.delivered,
            read_back: read.messages,
            dropped,
            out_of_order: read.out_of_order,
            seconds: self.begun.elapsed(),
            latency,
        })
    }

    /// p50 and p99 from receipt to acknowledgement, over all tasks.
    fn latency(&self) -> [Option<Duration>; 2] {
        let views = self.worker.herder.views();
        let slowest = |quantile: f64| {
            views
                .iter()
                .filter_map(|(_, view)| view.task.as_ref()?.metrics.as_ref())
                .filter_map(|metrics| metrics.receive_to_ack.snapshot().quantile(quantile))
                .max()
        };
        [slowest(0.5), slowest(0.99)]
    }
}

/// The line of every second.
#[derive(Default)]
struct Progress {
    shown: Option<Instant>,
    received: u64,
}

impl Progress {
    fn show(&mut self, demo: &Demo) {
        let now = Instant::now();
        let before = *self.shown.get_or_insert(now);
        let elapsed = now - before;
        if elapsed < Duration::from_secs(1) {
            return;
        }
        let received = demo.received();
        let rate = (received - self.received) as f64 / elapsed.as_secs_f64();
        let queue = demo.sum(|metrics| metrics.queue_messages.load(Relaxed));
        let views = demo.worker.herder.views();
        let sessions: Vec<String> = views
            .iter()
            .filter_map(|(_, view)| view.task.as_ref()?.session.as_ref())
            .map(|session| session.phase.connection().to_owned())
            .collect();
        let [p50, p99] = demo.latency();
        eprintln!(
            "{:>4} s  {}  {rate:>9.0} msg/s  received {received}  read back {}  queue {queue}  to ack p50 {} p99 {}",
            demo.begun.elapsed().as_secs(),
            sessions.join(" "),
            demo.reader.messages(),
            seconds(p50),
            seconds(p99),
        );
        self.shown = Some(now);
        self.received = received;
    }
}

fn worker_config(
    kafka: &EmbeddedKafka,
    offsets: &tempfile::TempDir,
    port: u16,
) -> Result<WorkerConfig, String> {
    let string = "org.apache.kafka.connect.storage.StringConverter";
    let offsets = offsets.path().join("connect.offsets");
    let map: BTreeMap<String, String> = [
        ("bootstrap.servers", kafka.bootstrap_servers()),
        ("key.converter", string.to_owned()),
        ("value.converter", string.to_owned()),
        (
            "offset.storage.file.filename",
            offsets.display().to_string(),
        ),
        ("listeners", format!("http://127.0.0.1:{port}")),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    WorkerConfig::from_map(&map).map_err(|error| error.to_string())
}

/// Starts the worker on the port asked for, else on the first that is free.
async fn start_worker(
    kafka: &EmbeddedKafka,
    offsets: &tempfile::TempDir,
    rest_port: Option<u16>,
) -> Result<Worker, String> {
    let start = async |port| Worker::start(worker_config(kafka, offsets, port)?).await;
    match rest_port {
        Some(port) => start(port).await,
        None => {
            ports::on_first_free(REST_PORT..REST_PORT + REST_PORTS, ports::is_taken, start).await
        }
    }
}
