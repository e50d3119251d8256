//! Bytes on the wire, and the values that a connector makes of them.

use crate::wire::{BINARY, CONTINUATION, PING, TEXT, frame};

const STRINGS: &str = "org.apache.kafka.connect.storage.StringConverter";
const BYTES: &str = "org.apache.kafka.connect.converters.ByteArrayConverter";
pub(crate) const JSON: &str = "org.apache.kafka.connect.json.JsonConverter";

/// Bytes on the wire and the values that they become.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) settings: &'static [(&'static str, &'static str)],
    pub(crate) converter: &'static str,
    pub(crate) wire: Vec<Vec<u8>>,
    pub(crate) values: Vec<Vec<u8>>,
}

fn text(text: &str) -> Vec<u8> {
    frame(true, TEXT, text.as_bytes())
}

fn binary(bytes: &[u8]) -> Vec<u8> {
    frame(true, BINARY, bytes)
}

fn values(values: &[&str]) -> Vec<Vec<u8>> {
    values
        .iter()
        .map(|value| value.as_bytes().to_vec())
        .collect()
}

fn texts() -> Vec<Case> {
    let long = "ä€🦀 long ".repeat(20_000);
    let mixed = [
        "plain",
        "",
        "käse ÿ",
        "€ and 🦀",
        "\u{0}\u{7f}\u{80}",
        "end",
    ];
    vec![
        Case {
            name: "latin-1",
            settings: &[],
            converter: STRINGS,
            wire: ["a", "käse", "ÿ\u{80}", ""].map(text).into(),
            values: values(&["a", "käse", "ÿ\u{80}", ""]),
        },
        Case {
            name: "all-planes",
            settings: &[],
            converter: STRINGS,
            wire: mixed.map(text).into(),
            values: values(&mixed),
        },
        Case {
            name: "fragments",
            settings: &[],
            converter: STRINGS,
            // A character is cut in two, and a ping comes between.
            wire: vec![
                frame(false, TEXT, b"\xe2\x82"),
                frame(true, PING, b"ping"),
                frame(false, CONTINUATION, b"\xac "),
                frame(false, CONTINUATION, b""),
                frame(true, CONTINUATION, b"whole"),
                text("next"),
            ],
            values: values(&["€ whole", "next"]),
        },
        Case {
            name: "large",
            settings: &[],
            converter: STRINGS,
            wire: vec![text("before"), text(&long), text("after")],
            values: values(&["before", &long, "after"]),
        },
    ]
}

fn others() -> Vec<Case> {
    let bytes: Vec<u8> = (0..=255).filter(|byte| *byte != b'\n').collect();
    vec![
        Case {
            name: "binary-dropped",
            settings: &[],
            converter: STRINGS,
            wire: vec![text("a"), binary(b"\xff"), text("b")],
            values: values(&["a", "b"]),
        },
        Case {
            name: "binary-as-base64",
            settings: &[("websocket.binary", "base64")],
            converter: STRINGS,
            wire: vec![text("a"), binary(b"\xff\xfe\x00"), text("b")],
            values: values(&["a", "//4A", "b"]),
        },
        Case {
            name: "binary-as-text",
            settings: &[("websocket.binary", "text")],
            converter: STRINGS,
            wire: vec![binary(b"ok \xff."), text("b")],
            values: values(&["ok \u{fffd}.", "b"]),
        },
        Case {
            name: "bytes",
            settings: &[("websocket.value.format", "bytes")],
            converter: BYTES,
            wire: vec![text("käse"), binary(&bytes), binary(b"")],
            values: vec!["käse".as_bytes().to_vec(), bytes, Vec::new()],
        },
        Case {
            name: "json",
            settings: &[
                ("websocket.value.format", "json"),
                ("value.converter.schemas.enable", "false"),
                ("errors.tolerance", "all"),
                ("transforms", "keep"),
                ("transforms.keep.type", "org.apache.kafka.connect.transforms.ReplaceField$Value"),
                ("transforms.keep.exclude", "drop"),
            ],
            converter: JSON,
            wire: [
                r#"{"drop": 1, "n": 1234567890123456789, "d": 1.5, "t": "ä€", "l": [1, null, true]}"#,
                "no JSON",
                r#"{"x": {}}"#,
            ]
            .map(text)
            .into(),
            values: values(&[
                r#"{"n":1234567890123456789,"d":1.5,"t":"ä€","l":[1,null,true]}"#,
                r#"{"x":{}}"#,
            ]),
        },
        Case {
            name: "json-with-schema",
            settings: &[("value.converter.schemas.enable", "true")],
            converter: JSON,
            wire: vec![text("käse")],
            values: values(&[
                r#"{"schema":{"type":"string","optional":false},"payload":"käse"}"#,
            ]),
        },
    ]
}

