//! Schemas and values by the thousand, the same ones in each run.

use std::sync::Arc;

use connect_api::data::{Decimal, Field, Kind, Schema, Struct, Value, logical};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

const DAY_MS: i64 = 86_400_000;

/// Some of what a strategy makes, always the same for a `seed`.
pub(crate) fn samples<T: std::fmt::Debug>(
    seed: u8,
    count: usize,
    strategy: &impl Strategy<Value = T>,
) -> Vec<T> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let sample = |_| strategy.new_tree(&mut runner).expect("a sample").current();
    (0..count).map(sample).collect()
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{0,6}",
        "[ -~]{0,12}",
        any::<String>(),
        "[\"\\\\\u{0}-\u{1f}\u{7f}é\u{2028}😀]{0,8}",
    ]
}

/// With few digits, for which every version of Java finds the same text.
fn tame_double() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => (-99_999_i32..99_999, 0_i32..7).prop_map(|(digits, at)| {
            f64::from(digits) / 10_f64.powi(at)
        }),
        2 => (1_i32..100, 7_i32..14).prop_map(|(digits, at)| f64::from(digits) * 10_f64.powi(at)),
        1 => select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0]),
    ]
}

/// Likewise; Java 17 is further from the shortest text here.
fn tame_float() -> impl Strategy<Value = f32> {
    prop_oneof![
        8 => (any::<i16>(), 0_u8..3).prop_map(|(eighths, at)| {
            f32::from(eighths) / 8.0 / 2_f32.powi(i32::from(at))
        }),
        1 => select(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0, 1e10, 1e-5]),
    ]
}

fn decimal() -> impl Strategy<Value = Decimal> {
    let digits = prop_oneof![any::<i16>().prop_map(i128::from), any::<i128>()];
    (digits, -3_i32..12).prop_map(|(digits, scale)| Decimal {
        unscaled: digits.into(),
        scale,
    })
}

pub(crate) fn date() -> impl Strategy<Value = i64> {
    prop_oneof![
        (-30_000_i64..30_000).prop_map(|days| days * DAY_MS),
        -1..=DAY_MS + 1,
        any::<i32>().prop_map(|seconds| i64::from(seconds) * 1_000 + 7),
        -70_000_000_000_000_i64..300_000_000_000_000,
    ]
}

fn scalar() -> BoxedStrategy<Value> {
    prop_oneof![
        1 => Just(Value::Null),
        1 => any::<i8>().prop_map(Value::Int8),
        1 => any::<i16>().prop_map(Value::Int16),
        1 => any::<i32>().prop_map(Value::Int32),
        1 => any::<i64>().prop_map(Value::Int64),
        1 => tame_float().prop_map(Value::Float32),
        1 => tame_double().prop_map(Value::Float64),
        1 => any::<bool>().prop_map(Value::Boolean),
        3 => text().prop_map(Value::String),
        1 => vec(any::<u8>(), 0..9).prop_map(Value::Bytes),
        1 => decimal().prop_map(Value::Decimal),
        1 => date().prop_map(Value::Date),
    ]
    .boxed()
}

/// Entries with each key once, as a map has them.
pub(crate) fn map(entries: Vec<(Value, Value)>) -> Value {
    let mut unique: Vec<(Value, Value)> = Vec::new();
    for entry in entries {
        if !unique.iter().any(|(key, _)| *key == entry.0) {
            unique.push(entry);
        }
    }
    Value::Map(unique)
}

/// Any value, without a schema in mind.
pub(crate) fn value() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![8 => scalar(), 1 => structure()];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let key = prop_oneof![3 => text().prop_map(Value::String), 1 => scalar()];
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec((key, inner), 0..4).prop_map(map),
        ]
    })
    .boxed()
}

fn structure() -> BoxedStrategy<Value> {
    let schema = struct_schema(primitive_schema().boxed());
    schema.prop_flat_map(|schema| value_for(&schema)).boxed()
}

/// A value of a schema, null where that may be.
pub(crate) fn value_for(schema: &Schema) -> BoxedStrategy<Value> {
    let nulls = if schema.optional { 3 } else { 0 };
    prop_oneof![nulls => Just(Value::Null), 10 => present_value_for(schema)].boxed()
}

