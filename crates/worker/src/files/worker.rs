//! The worker's properties (`StandaloneConfig` and `WorkerConfig`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::listener::{self, Advertised, Listener};
use super::values::Values;
use super::{ConverterKind, ConverterSettings, MAX_FILE_BYTES, Properties, read_bounded};
use crate::kafka_settings::OverridePolicy;

/// What is wrong with a worker's properties.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .errors.join("\n"))]
pub struct WorkerConfigErrors {
    /// One text for each thing that is wrong.
    pub errors: Vec<String>,
}

impl From<String> for WorkerConfigErrors {
    fn from(error: String) -> Self {
        Self {
            errors: vec![error],
        }
    }
}

/// Checked settings of a worker.
#[derive(Clone)]
pub struct WorkerConfig {
    /// `bootstrap.servers`.
    pub bootstrap_servers: String,
    /// `client.id`.
    pub client_id: String,
    /// `key.converter`.
    pub key_converter: ConverterSettings,
    /// `value.converter`.
    pub value_converter: ConverterSettings,
    /// `header.converter`, a class name.
    pub header_converter: String,
    /// `offset.storage.file.filename`.
    pub offset_storage_file: PathBuf,
    /// `offset.flush.interval.ms`.
    pub offset_flush_interval_ms: u64,
    /// `offset.flush.timeout.ms`.
    pub offset_flush_timeout_ms: u64,
    /// `task.shutdown.graceful.timeout.ms`, for all tasks together.
    pub task_shutdown_graceful_timeout_ms: u64,
    /// `listeners`.
    pub listeners: Vec<Listener>,
    /// `rest.advertised.*`.
    pub advertised: Advertised,
    /// `producer.*` without the prefix, in Java's names; may hold secrets.
    pub producer: BTreeMap<String, String>,
    /// `admin.*` likewise.
    pub admin: BTreeMap<String, String>,
    /// `security.protocol`, `sasl.*` and `ssl.*`: the worker's own clients'.
    pub client_security: BTreeMap<String, String>,
    /// `connector.client.config.override.policy`.
    pub override_policy: OverridePolicy,
    /// What is worth telling but no error.
    pub warnings: Vec<String>,
}

/// Settings that are read here.
const KNOWN: [&str; 13] = [
    "bootstrap.servers",
    "client.id",
    "key.converter",
    "value.converter",
    "header.converter",
    "offset.storage.file.filename",
    "offset.flush.interval.ms",
    "offset.flush.timeout.ms",
    "task.shutdown.graceful.timeout.ms",
    "listeners",
    "rest.advertised.host.name",
    "rest.advertised.port",
    "connector.client.config.override.policy",
];

/// Settings of Kafka Connect that change nothing here, or nothing for the
/// worse: a JVM's class loading, JMX, topic tracking, the converters' own.
const HARMLESS: [&str; 17] = [
    "plugin.path",
    "plugin.discovery",
    "rest.advertised.listener",
    "metric.reporters",
    "auto.include.jmx.reporter",
    "metrics.num.samples",
    "metrics.sample.window.ms",
    "metrics.recording.level",
    "topic.tracking.enable",
    "topic.tracking.allow.reset",
    "topic.creation.enable",
    "consumer.",
    "metrics.context.",
    "key.converter.",
    "value.converter.",
    "header.converter.",
    "group.id",
];

/// Settings of Kafka Connect that this worker does not do: obeying them is
/// what users would rely on, so they hear of it.
const UNSUPPORTED: [(&str, &str); 6] = [
    (
        "rest.extension.classes",
        "this worker has no REST extensions, so the REST API is not behind a login",
    ),
    ("admin.listeners", "this worker has no admin resources"),
    (
        "config.providers",
        "config providers are not supported by this worker yet",
    ),
    (
        "access.control.allow.",
        "this worker's REST API has no CORS headers yet",
    ),
    (
        "response.http.headers.config",
        "this worker adds no headers to its answers yet",
    ),
    ("listeners.https.", "this worker's REST API has no TLS yet"),
];

