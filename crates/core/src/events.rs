//! Everything a task tells its operators, in one place: each event and its
//! log line. Nobody else words a line of the reference's contract.
//!
//! Invariants: no line shows a header, a token, a subscription message, or a
//! URL's credentials or query; what a server sent is shortened and, like all
//! text, has its control characters escaped by the host's log format.

use std::fmt;
use std::time::Duration;

use tracing::Level;

use crate::dial::Proxy;
use crate::session::{ConnectFailure, Loss};
use crate::spool::Recovery;
use crate::task::StopReport;

/// The component in brackets, which the reference's log rules look for.
pub const TARGET: &str = "WebSocketSourceTask";

/// Share of the buffer from which the utilisation line is a warning: the
/// reference's advice for alerts.
const HIGH_UTILISATION: f64 = 0.7;

/// The readings of the periodic line.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// OPEN, CONNECTING, BACKOFF or CLOSED.
    pub connection: &'static str,
    /// Messages received since the task started.
    pub received: u64,
    /// Records handed to the producer since the task started.
    pub produced: u64,
    /// Messages waiting.
    pub queue: u64,
    /// `websocket.message.queue.size`.
    pub capacity: u64,
    /// Reconnection attempts since the task started.
    pub reconnects: u64,
}

/// What the plugin tells of a task, and the native worker in other ways or
/// never.
#[derive(Debug)]
pub enum InConnect<'a> {
    /// What parsing says of a setting that is valid.
    Setting(&'a str),
    /// `websocket.pause.mode=disconnect` is set.
    PauseNotTold,
    /// `errors.deadletterqueue.topic.name` is set, for messages that are no
    /// JSON.
    NoDeadLetters,
    /// The producer's limit is not known, so what is larger is left to it.
    NoLimit,
    /// Messages were left out or cut for their size.
    TooLarge {
        /// How many since that was last told.
        messages: u64,
        /// Size of the last one in bytes.
        message_bytes: usize,
        /// Size of what the producer would have got of it.
        record_bytes: usize,
        /// The producer's `max.request.size`.
        limit: usize,
        /// What has become of them.
        become_what: LargeMessages<'a>,
    },
    /// All connections go through a proxy.
    Proxied(&'a Proxy),
    /// So many records were given to Kafka Connect, and it is done with the
    /// task.
    Unconfirmed(u64),
}

/// What becomes of messages that are too large (`websocket.oversize`).
#[derive(Clone, Copy, Debug)]
pub enum LargeMessages<'a> {
    /// They are left out.
    Dropped,
    /// They went to this topic, cut.
    Cut(&'a str),
    /// They were to be cut, but no dead letter could be made that can be sent.
    NoLetters,
}

/// What happened to a task.
#[derive(Debug)]
pub enum Event<'a> {
    /// What is so in Kafka Connect only.
    InConnect(InConnect<'a>),
    /// The first attempt begins.
    Connecting {
        /// The URL, redacted.
        url: &'a str,
    },
    /// A later attempt begins; the number counts from 1 since the last message.
    Reconnecting(u32),
    /// The session is live.
    Connected {
        /// The URL, redacted.
        url: &'a str,
        /// Connections so far, this one included.
        generation: u64,
    },
    /// The subscription message was sent.
    Subscribed,
    /// An attempt failed; number 0 is the first of all.
    ConnectFailed {
        /// The URL, redacted.
        url: &'a str,
        /// The attempt's number.
        attempt: u32,
        /// Why.
        failure: &'a ConnectFailure,
    },
    /// A live connection ended.
    Lost(&'a Loss),
    /// The next attempt comes after a delay.
    Waiting {
        /// The next attempt's number.
        attempt: u32,
        /// The delay.
        delay: Duration,
    },
    /// The 30-second line.
    Metrics(Reading),
    /// How full the buffer is.
    QueueUtilization(Reading),
    /// The buffer is full and has dropped its oldest message.
    QueueFull {
        /// `websocket.message.queue.size`.
        capacity: u64,
        /// Messages in the buffer.
        queue: u64,
    },
    /// Messages dropped since the line before.
    DroppedLately {
        /// How many.
        messages: u64,
        /// Over how many seconds.
        seconds: u64,
    },
    /// Binary messages were dropped by `websocket.binary=drop`.
    BinaryDropped(u64),
    /// The host paused the task.
    Paused {
        /// Whether the connection is given up (`websocket.pause.mode`).
        disconnects: bool,
    },
    /// The host resumed the task.
    Resumed,
    /// The socket is closed; what is left goes out.
    Draining(u64),
    /// Opening the disk spool has found damage.
    SpoolDamaged(&'a Recovery),
    /// Records are missing from the disk spool.
    SpoolGap {
        /// The first sequence.
        from: u64,
        /// The one after the last.
        to: u64,
        /// How many of those between are lost.
        lost: u64,
    },
    /// The disk spool cannot be used at present, for this reason.
    SpoolFault(&'a str),
    /// It can be used again.
    SpoolRecovered,
    /// The task has ended.
    Stopped(StopReport),
    /// The task has failed.
    Failed(&'a str),
}

impl Event<'_> {
    fn level(&self) -> Level {
        match self {
            Self::ConnectFailed { .. }
            | Self::Failed(_)
            | Self::SpoolGap { .. }
            | Self::SpoolFault(_) => Level::ERROR,
            Self::SpoolDamaged(recovery) if recovery.is_damaged() => Level::ERROR,
            Self::Stopped(report) if report.lost > 0 => Level::ERROR,
            Self::QueueUtilization(reading) if reading.utilisation() >= HIGH_UTILISATION => {
                Level::WARN
            }
            Self::InConnect(InConnect::Proxied(_)) => Level::INFO,
            Self::InConnect(_)
            | Self::Lost(_)
            | Self::SpoolDamaged(_)
            | Self::QueueFull { .. }
            | Self::DroppedLately { .. }
            | Self::BinaryDropped(_) => Level::WARN,
            _ => Level::INFO,
        }
    }

    /// The word for an event that a [`Timeline`](crate::timeline::Timeline)
    /// keeps; `None` for those that repeat, or only lead to one that is kept.
    pub(crate) fn moment(&self) -> Option<&'static str> {
        match self {
            Self::Connecting { .. } => Some("connecting"),
            Self::Connected { .. } => Some("connected"),
            Self::ConnectFailed { .. } => Some("failed"),
            Self::Lost(_) => Some("lost"),
            Self::Paused { .. } => Some("paused"),
            Self::Resumed => Some("resumed"),
            Self::SpoolDamaged(_)
            | Self::SpoolGap { .. }
            | Self::SpoolFault(_)
            | Self::SpoolRecovered => Some("spool"),
            Self::Stopped(_) => Some("stopped"),
            Self::Failed(_) => Some("task_failed"),
            Self::InConnect(_)
            | Self::Reconnecting(_)
            | Self::Subscribed
            | Self::Waiting { .. }
            | Self::Metrics(_)
            | Self::QueueUtilization(_)
            | Self::QueueFull { .. }
            | Self::DroppedLately { .. }
            | Self::BinaryDropped(_)
            | Self::Draining(_) => None,
        }
    }

    /// Writes the event's line, for the task of `connector` with the number
    /// `task`.
    pub fn emit(&self, connector: &str, task: u32) {
        let level = self.level();
        if level == Level::ERROR {
            tracing::error!(target: TARGET, connector, task, "{self}");
        } else if level == Level::WARN {
            tracing::warn!(target: TARGET, connector, task, "{self}");
        } else {
            tracing::info!(target: TARGET, connector, task, "{self}");
        }
    }
}

impl Reading {
    fn utilisation(&self) -> f64 {
        self.queue as f64 / self.capacity.max(1) as f64
    }
}

/// `42/10000 (0.42%)`.
impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = 100.0 * self.utilisation();
        write!(f, "{}/{} ({percent:.2}%)", self.queue, self.capacity)
    }
}

impl fmt::Display for InConnect<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(warning) => f.write_str(warning),
            Self::PauseNotTold => f.write_str(
                "websocket.pause.mode=disconnect has no effect: Kafka Connect does not tell a task that it is \
                 paused; stop the connector instead",
            ),
            Self::NoDeadLetters => f.write_str(
                "errors.deadletterqueue.topic.name has no effect on messages that are not JSON: Kafka Connect has no \
                 such topic for source connectors; they are left out and counted as dropped",
            ),
            Self::NoLimit => f.write_str(
                "websocket.oversize has no effect without producer.override.max.request.size, since nothing else tells \
                 the limit of the task's producer: that refuses what is larger, which fails the task unless \
                 errors.tolerance=all leaves it out (never with exactly once)",
            ),
            Self::TooLarge {
                messages,
                message_bytes,
                record_bytes,
                limit,
                become_what,
            } => {
                become_what.write(f, *messages)?;
                write!(
                    f,
                    " A message of {message_bytes} bytes is a record of {record_bytes} bytes, which does not fit into \
                     the producer's max.request.size={limit}"
                )
            }
            Self::Proxied(proxy) => write!(f, "Connecting through the proxy {proxy}"),
            Self::Unconfirmed(records) => write!(
                f,
                "{records} records were with Kafka Connect when the task was stopped, and it has not \
                 confirmed them; it may have written them all the same"
            ),
        }
    }
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InConnect(event) => write!(f, "{event}"),
            Self::Connecting { url } => write!(f, "Connecting to {url}"),
            Self::Reconnecting(attempt) => write!(f, "Reconnection attempt {attempt}"),
            Self::Connected { url, generation: 1 } => write!(f, "Connected to {url}"),
            Self::Connected { url, generation } => {
                write!(f, "Connected to {url} again, connection {generation}")
            }
            Self::Subscribed => f.write_str("Subscription message sent"),
            Self::ConnectFailed {
                url,
                attempt,
                failure,
            } => {
                if *attempt > 0 {
                    write!(f, "Reconnection attempt {attempt} failed: ")?;
                }
                let why = failure.explained();
                write!(f, "Failed to connect to {url}: {why}")?;
                if let Some(delay) = failure.retry_after() {
                    write!(f, "; Retry-After: {} s", delay.as_secs())?;
                }
                Ok(())
            }
            Self::Lost(loss) => write!(f, "{loss}"),
            Self::Waiting { attempt, delay } => {
                let ms = delay.as_millis();
                write!(f, "Next attempt (number {attempt}) in {ms} ms")
            }
            Self::Metrics(reading) => write!(
                f,
                "Metrics - Connection: {}, Received: {}, Produced: {}, Queue: {reading}, Reconnects: {}",
                reading.connection, reading.received, reading.produced, reading.reconnects
            ),
            Self::QueueUtilization(reading) => write!(f, "Queue utilization: {reading}"),
            Self::QueueFull { capacity, queue } => {
                write!(
                    f,
                    "Queue full ({queue}/{capacity}), dropping oldest message"
                )
            }
            Self::DroppedLately { messages, seconds } => {
                write!(f, "Dropped {messages} messages in last {seconds} seconds")
            }
            Self::BinaryDropped(messages) => write!(
                f,
                "Dropped {messages} binary messages; set websocket.binary to bytes, base64 or text to keep them"
            ),
            Self::Paused { disconnects: false } => {
                f.write_str("Paused: the connection stays open and the buffer fills")
            }
            Self::Paused { disconnects: true } => {
                f.write_str("Paused: the connection is closed until the connector is resumed")
            }
            Self::Resumed => f.write_str("Resumed"),
            Self::Draining(messages) => {
                write!(
                    f,
                    "Connection closed, delivering {messages} buffered messages"
                )
            }
            Self::SpoolDamaged(recovery) => write!(f, "Spool damaged: {recovery}"),
            Self::SpoolGap { from, to, lost } => write_gap(f, *from, *to, *lost),
            Self::SpoolFault(fault) => write!(f, "Spool unusable, trying again: {fault}"),
            Self::SpoolRecovered => f.write_str("Spool usable again"),
            Self::Stopped(report) => write_stopped(f, report),
            Self::Failed(reason) => write!(f, "Task failed: {reason}"),
        }
    }
}

