//! Every converter on generated schemas and values: the same bytes, or the
//! same exception.

use connect_api::converter::{self, CONVERTERS, HEADER_CONVERTERS};
use connect_api::data::{Kind, Schema, Value};
use connect_api::record::DataError;
use end_to_end::kafka::Version;
use end_to_end::reference::{Answer, Reference, ask, decode};
use proptest::strategy::Strategy;
use serde_json::Value as Json;

use crate::generate::{pair, pair_around, samples};
use crate::helpers::{VERSIONS, bare, config, shown};
use crate::order::pairs_as_in_java;

const COUNT: usize = 1_500;

type Pair = (Option<Schema>, Value);
type Converted = Result<Option<Vec<u8>>, DataError>;

fn full(name: &str) -> &'static str {
    converter::header_full_name(name).expect("a converter")
}

/// Enough of what a strategy makes that [`COUNT`] are left.
fn pairs(seed: u8, strategy: &impl Strategy<Value = Pair>) -> Vec<Pair> {
    let mut pairs = pairs_as_in_java(samples(seed, COUNT * 6 / 5, strategy));
    assert!(pairs.len() >= COUNT, "{}", pairs.len());
    pairs.truncate(COUNT);
    pairs
}

/// Converts pairs here and in Java and compares them by `same`, which is not
/// asked about errors.
fn compare(
    name: &str,
    settings: &[(&str, &str)],
    pairs: &[Pair],
    same: impl Fn(&Pair, &[u8], &[u8]) -> bool,
) {
    let (class, config) = (full(name), config(settings));
    let ours = converter::create(class, false, &config).expect("a configuration");
    let question = |(schema, value): &Pair| {
        ask::from_connect_data((class, &config, false), "t", schema.as_ref(), value)
    };
    let questions: Vec<Json> = pairs.iter().map(question).collect();
    let convert = |(schema, value): &Pair| ours.from_connect_data("t", schema.as_ref(), value);
    let results: Vec<Converted> = pairs.iter().map(convert).collect();
    for version in VERSIONS {
        let answers = Reference::shared(version).ask_all(&questions);
        for ((pair, result), answer) in pairs.iter().zip(&results).zip(answers) {
            check(version, pair, result, &answer, &same);
        }
    }
    let converted = results.iter().filter(|result| result.is_ok()).count();
    assert!(
        converted * 10 >= pairs.len(),
        "{name}: {converted} conversions only"
    );
}

fn check(
    version: Version,
    pair: &Pair,
    ours: &Converted,
    java: &Answer,
    same: impl Fn(&Pair, &[u8], &[u8]) -> bool,
) {
    let ok = match (ours, java) {
        (Ok(ours), Ok(java)) => match (ours, decode::bytes(java)) {
            (None, None) => true,
            (Some(ours), Some(java)) => *ours == java || same(pair, ours, &java),
            _ => false,
        },
        (Err(ours), Err(java)) => {
            let same = java.class == ours.class && java.message.as_ref() == Some(&ours.message);
            // A schema without any parameter, to which Java says nothing better.
            let scale = java.class == "java.lang.NullPointerException"
                && ours.message == "Invalid Decimal schema: scale parameter not found.";
            same || scale
        }
        _ => false,
    };
    let show = |bytes: &Option<Vec<u8>>| {
        bytes
            .as_deref()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    };
    assert!(
        ok,
        "{version:?} {pair:?}\nours {:?}\nJava {:?}",
        ours.as_ref().map(show),
        java.as_ref().map(|java| show(&decode::bytes(java)))
    );
}

/// Java shows where an array of bytes is in memory.
fn same_text(_: &Pair, ours: &[u8], java: &[u8]) -> bool {
    let address = regex::bytes::Regex::new(r"\[B@[0-9a-f]+").expect("a pattern");
    ours == &*address.replace_all(java, &b"[B"[..])
}

fn never(_: &Pair, _: &[u8], _: &[u8]) -> bool {
    false
}

#[test]
fn the_string_converter() {
    compare("String", &[], &pairs(1, &pair()), same_text);
}

#[test]
fn the_byte_array_converter() {
    compare(
        "ByteArray",
        &[],
        &pairs(2, &pair_around(Kind::Bytes)),
        never,
    );
}

#[test]
fn the_boolean_converter() {
    compare(
        "Boolean",
        &[],
        &pairs(3, &pair_around(Kind::Boolean)),
        never,
    );
}

