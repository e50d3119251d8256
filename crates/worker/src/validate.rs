//! `connect-websocket validate FILE...`: all errors of worker and connector
//! files, without connecting anywhere.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::files::{ConnectorFile, MAX_FILE_BYTES, Properties, WorkerConfig, read_bounded};
use crate::kafka_settings::SystemTrust;
use crate::standalone::rest_errors;
use crate::validation::{Refusal, check};

const STRING_CONVERTER: &str = "org.apache.kafka.connect.storage.StringConverter";
const BYTES_CONVERTER: &str = "org.apache.kafka.connect.converters.ByteArrayConverter";

/// Checks each file; a worker file among them counts for the connectors after
/// it. Prints one line per finding; the status is 1 if there was an error.
pub fn run(files: &[PathBuf]) -> ExitCode {
    let mut worker = None;
    let mut faulty = false;
    for path in files {
        let found = validate_file(path, &mut worker);
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
fn validate_file(
    path: &Path,
    worker: &mut Option<WorkerConfig>,
) -> Result<Vec<String>, Vec<String>> {
    let bytes = read_bounded(path, MAX_FILE_BYTES).map_err(|error| vec![error.to_string()])?;
    let Some(read) = read_worker(&bytes) else {
        return validate_connector(&bytes, worker.as_ref());
    };
    let config = read?;
    let warnings = config.warnings.clone();
    let errors = rest_errors(&config.rest);
    *worker = Some(config);
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
    bytes: &[u8],
    worker: Option<&WorkerConfig>,
) -> Result<Vec<String>, Vec<String>> {
    let file = ConnectorFile::parse(bytes).map_err(|error| vec![error])?;
    let assumed;
    let worker = if let Some(worker) = worker {
        worker
    } else {
        assumed = assumed_worker(&file.config)?;
        &assumed
    };
    let plan =
        check(&file.config, worker, &SystemTrust::platform()).map_err(Refusal::into_errors)?;
    Ok([file.warnings, plan.warnings].concat())
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
