//! The providers that come with Kafka: where the values are.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use regex::Regex;

use super::paths::AllowedPaths;
use crate::files::{MAX_FILE_BYTES, Properties, read_bounded};

/// One provider, ready to be asked.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// `FileConfigProvider`: keys of properties files.
    File(AllowedPaths),
    /// `DirectoryConfigProvider`: a key is a file's name, its content the
    /// value.
    Directory(AllowedPaths),
    /// `EnvVarConfigProvider` (KIP-887): variables whose whole name matches.
    Environment(Option<Regex>),
}

impl Source {
    /// A provider of a Java class, with the value of a parameter by its name.
    ///
    /// # Errors
    /// There is no such class here, or a parameter is wrong.
    pub(super) fn new<'a>(
        class: &str,
        parameter: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<Self, String> {
        let allowed = || AllowedPaths::parse(parameter("allowed.paths"));
        match class.strip_prefix("org.apache.kafka.common.config.provider.") {
            Some("FileConfigProvider") => allowed().map(Self::File),
            Some("DirectoryConfigProvider") => allowed().map(Self::Directory),
            Some("EnvVarConfigProvider") => {
                let pattern = parameter("allowlist.pattern").filter(|text| !text.is_empty());
                let whole = |text: &str| Regex::new(&format!("^(?:{text})$"));
                let pattern = pattern.map(whole).transpose();
                let pattern = pattern
                    .map_err(|_| "Invalid value for allowlist.pattern: no regular expression")?;
                Ok(Self::Environment(pattern))
            }
            _ => Err(format!(
                "Invalid class {class}: this worker has Kafka's FileConfigProvider, \
                 DirectoryConfigProvider and EnvVarConfigProvider \
                 (org.apache.kafka.common.config.provider.*); for another one use Kafka Connect, or \
                 give the value by one of these"
            )),
        }
    }

    /// The value of one key, if there is one; `files` keeps what was read.
    ///
    /// # Errors
    /// The place that `path` names cannot be read.
    pub(super) fn get(
        &self,
        path: &str,
        key: &str,
        files: &mut ReadFiles,
    ) -> Result<Option<String>, String> {
        match self {
            Self::Environment(pattern) => {
                if !path.trim().is_empty() {
                    return Err("Path is not supported for EnvVarConfigProvider".to_owned());
                }
                let visible = pattern.as_ref().is_none_or(|pattern| pattern.is_match(key));
                Ok(std::env::var(key).ok().filter(|_| visible))
            }
            _ if path.trim().is_empty() => Ok(None),
            Self::File(allowed) | Self::Directory(allowed) if !allowed.allow(Path::new(path)) => {
                tracing::warn!(
                    target: "ConfigProvider",
                    "The path {path} is not allowed to be accessed"
                );
                Ok(None)
            }
            Self::File(_) => Ok(files.properties(path)?.get(key).cloned()),
            Self::Directory(_) => file_of(Path::new(path), key),
        }
    }
}

/// The content of the file `key` in `folder`. A key is a name, so it leads
/// nowhere else.
fn file_of(folder: &Path, key: &str) -> Result<Option<String>, String> {
    if !folder.is_dir() {
        tracing::warn!(target: "ConfigProvider", "The path {} is not a directory", folder.display());
        return Ok(None);
    }
    let is_name = !key.is_empty() && !key.contains(['/', '\\', '\0']) && key != "." && key != "..";
    let file = folder.join(key);
    if !is_name || !file.is_file() {
        return Ok(None);
    }
    let bytes = read_bounded(&file, MAX_FILE_BYTES)
        .map_err(|error| format!("Could not read file {error}"))?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Properties files that were read while one configuration is resolved, so
/// that each is read once and all its values are of one moment.
#[derive(Default)]
pub(super) struct ReadFiles(BTreeMap<String, BTreeMap<String, String>>);

impl ReadFiles {
    fn properties(&mut self, path: &str) -> Result<&BTreeMap<String, String>, String> {
        let unread = match self.0.entry(path.to_owned()) {
            Entry::Occupied(read) => return Ok(read.into_mut()),
            Entry::Vacant(unread) => unread,
        };
        let unreadable = |why: String| format!("Could not read properties from file {path}: {why}");
        let bytes = read_bounded(Path::new(path), MAX_FILE_BYTES)
            .map_err(|error| unreadable(error.to_string()))?;
        // Java reads these files as UTF-8, unlike the worker's own.
        let text = String::from_utf8_lossy(&bytes);
        let properties =
            Properties::parse_text(&text).map_err(|error| unreadable(error.to_string()))?;
        Ok(unread.insert(properties.into_map()))
    }
}
