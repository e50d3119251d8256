//! `connect-websocket consume`: what is in a topic, on standard output, without
//! a JVM. Flags, output and endings are those of Kafka's console consumer
//! (`kafka.tools.ConsoleConsumer`), so that either can stand in a script.
//!
//! All partitions that the topic has at the start are assigned; no group is
//! joined and nothing is committed. Output is buffered and flushed whenever no
//! message is waiting; every wait ends within [`POLL_SLICE`] of a stop.

mod connect;
mod newest;
mod print;

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::consumer::BaseConsumer;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode as Code;

pub use newest::newest;
pub use print::Print;

use crate::oauth::LoginContext;

/// Longest wait before the stop flag is looked at.
const POLL_SLICE: Duration = Duration::from_millis(100);
/// Output held back while messages keep coming.
const OUTPUT_BUFFER_BYTES: usize = 64 * 1024;

/// What to read and when to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumeOptions {
    /// The topic.
    pub topic: String,
    /// From the first message kept, instead of from the end.
    pub from_beginning: bool,
    /// End after this many messages.
    pub max_messages: Option<u64>,
    /// End when no message came for so long.
    pub timeout: Option<Duration>,
    /// How long to wait for the cluster's first answer.
    pub connect_timeout: Duration,
    /// What is printed of a message.
    pub print: Print,
}

impl ConsumeOptions {
    /// Values of new messages, without an end.
    pub fn new(topic: impl Into<String>) -> Self {
        Self {
            topic: topic.into(),
            from_beginning: false,
            max_messages: None,
            timeout: None,
            connect_timeout: Duration::from_secs(10),
            print: Print::default(),
        }
    }
}

/// Why reading ended in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// `max_messages` were read.
    MaxMessages,
    /// No message came within `timeout`.
    Timeout,
    /// The reader of the output is gone.
    OutputClosed,
    /// The stop flag was set.
    Interrupted,
}

/// Why reading could not begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum ConsumeError {
    /// A client setting is wrong.
    #[error("the consumer cannot be made: {0}; correct --consumer.config or --consumer-property")]
    Client(KafkaError),
    /// No broker answered.
    #[error(
        "no answer from {servers} within {waited_ms} ms ({source}): check --bootstrap-server, \
         and the security settings in --consumer.config"
    )]
    Unreachable {
        /// `bootstrap.servers`.
        servers: String,
        /// How long was waited, milliseconds.
        waited_ms: u64,
        /// What the client said last.
        source: KafkaError,
    },
    /// The topic does not exist.
    #[error(
        "topic '{topic}' does not exist on {servers}: check --topic, or create it: \
         kafka-topics.sh --bootstrap-server {servers} --create --topic {topic}"
    )]
    NoTopic {
        /// The topic.
        topic: String,
        /// `bootstrap.servers`.
        servers: String,
    },
    /// The principal may not read the topic.
    #[error("reading topic '{0}' is not allowed: grant Read and Describe on it to this user")]
    Forbidden(String),
    /// The brokers refuse the credentials.
    #[error(
        "the brokers refuse this client ({0}): check the sasl and ssl settings in --consumer.config"
    )]
    Authentication(KafkaError),
    /// The client cannot go on.
    #[error("reading topic '{topic}' failed: {source}")]
    Read {
        /// The topic.
        topic: String,
        /// Why.
        source: KafkaError,
    },
    /// The output cannot be written.
    #[error("standard output cannot be written: {0}")]
    Output(io::Error),
}

/// How reading went.
#[derive(Debug)]
pub struct Outcome {
    /// Messages written.
    pub messages: u64,
    /// Why it ended.
    pub ended: Result<Ended, ConsumeError>,
}

/// Reads a topic into `out` until an end that `options` asks for, an error, or
/// `stop`. `properties` are librdkafka's, with `bootstrap.servers`.
pub fn run(
    properties: &BTreeMap<String, String>,
    options: &ConsumeOptions,
    out: &mut dyn Write,
    stop: &AtomicBool,
) -> Outcome {
    let reading = Reading {
        properties,
        options,
        stop,
    };
    let mut out = BufWriter::with_capacity(OUTPUT_BUFFER_BYTES, out);
    let mut messages = 0;
    let read = reading.assigned().and_then(|consumer| {
        let ended = reading.copy(&consumer, &mut out, &mut messages);
        // Before the consumer closes, which takes its time.
        let flushed = out.flush().map_err(ConsumeError::Output);
        ended.and_then(|ended| flushed.map(|()| ended))
    });
    // What could not be written would be tried again on drop.
    drop(out.into_parts());
    let ended = match read {
        Err(ConsumeError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Ok(Ended::OutputClosed)
        }
        Err(ConsumeError::Unreachable { .. }) if reading.stopped() => Ok(Ended::Interrupted),
        ended => ended,
    };
    Outcome { messages, ended }
}

