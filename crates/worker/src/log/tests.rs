use std::io::{self, Write};
use std::sync::{Arc, LazyLock, Mutex};

use regex::Regex;
use serde_json::Value;

use super::*;

#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A second subscriber that is always there. While there is only one, a test
/// on another thread that reaches a line first switches the line off for all:
/// `tracing` then asks no subscriber but that thread's, which has none.
static ANOTHER: LazyLock<tracing::Dispatch> = LazyLock::new(|| {
    let (subscriber, _guard) = build(&LogOptions::default(), Box::new(io::sink())).unwrap();
    tracing::Dispatch::new(subscriber)
});

/// The lines that `events` logs on this thread.
pub(crate) fn logged(options: &LogOptions, events: impl FnOnce(&LogGuard)) -> Vec<String> {
    LazyLock::force(&ANOTHER);
    let memory = Memory::default();
    let (subscriber, guard) = build(options, Box::new(memory.clone())).unwrap();
    tracing::subscriber::with_default(subscriber, || events(&guard));
    let bytes = memory.0.lock().unwrap().clone();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(str::to_owned).collect()
}

fn json() -> LogOptions {
    LogOptions {
        format: LogFormat::Json,
        ..LogOptions::default()
    }
}

fn metrics_event() {
    tracing::info!(
        target: "WebSocketSourceTask",
        connector = "feed",
        task = 0_u32,
        "Metrics - Connection: OPEN, Received: 15234, Produced: 15234, Queue: 42/10000 (0.42%), Reconnects: 0"
    );
}

/// A grok expression as a regular expression, with the definitions that
/// Logstash ships for the patterns used in the users' guide.
fn grok(expression: &str) -> Regex {
    let table = [
        (
            "TIMESTAMP_ISO8601",
            r"\d{4}-\d{2}-\d{2}[T ]\d{2}:?\d{2}(?::?\d{2}(?:[:.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?",
        ),
        ("LOGLEVEL", "(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)"),
        ("GREEDYDATA", ".*"),
        ("DATA", ".*?"),
        ("NUMBER", r"[+-]?\d+(?:\.\d+)?"),
    ];
    let named = Regex::new(r"%\{(\w+)(?::(\w+))?(?::\w+)?\}").unwrap();
    let expanded = named.replace_all(expression, |found: &regex::Captures<'_>| {
        let pattern = table.iter().find(|(name, _)| *name == &found[1]).unwrap().1;
        found.get(2).map_or(format!("(?:{pattern})"), |name| {
            format!("(?P<{}>{pattern})", name.as_str())
        })
    });
    Regex::new(&expanded).unwrap()
}

#[test]
fn the_documented_grok_and_promtail_expressions_read_the_lines() {
    let lines = logged(&LogOptions::default(), |_| {
        metrics_event();
        tracing::warn!(target: "WebSocketSourceTask", "Queue utilization: 7100/10000 (71.00%)");
        tracing::info!(target: "WebSocketSourceTask", "Reconnection attempt 3 in 2000 ms");
    });
    let line = grok(
        r"\[%{TIMESTAMP_ISO8601:timestamp}\] %{LOGLEVEL:level} \[%{DATA:task}\] %{GREEDYDATA:message_text}",
    );
    let promtail =
        Regex::new(r"\[(?P<timestamp>.*?)\] (?P<level>\w+) \[(?P<task>.*?)\] (?P<message>.*)")
            .unwrap();
    let begins = grok(r"^\[%{TIMESTAMP_ISO8601}");
    for text in &lines {
        assert!(begins.is_match(text), "{text}");
        let (ours, theirs) = (
            line.captures(text).unwrap(),
            promtail.captures(text).unwrap(),
        );
        assert_eq!(&ours["task"], "WebSocketSourceTask");
        assert_eq!(&ours["timestamp"], &theirs["timestamp"]);
        assert_eq!(&ours["level"], &theirs["level"]);
        assert_eq!(&ours["message_text"], &theirs["message"]);
        jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S,%3f", &ours["timestamp"]).unwrap();
    }
    let queue = grok(
        r"Queue utilization: %{NUMBER:queue_current:int}/%{NUMBER:queue_max:int} \(%{NUMBER:queue_percent:float}%\)",
    );
    let found = queue.captures(&lines[1]).unwrap();
    assert_eq!(
        (&found["queue_max"], &found["queue_percent"]),
        ("10000", "71.00")
    );
    let attempt = grok("Reconnection attempt %{NUMBER:reconnect_attempt:int}");
    assert_eq!(
        &attempt.captures(&lines[2]).unwrap()["reconnect_attempt"],
        "3"
    );
}

