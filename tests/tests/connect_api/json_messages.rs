//! Messages as Kafka's `JsonConverter` reads them without schemas.

use connect_api::converter::parse_json;
use end_to_end::kafka::Version;
use end_to_end::reference::{Answer, Reference, ask, decode};
use proptest::prelude::*;
use proptest::sample::select;

use crate::generate::samples;
use crate::helpers::{VERSIONS, config};

/// Compares all texts and gives the number of those that are JSON.
fn compare(texts: &[String]) -> usize {
    let config = config(&[("schemas.enable", "false")]);
    let class = "org.apache.kafka.connect.json.JsonConverter";
    let question =
        |text: &String| ask::to_connect_data((class, &config, false), "t", Some(text.as_bytes()));
    let questions: Vec<_> = texts.iter().map(question).collect();
    for version in VERSIONS {
        for (text, answer) in texts
            .iter()
            .zip(Reference::shared(version).ask_all(&questions))
        {
            if version == Version::V3_9 || !has_huge_exponent(text) {
                check(text, answer);
            }
        }
    }
    let read = texts.iter().filter(|text| parse_json(text).is_ok());
    read.count()
}

fn check(text: &str, answer: Answer) {
    match (parse_json(text), answer) {
        (Ok(ours), Ok(java)) => {
            let (schema, java) = decode::schema_and_value(&java);
            assert_eq!(schema, None);
            assert_eq!(ours, java, "{text:?}");
        }
        (Err(ours), Err(java)) => {
            assert_eq!(ours.class, java.class, "{text:?}");
            // Ours goes on to say why.
            let begins = |message: &String| ours.message.starts_with(message);
            let java = java.message.filter(|message| !message.is_empty());
            assert!(
                java.as_ref().is_some_and(begins),
                "{text:?}: {ours} {java:?}"
            );
        }
        (ours, java) => panic!("{text:?}: ours {ours:?}, Java {java:?}"),
    }
}

/// A number of 4.1's must have an exponent of 32 bits; to 3.9 and us others are
/// zero or infinite.
fn has_huge_exponent(text: &str) -> bool {
    let exponent = regex::Regex::new("[0-9][eE][-+]?([0-9]+)").expect("a pattern");
    let mut exponents = exponent.captures_iter(text);
    exponents.any(|found| found[1].parse::<i32>().is_err())
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?[0-9]{1,4}",
        "-?[0-9]{15,45}",
        "-?[0-9]{1,20}[.][0-9]{1,20}",
        "-?[0-9]{1,3}([.][0-9]{1,3})?[eE][+-]?[0-9]{1,12}",
    ]
}

/// Java tells surrogates without their pair from each other, which UTF-8 cannot
/// have: they are not in names.
fn string(escape: &'static str) -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[a-z é😀/]{0,5}",
        "\\\\[\"\\\\/bfnrt]",
        escape,
        "\\\\u[dD][89abAB][0-9a-f]{2}\\\\u[dD][c-fC-F][0-9a-f]{2}",
    ];
    proptest::collection::vec(part, 0..4).prop_map(|parts| format!("\"{}\"", parts.concat()))
}

/// What is JSON, also to Java.
fn json() -> BoxedStrategy<String> {
    let word = select(vec!["true", "false", "null", "[]", "{}", "[ ]"]);
    let leaf = prop_oneof![
        number(),
        string("\\\\u[0-9a-fA-F]{4}"),
        word.prop_map(str::to_owned)
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let blank = select(vec!["", " ", "\n\t", "\r"]);
        let array = (
            proptest::collection::vec(inner.clone(), 1..5),
            blank.clone(),
        );
        let array = array.prop_map(|(items, blank)| {
            format!("[{blank}{}{blank}]", items.join(&format!("{blank},")))
        });
        // Few names, so that some come twice.
        let name = prop_oneof![
            string("\\\\u[0-9a-c][0-9a-fA-F]{3}"),
            select(vec!["\"a\"", "\"b\""]).prop_map(str::to_owned)
        ];
        let members = prop_oneof![
            9 => proptest::collection::vec((name.clone(), inner.clone()), 1..5),
            1 => proptest::collection::vec((name, inner), 20..40),
        ];
        let object = (members, blank).prop_map(|(members, blank)| {
            let member = |(name, value)| format!("{name}{blank}:{value}{blank}");
            let members: Vec<String> = members.into_iter().map(member).collect();
            format!("{{{}}}", members.join(","))
        });
        prop_oneof![array, object]
    })
    .boxed()
}

#[test]
fn messages_that_are_json() {
    let texts = samples(50, 2_000, &json());
    assert_eq!(compare(&texts), texts.len());
}

/// One character is added, replaced or taken away.
#[test]
fn messages_that_may_be_json() {
    let noise: Vec<char> = "{}[]\",:\\0.-+eEtfnu/#'a_é \n\u{b}\u{a0}\u{1}"
        .chars()
        .collect();
    let change = (any::<prop::sample::Index>(), select(noise), 0..3);
    let damaged = (json(), change).prop_map(|(text, (place, noise, change))| {
        let mut characters: Vec<char> = text.chars().collect();
        let at = place.index(characters.len());
        match change {
            0 => characters.insert(at, noise),
            1 => characters[at] = noise,
            _ => drop(characters.remove(at)),
        }
        characters.into_iter().collect()
    });
    let read = compare(&samples(51, 3_000, &damaged));
    assert!((300..2_700).contains(&read), "{read}");
}

#[test]
fn messages_that_look_like_numbers() {
    let soup = prop_oneof![
        2 => "[-+0-9.eE]{1,7}[ ,x]?",
        1 => "-?[0-9]{1,3}([.][0-9]{1,3})?([eE][-+]?[0-9]{1,2})?[ ,x]?",
    ];
    let read = compare(&samples(52, 1_500, &soup));
    assert!((250..1_250).contains(&read), "{read}");
}

#[test]
fn messages_at_the_limits() {
    let digits = |count: usize| "1".repeat(count);
    let named = |count: usize| format!("{{\"{}\":1}}", "a".repeat(count));
    let texts = vec![
        String::new(),
        " \n".to_owned(),
        "\u{FEFF}1".to_owned(),
        digits(1_000),
        digits(1_001),
        format!("-{}", digits(1_000)),
        format!("{}e50", digits(998)),
        format!("{}e50", digits(999)),
        format!("1.{}", digits(999)),
        format!("1.{}", digits(1_000)),
        format!("00000{}", digits(1_000)),
        named(50_000),
        named(50_001),
        format!("{}{}", "[".repeat(1_001), "]".repeat(1_001)),
        format!("{}1{}", "{\"a\":".repeat(1_001), "}".repeat(1_001)),
    ];
    assert_eq!(compare(&texts), 9);
}
