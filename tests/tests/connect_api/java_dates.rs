//! Dates as text and back, and timestamps of any size, against Java's.

use connect_api::data::Value;
use connect_api::record::Record;
use connect_api::transform;
use end_to_end::kafka::Version;
use end_to_end::reference::{Reference, ask, decode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value as Json;

use super::generate::{date, samples};
use super::helpers::{config, record};

fn date_pattern() -> impl Strategy<Value = String> {
    let letter = select("GyMLdkHmsSEDFwWahKzZYuX".chars().collect::<Vec<_>>());
    let field = (letter, 1..5_usize).prop_map(|(letter, count)| {
        let count = if letter == 'X' { count.min(3) } else { count };
        letter.to_string().repeat(count)
    });
    let usual = select(vec![
        "yyyy", "MM", "dd", "HH", "mm", "ss", "SSS", "MMM", "EEE",
    ]);
    let between = select(vec!["-", "/", " ", ":", ".", "'T'", "''", "", "", ", "]);
    let odd = select(vec!["b", "'x", "XXXX", "é", "'o''clock'"]);
    let part = prop_oneof![
        8 => usual.prop_map(str::to_owned),
        6 => field,
        10 => between.prop_map(str::to_owned),
        1 => odd.prop_map(str::to_owned),
    ];
    vec(part, 1..8).prop_map(|parts| parts.concat())
}

#[test]
fn dates_are_printed_as_java_does() {
    let class = "org.apache.kafka.connect.transforms.TimestampRouter";
    let cases = samples(51, 3_000, &(date_pattern(), date()));
    let config = |pattern: &str| {
        config(&[
            ("topic.format", "${timestamp}"),
            ("timestamp.format", pattern),
        ])
    };
    let of = |ms: i64| record("t", Some(ms), Value::Null);
    let questions: Vec<Json> = cases
        .iter()
        .map(|(pattern, ms)| ask::transform(class, &config(pattern), &of(*ms)))
        .collect();
    let answers = Reference::shared(Version::V3_9).ask_all(&questions);
    for ((pattern, ms), answer) in cases.iter().zip(answers) {
        let transform = transform::create(class, &config(pattern)).unwrap();
        let ours = transform.apply(of(*ms)).map(|record| record.unwrap().topic);
        let theirs = answer.map(|record| record["topic"].as_str().unwrap().to_owned());
        let theirs = theirs.map_err(|thrown| thrown.message.unwrap());
        assert_eq!(
            ours.map_err(|error| error.message),
            theirs,
            "{pattern} {ms}"
        );
    }
}

#[test]
fn dates_are_read_as_java_does() {
    let class = "org.apache.kafka.connect.transforms.TimestampConverter$Value";
    let damage = (
        0..30_usize,
        select(vec!["", "", "", "", "x", " ", "-", "9"]),
    );
    let cases = samples(52, 3_000, &(date_pattern(), date(), damage));
    let config = |pattern: &str| config(&[("target.type", "unix"), ("format", pattern)]);
    let printed = |pattern: &str, ms: i64| {
        let format = connect_api::java::DateFormat::new(pattern).ok()?;
        Some(format.format(ms))
    };
    let cases: Vec<(String, String)> = cases
        .into_iter()
        .filter_map(|(pattern, ms, (at, what))| {
            let mut text = printed(&pattern, ms)?;
            if text.is_char_boundary(at) {
                text.insert_str(at, what);
            }
            (!pattern.trim().is_empty()).then_some((pattern, text))
        })
        .collect();
    let questions: Vec<Json> = cases
        .iter()
        .map(|(pattern, text)| {
            let record = record("t", None, Value::text(text.as_str()));
            ask::transform(class, &config(pattern), &record)
        })
        .collect();
    let answers = Reference::shared(Version::V3_9).ask_all(&questions);
    let mut read = 0;
    for ((pattern, text), answer) in cases.iter().zip(answers) {
        let transform = transform::create(class, &config(pattern)).unwrap();
        let ours = transform.apply(record("t", None, Value::text(text.as_str())));
        let ours = ours.map(|record| record.unwrap().value);
        let theirs = answer.map(|record| decode::record(&record).unwrap().value);
        let theirs = theirs.map_err(|thrown| thrown.message.unwrap());
        assert_eq!(
            ours.map_err(|error| error.message),
            theirs,
            "{pattern} {text}"
        );
        read += usize::from(theirs.is_ok());
    }
    assert!(read > 1_000, "{read}");
}

/// Where 64 bits of milliseconds, and the 32 of a calendar's fields, end.
fn extremes() -> Vec<Value> {
    let near = [0, 1, 43_200_000, 86_399_999, 86_400_000, 172_800_001];
    let low = near.iter().map(|more| i64::MIN + more);
    let numbers: Vec<i64> = low.chain(near.iter().map(|less| i64::MAX - less)).collect();
    let years = [
        "292278994",
        "292278995",
        "-292269055",
        "2147483647",
        "-2147483648",
        "99999999999",
    ];
    let ends = [
        "-1-1 0",
        "-2147483647-1 0",
        "-1--2147483648 0",
        "-12-31 2147483647",
        "--2147483648-1 0",
        "-1-1 -2147483648",
    ];
    let texts = years
        .iter()
        .flat_map(|year| ends.iter().map(move |end| format!("{year}{end}")));
    let dates = numbers.iter().map(|ms| Value::Date(*ms));
    let units = numbers.iter().map(|ms| Value::Int64(*ms));
    dates.chain(units).chain(texts.map(Value::String)).collect()
}

#[test]
fn timestamps_at_the_limits_are_java_s() {
    let class = "org.apache.kafka.connect.transforms.TimestampConverter$Value";
    let targets = ["string", "unix", "Date", "Time", "Timestamp"];
    let units = ["seconds", "milliseconds", "microseconds", "nanoseconds"];
    let configs = targets
        .iter()
        .flat_map(|target| units.iter().map(move |unit| (*target, *unit)));
    for (target, unit) in configs {
        let config = config(&[
            ("target.type", target),
            ("unix.precision", unit),
            ("format", "y-M-d H"),
        ]);
        let transform = transform::create(class, &config).unwrap();
        let records: Vec<Record> = extremes()
            .into_iter()
            .map(|value| record("t", None, value))
            .collect();
        let questions: Vec<Json> = records
            .iter()
            .map(|record| ask::transform(class, &config, record))
            .collect();
        let answers = Reference::shared(Version::V3_9).ask_all(&questions);
        for (record, answer) in records.into_iter().zip(answers) {
            let asked = record.value.clone();
            let ours = transform.apply(record).map(|record| record.unwrap().value);
            let theirs = answer.map(|record| decode::record(&record).unwrap().value);
            let theirs = theirs.map_err(|thrown| thrown.message.unwrap());
            let ours = ours.map_err(|error| error.message);
            assert_eq!(ours, theirs, "{target} {unit} {asked:?}");
        }
    }
}
