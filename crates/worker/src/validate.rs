//! `connect-websocket validate FILE...`: all errors of worker and connector
//! files, without connecting anywhere.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use websocket_source::spool::shared_folder;

use crate::files::{ConnectorFile, MAX_FILE_BYTES, Properties, WorkerConfig, read_bounded};
use crate::kafka_settings::SystemTrust;
use crate::spool_folder;
use crate::standalone::rest_errors;
use crate::validation::{Config, Refusal, check};

const STRING_CONVERTER: &str = "org.apache.kafka.connect.storage.StringConverter";
const BYTES_CONVERTER: &str = "org.apache.kafka.connect.converters.ByteArrayConverter";

/// What the files before have said.
#[derive(Default)]
struct Known {
    worker: Option<WorkerConfig>,
    spools: Vec<Spool>,
}

/// A connector's folder for its spool.
struct Spool {
    folder: PathBuf,
    connector: String,
    file: PathBuf,
}

/// Checks each file; a worker file among them counts for the connectors after
/// it. Prints one line per finding; the status is 1 if there was an error.
pub fn run(files: &[PathBuf]) -> ExitCode {
    let mut known = Known::default();
    let mut faulty = false;
    for path in files {
        let found = validate_file(path, &mut known);
        let shown = path.display();
        match found {
            Ok(warnings) => {
                for warning in warnings {
                    println!("{shown}: warning: {warning}");
                }
                println!("{shown}: ok");
            }
            Err(errors) => {
                faulty = true;
                for error in errors {
                    println!("{shown}: error: {error}");
                }
            }
        }
    }
    ExitCode::from(u8::from(faulty))
}

/// The warnings about a file.
///
/// # Errors
/// All that is wrong with it.
fn validate_file(path: &Path, known: &mut Known) -> Result<Vec<String>, Vec<String>> {
    let bytes = read_bounded(path, MAX_FILE_BYTES).map_err(|error| vec![error.to_string()])?;
    let Some(read) = read_worker(&bytes) else {
        return validate_connector(path, &bytes, known);
    };
    let config = read?;
    let warnings = config.warnings.clone();
    let errors = rest_errors(&config.rest);
    known.worker = Some(config);
    if errors.is_empty() {
        Ok(warnings)
    } else {
        Err(errors)
    }
}

/// Reads a worker file, if it looks like one: properties that hold keys only a
/// worker has, or converters of no connector.
fn read_worker(bytes: &[u8]) -> Option<Result<WorkerConfig, Vec<String>>> {
    let properties = Properties::parse(bytes).ok()?;
    let has_any = |keys: &[&str]| keys.iter().any(|key| properties.get(key).is_some());
    let is_worker = has_any(&[
        "bootstrap.servers",
        "offset.storage.file.filename",
        "plugin.path",
    ]) || (has_any(&["key.converter", "value.converter"])
        && !has_any(&["name", "connector.class"]));
    is_worker.then(|| WorkerConfig::from_map(&properties.into_map()).map_err(|found| found.errors))
}

fn validate_connector(
    path: &Path,
    bytes: &[u8],
    known: &mut Known,
) -> Result<Vec<String>, Vec<String>> {
    let file = ConnectorFile::parse(bytes).map_err(|error| vec![error])?;
    let assumed;
    let worker = if let Some(worker) = &known.worker {
        worker
    } else {
        assumed = assumed_worker(&file.config)?;
        &assumed
    };
    let checked = check(&file.config, worker, &SystemTrust::platform());
    let shared = shared_spool(path, &file.config, worker, &mut known.spools);
    match (checked.map_err(Refusal::into_errors), shared) {
        (Ok(plan), None) => Ok([file.warnings, plan.warnings].concat()),
        (checked, shared) => Err(checked.err().into_iter().flatten().chain(shared).collect()),
    }
}

/// What is wrong with a connector's spool if a connector of another name has
/// its folder, in a file before.
fn shared_spool(
    path: &Path,
    config: &Config,
    worker: &WorkerConfig,
    spools: &mut Vec<Spool>,
) -> Option<String> {
    let folder = spool_folder::of(config, &worker.providers)?;
    let name = config.get("name").map_or("", |name| name.trim());
    let own = Spool {
        folder,
        connector: name.to_owned(),
        file: path.to_owned(),
    };
    let other = spools
        .iter()
        .find(|spool| spool.folder == own.folder && spool.connector != own.connector);
    let error = other
        .map(|other| shared_folder(&format!("{} ({})", other.connector, other.file.display())));
    spools.push(own);
    error
}

/// The worker that a connector file is checked against where none is given:
/// the defaults, with the value converter that the connector needs.
///
/// # Errors
/// Never, but for the errors of the worker's own table.
pub fn assumed_worker(config: &BTreeMap<String, String>) -> Result<WorkerConfig, Vec<String>> {
    let bytes = config
        .get("websocket.value.format")
        .is_some_and(|format| format.trim().eq_ignore_ascii_case("bytes"));
    let value_converter = if bytes {
        BYTES_CONVERTER
    } else {
        STRING_CONVERTER
    };
    let map = BTreeMap::from(
        [
            ("key.converter", STRING_CONVERTER),
            ("value.converter", value_converter),
            ("offset.storage.file.filename", "connect.offsets"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned())),
    );
    WorkerConfig::from_map(&map).map_err(|found| found.errors)
}
