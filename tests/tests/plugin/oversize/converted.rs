//! What counts is the record that the producer gets, behind Connect's transforms
//! and converters.

use end_to_end::connect::Builder;
use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::{number, numbers};
use serde_json::Value;

use super::{LIMIT, MESSAGES, VERSION, assert_told, delivered, others, shared};
use crate::cases::JSON;
use crate::shared::with_commits;

/// Kafka's default.
const DEFAULT_LIMIT_BYTES: usize = 1 << 20;
/// What Kafka counts for a record of such a size without a key and headers.
const RECORD_BYTES: usize = 61 + 21 + 1 + 3 + 1;
/// The largest message that Kafka's default takes as it is.
const FITS: usize = DEFAULT_LIMIT_BYTES - RECORD_BYTES;

/// Messages of which each is a JSON text in a record that is JSON.
fn texts(records: &[String]) -> Vec<u64> {
    let text = |record: &String| serde_json::from_str::<String>(record).expect("a JSON text");
    let numbered = |record| number(text(record).as_bytes());
    records.iter().map(numbered).collect()
}

/// Real producers have the last word: what is a byte smaller is sent, and what
/// is not would fail the task.
#[test]
fn a_record_that_just_fits_is_sent_and_one_that_is_a_byte_larger_is_left_out() {
    for version in [Version::V3_9, Version::V4_1] {
        let fits = delivered(shared(version), "plugin-oversize-fits", FITS, &[]);
        assert_eq!(numbers(&fits), (0..MESSAGES).collect::<Vec<_>>());
        let beyond = delivered(shared(version), "plugin-oversize-beyond", FITS + 1, &[]);
        assert_eq!(numbers(&beyond), others());
    }
}

#[test]
fn what_a_converter_makes_too_large_is_left_out() {
    const NAME: &str = "plugin-oversize-converter";
    for (version, converter) in [
        // Connect 3.9 never answers a connector with a short name there.
        (Version::V3_9, JSON),
        (Version::V4_1, "JsonConverter"),
    ] {
        let settings = [
            ("value.converter", converter),
            ("value.converter.schemas.enable", "false"),
        ];
        let written = delivered(shared(version), NAME, FITS, &settings);
        assert_eq!(texts(&written), others());
    }
}

#[test]
fn what_a_transform_makes_too_large_is_left_out() {
    const NAME: &str = "plugin-oversize-inflated";
    let literal = "v".repeat(300);
    let transforms = [
        (LIMIT, "10000"),
        ("transforms", "header"),
        // Connect has short names for plugins.
        ("transforms.header.type", "InsertHeader"),
        ("transforms.header.header", "h"),
        ("transforms.header.value.literal", literal.as_str()),
    ];
    let written = delivered(shared(VERSION), NAME, 9_800, &transforms);
    assert_eq!(numbers(&written), others());
}

#[test]
fn what_a_transform_makes_small_is_delivered() {
    const NAME: &str = "plugin-oversize-extracted";
    let transforms = [
        ("websocket.value.format", "json"),
        ("transforms", "seq"),
        (
            "transforms.seq.type",
            "org.apache.kafka.connect.transforms.ExtractField$Value",
        ),
        ("transforms.seq.field", "seq"),
    ];
    let written = delivered(shared(VERSION), NAME, 2 << 20, &transforms);
    let all: Vec<_> = (0..MESSAGES).map(|number| number.to_string()).collect();
    assert_eq!(written, all);
}

/// With what the worker has looked up for a variable.
#[test]
fn the_worker_s_own_converters_and_limit_count() {
    const NAME: &str = "plugin-oversize-worker-converter";
    const LIMIT_BYTES: usize = 20_000;
    let kafka = Kafka::shared(VERSION);
    let builder = with_commits(Builder::standalone(kafka))
        .set("value.converter", JSON)
        .set("value.converter.schemas.enable", "true")
        .set("config.providers", "env")
        .set(
            "config.providers.env.class",
            "org.apache.kafka.common.config.provider.EnvVarConfigProvider",
        )
        .set("producer.max.request.size", "${env:LIMIT}")
        .environment("LIMIT", &LIMIT_BYTES.to_string());
    let worker = builder.start();
    // Without a class beside it this has no effect.
    let own = [("value.converter.schemas.enable", "false")];
    let written = delivered((&worker, kafka), NAME, LIMIT_BYTES - 150, &own);
    let payload = |record: &String| {
        let record: Value = serde_json::from_str(record).expect("JSON");
        number(record["payload"].as_str().expect("a text").as_bytes())
    };
    assert_eq!(written.iter().map(payload).collect::<Vec<_>>(), others());
    assert_told(&worker, NAME, "20000");
}
