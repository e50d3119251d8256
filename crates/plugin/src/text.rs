//! Values in the encodings from which a JVM makes a `String` by copying:
//! Latin-1 if every character has one, as nearly always, else UTF-16. Java's
//! own decoder of UTF-8 is slow as soon as a value is not ASCII.

use std::ops::Range;

use encoding_rs::mem;
use websocket_source::settings::{BinaryPolicy, SourceConfig, ValueFormat};

use crate::hand_over::{Columns, KEEP_BYTES};

/// Which of a task's values are text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kinds {
    /// All of them.
    Text,
    /// None.
    Bytes,
    /// Those that are valid UTF-8: text and binary messages come side by side.
    Mixed,
}

impl Kinds {
    /// What the settings of a task make of its values.
    pub(crate) fn of(config: &SourceConfig) -> Self {
        match config.value_format {
            // Java parses the JSON.
            ValueFormat::Bytes | ValueFormat::Json => Self::Bytes,
            ValueFormat::String if config.binary == BinaryPolicy::Bytes => Self::Mixed,
            ValueFormat::String => Self::Text,
        }
    }
}

/// Values as Java takes them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Values<'a> {
    /// Texts in Latin-1, a byte for each character.
    Latin1(&'a [u8]),
    /// Texts in UTF-16.
    Utf16(&'a [u16]),
    /// Bytes.
    Bytes(&'a [u8]),
}

/// Encodes values; keeps its memory.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    latin1: Vec<u8>,
    utf16: Vec<u16>,
    ends: Vec<i32>,
}

fn range(columns: &Columns, row: usize) -> Range<usize> {
    let start = row.checked_sub(1).map_or(0, |before| columns.ends[before]);
    start..columns.ends[row]
}

/// The end of the rows from `first` on that are of one kind, and whether they
/// are text.
fn run(columns: &Columns, kinds: Kinds, first: usize) -> (usize, bool) {
    let count = columns.len();
    let is_text = |row: usize| std::str::from_utf8(&columns.values[range(columns, row)]).is_ok();
    match kinds {
        Kinds::Text => (count, true),
        Kinds::Bytes => (count, false),
        Kinds::Mixed => {
            let text = is_text(first);
            let end = (first..count).find(|row| is_text(*row) != text);
            (end.unwrap_or(count), text)
        }
    }
}

impl Encoder {
    /// Encodes the rows of one kind from `first` on: the values, where each of
    /// them ends in units of the encoding, and the first row after them.
    pub(crate) fn encode<'a>(
        &'a mut self,
        columns: &'a Columns,
        kinds: Kinds,
        first: usize,
    ) -> (Values<'a>, &'a [i32], usize) {
        let (end, text) = run(columns, kinds, first);
        self.clear();
        let start = range(columns, first).start;
        let bytes = &columns.values[start..columns.ends[end - 1]];
        let values = if !text || bytes.is_ascii() {
            let ends = columns.ends[first..end].iter();
            self.ends.extend(ends.map(|end| units(end - start)));
            if text {
                Values::Latin1(bytes)
            } else {
                Values::Bytes(bytes)
            }
        } else if mem::is_utf8_latin1(bytes) {
            self.encode_latin1(columns, first..end);
            Values::Latin1(&self.latin1)
        } else {
            self.encode_utf16(columns, first..end);
            Values::Utf16(&self.utf16)
        };
        (values, &self.ends, end)
    }

    /// Forgets what was encoded, and gives back the memory that a large message
    /// needed.
    fn clear(&mut self) {
        self.ends.clear();
        self.latin1.clear();
        self.latin1.shrink_to(KEEP_BYTES);
        self.utf16.clear();
        self.utf16.shrink_to(KEEP_BYTES / 2);
    }

    fn encode_latin1(&mut self, columns: &Columns, rows: Range<usize>) {
        for row in rows {
            let value = &columns.values[range(columns, row)];
            let start = self.latin1.len();
            self.latin1.resize(start + value.len(), 0);
            let written = mem::convert_utf8_to_latin1_lossy(value, &mut self.latin1[start..]);
            self.latin1.truncate(start + written);
            self.ends.push(units(self.latin1.len()));
        }
    }

    fn encode_utf16(&mut self, columns: &Columns, rows: Range<usize>) {
        for row in rows {
            let value = &columns.values[range(columns, row)];
            let start = self.utf16.len();
            // What the conversion asks for.
            self.utf16.resize(start + value.len() + 1, 0);
            let written = mem::convert_utf8_to_utf16(value, &mut self.utf16[start..]);
            self.utf16.truncate(start + written);
            self.ends.push(units(self.utf16.len()));
        }
    }
}

