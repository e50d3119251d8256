//! What every source connector can be configured with
//! (`ConnectorConfig` and `SourceConnectorConfig`).

use crate::config::{
    ConfigDef, ConfigKey, ConfigValue, Default, Importance, Type, Width, validators,
};

/// The groups of a source connector's settings, in the order in which Connect
/// shows them. The last is really called that.
pub const GROUPS: [&str; 7] = [
    "Common",
    "Transforms",
    "Predicates",
    "Error Handling",
    "Topic Creation",
    "Exactly Once Support",
    "offsets.topic",
];

/// Where a form shows a setting: group, place, width, name.
type Place = (&'static str, i32, Width, &'static str);

fn key(
    name: &str,
    kind: Type,
    default: Default,
    importance: Importance,
    (group, order, width, display_name): Place,
    documentation: &str,
) -> ConfigKey {
    let mut key = ConfigKey::new(name, kind, default, importance, documentation);
    key.group = Some(group.to_owned());
    key.order = order;
    key.width = width;
    key.display_name = display_name.to_owned();
    key
}

fn text(default: &str) -> Default {
    Default::Text(default.to_owned())
}

/// The settings of every source connector, in Kafka's order.
pub fn source_config_def() -> ConfigDef {
    let mut keys = identity();
    keys.extend(plugins());
    keys.extend(errors());
    keys.extend(topics_and_offsets());
    ConfigDef { keys }
}

fn identity() -> Vec<ConfigKey> {
    use Importance::{High, Low};
    vec![
        key(
            "name",
            Type::String,
            Default::Required,
            High,
            ("Common", 1, Width::Medium, "Connector name"),
            "What this connector is called; unique in the worker.",
        )
        .valid(name),
        key(
            "connector.class",
            Type::String,
            Default::Required,
            High,
            ("Common", 2, Width::Long, "Connector class"),
            "The connector's class: in full, by its simple name, or by that without \"Connector\".",
        ),
        key(
            "tasks.max",
            Type::Int,
            text("1"),
            High,
            ("Common", 3, Width::Short, "Tasks max"),
            "The most tasks that the connector may have.",
        )
        .valid(validators::at_least(1)),
        key(
            "tasks.max.enforce",
            Type::Boolean,
            text("true"),
            Low,
            ("Common", 4, Width::Short, "Enforce tasks max"),
            "Whether a connector that has more tasks than tasks.max fails. Deprecated from its beginning.",
        ),
    ]
}

fn plugins() -> Vec<ConfigKey> {
    use Importance::Low;
    let converter = |name: &str, place: Place| {
        let what = "Turns records into bytes; the worker's own if it is not given.";
        key(name, Type::Class, Default::Null, Low, place, what)
    };
    vec![
        converter(
            "key.converter",
            ("Common", 5, Width::Short, "Key converter class"),
        ),
        converter(
            "value.converter",
            ("Common", 6, Width::Short, "Value converter class"),
        ),
        converter(
            "header.converter",
            ("Common", 7, Width::Short, "Header converter class"),
        ),
        key(
            "transforms",
            Type::List,
            text(""),
            Low,
            ("Transforms", 8, Width::Long, "Transforms"),
            "Aliases of the transformations that records go through, in this order.",
        )
        .valid(validators::unique_aliases),
        key(
            "predicates",
            Type::List,
            text(""),
            Low,
            ("Predicates", 9, Width::Long, "Predicates"),
            "Aliases of the predicates that transformations name.",
        )
        .valid(validators::unique_aliases),
        key(
            "config.action.reload",
            Type::String,
            text("restart"),
            Low,
            ("Common", 10, Width::Medium, "Reload Action"),
            "What happens when a value of a config provider expires: restart the connector, or none.",
        )
        .valid(validators::one_of(&["none", "restart"])),
    ]
}

