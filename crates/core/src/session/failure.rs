//! Why there is no connection, in words that carry no secrets.

use std::time::Duration;

use crate::handshake::Refusal;

/// As much of a server's words as is shown.
const MAX_WORDS_CHARACTERS: usize = 200;

/// Why an attempt failed. The texts keep the exception names that the
/// reference's users search their logs for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectFailure {
    /// The host name has no address.
    #[error("UnknownHostException: {host}: {text}")]
    Resolve {
        /// The host.
        host: String,
        /// The resolver's words.
        text: String,
    },
    /// No address accepted the connection.
    #[error("ConnectException: Failed to connect to {host}/{port}: {text}")]
    Connect {
        /// The host.
        host: String,
        /// The port.
        port: u16,
        /// The system's words.
        text: String,
    },
    /// TLS could not be agreed on, or the certificate is not trusted.
    #[error("SSLHandshakeException: {0}")]
    Tls(String),
    /// `websocket.connection.timeout.ms` ran out.
    #[error("SocketTimeoutException: timeout after {0} ms (websocket.connection.timeout.ms)")]
    Timeout(u128),
    /// The connection broke during the handshake.
    #[error("IOException: {0}")]
    Broken(String),
    /// The proxy made no connection to the server.
    #[error("IOException: {0}")]
    Proxy(String),
    /// The answer breaks RFC 6455.
    #[error("{0}")]
    Protocol(String),
    /// The server answered with a status other than 101.
    #[error("ProtocolException: Expected HTTP 101 response but was '{} {}'", .0.status, .0.reason)]
    Refused(Refusal),
}

impl ConnectFailure {
    /// The failure and, if it is a refusal, the beginning of what the server
    /// says of it: why a key is not taken, or until when an address is banned.
    pub fn explained(&self) -> String {
        let mut text = self.to_string();
        if let Self::Refused(refusal) = self
            && !refusal.body.is_empty()
        {
            text.push_str("; the server says: ");
            text.extend(refusal.body.chars().take(MAX_WORDS_CHARACTERS));
        }
        text
    }

    /// How long the server asks us to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(refusal) => refusal.retry_after,
            _ => None,
        }
    }
}

/// Why a live connection ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Loss {
    /// The server sent a close frame.
    #[error("Connection closed by server: code={code}, reason={reason}")]
    ClosedByServer {
        /// The code; 1005 if there was none.
        code: u16,
        /// The reason, as sent.
        reason: String,
    },
    /// The socket ended or broke without a close frame.
    #[error("Connection lost: {0}")]
    Broken(String),
    /// Nothing was heard within `websocket.pong.timeout.ms` of a ping.
    #[error("Connection lost: no answer to a ping within {0} ms (websocket.pong.timeout.ms)")]
    PongTimeout(u128),
    /// We closed it because of what the server sent.
    #[error("Connection closed with code {code}: {text}")]
    Violation {
        /// The code we closed with.
        code: u16,
        /// What was wrong.
        text: String,
    },
}