impl WorkerConfig {
    /// Reads a worker's properties file.
    ///
    /// # Errors
    /// It cannot be read, or all that is wrong with it.
    pub fn read(path: &Path) -> Result<Self, WorkerConfigErrors> {
        let bytes = read_bounded(path, MAX_FILE_BYTES).map_err(|error| error.to_string())?;
        let properties =
            Properties::parse(&bytes).map_err(|error| format!("{}: {error}", path.display()))?;
        Self::from_map(&properties.into_map())
    }

    /// Checks a worker's properties.
    ///
    /// # Errors
    /// All that is wrong, in Connect's words where it has some.
    pub fn from_map(map: &BTreeMap<String, String>) -> Result<Self, WorkerConfigErrors> {
        let mut values = Values::new(map);
        let key_converter = converter(&mut values, "key.converter");
        let value_converter = converter(&mut values, "value.converter");
        let offset_storage_file = values.required("offset.storage.file.filename").into();
        let listeners = listener::parse(values.text("listeners").unwrap_or("http://:8083"))
            .map_err(|error| values.errors.push(error))
            .unwrap_or_default();
        let override_policy = values
            .text("connector.client.config.override.policy")
            .unwrap_or("All")
            .parse()
            .map_err(|error: String| values.errors.push(error))
            .unwrap_or(OverridePolicy::All);
        let text = |name: &str, default: &str| {
            let given = map
                .get(name)
                .map(|value| value.trim())
                .filter(|value| !value.is_empty());
            given.unwrap_or(default).to_owned()
        };
        let config = Self {
            bootstrap_servers: text("bootstrap.servers", "localhost:9092"),
            client_id: text("client.id", ""),
            key_converter,
            value_converter,
            header_converter: text(
                "header.converter",
                "org.apache.kafka.connect.storage.SimpleHeaderConverter",
            ),
            offset_storage_file,
            offset_flush_interval_ms: values.long("offset.flush.interval.ms", 60_000, 1),
            offset_flush_timeout_ms: values.long("offset.flush.timeout.ms", 5_000, 0),
            task_shutdown_graceful_timeout_ms: values.long(
                "task.shutdown.graceful.timeout.ms",
                5_000,
                0,
            ),
            listeners,
            advertised: Advertised {
                host: values.text("rest.advertised.host.name").map(str::to_owned),
                port: values.port("rest.advertised.port"),
            },
            producer: values.prefixed("producer."),
            admin: values.prefixed("admin."),
            client_security: security(map),
            override_policy,
            warnings: warnings(map),
        };
        if values.errors.is_empty() {
            Ok(config)
        } else {
            Err(WorkerConfigErrors {
                errors: values.errors,
            })
        }
    }
}

fn converter(values: &mut Values<'_>, key: &str) -> ConverterSettings {
    values.required(key);
    match ConverterSettings::from_config(key, values.map) {
        Ok(Some(converter)) => return converter,
        // `required` has said so already.
        Ok(None) => {}
        Err(_) if values.text(key) == Some("") => {}
        Err(error) => values.errors.push(error),
    }
    ConverterSettings {
        kind: ConverterKind::String,
    }
}

fn is_security(name: &str) -> bool {
    name == "security.protocol" || name.starts_with("sasl.") || name.starts_with("ssl.")
}

