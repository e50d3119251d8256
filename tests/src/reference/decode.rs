//! The inverse of [`super::encode`]. What Java's answers cannot hold fails
//! the test.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use connect_api::data::{Decimal, Field, Kind, Schema, Struct, Value};
use connect_api::record::{Header, Record};
use serde_json::Value as Json;

const KINDS: [Kind; 12] = [
    Kind::Int8,
    Kind::Int16,
    Kind::Int32,
    Kind::Int64,
    Kind::Float32,
    Kind::Float64,
    Kind::Boolean,
    Kind::String,
    Kind::Bytes,
    Kind::Array,
    Kind::Map,
    Kind::Struct,
];

fn list(json: &Json) -> &[Json] {
    json.as_array().map_or(&[], Vec::as_slice)
}

fn text(json: &Json) -> Option<String> {
    json.as_str().map(str::to_owned)
}

fn number<N: TryFrom<i64>>(json: &Json) -> N {
    let number = json.as_i64().and_then(|number| N::try_from(number).ok());
    number.unwrap_or_else(|| panic!("no number of its type: {json}"))
}

/// Bytes, `None` for null.
pub fn bytes(json: &Json) -> Option<Vec<u8>> {
    let text = json.as_str()?;
    Some(STANDARD.decode(text).expect("base64"))
}

/// A value.
pub fn value(json: &Json) -> Value {
    let Some(object) = json.as_object() else {
        assert!(json.is_null(), "no value: {json}");
        return Value::Null;
    };
    let (name, content) = object.iter().next().expect("one member");
    match name.as_str() {
        "int8" => Value::Int8(number(content)),
        "int16" => Value::Int16(number(content)),
        "int32" => Value::Int32(number(content)),
        "int64" => Value::Int64(number(content)),
        "float32" => Value::Float32(f32::from_bits(number(content))),
        "float64" => Value::Float64(float64(content)),
        "boolean" => Value::Boolean(content.as_bool().expect("a boolean")),
        "string" => Value::String(text(content).expect("a string")),
        "bytes" => Value::Bytes(bytes(content).expect("bytes")),
        "array" => Value::Array(list(content).iter().map(value).collect()),
        "map" => {
            let pairs = list(content).iter();
            Value::Map(
                pairs
                    .map(|pair| (value(&pair[0]), value(&pair[1])))
                    .collect(),
            )
        }
        "struct" => Value::Struct(Struct {
            schema: Arc::new(required_schema(&content["schema"])),
            values: list(&content["values"]).iter().map(value).collect(),
        }),
        "decimal" => Value::Decimal(Decimal {
            unscaled: text(&content["unscaled"])
                .and_then(|digits| digits.parse().ok())
                .expect("digits"),
            scale: number(&content["scale"]),
        }),
        "date" => Value::Date(number(content)),
        _ => panic!("a type that Connect does not have: {json}"),
    }
}

fn float64(bits: &Json) -> f64 {
    let bits = bits.as_str().and_then(|bits| bits.parse::<i64>().ok());
    f64::from_bits(bits.expect("bits").cast_unsigned())
}

/// A schema, `None` for null.
pub fn schema(json: &Json) -> Option<Schema> {
    (!json.is_null()).then(|| required_schema(json))
}

fn shared_schema(json: &Json) -> Option<Arc<Schema>> {
    schema(json).map(Arc::new)
}

fn required_schema(json: &Json) -> Schema {
    let kind = json["type"].as_str().expect("a type");
    let kind = KINDS.into_iter().find(|known| known.name() == kind);
    let default = json.get("default").map(|default| Box::new(value(default)));
    let pair = |pair: &Json| text(&pair[0]).zip(text(&pair[1])).expect("texts");
    Schema {
        kind: kind.expect("a type"),
        optional: json["optional"].as_bool().expect("a boolean"),
        default,
        name: text(&json["name"]),
        version: json.get("version").map(number),
        doc: text(&json["doc"]),
        parameters: list(&json["parameters"]).iter().map(pair).collect(),
        fields: list(&json["fields"]).iter().map(field).collect(),
        key: shared_schema(&json["key"]),
        value: shared_schema(&json["value"]),
    }
}

fn field(json: &Json) -> Field {
    Field {
        name: text(&json["name"]).expect("a name"),
        schema: Arc::new(required_schema(&json["schema"])),
    }
}

/// A schema and its value.
pub fn schema_and_value(json: &Json) -> (Option<Schema>, Value) {
    (schema(&json["schema"]), value(&json["value"]))
}

/// A record, `None` for null.
pub fn record(json: &Json) -> Option<Record> {
    if json.is_null() {
        return None;
    }
    let header = |header: &Json| Header {
        key: text(&header["key"]).expect("a key"),
        schema: shared_schema(&header["schema"]),
        value: value(&header["value"]),
    };
    let optional = |json: &Json| (!json.is_null()).then(|| number::<i64>(json));
    Some(Record {
        topic: text(&json["topic"]).expect("a topic"),
        partition: optional(&json["partition"]).and_then(|n| i32::try_from(n).ok()),
        key_schema: shared_schema(&json["key_schema"]),
        key: value(&json["key"]),
        value_schema: shared_schema(&json["value_schema"]),
        value: value(&json["value"]),
        timestamp_ms: optional(&json["timestamp_ms"]),
        headers: list(&json["headers"]).iter().map(header).collect(),
    })
}
