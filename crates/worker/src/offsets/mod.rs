//! Source offsets in `offset.storage.file.filename`, interchangeable with
//! Kafka Connect's (`FileOffsetBackingStore`): a worker of either kind goes on
//! where the other stopped.
//!
//! Invariants: entries of other connectors and unknown ones are kept byte for
//! byte; the file is replaced as a whole, so a crash leaves the old or the new
//! one; a file that is not what it should be is an error at start, never
//! overwritten.

mod alter;
mod java_map;
pub mod kafka_topic;

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

pub use alter::PartitionOffset;
use java_map::Entries;

use crate::files::{directory, replace};

/// Offsets are a few hundred bytes for each connector.
const MAX_FILE_BYTES: u64 = 256 << 20;

/// What is stored for a source partition: how far its stream is in Kafka.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceOffset {
    /// Which start of the task has written it.
    pub session_id: String,
    /// Records acknowledged since the connector's first start.
    pub sequence: u64,
}

/// Why offsets cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum OffsetError {
    /// The file cannot be read or written.
    #[error("offset.storage.file.filename: {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file holds something else.
    #[error(
        "offset.storage.file.filename: {} is no offset file of Kafka Connect ({reason}): \
         name another file, or move this one away to start without offsets",
        path.display()
    )]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// All offsets of a worker, in memory until [`OffsetStore::flush`].
#[derive(Debug)]
pub struct OffsetStore {
    path: PathBuf,
    entries: Entries,
    /// Where the entry of a key is, by the key in one spelling: a worker with
    /// a thousand connectors must not look through all of them for each.
    places: HashMap<String, usize>,
    dirty: bool,
}

/// A key's text with the members of objects in one order; `None` if it is not
/// JSON, as the keys of nobody's connectors may be.
fn spelling(key: &[u8]) -> Option<String> {
    let key: Value = serde_json::from_slice(key).ok()?;
    Some(sorted(key).to_string())
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            let members = members
                .into_iter()
                .map(|(name, value)| (name, sorted(value)));
            Value::Object(members.collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// The source partition of a stream: the URL as configured and, with a spool,
/// the id of that, since each disk has records of its own.
pub fn partition(url: &str, spool: Option<&str>) -> Value {
    match spool {
        None => json!({"websocket_url": url}),
        Some(spool) => json!({"spool": spool, "websocket_url": url}),
    }
}

impl OffsetStore {
    /// Reads the file; none or an empty one means no offsets.
    ///
    /// # Errors
    /// It cannot be read, holds something else, or its directory is missing.
    pub fn open(path: &Path) -> Result<Self, OffsetError> {
        let failed = |source| OffsetError::File {
            path: path.to_owned(),
            source,
        };
        let bytes = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                check_directory(path).map_err(failed)?;
                Vec::new()
            }
            Err(error) => return Err(failed(error)),
            Ok(metadata) if metadata.len() > MAX_FILE_BYTES => {
                return Err(OffsetError::Content {
                    path: path.to_owned(),
                    reason: format!("larger than {MAX_FILE_BYTES} bytes"),
                });
            }
            Ok(_) => fs::read(path).map_err(failed)?,
        };
        let entries = java_map::read(&bytes).map_err(|reason| OffsetError::Content {
            path: path.to_owned(),
            reason,
        })?;
        let spelled = entries.iter().enumerate().filter_map(|(at, (key, _))| {
            let key = spelling(key.as_deref()?)?;
            Some((key, at))
        });
        let places = spelled.collect();
        Ok(Self {
            path: path.to_owned(),
            entries,
            places,
            dirty: false,
        })
    }

    /// The offset of a connector's source partition.
    pub fn get(&self, connector: &str, partition: &Value) -> Option<SourceOffset> {
        let at = self.find(connector, partition)?;
        let value: Value = serde_json::from_slice(self.entries[at].1.as_deref()?).ok()?;
        SourceOffset::from_json(&value)
    }

    /// Replaces an offset.
    pub fn set(&mut self, connector: &str, partition: &Value, offset: &SourceOffset) {
        self.put(connector, partition, Some(&offset.to_json()));
    }

    fn put(&mut self, connector: &str, partition: &Value, offset: Option<&Value>) {
        let value = offset.map(|offset| offset.to_string().into_bytes());
        if let Some(at) = self.find(connector, partition) {
            self.entries[at].1 = value;
        } else {
            let key = json!([connector, partition]);
            let text = key.to_string().into_bytes();
            self.places
                .insert(sorted(key).to_string(), self.entries.len());
            self.entries.push((Some(text), value));
        }
        self.dirty = true;
    }

    fn find(&self, connector: &str, partition: &Value) -> Option<usize> {
        let key = sorted(json!([connector, partition])).to_string();
        self.places.get(&key).copied()
    }

    /// Writes what has changed to the file.
    ///
    /// # Errors
    /// The file cannot be written; it is as before then.
    pub fn flush(&mut self) -> Result<(), OffsetError> {
        if !self.dirty {
            return Ok(());
        }
        let bytes = java_map::write(&self.entries);
        replace(&self.path, &bytes).map_err(|source| OffsetError::File {
            path: self.path.clone(),
            source,
        })?;
        self.dirty = false;
        Ok(())
    }
}