/// A setting of the group "Error Handling", where all are of the same importance.
fn error_key(
    name: &str,
    kind: Type,
    default: &str,
    (order, width, display_name): (i32, Width, &'static str),
    documentation: &str,
) -> ConfigKey {
    let place = ("Error Handling", order, width, display_name);
    let importance = Importance::Medium;
    key(name, kind, text(default), importance, place, documentation)
}

fn errors() -> Vec<ConfigKey> {
    vec![
        error_key(
            "errors.retry.timeout",
            Type::Long,
            "0",
            (1, Width::Medium, "Retry Timeout for Errors"),
            "How long, in milliseconds, a failed operation is tried again; 0 is not at all, -1 without end.",
        ),
        error_key(
            "errors.retry.delay.max.ms",
            Type::Long,
            "60000",
            (
                2,
                Width::Medium,
                "Maximum Delay Between Retries for Errors",
            ),
            "The longest time between two tries.",
        ),
        error_key(
            "errors.tolerance",
            Type::String,
            "none",
            (3, Width::Short, "Error Tolerance"),
            "none: a record that cannot be transformed or converted fails the task. all: it is left out.",
        )
        .valid(validators::one_of(&["none", "all"])),
        error_key(
            "errors.log.enable",
            Type::Boolean,
            "false",
            (4, Width::Short, "Log Errors"),
            "Whether each such record is logged.",
        ),
        error_key(
            "errors.log.include.messages",
            Type::Boolean,
            "false",
            (5, Width::Short, "Log Error Details"),
            "Whether the log line has the record's topic, partition and time too.",
        ),
    ]
}

/// The dead-letter topic's settings, which Connect has for sink connectors
/// alone (`SinkConnectorConfig`, KIP-298): they come after
/// [those of every source connector](source_config_def).
pub fn dead_letter_config_def() -> ConfigDef {
    let keys = vec![
        error_key(
            "errors.deadletterqueue.topic.name",
            Type::String,
            "",
            (6, Width::Medium, "Dead Letter Queue Topic Name"),
            "Where messages go that cannot be transformed or converted, as they came, under errors.tolerance=all; empty is nowhere.",
        ),
        error_key(
            "errors.deadletterqueue.topic.replication.factor",
            Type::Short,
            "3",
            (
                7,
                Width::Medium,
                "Dead Letter Queue Topic Replication Factor",
            ),
            "Without effect: that topic is created as the connector's others are, by topic.creation.* or by the brokers.",
        ),
        error_key(
            "errors.deadletterqueue.context.headers.enable",
            Type::Boolean,
            "false",
            (8, Width::Medium, "Enable Error Context Headers"),
            "Whether records there say in headers (__connect.errors.*) where and why they have failed.",
        ),
    ];
    ConfigDef { keys }
}

fn topics_and_offsets() -> Vec<ConfigKey> {
    use Importance::{Low, Medium};
    const EXACTLY_ONCE: &str = "Exactly Once Support";
    vec![
        key(
            "topic.creation.groups",
            Type::List,
            text(""),
            Low,
            ("Topic Creation", 1, Width::Long, "Topic Creation Groups"),
            "Groups of topics that are created each with its own settings, beside the group default.",
        )
        .valid(validators::unique_aliases),
        key(
            "exactly.once.support",
            Type::String,
            text("requested"),
            Medium,
            (EXACTLY_ONCE, 2, Width::Short, "Exactly once support"),
            "required: the connector is refused where exactly once cannot be had. requested: it is not.",
        )
        .valid(validators::one_of_ignoring_case(&[
            "REQUIRED",
            "REQUESTED",
        ])),
        key(
            "transaction.boundary",
            Type::String,
            text("poll"),
            Medium,
            (EXACTLY_ONCE, 3, Width::Short, "Transaction Boundary"),
            "Where a transaction ends: with each poll, after an interval, or where the connector says.",
        )
        .valid(validators::one_of_ignoring_case(&[
            "INTERVAL",
            "POLL",
            "CONNECTOR",
        ])),
        key(
            "transaction.boundary.interval.ms",
            Type::Long,
            Default::Null,
            Low,
            (
                EXACTLY_ONCE,
                4,
                Width::Short,
                "Transaction boundary interval",
            ),
            "The length of a transaction under transaction.boundary=interval.",
        )
        .valid(validators::null_or_at_least(0)),
        key(
            "offsets.storage.topic",
            Type::String,
            Default::Null,
            Low,
            ("offsets.topic", 1, Width::Long, "Offsets topic"),
            "A topic of the connector's own for its source offsets.",
        )
        .valid(validators::non_empty_string),
    ]
}

/// `NonEmptyStringWithoutControlChars`; a missing name is told of already.
fn name(value: &ConfigValue) -> Result<(), String> {
    match value {
        ConfigValue::Text(text) if text.is_empty() => Err("String may not be empty".to_owned()),
        ConfigValue::Text(text) if text.chars().any(char::is_control) => Err(
            "String may not contain control sequences but had the following ASCII chars: "
                .to_owned()
                + &control_codes(text),
        ),
        _ => Ok(()),
    }
}

fn control_codes(text: &str) -> String {
    let codes = text.chars().filter(|c| c.is_control());
    let codes: Vec<String> = codes.map(|c| u32::from(c).to_string()).collect();
    codes.join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn there_are_twenty_settings_in_seven_groups() {
        let def = source_config_def();
        assert_eq!(def.keys.len(), 20);
        let mut groups: Vec<_> = def
            .keys
            .iter()
            .filter_map(|key| key.group.clone())
            .collect();
        groups.dedup();
        groups.sort();
        groups.dedup();
        let mut expected: Vec<_> = GROUPS.iter().map(ToString::to_string).collect();
        expected.sort();
        assert_eq!(groups, expected);
    }

    #[test]
    fn the_dead_letter_topic_s_settings_are_checked_as_a_sink_s_are() {
        let raw = |headers: &str, factor: &str| {
            let pairs = [
                ("errors.deadletterqueue.context.headers.enable", headers),
                ("errors.deadletterqueue.topic.replication.factor", factor),
            ];
            let raw = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
            let parsed = dead_letter_config_def().parse(&BTreeMap::from(raw));
            parsed.into_iter().flat_map(|one| one.errors).count()
        };
        assert_eq!(raw("true", "1"), 0);
        assert_eq!(raw("maybe", "1"), 1);
        assert_eq!(raw("maybe", "40000"), 2);
    }

    #[test]
    fn bad_values_are_told_of_in_kafka_s_words() {
        let raw = [
            ("name", "a\u{7}b"),
            ("connector.class", "X"),
            ("tasks.max", "0"),
            ("transforms", "a,a"),
            ("errors.tolerance", "some"),
            ("exactly.once.support", "Required"),
            ("offsets.storage.topic", " "),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()));
        let parsed = source_config_def().parse(&BTreeMap::from(raw));
        let errors: Vec<_> = parsed.into_iter().flat_map(|one| one.errors).collect();
        assert_eq!(errors.len(), 5, "{errors:?}");
        assert_eq!(
            errors[1],
            "Invalid value 0 for configuration tasks.max: Value must be at least 1"
        );
    }
}
