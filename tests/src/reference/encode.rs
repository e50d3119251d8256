//! Connect's data as JSON that loses nothing.
//!
//! A value is null or an object with one member, whose name is its Java
//! type's: `{"int32": 1}`. Floats are their bits, bytes base64, a 64-bit
//! float's bits a text. A map is an array of pairs, a struct
//! `{"schema": …, "values": […]}`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use connect_api::data::{Field, Schema, Value};
use connect_api::record::{Header, Record};
use serde_json::{Map, Value as Json, json};

/// Bytes in base64.
pub fn bytes(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// A value.
pub fn value(value: &Value) -> Json {
    let all = |values: &[Value]| values.iter().map(self::value).collect::<Vec<_>>();
    match value {
        Value::Null => Json::Null,
        Value::Int8(n) => json!({"int8": n}),
        Value::Int16(n) => json!({"int16": n}),
        Value::Int32(n) => json!({"int32": n}),
        Value::Int64(n) => json!({"int64": n}),
        Value::Float32(n) => json!({"float32": n.to_bits()}),
        Value::Float64(n) => json!({"float64": n.to_bits().cast_signed().to_string()}),
        Value::Boolean(b) => json!({"boolean": b}),
        Value::String(text) => json!({"string": text}),
        Value::Bytes(content) => json!({"bytes": bytes(content)}),
        Value::Array(values) => json!({"array": all(values)}),
        Value::Map(entries) => {
            let pair = |(key, content)| json!([self::value(key), self::value(content)]);
            let pairs: Vec<Json> = entries.iter().map(|(k, v)| pair((k, v))).collect();
            json!({"map": pairs})
        }
        Value::Struct(content) => json!({"struct": {
            "schema": schema(&content.schema), "values": all(&content.values),
        }}),
        Value::Decimal(decimal) => json!({"decimal": {
            "unscaled": decimal.unscaled.to_string(), "scale": decimal.scale,
        }}),
        Value::Date(ms) => json!({"date": ms}),
    }
}

/// A schema; what it does not have is not there.
pub fn schema(schema: &Schema) -> Json {
    let mut json = Map::new();
    let mut put = |name: &str, content: Json| json.insert(name.to_owned(), content);
    put("type", schema.kind.name().into());
    put("optional", schema.optional.into());
    if let Some(default) = &schema.default {
        put("default", value(default));
    }
    if let Some(name) = &schema.name {
        put("name", name.as_str().into());
    }
    if let Some(version) = schema.version {
        put("version", version.into());
    }
    if let Some(doc) = &schema.doc {
        put("doc", doc.as_str().into());
    }
    if !schema.parameters.is_empty() {
        put("parameters", json!(schema.parameters));
    }
    if schema.kind == connect_api::data::Kind::Struct {
        put("fields", schema.fields.iter().map(field).collect());
    }
    if let Some(key) = &schema.key {
        put("key", self::schema(key));
    }
    if let Some(content) = &schema.value {
        put("value", self::schema(content));
    }
    Json::Object(json)
}

fn field(field: &Field) -> Json {
    json!({"name": field.name, "schema": schema(&field.schema)})
}

fn header(header: &Header) -> Json {
    json!({
        "key": header.key,
        "schema": header.schema.as_deref().map(schema), "value": value(&header.value),
    })
}

/// A record.
pub fn record(record: &Record) -> Json {
    json!({
        "topic": record.topic,
        "partition": record.partition,
        "key_schema": record.key_schema.as_deref().map(schema),
        "key": value(&record.key),
        "value_schema": record.value_schema.as_deref().map(schema),
        "value": value(&record.value),
        "timestamp_ms": record.timestamp_ms,
        "headers": record.headers.iter().map(header).collect::<Vec<_>>(),
    })
}

/// The same without the order that Java's maps do not have: entries of maps
/// and parameters of schemas are sorted, and every NaN is one NaN. Two encoded
/// values are equal for Java if these are.
#[must_use]
pub fn canonical(mut json: Json) -> Json {
    match &mut json {
        Json::Array(entries) => {
            for entry in entries {
                *entry = canonical(entry.take());
            }
        }
        Json::Object(members) => {
            for (name, member) in members.iter_mut() {
                *member = match (name.as_str(), canonical(member.take())) {
                    ("map" | "parameters", Json::Array(mut pairs)) => {
                        pairs.sort_by_cached_key(Json::to_string);
                        Json::Array(pairs)
                    }
                    ("float32", bits) => one_nan_32(bits),
                    ("float64", bits) => one_nan_64(bits),
                    (_, member) => member,
                };
            }
            // Java puts members in the order of its own code.
            members.sort_keys();
        }
        _ => (),
    }
    json
}

fn one_nan_32(bits: Json) -> Json {
    let float = bits.as_u64().and_then(|bits| u32::try_from(bits).ok());
    match float {
        Some(bits) if f32::from_bits(bits).is_nan() => "NaN".into(),
        _ => bits,
    }
}

fn one_nan_64(bits: Json) -> Json {
    let float = bits.as_str().and_then(|bits| bits.parse::<i64>().ok());
    match float {
        Some(bits) if f64::from_bits(bits.cast_unsigned()).is_nan() => "NaN".into(),
        _ => bits,
    }
}