#[test]
fn a_line_is_laid_out_to_the_letter() {
    let lines = logged(&LogOptions::default(), |_| {
        metrics_event();
        tracing::error!(target: "a::b::Worker", reason = "no route", code = 7, empty = "", "failed");
        tracing::info!(target: "Herder", connector = %"feed", "created");
    });
    let rest: Vec<_> = lines
        .iter()
        .map(|line| line.split_once("] ").unwrap().1)
        .collect();
    assert_eq!(
        rest,
        [
            "INFO [WebSocketSourceTask] Metrics - Connection: OPEN, Received: 15234, \
             Produced: 15234, Queue: 42/10000 (0.42%), Reconnects: 0 (connector=feed, task=0)",
            "ERROR [Worker] failed reason=\"no route\" code=7 empty=\"\"",
            "INFO [Herder] created (connector=feed)",
        ]
    );
}

const FORGED: &str =
    "a\n[2025-01-01 00:00:00,000] INFO [Worker] b\r\u{1b}[2J\u{9b}\u{2028}\u{202e}c";

#[test]
fn no_message_and_no_name_forges_a_line() {
    let forging = || {
        tracing::info!(connector = FORGED, note = FORGED, "{FORGED}");
    };
    let lines = logged(&LogOptions::default(), |_| forging());
    assert_eq!(lines.len(), 1);
    assert!(
        !lines[0]
            .chars()
            .any(|c| c.is_control() || c == '\u{202e}' || c == '\u{2028}')
    );
    assert!(
        lines[0].contains(
            r"a\n[2025-01-01 00:00:00,000] INFO [Worker] b\r\u001b[2J\u009b\u2028\u202ec"
        )
    );
    let lines = logged(&json(), |_| forging());
    assert_eq!(lines.len(), 1);
    assert!(!lines[0].chars().any(char::is_control));
    let object: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(object["message"], FORGED);
    assert_eq!(object["connector"], FORGED);
}

#[test]
fn a_json_line_carries_every_field() {
    let lines = logged(&json(), |_| {
        tracing::warn!(
            target: "x::Herder", connector = "feed", task = 3_u32, attempts = 2_u64, level = "mine", "slow"
        );
    });
    let object: Value = serde_json::from_str(&lines[0]).unwrap();
    let stamp: jiff::Timestamp = object["timestamp"].as_str().unwrap().parse().unwrap();
    assert!(stamp > jiff::Timestamp::UNIX_EPOCH);
    assert_eq!(object["level"], "WARN");
    assert_eq!(object["component"], "Herder");
    assert_eq!(object["message"], "slow");
    assert_eq!(object["task"], 3);
    assert_eq!(object["attempts"], 2);
    assert_eq!(object["field.level"], "mine");
}

#[test]
fn the_level_filters_and_can_be_replaced() {
    let options = LogOptions {
        level: "warn,Loud=debug".to_owned(),
        ..LogOptions::default()
    };
    let lines = logged(&options, |guard| {
        tracing::info!(target: "Quiet", "no");
        tracing::debug!(target: "Loud", "yes");
        guard.set_level("info").unwrap();
        tracing::info!(target: "Quiet", "now");
        assert!(guard.set_level("loud").is_err());
        tracing::info!(target: "Quiet", "still");
    });
    let said: Vec<_> = lines
        .iter()
        .map(|line| line.rsplit(' ').next().unwrap())
        .collect();
    assert_eq!(said, ["yes", "now", "still"]);
}

#[test]
fn the_file_gets_what_the_console_gets() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("connect.log");
    let options = LogOptions {
        file: Some(LogFile::new(&path)),
        ..LogOptions::default()
    };
    let lines = logged(&options, |_| metrics_event());
    assert_eq!(
        std::fs::read_to_string(path).unwrap(),
        format!("{}\n", lines[0])
    );
}

#[test]
fn a_huge_value_is_cut_at_a_character() {
    let lines = logged(&LogOptions::default(), |_| {
        tracing::info!("{}", "\u{e9}".repeat(100_000));
    });
    assert!(lines[0].len() < 40_000 && lines[0].ends_with("\u{e9}..."));
}
