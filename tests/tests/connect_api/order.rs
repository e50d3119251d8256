//! Generated maps with their entries in the order of Java's `HashMap`.
//!
//! That order decides which of several errors is told and how a map looks as
//! text. Ours keep the order in which entries were put; so that both sides
//! meet one order, Java is shown all values before they are compared. Left out
//! are maps of several entries with bytes among the keys: their hash is where
//! they are in memory, so that the order is never the same.

use connect_api::data::{Schema, Value};
use connect_api::record::Record;
use end_to_end::kafka::Version;
use end_to_end::reference::{Reference, ask, decode};
use serde_json::Value as Json;

use super::helpers::{config, record};

/// The same records, as Java has them.
pub(crate) fn as_in_java(records: &[Record]) -> Vec<Record> {
    // A transform that has nothing to do.
    let class = "org.apache.kafka.connect.transforms.DropHeaders";
    let config = config(&[("headers", "none")]);
    let records = records.iter().filter(|record| !is_random(record));
    let ask = |record| ask::transform(class, &config, record);
    let questions: Vec<Json> = records.map(ask).collect();
    let answers = Reference::shared(Version::V3_9).ask_all(&questions);
    let record = |answer: Json| decode::record(&answer).expect("a record");
    let answers = answers.into_iter().map(|answer| answer.expect("a record"));
    answers.map(record).collect()
}

/// The same for values with their schemas.
pub(crate) fn pairs_as_in_java(
    pairs: Vec<(Option<Schema>, Value)>,
) -> Vec<(Option<Schema>, Value)> {
    let of = |(schema, value): (Option<Schema>, Value)| Record {
        value_schema: schema.map(Into::into),
        ..record("t", None, value)
    };
    let records: Vec<Record> = pairs.into_iter().map(of).collect();
    let pair = |record: Record| (record.value_schema.as_deref().cloned(), record.value);
    as_in_java(&records).into_iter().map(pair).collect()
}

fn is_random(record: &Record) -> bool {
    let schemas = record.key_schema.iter().chain(&record.value_schema);
    let headers = record.headers.iter();
    let values = headers.map(|header| &header.value);
    let mut values = values.chain([&record.key, &record.value]);
    let mut schemas = schemas.chain(record.headers.iter().filter_map(|h| h.schema.as_ref()));
    values.any(random_value) || schemas.any(|schema| random_schema(schema))
}

fn random_value(value: &Value) -> bool {
    let key = |(key, _): &(Value, Value)| !is_hashed_by_content(key);
    match value {
        Value::Array(values) => values.iter().any(random_value),
        Value::Map(entries) => {
            entries.len() > 1 && entries.iter().any(key)
                || entries
                    .iter()
                    .any(|(key, value)| random_value(key) || random_value(value))
        }
        Value::Struct(content) => {
            content.values.iter().any(random_value) || random_schema(&content.schema)
        }
        _ => false,
    }
}

/// A schema's defaults.
fn random_schema(schema: &Schema) -> bool {
    let fields = schema.fields.iter().map(|field| &field.schema);
    let mut inner = fields.chain(&schema.key).chain(&schema.value);
    schema.default.as_deref().is_some_and(random_value) || inner.any(|inner| random_schema(inner))
}

/// Keys are no arrays, maps or structs here; if they were, they might hold
/// bytes.
const fn is_hashed_by_content(key: &Value) -> bool {
    use Value::{Array, Bytes, Map, Struct};
    !matches!(key, Bytes(_) | Array(_) | Map(_) | Struct(_))
}
