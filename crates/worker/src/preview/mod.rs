//! `connect-websocket preview FILE`: connects and subscribes as the connector
//! would, prints the records that it would produce, and writes nothing to
//! Kafka.

mod printer;
mod sink;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use websocket_source::dial::Dialer;
use websocket_source::metrics::TaskMetrics;
use websocket_source::settings::SourceConfig;
use websocket_source::task::{TaskHandle, TaskOptions, spawn};

use crate::files::{ConnectorFile, Side};
use crate::kafka_settings::SystemTrust;
use crate::validate::assumed_worker;
use crate::validation::{Config, Plan, Refusal, check};
use printer::Printer;
pub use sink::{PreviewSink, Record, Show};

/// How long the connection may take to close.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// Starts a task that only shows what it would write.
pub fn start(connector: String, config: SourceConfig, sink: PreviewSink) -> TaskHandle {
    spawn(TaskOptions {
        connector,
        task: 0,
        config,
        dialer: Arc::new(Dialer::platform()),
        sink: Box::new(sink),
        metrics: Arc::new(TaskMetrics::default()),
        paused: false,
        spool: None,
        sink_begins: false,
        timeline: Arc::default(),
    })
}

/// Prints up to `max_messages` records of the connector in `path`, waiting at
/// most `timeout` for them; without either it goes on until Ctrl-C.
pub async fn run(path: &Path, max_messages: Option<u64>, timeout: Option<Duration>) -> ExitCode {
    let (plan, warnings) = match plan(path) {
        Ok(planned) => planned,
        Err(errors) => {
            for error in errors {
                eprintln!("{}: error: {error}", path.display());
            }
            return ExitCode::FAILURE;
        }
    };
    for warning in warnings {
        eprintln!("{}: warning: {warning}", path.display());
    }
    let (full, mut done) = mpsc::channel(1);
    let printer = Box::new(Printer::new(path));
    let sink = PreviewSink::new(&plan, printer, max_messages, full);
    let task = start(plan.name, plan.source, sink);
    let out_of_time = async {
        match timeout {
            Some(timeout) => tokio::time::sleep(timeout).await,
            None => std::future::pending().await,
        }
    };
    let timed_out = tokio::select! {
        // None is the end of a task, which says below why.
        Some(()) = done.recv() => false,
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
    if timed_out && max_messages.is_some() && done.try_recv().is_err() {
        eprintln!(
            "{}: timed out before that many messages came",
            path.display()
        );
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// What the connector's task would be made of, and what is worth telling.
fn plan(path: &Path) -> Result<(Plan, Vec<String>), Vec<String>> {
    let file = ConnectorFile::read(path).map_err(|error| vec![error.to_string()])?;
    let worker = assumed_worker(&file.config)?;
    let plan =
        check(&file.config, &worker, &SystemTrust::platform()).map_err(Refusal::into_errors)?;
    let mut warnings = [file.warnings, plan.warnings.clone()].concat();
    let mut assume = |side, class| warnings.extend(assumption(&file.config, side, class));
    // Without transforms there are no keys.
    if plan.mapping.is_some() {
        assume(Side::Key, worker.key_converter.class);
    }
    assume(Side::Value, worker.value_converter.class);
    Ok((plan, warnings))
}

/// Where the worker's file would decide, and is not there to be asked.
fn assumption(config: &Config, side: Side, class: &str) -> Option<String> {
    let setting = side.setting();
    let class = class.rsplit('.').next().unwrap_or(class);
    (!config.contains_key(setting)).then(|| {
        format!("{setting} is not in this file: records are shown as with the worker's being the {class}")
    })
}
