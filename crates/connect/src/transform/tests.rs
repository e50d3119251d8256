//! What each transform is for, on small records; the differential tests have
//! the rest.

use std::sync::Arc;

use super::*;
use crate::data::{Field, Kind, Schema, Struct, Value};
use crate::record::{DataError, Header, Record};

fn text(text: &str) -> Value {
    Value::text(text)
}

fn map(entries: &[(&str, Value)]) -> Value {
    let entry = |(key, value): &(&str, Value)| (text(key), value.clone());
    Value::Map(entries.iter().map(entry).collect())
}

/// A struct with optional fields; null ones have the default 7.
fn structure(entries: &[(&str, Value)]) -> Value {
    let field = |(name, value): &(&str, Value)| {
        let mut schema = match value {
            Value::Struct(nested) => Schema::clone(&nested.schema),
            value => Schema::optional(value.kind().unwrap_or(Kind::Int32)),
        };
        schema.default = value.is_null().then(|| Box::new(Value::Int32(7)));
        Field {
            name: (*name).to_owned(),
            schema: Arc::new(schema),
        }
    };
    let schema = Schema::structure(entries.iter().map(field).collect());
    Value::Struct(Struct {
        schema: Arc::new(schema),
        values: entries.iter().map(|(_, value)| value.clone()).collect(),
    })
}

fn record(value: Value) -> Record {
    Record {
        topic: "t".to_owned(),
        partition: Some(3),
        key_schema: None,
        key: Value::Null,
        value_schema: match &value {
            Value::Struct(content) => Some(content.schema.clone()),
            _ => None,
        },
        value,
        timestamp_ms: Some(86_400_000),
        headers: vec![Header {
            key: "h".to_owned(),
            schema: None,
            value: Value::Null,
        }],
    }
}

fn applied(class: &str, pairs: &[(&str, &str)], value: Value) -> Result<Record, DataError> {
    let class = format!("org.apache.kafka.connect.transforms.{class}");
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let transform = create(&class, &pairs.iter().map(owned).collect()).unwrap();
    transform.apply(record(value)).map(Option::unwrap)
}

/// The value's fields afterwards, as Java prints them.
fn shown(class: &str, pairs: &[(&str, &str)], value: Value) -> String {
    match applied(class, pairs, value) {
        Ok(record) => crate::java::value_text(&record.value),
        Err(error) => error.message,
    }
}

#[test]
fn fields_change_with_a_schema_and_without() {
    let fields = [("a", Value::Int32(1)), ("b", text("x"))];
    let nested = |inner: Value| [("n", inner), ("c", Value::Int32(2))];
    let flat = map(&nested(map(&fields)));
    let deep = structure(&nested(structure(&fields)));
    for (class, pairs, changed) in [
        ("Cast$Value", &[("spec", "a:string")][..], "a=1, b=x"),
        (
            "ReplaceField$Value",
            &[("exclude", "a"), ("renames", "b:z")],
            "z=x",
        ),
        ("MaskField$Value", &[("fields", "a,b")], "a=0, b="),
        (
            "InsertField$Value",
            &[("partition.field", "p")],
            "a=1, b=x, p=3",
        ),
        (
            "HeaderFrom$Value",
            &[("fields", "a"), ("headers", "h"), ("operation", "move")],
            "b=x",
        ),
    ] {
        assert_eq!(shown(class, pairs, map(&fields)), format!("{{{changed}}}"));
        let compact = changed.replace(", ", ",");
        assert_eq!(
            shown(class, pairs, structure(&fields)),
            format!("Struct{{{compact}}}")
        );
    }
    let delimiter = [("delimiter", "_")];
    assert_eq!(
        shown("Flatten$Value", &delimiter, flat),
        "{n_a=1, n_b=x, c=2}"
    );
    assert_eq!(
        shown("Flatten$Value", &delimiter, deep.clone()),
        "Struct{n_a=1,n_b=x,c=2}"
    );
    let path = [("field", "n.b"), ("field.syntax.version", "V2")];
    assert_eq!(shown("ExtractField$Value", &path, deep), "x");
    assert_eq!(
        shown("HoistField$Value", &[("field", "f")], text("x")),
        "{f=x}"
    );
}

