//! From raw text to a [`SourceConfig`], with every error found.

use std::collections::BTreeMap;
use std::time::Duration;

use super::headers;
use super::table::{Kind, Row, TABLE, row};
use super::url::{WsUrl, redact};
use super::{
    BinaryPolicy, BufferLimits, Overflow, Oversize, PauseMode, Reconnect, SourceConfig, ValueFormat,
};
use crate::secret::Secret;

/// Names farther from a known one than this are not taken for misspellings.
const MAX_NAME_DISTANCE: usize = 6;
/// Kafka's `Topic.MAX_NAME_LENGTH`.
const MAX_TOPIC_CHARACTERS: usize = 249;

/// One thing wrong with one setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SettingError {
    /// The setting.
    pub setting: &'static str,
    /// What is wrong, in Kafka's words where it has some; names the setting.
    pub message: String,
}

/// What came out of a connector's configuration.
#[derive(Debug)]
pub struct Parsed {
    /// The settings, or all that is wrong with them, in the table's order.
    pub config: Result<SourceConfig, Vec<SettingError>>,
    /// What is worth telling but no error.
    pub warnings: Vec<String>,
}

/// Reads the settings of [`TABLE`] out of a connector's whole configuration;
/// other keys are the host's.
pub fn parse(raw: &BTreeMap<String, String>) -> Parsed {
    let mut reader = Reader {
        raw,
        errors: Vec::new(),
        warnings: unknown_keys(raw),
    };
    let config = reader.config();
    let mut errors = reader.errors;
    let position = |name: &str| TABLE.iter().position(|row| row.name == name);
    errors.sort_by_key(|error| position(error.setting));
    let config = match config {
        Some(config) if errors.is_empty() => Ok(config),
        _ => Err(errors),
    };
    Parsed {
        config,
        warnings: reader.warnings,
    }
}

fn unknown_keys(raw: &BTreeMap<String, String>) -> Vec<String> {
    raw.keys()
        .filter(|key| key.starts_with("websocket.") && row(key).is_none())
        .map(|key| {
            let nearest = TABLE
                .iter()
                .map(|row| (strsim::levenshtein(key, row.name), row.name))
                .min()
                .filter(|(distance, _)| *distance <= MAX_NAME_DISTANCE);
            let hint =
                nearest.map_or_else(String::new, |(_, name)| format!("; did you mean {name}?"));
            format!("Unknown setting {key} is ignored{hint}")
        })
        .collect()
}

pub(super) struct Reader<'a> {
    raw: &'a BTreeMap<String, String>,
    errors: Vec<SettingError>,
    pub(super) warnings: Vec<String>,
}

