//! The worker's properties (`StandaloneConfig` and `WorkerConfig`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::rest::RestConfig;
use super::values::Values;
use super::worker_keys::{is_security, warnings};
use super::{ConverterSettings, MAX_FILE_BYTES, Properties, Side, read_bounded};
use crate::exposition::WindowConfig;
use crate::kafka_settings::OverridePolicy;
use crate::providers::Providers;

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

/// `auto.restart.*`: whether and when failed tasks are started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AutoRestart {
    /// `auto.restart.enabled`.
    pub enabled: bool,
    /// `auto.restart.interval.ms`: the unit of the growing delay.
    pub interval_ms: u64,
}

/// More samples are not kept.
const MAX_METRIC_SAMPLES: u32 = 1_000;

/// Checked settings of a worker.
#[derive(Clone)]
pub struct WorkerConfig {
    /// `bootstrap.servers`.
    pub bootstrap_servers: String,
    /// `client.id`.
    pub client_id: String,
    /// `group.id`: what the names of its tasks' transactions begin with.
    pub group_id: Option<String>,
    /// `key.converter`.
    pub key_converter: ConverterSettings,
    /// `value.converter`.
    pub value_converter: ConverterSettings,
    /// `header.converter`.
    pub header_converter: ConverterSettings,
    /// `offset.storage.file.filename`.
    pub offset_storage_file: PathBuf,
    /// `offset.flush.interval.ms`.
    pub offset_flush_interval_ms: u64,
    /// `task.shutdown.graceful.timeout.ms`, for all tasks together.
    pub task_shutdown_graceful_timeout_ms: u64,
    /// Everything about the REST API.
    pub rest: RestConfig,
    /// `config.storage.file.filename`, for connectors created through REST.
    pub config_storage_file: Option<PathBuf>,
    /// `auto.restart.*`.
    pub auto_restart: AutoRestart,
    /// `metrics.sample.window.ms` and `metrics.num.samples`.
    pub metrics: WindowConfig,
    /// `topic.creation.enable`: whether connectors' topics are created by
    /// their `topic.creation.*`.
    pub topic_creation_enable: bool,
    /// `topic.tracking.enable`.
    pub topic_tracking_enable: bool,
    /// `topic.tracking.allow.reset`.
    pub topic_tracking_allow_reset: bool,
    /// `config.providers`, with which connectors' configurations are resolved.
    pub providers: Providers,
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

    /// Checks a worker's properties, after its config providers have been
    /// asked for what the others refer to.
    ///
    /// # Errors
    /// All that is wrong, in Connect's words where it has some.
    pub fn from_map(map: &BTreeMap<String, String>) -> Result<Self, WorkerConfigErrors> {
        let providers =
            Providers::from_worker(map).map_err(|errors| WorkerConfigErrors { errors })?;
        let (mut own, others): (BTreeMap<_, _>, BTreeMap<_, _>) = map
            .clone()
            .into_iter()
            .partition(|(name, _)| name.starts_with("config.providers"));
        let resolved = providers.resolve(&others).map_err(|e| e.to_string())?;
        own.extend(resolved.clone());
        let staying = providers.warnings(&others, &resolved);
        let hide = |texts: Vec<String>| -> Vec<String> {
            let hidden = |text: String| Providers::hide(&others, &resolved, &text);
            texts.into_iter().map(hidden).collect()
        };
        let read = Self::from_resolved(&own, providers);
        let mut config = read.map_err(|found| WorkerConfigErrors {
            errors: hide(found.errors),
        })?;
        config.warnings = [hide(config.warnings), staying].concat();
        Ok(config)
    }

