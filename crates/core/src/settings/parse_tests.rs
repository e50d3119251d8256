use proptest::prelude::*;

use super::*;

fn parsed(pairs: &[(&str, &str)]) -> Parsed {
    let raw = pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    parse(&raw)
}

fn with(pairs: &[(&str, &str)]) -> Parsed {
    let base = [("websocket.url", "ws://h"), ("kafka.topic", "t")];
    parsed(&[&base, pairs].concat())
}

fn errors(parsed: Parsed) -> Vec<String> {
    let errors = parsed.config.expect_err("errors");
    errors.into_iter().map(|error| error.message).collect()
}

#[test]
fn line_breaks_around_any_setting_are_trimmed_headers_included() {
    let config = with(&[("websocket.headers", "\nX-A: 1, X-B: 2\r\n")]).config;
    let headers = config.expect("valid").headers;
    let values: Vec<_> = headers.iter().map(|header| header.value.expose()).collect();
    assert_eq!(values, ["1", "2"]);
}

#[test]
fn defaults_are_the_reference_s() {
    let config = with(&[]).config.expect("valid");
    assert!(config.reconnect.enabled);
    assert_eq!(config.reconnect.interval, Duration::from_secs(5));
    assert_eq!(config.reconnect.backoff_max, Duration::from_secs(60));
    assert_eq!(config.reconnect.max_attempts, None);
    assert_eq!(config.connection_timeout, Duration::from_secs(30));
    assert_eq!(config.buffer.max_messages, 10_000);
    assert_eq!(config.buffer.max_bytes, 64 << 20);
    assert_eq!(config.buffer.overflow, Overflow::DropOldest);
    assert_eq!(config.message_max_bytes, 16 << 20);
    assert_eq!(config.binary, BinaryPolicy::Drop);
    assert_eq!(config.value_format, ValueFormat::String);
    assert!(config.subscription_message.is_none() && config.auth_token.is_none());
}

#[test]
fn a_missing_url_is_two_errors_and_a_missing_topic_one() {
    assert_eq!(
        errors(parsed(&[])),
        [
            "Missing required configuration \"websocket.url\" which has no default value.",
            "Invalid value null for configuration websocket.url: WebSocket URL cannot be null",
            "Missing required configuration \"kafka.topic\" which has no default value.",
        ]
    );
}

#[test]
fn all_errors_are_found_at_once_in_the_table_s_order() {
    let found = errors(with(&[
        ("websocket.pong.timeout.ms", "0"),
        ("websocket.message.queue.size", "many"),
        ("websocket.reconnect.enabled", "yes"),
        ("websocket.binary", "hex"),
        ("websocket.url", "http://u:s3cret@h/p?k=s3cret"),
        ("websocket.subscription.message", "{s3cret}"),
        ("websocket.connection.timeout.ms", "99999999999999999999"),
    ]));
    assert_eq!(
        found,
        [
            "Invalid value http://h/p for configuration websocket.url: WebSocket URL must use ws:// or wss:// scheme, got: http",
            "Invalid value [hidden] for configuration websocket.subscription.message: \
             Subscription message is not valid JSON (line 1, column 2)",
            "Invalid value yes for configuration websocket.reconnect.enabled: Expected value to be either true or false",
            "Invalid value many for configuration websocket.message.queue.size: Not a number of type INT",
            "Invalid value 99999999999999999999 for configuration websocket.connection.timeout.ms: Not a number of type LONG",
            "Invalid value hex for configuration websocket.binary: String must be one of: drop, bytes, base64, text",
            "Invalid value 0 for configuration websocket.pong.timeout.ms: Value must be at least 1",
        ]
    );
}

