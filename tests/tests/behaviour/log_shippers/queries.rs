//! The queries in the documentation, on a real log.

use std::fs::{self, File};
use std::process::Command;

use end_to_end::tools;
use regex::Regex;

use super::engines::{output, write_lines};
use super::expected::Fields;

/// The lines of a block of `docs/monitoring.md`, without comments.
fn block(language: &str, heading: &str) -> Vec<String> {
    let file = tools::repository().join("docs/monitoring.md");
    let text = fs::read_to_string(file).expect("the page");
    let (_, rest) = text.split_once(heading).expect("the heading");
    let start = format!("```{language}\n");
    let (_, block) = rest.split_once(&start).expect("the queries");
    let (block, _) = block.split_once("\n```").expect("their end");
    let lines = block.lines().filter(|line| !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

/// Grafana's own grammar takes all `LogQL` queries, and the expression of each
/// filter matches some lines of a log in the text layout, and not all.
pub(super) fn assert_logql(log: &str) {
    let queries = block("logql", "Loki (LogQL):");
    let wrong = "{job=\"a\"";
    assert_eq!(no_logql(&[wrong.to_owned()]), format!("{wrong}\n"));
    assert_eq!(no_logql(&queries), "");
    let filter = r"\|(=|~|\s*regexp) (?:`([^`]*)`|\x22([^\x22]*)\x22)";
    let filter = Regex::new(filter).expect("a pattern");
    let queries = queries.join("\n");
    let mut filters = 0;
    for found in filter.captures_iter(&queries) {
        let text = found.get(2).or(found.get(3)).expect("a text").as_str();
        let pattern = if &found[1] == "=" {
            regex::escape(text)
        } else {
            text.to_owned()
        };
        let pattern = Regex::new(&pattern).expect("Go's dialect");
        let matching = log.lines().filter(|line| pattern.is_match(line)).count();
        let all = log.lines().count();
        assert!(
            matching > 0 && matching < all,
            "{matching} of {all}: {pattern}"
        );
        filters += 1;
    }
    assert!(filters > 3, "{filters} in {queries}");
}

/// Those that are no `LogQL`.
fn no_logql(queries: &[String]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("queries");
    write_lines(&file, queries.iter().map(String::as_str));
    let mut command = Command::new("node");
    command
        .arg(tools::repository().join("tests/monitor/logql.mjs"))
        .arg(tools::tool("logql"))
        .stdin(File::open(&file).expect("the queries"));
    output(&mut command)
}

/// Each `KQL` query finds some events, and not all. No registry has Kibana's
/// own reader of them, so what they are made of is read here: conditions on a
/// field, all of which must hold.
pub(super) fn assert_kql(events: &[Fields]) {
    let queries = block("text", "Kibana (KQL):");
    assert!(queries.len() > 3, "{queries:?}");
    for query in queries {
        let conditions: Vec<Condition> = query.split(" and ").map(Condition::read).collect();
        let holds = |event: &Fields| conditions.iter().all(|one| one.holds(event));
        let found = events.iter().filter(|event| holds(event)).count();
        let all = events.len();
        assert!(found > 0 && found < all, "{found} of {all}: {query}");
    }
}

struct Condition {
    field: String,
    wanted: Wanted,
}

enum Wanted {
    /// In a text, this.
    Phrase(String),
    Above(f64),
    AtLeast(f64),
}

impl Condition {
    fn read(text: &str) -> Self {
        let pattern = r#"^(\w+) (?:: "([^"]+)"|(>=?) ([\d.]+))$"#;
        let pattern = Regex::new(pattern).expect("a pattern");
        let found = pattern.captures(text);
        let found = found.unwrap_or_else(|| panic!("no condition: {text}"));
        let number = || found[4].parse().expect("a number");
        let wanted = match (found.get(2), found.get(3).map(|sign| sign.as_str())) {
            (Some(phrase), _) => Wanted::Phrase(phrase.as_str().to_owned()),
            (None, Some(">")) => Wanted::Above(number()),
            (None, _) => Wanted::AtLeast(number()),
        };
        Self {
            field: found[1].to_owned(),
            wanted,
        }
    }

    fn holds(&self, event: &Fields) -> bool {
        let Some(value) = event.get(&self.field) else {
            return false;
        };
        let number = || value.parse::<f64>().expect("a number");
        match &self.wanted {
            Wanted::Phrase(phrase) => value.contains(phrase),
            Wanted::Above(least) => number() > *least,
            Wanted::AtLeast(least) => number() >= *least,
        }
    }
}
