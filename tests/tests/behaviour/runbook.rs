//! The runbook keeps up with the program: every alert leads to its entry, and
//! every error text that it calls ours is one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use end_to_end::tools;
use regex::Regex;
use serde_json::Value;

/// The texts in the reference's table of errors.
const REFERENCE: [&str; 10] = [
    "ClassNotFoundException: io.conduktor.connect.websocket.WebSocketSourceConnector",
    "NoClassDefFoundError: okhttp3/WebSocket",
    "ConnectException: Failed to connect to [host]",
    "ProtocolException: Expected HTTP 101 response but was '403'",
    "SocketTimeoutException: timeout",
    "SSLHandshakeException: PKIX path building failed",
    "IllegalArgumentException: Subscription message is not valid JSON",
    "Queue full, dropping oldest message",
    "Connection closed by server: 1008",
    "Connection closed by server: 1003",
];

const OF_THE_REFERENCE: &str = "### The reference's messages";

fn page(name: &str) -> String {
    let file = tools::repository().join(name);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The anchors that a page's headings have.
fn anchors(page: &str) -> BTreeSet<String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let text = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = text
            .chars()
            .filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

fn alerts() -> Vec<Value> {
    let file = end_to_end::prometheus::folder().join("alerts.yml");
    let rules = tools::read_yaml(&file);
    rules["groups"][0]["rules"]
        .as_array()
        .expect("rules")
        .clone()
}

#[test]
fn every_alert_says_what_it_means_and_leads_to_its_entry() {
    let runbook = page("docs/runbook.md");
    let (anchors, monitoring) = (anchors(&runbook), page("docs/monitoring.md"));
    for alert in alerts() {
        let name = alert["alert"].as_str().expect("a name");
        let severity = alert["labels"]["severity"].as_str();
        assert!(matches!(severity, Some("warning" | "critical")), "{name}");
        let row = monitoring
            .lines()
            .find(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("{name} is not in docs/monitoring.md"));
        assert!(
            severity.is_some_and(|word| row.ends_with(&format!("| {word} |"))),
            "{row}"
        );
        let annotations = &alert["annotations"];
        for text in ["summary", "description"] {
            assert!(
                annotations[text]
                    .as_str()
                    .is_some_and(|text| text.len() > 15),
                "{name}"
            );
        }
        let url = annotations["runbook_url"].as_str().expect("a link");
        let anchor = url.strip_prefix("docs/runbook.md#").expect("the runbook");
        assert_eq!(anchor, name.to_lowercase());
        assert!(anchors.contains(anchor), "{name}");
        let (_, entry) = runbook
            .split_once(&format!("\n### {name}\n"))
            .expect("an entry");
        let entry = entry.split("\n#").next().expect("its text");
        for part in ["* **Means** ", "* **Look** ", "* **Do** "] {
            assert!(entry.contains(part), "{name}: {part}");
        }
    }
}

#[test]
fn links_within_the_runbook_lead_somewhere() {
    let runbook = page("docs/runbook.md");
    let anchors = anchors(&runbook);
    let link = Regex::new(r"\]\(([^)#]*)#?([^)]*)\)").expect("a pattern");
    for found in link.captures_iter(&runbook) {
        let (file, anchor) = (&found[1], &found[2]);
        if file.is_empty() {
            assert!(anchors.contains(anchor), "{anchor}");
        } else {
            let other = self::anchors(&page(&format!("docs/{file}")));
            assert!(
                anchor.is_empty() || other.contains(anchor),
                "{file}#{anchor}"
            );
        }
    }
}

/// All sources in a folder as one text, in which a literal that goes on in the
/// next line is whole.
fn sources(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|end| end == "rs") {
            all.push_str(&fs::read_to_string(&path).expect("a source"));
        }
    }
}

/// A source as literals are compared: one that goes on in the next line is
/// whole.
fn whole(source: &str) -> String {
    let joint = Regex::new(r"\\\n\s*").expect("a pattern");
    joint.replace_all(source, "").replace("\\\"", "'")
}

