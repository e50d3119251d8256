//! `console.*`: the pages under `/ui`.

use super::values::Values;

/// What the console may show of a topic's messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MessageSample {
    /// Nothing.
    #[default]
    Off,
    /// Their structure: names of fields, types and lengths, no values.
    Redacted,
}

/// Settings of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsoleConfig {
    /// `console.enabled`: whether `/ui` is there.
    pub enabled: bool,
    /// `console.messages`.
    pub messages: MessageSample,
}

impl ConsoleConfig {
    pub(super) fn read(values: &mut Values<'_>) -> Self {
        Self {
            enabled: values.boolean("console.enabled", true),
            messages: values.parsed("console.messages", parse_sample),
        }
    }

    /// A setting that misses its partner.
    pub(super) fn warning(self) -> Option<String> {
        let unused = !self.enabled && self.messages != MessageSample::Off;
        unused.then(|| "console.messages has no effect: console.enabled is false".to_owned())
    }
}

fn parse_sample(text: &str) -> Result<MessageSample, String> {
    match text.to_ascii_lowercase().as_str() {
        "off" => Ok(MessageSample::Off),
        "redacted" => Ok(MessageSample::Redacted),
        _ => Err(format!(
            "Invalid value {text} for configuration console.messages: String must be one of: off, redacted"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_map::map;

    fn read(pairs: &[(&str, &str)]) -> (ConsoleConfig, Vec<String>) {
        let map = map(pairs);
        let mut values = Values::new(&map);
        (ConsoleConfig::read(&mut values), values.errors)
    }

    #[test]
    fn the_console_is_there_and_shows_no_messages_unless_it_is_said() {
        let (config, errors) = read(&[]);
        assert!(config.enabled && errors.is_empty());
        assert_eq!(config.messages, MessageSample::Off);
        let (config, _) = read(&[
            ("console.messages", "Redacted"),
            ("console.enabled", "false"),
        ]);
        assert_eq!(config.messages, MessageSample::Redacted);
        assert!(
            config
                .warning()
                .is_some_and(|text| text.contains("console.enabled"))
        );
    }

    #[test]
    fn other_words_are_errors_that_name_the_right_ones() {
        let (_, errors) = read(&[("console.messages", "all"), ("console.enabled", "yes")]);
        assert_eq!(errors.len(), 2, "{errors:?}");
        assert!(errors[1].ends_with("one of: off, redacted"), "{errors:?}");
    }
}
