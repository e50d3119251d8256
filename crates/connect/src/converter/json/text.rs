//! Strings and floats as Kafka's JSON library (Jackson) writes them.

use std::fmt::LowerExp;
use std::io::Write;

use crate::java::write_float;

/// What stands for a byte of UTF-8 in a string: 0 for itself, 1 for a code
/// point outside of the first plane, else the letter after the backslash, `u`
/// with a number.
const ESCAPES: [u8; 256] = escapes();
const BEYOND_FIRST_PLANE: u8 = 1;

const fn escapes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = b'u';
        byte += 1;
    }
    byte = 0xF0;
    while byte < 0x100 {
        table[byte] = BEYOND_FIRST_PLANE;
        byte += 1;
    }
    table[0x08] = b'b';
    table[0x09] = b't';
    table[0x0A] = b'n';
    table[0x0C] = b'f';
    table[0x0D] = b'r';
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table
}

/// A string in quotes. Code points outside of the first plane are written as
/// two escapes, as Jackson does.
pub(super) fn append_string(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    let bytes = text.as_bytes();
    let (mut copied, mut at) = (0, 0);
    while at < bytes.len() {
        let escape = ESCAPES[usize::from(bytes[at])];
        if escape == 0 {
            at += 1;
            continue;
        }
        out.extend_from_slice(&bytes[copied..at]);
        at += match escape {
            BEYOND_FIRST_PLANE => append_surrogates(&text[at..], out),
            b'u' => append_unit(u16::from(bytes[at]), out),
            letter => {
                out.extend_from_slice(&[b'\\', letter]);
                1
            }
        };
        copied = at;
    }
    out.extend_from_slice(&bytes[copied..]);
    out.push(b'"');
}

/// The first character; gives its length in UTF-8.
fn append_surrogates(text: &str, out: &mut Vec<u8>) -> usize {
    let Some(c) = text.chars().next() else {
        return 1;
    };
    for unit in c.encode_utf16(&mut [0; 2]) {
        append_unit(*unit, out);
    }
    c.len_utf8()
}

fn append_unit(unit: u16, out: &mut Vec<u8>) -> usize {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.extend_from_slice(b"\\u");
    for shift in [12, 8, 4, 0] {
        out.push(DIGITS[usize::from(unit >> shift & 0xF)]);
    }
    1
}

/// A whole number.
pub(super) fn append_integer(value: i64, out: &mut Vec<u8>) {
    // A vector takes whatever is written.
    let _ = write!(out, "{value}");
}

/// A float; what is no number in JSON is a string.
pub(super) fn append_float(value: impl Into<f64> + LowerExp + Copy, out: &mut Vec<u8>) {
    let quote: &[u8] = if value.into().is_finite() { b"" } else { b"\"" };
    out.extend_from_slice(quote);
    write_float(value, |part| out.extend_from_slice(part.as_bytes()));
    out.extend_from_slice(quote);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_jackson_does() {
        let escaped = |text: &str| {
            let mut out = Vec::new();
            append_string(text, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(escaped("plain é\u{7f}/"), "\"plain é\u{7f}/\"");
        assert_eq!(
            escaped("\u{0}\u{1f}\"\\\u{8}\u{c}\n\r\t"),
            r#""\u0000\u001F\"\\\b\f\n\r\t""#
        );
        assert_eq!(escaped("a\u{1F600}b"), r#""a\uD83D\uDE00b""#);
    }
}
