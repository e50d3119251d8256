//! The harness itself: nothing is lost on the way to Java and back.

use std::sync::Arc;

use connect_api::data::{Decimal, Field, Kind, Schema, Struct, Value, logical};
use connect_api::record::{Header, Record};
use end_to_end::kafka::Version;
use end_to_end::reference::{Reference, ask, decode, encode};

fn named(kind: Kind, name: &str, parameters: Vec<(String, String)>) -> Schema {
    Schema {
        name: Some(name.to_owned()),
        version: Some(1),
        parameters,
        ..Schema::new(kind)
    }
}

/// One field of each type.
fn everything() -> (Schema, Value) {
    let text = Arc::new(Schema::optional(Kind::String));
    let scale = vec![(logical::SCALE.to_owned(), "2".to_owned())];
    let primitives = [
        (Schema::new(Kind::Int8), Value::Int8(i8::MIN)),
        (Schema::new(Kind::Int16), Value::Int16(i16::MAX)),
        (Schema::new(Kind::Int32), Value::Int32(i32::MIN)),
        (Schema::new(Kind::Int64), Value::Int64(i64::MIN)),
        (
            Schema::new(Kind::Float32),
            Value::Float32(f32::NEG_INFINITY),
        ),
        (Schema::new(Kind::Float64), Value::Float64(f64::NAN)),
        (Schema::new(Kind::Float64), Value::Float64(-0.0)),
        (Schema::new(Kind::Boolean), Value::Boolean(true)),
        (Schema::new(Kind::String), Value::text("\u{0}\n\u{1F600}")),
        (Schema::new(Kind::Bytes), Value::Bytes(vec![0, 255])),
        (Schema::optional(Kind::Int32), Value::Null),
        (
            named(Kind::Bytes, logical::DECIMAL, scale),
            Value::Decimal(Decimal {
                unscaled: num_bigint::BigInt::from(-12_345),
                scale: 2,
            }),
        ),
        (
            named(Kind::Int32, logical::DATE, Vec::new()),
            Value::Date(86_400_000),
        ),
        (
            named(Kind::Int32, logical::TIME, Vec::new()),
            Value::Date(1),
        ),
        (
            named(Kind::Int64, logical::TIMESTAMP, Vec::new()),
            Value::Date(-1),
        ),
        (
            Schema::array(text.clone()),
            Value::Array(vec![Value::Null, Value::text("a")]),
        ),
        (
            Schema {
                default: Some(Box::new(Value::Map(Vec::new()))),
                doc: Some("a map".to_owned()),
                ..Schema::map(Arc::new(Schema::new(Kind::Int8)), text)
            },
            Value::Map(vec![
                (Value::Int8(2), Value::Null),
                (Value::Int8(1), Value::text("b")),
            ]),
        ),
    ];
    let fields = primitives.iter().enumerate();
    let fields = fields.map(|(at, (schema, _))| Field {
        name: format!("f{at}"),
        schema: Arc::new(schema.clone()),
    });
    let schema = Schema::structure(fields.collect());
    let values = primitives.into_iter().map(|(_, value)| value).collect();
    let content = Struct {
        schema: Arc::new(schema.clone()),
        values,
    };
    (schema, Value::Struct(content))
}

#[test]
fn a_record_comes_back_as_it_went() {
    let (schema, value) = everything();
    let schema = Some(Arc::new(schema));
    let record = Record {
        topic: "topic".to_owned(),
        partition: Some(7),
        key_schema: schema.clone(),
        key: value.clone(),
        value_schema: None,
        value: Value::Map(vec![(Value::text("a"), value.clone())]),
        timestamp_ms: Some(-1),
        headers: vec![Header {
            key: "h".to_owned(),
            schema,
            value,
        }],
    };
    let asked = encode::record(&record);
    assert_eq!(
        encode::canonical(encode::record(&decode::record(&asked).unwrap())),
        encode::canonical(asked.clone())
    );
    let java = Reference::shared(Version::V3_9);
    // A transform that has nothing to do with such a record.
    let class = "org.apache.kafka.connect.transforms.DropHeaders";
    let config = [("headers".to_owned(), "none".to_owned())].into();
    let answer = java.ask(&ask::transform(class, &config, &record)).unwrap();
    let answer = encode::record(&decode::record(&answer).unwrap());
    assert_eq!(encode::canonical(answer), encode::canonical(asked));
}

#[test]
fn what_java_throws_is_an_answer() {
    let java = Reference::shared(Version::V3_9);
    let class = "org.apache.kafka.connect.converters.ByteArrayConverter";
    let config = ask::Config::new();
    let schema = Schema::new(Kind::String);
    let question = ask::from_connect_data(
        (class, &config, false),
        "t",
        Some(&schema),
        &Value::text("a"),
    );
    let thrown = java.ask(&question).unwrap_err();
    assert_eq!(
        thrown.class,
        "org.apache.kafka.connect.errors.DataException"
    );
    assert_eq!(
        thrown.message.as_deref(),
        Some("Invalid schema type for ByteArrayConverter: STRING")
    );
}

#[test]
#[should_panic(expected = "Java does not understand")]
fn a_question_that_is_none_fails_the_test() {
    let _ = Reference::shared(Version::V3_9).ask(&serde_json::json!({"op": "guess"}));
}
