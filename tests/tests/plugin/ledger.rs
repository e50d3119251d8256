//! Every message is in its place in a task's last account.

use std::collections::BTreeMap;

use end_to_end::connect::{Api, CLASS};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::ledger::Ledger;
use serde_json::json;

use crate::cases::JSON;
use crate::shared::standalone;
use crate::wire::{TEXT, frame, serve};

/// What one connector receives, and what becomes of it.
struct Account {
    name: &'static str,
    settings: &'static [(&'static str, &'static str)],
    messages: &'static [&'static str],
    /// What Kafka gets.
    written: &'static [&'static str],
    /// Messages that are not JSON.
    failed: u64,
}

const ACCOUNTS: [Account; 2] = [
    Account {
        name: "ledger-filter",
        settings: &[
            ("transforms", "take,drop"),
            (
                "transforms.take.type",
                "org.apache.kafka.connect.transforms.ExtractField$Value",
            ),
            ("transforms.take.field", "keep"),
            (
                "transforms.drop.type",
                "org.apache.kafka.connect.transforms.Filter",
            ),
            ("transforms.drop.predicate", "empty"),
            ("predicates", "empty"),
            (
                "predicates.empty.type",
                "org.apache.kafka.connect.transforms.predicates.RecordIsTombstone",
            ),
        ],
        messages: &[
            r#"{"drop":0}"#,
            r#"{"keep":1}"#,
            r#"{"drop":2}"#,
            r#"{"drop":3}"#,
            r#"{"keep":4}"#,
        ],
        written: &["1", "4"],
        failed: 0,
    },
    Account {
        name: "ledger-tolerance",
        settings: &[
            ("errors.tolerance", "all"),
            ("transforms", "cast"),
            (
                "transforms.cast.type",
                "org.apache.kafka.connect.transforms.Cast$Value",
            ),
            ("transforms.cast.spec", "int64"),
        ],
        messages: &["no JSON", "1", r#"{"no":"number"#, r#""two""#, "{", "3"],
        written: &["1", "3"],
        failed: 3,
    },
];

against_each_kafka!(what_is_not_written_is_in_its_place);

fn what_is_not_written_is_in_its_place(version: Version) {
    let (kafka, worker) = (Kafka::shared(version), standalone(version));
    let texts = ACCOUNTS.iter().map(|account| {
        let frames = account.messages.iter();
        let frames = frames.map(|text| frame(true, TEXT, text.as_bytes()));
        frames.collect::<Vec<_>>().concat()
    });
    let port = serve(texts.collect());
    for (number, account) in ACCOUNTS.iter().enumerate() {
        let name = account.name;
        let mut config = json!({
            "connector.class": CLASS,
            "websocket.url": format!("ws://127.0.0.1:{port}/{number}"),
            "kafka.topic": name,
            "websocket.value.format": "json",
            "value.converter": JSON,
            "value.converter.schemas.enable": "false",
            // The server answers none.
            "websocket.ping.interval.ms": "0",
        });
        for (key, value) in account.settings {
            config[*key] = json!(value);
        }
        let path = format!("/connectors/{name}/config");
        worker.expect(201, "PUT", &path, Some(&config));
        let messages = account.messages.len() as u64;
        // The last one is written.
        worker.wait_for_sequence(name, messages);
        worker.delete(name);
        let ledger = Ledger::of_last_line(&worker.wait_for_line(name, "Stopped - "));
        let written = account.written.len() as u64;
        let mut expected = Ledger {
            received: messages,
            acknowledged: written,
            dropped: ledger
                .dropped
                .keys()
                .map(|name| (name.clone(), 0))
                .collect(),
            ..Ledger::default()
        };
        expected.dropped.insert("error".to_owned(), account.failed);
        let filtered = messages - written - account.failed;
        expected.removed = BTreeMap::from([("filter".to_owned(), filtered)]);
        assert_eq!(ledger, expected, "{name}");
        assert_eq!(kafka.read_all(name), account.written);
    }
}