fn present_value_for(schema: &Schema) -> BoxedStrategy<Value> {
    match schema.name.as_deref() {
        Some(logical::DECIMAL) => {
            let scale = schema.parameter(logical::SCALE);
            let scale = scale.and_then(|scale| scale.parse::<i32>().ok());
            let fitting = decimal().prop_map(move |decimal| Decimal {
                scale: scale.unwrap_or(decimal.scale),
                ..decimal
            });
            return prop_oneof![4 => fitting, 1 => decimal()]
                .prop_map(Value::Decimal)
                .boxed();
        }
        Some(logical::DATE) => {
            let whole = (-30_000_i64..30_000).prop_map(|days| days * DAY_MS);
            return prop_oneof![4 => whole, 1 => date()]
                .prop_map(Value::Date)
                .boxed();
        }
        Some(logical::TIME) => {
            return prop_oneof![4 => 0..=DAY_MS, 1 => date()]
                .prop_map(Value::Date)
                .boxed();
        }
        Some(logical::TIMESTAMP) => return date().prop_map(Value::Date).boxed(),
        _ => {}
    }
    match schema.kind {
        Kind::Int8 => any::<i8>().prop_map(Value::Int8).boxed(),
        Kind::Int16 => any::<i16>().prop_map(Value::Int16).boxed(),
        Kind::Int32 => any::<i32>().prop_map(Value::Int32).boxed(),
        Kind::Int64 => any::<i64>().prop_map(Value::Int64).boxed(),
        Kind::Float32 => tame_float().prop_map(Value::Float32).boxed(),
        Kind::Float64 => tame_double().prop_map(Value::Float64).boxed(),
        Kind::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        Kind::String => text().prop_map(Value::String).boxed(),
        Kind::Bytes => vec(any::<u8>(), 0..9).prop_map(Value::Bytes).boxed(),
        Kind::Array => {
            let inner = value_for(schema.value.as_ref().expect("an array's values"));
            vec(inner, 0..4).prop_map(Value::Array).boxed()
        }
        Kind::Map => {
            let key = value_for(schema.key.as_ref().expect("a map's keys"));
            let inner = value_for(schema.value.as_ref().expect("a map's values"));
            vec((key, inner), 0..4).prop_map(map).boxed()
        }
        Kind::Struct => {
            let fields = schema.fields.iter().map(|field| value_for(&field.schema));
            let fields: Vec<_> = fields.collect();
            let schema = Arc::new(schema.clone());
            fields
                .prop_map(move |values| {
                    Value::Struct(Struct {
                        schema: schema.clone(),
                        values,
                    })
                })
                .boxed()
        }
    }
}

/// What has no other schema in it.
const PRIMITIVES: &[Kind] = Kind::ALL.split_at(9).0;

fn parameters() -> impl Strategy<Value = Vec<(String, String)>> {
    let scale = select(vec!["0", "2", "2", "2", "-1", "x", ""]);
    let scale = scale.prop_map(|scale| vec![(logical::SCALE.to_owned(), scale.to_owned())]);
    prop_oneof![
        4 => Just(Vec::new()),
        4 => scale,
        1 => text().prop_map(|text| vec![("a".to_owned(), text), ("b".to_owned(), String::new())]),
    ]
}

/// A schema of a logical type, mostly with the type and parameter that it
/// should have.
fn logical_schema() -> impl Strategy<Value = Schema> {
    let usual = [
        (Kind::Bytes, logical::DECIMAL),
        (Kind::Int32, logical::DATE),
        (Kind::Int32, logical::TIME),
        (Kind::Int64, logical::TIMESTAMP),
    ];
    let names: Vec<&str> = usual.iter().map(|(_, name)| *name).collect();
    let odd = (select(PRIMITIVES), select(names));
    let of = prop_oneof![8 => select(usual.to_vec()), 1 => odd];
    (of, parameters()).prop_map(|((kind, name), parameters)| Schema {
        name: Some(name.to_owned()),
        parameters,
        version: Some(1),
        ..Schema::new(kind)
    })
}

