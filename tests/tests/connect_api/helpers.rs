//! What several of these tests need: configurations, and definitions of
//! settings in the form in which Java's are compared with ours.

use std::collections::BTreeMap;

use connect_api::config::{ConfigDef, ConfigKey, ConfigValue, Default, Parsed};
use connect_api::data::Value;
use connect_api::record::Record;
use end_to_end::kafka::Version;
use end_to_end::reference::ask::Config;
use serde_json::{Value as Json, json};

/// The versions of Kafka that are asked.
pub(crate) const VERSIONS: [Version; 2] = [Version::V3_9, Version::V4_1];

/// Pairs of names and values.
pub(crate) type Pairs = &'static [(&'static str, &'static str)];

/// As files have them.
pub(crate) fn config(pairs: &[(&str, &str)]) -> Config {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

/// A record with nothing else to it.
pub(crate) fn record(topic: &str, timestamp_ms: Option<i64>, value: Value) -> Record {
    Record {
        topic: topic.to_owned(),
        partition: None,
        key_schema: None,
        key: Value::Null,
        value_schema: None,
        value,
        timestamp_ms,
        headers: Vec::new(),
    }
}

/// Our definitions as [`bare`] leaves Java's. A default that is none and one
/// that is null look the same, as in Java.
pub(crate) fn shown(def: &ConfigDef) -> Vec<Json> {
    let key = |key: &ConfigKey| {
        let default = match &key.default {
            Default::Text(text) => Json::from(text.as_str()),
            _ => Json::Null,
        };
        json!({
            "name": key.name, "type": key.kind.name(),
            "required": key.default == Default::Required, "default": default,
            "importance": key.importance.name(),
            "group": key.group, "order": key.order, "width": key.width.name(),
            "display_name": key.display_name, "dependents": key.dependents,
        })
    };
    def.keys.iter().map(key).collect()
}

/// The answer to [`ask::config_def`](end_to_end::reference::ask::config_def)
/// without the words that are ours.
pub(crate) fn bare(mut answer: Json) -> Vec<Json> {
    let definitions = answer.as_array_mut().expect("definitions");
    for definition in &mut *definitions {
        let members = definition.as_object_mut().expect("a definition");
        members.shift_remove("documentation");
        members.shift_remove("validator");
    }
    std::mem::take(definitions)
}

/// Value and errors by name, from the answer to
/// [`ask::validate`](end_to_end::reference::ask::validate).
pub(crate) fn validated(answer: &Json) -> BTreeMap<String, (Json, Json)> {
    let values = answer.as_array().expect("values").iter();
    let pair = |value: &Json| {
        let name = value["name"].as_str().expect("a name").to_owned();
        (name, (value["value"].clone(), value["errors"].clone()))
    };
    values.map(pair).collect()
}

/// The same of ours, without the advice that is only ours.
pub(crate) fn parsed(all: &[Parsed]) -> BTreeMap<String, (Json, Json)> {
    let one = |parsed: &Parsed| {
        let value = match &parsed.value {
            ConfigValue::Null => Json::Null,
            value => value.to_string().into(),
        };
        let cut = |error: &String| error.split(" This worker has").next().map(str::to_owned);
        let errors: Vec<Option<String>> = parsed.errors.iter().map(cut).collect();
        (parsed.name.clone(), (value, json!(errors)))
    };
    all.iter().map(one).collect()
}
