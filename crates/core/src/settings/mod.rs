//! The connector's settings: raw text in, a checked [`SourceConfig`] or all
//! errors at once out.
//!
//! [`TABLE`] is the single truth about names, types, defaults, bounds and
//! documentation; parsing, the ConfigDef that hosts show and
//! `docs/configuration.md` all come from it. Invariants: a [`SourceConfig`]
//! exists only if every setting is valid; neither errors, warnings nor `Debug`
//! output show a secret.

mod docs;
mod headers;
mod hide;
mod parse;
mod secrets;
mod spool;
mod table;
mod url;

use std::path::PathBuf;
use std::time::Duration;

pub use self::docs::configuration_markdown;
pub use self::headers::Header;
pub use self::parse::{Parsed, SettingError, parse};
pub use self::spool::{DIR as SPOOL_DIR, MODE as SPOOL_MODE};
pub use self::table::{Importance, Kind, Row, TABLE, row};
pub use self::url::{WsUrl, bean_url, redact};
use crate::secret::Secret;

/// How text messages become values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueFormat {
    /// STRING; what becomes of binary messages is `websocket.binary`'s.
    String,
    /// BYTES, both kinds of messages.
    Bytes,
    /// What the JSON in a text message says, or in what `websocket.binary`
    /// makes text of; other binary messages as under [`ValueFormat::String`].
    Json,
}

/// What becomes of binary messages unless `websocket.value.format=bytes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryPolicy {
    /// Dropped and counted.
    Drop,
    /// A BYTES value.
    Bytes,
    /// A text of base64 (RFC 4648 section 4).
    Base64,
    /// A text; what is not UTF-8 becomes U+FFFD.
    Text,
}

/// What happens when the buffer is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The oldest message is dropped.
    DropOldest,
    /// The message that has just come is dropped.
    DropNewest,
    /// The socket is not read until there is room.
    Block,
}

/// What becomes of the connection while the connector is PAUSED.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PauseMode {
    /// It stays open and the buffer fills, by its overflow policy.
    Keep,
    /// It is closed; a resume connects again.
    Disconnect,
}

/// What is kept on disk of what waits for Kafka.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpoolMode {
    /// What the buffer has no room for.
    Overflow,
    /// Everything, before it counts as received.
    Durable,
}

/// When a spool is forced to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpoolSync {
    /// When the system likes.
    None,
    /// Everything that was written in such a time together.
    Interval(Duration),
    /// At each write, which waits for it.
    Always,
}

/// The spool of one task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolSettings {
    /// `websocket.spool.mode`.
    pub mode: SpoolMode,
    /// `websocket.spool.dir`.
    pub dir: PathBuf,
    /// `websocket.spool.max.bytes`.
    pub max_bytes: u64,
    /// `websocket.spool.segment.bytes`.
    pub segment_bytes: u64,
    /// `websocket.spool.sync` and `.spool.sync.interval.ms`.
    pub sync: SpoolSync,
}

/// What becomes of a message that the producer may not send for its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oversize {
    /// It is dropped and counted.
    Drop,
    /// It goes to the dead-letter topic, cut.
    DeadLetter,
    /// It ends the task.
    Fail,
}

/// The buffer's bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferLimits {
    /// `websocket.message.queue.size`.
    pub max_messages: usize,
    /// `websocket.buffer.max.bytes`, payload bytes.
    pub max_bytes: usize,
    /// `websocket.buffer.overflow`.
    pub overflow: Overflow,
}

/// The rules of reconnecting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reconnect {
    /// `websocket.reconnect.enabled`.
    pub enabled: bool,
    /// `websocket.reconnect.interval.ms`.
    pub interval: Duration,
    /// `websocket.reconnect.backoff.max.ms`.
    pub backoff_max: Duration,
    /// `websocket.reconnect.max.attempts`; `None` is without end.
    pub max_attempts: Option<u32>,
}

/// Checked settings of one task.
#[derive(Clone, Debug)]
pub struct SourceConfig {
    /// `websocket.url`.
    pub url: WsUrl,
    /// `kafka.topic`.
    pub topic: String,
    /// `websocket.subscription.message`, sent after every connect.
    pub subscription_message: Option<Secret>,
    /// `websocket.headers`.
    pub headers: Vec<Header>,
    /// `websocket.auth.token`.
    pub auth_token: Option<Secret>,
    /// How to reconnect.
    pub reconnect: Reconnect,
    /// `websocket.connection.timeout.ms`.
    pub connection_timeout: Duration,
    /// `websocket.ping.interval.ms`; `None` sends no pings.
    pub ping_interval: Option<Duration>,
    /// `websocket.pong.timeout.ms`.
    pub pong_timeout: Duration,
    /// `websocket.message.max.bytes`.
    pub message_max_bytes: usize,
    /// `websocket.value.format`.
    pub value_format: ValueFormat,
    /// `websocket.binary`.
    pub binary: BinaryPolicy,
    /// The buffer's bounds.
    pub buffer: BufferLimits,
    /// `websocket.pause.mode`.
    pub pause: PauseMode,
    /// `websocket.spool.*`; `None` if it is off.
    pub spool: Option<SpoolSettings>,
    /// `websocket.oversize`.
    pub oversize: Oversize,
}

impl SourceConfig {
    /// What is missing for writing exactly once: a message that was received
    /// must not be lost before it is committed, nor dropped for want of room.
    /// This is the only place that says so.
    pub fn missing_for_exactly_once(&self) -> Vec<&'static str> {
        let mut missing = Vec::new();
        if self.buffer.overflow != Overflow::Block {
            missing.push("websocket.buffer.overflow=block, since no message may be dropped");
        }
        let durable = |spool: &SpoolSettings| spool.mode == SpoolMode::Durable;
        if !self.spool.as_ref().is_some_and(durable) {
            missing.push(
                "websocket.spool.mode=durable, since what is received has to be kept until it is committed",
            );
        }
        missing
    }
}
