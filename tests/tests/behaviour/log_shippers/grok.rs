//! Logstash's grok expressions and Fluent Bit's parsers, in their engines.

use std::fs;
use std::path::Path;
use std::process::Command;

use end_to_end::tools;
use regex::Regex;
use serde_json::Value;

use super::engines::{configuration, output, put, put_json, text_of, write_lines, yaml};
use super::expected::Fields;

/// A match of an expression: of a line and an expression by number.
type Matches = Vec<Vec<Option<Fields>>>;

/// Runs expressions over lines in the engines of Logstash and Fluent Bit.
fn matches(expressions: &[String], lines: &[&str]) -> Matches {
    let folder = tempfile::tempdir().expect("a folder");
    let files = ["expressions", "lines"].map(|name| folder.path().join(name));
    write_lines(&files[0], expressions.iter().map(String::as_str));
    write_lines(&files[1], lines.iter().copied());
    let jars = format!("{}/*", tools::tool("grok").display());
    let mut command = Command::new("java");
    command
        .args(["-Xmx128m", "-cp", &jars])
        .arg(tools::repository().join("tests/monitor/Expressions.java"))
        .args(&files);
    let mut found: Matches = vec![vec![None; expressions.len()]; lines.len()];
    for row in output(&mut command).lines() {
        let mut columns = row.splitn(4, '\t');
        let mut next = || columns.next().expect("four columns");
        let (line, expression) = (next(), next());
        let number = |text: &str| text.parse::<usize>().expect("a number");
        let place = &mut found[number(line)][number(expression)];
        let fields = place.get_or_insert_default();
        let (name, value) = (next(), next());
        if !name.is_empty() {
            put(fields, name, value);
        }
    }
    found
}

/// All of the file is one by a grammar of Logstash's language, with what it
/// is for, and a slip is found.
pub(super) fn assert_logstash_s_grammar() {
    let read = |file: &Path| {
        let mut command = Command::new(tools::tool("monitor/bin/python"));
        command
            .arg("-B")
            .arg(tools::repository().join("tests/monitor/read.py"))
            .arg("logstash")
            .arg(file);
        command.output().expect("Python runs")
    };
    let found = read(&configuration("logstash.conf"));
    let sections: Value = serde_json::from_slice(&found.stdout).expect("JSON");
    let sections = sections.as_array().expect("sections");
    let names: Vec<_> = sections.iter().map(|section| &section[0]).collect();
    assert_eq!(names, ["input", "filter", "output"]);
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = folder.path().join("logstash.conf");
    let slip = text_of("logstash.conf").replacen("=>", "=", 1);
    fs::write(&wrong, slip).expect("a file");
    assert!(!read(&wrong).status.success());
}

/// The grok expressions for a field, in order.
fn grok_of(field: &str) -> Vec<String> {
    let text = text_of("logstash.conf");
    let block = Regex::new(r#"(?s)match => \{\s*"(\w+)" => (\[.*?\n\s*\]|"[^\n]*")\s*\}"#)
        .expect("a pattern");
    let literal = Regex::new(r#"(?m)"((?:[^"\\]|\\.)*)",?$"#).expect("a pattern");
    let mut found = Vec::new();
    for block in block
        .captures_iter(&text)
        .filter(|block| &block[1] == field)
    {
        // A single one is followed by a brace.
        let list = block[2].trim_end();
        found.extend(
            literal
                .captures_iter(list)
                .map(|one| format!("grok {}", &one[1])),
        );
    }
    assert!(!found.is_empty(), "no grok for {field}");
    found
}

/// Fluent Bit's parsers: of lines, and of messages.
fn parsers_of_fluent_bit() -> (Vec<String>, Vec<String>) {
    let value = yaml("fluent-bit.yaml");
    let parsers = value["parsers"].as_array().expect("parsers");
    let filters = value["pipeline"]["filters"].as_array().expect("filters");
    let (mut of_lines, mut of_messages) = (Vec::new(), Vec::new());
    for filter in filters.iter().filter(|filter| filter["name"] == "parser") {
        let parser = parsers
            .iter()
            .find(|parser| parser["name"] == filter["parser"]);
        let parser = parser.unwrap_or_else(|| panic!("no parser of {filter}"));
        let Some(regex) = parser["regex"].as_str() else {
            assert_eq!(parser["format"], "json");
            continue;
        };
        let list = match filter["key_name"].as_str() {
            Some("log") => &mut of_lines,
            Some("message_text") => &mut of_messages,
            other => panic!("a key {other:?}"),
        };
        list.push(format!("onigmo {regex}"));
    }
    assert_eq!(parsers.len(), of_lines.len() + of_messages.len() + 1);
    (of_lines, of_messages)
}

/// Both: JSON lines by their keys, others by the expression for lines, and the
/// message of each by the others.
pub(super) fn logstash_and_fluent_bit(lines: &[&str]) -> [Vec<Fields>; 2] {
    let logstash = (grok_of("message"), grok_of("message_text"));
    [logstash, parsers_of_fluent_bit()].map(|(of_lines, of_messages)| {
        assert_eq!(of_lines.len(), 1);
        let of_lines = matches(&of_lines, lines);
        let heads = lines.iter().zip(of_lines).map(|(line, mut found)| {
            let head = found.remove(0);
            if line.starts_with('{') {
                assert!(head.is_none(), "{line}");
                from_json(line)
            } else {
                head.unwrap_or_else(|| panic!("no match: {line}"))
            }
        });
        let heads: Vec<Fields> = heads.collect();
        let messages: Vec<&str> = heads
            .iter()
            .map(|head| head["message_text"].as_str())
            .collect();
        let found = matches(&of_messages, &messages);
        let merged = heads.iter().zip(found).map(|(head, found)| {
            let mut all = head.clone();
            all.extend(found.into_iter().flatten().flatten());
            all
        });
        merged.collect()
    })
}

/// A JSON line under the names of the configurations.
fn from_json(line: &str) -> Fields {
    let object: Value = serde_json::from_str(line).expect("JSON");
    let mut fields = Fields::new();
    for (name, value) in object.as_object().expect("an object") {
        let name = if name == "message" {
            "message_text"
        } else {
            name
        };
        put_json(&mut fields, name, value);
    }
    fields
}
