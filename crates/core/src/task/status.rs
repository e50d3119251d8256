//! What a task is doing, for REST, metrics and log.

use std::time::SystemTime;

use crate::ledger::Ledger;

/// What the session is doing. Connect's own `state` stays RUNNING meanwhile:
/// clients of its REST API break on other values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Dialling: DNS, TCP, TLS and the proxy's part.
    #[default]
    Connecting,
    /// The upgrade request is sent, the answer awaited.
    Handshake,
    /// Frames flow.
    Live,
    /// Waiting before the next attempt.
    BackingOff,
    /// The server answered the upgrade with a refusal; waiting before the
    /// next attempt.
    Refused,
    /// Paused without a connection (`websocket.pause.mode=disconnect`).
    Paused,
    /// Stopping: the socket is closed, records go out to Kafka.
    Draining,
    /// Ended on request.
    Closed,
    /// Ended by an error.
    Failed,
}

impl Phase {
    /// All phases, in the order of a session's life.
    pub const ALL: [Self; 9] = [
        Self::Connecting,
        Self::Handshake,
        Self::Live,
        Self::BackingOff,
        Self::Refused,
        Self::Paused,
        Self::Draining,
        Self::Closed,
        Self::Failed,
    ];

    /// The name shown by `GET /connectors/{c}/session`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Handshake => "handshake",
            Self::Live => "live",
            Self::BackingOff => "backing_off",
            Self::Refused => "refused",
            Self::Paused => "paused",
            Self::Draining => "draining",
            Self::Closed => "closed",
            Self::Failed => "failed",
        }
    }

    /// The word that the 30-second log line shows after `Connection:`.
    pub const fn connection(self) -> &'static str {
        match self {
            Self::Connecting | Self::Handshake => "CONNECTING",
            Self::Live => "OPEN",
            Self::BackingOff | Self::Refused => "BACKOFF",
            Self::Paused | Self::Draining | Self::Closed | Self::Failed => "CLOSED",
        }
    }
}

/// A reading of a task's session.
#[derive(Clone, Debug, Default)]
pub struct SessionStatus {
    /// What it is doing.
    pub phase: Phase,
    /// Why, in words without secrets; empty while nothing is wrong.
    pub reason: String,
    /// The status line's code if the server refused the upgrade.
    pub refused_status: Option<u16>,
    /// Failed attempts since the last message.
    pub attempt: u32,
    /// Connections established since the task started: the generation of the
    /// present one.
    pub generation: u64,
    /// Since when `phase` holds.
    pub since: Option<SystemTime>,
    /// When the last attempt to connect began.
    pub attempted_at: Option<SystemTime>,
    /// When the subscription message had gone out to the present server, or to
    /// the last one; `None` if there is none to send, or it has not.
    pub subscribed_at: Option<SystemTime>,
    /// When the next attempt is due, in the waiting phases.
    pub next_attempt_at: Option<SystemTime>,
    /// Whether the task is paused.
    pub paused: bool,
    /// The connector URL, redacted.
    pub url: String,
    /// The task's spool, if it has one.
    pub spool: Option<SpoolStatus>,
}

/// A reading of a task's spool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolStatus {
    /// Its random id.
    pub id: String,
    /// Its folder.
    pub dir: String,
    /// Why it cannot be used at present; `None` if it can.
    pub fault: Option<String>,
}

/// Why a task ended by itself. `trace` goes into Connect's status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskFailure {
    /// Exception-like text: class name, message, cause lines.
    pub trace: String,
}

impl TaskFailure {
    pub(super) fn unexpected() -> Self {
        Self {
            trace: "java.lang.IllegalStateException: the task has ended by a fault of its own, \
                    which is on the standard error; restart it"
                .to_owned(),
        }
    }
}

/// What a stopped task leaves behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StopReport {
    /// Data messages read from the socket since the task started.
    pub received: u64,
    /// Records that Kafka acknowledged, or that a host that fetches them has
    /// got.
    pub delivered: u64,
    /// Messages dropped before, by the overflow or the binary policy.
    pub dropped: u64,
    /// Messages that were received and neither delivered nor dropped by a
    /// policy, nor are in the spool: what was still buffered or unacknowledged
    /// at the end.
    pub lost: u64,
    /// The whole account.
    pub ledger: Ledger,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_periodic_line_has_one_of_four_words_for_every_phase() {
        let words = [
            (Phase::Connecting, "CONNECTING"),
            (Phase::Handshake, "CONNECTING"),
            (Phase::Live, "OPEN"),
            (Phase::BackingOff, "BACKOFF"),
            (Phase::Refused, "BACKOFF"),
            (Phase::Paused, "CLOSED"),
            (Phase::Draining, "CLOSED"),
            (Phase::Closed, "CLOSED"),
            (Phase::Failed, "CLOSED"),
        ];
        for (phase, word) in words {
            assert_eq!(phase.connection(), word, "{phase:?}");
        }
        assert_eq!(words.map(|(phase, _)| phase), Phase::ALL);
    }
}
