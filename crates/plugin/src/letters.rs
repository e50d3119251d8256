//! What a message that is too large becomes with `websocket.oversize=dlq`: a
//! record of the same task for another topic, with the first part of it.
//!
//! Invariant: a letter fits into a request of the producer, whatever a
//! converter makes of its value, as long as headers are written as they are.

use std::collections::BTreeMap;

use websocket_source::dead_letter::{Cause, Header, NO_TOPIC, TOPIC, room};
use websocket_source::frames::Kind;
use websocket_source::sink::SinkError;

use crate::settings::Texts;

/// What a converter makes of a byte at the most: JSON has `\u0001` for one.
const GROWTH: usize = 6;

const NO_LIMIT: &str = "Invalid value dlq for configuration websocket.oversize: it needs \
                        producer.override.max.request.size, a number of bytes, since nothing else tells the limit of \
                        the task's producer; set it (a producer's own is 1048576), or use \
                        drop or fail";

/// A record that is a dead letter.
#[derive(Debug)]
pub(crate) struct Letter {
    /// Its place among the records.
    pub(crate) row: usize,
    /// Its headers, names and texts by turns.
    pub(crate) headers: Texts,
}

/// How a task's dead letters are made.
#[derive(Debug)]
pub(crate) struct Letters {
    /// Where they go.
    pub(crate) topic: String,
    source_topic: String,
    connector: String,
    task: u32,
    limit: usize,
    /// Bytes of a message that a letter has at the most.
    room: usize,
}

impl Letters {
    /// What a configuration says of them.
    ///
    /// # Errors
    /// What it lacks for that.
    pub(crate) fn of(
        config: &BTreeMap<String, String>,
        limit: Option<usize>,
        (connector, task): (&str, u32),
    ) -> Result<Self, Vec<String>> {
        let text = |name| config.get(name).map_or("", |value| value.trim()).to_owned();
        let mut letters = Self {
            topic: text(TOPIC),
            source_topic: text("kafka.topic"),
            connector: connector.to_owned(),
            task,
            limit: limit.unwrap_or_default(),
            room: 0,
        };
        let mut errors = Vec::new();
        if letters.topic.is_empty() {
            errors.push(NO_TOPIC.to_owned());
        }
        // No letter's headers are longer.
        let room = room(&letters.texts(usize::MAX), letters.limit);
        match (limit, room) {
            (None, _) => errors.push(NO_LIMIT.to_owned()),
            (Some(limit), None) => errors.push(format!(
                "Invalid value dlq for configuration websocket.oversize: not even the headers of a dead letter fit \
                 into the producer's max.request.size={limit}; raise it (producer.override.max.request.size)"
            )),
            (Some(_), Some(room)) => letters.room = room / GROWTH,
        }
        if errors.is_empty() {
            Ok(letters)
        } else {
            Err(errors)
        }
    }

    fn texts(&self, bytes: usize) -> Vec<Header> {
        let limit = self.limit;
        let message = SinkError::TooLarge { bytes, limit }.to_string();
        let cause = Cause::too_large((&self.connector, self.task), &self.source_topic, &message);
        cause.headers_with_size(bytes)
    }

    /// The letter of a message of `bytes` bytes, which is the record in `row`.
    pub(crate) fn letter(&self, row: usize, bytes: usize) -> Letter {
        let texts = self.texts(bytes).into_iter();
        let headers = texts.flat_map(|(name, text)| [Some(name.to_owned()), Some(text)]);
        Letter {
            row,
            headers: headers.collect(),
        }
    }

    /// The part of a message that a letter has: characters of a text are whole.
    pub(crate) fn part<'a>(&self, kind: Kind, value: &'a [u8]) -> &'a [u8] {
        let is_within = |end: usize| value.get(end).is_some_and(|byte| byte & 0xc0 == 0x80);
        let mut end = self.room.min(value.len());
        while kind == Kind::Text && end > 0 && is_within(end) {
            end -= 1;
        }
        &value[..end]
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::oversize::LIMIT;

    /// A configuration with dead letters.
    pub(crate) fn config(limit: &str) -> BTreeMap<String, String> {
        [(LIMIT, limit), (TOPIC, " dead "), ("kafka.topic", "t")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    fn letters(limit: usize) -> Letters {
        Letters::of(&config(""), Some(limit), ("c", 0)).expect("letters")
    }

    #[test]
    fn what_is_missing_for_letters_is_told_all_at_once() {
        let of = |config, limit| Letters::of(&config, limit, ("c", 0)).map(|_| ());
        assert_eq!(of(config(""), Some(10_000)), Ok(()));
        let errors = of(BTreeMap::new(), None).expect_err("nothing is there");
        assert_eq!(errors, [NO_TOPIC, NO_LIMIT]);
        let errors = of(config(""), Some(500)).expect_err("it is too small");
        assert!(
            errors.len() == 1 && errors[0].contains("=500"),
            "{errors:?}"
        );
    }

    #[test]
    fn a_letter_says_what_it_was() {
        let letter = letters(10_000).letter(7, 30_000);
        assert_eq!(letter.row, 7);
        let has = |name: &str, text: &str| {
            let pairs = letter.headers.chunks(2);
            let found = pairs.map(|pair| (pair[0].as_deref(), pair[1].as_deref()));
            assert!(
                found
                    .into_iter()
                    .any(|pair| pair == (Some(name), Some(text))),
                "{name}: {letter:?}"
            );
        };
        has("__connect.errors.topic", "t");
        has("__connect.errors.connector.name", "c");
        has("websocket.oversize.bytes", "30000");
    }

    #[test]
    fn a_text_is_cut_between_two_characters_and_bytes_anywhere() {
        let letters = letters(2_000);
        for character in ["x", "ä", "€", "🦀"] {
            // From each of a character's bytes on.
            for before in 0..character.len() {
                let value = "x".repeat(before) + &character.repeat(2_000);
                let part = letters.part(Kind::Text, value.as_bytes());
                assert!(std::str::from_utf8(part).is_ok());
                let missing = letters.room - part.len();
                assert!(missing < character.len(), "{missing}");
                let part = letters.part(Kind::Binary, value.as_bytes());
                assert_eq!(part.len(), letters.room);
            }
        }
        assert_eq!(letters.part(Kind::Text, b"short"), b"short");
        // A sink is given UTF-8 only; what is none ends all the same.
        let broken = letters.part(Kind::Text, &[0x80; 5_000]);
        assert_eq!(broken, b"");
    }

    #[test]
    fn a_letter_fits_also_if_json_escapes_all_of_it() {
        for limit in [1_200, 10_000, 1 << 20] {
            let letters = letters(limit);
            let value = vec![1; 2 * limit];
            let part = letters.part(Kind::Text, &value);
            let escaped = r#"{"schema":{"type":"string","optional":false},"payload":""}"#.len()
                + part.len() * r"\u0001".len();
            let headers = letters.letter(0, value.len()).headers;
            let headers = headers.iter().flatten().map(|text| text.len() + 5);
            // By Kafka's formula for a batch of one record.
            let bytes = 61 + 21 + 5 + escaped + 5 + 5 + headers.sum::<usize>();
            assert!(bytes <= limit, "{bytes} of {limit}");
            assert!(limit - bytes < 200, "{bytes} of {limit}");
        }
    }
}
