//! What a message that is too large becomes with `websocket.oversize=dlq`: a
//! record of the same task for another topic, with the first part of it. Java
//! makes it, since it alone knows what converters make of a part.

use std::collections::BTreeMap;

use websocket_source::dead_letter::{Cause, Header, NO_TOPIC, TOPIC, room};
use websocket_source::sink::SinkError;

use crate::settings::Texts;

/// How a task's dead letters are made.
#[derive(Debug)]
pub(crate) struct Letters {
    /// Where they go.
    pub(crate) topic: String,
    source_topic: String,
    connector: String,
    task: u32,
    limit: usize,
    /// Bytes of a message that fit beside a letter's headers, written as they
    /// are.
    pub(crate) room: usize,
}

impl Letters {
    /// What a configuration says of them.
    ///
    /// # Errors
    /// What it lacks for that.
    pub(crate) fn of(
        config: &BTreeMap<String, String>,
        limit: usize,
        (connector, task): (&str, u32),
    ) -> Result<Self, Vec<String>> {
        let text = |name| config.get(name).map_or("", |value| value.trim()).to_owned();
        let mut letters = Self {
            topic: text(TOPIC),
            source_topic: text("kafka.topic"),
            connector: connector.to_owned(),
            task,
            limit,
            room: 0,
        };
        let mut errors = Vec::new();
        if letters.topic.is_empty() {
            errors.push(NO_TOPIC.to_owned());
        }
        // No letter's headers are longer.
        match room(&letters.texts(usize::MAX, usize::MAX), limit) {
            None => errors.push(format!(
                "Invalid value dlq for configuration websocket.oversize: not even the headers of a dead letter fit \
                 into the producer's max.request.size={limit}; raise it (producer.override.max.request.size)"
            )),
            Some(room) => letters.room = room,
        }
        if errors.is_empty() {
            Ok(letters)
        } else {
            Err(errors)
        }
    }

    fn texts(&self, message_bytes: usize, record_bytes: usize) -> Vec<Header> {
        let (bytes, limit) = (record_bytes, self.limit);
        let message = SinkError::TooLarge { bytes, limit }.to_string();
        let cause = Cause::too_large((&self.connector, self.task), &self.source_topic, &message);
        cause.headers_with_size(message_bytes)
    }

    /// The headers of a letter, names and texts by turns, of a message of
    /// `message_bytes` that would be a record of `record_bytes`.
    pub(crate) fn headers(&self, message_bytes: usize, record_bytes: usize) -> Texts {
        let texts = self.texts(message_bytes, record_bytes).into_iter();
        let texts = texts.flat_map(|(name, text)| [Some(name.to_owned()), Some(text)]);
        texts.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A configuration with dead letters.
    fn config() -> BTreeMap<String, String> {
        [(TOPIC, " dead "), ("kafka.topic", "t")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    #[test]
    fn what_is_missing_for_letters_is_told_all_at_once() {
        let of = |config, limit| Letters::of(&config, limit, ("c", 0)).map(|_| ());
        assert_eq!(of(config(), 10_000), Ok(()));
        assert_eq!(of(config(), usize::MAX), Ok(()));
        let errors = of(BTreeMap::new(), 500).expect_err("nothing is there");
        assert_eq!(errors[0], NO_TOPIC);
        assert!(errors[1].contains("=500"), "{errors:?}");
        let errors = of(config(), 500).expect_err("it is too small");
        assert_eq!(errors.len(), 1, "{errors:?}");
    }

    #[test]
    fn a_letter_says_what_it_was_and_why_it_is_one() {
        let letters = Letters::of(&config(), 10_000, ("c", 0)).expect("letters");
        assert_eq!(letters.topic, "dead");
        let headers = letters.headers(9_000, 12_000);
        let of = |name: &str| {
            let mut pairs = headers.chunks(2);
            let pair = pairs.find(|pair| pair[0].as_deref() == Some(name));
            pair.and_then(|pair| pair[1].clone()).unwrap_or_default()
        };
        assert_eq!(of("__connect.errors.topic"), "t");
        assert_eq!(of("__connect.errors.connector.name"), "c");
        assert_eq!(of("websocket.oversize.bytes"), "9000");
        let why = of("__connect.errors.exception.message");
        assert!(why.contains("12000") && why.contains("10000"), "{why}");
    }

    #[test]
    fn what_fits_beside_the_headers_fits_into_a_request() {
        for limit in [1_200, 10_000, 1 << 20] {
            let letters = Letters::of(&config(), limit, ("c", 0)).expect("letters");
            let headers = letters.headers(2 * limit, 3 * limit);
            let headers = headers.iter().flatten().map(|text| text.len() + 5);
            // By Kafka's formula for a batch of one record.
            let bytes = 61 + 21 + 5 + letters.room + 5 + 5 + headers.sum::<usize>();
            assert!(bytes <= limit && limit - bytes < 250, "{bytes} of {limit}");
        }
    }
}
