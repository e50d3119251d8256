//! How short a JSON text may become when it is parsed and written again, as
//! Connect's `JsonConverter` does: a text that is too large by its white space is
//! not too large.
//!
//! Invariant: never more than what is written, for a text without repeated
//! names.

/// A decimal fraction with so many digits is the shortest of its `double`; one
/// with more may be any.
const EXACT_DIGITS: usize = 15;
/// The same of an integer and a `long`.
const LONG_DIGITS: usize = 18;

/// The least length of what is written, in bytes.
pub(crate) fn least_json_bytes(text: &[u8]) -> usize {
    let mut least = 0;
    let mut at = 0;
    let mut quoted = false;
    while let Some(&byte) = text.get(at) {
        let (bytes, written) = match byte {
            b'\\' if quoted => escape(text.get(at + 1).copied()),
            b' ' | b'\t' | b'\n' | b'\r' if !quoted => (1, 0),
            b'0'..=b'9' if !quoted => {
                let in_number =
                    |byte: &&u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
                let bytes = text[at..].iter().take_while(in_number).count();
                (bytes, number(&text[at..at + bytes]))
            }
            _ => (1, 1),
        };
        quoted ^= byte == b'"';
        least += written;
        at += bytes;
    }
    least.min(text.len())
}

/// The length of an escape sequence that goes on so, and the least that it
/// becomes.
fn escape(kind: Option<u8>) -> (usize, usize) {
    match kind {
        Some(b'u') => (6, 1),
        Some(b'/') => (2, 1),
        _ => (2, 2),
    }
}

/// The least that is written of a number without its sign.
fn number(text: &[u8]) -> usize {
    let mut parts = text.splitn(2, |byte| *byte == b'.');
    let whole = parts.next().unwrap_or_default();
    let Some(fraction) = parts.next() else {
        let is_long = whole.len() <= LONG_DIGITS && whole.iter().all(u8::is_ascii_digit);
        return if is_long { whole.len() } else { 1 };
    };
    let is_exact = whole.len() + fraction.len() <= EXACT_DIGITS;
    if !is_exact || !fraction.iter().all(u8::is_ascii_digit) {
        return 1;
    }
    let zeros = |zero: &&u8| **zero == b'0';
    let leading = fraction.iter().take_while(zeros).count();
    let trailing = fraction.iter().rev().take_while(zeros).count();
    whole.len() + 1 + fraction.len().saturating_sub(leading + trailing)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_may_go_is_white_space_escapes_and_digits_that_say_nothing() {
        for (text, least) in [
            (
                r#"{"a": [1, 2 ],"b":"x y"}"#,
                r#"{"a":[1,2],"b":"x y"}"#.len(),
            ),
            (r#"["\u0041\/\"\\ ","é"]"#, r#"["A/\"\\ ","é"]"#.len()),
            ("[1.500, 10]", "[1.5,10]".len()),
            ("[0.00000001]", "[0.1]".len()),
            ("[1.000]", "[1.]".len()),
            ("[-0.1000000000000000055, 1e3]", "[-0,1]".len()),
            ("[0.25010500010022031]", "[0]".len()),
            ("[12345678901234567890]", "[1]".len()),
            (" \r\n\t", 0),
            ("", 0),
            // Cut short.
            (r#""\u00"#, 2),
            (r#""\"#, 2),
        ] {
            assert_eq!(least_json_bytes(text.as_bytes()), least, "{text}");
        }
    }

    fn escaped(character: char) -> String {
        let mut units = [0; 2];
        let units = character.encode_utf16(&mut units).iter();
        let units: Vec<_> = units.map(|unit| format!("\\u{unit:04x}")).collect();
        units.concat()
    }

    /// A JSON text, spelled at random.
    fn text() -> impl Strategy<Value = String> {
        let character = prop_oneof![
            "[a-z é🦀]",
            Just(r#"\""#.to_owned()),
            Just(r"\\".to_owned()),
            Just(r"\/".to_owned()),
            Just(r"\n".to_owned()),
            any::<char>().prop_map(escaped),
        ];
        let string = prop::collection::vec(character, 0..8);
        let string = string.prop_map(|characters| format!("\"{}\"", characters.concat()));
        let number = "-?(0|[1-9][0-9]{0,5})(\\.[0-9]{1,22})?([eE][-+]?[0-9]{1,2})?";
        let leaf = prop_oneof![string, number, Just("null".to_owned())];
        leaf.prop_recursive(3, 24, 5, |inner| {
            let space = "[ \\t\\r\\n]{0,3}";
            let item =
                (space, inner, space).prop_map(|(before, item, after)| before + &item + &after);
            let items = prop::collection::vec(item, 0..5);
            prop_oneof![
                items
                    .clone()
                    .prop_map(|items| format!("[{}]", items.join(","))),
                items.prop_map(|items| {
                    let members = items.iter().enumerate();
                    let members = members.map(|(name, item)| format!(" \"{name}\" :{item}"));
                    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_text_is_written_shorter(text in text()) {
            let value: Value = serde_json::from_str(&text).expect("JSON");
            let written = value.to_string();
            prop_assert!(least_json_bytes(text.as_bytes()) <= written.len(), "{text} {written}");
        }

        #[test]
        fn any_bytes_have_a_length(bytes: Vec<u8>) {
            prop_assert!(least_json_bytes(&bytes) <= bytes.len());
        }
    }
}
