//! Regular expressions and literals against Java's, on generated patterns and
//! texts.

use connect_api::data::{Value, parse_string};
use connect_api::predicate;
use end_to_end::kafka::Version;
use end_to_end::reference::{Reference, ask, decode, encode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};

use super::generate::samples;
use super::helpers::{VERSIONS, config, record};

/// What patterns are put together of.
const PARTS: &[&str] = &[
    "a",
    "b",
    "ab",
    "1",
    "-",
    "_",
    ".",
    "|",
    "(",
    ")",
    "(?:",
    "(?=",
    "(?!",
    "(?<x>",
    "(?>",
    "(?i)",
    "(?i:",
    "(?-s)",
    "(?-x)",
    "(?i--:",
    "(?c)",
    "[",
    "]",
    "[^",
    "[a-c",
    "&&",
    "*",
    "+",
    "?",
    "{2}",
    "{1,",
    "}",
    "{",
    "^",
    "$",
    "\\d",
    "\\D",
    "\\w",
    "\\W",
    "\\s",
    "\\S",
    "\\b",
    "\\1",
    "\\k<x>",
    "\\.",
    "\\-",
    "\\Q",
    "\\E",
    "\\x61",
    "\\x{62}",
    "\\u0061",
    "\\0141",
    "\\p{L}",
    "\\p{Alpha}",
    "\\P{Upper}",
    "\\pN",
    "\\p{Foo}",
    "\\h",
    "\\R",
    "\\Z",
    "\\t",
    "\\cA",
    "\\q",
    "\\",
    "#",
    " ",
    "~",
    "é",
];

fn pattern() -> impl Strategy<Value = String> {
    let part = select(PARTS);
    vec(part, 1..7).prop_map(|parts| parts.concat())
}

/// What is said of a pattern whose translation there is none for.
const OURS: [&str; 2] = ["Unsupported pattern", "Too deeply nested"];

#[test]
fn regular_expressions_are_java_s() {
    const TOPICS: [&str; 6] = ["a", "ab", "b1", "abab", "a-b_1.", "Ab"];
    let class = "org.apache.kafka.connect.transforms.predicates.TopicNameMatches";
    let patterns = samples(50, 2_500, &pattern());
    let configs: Vec<_> = patterns
        .iter()
        .map(|p| config(&[("pattern", p.trim())]))
        .collect();
    let cases = || {
        let pairs = configs.iter();
        pairs.flat_map(|config| TOPICS.iter().map(move |topic| (config, *topic)))
    };
    let questions: Vec<Json> = cases()
        .map(|(config, topic)| ask::predicate(class, config, &record(topic, None, Value::Null)))
        .collect();
    let answers = Reference::shared(Version::V3_9).ask_all(&questions);
    let (mut valid, mut untranslated) = (0, 0);
    for ((config, topic), answer) in cases().zip(answers) {
        let pattern = &config["pattern"];
        match (predicate::create(class, config), answer) {
            (Ok(ours), Ok(theirs)) => {
                valid += 1;
                let ours = ours.test(&record(topic, None, Value::Null));
                assert_eq!(json!(ours), theirs, "{pattern} {topic}");
            }
            (Err(errors), Err(thrown)) => {
                assert_eq!(Some(&errors[0]), thrown.message.as_ref(), "{pattern}");
            }
            (Err(errors), Ok(_)) if OURS.iter().any(|ours| errors[0].contains(ours)) => {
                untranslated += 1;
            }
            (ours, theirs) => panic!("{pattern}: {ours:?} {theirs:?}"),
        }
    }
    assert!(valid > 1_500, "{valid}");
    assert!(untranslated * 50 < valid, "{untranslated}");
}

fn literal() -> impl Strategy<Value = String> {
    let token = select(vec![
        "1",
        "-5",
        "300",
        "70000",
        "3000000000",
        "1.5",
        "0.10",
        "1e3",
        "1e40",
        "1e400",
        "+7",
        "12345678901234567890",
        "true",
        "false",
        "null",
        "\"a\"",
        "\"b c\"",
        "text",
        "\"\"",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        " ",
        "\\",
        "\\:",
        "2020-01-31",
        "00:00:01.500Z",
        "2020-01-31T12:30:00.000Z",
        "\"2020-01-31\"",
        "é",
        "NaN",
        "-",
        "\"",
        "[1,2]",
        "{\"a\":1}",
        "[]",
        "{}",
        "[\"x\",\"y\"]",
        "1,",
        "\"k\":",
    ]);
    prop_oneof![
        3 => vec(token.clone(), 1..6).prop_map(|tokens| tokens.concat()),
        1 => vec(token.clone(), 0..4).prop_map(|tokens| format!("[{}]", tokens.join(","))),
        1 => vec((token.clone(), token), 0..4).prop_map(|pairs| {
            let pairs: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}:{v}")).collect();
            format!("{{{}}}", pairs.join(","))
        }),
    ]
}

#[test]
fn literals_are_java_s() {
    let texts = samples(53, 4_000, &literal());
    let questions: Vec<Json> = texts.iter().map(|text| ask::parse_string(text)).collect();
    let answers = VERSIONS.map(|version| Reference::shared(version).ask_all(&questions));
    let texts = texts.iter().cycle();
    for (text, answer) in texts.zip(answers.into_iter().flatten()) {
        let (schema, value) = parse_string(text);
        let schema = schema.as_deref().map(encode::schema);
        let ours = json!({"schema": schema, "value": encode::value(&value)});
        let theirs = answer.map(|both| {
            let (schema, value) = decode::schema_and_value(&both);
            let schema = schema.as_ref().map(encode::schema);
            encode::canonical(json!({"schema": schema, "value": encode::value(&value)}))
        });
        assert_eq!(Ok(encode::canonical(ours)), theirs, "{text}");
    }
}
