//! Character classes and escapes of Java's regular expressions.
//!
//! Invariant: what is emitted means the same inside and outside of a class:
//! letters and digits as they are, everything else by its number.

use std::fmt::Write as _;

use super::regex::{MAX_DEPTH, RegexError};
use super::regex_group::{back_reference, named_reference};
use super::regex_source::Source;

/// A character that stands for itself.
pub(super) fn literal(out: &mut String, c: char) {
    if c.is_ascii_alphanumeric() {
        out.push(c);
    } else {
        let _ = write!(out, "\\x{{{:X}}}", u32::from(c));
    }
}

/// What comes after a class's opening bracket.
pub(super) fn class(source: &mut Source, out: &mut String, depth: usize) -> Result<(), RegexError> {
    if depth > MAX_DEPTH {
        return Err(source.error("Too deeply nested", source.at));
    }
    out.push('[');
    if source.take("^") {
        out.push('^');
    }
    let mut first = true;
    loop {
        if source.take("&&") {
            out.push_str("&&");
            continue;
        }
        match source.peek() {
            None => {
                return Err(source.error("Unclosed character class", source.len() - 1));
            }
            Some(']') if !first => {
                source.at += 1;
                out.push(']');
                return Ok(());
            }
            Some('[') => {
                source.at += 1;
                class(source, out, depth + 1)?;
            }
            Some(_) => range(source, out)?,
        }
        first = false;
    }
}

/// A character, a set that is written as one, or a range.
fn range(source: &mut Source, out: &mut String) -> Result<(), RegexError> {
    let Some(low) = character(source, out)? else {
        return Ok(());
    };
    let ends = matches!(source.peek_at(1), Some('[' | ']'));
    if source.peek() != Some('-') || ends {
        literal(out, low);
        return Ok(());
    }
    source.at += 1;
    if source.peek().is_none() {
        return Err(source.error("Illegal character range", source.len()));
    }
    let mut set = String::new();
    let high = character(source, &mut set)?;
    match high {
        Some(high) if high >= low => {
            literal(out, low);
            out.push('-');
            literal(out, high);
            Ok(())
        }
        _ => Err(source.error("Illegal character range", source.at - 1)),
    }
}

/// The character that comes next; `None` if it was a set, which is emitted.
fn character(source: &mut Source, out: &mut String) -> Result<Option<char>, RegexError> {
    match source.next() {
        Some('\\') if source.peek().is_none() => {
            Err(source.error("Unclosed character class", source.len()))
        }
        Some('\\') => match by_number(source)? {
            Some(c) => Ok(Some(c)),
            None => match source.peek() {
                Some(c) if !c.is_ascii_alphanumeric() => {
                    source.at += 1;
                    Ok(Some(c))
                }
                _ => escape(source, out, true).map(|()| None),
            },
        },
        c => Ok(c),
    }
}

/// An escape for one character by its number or its usual letter.
fn by_number(source: &mut Source) -> Result<Option<char>, RegexError> {
    let start = source.at;
    let Some(letter) = source.next() else {
        return Ok(None);
    };
    let hexadecimal = "Illegal hexadecimal escape sequence";
    Ok(Some(match letter {
        't' => '\t',
        'n' => '\n',
        'r' => '\r',
        'f' => '\u{c}',
        'a' => '\u{7}',
        'e' => '\u{1b}',
        'c' => match source.next() {
            Some(c) if c.is_ascii() => char::from(u8::try_from(c).unwrap_or(0) ^ 64),
            _ => return Err(source.error("Illegal control escape sequence", start)),
        },
        'x' if source.take("{") => {
            let c = digits(source, 16, 1, 6, hexadecimal)?;
            if !source.take("}") {
                return Err(source.error("Unclosed hexadecimal escape sequence", source.at));
            }
            c
        }
        'x' => digits(source, 16, 2, 2, hexadecimal)?,
        'u' => digits(source, 16, 4, 4, "Illegal Unicode escape sequence")?,
        '0' => {
            let most = if matches!(source.peek(), Some('0'..='3')) {
                3
            } else {
                2
            };
            digits(source, 8, 1, most, "Illegal octal escape sequence")?
        }
        _ => {
            source.at = start;
            return Ok(None);
        }
    }))
}

fn digits(
    source: &mut Source,
    base: u32,
    least: usize,
    most: usize,
    why: &str,
) -> Result<char, RegexError> {
    let mut number = 0;
    let mut count = 0;
    while count < most {
        let Some(digit) = source.peek().and_then(|c| c.to_digit(base)) else {
            break;
        };
        number = number * base + digit;
        source.at += 1;
        count += 1;
    }
    match char::from_u32(number) {
        Some(c) if count >= least => Ok(c),
        _ => Err(source.error(why, source.at)),
    }
}