/// One run of the command.
struct Reading<'a> {
    properties: &'a BTreeMap<String, String>,
    options: &'a ConsumeOptions,
    stop: &'a AtomicBool,
}

impl Reading<'_> {
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn copy(
        &self,
        consumer: &BaseConsumer<LoginContext>,
        out: &mut dyn Write,
        messages: &mut u64,
    ) -> Result<Ended, ConsumeError> {
        let options = self.options;
        let mut last_message = Instant::now();
        loop {
            if options.max_messages.is_some_and(|max| *messages >= max) {
                return Ok(Ended::MaxMessages);
            }
            if self.stopped() {
                return Ok(Ended::Interrupted);
            }
            let mut polled = consumer.poll(Duration::ZERO);
            if polled.is_none() {
                out.flush().map_err(ConsumeError::Output)?;
                let idle = last_message.elapsed();
                let left = options.timeout.map(|timeout| timeout.checked_sub(idle));
                let Some(wait) = left.unwrap_or(Some(POLL_SLICE)) else {
                    return Ok(Ended::Timeout);
                };
                polled = consumer.poll(wait.min(POLL_SLICE));
            }
            match polled {
                Some(Ok(message)) => {
                    options
                        .print
                        .write(out, &message)
                        .map_err(ConsumeError::Output)?;
                    *messages += 1;
                    last_message = Instant::now();
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => tracing::debug!(
                    target: "ConsoleConsumer", "At the end of partition {partition}"
                ),
                Some(Err(error)) => self.judge(error)?,
                None => {}
            }
        }
    }

    /// Whether reading can go on after an error: the client mends what passes.
    fn judge(&self, source: KafkaError) -> Result<(), ConsumeError> {
        let topic = self.options.topic.clone();
        match source.rdkafka_error_code() {
            Some(Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition) => {
                let servers = self.servers();
                Err(ConsumeError::NoTopic { topic, servers })
            }
            Some(Code::TopicAuthorizationFailed) => Err(ConsumeError::Forbidden(topic)),
            Some(Code::Authentication | Code::SaslAuthenticationFailed) => {
                Err(ConsumeError::Authentication(source))
            }
            _ if matches!(source, KafkaError::MessageConsumptionFatal(_)) => {
                Err(ConsumeError::Read { topic, source })
            }
            // The group is a formality of the client; nothing is done with it.
            Some(Code::GroupAuthorizationFailed) => Ok(()),
            _ => {
                tracing::warn!(target: "ConsoleConsumer", "{source}; trying again");
                Ok(())
            }
        }
    }
}

/// The command: [`run`] to standard output until Ctrl-C, with Kafka's closing
/// line on standard error. The code is 0, 1 after an error, 130 after Ctrl-C.
pub fn command(properties: &BTreeMap<String, String>, options: &ConsumeOptions) -> ExitCode {
    let stop = Arc::new(AtomicBool::new(false));
    if let Err(error) = stop_on_ctrl_c(&stop) {
        eprintln!("connect-websocket consume: Ctrl-C cannot be awaited: {error}");
        return ExitCode::FAILURE;
    }
    let outcome = run(properties, options, &mut io::stdout().lock(), &stop);
    let code = match &outcome.ended {
        Ok(Ended::Interrupted) => ExitCode::from(130),
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("connect-websocket consume: {error}");
            ExitCode::FAILURE
        }
    };
    eprintln!("Processed a total of {} messages", outcome.messages);
    code
}

/// Sets the flag at the first Ctrl-C; the second ends the process, should the
/// reader of a full pipe keep the first from being noticed.
fn stop_on_ctrl_c(stop: &Arc<AtomicBool>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let mut interrupts = {
        let _context = runtime.enter();
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?
    };
    let stop = Arc::clone(stop);
    std::thread::Builder::new()
        .name("ctrl-c".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                interrupts.recv().await;
                stop.store(true, Ordering::Relaxed);
                interrupts.recv().await;
                std::process::exit(130);
            });
        })?;
    Ok(())
}