/// A Java array's index: an arena is a mebibyte, and a message of its own at
/// most `websocket.message.max.bytes`, an `int`.
fn units(end: usize) -> i32 {
    i32::try_from(end).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn columns(values: &[&[u8]]) -> Columns {
        let mut columns = Columns::default();
        for value in values {
            columns.values.extend_from_slice(value);
            columns.ends.push(columns.values.len());
            columns.received_ms.push(0);
        }
        columns
    }

    /// All texts, put together again from what Java would get.
    fn decoded(texts: &[&str]) -> (Vec<String>, bool) {
        let bytes: Vec<_> = texts.iter().map(|text| text.as_bytes()).collect();
        let columns = columns(&bytes);
        let mut encoder = Encoder::default();
        let (values, ends, after) = encoder.encode(&columns, Kinds::Text, 0);
        assert_eq!(after, texts.len());
        let mut start = 0;
        let ends = ends.iter().map(|end| {
            let end = usize::try_from(*end).expect("positive");
            std::mem::replace(&mut start, end)..end
        });
        match values {
            Values::Latin1(units) => {
                let text =
                    |range: Range<usize>| units[range].iter().map(|b| char::from(*b)).collect();
                (ends.map(text).collect(), true)
            }
            Values::Utf16(units) => {
                let text = |range: Range<usize>| String::from_utf16_lossy(&units[range]);
                (ends.map(text).collect(), false)
            }
            Values::Bytes(_) => panic!("bytes of texts"),
        }
    }

    #[test]
    fn texts_are_latin_1_as_long_as_every_character_has_one() {
        for (texts, latin1) in [
            (vec!["plain", "", "text"], true),
            (vec!["plain", "käse", "", "ÿ"], true),
            (vec!["plain", "käse", "€"], false),
            (vec!["🦀", "a", "\u{7ff}"], false),
        ] {
            let expected: Vec<String> = texts.iter().map(ToString::to_string).collect();
            assert_eq!(decoded(&texts), (expected, latin1));
        }
    }

    #[test]
    fn texts_and_bytes_side_by_side_come_run_by_run() {
        let columns = columns(&[
            b"a",
            "ä".as_bytes(),
            b"\xff\xfe",
            b"",
            b"\xc3",
            "€".as_bytes(),
        ]);
        let mut encoder = Encoder::default();
        let mut runs = Vec::new();
        let mut first = 0;
        while first < columns.len() {
            let (values, ends, end) = encoder.encode(&columns, Kinds::Mixed, first);
            runs.push((matches!(values, Values::Bytes(_)), ends.to_vec()));
            first = end;
        }
        let expected = [
            (false, vec![1, 2]),
            (true, vec![2]),
            (false, vec![0]),
            (true, vec![1]),
            (false, vec![1]),
        ];
        assert_eq!(runs, expected);
    }

    #[test]
    fn memory_that_a_large_text_needed_is_given_back() {
        let large = "€".repeat(KEEP_BYTES);
        let mut encoder = Encoder::default();
        encoder.encode(&columns(&[large.as_bytes()]), Kinds::Text, 0);
        assert!(encoder.utf16.capacity() > KEEP_BYTES / 2);
        encoder.encode(&columns(&[b"a"]), Kinds::Text, 0);
        assert!(encoder.utf16.capacity() <= KEEP_BYTES / 2);
    }

    #[test]
    fn bytes_are_not_looked_at() {
        let columns = columns(&[b"a", b"\xff"]);
        let mut encoder = Encoder::default();
        assert_eq!(
            encoder.encode(&columns, Kinds::Bytes, 0),
            (Values::Bytes(b"a\xff"), &[1, 2][..], 2)
        );
    }

    proptest! {
        #[test]
        fn every_text_comes_back(texts in prop::collection::vec(".{0,20}", 1..20)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let expected: Vec<String> = texts.iter().map(ToString::to_string).collect();
            prop_assert_eq!(decoded(&texts).0, expected);
        }
    }
}