/// What comes after a backslash.
pub(super) fn escape(
    source: &mut Source,
    out: &mut String,
    in_class: bool,
) -> Result<(), RegexError> {
    if let Some(c) = by_number(source)? {
        literal(out, c);
        return Ok(());
    }
    let at = source.at;
    let unsupported = "Illegal/unsupported escape sequence";
    match source.next() {
        None => return Err(source.error("Unexpected internal error", source.len())),
        Some('d') => out.push_str("[0-9]"),
        Some('D') => out.push_str("[^0-9]"),
        Some('w') => out.push_str("[a-zA-Z0-9_]"),
        Some('W') => out.push_str("[^a-zA-Z0-9_]"),
        Some('s') => out.push_str(r"[\x20\t\n\x0B\f\r]"),
        Some('S') => out.push_str(r"[^\x20\t\n\x0B\f\r]"),
        Some('h') => {
            let _ = write!(out, "[{HORIZONTAL}]");
        }
        Some('H') => {
            let _ = write!(out, "[^{HORIZONTAL}]");
        }
        Some('v') => {
            let _ = write!(out, "[{VERTICAL}]");
        }
        Some('V') => {
            let _ = write!(out, "[^{VERTICAL}]");
        }
        Some(sign @ ('p' | 'P')) => property(source, out, sign == 'P')?,
        Some(_) if in_class => return Err(source.error(unsupported, at)),
        Some('R') => {
            let _ = write!(out, r"(?:\r\n|[{VERTICAL}])");
        }
        Some(bound @ ('b' | 'B' | 'A' | 'z')) => {
            out.push('\\');
            out.push(bound);
        }
        Some('Z') => out.push_str(r"\z"),
        Some('k') => named_reference(source, out)?,
        Some(c) if c.is_ascii_digit() => back_reference(source, c.to_digit(10).unwrap_or(0), out),
        Some(c) if c.is_ascii_alphabetic() => return Err(source.error(unsupported, at)),
        Some(c) => literal(out, c),
    }
    Ok(())
}

const HORIZONTAL: &str = r"\x20\t\x{A0}\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}";
const VERTICAL: &str = r"\n\x0B\f\r\x{85}\x{2028}\x{2029}";

/// The rest of `\p{Name}` or `\pL`.
fn property(source: &mut Source, out: &mut String, not: bool) -> Result<(), RegexError> {
    let mut name = String::new();
    if source.take("{") {
        while let Some(c) = source.peek().filter(|c| *c != '}') {
            name.push(c);
            source.at += 1;
        }
        if !source.take("}") {
            return Err(source.error("Unclosed character family", source.len()));
        }
    } else if let Some(c) = source.next() {
        name.push(c);
    }
    let class = match POSIX.iter().find(|(java, _)| *java == name) {
        Some((_, class)) => (*class).to_owned(),
        None => format!(r"\p{{{}}}", name.strip_prefix("Is").unwrap_or(&name)),
    };
    let class = if not {
        format!("[^{class}]")
    } else {
        format!("[{class}]")
    };
    if fancy_regex::Regex::new(&class).is_err() {
        let why = format!("Unknown character property name {{{name}}}");
        return Err(source.error(&why, source.at - 1));
    }
    out.push_str(&class);
    Ok(())
}

/// Java's names that mean something else, or nothing, to `regex`.
const POSIX: [(&str, &str); 18] = [
    ("Lower", "a-z"),
    ("Upper", "A-Z"),
    ("ASCII", r"\x00-\x7F"),
    ("Alpha", "a-zA-Z"),
    ("Digit", "0-9"),
    ("Alnum", "a-zA-Z0-9"),
    ("Punct", "[:punct:]"),
    ("Graph", "[:graph:]"),
    ("Print", "[:print:]"),
    ("Blank", r"\x20\t"),
    ("Cntrl", "[:cntrl:]"),
    ("XDigit", "0-9a-fA-F"),
    ("Space", r"\x20\t\n\x0B\f\r"),
    ("javaLowerCase", r"\p{Lowercase}"),
    ("javaUpperCase", r"\p{Uppercase}"),
    ("javaAlphabetic", r"\p{Alphabetic}"),
    ("javaDigit", r"\p{Nd}"),
    ("javaLetter", r"\p{L}"),
];