#[test]
fn every_number_is_bounded_and_every_word_is_one_of_a_few() {
    let mut checked = 0;
    for row in TABLE {
        let (least, most, kind) = match row.kind {
            Kind::Int(min, max) => (i64::from(min), i64::from(max), "INT"),
            Kind::Long(min) => (min, i64::MAX, "LONG"),
            Kind::OneOf(words) => {
                for word in words {
                    // Some need a folder.
                    let pairs = [("websocket.spool.dir", "d"), (row.name, word)];
                    assert!(with(&pairs).config.is_ok(), "{word}");
                }
                let wrong = errors(with(&[(row.name, "no such word")]));
                assert!(wrong[0].contains(row.name) && wrong.len() == 1);
                checked += 1;
                continue;
            }
            _ => continue,
        };
        for number in [least, most] {
            let parsed = with(&[(row.name, &number.to_string())]);
            assert!(parsed.config.is_ok(), "{} {number}", row.name);
        }
        let name = row.name;
        let below = (least - 1).to_string();
        let beyond = (i128::from(most) + 1).to_string();
        for (value, why) in [
            (&below, format!("Value must be at least {least}")),
            (&beyond, format!("Not a number of type {kind}")),
            (&"1.5".to_owned(), format!("Not a number of type {kind}")),
        ] {
            let expected = format!("Invalid value {value} for configuration {name}: {why}");
            assert_eq!(errors(with(&[(name, value)])), [expected]);
        }
        checked += 1;
    }
    assert_eq!(checked, 19);
}

#[test]
fn values_are_trimmed_and_words_are_read_in_any_case() {
    let config = with(&[
        ("websocket.reconnect.enabled", " FALSE "),
        ("websocket.buffer.overflow", "Block"),
        ("websocket.ping.interval.ms", "0"),
        ("websocket.reconnect.max.attempts", "3"),
        ("kafka.topic", " t.1_- "),
    ])
    .config
    .expect("valid");
    assert!(!config.reconnect.enabled);
    assert_eq!(config.buffer.overflow, Overflow::Block);
    assert_eq!(config.ping_interval, None);
    assert_eq!(config.reconnect.max_attempts, Some(3));
    assert_eq!(config.topic, "t.1_-");
}

#[test]
fn topics_that_kafka_refuses_are_refused() {
    for topic in ["", ".", "..", "a b", "ä", &"x".repeat(250)] {
        assert_eq!(errors(with(&[("kafka.topic", topic)])).len(), 1, "{topic}");
    }
}

#[test]
fn an_unknown_key_is_warned_of_with_the_nearest_name() {
    let parsed = with(&[
        ("websocket.reconect.enabled", "true"),
        ("websocket.zzzzzzzzzzzzzzz", "1"),
    ]);
    assert!(parsed.config.is_ok());
    assert_eq!(
        parsed.warnings,
        [
            "Unknown setting websocket.reconect.enabled is ignored; did you mean websocket.reconnect.enabled?",
            "Unknown setting websocket.zzzzzzzzzzzzzzz is ignored",
        ]
    );
}

#[test]
fn debug_output_shows_no_secret() {
    let parsed = with(&[
        ("websocket.url", "wss://u:s3cret@h/p?t=s3cret"),
        ("websocket.auth.token", "s3cret"),
        ("websocket.headers", "X-Key:s3cret"),
        ("websocket.subscription.message", "\"s3cret\""),
    ]);
    let shown = format!("{parsed:?}");
    assert!(
        parsed.config.is_ok() && !shown.contains("s3cret"),
        "{shown}"
    );
}

#[test]
fn a_token_with_a_line_break_is_refused() {
    assert_eq!(
        errors(with(&[("websocket.auth.token", "a\r\nX: y")])).len(),
        1
    );
}

proptest! {
    #[test]
    fn no_text_makes_parsing_panic(index in 0..TABLE.len(), text in any::<String>()) {
        let parsed = with(&[(TABLE[index].name, &text)]);
        if let Err(errors) = parsed.config {
            let named = errors.iter().all(|error| error.message.contains(TABLE[index].name));
            prop_assert!(named);
        }
    }
}
