//! The native worker and the plugin make the same records of the same bytes.

use std::collections::BTreeMap;
use std::thread;

use end_to_end::connect::Api;
use end_to_end::kafka::{Kafka, Version};
use end_to_end::process::command;
use end_to_end::tools;
use end_to_end::wait::until_true;
use end_to_end::worker::Worker;
use serde_json::{Value, json};

use crate::shared::standalone;
use crate::wire::{BINARY, CONTINUATION, PING, TEXT, frame, serve};

against_each_kafka!(the_same_bytes_become_the_same_records_in_both_hosts);

const STRINGS: &str = "org.apache.kafka.connect.storage.StringConverter";
const BYTES: &str = "org.apache.kafka.connect.converters.ByteArrayConverter";
const JSON: &str = "org.apache.kafka.connect.json.JsonConverter";

/// Bytes on the wire and the values that they become.
struct Case {
    name: &'static str,
    settings: &'static [(&'static str, &'static str)],
    converter: &'static str,
    wire: Vec<Vec<u8>>,
    values: Vec<Vec<u8>>,
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

/// Its topic's name, and the connector's.
fn topic(host: &str, case: &Case) -> String {
    format!("same-{host}-{}", case.name)
}

fn connector(host: &str, case: &Case, number: usize, port: u16) -> Value {
    let name = topic(host, case);
    let mut config = json!({
        "connector.class": "io.conduktor.connect.websocket.WebSocketSourceConnector",
        "websocket.url": format!("ws://127.0.0.1:{port}/{number}"),
        "kafka.topic": name,
        "value.converter": case.converter,
        // The server answers none.
        "websocket.ping.interval.ms": "0",
    });
    for (key, value) in case.settings {
        config[*key] = Value::from(*value);
    }
    json!({"name": name, "config": config})
}

fn the_same_bytes_become_the_same_records_in_both_hosts(version: Version) {
    let kafka = Kafka::shared(version);
    let cases: Vec<Case> = texts().into_iter().chain(others()).collect();
    let port = serve(cases.iter().map(|case| case.wire.concat()).collect());
    let (native, real) = (Worker::builder(kafka).start(), standalone(version));
    for (number, case) in cases.iter().enumerate() {
        let body = connector("native", case, number, port);
        let created = native.request("POST", "/connectors", Some(&body));
        assert_eq!(created.status, 201, "{}", created.body);
        let body = connector("plugin", case, number, port);
        real.expect(201, "POST", "/connectors", Some(&body));
    }
    let expected: BTreeMap<String, u64> = cases
        .iter()
        .flat_map(|case| {
            ["native", "plugin"].map(|host| (topic(host, case), case.values.len() as u64))
        })
        .collect();
    until_true("all records are there, and no more", || {
        kafka.records_of("same-.*") == expected
    });
    let servers = kafka.bootstrap();
    thread::scope(|scope| {
        for case in &cases {
            for host in ["native", "plugin"] {
                let servers = &servers;
                scope.spawn(move || {
                    let topic = topic(host, case);
                    let seen = read(servers, &topic, case.values.len());
                    let same = members_sorted(case, &seen) == members_sorted(case, &case.values);
                    assert!(same, "{topic}: {}", shown(&seen));
                });
            }
        }
    });
    for case in &cases {
        real.delete(&topic("plugin", case));
    }
}

/// The first values in a topic; none has a line feed.
fn read(servers: &str, topic: &str, count: usize) -> Vec<Vec<u8>> {
    let consume = [
        "consume",
        "--bootstrap-server",
        servers,
        "--topic",
        topic,
        "--from-beginning",
    ];
    let output = command(tools::worker_binary())
        .args(consume)
        .args(["--max-messages", &count.to_string()])
        .args(["--timeout-ms", "60000"])
        .output();
    let output = output.expect("the consumer runs");
    assert!(output.status.success(), "{output:?}");
    let output = output.stdout;
    let text = output.strip_suffix(b"\n").unwrap_or_default();
    text.split(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

/// Java's maps have an order of their own for the members of an object.
fn members_sorted(case: &Case, values: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let sorted = |value: &Vec<u8>| match serde_json::from_slice::<Value>(value) {
        Ok(mut json) if case.converter == JSON => {
            json.sort_all_objects();
            json.to_string().into_bytes()
        }
        _ => value.clone(),
    };
    values.iter().map(sorted).collect()
}

fn shown(values: &[Vec<u8>]) -> String {
    let texts = values.iter().map(|value| {
        let text = String::from_utf8_lossy(value);
        text.chars().take(200).collect::<String>()
    });
    format!("{:?}", texts.collect::<Vec<_>>())
}