/// The texts that begin the rows of errors, each in the parts that are always
/// the same.
fn rows(runbook: &str) -> Vec<Vec<&str>> {
    let (_, errors) = runbook.split_once("\n## Errors\n").expect("the errors");
    let (errors, _) = errors.split_once(OF_THE_REFERENCE).expect("their end");
    let rows = errors.lines().filter_map(|line| line.strip_prefix("| `"));
    let texts = rows.map(|row| row.split_once("` |").expect("a row begins with a text").0);
    texts
        .map(|text| {
            text.split('…')
                .filter(|part| part.trim().len() > 3)
                .collect()
        })
        .collect()
}

#[test]
fn the_error_texts_that_the_runbook_calls_ours_are_in_the_program() {
    let mut source = String::new();
    for part in ["core", "worker", "plugin"] {
        sources(
            &tools::repository().join(format!("crates/{part}/src")),
            &mut source,
        );
    }
    let source = whole(&source);
    let runbook = page("docs/runbook.md").replace('"', "'");
    let rows = rows(&runbook);
    assert!(rows.len() > 120, "{}", rows.len());
    for parts in rows {
        assert!(!parts.is_empty(), "a row with no text of its own");
        for part in parts {
            assert!(source.contains(part), "{part:?} is nowhere");
        }
    }
}

/// Where errors are worded that users meet.
const WORDED: [&str; 19] = [
    "core/src/dial/mod.rs",
    "core/src/dial/proxy.rs",
    "core/src/dial/socks.rs",
    "core/src/dial/tls.rs",
    "core/src/dial/upgrade.rs",
    "core/src/handshake/response.rs",
    "core/src/session/failure.rs",
    "core/src/session/state.rs",
    "core/src/settings/headers.rs",
    "core/src/settings/parse.rs",
    "core/src/settings/spool.rs",
    "core/src/settings/url.rs",
    "core/src/sink/mod.rs",
    "core/src/spool/error.rs",
    "worker/src/offsets/kafka_topic/mod.rs",
    "worker/src/producer/creation/failure.rs",
    "worker/src/producer/refusal.rs",
    "worker/src/producer/transactions/recovery.rs",
    "worker/src/validation/exactly_once.rs",
];

/// Parts of other texts there, which have rows.
const PARTS: [&str; 12] = [
    "get hold of its transactional id",
    "cannot read its offset yet: ",
    "cannot look at its offsets' topic yet: ",
    "is lost and gets another in its place: ",
    "; the server says: ",
    "the hash of our key",
    "not allowed by its rules",
    "time to live expired",
    "command not supported",
    "type of address not supported",
    "for an unknown reason",
    "add its CA to the ",
];

#[test]
fn every_error_text_of_these_sources_has_its_row_in_the_runbook() {
    let runbook = page("docs/runbook.md").replace('"', "'");
    let rows = rows(&runbook);
    let literal = Regex::new(r#""([^"]*)""#).expect("a pattern");
    let comment = Regex::new(r"(?m)^\s*//.*$").expect("a pattern");
    let varying = Regex::new(r"\{[^}]*\}|\\n").expect("a pattern");
    let mut seen = 0;
    for file in WORDED {
        let source = page(&format!("crates/{file}"));
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        let source = whole(&comment.replace_all(source, ""));
        for found in literal.captures_iter(&source) {
            let text = &found[1];
            // A sentence, and not a name or a format.
            let longest = varying
                .split(text)
                .map(str::trim)
                .max_by_key(|part| part.len());
            let longest = longest.unwrap_or_default();
            if longest.len() < 18 || longest.matches(' ').count() < 2 {
                continue;
            }
            let has_row = |parts: &Vec<&str>| {
                !parts.is_empty() && parts.iter().all(|part| text.contains(part))
            };
            let known = rows.iter().any(has_row) || PARTS.iter().any(|part| text.contains(part));
            assert!(known, "{file}: no row for {text:?}");
            seen += 1;
        }
    }
    assert!(seen > 70, "{seen}");
}

#[test]
fn the_reference_s_error_texts_are_in_the_runbook() {
    let runbook = page("docs/runbook.md");
    let (_, section) = runbook.split_once(OF_THE_REFERENCE).expect("the section");
    for text in REFERENCE {
        assert!(section.contains(&format!("| `{text}` |")), "{text}");
    }
}