#[test]
fn the_number_converters() {
    for (at, (name, kind)) in [
        ("Short", Kind::Int16),
        ("Integer", Kind::Int32),
        ("Long", Kind::Int64),
        ("Float", Kind::Float32),
        ("Double", Kind::Float64),
    ]
    .into_iter()
    .enumerate()
    {
        let seed = u8::try_from(at).expect("few") + 10;
        compare(name, &[], &pairs(seed, &pair_around(kind)), never);
    }
}

#[test]
fn the_json_converter() {
    let settings: [&[(&str, &str)]; 4] = [
        &[],
        &[("schemas.enable", "false")],
        &[("schemas.enable", "false"), ("decimal.format", "numeric")],
        &[
            ("replace.null.with.default", "false"),
            ("schemas.cache.size", "1"),
        ],
    ];
    for (at, settings) in settings.into_iter().enumerate() {
        let seed = u8::try_from(at).expect("few") + 20;
        compare("Json", settings, &pairs(seed, &pair()), never);
    }
}

/// Java 17 sometimes gives more digits than are needed: as numbers they must be
/// equal.
#[test]
fn floats_of_any_size_are_the_same_numbers() {
    use proptest::prelude::*;
    let floats = prop_oneof![
        any::<f32>().prop_map(Value::Float32),
        any::<f64>().prop_map(Value::Float64),
    ];
    let pairs = samples(30, COUNT, &floats.prop_map(|float| (None, float)));
    let number = |(_, value): &Pair, ours: &[u8], java: &[u8]| {
        let text = |bytes| std::str::from_utf8(bytes).expect("text");
        let same = |bytes| match value {
            Value::Float32(float) => text(bytes).parse() == Ok(*float),
            Value::Float64(float) => text(bytes).parse() == Ok(*float),
            _ => false,
        };
        same(ours) && same(java) && ours.len() <= java.len()
    };
    compare("String", &[], &pairs, number);
    compare("Json", &[("schemas.enable", "false")], &pairs, number);
}

#[test]
fn headers() {
    let pairs = pairs(40, &pair());
    for class in HEADER_CONVERTERS {
        let config = config(&[]);
        let ours = converter::create_header(class, &config).expect("a configuration");
        let question = |(schema, value): &Pair| {
            ask::from_connect_header((class, &config), ("t", "h"), schema.as_ref(), value)
        };
        let questions: Vec<Json> = pairs.iter().map(question).collect();
        let same = match class.rsplit('.').next() {
            Some("StringConverter") => same_text,
            _ => never,
        };
        for version in VERSIONS {
            let answers = Reference::shared(version).ask_all(&questions);
            for (pair, answer) in pairs.iter().zip(answers) {
                let result = ours.from_connect_header("t", "h", pair.0.as_ref(), &pair.1);
                check(version, pair, &result, &answer, same);
            }
        }
    }
}

#[test]
fn definitions() {
    for class in HEADER_CONVERTERS {
        let ours = converter::config_def(class).expect("definitions");
        for version in VERSIONS {
            let theirs = Reference::shared(version).ask(&ask::config_def(class));
            let theirs = bare(theirs.expect("definitions"));
            assert_eq!(shown(&ours), theirs, "{version:?} {class}");
        }
    }
}

#[test]
fn wrong_settings() {
    let value = Value::text("a");
    for (name, settings) in [
        ("Json", ("schemas.enable", "maybe")),
        ("Json", ("schemas.enable", "")),
        ("Json", ("schemas.cache.size", "many")),
        ("Json", ("schemas.cache.size", "-1")),
        ("Json", ("decimal.format", "hex")),
        ("Json", ("decimal.format", " Numeric ")),
        ("Json", ("replace.null.with.default", "1")),
        ("Json", ("unknown", "x")),
        ("String", ("converter.encoding", "utf-8")),
        ("String", ("converter.encoding", "UTF8")),
    ] {
        let (class, config) = (full(name), config(&[settings]));
        let question = ask::from_connect_data((class, &config, true), "t", None, &value);
        let ours: Result<(), Vec<String>> = converter::create(class, true, &config).map(drop);
        for version in VERSIONS {
            let java = Reference::shared(version).ask(&question).map(drop);
            let java = java.map_err(|thrown| vec![thrown.message.unwrap_or_default()]);
            assert_eq!(ours, java, "{version:?} {settings:?}");
        }
    }
    // Java would encode; we say so.
    let config = config(&[("converter.encoding", "UTF-16")]);
    assert!(converter::create("String", false, &config).is_err());
    assert_eq!(CONVERTERS.len() + 1, HEADER_CONVERTERS.len());
}
