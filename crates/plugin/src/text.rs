//! Values in the encodings from which a JVM makes a `String` by copying:
//! Latin-1 if every character has one, as nearly always, else UTF-16. Java's
//! own decoder of UTF-8 is slow as soon as a value is not ASCII.
//!
//! Here alone it is decided what the values of a task are for Java, by
//! `websocket.value.format` and the kind of each message.

use std::ops::Range;

use encoding_rs::mem;
use websocket_source::frames::Kind;
use websocket_source::settings::ValueFormat;

use crate::columns::{Columns, KEEP_BYTES};

/// Values as Java takes them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Values<'a> {
    /// Texts in Latin-1, a byte for each character.
    Latin1(&'a [u8]),
    /// Texts in UTF-16.
    Utf16(&'a [u16]),
    /// Texts in UTF-8 that Java parses as JSON.
    Json(&'a [u8]),
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

/// The end of the rows from `first` on that become one array, and whether they
/// are text.
fn run(columns: &Columns, format: ValueFormat, first: usize) -> (usize, Kind) {
    let rest = &columns.kinds[first..];
    let kind = rest[0];
    match format {
        ValueFormat::Bytes => (columns.len(), Kind::Binary),
        ValueFormat::String | ValueFormat::Json => {
            let other = rest.iter().position(|other| *other != kind);
            (other.map_or(columns.len(), |count| first + count), kind)
        }
    }
}

impl Encoder {
    /// Encodes the rows of one kind from `first` on: the values, where each of
    /// them ends in units of the encoding, and the first row after them.
    pub(crate) fn encode<'a>(
        &'a mut self,
        columns: &'a Columns,
        format: ValueFormat,
        first: usize,
    ) -> (Values<'a>, &'a [i32], usize) {
        let (end, kind) = run(columns, format, first);
        self.clear();
        let start = range(columns, first).start;
        let bytes = &columns.values[start..columns.ends[end - 1]];
        let is_string = kind == Kind::Text && format == ValueFormat::String;
        let values = if !is_string || bytes.is_ascii() {
            let ends = columns.ends[first..end].iter();
            self.ends.extend(ends.map(|end| units(end - start)));
            match kind {
                Kind::Text if is_string => Values::Latin1(bytes),
                Kind::Text => Values::Json(bytes),
                Kind::Binary => Values::Bytes(bytes),
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

    fn columns(kind: Kind, values: &[&[u8]]) -> Columns {
        let of_kind: Vec<_> = values.iter().map(|value| (kind, *value)).collect();
        mixed(&of_kind)
    }

    fn mixed(values: &[(Kind, &[u8])]) -> Columns {
        let mut columns = Columns::default();
        for (kind, value) in values {
            columns.values.extend_from_slice(value);
            columns.ends.push(columns.values.len());
            columns.kinds.push(*kind);
            columns.received_ms.push(0);
        }
        columns
    }

    /// All texts, put together again from what Java would get.
    fn decoded(texts: &[&str]) -> (Vec<String>, bool) {
        let bytes: Vec<_> = texts.iter().map(|text| text.as_bytes()).collect();
        let columns = columns(Kind::Text, &bytes);
        let mut encoder = Encoder::default();
        let (values, ends, after) = encoder.encode(&columns, ValueFormat::String, 0);
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
            Values::Json(_) | Values::Bytes(_) => panic!("bytes of texts"),
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

    /// Values as Java would get them, run by run, with their ends.
    fn runs(columns: &Columns, format: ValueFormat) -> Vec<(&'static str, Vec<i32>)> {
        let mut encoder = Encoder::default();
        let mut runs = Vec::new();
        let mut first = 0;
        while first < columns.len() {
            let (values, ends, end) = encoder.encode(columns, format, first);
            let kind = match values {
                Values::Latin1(_) | Values::Utf16(_) => "string",
                Values::Json(_) => "json",
                Values::Bytes(_) => "bytes",
            };
            runs.push((kind, ends.to_vec()));
            first = end;
        }
        runs
    }

    #[test]
    fn texts_and_bytes_side_by_side_come_run_by_run() {
        let columns = mixed(&[
            (Kind::Text, b"a"),
            (Kind::Text, "ä".as_bytes()),
            (Kind::Binary, b"\xff\xfe"),
            // It could be text, and is none.
            (Kind::Binary, b"bytes"),
            (Kind::Text, b""),
            (Kind::Binary, b""),
            (Kind::Text, "€".as_bytes()),
        ]);
        let strings = [
            ("string", vec![1, 2]),
            ("bytes", vec![2, 7]),
            ("string", vec![0]),
            ("bytes", vec![0]),
            ("string", vec![1]),
        ];
        assert_eq!(runs(&columns, ValueFormat::String), strings);
        let parsed = [
            ("json", vec![1, 3]),
            ("bytes", vec![2, 7]),
            ("json", vec![0]),
            ("bytes", vec![0]),
            ("json", vec![3]),
        ];
        assert_eq!(runs(&columns, ValueFormat::Json), parsed);
        let all = [("bytes", vec![1, 3, 5, 10, 10, 10, 13])];
        assert_eq!(runs(&columns, ValueFormat::Bytes), all);
    }

    #[test]
    fn memory_that_a_large_text_needed_is_given_back() {
        let large = "€".repeat(KEEP_BYTES);
        let mut encoder = Encoder::default();
        encoder.encode(
            &columns(Kind::Text, &[large.as_bytes()]),
            ValueFormat::String,
            0,
        );
        assert!(encoder.utf16.capacity() > KEEP_BYTES / 2);
        encoder.encode(&columns(Kind::Text, &[b"a"]), ValueFormat::String, 0);
        assert!(encoder.utf16.capacity() <= KEEP_BYTES / 2);
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
