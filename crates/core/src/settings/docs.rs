//! `docs/configuration.md`, written from the table.

use std::fmt::Write as _;

use super::table::{Kind, Row, TABLE};

const HEAD: &str = "\
# Connector settings

Written from the table in `crates/core/src/settings/table.rs`; after a change there, \
`UPDATE_DOCS=1 cargo test -p websocket-source documentation` writes it anew.

The first nine are those of the Kafka Connect WebSocket Source Connector 1.0.0, with its defaults. \
Values marked secret are never logged and never shown by a validate answer. \
Settings of Kafka's producer go into the connector as `producer.override.*` or into the worker as `producer.*`.

| Setting | Type | Default | Valid values | Importance |
|---|---|---|---|---|
";

/// The whole document, in Markdown.
pub fn configuration_markdown() -> String {
    let mut out = HEAD.to_owned();
    for row in TABLE {
        let default = match (row.required, row.default) {
            (true, _) => "required".to_owned(),
            (false, None) => "null".to_owned(),
            (false, Some(default)) => format!("`{default}`"),
        };
        let importance = row.importance.name().to_lowercase();
        // Writing into a String cannot fail.
        let _ = writeln!(
            out,
            "| [`{}`](#{}) | {}{} | {default} | {} | {importance} |",
            row.name,
            anchor(row.name),
            row.kind.name(),
            if row.secret { ", secret" } else { "" },
            valid(row),
        );
    }
    for row in TABLE {
        let _ = write!(out, "\n## `{}`\n\n{}\n", row.name, row.documentation);
    }
    out
}

/// The anchor that Markdown renderers give to a heading: dots are dropped.
fn anchor(name: &str) -> String {
    name.replace('.', "")
}

fn valid(row: &Row) -> String {
    match row.kind {
        Kind::Int(min, i32::MAX) => format!("{min} and above"),
        Kind::Int(min, max) => format!("{min} to {max}"),
        Kind::Long(min) => format!("{min} and above"),
        Kind::Boolean => "true, false".to_owned(),
        Kind::OneOf(words) => words.join(", "),
        Kind::String | Kind::Password => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
        let expected = configuration_markdown();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, &expected).expect("docs/ is writable");
        }
        let actual = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            actual == expected,
            "docs/configuration.md is not current: run UPDATE_DOCS=1 cargo test -p websocket-source documentation"
        );
    }
}