#[test]
fn null_is_read_as_the_default_unless_that_is_switched_off() {
    let value = || structure(&[("a", Value::Null)]);
    let keep = ("replace.null.with.default", "false");
    assert_eq!(shown("ExtractField$Value", &[("field", "a")], value()), "7");
    assert_eq!(
        shown("ExtractField$Value", &[("field", "a"), keep], value()),
        "null"
    );
    assert_eq!(
        shown("Cast$Value", &[("spec", "a:string")], value()),
        "Struct{a=7}"
    );
    assert_eq!(
        shown("Cast$Value", &[("spec", "a:string"), keep], value()),
        "Struct{}"
    );
}

#[test]
fn topics_keys_headers_and_schemas_change() {
    let value = || structure(&[("a", Value::Int32(1))]);
    let routed = applied("TimestampRouter", &[], value()).unwrap();
    assert_eq!(routed.topic, "t-19700102");
    let pairs = [("regex", "(t)"), ("replacement", "$1$1")];
    assert_eq!(applied("RegexRouter", &pairs, value()).unwrap().topic, "tt");
    let keyed = applied("ValueToKey", &[("fields", "a")], value()).unwrap();
    assert_eq!(keyed.key, keyed.value);
    let pairs = [("header", "n"), ("value.literal", "12")];
    let with = applied("InsertHeader", &pairs, value()).unwrap().headers;
    assert_eq!(
        (with[1].key.as_str(), &with[1].value),
        ("n", &Value::Int8(12))
    );
    assert!(
        applied("DropHeaders", &[("headers", "h")], value())
            .unwrap()
            .headers
            .is_empty()
    );
    let named = applied("SetSchemaMetadata$Value", &[("schema.name", "n")], value()).unwrap();
    let Value::Struct(content) = &named.value else {
        panic!("{named:?}");
    };
    assert_eq!(content.schema.name.as_deref(), Some("n"));
    assert!(Arc::ptr_eq(
        &content.schema,
        named.value_schema.as_ref().unwrap()
    ));
    let pairs = [("target.type", "string"), ("format", "yyyy")];
    assert_eq!(
        shown("TimestampConverter$Value", &pairs, Value::Int64(0)),
        "1970"
    );
}

#[test]
fn what_is_refused_is_refused_in_java_s_words() {
    for (class, pairs, message) in [
        (
            "Cast$Value",
            [("spec", "a:int8")],
            "Only Map objects supported in absence of schema for [cast types], found: java.lang.Byte",
        ),
        (
            "InsertField$Value",
            [("offset.field", "o")],
            "Only Map objects supported in absence of schema for [field insertion], found: java.lang.Byte",
        ),
        (
            "SetSchemaMetadata$Value",
            [("schema.name", "n")],
            "Schema required for [updating schema metadata]",
        ),
    ] {
        assert_eq!(shown(class, &pairs, Value::Int8(1)), message);
    }
    let unknown = applied("ExtractField$Value", &[("field", "b")], structure(&[])).unwrap_err();
    assert_eq!(unknown.class, "java.lang.IllegalArgumentException");
    assert_eq!(unknown.message, "Unknown field: b");
}

#[test]
fn classes_are_found_by_name_and_simple_ones_by_alias() {
    assert_eq!(
        resolve("RegexRouter"),
        Some("org.apache.kafka.connect.transforms.RegexRouter")
    );
    for class in [
        "Cast",
        "Value",
        "Cast$Value",
        "org.apache.kafka.connect.transforms.Cast",
    ] {
        assert_eq!(resolve(class), None, "{class}");
    }
    assert_eq!(classes().count(), 26);
    let none = create("RegexRouter", &BTreeMap::new()).unwrap_err();
    assert_eq!(
        none[0],
        "Missing required configuration \"regex\" which has no default value."
    );
}
