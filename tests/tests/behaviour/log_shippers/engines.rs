//! The configurations of `monitor/logs`, run as far as their engines can be.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use end_to_end::tools;
use serde_json::Value;

use super::expected::{Fields, canonical};

pub(super) fn configuration(name: &str) -> PathBuf {
    tools::repository().join("monitor/logs").join(name)
}

pub(super) fn text_of(name: &str) -> String {
    fs::read_to_string(configuration(name)).expect("a configuration")
}

pub(super) fn output(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

pub(super) fn yaml(name: &str) -> Value {
    tools::read_yaml(&configuration(name))
}

pub(super) fn write_lines<'a>(file: &Path, lines: impl IntoIterator<Item = &'a str>) {
    let text: String = lines.into_iter().flat_map(|line| [line, "\n"]).collect();
    fs::write(file, text).expect("a file");
}

/// A value as the expected ones are written.
pub(super) fn put(fields: &mut Fields, name: &str, value: &str) {
    let value = match name {
        "queue_percent" => canonical(value),
        _ => value.to_owned(),
    };
    fields.insert(name.to_owned(), value);
}

/// A field of an event: a string as it is, a number in digits.
pub(super) fn put_json(fields: &mut Fields, name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::String(text) => put(fields, name, text),
        other => put(fields, name, &other.to_string()),
    }
}

/// Vector's: its program in its own engine.
pub(super) fn vector(lines: &[&str]) -> Vec<Fields> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lines");
    write_lines(&file, lines.iter().copied());
    let mut command = Command::new(tools::tool("monitor/bin/python"));
    command
        .arg("-B")
        .arg(tools::repository().join("tests/monitor/read.py"))
        .arg("vrl")
        .arg(configuration("vector.yaml"));
    let text = output(command.stdin(File::open(&file).expect("the lines")));
    let events = text.lines().zip(lines).map(|(event, line)| {
        let event: Value = serde_json::from_str(event).expect("JSON");
        let event = event.as_object().expect("an event");
        let mut fields = Fields::new();
        for (name, value) in event {
            put_json(&mut fields, name, value);
        }
        // It is a time by now, in the layout of whoever writes it.
        let time = fields["timestamp"].clone();
        let wanted = stamp(line);
        assert!(time.contains(&seconds(&wanted)), "{time} and not {wanted}");
        put(&mut fields, "timestamp", &wanted);
        fields
    });
    events.collect()
}

/// The time that a line begins with, as it is written there.
fn stamp(line: &str) -> String {
    let found = match line.strip_prefix('[') {
        Some(rest) => rest.split(']').next().map(str::to_owned),
        None => serde_json::from_str::<Value>(line)
            .ok()
            .and_then(|object| object["timestamp"].as_str().map(str::to_owned)),
    };
    found.unwrap_or_else(|| panic!("no time in {line}"))
}

/// Seconds and milliseconds, which no time zone changes, as Vector writes them.
fn seconds(stamp: &str) -> String {
    let text = stamp[16..23].replace(',', ".");
    text.strip_suffix(".000").unwrap_or(&text).to_owned()
}
