//! The Grafana dashboard of `monitor/`, as far as a test can read it: its
//! panels, and their queries with the variables put in as Grafana does.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::tools;

/// A query of a panel.
#[derive(Clone, Debug)]
pub struct Query {
    /// The panel's title.
    pub panel: String,
    /// What Prometheus is asked.
    pub expression: String,
}

/// The file.
pub fn file() -> PathBuf {
    tools::repository().join("monitor/grafana/dashboards/kafka-connect-websocket.json")
}

/// The dashboard as it is.
pub fn read() -> Value {
    let text = fs::read_to_string(file()).expect("the dashboard");
    serde_json::from_str(&text).expect("JSON")
}

/// Its panels, rows among them.
pub fn panels(dashboard: &Value) -> &Vec<Value> {
    dashboard["panels"].as_array().expect("panels")
}

/// The queries of all panels for one connector, or for all with `.*`.
pub fn queries(connector: &str) -> Vec<Query> {
    let dashboard = read();
    let mut queries = Vec::new();
    for panel in panels(&dashboard) {
        let title = panel["title"].as_str().expect("a title");
        for target in panel["targets"].as_array().into_iter().flatten() {
            let expression = target["expr"].as_str().expect("an expression");
            queries.push(Query {
                panel: title.to_owned(),
                expression: with_variables(expression, connector),
            });
        }
    }
    queries
}

/// Grafana's variables and ours; the interval is for a scrape each second.
fn with_variables(expression: &str, connector: &str) -> String {
    let text = expression
        .replace("$__rate_interval", "5s")
        .replace("$__range", "1m")
        .replace("$connector", connector)
        .replace("$task", ".*");
    let left = text.replace("\"$1\"", "");
    assert!(!left.contains('$'), "an unknown variable in {expression}");
    text
}

/// What `label_values(series, label)` of each variable asks for: its name,
/// the series and the label.
pub fn variables(connector: &str) -> Vec<(String, String, String)> {
    let dashboard = read();
    let list = dashboard["templating"]["list"].as_array().expect("a list");
    let queried = list.iter().filter(|variable| variable["type"] == "query");
    let parts = |variable: &Value| {
        let query = variable["query"]["query"].as_str().expect("a query");
        let inner = query.strip_prefix("label_values(")?.strip_suffix(')')?;
        let (series, label) = inner.rsplit_once(", ")?;
        let name = variable["name"].as_str()?.to_owned();
        Some((name, with_variables(series, connector), label.to_owned()))
    };
    queried
        .map(|variable| parts(variable).expect("label_values"))
        .collect()
}

/// The titles of all panels that show something.
pub fn titles(dashboard: &Value) -> BTreeSet<&str> {
    let shown = panels(dashboard)
        .iter()
        .filter(|panel| panel["type"] != "row");
    shown.filter_map(|panel| panel["title"].as_str()).collect()
}
