//! Why a spool cannot do what it was asked.
//!
//! Invariant: no error holds anything of a message.

use std::io;
use std::path::PathBuf;

/// Why a spool cannot be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Another task, of this process or another, has the spool.
    #[error("The spool {dir} is in use by another task{}", of(by.as_deref()))]
    Owned {
        /// The spool's folder.
        dir: PathBuf,
        /// The connector whose task has it, if that is known.
        by: Option<String>,
    },
    /// The system refuses.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// The system's answer.
        source: io::Error,
    },
}

fn of(connector: Option<&str>) -> String {
    connector.map_or_else(String::new, |name| format!(", of the connector {name}"))
}

impl SpoolError {
    /// The system's answer to an attempt to do `what`.
    pub(super) fn io(what: impl Into<String>, source: io::Error) -> Self {
        let what = what.into();
        Self::Io { what, source }
    }
}

/// Why a batch was not appended. Nothing of it is in the spool, and the next
/// append may succeed.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The spool's `max_bytes` would be passed.
    #[error("The spool is full: {bytes} bytes do not fit into the {left} that are left")]
    Full {
        /// What the batch takes.
        bytes: u64,
        /// What there is.
        left: u64,
    },
    /// The batch alone is larger than the spool may be.
    #[error("{bytes} bytes are more than the spool may hold at all ({limit} bytes)")]
    TooLarge {
        /// What the batch takes.
        bytes: u64,
        /// The spool's `max_bytes`.
        limit: u64,
    },
    /// The disk or the user's quota is full.
    #[error("The spool's disk is full: {0}")]
    NoSpace(io::Error),
    /// The system refuses for another reason.
    #[error("The spool cannot be written: {0}")]
    Io(io::Error),
}

impl From<io::Error> for AppendError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace(error),
            _ => Self::Io(error),
        }
    }
}
