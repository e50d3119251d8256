//! Checks a connector's configuration as a whole and compiles it into what its
//! task needs.
//!
//! Invariant: a [`Plan`] exists only if everything in it can work on this
//! worker; what this worker does not do is an error or a warning by name.

use std::sync::Arc;

use connect_api::chain::{self, Chain};
use connect_api::config::ConfigDef;
use connect_api::connector::GROUPS;
use websocket_source::dead_letter::{NO_TOPIC, TOPIC};
use websocket_source::settings::{self, Oversize, SourceConfig, TABLE, ValueFormat};

use super::clients::{TopicPlan, producer, topics};
use super::definitions::{common_definitions, converters, own_definitions};
use super::exactly_once::{ExactlyOncePlan, exactly_once};
use super::{Config, Setting, Validation, shown};
use crate::files::{ConverterSettings, Side, WorkerConfig};
use crate::kafka_settings::{ProducerSettings, SystemTrust};
use crate::mapping::{Mapping, Tolerance};

/// The connector's class, as in the reference.
pub const CONNECTOR_CLASS: &str = "io.conduktor.connect.websocket.WebSocketSourceConnector";
/// The connector's version, as in the reference.
pub const CONNECTOR_VERSION: &str = "1.0.0";

/// Everything a task is made of.
#[derive(Debug)]
pub struct Plan {
    /// The connector's name.
    pub name: String,
    /// The source's settings.
    pub source: SourceConfig,
    /// The producer's settings.
    pub producer: ProducerSettings,
    /// What messages go through; `None` if they become records as they are.
    pub mapping: Option<Arc<Mapping>>,
    /// `errors.*`.
    pub tolerance: Tolerance,
    /// How topics are created; `None` leaves it to the brokers.
    pub topics: Option<TopicPlan>,
    /// How records are written exactly once; `None` is at least once.
    pub exactly_once: Option<ExactlyOncePlan>,
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

/// Validates a configuration whose variables have been looked up.
pub(super) fn validate(config: &Config, worker: &WorkerConfig, trust: &SystemTrust) -> Validation {
    let mut validation = parse(config);
    let source = source(config, &mut validation);
    let has_spool = source.as_ref().is_some_and(|source| source.spool.is_some());
    let producer = producer(config, worker, trust, has_spool, &mut validation);
    let mapping = mapping(config, worker, source.as_ref(), &mut validation);
    let topics = topics(config, worker, trust, &mut validation);
    class(config, &mut validation);
    oversize(config, source.as_ref(), &mut validation);
    warn(config, &mut validation);
    let exactly_once = match (&source, &producer) {
        (Some(source), Some(producer)) => {
            let own = (source, producer);
            exactly_once(config, worker, trust, own, &mut validation)
        }
        _ => None,
    };
    if let (Some(source), Some(producer), Some(mapping)) = (source, producer, mapping) {
        validation
            .warnings
            .extend(producer.warnings.iter().cloned());
        // Dead letters have headers, which only mapped records may have.
        let mapped = !mapping.is_identity() || source.oversize == Oversize::DeadLetter;
        let mapping = mapped.then(|| Arc::new(mapping));
        validation.plan = Some(topics.map(|topics| Plan {
            name: config.get("name").map_or("", |name| name.trim()).to_owned(),
            source,
            producer,
            mapping,
            tolerance: tolerance(config),
            topics,
            exactly_once,
            warnings: Vec::new(),
        }));
    }
    validation
}

/// What Kafka's definitions say of a configuration: the settings of every
/// connector, those of its transforms and predicates, the connector's own,
/// those of its converters.
fn parse(config: &Config) -> Validation {
    let mut def = ConfigDef {
        keys: common_definitions(),
    };
    let mut groups: Vec<String> = GROUPS.iter().map(ToString::to_string).collect();
    for key in chain::definitions(config).keys {
        if let Some(group) = key.group.as_ref().filter(|group| !groups.contains(group)) {
            groups.push(group.clone());
        }
        def.keys.push(key);
    }
    def.keys.extend(own_definitions());
    let mut settings = Vec::new();
    add(&mut settings, def, config, "");
    for (side, def, own) in converters(config) {
        for key in &def.keys {
            let group = key.group.clone().filter(|group| !groups.contains(group));
            groups.extend(group);
        }
        add(&mut settings, def, &own, &format!("{}.", side.setting()));
    }
    Validation {
        settings,
        groups,
        warnings: Vec::new(),
        plan: None,
        unresolved: None,
    }
}

/// Adds what a configuration says of a definition's settings. Those of a
/// converter get its prefix, but in the errors.
fn add(settings: &mut Vec<Setting>, def: ConfigDef, config: &Config, prefix: &str) {
    let parsed = def.parse(config);
    for (mut key, parsed) in def.keys.into_iter().zip(parsed) {
        // The table checks its own settings, and says more.
        let own = TABLE.iter().any(|row| row.name == key.name);
        let errors = if own { Vec::new() } else { parsed.errors };
        let shown = shown(&key, &parsed.value);
        key.name.insert_str(0, prefix);
        settings.push(Setting { key, shown, errors });
    }
}

fn source(config: &Config, validation: &mut Validation) -> Option<SourceConfig> {
    let parsed = settings::parse(config);
    validation.warnings.extend(parsed.warnings);
    match parsed.config {
        Ok(source) => Some(source),
        Err(errors) => {
            for error in errors {
                validation.refuse(error.setting, error.message);
            }
            None
        }
    }
}

fn converter(
    config: &Config,
    side: Side,
    worker: &ConverterSettings,
    validation: &mut Validation,
) -> Option<ConverterSettings> {
    match ConverterSettings::from_config(side, config) {
        Ok(own) => Some(own.unwrap_or_else(|| worker.clone())),
        // The definitions have told of it.
        Err(_) if !validation.errors().is_empty() => None,
        Err(errors) => {
            for error in errors {
                validation.refuse(side.setting(), error);
            }
            None
        }
    }
}

fn mapping(
    config: &Config,
    worker: &WorkerConfig,
    source: Option<&SourceConfig>,
    validation: &mut Validation,
) -> Option<Mapping> {
    let key = converter(config, Side::Key, &worker.key_converter, validation);
    let value = converter(config, Side::Value, &worker.value_converter, validation);
    let header = converter(config, Side::Header, &worker.header_converter, validation);
    // What the definitions find wrong with transforms is told already.
    let told = validation.errors().len();
    let chain = match Chain::new(config) {
        Ok(chain) => Some(chain),
        Err(errors) => {
            if told == 0 {
                for error in errors {
                    validation.refuse("transforms", error);
                }
            }
            None
        }
    };
    let (key, value, header) = (key?, value?, header?);
    let (chain, source) = (chain?, source?);
    if let Some(error) = unfit(source.value_format, value.class, chain.is_empty()) {
        validation.refuse("value.converter", error);
        return None;
    }
    Some(Mapping {
        topic: source.topic.clone(),
        format: source.value_format,
        chain,
        key_class: key.class,
        key: key.key().ok()?,
        value_class: value.class,
        value: value.value().ok()?,
        header_class: header.class,
        header: header.header().ok()?,
    })
}

/// What no message at all would get through.
fn unfit(format: ValueFormat, class: &str, unchanged: bool) -> Option<String> {
    let is = |name: &str| class.ends_with(name);
    let why = match format {
        _ if !unchanged => return None,
        ValueFormat::String if is(".ByteArrayConverter") => {
            "the ByteArrayConverter refuses STRING values: set websocket.value.format=bytes or \
             value.converter to the StringConverter"
        }
        ValueFormat::Bytes if is(".StringConverter") => {
            "websocket.value.format=bytes gives BYTES values, which the StringConverter cannot write: \
             set value.converter=org.apache.kafka.connect.converters.ByteArrayConverter"
        }
        _ => return None,
    };
    Some(format!(
        "Invalid value {class} for configuration value.converter: {why}"
    ))
}

fn tolerance(config: &Config) -> Tolerance {
    let text = |name: &str| config.get(name).map_or("", |value| value.trim());
    let is_true = |name: &str| text(name).eq_ignore_ascii_case("true");
    let topic = text(TOPIC);
    Tolerance {
        all: text("errors.tolerance") == "all",
        logs: is_true("errors.log.enable"),
        logs_messages: is_true("errors.log.include.messages"),
        dead_letter_topic: (!topic.is_empty()).then(|| topic.to_owned()),
        dead_letter_headers: is_true("errors.deadletterqueue.context.headers.enable"),
    }
}

fn oversize(config: &Config, source: Option<&SourceConfig>, validation: &mut Validation) {
    let letters = source.is_some_and(|source| source.oversize == Oversize::DeadLetter);
    if letters && tolerance(config).dead_letter_topic.is_none() {
        validation.refuse("websocket.oversize", NO_TOPIC.to_owned());
    }
}

fn class(config: &Config, validation: &mut Validation) {
    let given = config.get("connector.class");
    if let Some(class) = given.filter(|class| !is_our_class(class)) {
        validation.refuse("connector.class", unknown_class(class));
    }
}

/// Connect's words for a class that is not there.
pub fn unknown_class(class: &str) -> String {
    format!(
        "Failed to find any class that implements Connector and which name matches {class}, \
         available connectors are: {CONNECTOR_CLASS}"
    )
}

fn warn(config: &Config, validation: &mut Validation) {
    let tasks = config
        .get("tasks.max")
        .map(|text| text.trim().parse::<i32>());
    if matches!(tasks, Some(Ok(2..))) {
        let text = "One URL is one stream: tasks.max above 1 still gives 1 task";
        validation.warnings.push(text.to_owned());
    }
    let tolerant = config.get("errors.tolerance").map(|text| text.trim());
    let is_dlq = |value: &String| value.trim().eq_ignore_ascii_case("dlq");
    let oversize = config.get("websocket.oversize").is_some_and(is_dlq);
    if tolerant != Some("all") && !oversize && config.contains_key(TOPIC) {
        validation.warnings.push(
            "errors.deadletterqueue.topic.name has no effect: errors.tolerance is not all, nor \
             websocket.oversize dlq"
                .to_owned(),
        );
    }
    if config.contains_key("errors.deadletterqueue.topic.replication.factor") {
        validation.warnings.push(
            "errors.deadletterqueue.topic.replication.factor has no effect: the dead-letter topic is \
             created as the others are, by topic.creation.* or by the brokers"
                .to_owned(),
        );
    }
}