fn check_directory(path: &Path) -> io::Result<()> {
    if directory(path).is_dir() {
        return Ok(());
    }
    let text = format!("the directory {} does not exist", directory(path).display());
    Err(io::Error::new(io::ErrorKind::NotFound, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offset(sequence: u64) -> SourceOffset {
        SourceOffset {
            session_id: "s".to_owned(),
            sequence,
        }
    }

    #[test]
    fn offsets_survive_in_the_file_and_others_are_kept() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("connect.offsets");
        let mut store = OffsetStore::open(&path).expect("no file is no error");
        assert_eq!(store.get("c", &partition("ws://h/", None)), None);
        store.set("c", &partition("ws://h/", None), &offset(3));
        store.set("d", &partition("ws://h/", None), &offset(4));
        store.set("c", &partition("ws://h/", None), &offset(5));
        assert!(!path.exists());
        store.flush().expect("written");
        let again = OffsetStore::open(&path).expect("readable");
        assert_eq!(again.get("c", &partition("ws://h/", None)), Some(offset(5)));
        assert_eq!(again.get("d", &partition("ws://h/", None)), Some(offset(4)));
        assert_eq!(again.get("c", &partition("ws://other/", None)), None);
        assert_eq!(again.entries.len(), 2);
    }

    #[test]
    fn an_entry_of_connect_is_found_whatever_its_member_order() {
        let value = br#"{"session_id":"x","sequence":7}"#.to_vec();
        let key = br#"["c",{"websocket_url":"ws://h/"}]"#.to_vec();
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("connect.offsets");
        fs::write(&path, java_map::write(&vec![(Some(key), Some(value))])).expect("written");
        let mut store = OffsetStore::open(&path).expect("readable");
        assert_eq!(
            store
                .get("c", &partition("ws://h/", None))
                .map(|offset| offset.sequence),
            Some(7)
        );
        store.set("c", &partition("ws://h/", None), &offset(8));
        assert_eq!(store.entries.len(), 1);
    }

    #[test]
    fn a_file_that_is_something_else_is_refused_and_left_alone() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("connect.offsets");
        fs::write(&path, b"my diary").expect("written");
        let error = OffsetStore::open(&path)
            .expect_err("no offsets")
            .to_string();
        assert!(error.contains("offset.storage.file.filename"), "{error}");
        assert_eq!(fs::read(&path).expect("there"), b"my diary");
    }

    #[test]
    fn a_missing_directory_is_an_error_at_start() {
        let error = OffsetStore::open(Path::new("/no/such/directory/f")).expect_err("missing");
        assert!(error.to_string().contains("/no/such/directory"), "{error}");
    }
}
