//! Promtail's stages and Alloy's, which are the same, in Go's dialect of
//! regular expressions.

use regex::Regex;
use serde_json::Value;

use super::engines::{put, put_json, text_of, yaml};
use super::expected::Fields;

/// Runs Promtail's stages for a line, those of a `match` whose filter takes it.
fn run_stages(stages: &Value, line: &str, fields: &mut Fields) {
    for stage in stages.as_array().expect("stages") {
        let (kind, stage) = stage
            .as_object()
            .expect("a stage")
            .iter()
            .next()
            .expect("one");
        match kind.as_str() {
            "match" => {
                let selector = stage["selector"].as_str().expect("a selector");
                let (_, filter) = selector.split_once("|~ \"").expect("a line filter");
                let filter = filter.strip_suffix('"').expect("its end");
                let filter = filter.replace(r"\\", r"\");
                if Regex::new(&filter).expect("Go's dialect").is_match(line) {
                    run_stages(&stage["stages"], line, fields);
                }
            }
            "regex" => {
                let source = match stage["source"].as_str() {
                    Some(source) => fields[source].clone(),
                    None => line.to_owned(),
                };
                capture(
                    stage["expression"].as_str().expect("an expression"),
                    &source,
                    fields,
                );
            }
            "json" => {
                let object: Value = serde_json::from_str(line).expect("JSON");
                for (name, path) in stage["expressions"].as_object().expect("expressions") {
                    put_json(fields, name, &object[path.as_str().expect("a key")]);
                }
            }
            "multiline" => {
                let first = stage["firstline"].as_str().expect("an expression");
                assert!(
                    Regex::new(first).expect("Go's dialect").is_match(line),
                    "{line}"
                );
            }
            "labels" | "structured_metadata" | "timestamp" => {}
            other => panic!("a stage {other}"),
        }
    }
}

fn capture(expression: &str, text: &str, fields: &mut Fields) {
    let regex = Regex::new(expression).expect("Go's dialect");
    let Some(found) = regex.captures(text) else {
        return;
    };
    for name in regex.capture_names().flatten() {
        if let Some(value) = found.name(name) {
            put(fields, name, value.as_str());
        }
    }
}

fn stages_of_promtail() -> Value {
    let jobs = yaml("promtail.yml");
    let jobs = jobs["scrape_configs"].as_array().expect("jobs");
    assert_eq!(jobs.len(), 1);
    jobs[0]["pipeline_stages"].clone()
}

/// Promtail's.
pub(super) fn promtail(lines: &[&str]) -> Vec<Fields> {
    let stages = stages_of_promtail();
    let run = |line: &&str| {
        let mut fields = Fields::new();
        run_stages(&stages, line, &mut fields);
        fields
    };
    lines.iter().map(run).collect()
}

/// The texts of Promtail's stages, in order: expressions, filters, formats,
/// sources, and names.
fn flat(stages: &Value, found: &mut Vec<String>) {
    for stage in stages.as_array().expect("stages") {
        let (kind, stage) = stage
            .as_object()
            .expect("a stage")
            .iter()
            .next()
            .expect("one");
        found.push(kind.clone());
        match kind.as_str() {
            "labels" | "structured_metadata" => {
                found.extend(stage.as_object().expect("names").keys().cloned());
            }
            "match" => {
                found.extend(stage["selector"].as_str().map(str::to_owned));
                flat(&stage["stages"], found);
            }
            "json" => {
                let pairs = stage["expressions"].as_object().expect("pairs");
                for (name, path) in pairs {
                    found.extend([name.clone(), path.as_str().expect("a key").to_owned()]);
                }
            }
            _ => {
                let values = stage.as_object().expect("values").values();
                found.extend(values.filter_map(Value::as_str).map(str::to_owned));
            }
        }
    }
}

/// Alloy's stages are Promtail's, with all that they say, in the same order.
pub(super) fn assert_alloy_is_promtail() {
    let mut promtail = Vec::new();
    flat(&stages_of_promtail(), &mut promtail);
    let text = text_of("alloy.config");
    let (_, process) = text
        .split_once("loki.process \"connect\" {")
        .expect("the stages");
    let (process, _) = process.split_once("\nloki.write").expect("their end");
    let stage = Regex::new(r"^\s*stage\.(\w+) \{$").expect("a pattern");
    let value = Regex::new(r#"^\s*(\w+)\s*= (?:`(.*)`|"(.*)")?,?\{?$"#).expect("a pattern");
    let mut alloy = Vec::new();
    for line in process
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
    {
        if let Some(found) = stage.captures(line) {
            alloy.push(found[1].to_owned());
        } else if let Some(found) = value.captures(line) {
            let name = found[1].to_owned();
            let text = found
                .get(2)
                .or(found.get(3))
                .map(|text| text.as_str().to_owned());
            match (name.as_str(), text) {
                ("forward_to" | "values" | "expressions", _) => {}
                (
                    "firstline" | "selector" | "expression" | "source" | "format" | "location",
                    Some(text),
                ) => {
                    alloy.push(text);
                }
                (_, Some(text)) => {
                    alloy.push(name);
                    alloy.extend(Some(text).filter(|text| !text.is_empty()));
                }
                (_, None) => panic!("{line}"),
            }
        }
    }
    assert_eq!(alloy, promtail);
}
