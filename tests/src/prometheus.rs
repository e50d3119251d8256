//! A real Prometheus, with the configuration and the alerts of `monitor/`.
//!
//! What stands there is what runs, but for the target's port and for times:
//! a test does not wait for minutes. Each replacement must find something.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use regex::Regex;
use serde_json::Value;
use tempfile::TempDir;

use crate::process::{self, Process};
use crate::{curl, ports, tools, wait};

/// The folder with what Prometheus reads.
pub fn folder() -> PathBuf {
    tools::repository().join("monitor/prometheus")
}

/// One of Debian's two programs: that of the machine, else the one that
/// `scripts/test-tools` has unpacked.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found = std::env::split_paths(&path).map(|folder| folder.join(name));
    found
        .find(|file| file.is_file())
        .unwrap_or_else(|| tools::tool(&format!("prometheus/usr/bin/{name}")))
}

/// Runs `promtool` in the folder with the files.
pub fn promtool(arguments: &[&str]) -> Output {
    let mut command = Command::new(program("promtool"));
    command.args(arguments).current_dir(folder());
    command.output().expect("promtool runs")
}

/// A value of a series.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Its labels.
    pub labels: Value,
    /// Its value; NaN where nothing was measured.
    pub value: f64,
}

/// A running Prometheus; it ends with this value.
#[derive(Debug)]
pub struct Prometheus {
    port: u16,
    process: Process,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts one with a configuration of `monitor/prometheus`, which scrapes
    /// this port of 127.0.0.1 every second and judges rules as often, without
    /// waiting for what a rule's `for` says.
    pub fn start(configuration: &str, target: u16) -> Self {
        let own = tempfile::tempdir().expect("a folder");
        let text = read(configuration);
        let text = replaced(&text, r"localhost:80\d\d", &format!("127.0.0.1:{target}"));
        let text = replaced(&text, r"(_interval): \d+s", "$1: 1s");
        let file = own.path().join("prometheus.yml");
        fs::write(&file, text).expect("a file");
        let rules = replaced(&read("alerts.yml"), r"(interval|for): \d+[sm]", "$1: 1s");
        fs::write(own.path().join("alerts.yml"), rules).expect("a file");
        let port = ports::free();
        let mut command = process::command(program("prometheus"));
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                own.path().join("data").display()
            ))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--log.level=warn");
        let process = Process::spawn("Prometheus", &mut command, &own.path().join("log"));
        let mut started = Self {
            port,
            process,
            _folder: own,
        };
        started.wait_until_ready();
        started
    }

    fn wait_until_ready(&mut self) {
        let url = format!("http://127.0.0.1:{}/-/ready", self.port);
        wait::until_true("Prometheus is ready", || {
            let ended = self.process.ended();
            assert!(ended.is_none(), "Prometheus has ended: {ended:?}");
            curl::curl(&[&url]).status == 200
        });
    }

    /// What the HTTP API answers under `data`; an error's text if it refuses.
    ///
    /// # Errors
    /// The expression, or another part of the form, is wrong.
    pub fn api(&self, path: &str, form: &[(&str, &str)]) -> Result<Value, String> {
        let url = format!("http://127.0.0.1:{}/api/v1/{path}", self.port);
        let pairs = form.iter().map(|(name, value)| format!("{name}={value}"));
        let pairs: Vec<String> = pairs.collect();
        let mut arguments = vec!["--get"];
        for pair in &pairs {
            arguments.extend(["--data-urlencode", pair]);
        }
        arguments.push(&url);
        let answer = curl::curl(&arguments);
        let body = answer.json();
        match &body["error"] {
            Value::Null => Ok(body["data"].clone()),
            error => Err(error.to_string()),
        }
    }

    /// The series that an expression gives now.
    pub fn query(&self, expression: &str) -> Vec<Sample> {
        let data = self
            .api("query", &[("query", expression)])
            .unwrap_or_else(|error| panic!("{expression}: {error}"));
        let series = data["result"].as_array().expect("series");
        let sample = |one: &Value| Sample {
            labels: one["metric"].clone(),
            value: one["value"][1]
                .as_str()
                .and_then(|value| value.parse().ok())
                .expect("a number"),
        };
        series.iter().map(sample).collect()
    }

    /// Waits until an expression gives something, and gives it.
    pub fn wait_for(&self, expression: &str) -> Vec<Sample> {
        wait::until(&format!("data of {expression}"), || {
            let found = self.query(expression);
            (!found.is_empty()).then_some(found)
        })
    }

    /// Waits until every target is up, and gives how many there are.
    pub fn wait_for_targets(&self) -> usize {
        wait::until("all targets are up", || {
            let targets = self.api("targets", &[]).ok()?;
            let active = targets["activeTargets"].as_array()?;
            let up = active.iter().all(|target| target["health"] == "up");
            (up && !active.is_empty()).then_some(active.len())
        })
    }

    /// The alerts that fire: their names and connectors.
    pub fn firing(&self) -> BTreeSet<(String, String)> {
        let alerts = self.api("alerts", &[]).expect("alerts");
        let alerts = alerts["alerts"].as_array().expect("alerts").iter();
        let firing = alerts.filter(|alert| alert["state"] == "firing");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        firing
            .map(|alert| {
                let labels = &alert["labels"];
                (text(&labels["alertname"]), text(&labels["connector"]))
            })
            .collect()
    }
}

fn read(name: &str) -> String {
    let file = folder().join(name);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn replaced(text: &str, pattern: &str, replacement: &str) -> String {
    let pattern = Regex::new(pattern).expect("a pattern");
    assert!(pattern.is_match(text), "no {pattern} in:\n{text}");
    pattern.replace_all(text, replacement).into_owned()
}