impl Reader<'_> {
    /// `None` only if an error has been noted.
    fn config(&mut self) -> Option<SourceConfig> {
        // Everything is read before the first `?`, so that all errors show.
        let url = self.url();
        let topic = self.topic();
        let subscription_message = self.subscription_message();
        let headers = self.headers();
        let auth_token = self.auth_token();
        let reconnect = self.reconnect();
        let connection_timeout = self.millis("websocket.connection.timeout.ms");
        let ping_interval = self.millis("websocket.ping.interval.ms");
        let pong_timeout = self.millis("websocket.pong.timeout.ms");
        let message_max_bytes = self.size("websocket.message.max.bytes");
        let value_format = self.value_format();
        let binary = self.binary();
        let buffer = self.buffer();
        let pause = self.pause();
        let spool = self.spool();
        let oversize = self.oversize();
        Some(SourceConfig {
            url: url?,
            topic: topic?,
            subscription_message,
            headers,
            auth_token,
            reconnect: reconnect?,
            connection_timeout: connection_timeout?,
            ping_interval: ping_interval
                .map(|interval| (!interval.is_zero()).then_some(interval))?,
            pong_timeout: pong_timeout?,
            message_max_bytes: message_max_bytes?,
            value_format: value_format?,
            binary: binary?,
            buffer: buffer?,
            pause: pause?,
            spool: spool.ok()?,
            oversize: oversize?,
        })
    }

    /// The trimmed text of a setting or its default, as ConfigDef has it.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let default = row(name).and_then(|row| row.default);
        self.raw.get(name).map(|text| text.trim()).or(default)
    }

    pub(super) fn fail(&mut self, setting: &'static str, message: String) {
        self.errors.push(SettingError { setting, message });
    }

    pub(super) fn invalid(&mut self, setting: &'static str, shown: &str, why: &str) {
        let message = format!("Invalid value {shown} for configuration {setting}: {why}");
        self.fail(setting, message);
    }

    fn missing(&mut self, setting: &'static str) {
        let message =
            format!("Missing required configuration \"{setting}\" which has no default value.");
        self.fail(setting, message);
    }

    fn url(&mut self) -> Option<WsUrl> {
        const NAME: &str = "websocket.url";
        let Some(text) = self.text(NAME).map(str::to_owned) else {
            self.missing(NAME);
            self.invalid(NAME, "null", "WebSocket URL cannot be null");
            return None;
        };
        match WsUrl::parse(&text) {
            Ok(url) => Some(url),
            Err(why) => {
                self.invalid(NAME, &redact(&text), &why);
                None
            }
        }
    }

    fn topic(&mut self) -> Option<String> {
        const NAME: &str = "kafka.topic";
        let Some(topic) = self.text(NAME).map(str::to_owned) else {
            self.missing(NAME);
            return None;
        };
        match topic_fault(&topic) {
            None => Some(topic),
            Some(why) => {
                self.invalid(NAME, &topic, why);
                None
            }
        }
    }

    fn subscription_message(&mut self) -> Option<Secret> {
        const NAME: &str = "websocket.subscription.message";
        let text = self.text(NAME).filter(|text| !text.is_empty())?.to_owned();
        if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&text) {
            let at = format!(
                "Subscription message is not valid JSON (line {}, column {})",
                error.line(),
                error.column()
            );
            self.invalid(NAME, "[hidden]", &at);
            return None;
        }
        Some(Secret::new(text))
    }

    fn headers(&mut self) -> Vec<headers::Header> {
        const NAME: &str = "websocket.headers";
        let parsed = headers::parse(self.text(NAME).unwrap_or_default());
        for why in &parsed.errors {
            self.invalid(NAME, "[hidden]", why);
        }
        self.warnings.extend(parsed.warnings);
        parsed.headers
    }

    fn auth_token(&mut self) -> Option<Secret> {
        const NAME: &str = "websocket.auth.token";
        let token = self.text(NAME).filter(|text| !text.is_empty())?.to_owned();
        if token.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            let why = "the token contains a line break or another control character";
            self.invalid(NAME, "[hidden]", why);
            return None;
        }
        Some(Secret::new(token))
    }

    fn reconnect(&mut self) -> Option<Reconnect> {
        let enabled = self.boolean("websocket.reconnect.enabled");
        let interval = self.millis("websocket.reconnect.interval.ms");
        let backoff_max = self.millis("websocket.reconnect.backoff.max.ms");
        let max_attempts = self.number("websocket.reconnect.max.attempts");
        Some(Reconnect {
            enabled: enabled?,
            interval: interval?,
            backoff_max: backoff_max?,
            max_attempts: u32::try_from(max_attempts?).ok(),
        })
    }

    fn value_format(&mut self) -> Option<ValueFormat> {
        Some(match self.word("websocket.value.format")? {
            "bytes" => ValueFormat::Bytes,
            "json" => ValueFormat::Json,
            _ => ValueFormat::String,
        })
    }

    fn binary(&mut self) -> Option<BinaryPolicy> {
        Some(match self.word("websocket.binary")? {
            "bytes" => BinaryPolicy::Bytes,
            "base64" => BinaryPolicy::Base64,
            "text" => BinaryPolicy::Text,
            _ => BinaryPolicy::Drop,
        })
    }

    fn buffer(&mut self) -> Option<BufferLimits> {
        let max_messages = self.size("websocket.message.queue.size");
        let max_bytes = self.size("websocket.buffer.max.bytes");
        let overflow = self.word("websocket.buffer.overflow");
        Some(BufferLimits {
            max_messages: max_messages?,
            max_bytes: max_bytes?,
            overflow: match overflow? {
                "block" => Overflow::Block,
                "drop_newest" => Overflow::DropNewest,
                _ => Overflow::DropOldest,
            },
        })
    }

    fn pause(&mut self) -> Option<PauseMode> {
        Some(match self.word("websocket.pause.mode")? {
            "disconnect" => PauseMode::Disconnect,
            _ => PauseMode::Keep,
        })
    }

    fn oversize(&mut self) -> Option<Oversize> {
        Some(match self.word("websocket.oversize")? {
            "dlq" => Oversize::DeadLetter,
            "fail" => Oversize::Fail,
            _ => Oversize::Drop,
        })
    }

    fn boolean(&mut self, name: &'static str) -> Option<bool> {
        let text = self.text(name)?.to_owned();
        match text.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.invalid(name, &text, "Expected value to be either true or false");
                None
            }
        }
    }

    /// One of the words of a row, by the row's own spelling.
    pub(super) fn word(&mut self, name: &'static str) -> Option<&'static str> {
        let Some(Row {
            kind: Kind::OneOf(words),
            ..
        }) = row(name)
        else {
            return None;
        };
        let text = self.text(name)?.to_owned();
        let found = words.iter().find(|word| word.eq_ignore_ascii_case(&text));
        if found.is_none() {
            let why = format!("String must be one of: {}", words.join(", "));
            self.invalid(name, &text, &why);
        }
        found.copied()
    }

    pub(super) fn millis(&mut self, name: &'static str) -> Option<Duration> {
        let millis = u64::try_from(self.number(name)?).ok()?;
        Some(Duration::from_millis(millis))
    }

    pub(super) fn size(&mut self, name: &'static str) -> Option<usize> {
        usize::try_from(self.number(name)?).ok()
    }

    pub(super) fn number(&mut self, name: &'static str) -> Option<i64> {
        let (min, max, kind) = match row(name)?.kind {
            Kind::Int(min, max) => (i64::from(min), i64::from(max), "INT"),
            Kind::Long(min) => (min, i64::MAX, "LONG"),
            _ => return None,
        };
        let text = self.text(name)?.to_owned();
        let parsed = text.parse::<i64>().ok();
        let Some(number) = parsed.filter(|n| kind == "LONG" || i32::try_from(*n).is_ok()) else {
            self.invalid(name, &text, &format!("Not a number of type {kind}"));
            return None;
        };
        if number < min {
            self.invalid(name, &text, &format!("Value must be at least {min}"));
            return None;
        }
        if number > max {
            self.invalid(name, &text, &format!("Value must be no more than {max}"));
            return None;
        }
        Some(number)
    }
}

/// Kafka's `Topic.validate`.
fn topic_fault(topic: &str) -> Option<&'static str> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if topic.is_empty() {
        Some("Topic name cannot be empty")
    } else if topic == "." || topic == ".." {
        Some("Topic name cannot be \".\" or \"..\"")
    } else if topic.len() > MAX_TOPIC_CHARACTERS {
        Some("Topic name cannot be longer than 249 characters")
    } else if topic.chars().all(legal) {
        None
    } else {
        Some("Topic name may only contain ASCII letters and digits, '.', '_' and '-'")
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
