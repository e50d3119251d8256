//! The files that Kafka Connect users have: the worker's properties and the
//! connectors' properties or JSON.
//!
//! Invariants: a file is read in bounded memory; errors name the setting and
//! never show a value that may be secret; what is unknown is told of, not an
//! error, as in Connect.

mod connector;
mod console;
mod converter;
mod cors;
mod listener;
mod properties;
mod replace;
mod response_headers;
mod rest;
mod values;
mod worker;
mod worker_keys;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

pub use connector::{ConnectorFile, InitialState};
pub use console::{ConsoleConfig, MessageSample};
pub use converter::{ConverterSettings, Side};
pub use cors::Cors;
pub use listener::{Advertised, Listener, Scheme};
pub use properties::Properties;
pub use replace::{directory, replace};
pub use response_headers::{HeaderAction, HeaderRule};
pub use rest::{AdminListeners, RestConfig};
pub use worker::{AutoRestart, WorkerConfig, WorkerConfigErrors};

/// Files of settings are not larger than this.
pub const MAX_FILE_BYTES: u64 = 4 << 20;
/// Stores of certificates and keys are not larger than this.
pub const MAX_STORE_BYTES: u64 = 16 << 20;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be opened or read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is larger than a file of settings may be.
    #[error("{}: larger than {limit} bytes, which no file of settings is", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// Its content is not what it should be.
    #[error("{0}")]
    Content(String),
}

/// The bytes of a file, at most `limit_bytes`.
///
/// # Errors
/// It cannot be read or is larger.
pub fn read_bounded(path: &Path, limit_bytes: u64) -> Result<Vec<u8>, FileError> {
    let failed = |source| FileError::Read {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit_bytes + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 > limit_bytes {
        return Err(FileError::TooLarge {
            path: path.to_owned(),
            limit: limit_bytes,
        });
    }
    Ok(bytes)
}
