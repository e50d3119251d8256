//! The one table of settings.

/// The type of a setting, as Kafka's ConfigDef names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    String,
    /// A text that is never shown.
    Password,
    /// true or false.
    Boolean,
    /// A 32-bit number with its least and greatest valid value.
    Int(i32, i32),
    /// A 64-bit number with its least valid value.
    Long(i64),
    /// One of these words.
    OneOf(&'static [&'static str]),
}

impl Kind {
    /// The name that ConfigDef and the documentation show.
    pub const fn name(self) -> &'static str {
        match self {
            Self::String | Self::OneOf(_) => "STRING",
            Self::Password => "PASSWORD",
            Self::Boolean => "BOOLEAN",
            Self::Int(..) => "INT",
            Self::Long(_) => "LONG",
        }
    }
}

/// How much a setting matters, as in Kafka's ConfigDef.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Importance {
    /// Look at it first.
    High,
    /// Look at it when tuning.
    Medium,
    /// Rarely needed.
    Low,
}

impl Importance {
    /// The name that ConfigDef shows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::High => "HIGH",
            Self::Medium => "MEDIUM",
            Self::Low => "LOW",
        }
    }
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its name in a connector's configuration.
    pub name: &'static str,
    /// Its type and bounds.
    pub kind: Kind,
    /// Whether it must be given.
    pub required: bool,
    /// Its default; `None` is null.
    pub default: Option<&'static str>,
    /// How much it matters.
    pub importance: Importance,
    /// Whether its value is never shown, whatever its type: the reference
    /// connector has some secrets as STRING, and types are its users' contract.
    pub secret: bool,
    /// What it does, for users.
    pub documentation: &'static str,
}

const fn required(name: &'static str, documentation: &'static str) -> Row {
    Row {
        name,
        kind: Kind::String,
        required: true,
        default: None,
        importance: Importance::High,
        secret: false,
        documentation,
    }
}

const fn optional(
    name: &'static str,
    kind: Kind,
    default: Option<&'static str>,
    importance: Importance,
    documentation: &'static str,
) -> Row {
    Row {
        name,
        kind,
        required: false,
        default,
        importance,
        secret: matches!(kind, Kind::Password),
        documentation,
    }
}

/// A setting whose type shows it, but whose value must not be shown.
const fn hidden(name: &'static str, importance: Importance, documentation: &'static str) -> Row {
    Row {
        secret: true,
        ..optional(name, Kind::String, None, importance, documentation)
    }
}

