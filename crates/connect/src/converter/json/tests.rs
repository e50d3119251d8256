use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::converter::create;
use crate::data::{Decimal, Field, Kind, Struct, logical};

fn convert(config: &[(&str, &str)], schema: Option<&Schema>, value: &Value) -> String {
    let pairs = config
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    let config: BTreeMap<String, String> = pairs.collect();
    let converter = create("Json", false, &config).unwrap();
    let mut out = b"before".to_vec();
    match converter.append("t", schema, value, &mut out) {
        Ok(true) => String::from_utf8(out.split_off(6)).unwrap(),
        Ok(false) => "nothing".to_owned(),
        Err(error) => {
            assert_eq!(out, b"before");
            error.message
        }
    }
}

const PLAIN: &[(&str, &str)] = &[("schemas.enable", "false")];

#[test]
fn an_envelope_has_the_schema() {
    let text = Value::text("a\"b");
    let string = Schema::new(Kind::String);
    let expected = r#"{"schema":{"type":"string","optional":false},"payload":"a\"b"}"#;
    assert_eq!(convert(&[], Some(&string), &text), expected);
    assert_eq!(
        convert(&[], None, &text),
        r#"{"schema":null,"payload":"a\"b"}"#
    );
    assert_eq!(convert(&[], None, &Value::Null), "nothing");
}

#[test]
fn nulls_become_defaults_unless_told_otherwise() {
    let schema = Schema {
        default: Some(Box::new(Value::Int8(3))),
        ..Schema::optional(Kind::Int8)
    };
    assert_eq!(convert(PLAIN, Some(&schema), &Value::Null), "3");
    let keep = [PLAIN, &[("replace.null.with.default", "false")]].concat();
    assert_eq!(convert(&keep, Some(&schema), &Value::Null), "null");
    let required = Schema::new(Kind::Int8);
    assert!(convert(PLAIN, Some(&required), &Value::Null).starts_with("Conversion error: null"));
}

#[test]
fn decimals_have_two_formats() {
    let schema = Schema {
        name: Some(logical::DECIMAL.to_owned()),
        parameters: vec![(logical::SCALE.to_owned(), "2".to_owned())],
        ..Schema::new(Kind::Bytes)
    };
    let value = Value::Decimal(Decimal {
        unscaled: 1_234.into(),
        scale: 2,
    });
    assert_eq!(convert(PLAIN, Some(&schema), &value), "\"BNI=\"");
    let numeric = [PLAIN, &[("decimal.format", "numeric")]].concat();
    assert_eq!(convert(&numeric, Some(&schema), &value), "12.34");
}

#[test]
fn maps_are_objects_if_their_keys_are_strings() {
    let entry = |key| (key, Value::Int8(1));
    let map = Value::Map(vec![entry(Value::text("b")), entry(Value::text("a"))]);
    assert_eq!(convert(PLAIN, None, &map), r#"{"b":1,"a":1}"#);
    let map = Value::Map(vec![entry(Value::Null), entry(Value::text("null"))]);
    assert_eq!(convert(PLAIN, None, &map), r#"[[null,1],["null",1]]"#);
    let key = Arc::new(Schema::optional(Kind::String));
    let schema = Schema::map(key, Arc::new(Schema::new(Kind::Int8)));
    assert_eq!(convert(PLAIN, Some(&schema), &map), r#"{"null":1}"#);
}

#[test]
fn a_struct_must_have_its_schema() {
    let field = |name: &str| Field {
        name: name.to_owned(),
        schema: Arc::new(Schema::optional(Kind::Boolean)),
    };
    let schema = Arc::new(Schema::structure(vec![field("f"), field("g")]));
    let value = Value::Struct(Struct {
        schema: schema.clone(),
        values: vec![Value::Boolean(true), Value::Null],
    });
    assert_eq!(
        convert(PLAIN, Some(&schema), &value),
        r#"{"f":true,"g":null}"#
    );
    assert_eq!(convert(PLAIN, None, &value), "Mismatching schema.");
    let other = Schema::structure(vec![field("f")]);
    assert_eq!(convert(PLAIN, Some(&other), &value), "Mismatching schema.");
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| (0..depth).fold(Value::Null, |value, _| Value::Array(vec![value]));
    assert_eq!(convert(PLAIN, None, &nested(1_000)).len(), 2_004);
    let error = convert(PLAIN, None, &nested(1_001));
    assert!(
        error.starts_with("Converting Kafka Connect data to byte[] failed"),
        "{error}"
    );
    assert!(convert(&[], None, &nested(1_000)).starts_with("Converting"));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Int64),
        // A zero comes back without its sign.
        any::<f64>()
            .prop_filter("finite", |float| float.is_finite() && *float != 0.0)
            .prop_map(Value::Float64),
        any::<String>().prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let members = proptest::collection::btree_map(any::<String>(), inner.clone(), 0..6);
        let pair = |(name, value)| (Value::String(name), value);
        prop_oneof![
            proptest::collection::vec(inner, 0..6).prop_map(Value::Array),
            members.prop_map(move |members| Value::Map(members.into_iter().map(pair).collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(value in any_json()) {
        let converter = create("Json", false, &[("schemas.enable".to_owned(), "false".to_owned())].into());
        let bytes = converter.unwrap().from_connect_data("t", None, &value).unwrap();
        let text = bytes.map(|bytes| String::from_utf8(bytes).unwrap());
        prop_assert_eq!(parse_json(text.as_deref().unwrap_or("null")).unwrap(), value);
    }

    #[test]
    fn no_text_is_too_odd(text in any::<String>(), soup in "[\\[\\]{}:,\"\\\\u0-9eE+.tfn é-]{0,40}") {
        for text in [text, soup] {
            let _ = parse_json(&text);
        }
    }
}

#[test]
fn a_plain_text_needs_no_more_than_its_room() {
    for (class, config, more) in [
        ("String", vec![], 0),
        ("Json", vec![("schemas.enable", "false")], 2),
        ("Json", vec![], 58),
    ] {
        let pairs = config
            .iter()
            .map(|(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned()));
        let converter = create(class, false, &pairs.collect()).unwrap();
        let text = "some text".repeat(100);
        let length = text.len() + more;
        let mut out = Vec::with_capacity(length);
        let room = out.capacity();
        let string = Schema::new(Kind::String);
        let value = Value::String(text);
        assert_eq!(
            converter.append("t", Some(&string), &value, &mut out),
            Ok(true)
        );
        assert_eq!((out.capacity(), out.len()), (room, length));
    }
}
