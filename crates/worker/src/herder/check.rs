//! Checks a connector's configuration as a whole and compiles it into what its
//! task needs.
//!
//! Invariant: a [`Plan`] exists only if everything in it can work on this
//! worker; what this worker does not do is an error or a warning by name.

use std::collections::BTreeMap;

use websocket_source::settings::{self, SourceConfig, ValueFormat};

use crate::files::{ConverterKind, ConverterSettings, WorkerConfig};
use crate::kafka_settings::{ProducerInputs, ProducerSettings, SystemTrust, translate};
use crate::providers::Providers;

/// The connector's class, as in the reference.
pub const CONNECTOR_CLASS: &str = "io.conduktor.connect.websocket.WebSocketSourceConnector";
/// The connector's version, as in the reference.
pub const CONNECTOR_VERSION: &str = "1.0.0";

/// Keys of every source connector (Kafka's `SourceConnectorConfig`) whose
/// default is what this worker does. Another value is told of, not obeyed.
const FIXED: [(&str, &str); 12] = [
    ("tasks.max.enforce", "true"),
    ("config.action.reload", "restart"),
    ("errors.retry.timeout", "0"),
    ("errors.retry.delay.max.ms", "60000"),
    ("errors.tolerance", "none"),
    ("errors.log.enable", "false"),
    ("errors.log.include.messages", "false"),
    ("topic.creation.groups", ""),
    ("exactly.once.support", "requested"),
    ("transaction.boundary", "poll"),
    ("transaction.boundary.interval.ms", ""),
    ("offsets.storage.topic", ""),
];

/// Everything a task is made of.
#[derive(Debug)]
pub struct Plan {
    /// The connector's name.
    pub name: String,
    /// The source's settings.
    pub source: SourceConfig,
    /// The producer's settings.
    pub producer: ProducerSettings,
    /// What is worth telling but no error.
    pub warnings: Vec<String>,
}

/// Whether `class` names the connector: in full, by its simple name, or by
/// that without "Connector", as Connect accepts it.
pub fn is_our_class(class: &str) -> bool {
    [
        CONNECTOR_CLASS,
        "WebSocketSourceConnector",
        "WebSocketSource",
    ]
    .contains(&class.trim())
}

/// Checks `config`, a connector's whole configuration.
///
/// # Errors
/// All that is wrong, in Connect's words where it has some, without secrets.
pub fn check(
    config: &BTreeMap<String, String>,
    worker: &WorkerConfig,
    system_trust: &SystemTrust,
) -> Result<Plan, Vec<String>> {
    let resolved = worker.providers.resolve(config);
    let resolved = resolved.map_err(|error| vec![error.to_string()])?;
    let hide = |texts: Vec<String>| -> Vec<String> {
        let hidden = |text: String| Providers::hide(config, &resolved, &text);
        texts.into_iter().map(hidden).collect()
    };
    let mut plan = check_resolved(&resolved, worker, system_trust).map_err(hide)?;
    plan.warnings = hide(plan.warnings);
    plan.warnings
        .extend(worker.providers.warnings(config, &resolved));
    Ok(plan)
}

fn check_resolved(
    config: &BTreeMap<String, String>,
    worker: &WorkerConfig,
    system_trust: &SystemTrust,
) -> Result<Plan, Vec<String>> {
    let mut errors = Vec::new();
    let mut warnings = Vec::new();
    let name = config.get("name").map_or("", |name| name.trim());
    check_name(name, &mut errors);
    check_class(config, &mut errors);
    check_tasks_max(config, &mut errors, &mut warnings);
    check_converters(config, worker, &mut errors);
    check_unsupported(config, &mut errors, &mut warnings);
    let parsed = settings::parse(config);
    warnings.extend(parsed.warnings);
    let source = parsed
        .config
        .map_err(|found| errors.extend(found.into_iter().map(|error| error.message)));
    let producer = translate(&ProducerInputs {
        bootstrap_servers: &worker.bootstrap_servers,
        worker_client_id: &worker.client_id,
        worker_producer: &worker.producer,
        connector_config: config,
        override_policy: &worker.override_policy,
        system_trust,
    })
    .map_err(|found| errors.extend(found.errors));
    match (source, producer) {
        (Ok(source), Ok(producer)) if errors.is_empty() => {
            check_value_format(&source, config, worker)?;
            warnings.extend(producer.warnings.iter().cloned());
            Ok(Plan {
                name: name.to_owned(),
                source,
                producer,
                warnings,
            })
        }
        _ => Err(errors),
    }
}

