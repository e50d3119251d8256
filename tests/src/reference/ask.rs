//! The questions that Java understands, and the form of their answers.

use std::collections::BTreeMap;

use connect_api::data::{Schema, Value};
use connect_api::record::Record;
use serde_json::{Value as Json, json};

use super::encode;

/// A configuration as files have it.
pub type Config = BTreeMap<String, String>;

/// `Transformation.apply`; the answer is for [`super::decode::record`], or
/// null.
pub fn transform(class: &str, config: &Config, record: &Record) -> Json {
    let record = encode::record(record);
    json!({"op": "transform", "class": class, "config": config, "record": record})
}

/// `Predicate.test`; the answer is true or false.
pub fn predicate(class: &str, config: &Config, record: &Record) -> Json {
    let record = encode::record(record);
    json!({"op": "predicate", "class": class, "config": config, "record": record})
}

/// `Converter.fromConnectData`; the answer is for [`super::decode::bytes`],
/// or null.
pub fn from_connect_data(
    (class, config, is_key): (&str, &Config, bool),
    topic: &str,
    schema: Option<&Schema>,
    value: &Value,
) -> Json {
    json!({
        "op": "from_connect_data", "class": class, "config": config, "is_key": is_key,
        "topic": topic, "schema": schema.map(encode::schema), "value": encode::value(value),
    })
}

/// `Converter.toConnectData`; the answer is for
/// [`super::decode::schema_and_value`].
pub fn to_connect_data(
    (class, config, is_key): (&str, &Config, bool),
    topic: &str,
    bytes: Option<&[u8]>,
) -> Json {
    json!({
        "op": "to_connect_data", "class": class, "config": config, "is_key": is_key,
        "topic": topic, "bytes": bytes.map(encode::bytes),
    })
}

/// `HeaderConverter.fromConnectHeader`; the answer is for
/// [`super::decode::bytes`], or null.
pub fn from_connect_header(
    (class, config): (&str, &Config),
    (topic, header): (&str, &str),
    schema: Option<&Schema>,
    value: &Value,
) -> Json {
    json!({
        "op": "from_connect_header", "class": class, "config": config,
        "topic": topic, "header": header,
        "schema": schema.map(encode::schema), "value": encode::value(value),
    })
}

/// `HeaderConverter.toConnectHeader`; the answer is for
/// [`super::decode::schema_and_value`].
pub fn to_connect_header(
    (class, config): (&str, &Config),
    (topic, header): (&str, &str),
    bytes: Option<&[u8]>,
) -> Json {
    json!({
        "op": "to_connect_header", "class": class, "config": config,
        "topic": topic, "header": header, "bytes": bytes.map(encode::bytes),
    })
}

/// `Values.parseString`; the answer is for
/// [`super::decode::schema_and_value`].
pub fn parse_string(text: &str) -> Json {
    json!({"op": "parse_string", "text": text})
}

/// `ConfigDef.parseType`; `kind` is the type's name. The answer is for
/// [`super::decode::value`]; a password is a text.
pub fn parse_type(name: &str, text: &str, kind: &str) -> Json {
    json!({"op": "parse_type", "name": name, "text": text, "type": kind})
}

/// The definitions of a converter, transform or predicate: an array of
/// objects with `name`, `type`, `required`, `default` (text or null),
/// `importance`, `documentation`, `group`, `order`, `width`, `display_name`,
/// `dependents` and `validator` (its text, or null).
pub fn config_def(class: &str) -> Json {
    json!({"op": "config_def", "class": class})
}

/// `ConfigDef.validate` with the definitions of a class: an array of objects
/// with `name`, `value` (text or null), `recommended`, `errors` and
/// `visible`, in no order.
pub fn validate(class: &str, config: &Config) -> Json {
    json!({"op": "validate", "class": class, "config": config})
}

/// The transforms (`transformation`) or predicates (`predicate`) that a worker
/// lists: an array of their names, in its order.
pub fn plugins(kind: &str) -> Json {
    json!({"op": "plugins", "type": kind})
}

/// `ConnectorConfig.enrich`: what a connector's configuration defines, with
/// what its transforms and predicates add; the answer is that of
/// [`config_def`].
pub fn enrich(config: &Config) -> Json {
    json!({"op": "enrich", "config": config})
}

/// The same, validated; the answer is that of [`validate`].
pub fn enrich_validate(config: &Config) -> Json {
    json!({"op": "enrich_validate", "config": config})
}

/// A record through all stages of a connector's configuration; the answer is
/// that of [`transform`].
pub fn chain(config: &Config, record: &Record) -> Json {
    json!({"op": "chain", "config": config, "record": encode::record(record)})
}
