//! `connect-websocket preview FILE`: connects and subscribes as the connector
//! would, prints the records' values, and writes nothing to Kafka.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use websocket_source::buffer::Batch;
use websocket_source::dial::Dialer;
use websocket_source::metrics::{Histogram, TaskMetrics};
use websocket_source::sink::{Delivery, Sink, SinkError};
use websocket_source::task::{TaskOptions, spawn};

use crate::files::ConnectorFile;
use crate::kafka_settings::SystemTrust;
use crate::validate::assumed_worker;
use crate::validation::check;

/// How long the connection may take to close.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// Prints up to `max_messages` records of the connector in `path`, waiting at
/// most `timeout` for them; without either it goes on until Ctrl-C.
pub async fn run(path: &Path, max_messages: Option<u64>, timeout: Option<Duration>) -> ExitCode {
    let plan = ConnectorFile::read(path)
        .map_err(|error| vec![error.to_string()])
        .and_then(|file| {
            let worker = assumed_worker(&file.config)?;
            check(&file.config, &worker, &SystemTrust::platform())
        });
    let plan = match plan {
        Ok(plan) => plan,
        Err(errors) => {
            for error in errors {
                eprintln!("{}: error: {error}", path.display());
            }
            return ExitCode::FAILURE;
        }
    };
    for warning in &plan.warnings {
        eprintln!("{}: warning: {warning}", path.display());
    }
    let (full, mut done) = mpsc::channel(1);
    let sink = Printer {
        left: max_messages.unwrap_or(u64::MAX),
        taken: 0,
        full,
        delivery: Arc::new(Delivery::new(Arc::new(Histogram::default()))),
    };
    let task = spawn(TaskOptions {
        connector: plan.name,
        task: 0,
        config: plan.source,
        dialer: Arc::new(Dialer::platform()),
        sink: Box::new(sink),
        metrics: Arc::new(TaskMetrics::default()),
        paused: false,
    });
    let out_of_time = async {
        match timeout {
            Some(timeout) => tokio::time::sleep(timeout).await,
            None => std::future::pending().await,
        }
    };
    let timed_out = tokio::select! {
        _ = done.recv() => false,
        () = out_of_time => true,
        _ = tokio::signal::ctrl_c() => false,
        failure = task.ended() => {
            if let Some(failure) = failure {
                eprintln!("{}: {}", path.display(), failure.trace);
            }
            return ExitCode::FAILURE;
        }
    };
    task.stop(STOP_WITHIN).await;
    if timed_out && max_messages.is_some_and(|max| task.progress().taken < max) {
        eprintln!(
            "{}: timed out before that many messages came",
            path.display()
        );
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Writes values to the standard output, one per line.
struct Printer {
    left: u64,
    taken: u64,
    full: mpsc::Sender<()>,
    delivery: Arc<Delivery>,
}

impl Sink for Printer {
    fn offer(&mut self, batch: &Batch<'_>) -> Result<usize, SinkError> {
        let count = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(batch.len());
        let mut out = io::stdout().lock();
        let printed = batch.values().take(count).try_for_each(|value| {
            out.write_all(value)?;
            out.write_all(b"\n")
        });
        let first = self.taken;
        self.taken += count as u64;
        self.left -= count as u64;
        self.delivery.taken(self.taken, batch.received().at);
        if count > 0 {
            self.delivery.acknowledge(first, count as u64);
        }
        // A reader that has gone away wants no more.
        if self.left == 0 || printed.and_then(|()| out.flush()).is_err() {
            self.left = 0;
            let _ = self.full.try_send(());
        }
        Ok(count)
    }

    fn has_room(&self, records: usize, _bytes: usize) -> bool {
        self.left >= records as u64
    }

    // Everything is written at once.
    fn flush(&mut self, _within: Duration) {}

    fn delivery(&self) -> &Arc<Delivery> {
        &self.delivery
    }
}