fn plain_schema() -> impl Strategy<Value = Schema> {
    let name = proptest::option::weighted(0.2, text());
    let doc = proptest::option::weighted(0.1, text());
    let version = proptest::option::weighted(0.1, any::<i32>());
    (select(PRIMITIVES), name, doc, version).prop_map(|(kind, name, doc, version)| Schema {
        name,
        doc,
        version,
        ..Schema::new(kind)
    })
}

/// Optional or not, with a default or not.
pub(crate) fn finished(schema: impl Strategy<Value = Schema>) -> impl Strategy<Value = Schema> {
    (schema, any::<bool>(), 0..4)
        .prop_flat_map(|(mut schema, optional, default)| {
            schema.optional = optional;
            let value = if default == 0 {
                present_value_for(&schema)
            } else {
                Just(Value::Null).boxed()
            };
            (Just(schema), value)
        })
        .prop_map(|(mut schema, default)| {
            schema.default = (!default.is_null()).then(|| Box::new(default));
            schema
        })
}

pub(crate) fn primitive_schema() -> impl Strategy<Value = Schema> {
    finished(prop_oneof![5 => plain_schema(), 2 => logical_schema()])
}

fn struct_schema(inner: BoxedStrategy<Schema>) -> impl Strategy<Value = Schema> {
    struct_with(&["a", "b", "c \"d\"", "é", ""], 3, inner)
}

/// A struct's schema with up to `most` fields of these names.
pub(crate) fn struct_with(
    names: &[&'static str],
    most: usize,
    inner: BoxedStrategy<Schema>,
) -> impl Strategy<Value = Schema> + use<> {
    let names = proptest::sample::subsequence(names.to_vec(), 0..=most);
    names.prop_flat_map(move |names| {
        let count = names.len();
        vec(inner.clone(), count).prop_map(move |schemas| {
            let fields = names.iter().zip(schemas);
            let fields = fields.map(|(name, schema)| Field {
                name: (*name).to_owned(),
                schema: Arc::new(schema),
            });
            Schema::structure(fields.collect())
        })
    })
}

/// Any schema.
pub(crate) fn schema() -> BoxedStrategy<Schema> {
    primitive_schema()
        .prop_recursive(2, 8, 3, |inner| {
            let shared = inner.clone().prop_map(Arc::new);
            let array = shared.clone().prop_map(Schema::array);
            let key = prop_oneof![
                Just(Arc::new(Schema::new(Kind::String))),
                primitive_schema().prop_map(Arc::new),
            ];
            let map = (key, shared).prop_map(|(key, value)| Schema::map(key, value));
            finished(prop_oneof![array, map, struct_schema(inner.boxed())])
        })
        .boxed()
}

/// A schema or none, with a value that fits or does not.
pub(crate) fn pair() -> impl Strategy<Value = (Option<Schema>, Value)> {
    let fitting = schema().prop_flat_map(|schema| {
        let value = value_for(&schema);
        (Just(Some(schema)), value)
    });
    // Nobody has validated such a struct: it may lack what its schema requires.
    let lacking = struct_schema(schema()).prop_flat_map(|schema| {
        let value = value_for(&schema).prop_map(|mut value| {
            if let Value::Struct(content) = &mut value
                && let Some(last) = content.values.last_mut()
            {
                *last = Value::Null;
            }
            value
        });
        (Just(Some(schema)), value)
    });
    prop_oneof![
        5 => fitting,
        1 => lacking,
        3 => (Just(None), value()),
        1 => (schema().prop_map(Some), value()),
        1 => (schema().prop_map(Some), Just(Value::Null)),
    ]
}

/// A pair for a converter of one primitive type.
pub(crate) fn pair_around(kind: Kind) -> impl Strategy<Value = (Option<Schema>, Value)> {
    let schema = proptest::option::of(Just(Schema::optional(kind)));
    let number = prop_oneof![
        any::<f32>().prop_map(Value::Float32),
        any::<f64>().prop_map(Value::Float64),
        value_for(&Schema::optional(kind)),
    ];
    prop_oneof![4 => (schema, number), 1 => pair()]
}