    fn from_resolved(
        map: &BTreeMap<String, String>,
        providers: Providers,
    ) -> Result<Self, WorkerConfigErrors> {
        let mut values = Values::new(map);
        let key_converter = converter(&mut values, Side::Key);
        let value_converter = converter(&mut values, Side::Value);
        let header_converter = converter(&mut values, Side::Header);
        let offset_storage_file = values.required("offset.storage.file.filename").into();
        // Without effect, but an error in it is one, as in Connect.
        values.long("offset.flush.timeout.ms", 5_000, 0);
        let (rest, rest_warnings) = RestConfig::read(&mut values);
        let override_policy = values
            .text("connector.client.config.override.policy")
            .unwrap_or("All")
            .parse()
            .map_err(|error: String| values.errors.push(error))
            .unwrap_or(OverridePolicy::All);
        let config = Self {
            bootstrap_servers: values
                .non_empty("bootstrap.servers")
                .unwrap_or("localhost:9092")
                .to_owned(),
            client_id: values.non_empty("client.id").unwrap_or_default().to_owned(),
            group_id: values.non_empty("group.id").map(str::to_owned),
            key_converter,
            value_converter,
            header_converter,
            offset_storage_file,
            offset_flush_interval_ms: values.long("offset.flush.interval.ms", 60_000, 1),
            task_shutdown_graceful_timeout_ms: values.long(
                "task.shutdown.graceful.timeout.ms",
                5_000,
                0,
            ),
            rest,
            config_storage_file: values
                .non_empty("config.storage.file.filename")
                .map(PathBuf::from),
            auto_restart: AutoRestart {
                enabled: values.boolean("auto.restart.enabled", false),
                interval_ms: values.long("auto.restart.interval.ms", 60_000, 1),
            },
            metrics: metrics(&mut values),
            topic_creation_enable: values.boolean("topic.creation.enable", true),
            topic_tracking_enable: values.boolean("topic.tracking.enable", true),
            topic_tracking_allow_reset: values.boolean("topic.tracking.allow.reset", true),
            providers,
            producer: values.prefixed("producer."),
            admin: admin_clients(&values),
            client_security: security(map),
            override_policy,
            warnings: [warnings(map), rest_warnings].concat(),
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

/// `metrics.*`. `metrics.recording.level` is checked and changes nothing: the
/// real worker records all of Connect's metrics at INFO, too.
fn metrics(values: &mut Values<'_>) -> WindowConfig {
    const LEVEL: &str = "metrics.recording.level";
    if let Some(level) = values.text(LEVEL)
        && !["INFO", "DEBUG"].contains(&level)
    {
        values.errors.push(format!(
            "Invalid value {level} for configuration {LEVEL}: String must be one of: INFO, DEBUG"
        ));
    }
    let samples = u32::try_from(values.long("metrics.num.samples", 2, 1));
    WindowConfig {
        window: Duration::from_millis(values.long("metrics.sample.window.ms", 30_000, 0)),
        samples: samples.map_or(MAX_METRIC_SAMPLES, |n| n.min(MAX_METRIC_SAMPLES)),
    }
}

/// `admin.*`, which is for admin clients but for the admin listeners.
fn admin_clients(values: &Values<'_>) -> BTreeMap<String, String> {
    let mut settings = values.prefixed("admin.");
    settings.retain(|name, _| name != "listeners" && !name.starts_with("listeners."));
    settings
}

fn converter(values: &mut Values<'_>, side: Side) -> ConverterSettings {
    let required = side != Side::Header;
    if required {
        values.required(side.setting());
    }
    match ConverterSettings::from_config(side, values.map) {
        Ok(Some(converter)) => return converter,
        // `required` has said so already.
        Err(_) if required && values.text(side.setting()) == Some("") => {}
        Err(errors) => values.errors.extend(errors),
        Ok(None) => {}
    }
    if required {
        ConverterSettings::string()
    } else {
        ConverterSettings::simple_header()
    }
}

fn security(map: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    map.iter()
        .filter(|(name, _)| is_security(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{Listener, Scheme};
    use crate::test_map::map;

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
            config.rest.listeners,
            [Listener {
                scheme: Scheme::Http,
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
    fn what_has_no_effect_is_told_of_and_checked_all_the_same() {
        let config = with(&[("offset.flush.timeout.ms", "10000")]);
        let warnings = config.expect("valid").warnings;
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        let usual = with(&[
            ("offset.flush.timeout.ms", "5000"),
            ("topic.creation.enable", "false"),
        ]);
        let usual = usual.expect("valid");
        assert_eq!(usual.warnings, [""; 0]);
        assert!(!usual.topic_creation_enable && with(&[]).expect("valid").topic_creation_enable);
        let errors = errors(&[
            ("offset.flush.timeout.ms", "soon"),
            ("topic.creation.enable", "maybe"),
        ]);
        assert_eq!(errors.len(), 2, "{errors:?}");
    }

    #[test]
    fn a_converter_that_is_not_here_is_an_error_with_the_cure() {
        let errors = errors(&[("value.converter", "io.confluent.connect.avro.AvroConverter")]);
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
    fn the_windows_of_metrics_are_settings() {
        let usual = with(&[]).expect("valid").metrics;
        assert_eq!(usual, WindowConfig::default());
        let given = with(&[
            ("metrics.num.samples", "5000"),
            ("metrics.sample.window.ms", "1500"),
            ("metrics.recording.level", "DEBUG"),
        ]);
        let given = given.expect("valid");
        assert_eq!(given.metrics.window, Duration::from_millis(1_500));
        assert_eq!(given.metrics.samples, 1_000);
        assert_eq!(given.warnings, [""; 0]);
        let errors = errors(&[
            ("metrics.num.samples", "0"),
            ("metrics.sample.window.ms", "-1"),
            ("metrics.recording.level", "LOUD"),
        ]);
        assert_eq!(errors.len(), 3, "{errors:?}");
    }

    #[test]
    fn config_providers_serve_the_worker_s_own_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let secrets = folder.path().join("secrets.properties");
        std::fs::write(&secrets, "linger=7\nport=hunter2\n").expect("a file");
        let kafka = "org.apache.kafka.common.config.provider";
        let class = format!("{kafka}.FileConfigProvider");
        let at = |key: &str| format!("${{file:{}:{key}}}", secrets.display());
        let (linger, port) = (at("linger"), at("port"));
        let settings = [
            ("config.providers", "file"),
            ("config.providers.file.class", &class),
            ("producer.linger.ms", &linger),
            ("client.id", "${other:x}"),
        ];
        let config = with(&settings).expect("valid");
        assert_eq!(config.producer["linger.ms"], "7");
        assert_eq!(config.client_id, "${other:x}");
        assert!(
            config.warnings[0].contains("client.id has a variable"),
            "{:?}",
            config.warnings
        );
        let errors = errors(&[&settings[..], &[("rest.advertised.port", &port)]].concat());
        assert!(
            errors[0].contains(&port) && !errors[0].contains("hunter2"),
            "{errors:?}"
        );
    }

    #[test]
    fn a_config_provider_that_is_not_here_is_an_error() {
        let errors = errors(&[
            ("config.providers", "vault"),
            ("config.providers.vault.class", "com.example.Vault"),
        ]);
        assert!(
            errors.len() == 1 && errors[0].contains("com.example.Vault"),
            "{errors:?}"
        );
    }
}
