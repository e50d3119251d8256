use connect_api::converter;

use super::MessageKind::{Binary, Text};
use super::*;
use crate::test_map::map;

fn mapping(format: ValueFormat, value: &str, transforms: &[(&str, &str)]) -> Mapping {
    let plain = map(&[("schemas.enable", "false")]);
    Mapping {
        topic: "t".to_owned(),
        format,
        chain: Chain::new(&map(transforms)).expect("a chain"),
        key: converter::create("String", true, &plain).expect("a converter"),
        value: converter::create(value, false, &plain).expect("a converter"),
        key_class: "key",
        value_class: "value",
        header_class: "header",
        header: converter::create_header("Simple", &plain).expect("a converter"),
    }
}

#[test]
fn only_what_changes_a_message_needs_a_mapping() {
    assert!(mapping(ValueFormat::String, "String", &[]).is_identity());
    assert!(mapping(ValueFormat::Bytes, "ByteArray", &[]).is_identity());
    assert!(!mapping(ValueFormat::String, "Json", &[]).is_identity());
    assert!(!mapping(ValueFormat::Json, "Json", &[]).is_identity());
    let routed = [
        ("transforms", "r"),
        ("transforms.r.type", "RegexRouter"),
        ("transforms.r.regex", "t"),
        ("transforms.r.replacement", "u"),
    ];
    let mapping = mapping(ValueFormat::String, "String", &routed);
    assert!(!mapping.is_identity());
    let mapped = mapping.apply(Text, b"x", 5).expect("mapped").expect("kept");
    assert_eq!(mapped.topic, "u");
    assert_eq!(mapped.value.as_deref(), Some(&b"x"[..]));
    assert_eq!((mapped.timestamp_ms, mapped.key), (Some(5), None));
}

#[test]
fn json_has_fields_for_keys_and_headers() {
    let steps = [
        ("transforms", "k,x,h"),
        (
            "transforms.k.type",
            "org.apache.kafka.connect.transforms.ValueToKey",
        ),
        ("transforms.k.fields", "symbol"),
        (
            "transforms.x.type",
            "org.apache.kafka.connect.transforms.ExtractField$Key",
        ),
        ("transforms.x.field", "symbol"),
        (
            "transforms.h.type",
            "org.apache.kafka.connect.transforms.HeaderFrom$Value",
        ),
        ("transforms.h.fields", "price"),
        ("transforms.h.headers", "price"),
        ("transforms.h.operation", "copy"),
    ];
    let mapping = mapping(ValueFormat::Json, "Json", &steps);
    let message = br#"{"symbol":"BTC","price":7}"#;
    let mapped = mapping
        .apply(Text, message, 0)
        .expect("mapped")
        .expect("kept");
    assert_eq!(mapped.key.as_deref(), Some(&b"BTC"[..]));
    assert_eq!(mapped.value.as_deref(), Some(&message[..]));
    assert_eq!(mapped.headers, [("price".to_owned(), Some(b"7".to_vec()))]);
}

#[test]
fn what_cannot_be_mapped_says_where() {
    let stage = |mapping: &Mapping, message: &[u8]| {
        mapping.apply(Text, message, 0).expect_err("refused").stage
    };
    let json = mapping(ValueFormat::Json, "Json", &[]);
    assert_eq!(stage(&json, b"{"), Stage::ValueConverter);
    let numbers = mapping(ValueFormat::String, "Integer", &[]);
    assert_eq!(stage(&numbers, b"x"), Stage::ValueConverter);
    let cast = [
        ("transforms", "c"),
        (
            "transforms.c.type",
            "org.apache.kafka.connect.transforms.Cast$Value",
        ),
        ("transforms.c.spec", "int32"),
    ];
    let cast = mapping(ValueFormat::String, "Integer", &cast);
    assert_eq!(stage(&cast, b"x"), Stage::Transformation);
    assert!(cast.apply(Text, b"12", 0).is_ok());
}

#[test]
fn what_cannot_be_mapped_names_the_class_that_refused_it() {
    let class = |mapping: &Mapping, message: &[u8]| {
        mapping.apply(Text, message, 0).expect_err("refused").class
    };
    let values = mapping(ValueFormat::String, "Integer", &[]);
    assert_eq!(class(&values, b"x"), "value");
    let to_key = [
        ("transforms", "k"),
        (
            "transforms.k.type",
            "org.apache.kafka.connect.transforms.ValueToKey",
        ),
        ("transforms.k.fields", "a"),
    ];
    let mut keys = mapping(ValueFormat::Json, "Json", &to_key);
    let plain = map(&[("schemas.enable", "false")]);
    keys.key = converter::create("Integer", true, &plain).expect("a converter");
    assert_eq!(class(&keys, br#"{"a":"x"}"#), "key");
    let to_header = [
        ("transforms", "h"),
        (
            "transforms.h.type",
            "org.apache.kafka.connect.transforms.HeaderFrom$Value",
        ),
        ("transforms.h.fields", "a"),
        ("transforms.h.headers", "a"),
        ("transforms.h.operation", "copy"),
    ];
    let mut headers = mapping(ValueFormat::Json, "Json", &to_header);
    headers.header = converter::create_header("Integer", &plain).expect("a converter");
    assert_eq!(class(&headers, br#"{"a":"x"}"#), "header");
}

/// Under `websocket.binary=bytes`.
#[test]
fn a_binary_message_is_bytes_whatever_they_look_like() {
    let base64 = |format, message: &[u8]| {
        let mapping = mapping(format, "Json", &[]);
        let mapped = mapping.apply(Binary, message, 0).expect("mapped");
        mapped.and_then(|mapped| mapped.value)
    };
    for format in [ValueFormat::String, ValueFormat::Json, ValueFormat::Bytes] {
        assert_eq!(
            base64(format, b"{}").as_deref(),
            Some(&br#""e30=""#[..]),
            "{format:?}"
        );
        assert_eq!(
            base64(format, b"\xff").as_deref(),
            Some(&br#""/w==""#[..]),
            "{format:?}"
        );
    }
}
