//! Records whose keys and values have the fields that the transforms' tests
//! name, by the thousand and the same ones in each run.

use std::sync::{Arc, OnceLock};

use connect_api::data::{Kind, Schema, Value};
use connect_api::record::{Header, Record};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::generate::{
    date, finished, map, pair, primitive_schema, schema, struct_with, value, value_for,
};

/// The names that fields may have.
const NAMES: [&str; 7] = ["a", "b", "c", "ts", "n", "s.t", "x"];

type Pair = (Option<Arc<Schema>>, Value);

/// A struct's schema with some of the fields, a few of them nested.
fn fields(depth: u32) -> BoxedStrategy<Schema> {
    let inner = if depth == 0 {
        prop_oneof![8 => primitive_schema(), 1 => schema()].boxed()
    } else {
        let nested = finished(fields(depth - 1));
        prop_oneof![6 => primitive_schema(), 3 => nested, 1 => schema()].boxed()
    };
    let about = (
        proptest::option::weighted(0.3, select(vec!["name", "other"])),
        proptest::option::weighted(0.3, 1..9_i32),
        proptest::option::weighted(0.3, select(vec!["doc"])),
    );
    let parameter = proptest::option::weighted(0.2, select(vec!["p", "q"]));
    (struct_with(&NAMES, 5, inner), about, parameter)
        .prop_map(|(schema, (name, version, doc), parameter)| Schema {
            name: name.map(str::to_owned),
            version,
            doc: doc.map(str::to_owned),
            parameters: parameter
                .map(|parameter| (parameter.to_owned(), "1".to_owned()))
                .into_iter()
                .collect(),
            ..schema
        })
        .boxed()
}

/// A map with some of the fields.
fn entries(depth: u32) -> BoxedStrategy<Value> {
    let timestamp = prop_oneof![
        date().prop_map(Value::Date),
        date().prop_map(Value::Int64),
        select(vec!["2020-01-31", "2020-02-30 x", "12", "", "x"]).prop_map(Value::text),
    ];
    let number = select(vec![
        "1", "-128", "300", "1.5", "true", "70000", " 1", "1e3", "NaN",
    ]);
    let number = number.prop_map(Value::text);
    let inner = if depth == 0 {
        prop_oneof![3 => value(), 1 => timestamp, 1 => number].boxed()
    } else {
        prop_oneof![3 => value(), 2 => timestamp, 2 => number, 2 => entries(depth - 1)].boxed()
    };
    let names = subsequence(NAMES.to_vec(), 0..=5);
    names
        .prop_flat_map(move |names| {
            let count = names.len();
            proptest::collection::vec(inner.clone(), count).prop_map(move |values| {
                let keys = names.iter().map(|name| Value::text(*name));
                map(keys.zip(values).collect())
            })
        })
        .boxed()
}

/// A key or value with its schema.
fn side() -> BoxedStrategy<Pair> {
    let with_schema = finished(fields(1)).prop_flat_map(|schema| {
        let value = value_for(&schema);
        (Just(Some(Arc::new(schema))), value)
    });
    let flat = finished(fields(0)).prop_flat_map(|schema| {
        let value = value_for(&schema);
        (Just(Some(Arc::new(schema))), value)
    });
    prop_oneof![
        4 => with_schema,
        4 => flat,
        6 => entries(1).prop_map(|value| (None, value)),
        3 => pair().prop_map(|(schema, value)| (schema.map(Arc::new), value)),
        1 => Just((None, Value::Null)),
    ]
    .boxed()
}

fn header() -> impl Strategy<Value = Header> {
    let content = prop_oneof![
        Just((None, Value::Null)),
        "[a-z]{0,3}".prop_map(|text| (Some(Schema::new(Kind::String)), Value::String(text))),
        any::<i32>().prop_map(|n| (Some(Schema::optional(Kind::Int32)), Value::Int32(n))),
        value().prop_map(|value| (None, value)),
    ];
    (select(vec!["h", "i", "j"]), content).prop_map(|(key, (schema, value))| Header {
        key: key.to_owned(),
        schema: match (&value, schema) {
            // What Java's header shows of a struct.
            (Value::Struct(content), None) => Some(content.schema.clone()),
            (_, schema) => schema.map(Arc::new),
        },
        value,
    })
}

fn topic() -> impl Strategy<Value = String> {
    let known = vec![
        "orders",
        "orders-2024",
        "app.orders.v1",
        "a",
        "ab",
        "abab",
        "x_1",
        "${topic}",
    ];
    prop_oneof![
        4 => select(known).prop_map(str::to_owned),
        1 => "[a-c0-9._-]{1,8}",
    ]
}

/// A record.
fn record() -> impl Strategy<Value = Record> {
    let timestamp = prop_oneof![1 => Just(None), 8 => date().prop_map(Some)];
    let partition = proptest::option::of(0..9_i32);
    let headers = proptest::collection::vec(header(), 0..4);
    (topic(), partition, side(), side(), timestamp, headers).prop_map(
        |(topic, partition, (key_schema, key), (value_schema, value), timestamp_ms, headers)| {
            Record {
                topic,
                partition,
                key_schema,
                key,
                value_schema,
                value,
                timestamp_ms,
                headers,
            }
        },
    )
}

/// How many records [`all`] has.
pub(crate) const ALL: usize = 1_200;

/// The records that all tests share: to make them takes longer than to compare
/// them, and more room than a test's thread has.
pub(crate) fn all() -> &'static [Record] {
    static RECORDS: OnceLock<Vec<Record>> = OnceLock::new();
    RECORDS.get_or_init(|| {
        // Some are left out.
        let make = || super::generate::samples(7, ALL * 6 / 5, &record());
        let thread = std::thread::Builder::new().stack_size(64 << 20);
        let records = thread.spawn(make).expect("a thread").join();
        let mut records = super::order::as_in_java(&records.expect("records"));
        assert!(records.len() >= ALL, "{}", records.len());
        records.truncate(ALL);
        records
    })
}
