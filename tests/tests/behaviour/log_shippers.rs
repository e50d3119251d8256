//! What Logstash, Promtail, Grafana Alloy, Vector and Fluent Bit make of the
//! worker's log with the configurations of `monitor/logs`: all the same, for
//! every line of both layouts; and what the documented queries find in it.
//!
//! Vector's program runs in Vector's engine; Logstash's grok and Fluent Bit's
//! expressions run in the engines that they have. Promtail's and Alloy's
//! stages run in Go's dialect, of which this crate's `regex` has the syntax and
//! the semantics. The whole of Logstash's file is read by a grammar of its
//! language; of the others the rest is only read as YAML.

mod engines;
mod expected;
mod grok;
mod queries;
mod stages;

use std::collections::BTreeSet;

use crate::shown_logs::logs;
use expected::{Fields, expected_json, expected_text};

/// What the lines of a run must bring, or nothing would be shown of it.
const SEEN: [&str; 15] = [
    "timestamp",
    "level",
    "component",
    "connector",
    "task",
    "message_text",
    "queue_current",
    "queue_max",
    "queue_percent",
    "received",
    "reconnects",
    "dropped",
    "reconnect_attempt",
    "http_status",
    "close_code",
];

/// The lines of both logs with what is in them.
fn lines() -> (Vec<&'static str>, Vec<Fields>) {
    let logs = logs();
    let (mut lines, mut fields) = (Vec::new(), Vec::new());
    for (log, expected) in [
        (&logs.text, expected_text as fn(&str) -> Fields),
        (&logs.json, expected_json),
    ] {
        let of_log: Vec<Fields> = log.lines().map(expected).collect();
        let names: BTreeSet<&str> = of_log
            .iter()
            .flat_map(|fields| fields.keys().map(String::as_str))
            .collect();
        for name in SEEN {
            assert!(names.contains(name), "no {name} in:\n{log}");
        }
        lines.extend(log.lines());
        fields.extend(of_log);
    }
    (lines, fields)
}

fn assert_same(tool: &str, lines: &[&str], found: &[Fields], expected: &[Fields]) {
    assert_eq!(found.len(), lines.len(), "{tool}");
    for ((line, found), expected) in lines.iter().zip(found).zip(expected) {
        assert_eq!(found, expected, "{tool}: {line}");
    }
}

#[test]
fn vector_finds_the_fields_of_every_line() {
    let (lines, expected) = lines();
    let found = engines::vector(&lines);
    assert_same("Vector", &lines, &found, &expected);
}

#[test]
fn logstash_and_fluent_bit_find_the_fields_of_every_line() {
    let (lines, expected) = lines();
    let [logstash, fluent_bit] = grok::logstash_and_fluent_bit(&lines);
    assert_same("Logstash", &lines, &logstash, &expected);
    assert_same("Fluent Bit", &lines, &fluent_bit, &expected);
}

#[test]
fn promtail_and_alloy_find_the_fields_of_every_line() {
    let (lines, expected) = lines();
    let found = stages::promtail(&lines);
    assert_same("Promtail", &lines, &found, &expected);
    stages::assert_alloy_is_promtail();
}

#[test]
fn the_documented_logql_expressions_match_the_lines_they_are_for() {
    queries::assert_logql(&logs().text);
}

#[test]
fn the_documented_kibana_queries_find_the_events_they_are_for() {
    let (_, events) = lines();
    queries::assert_kql(&events);
}

#[test]
fn logstash_s_file_is_one_by_its_grammar() {
    grok::assert_logstash_s_grammar();
}
