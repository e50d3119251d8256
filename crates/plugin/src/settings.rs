//! The core's settings table as Java takes it: arrays of texts.

use std::collections::BTreeMap;

use websocket_source::settings::{self, Kind, Oversize, Parsed, Row, SettingError, TABLE, redact};

use crate::oversize::{self, Limit};

/// Texts of one setting; null where there is nothing to say.
pub(crate) type Texts = Vec<Option<String>>;

/// Reads a configuration, with what a policy needs in Kafka Connect.
pub(crate) fn parse(config: &BTreeMap<String, String>) -> Parsed {
    let mut parsed = settings::parse(config);
    let policy = config.get(oversize::POLICY).map(|policy| policy.trim());
    let is_dlq = policy.is_some_and(|policy| policy.eq_ignore_ascii_case("dlq"));
    let name = config.get("name").map_or("", String::as_str);
    // The worker's limit is known to its tasks alone.
    let worker = Some(usize::MAX);
    if is_dlq && let Err(lacks) = Limit::of(config, worker, Oversize::DeadLetter, (name, 0)) {
        let mut errors = parsed.config.err().unwrap_or_default();
        errors.extend(lacks.into_iter().map(|message| SettingError {
            setting: oversize::POLICY,
            message,
        }));
        parsed.config = Err(errors);
    }
    parsed
}

/// The table: name, type, default, importance, documentation, "required" or
/// null, then the words that a value may be, if it is one of a few.
pub(crate) fn definitions() -> Vec<Texts> {
    TABLE.iter().map(definition).collect()
}

fn definition(row: &Row) -> Texts {
    let text = |text: &str| Some(text.to_owned());
    let mut texts = vec![
        text(row.name),
        text(row.kind.name()),
        row.default.map(str::to_owned),
        text(row.importance.name()),
        text(row.documentation),
        row.required.then(|| "required".to_owned()),
    ];
    if let Kind::OneOf(words) = row.kind {
        texts.extend(words.iter().map(|word| text(word)));
    }
    texts
}

/// What is to be said of a configuration, setting by setting: the name, what
/// to show in place of the value or null, then every error.
pub(crate) fn validate(config: &BTreeMap<String, String>) -> Vec<Texts> {
    let errors = parse(config).config.err().unwrap_or_default();
    TABLE
        .iter()
        .map(|row| {
            let own = errors.iter().filter(|error| error.setting == row.name);
            let mut texts = vec![Some(row.name.to_owned()), shown(row, config)];
            texts.extend(own.map(|error| Some(error.message.clone())));
            texts
        })
        .collect()
}

/// What stands in place of a value that must not be shown.
fn shown(row: &Row, config: &BTreeMap<String, String>) -> Option<String> {
    let value = config.get(row.name)?;
    match row.name {
        "websocket.url" => Some(redact(value.trim())),
        _ if row.secret => Some("[hidden]".to_owned()),
        _ => None,
    }
}

/// All errors in one text, a line each, in the order of [`validate`].
pub(crate) fn joined(errors: &[SettingError]) -> String {
    let own = |row: &Row| {
        let name = row.name;
        errors.iter().filter(move |error| error.setting == name)
    };
    let lines = TABLE.iter().flat_map(own);
    let lines: Vec<&str> = lines.map(|error| error.message.as_str()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use websocket_source::dead_letter;

    use super::*;

    fn config(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = pairs.iter();
        pairs
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn of<'a>(found: &'a [Texts], name: &str) -> &'a [Option<String>] {
        let row = found.iter().find(|row| row[0].as_deref() == Some(name));
        &row.expect("a setting")[1..]
    }

    #[test]
    fn definitions_tell_the_table_s_rows() {
        let found = definitions();
        assert_eq!(found.len(), TABLE.len());
        let row = of(&found, "websocket.binary");
        let words = ["drop", "bytes", "base64", "text"].map(|word| Some(word.to_owned()));
        assert_eq!(row[5..], words);
        assert_eq!(
            row[0..2],
            ["STRING", "drop"].map(|text| Some(text.to_owned()))
        );
        assert_eq!(of(&found, "kafka.topic")[1], None);
        assert_eq!(of(&found, "kafka.topic")[4].as_deref(), Some("required"));
    }

    #[test]
    fn a_configuration_s_errors_are_told_by_setting_and_its_secrets_are_not() {
        let found = validate(&config(&[
            ("websocket.url", "wss://u:s3cret@h/p?key=s3cret"),
            ("websocket.headers", "Key:s3cret"),
            ("websocket.auth.token", "s3cret"),
            ("websocket.message.queue.size", "0"),
        ]));
        assert!(!format!("{found:?}").contains("s3cret"), "{found:?}");
        assert_eq!(
            of(&found, "websocket.headers"),
            [Some("[hidden]".to_owned())]
        );
        assert_eq!(of(&found, "kafka.topic").len(), 2);
        assert_eq!(of(&found, "websocket.message.queue.size").len(), 2);
        assert_eq!(of(&found, "websocket.binary"), [None]);
    }

    #[test]
    fn dead_letters_need_a_topic_and_room() {
        let errors = |pairs: &[(&str, &str)]| {
            let mut all = config(&[("websocket.url", "ws://h/"), ("kafka.topic", "t")]);
            all.append(&mut config(pairs));
            let errors = parse(&all).config.err().unwrap_or_default();
            assert!(errors.iter().all(|error| error.setting == oversize::POLICY));
            errors.len()
        };
        let (policy, topic) = ((oversize::POLICY, " DLQ "), (dead_letter::TOPIC, "dead"));
        let limit = |limit| (oversize::LIMIT, limit);
        assert_eq!(errors(&[policy]), 1);
        assert_eq!(errors(&[policy, limit("500")]), 2);
        assert_eq!(errors(&[policy, topic, limit("500")]), 1);
        assert_eq!(errors(&[policy, topic, limit("much")]), 1);
        assert_eq!(errors(&[policy, topic, limit("10000")]), 0);
        assert_eq!(errors(&[policy, topic]), 0);
        assert_eq!(errors(&[(oversize::POLICY, "drop")]), 0);
        assert_eq!(errors(&[(oversize::POLICY, "fail")]), 0);
    }
}