/// Kafka's `ConfigDef.NonEmptyStringWithoutControlChars`.
fn check_name(name: &str, errors: &mut Vec<String>) {
    if name.is_empty() {
        errors.push("Invalid value  for configuration name: String may not be empty".to_owned());
    } else if name.chars().any(|c| c.is_ascii_control()) {
        errors.push(
            "Invalid value for configuration name: String may not contain control sequences"
                .to_owned(),
        );
    }
}

fn check_class(config: &BTreeMap<String, String>, errors: &mut Vec<String>) {
    match config.get("connector.class") {
        None => errors.push(
            "Missing required configuration \"connector.class\" which has no default value."
                .to_owned(),
        ),
        Some(class) if is_our_class(class) => {}
        Some(class) => errors.push(format!(
            "Failed to find any class that implements Connector and which name matches {class}, \
             available connectors are: {CONNECTOR_CLASS}"
        )),
    }
}

fn check_tasks_max(
    config: &BTreeMap<String, String>,
    errors: &mut Vec<String>,
    warnings: &mut Vec<String>,
) {
    let Some(text) = config.get("tasks.max").map(|text| text.trim()) else {
        return;
    };
    let why = match text.parse::<i32>() {
        Ok(number) if number > 1 => {
            warnings.push("One URL is one stream: tasks.max above 1 still gives 1 task".to_owned());
            return;
        }
        Ok(1) => return,
        Ok(_) => "Value must be at least 1",
        Err(_) => "Not a number of type INT",
    };
    errors.push(format!(
        "Invalid value {text} for configuration tasks.max: {why}"
    ));
}

fn check_converters(
    config: &BTreeMap<String, String>,
    worker: &WorkerConfig,
    errors: &mut Vec<String>,
) {
    for key in ["key.converter", "value.converter"] {
        if let Err(error) = ConverterSettings::from_config(key, config) {
            errors.push(error);
        }
    }
    // The records have no headers, so any converter that Connect ships does.
    if let Some(class) = config.get("header.converter")
        && class.trim() != worker.header_converter
        && !class.trim().starts_with("org.apache.kafka.connect.")
    {
        errors.push(format!(
            "Invalid value {class} for configuration header.converter: Class {class} could not be found."
        ));
    }
}

fn check_unsupported(
    config: &BTreeMap<String, String>,
    errors: &mut Vec<String>,
    warnings: &mut Vec<String>,
) {
    for key in ["transforms", "predicates"] {
        if config.get(key).is_some_and(|list| !list.trim().is_empty()) {
            errors.push(format!(
                "Invalid value for configuration {key}: this worker has no {key} yet; \
                 remove the setting, or run the connector's plugin in Kafka Connect"
            ));
        }
    }
    for (key, default) in FIXED {
        let differs = |value: &&String| !value.trim().eq_ignore_ascii_case(default);
        if config.get(key).as_ref().is_some_and(differs) {
            warnings.push(format!(
                "{key} is not supported by this worker yet and has no effect"
            ));
        }
    }
}

/// Kafka's `ByteArrayConverter` takes BYTES only, and its `StringConverter`
/// makes no use of BYTES.
fn check_value_format(
    source: &SourceConfig,
    config: &BTreeMap<String, String>,
    worker: &WorkerConfig,
) -> Result<(), Vec<String>> {
    let kind = match ConverterSettings::from_config("value.converter", config) {
        Ok(Some(converter)) => converter.kind,
        _ => worker.value_converter.kind,
    };
    let error = match (source.value_format, kind) {
        (ValueFormat::String, ConverterKind::ByteArray) => {
            "value.converter is the ByteArrayConverter, which refuses STRING values: \
             set websocket.value.format=bytes or value.converter to the StringConverter"
        }
        (ValueFormat::Bytes, ConverterKind::String) => {
            "websocket.value.format=bytes gives BYTES values, which the StringConverter cannot write: \
             set value.converter=org.apache.kafka.connect.converters.ByteArrayConverter"
        }
        _ => return Ok(()),
    };
    Err(vec![error.to_owned()])
}