/// Every setting: the reference connector's nine first, in its order, then
/// what this connector adds.
pub const TABLE: &[Row] = &[
    required(
        "websocket.url",
        "The WebSocket endpoint: ws:// or wss://, a host, and optionally a port, path and query. \
         User info (wss://user:password@host) is sent as Basic authorization.",
    ),
    required("kafka.topic", "The topic that messages are written to."),
    hidden(
        "websocket.subscription.message",
        Importance::Medium,
        "A JSON message sent after every connect, for servers that stream only what was subscribed to.",
    ),
    optional(
        "websocket.reconnect.enabled",
        Kind::Boolean,
        Some("true"),
        Importance::Medium,
        "Whether to connect again after a failed attempt or a lost connection. If false, either fails the task.",
    ),
    optional(
        "websocket.reconnect.interval.ms",
        Kind::Long(0),
        Some("5000"),
        Importance::Medium,
        "The delay before the first new attempt. It doubles at each failed attempt up to \
         websocket.reconnect.backoff.max.ms, with up to 25 % added at random, and starts anew once a \
         message has come in. Delays under 100 ms are lengthened to 100 ms.",
    ),
    hidden(
        "websocket.headers",
        Importance::Low,
        "Headers of the upgrade request: name1:value1,name2:value2. Not shown, since they may hold keys.",
    ),
    optional(
        "websocket.auth.token",
        Kind::Password,
        None,
        Importance::Medium,
        "A token sent as `Authorization: Bearer TOKEN` on the upgrade request.",
    ),
    optional(
        "websocket.message.queue.size",
        Kind::Int(1, i32::MAX),
        Some("10000"),
        Importance::Low,
        "The most messages that wait for Kafka. What happens beyond it is websocket.buffer.overflow's.",
    ),
    optional(
        "websocket.connection.timeout.ms",
        Kind::Long(1),
        Some("30000"),
        Importance::Low,
        "The time that one attempt may take: DNS, TCP, TLS and the whole WebSocket handshake.",
    ),
    optional(
        "websocket.reconnect.max.attempts",
        Kind::Int(-1, i32::MAX),
        Some("-1"),
        Importance::Medium,
        "Failed attempts in a row after which the task fails; -1 is without end.",
    ),
    optional(
        "websocket.reconnect.backoff.max.ms",
        Kind::Long(0),
        Some("60000"),
        Importance::Medium,
        "The longest delay before a new attempt, before random is added. A server's Retry-After \
         (on 429, 418 and 503) is respected beyond it, up to 24 hours.",
    ),
    optional(
        "websocket.message.max.bytes",
        Kind::Int(1, i32::MAX),
        Some("16777216"),
        Importance::Low,
        "The largest message that is accepted. A larger one is refused before memory is spent on it: the \
         connection is closed with code 1009 and made anew.",
    ),
    optional(
        "websocket.value.format",
        Kind::OneOf(&["string", "bytes", "json"]),
        Some("string"),
        Importance::Medium,
        "string: text messages become STRING values. bytes: text and binary messages become BYTES values, \
         for the ByteArrayConverter. json: text messages are parsed into values with fields, without a schema, \
         for transforms and the JsonConverter; one that is not JSON is an error by errors.tolerance.",
    ),
    optional(
        "websocket.binary",
        Kind::OneOf(&["drop", "bytes", "base64", "text"]),
        Some("drop"),
        Importance::Medium,
        "What becomes of binary messages under websocket.value.format=string or json: drop (counted and \
         logged), bytes (BYTES values, the bytes as they are, also if they could be text), base64, or text \
         (UTF-8, with U+FFFD in place of what is not); of the last two, what becomes of text messages.",
    ),
    optional(
        "websocket.buffer.max.bytes",
        Kind::Int(1, i32::MAX),
        Some("67108864"),
        Importance::Low,
        "The most payload bytes that wait for Kafka, beside websocket.message.queue.size.",
    ),
    optional(
        "websocket.buffer.overflow",
        Kind::OneOf(&["drop_oldest", "drop_newest", "block"]),
        Some("drop_oldest"),
        Importance::Medium,
        "When what waits for Kafka fills the buffer, or with a spool the spool or its disk: drop_oldest drops \
         the oldest messages (of a spool its oldest segment), drop_newest the message that has just come, both \
         counted and logged; block stops reading the socket until there is room, so that TCP slows the server \
         down and nothing is lost here.",
    ),
    optional(
        "websocket.ping.interval.ms",
        Kind::Long(0),
        Some("30000"),
        Importance::Low,
        "How often a ping is sent; 0 sends none.",
    ),
    optional(
        "websocket.pong.timeout.ms",
        Kind::Long(1),
        Some("10000"),
        Importance::Low,
        "How long the server may stay silent after a ping before the connection counts as lost.",
    ),
    optional(
        "websocket.pause.mode",
        Kind::OneOf(&["keep", "disconnect"]),
        Some("keep"),
        Importance::Low,
        "While the connector is PAUSED: keep leaves the connection open and the buffer fills, by \
         websocket.buffer.overflow; disconnect closes it, and a resume connects and subscribes again.",
    ),
    optional(
        "websocket.spool.mode",
        Kind::OneOf(&["off", "overflow", "durable"]),
        Some("off"),
        Importance::Medium,
        "Whether messages that wait for Kafka are kept on disk, where they survive the end of the process: off; \
         overflow, only what the buffer has no room for; durable, every message before it counts as received.",
    ),
    optional(
        "websocket.spool.dir",
        Kind::String,
        None,
        Importance::Medium,
        "The spool's folder, on a local disk and of this connector alone. Required unless websocket.spool.mode=off.",
    ),
    optional(
        "websocket.spool.max.bytes",
        // What a receive buffer holds takes less, however small its messages.
        Kind::Long(1 << 22),
        Some("1073741824"),
        Importance::Medium,
        "The most that the spool takes of the disk. What happens beyond it, or when the disk itself is full, is \
         websocket.buffer.overflow's.",
    ),
    optional(
        "websocket.spool.segment.bytes",
        Kind::Int(1 << 14, i32::MAX),
        Some("67108864"),
        Importance::Low,
        "The size of the spool's files. A file is removed when Kafka has all of its messages.",
    ),
    optional(
        "websocket.spool.sync",
        Kind::OneOf(&["none", "interval", "always"]),
        Some("interval"),
        Importance::Medium,
        "When the spool is forced to the disk, for messages to survive a crash of the machine as well: none (the \
         system decides), interval (all of websocket.spool.sync.interval.ms together), always (at each read of \
         the socket, before its messages count as received). A crash of the process loses nothing in any case.",
    ),
    optional(
        "websocket.spool.sync.interval.ms",
        Kind::Long(1),
        Some("10"),
        Importance::Low,
        "How long a message may be in the spool before it is forced to the disk, under websocket.spool.sync=interval.",
    ),
    optional(
        "websocket.oversize",
        Kind::OneOf(&["drop", "dlq", "fail"]),
        Some("drop"),
        Importance::Medium,
        "What becomes of a message that is larger than the producer may send (max.request.size): drop (counted \
         and logged), dlq (to errors.deadletterqueue.topic.name, cut to what the producer may send, with its size \
         in a header), or fail (the task). What counts is the record that transforms and converters make of it. In \
         Kafka Connect the limit is the connector's own producer.override.max.request.size, else that of the worker's \
         producers.",
    ),
];

/// The row of the setting called `name`.
pub fn row(name: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_s_nine_come_first_with_their_defaults() {
        let expected = [
            ("websocket.url", None),
            ("kafka.topic", None),
            ("websocket.subscription.message", None),
            ("websocket.reconnect.enabled", Some("true")),
            ("websocket.reconnect.interval.ms", Some("5000")),
            ("websocket.headers", None),
            ("websocket.auth.token", None),
            ("websocket.message.queue.size", Some("10000")),
            ("websocket.connection.timeout.ms", Some("30000")),
        ];
        let ours: Vec<_> = TABLE.iter().map(|row| (row.name, row.default)).collect();
        assert_eq!(ours[..9], expected);
    }

    #[test]
    fn secrets_keep_their_types_and_are_marked() {
        let secrets: Vec<_> = TABLE
            .iter()
            .filter(|row| row.secret)
            .map(|row| (row.name, row.kind.name()))
            .collect();
        let expected = [
            ("websocket.subscription.message", "STRING"),
            ("websocket.headers", "STRING"),
            ("websocket.auth.token", "PASSWORD"),
        ];
        assert_eq!(secrets, expected);
    }

    #[test]
    fn names_are_unique_and_documented() {
        let mut names: Vec<_> = TABLE.iter().map(|row| row.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TABLE.len());
        assert!(TABLE.iter().all(|row| !row.documentation.is_empty()));
    }
}
