//! The runbook keeps up with the program: every alert leads to its entry, and
//! every error text that it calls ours is one.

use std::collections::BTreeSet;
use std::fs;

use end_to_end::tools;
use regex::Regex;
use serde_json::Value;

mod exclusions;
mod literals;
mod texts;

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

#[test]
fn the_reference_s_error_texts_are_in_the_runbook() {
    let runbook = page("docs/runbook.md");
    let (_, section) = runbook.split_once(OF_THE_REFERENCE).expect("the section");
    for text in REFERENCE {
        assert!(section.contains(&format!("| `{text}` |")), "{text}");
    }
}