fn write_stopped(f: &mut fmt::Formatter<'_>, report: &StopReport) -> fmt::Result {
    write!(
        f,
        "Stopped - Received: {}, Delivered: {}, Dropped: {}, Lost: {}, Ledger: {}",
        report.received, report.delivered, report.dropped, report.lost, report.ledger
    )
}

fn write_gap(f: &mut fmt::Formatter<'_>, from: u64, to: u64, lost: u64) -> fmt::Result {
    let end = to - 1;
    write!(
        f,
        "Spool damaged: {lost} messages are lost, from sequence {from} to {end}"
    )
}

impl LargeMessages<'_> {
    fn write(self, f: &mut fmt::Formatter<'_>, messages: u64) -> fmt::Result {
        match self {
            Self::Dropped => write!(
                f,
                "Dropped {messages} messages that are too large (websocket.oversize=drop)."
            ),
            Self::Cut(topic) => write!(
                f,
                "Cut {messages} messages that are too large, for the topic {topic} (websocket.oversize=dlq)."
            ),
            Self::NoLetters => write!(
                f,
                "Dropped {messages} messages that are too large and cannot be cut (websocket.oversize=dlq): the \
                 connector's transforms or converters fail at a part of them, drop it, or make even that too large."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handshake::Refusal;

    fn reading() -> Reading {
        Reading {
            connection: "OPEN",
            received: 15234,
            produced: 15234,
            queue: 42,
            capacity: 10_000,
            reconnects: 0,
        }
    }

    #[test]
    fn lines_of_the_reference_are_kept_to_the_character() {
        let full = Reading {
            queue: 7234,
            ..reading()
        };
        let closed = Loss::ClosedByServer {
            code: 1003,
            reason: "Unsupported data".to_owned(),
        };
        let cases = [
            (
                Event::Metrics(reading()),
                "Metrics - Connection: OPEN, Received: 15234, Produced: 15234, Queue: 42/10000 (0.42%), Reconnects: 0",
            ),
            (
                Event::QueueUtilization(full),
                "Queue utilization: 7234/10000 (72.34%)",
            ),
            (
                Event::QueueFull {
                    capacity: 10_000,
                    queue: 10_000,
                },
                "Queue full (10000/10000), dropping oldest message",
            ),
            (
                Event::DroppedLately {
                    messages: 1523,
                    seconds: 30,
                },
                "Dropped 1523 messages in last 30 seconds",
            ),
            (Event::Reconnecting(3), "Reconnection attempt 3"),
            (
                Event::Lost(&closed),
                "Connection closed by server: code=1003, reason=Unsupported data",
            ),
        ];
        for (event, line) in cases {
            assert_eq!(event.to_string(), line);
        }
    }

    #[test]
    fn messages_that_are_too_large_are_told_of_with_what_became_of_them() {
        for (become_what, line) in [
            (
                LargeMessages::Dropped,
                "Dropped 2 messages that are too large (websocket.oversize=drop).",
            ),
            (
                LargeMessages::Cut("dead"),
                "Cut 2 messages that are too large, for the topic dead (websocket.oversize=dlq).",
            ),
            (
                LargeMessages::NoLetters,
                "Dropped 2 messages that are too large and cannot be cut (websocket.oversize=dlq): the connector's \
                 transforms or converters fail at a part of them, drop it, or make even that too large.",
            ),
        ] {
            let event = Event::InConnect(InConnect::TooLarge {
                messages: 2,
                message_bytes: 9_000,
                record_bytes: 12_000,
                limit: 10_000,
                become_what,
            });
            assert_eq!(event.level(), Level::WARN);
            let why = "A message of 9000 bytes is a record of 12000 bytes, which does not fit into the \
                       producer's max.request.size=10000";
            assert_eq!(event.to_string(), format!("{line} {why}"));
        }
    }

    #[test]
    fn a_refusal_shows_the_server_s_words_and_wish() {
        let failure = ConnectFailure::Refused(Refusal {
            status: 429,
            reason: "Too Many Requests".to_owned(),
            retry_after: Some(Duration::from_secs(7)),
            location: None,
            body: "slow down".to_owned(),
        });
        let event = Event::ConnectFailed {
            url: "ws://h/",
            attempt: 1,
            failure: &failure,
        };
        assert_eq!(
            event.to_string(),
            "Reconnection attempt 1 failed: Failed to connect to ws://h/: ProtocolException: \
             Expected HTTP 101 response but was '429 Too Many Requests'; the server says: slow down; Retry-After: 7 s"
        );
    }

    #[test]
    fn damage_of_the_spool_is_an_error_with_what_it_has_cost() {
        let recovery = Recovery {
            damaged_bytes: 42,
            set_aside: 1,
            ..Recovery::default()
        };
        let event = Event::SpoolDamaged(&recovery);
        assert_eq!(event.level(), Level::ERROR);
        assert_eq!(
            event.to_string(),
            "Spool damaged: state damaged: no, bytes that are no record: 42, cut off at the end: 0, \
             headers made anew: 0, files set aside: 1, errors: 0"
        );
        let event = Event::SpoolGap {
            from: 7,
            to: 9,
            lost: 2,
        };
        assert_eq!(event.level(), Level::ERROR);
        assert_eq!(
            event.to_string(),
            "Spool damaged: 2 messages are lost, from sequence 7 to 8"
        );
    }

    #[test]
    fn a_full_buffer_and_losses_are_not_mere_information() {
        let full = Reading {
            queue: 7000,
            ..reading()
        };
        assert_eq!(Event::QueueUtilization(full).level(), Level::WARN);
        assert_eq!(Event::QueueUtilization(reading()).level(), Level::INFO);
        let lost = StopReport {
            lost: 1,
            ..StopReport::default()
        };
        assert_eq!(Event::Stopped(lost).level(), Level::ERROR);
    }
}
