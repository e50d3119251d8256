//! Settings as Kafka's `ConfigDef` parses them.

use connect_api::config::{ConfigDef, ConfigKey, ConfigValue, Default, Importance, Type};
use connect_api::data::Value;
use end_to_end::kafka::Version;
use end_to_end::reference::{Reference, ask, decode};
use proptest::prelude::*;
use proptest::sample::select;

use crate::generate::samples;

const TYPES: [Type; 8] = [
    Type::Boolean,
    Type::String,
    Type::Int,
    Type::Short,
    Type::Long,
    Type::Double,
    Type::List,
    Type::Password,
];

/// Blanks, bounds, and what only looks like a number.
const EDGES: [&str; 52] = [
    "",
    " ",
    "\t x \n",
    "TRUE",
    " False ",
    "yes",
    "+1",
    "-0",
    "+",
    "-",
    "--1",
    "32767",
    "32768",
    "-32768",
    "2147483647",
    "2147483648",
    "-2147483649",
    "9223372036854775807",
    "9223372036854775808",
    "1.5",
    "1e3",
    "1E-400",
    "1e400",
    "1f",
    "1D",
    "1L",
    ".5",
    "5.",
    ".",
    "1e",
    "NaN",
    "-NaN",
    "nan",
    "Infinity",
    "+Infinity",
    "infinity",
    "inf",
    "1_0",
    "0x10",
    "a, b ,c",
    ",",
    ",,a",
    "a,",
    " , ",
    "a\u{1},b",
    "a\u{b},\u{c}b",
    "\u{a0}1",
    "\u{3000}1",
    "\u{1}1\u{0}",
    "a\u{2003}, b",
    "- 1",
    "1 2",
];

fn ours(kind: Type, text: &str) -> Result<Value, String> {
    let key = ConfigKey::new("k", kind, Default::Required, Importance::High, "");
    let def = ConfigDef::default().define(ConfigKey {
        // Java hides a password in the value, not in what it throws.
        secret: false,
        ..key
    });
    let parsed = def
        .parse(&[("k".to_owned(), text.to_owned())].into())
        .remove(0);
    if let Some(error) = parsed.errors.into_iter().next() {
        return Err(error);
    }
    Ok(match parsed.value {
        ConfigValue::Null => Value::Null,
        ConfigValue::Boolean(value) => Value::Boolean(value),
        ConfigValue::Text(text) => Value::String(text),
        ConfigValue::Double(value) => Value::Float64(value),
        ConfigValue::List(entries) => {
            Value::Array(entries.into_iter().map(Value::String).collect())
        }
        ConfigValue::Number(value) => match kind {
            Type::Short => Value::Int16(value.try_into().expect("its type")),
            Type::Int => Value::Int32(value.try_into().expect("its type")),
            _ => Value::Int64(value),
        },
    })
}

#[test]
fn texts_of_every_type() {
    let noise = prop_oneof![
        "[ \t0-9,+.eE-]{0,6}",
        "[ -~]{0,10}",
        "(true|false|TRUE|tru|1[.]5|-?[0-9]{1,20})[ dDfF\n]{0,2}",
        select(vec!["\u{1680}", "\u{85}", "é , ß", "\u{feff}1"]).prop_map(str::to_owned),
    ];
    let noise = samples(60, 400, &noise);
    let texts: Vec<&str> = EDGES
        .into_iter()
        .chain(noise.iter().map(String::as_str))
        .collect();
    let cases = || {
        TYPES
            .into_iter()
            .flat_map(|kind| texts.iter().map(move |text| (kind, *text)))
    };
    let questions: Vec<_> = cases()
        .map(|(kind, text)| ask::parse_type("k", text, kind.name()))
        .collect();
    let answers = Reference::shared(Version::V3_9).ask_all(&questions);
    for ((kind, text), answer) in cases().zip(answers) {
        let java = answer.map(|value| decode::value(&value));
        let java = java.map_err(|thrown| thrown.message.unwrap_or_default());
        assert_eq!(ours(kind, text), java, "{kind:?} {text:?}");
    }
}