/// Records of two types in one topic: which type a message has, its frame says
/// and not its bytes.
fn mixed() -> Vec<Case> {
    vec![texts_and_bytes(), json_and_bytes()]
}

fn texts_and_bytes() -> Case {
    Case {
        name: "text-and-bytes",
        settings: &[
            ("websocket.binary", "bytes"),
            ("value.converter.schemas.enable", "true"),
        ],
        converter: JSON,
        wire: vec![
            text("a"),
            binary(b"\xff\xfe\x00"),
            text("käse €"),
            binary(b"ok"),
            binary(b"\x80"),
            text("b"),
        ],
        values: values(&[
            r#"{"schema":{"type":"string","optional":false},"payload":"a"}"#,
            r#"{"schema":{"type":"bytes","optional":false},"payload":"//4A"}"#,
            r#"{"schema":{"type":"string","optional":false},"payload":"käse €"}"#,
            r#"{"schema":{"type":"bytes","optional":false},"payload":"b2s="}"#,
            r#"{"schema":{"type":"bytes","optional":false},"payload":"gA=="}"#,
            r#"{"schema":{"type":"string","optional":false},"payload":"b"}"#,
        ]),
    }
}

fn json_and_bytes() -> Case {
    Case {
        name: "json-and-bytes",
        settings: &[
            ("websocket.value.format", "json"),
            ("websocket.binary", "bytes"),
            ("value.converter.schemas.enable", "false"),
        ],
        converter: JSON,
        wire: vec![
            text(r#"{"n":0}"#),
            binary(br#"{"n":1}"#),
            binary(b"\xff"),
            text(r#"{"n":2}"#),
        ],
        values: values(&[r#"{"n":0}"#, r#""eyJuIjoxfQ==""#, r#""/w==""#, r#"{"n":2}"#]),
    }
}

/// Records that come to nothing on their way.
fn fewer() -> Vec<Case> {
    vec![
        Case {
            name: "text-that-a-transform-refuses",
            settings: &[
                ("value.converter.schemas.enable", "false"),
                ("errors.tolerance", "all"),
                ("transforms", "cast"),
                (
                    "transforms.cast.type",
                    "org.apache.kafka.connect.transforms.Cast$Value",
                ),
                ("transforms.cast.spec", "int64"),
            ],
            converter: JSON,
            wire: ["zero", "1", "two", "3", "four"].map(text).into(),
            values: values(&["1", "3"]),
        },
        Case {
            name: "filtered",
            settings: &[
                ("websocket.value.format", "json"),
                ("value.converter.schemas.enable", "false"),
                ("transforms", "take,filter"),
                (
                    "transforms.take.type",
                    "org.apache.kafka.connect.transforms.ExtractField$Value",
                ),
                ("transforms.take.field", "keep"),
                (
                    "transforms.filter.type",
                    "org.apache.kafka.connect.transforms.Filter",
                ),
                ("transforms.filter.predicate", "empty"),
                ("predicates", "empty"),
                (
                    "predicates.empty.type",
                    "org.apache.kafka.connect.transforms.predicates.RecordIsTombstone",
                ),
            ],
            converter: JSON,
            wire: [
                r#"{"drop": 0}"#,
                r#"{"keep": 1}"#,
                r#"{"drop": 2}"#,
                r#"{"drop": 3}"#,
                r#"{"keep": 4}"#,
                r#"{"drop": 5}"#,
            ]
            .map(text)
            .into(),
            values: values(&["1", "4"]),
        },
    ]
}

/// One that fails its task at a message in the midst of others.
pub(crate) fn failing() -> Case {
    let wire = [r#"{"n": 0}"#, r#"{"n": 1}"#, "no JSON", r#"{"n": 3}"#];
    Case {
        name: "failing",
        settings: &[
            ("websocket.value.format", "json"),
            ("value.converter.schemas.enable", "false"),
            ("errors.tolerance", "none"),
            // They lie in the producer when the task fails.
            ("producer.override.linger.ms", "3000"),
        ],
        converter: JSON,
        wire: wire.map(text).into(),
        values: values(&[r#"{"n":0}"#, r#"{"n":1}"#]),
    }
}

/// All cases whose tasks do not fail.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = texts();
    cases.extend(others());
    cases.extend(mixed());
    cases.extend(fewer());
    cases
}
