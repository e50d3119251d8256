//! Connectors that were created through REST, kept over restarts of the worker
//! in `config.storage.file.filename`; a standalone Connect forgets them.
//!
//! Invariants: the file is replaced as a whole, so a crash leaves the old or
//! the new one; it holds secrets, so it is for its owner only; what cannot be
//! started stays in it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::files::{InitialState, replace};

/// A connector as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredConnector {
    /// Its configuration as given.
    pub config: BTreeMap<String, String>,
    /// What was wanted of it last.
    pub state: InitialState,
}

/// Why stored connectors cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The file cannot be read or written.
    #[error("config.storage.file.filename: {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file holds something else.
    #[error(
        "config.storage.file.filename: {} holds no connectors of this worker ({reason}): name another \
         file, or move this one away to start without them",
        path.display()
    )]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// The file and what is in it.
#[derive(Debug)]
pub struct ConfigStorage {
    path: PathBuf,
    connectors: BTreeMap<String, StoredConnector>,
}

fn read_one(value: &Value) -> Option<StoredConnector> {
    let mut config = BTreeMap::new();
    for (key, value) in value.get("config")?.as_object()? {
        config.insert(key.clone(), value.as_str()?.to_owned());
    }
    let state = value.get("state")?.as_str()?.parse().ok()?;
    Some(StoredConnector { config, state })
}

impl ConfigStorage {
    /// Reads the file; none means no connectors.
    ///
    /// # Errors
    /// It cannot be read or holds something else.
    pub fn open(path: &Path) -> Result<Self, StorageError> {
        let content = |reason| StorageError::Content {
            path: path.to_owned(),
            reason,
        };
        let bytes = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self {
                    path: path.to_owned(),
                    connectors: BTreeMap::new(),
                });
            }
            Err(source) => {
                return Err(StorageError::File {
                    path: path.to_owned(),
                    source,
                });
            }
            Ok(bytes) => bytes,
        };
        let file: Value = serde_json::from_slice(&bytes).map_err(|_| content("it is not JSON"))?;
        let stored = file.get("connectors").and_then(Value::as_object);
        let stored = stored.ok_or_else(|| content("it has no connectors"))?;
        let mut connectors = BTreeMap::new();
        for (name, value) in stored {
            let one =
                read_one(value).ok_or_else(|| content("a connector in it is not readable"))?;
            connectors.insert(name.clone(), one);
        }
        Ok(Self {
            path: path.to_owned(),
            connectors,
        })
    }

    /// All connectors in it.
    pub fn connectors(&self) -> BTreeMap<String, StoredConnector> {
        self.connectors.clone()
    }

    /// Whether there is a connector of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.connectors.contains_key(name)
    }

    /// Stores a connector, or with `None` removes it.
    ///
    /// # Errors
    /// The file cannot be written; it is as before then.
    pub fn put(
        &mut self,
        name: &str,
        connector: Option<StoredConnector>,
    ) -> Result<(), StorageError> {
        if self.connectors.get(name) == connector.as_ref() {
            return Ok(());
        }
        let before = match connector {
            Some(connector) => self.connectors.insert(name.to_owned(), connector),
            None => self.connectors.remove(name),
        };
        let written = replace(&self.path, self.text().as_bytes());
        written.map_err(|source| {
            // What is in memory is what is in the file.
            match before {
                Some(before) => self.connectors.insert(name.to_owned(), before),
                None => self.connectors.remove(name),
            };
            StorageError::File {
                path: self.path.clone(),
                source,
            }
        })
    }

    fn text(&self) -> String {
        let connectors: Map<String, Value> = self
            .connectors
            .iter()
            .map(|(name, one)| {
                let shown = json!({"config": one.config, "state": one.state.name()});
                (name.clone(), shown)
            })
            .collect();
        format!("{:#}\n", json!({"connectors": connectors}))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn one(state: InitialState) -> StoredConnector {
        StoredConnector {
            config: BTreeMap::from([("name".to_owned(), "a".to_owned())]),
            state,
        }
    }

    #[test]
    fn connectors_survive_in_a_file_for_its_owner_only() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("connectors.json");
        let mut storage = ConfigStorage::open(&path).expect("no file is no error");
        storage
            .put("a", Some(one(InitialState::Paused)))
            .expect("written");
        storage
            .put("b", Some(one(InitialState::Running)))
            .expect("written");
        storage.put("b", None).expect("written");
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = ConfigStorage::open(&path).expect("readable");
        assert_eq!(again.connectors().len(), 1);
        assert_eq!(again.connectors()["a"], one(InitialState::Paused));
    }

    #[test]
    fn a_write_that_fails_leaves_the_old_file_whole() {
        let directory = tempfile::tempdir().expect("a directory");
        let (there, away) = (directory.path().join("d"), directory.path().join("away"));
        fs::create_dir(&there).expect("created");
        let path = there.join("connectors.json");
        let mut storage = ConfigStorage::open(&path).expect("no file is no error");
        storage
            .put("a", Some(one(InitialState::Running)))
            .expect("written");
        let text = fs::read_to_string(&path).expect("there");

        fs::rename(&there, &away).expect("moved");
        let failed = [
            storage.put("a", Some(one(InitialState::Paused))),
            storage.put("b", Some(one(InitialState::Running))),
            storage.put("a", None),
        ];
        for failure in failed {
            let error = failure.expect_err("not written").to_string();
            assert!(error.contains("config.storage.file.filename"), "{error}");
        }
        fs::rename(&away, &there).expect("moved back");
        assert_eq!(fs::read_to_string(&path).expect("there"), text);
        let names: Vec<_> = fs::read_dir(&there).expect("a directory").collect();
        assert_eq!(names.len(), 1, "nothing half written is left: {names:?}");
        // What it holds is what the file holds, so that the next write is whole.
        let expected = BTreeMap::from([("a".to_owned(), one(InitialState::Running))]);
        assert_eq!(storage.connectors(), expected);
        assert_eq!(
            ConfigStorage::open(&path).expect("readable").connectors(),
            expected
        );
    }

    #[test]
    fn what_is_something_else_is_refused_and_left_alone() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("connectors.json");
        for text in [
            "diary",
            "{}",
            r#"{"connectors":{"a":{"config":{"b":1},"state":"RUNNING"}}}"#,
        ] {
            fs::write(&path, text).expect("written");
            let error = ConfigStorage::open(&path).expect_err("refused").to_string();
            assert!(error.contains("config.storage.file.filename"), "{error}");
            assert_eq!(fs::read_to_string(&path).expect("there"), text);
        }
    }
}