fn security(map: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    map.iter()
        .filter(|(name, _)| is_security(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn warnings(map: &BTreeMap<String, String>) -> Vec<String> {
    let is = |name: &str, known: &str| {
        name == known || (known.ends_with('.') && name.starts_with(known))
    };
    let mut warnings = Vec::new();
    for (name, value) in map {
        let clients = name.starts_with("producer.") || name.starts_with("admin.");
        if clients || is_security(name) || KNOWN.contains(&name.as_str()) {
            continue;
        }
        if let Some((_, why)) = UNSUPPORTED.iter().find(|(known, _)| is(name, known)) {
            if !value.trim().is_empty() {
                warnings.push(format!("{name} has no effect: {why}"));
            }
        } else if !HARMLESS.iter().any(|known| is(name, known)) {
            let near = KNOWN
                .iter()
                .find(|known| strsim::damerau_levenshtein(known, name) <= 2)
                .map(|known| format!("; did you mean {known}?"));
            let near = near.unwrap_or_default();
            warnings.push(format!(
                "{name} is not a setting of this worker and has no effect{near}"
            ));
        }
    }
    let has_security = |prefix: &str| map.contains_key(&format!("{prefix}security.protocol"));
    if has_security("") && !has_security("producer.") {
        warnings.push(
            "security.protocol is for the worker's own clients; connectors write with producer.* \
             settings: repeat it there as producer.security.protocol"
                .to_owned(),
        );
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    const MINIMAL: [(&str, &str); 3] = [
        (
            "key.converter",
            "org.apache.kafka.connect.storage.StringConverter",
        ),
        (
            "value.converter",
            "org.apache.kafka.connect.storage.StringConverter",
        ),
        ("offset.storage.file.filename", "/tmp/connect.offsets"),
    ];

    fn with(more: &[(&str, &str)]) -> Result<WorkerConfig, WorkerConfigErrors> {
        let mut all = map(&MINIMAL);
        all.extend(map(more));
        WorkerConfig::from_map(&all)
    }

    fn errors(more: &[(&str, &str)]) -> Vec<String> {
        with(more).err().expect("errors").errors
    }

    #[test]
    fn the_defaults_are_connects() {
        let config = with(&[]).expect("valid");
        assert_eq!(config.bootstrap_servers, "localhost:9092");
        assert_eq!(
            config.listeners,
            [Listener {
                host: "0.0.0.0".to_owned(),
                port: 8083
            }]
        );
        assert_eq!(config.offset_flush_interval_ms, 60_000);
        assert_eq!(config.task_shutdown_graceful_timeout_ms, 5_000);
        assert_eq!(config.warnings, [""; 0]);
    }

    #[test]
    fn everything_that_is_wrong_is_reported_at_once() {
        let all = map(&[
            ("offset.flush.interval.ms", "soon"),
            ("task.shutdown.graceful.timeout.ms", "-1"),
            ("listeners", "nowhere"),
        ]);
        let errors = WorkerConfig::from_map(&all).err().expect("errors").errors;
        assert!(
            errors.contains(
                &"Missing required configuration \"key.converter\" which has no default value."
                    .to_owned()
            )
        );
        for name in [
            "value.converter",
            "offset.storage.file.filename",
            "listeners",
        ] {
            assert!(
                errors.iter().any(|error| error.contains(name)),
                "{name}: {errors:?}"
            );
        }
        assert!(errors.contains(
            &"Invalid value soon for configuration offset.flush.interval.ms: Not a number of type LONG"
                .to_owned()
        ));
        assert_eq!(errors.len(), 6, "{errors:?}");
    }

    #[test]
    fn a_converter_that_is_not_here_is_an_error_with_the_cure() {
        let errors = errors(&[(
            "value.converter",
            "org.apache.kafka.connect.json.JsonConverter",
        )]);
        assert!(errors[0].contains("StringConverter"), "{errors:?}");
    }

    #[test]
    fn clients_settings_are_sorted_by_prefix() {
        let config = with(&[
            ("producer.linger.ms", "7"),
            ("producer.sasl.jaas.config", "s"),
            ("security.protocol", "SSL"),
            ("ssl.truststore.location", "f"),
        ]);
        let config = config.expect("valid");
        assert_eq!(config.producer["linger.ms"], "7");
        assert_eq!(config.client_security.len(), 2);
        assert!(
            config.warnings[0].contains("producer.security.protocol"),
            "{:?}",
            config.warnings
        );
    }

    #[test]
    fn unknown_and_unsupported_settings_are_told_of_and_harmless_ones_are_not() {
        let config = with(&[
            ("plugin.path", "/x"),
            ("value.converter.schemas.enable", "false"),
            ("rest.extension.classes", "x.Y"),
            ("offset.flush.interval", "1"),
        ]);
        let warnings = config.expect("valid").warnings;
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        assert!(
            warnings[0].contains("not a setting of this worker"),
            "{warnings:?}"
        );
        assert!(warnings[1].contains("not behind a login"), "{warnings:?}");
    }
}
