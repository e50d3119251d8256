//! Groups of Java's regular expressions, and references to them.

use std::fmt::Write as _;

use super::regex::RegexError;
use super::regex_source::Source;

/// What comes after a parenthesis; whether it opened a group.
pub(super) fn group(source: &mut Source, out: &mut String) -> Result<bool, RegexError> {
    if source.peek() != Some('?') {
        source.groups += 1;
        out.push('(');
        return Ok(true);
    }
    for look in ["?:", "?=", "?!", "?>", "?<=", "?<!"] {
        if source.take(look) {
            out.push('(');
            out.push_str(look);
            return Ok(true);
        }
    }
    source.at += 1;
    if source.take("<") {
        let name = group_name(source)?;
        if source.names.iter().any(|(known, _)| *known == name) {
            let why = format!("Named capturing group <{name}> is already defined");
            return Err(source.error(&why, source.at - 1));
        }
        source.groups += 1;
        let _ = write!(out, "(?<{name}>");
        source.names.push((name, source.groups));
        return Ok(true);
    }
    flags(source, out)
}

/// Flags, and whether they are a group's rather than of all that follows.
fn flags(source: &mut Source, out: &mut String) -> Result<bool, RegexError> {
    let mut flags = String::new();
    let mut off = false;
    loop {
        match source.next() {
            Some('x') if !off => {
                let why = "comments mode, (?x), is not supported";
                return Err(source.error_at("Unsupported pattern", Some(source.at - 1), why));
            }
            Some('-') if !off => {
                flags.push('-');
                off = true;
            }
            Some(flag @ ('i' | 'm' | 's')) => flags.push(flag),
            // Of Unicode and of line terminators: nothing that topics have. And
            // off is what comments mode is.
            Some('c' | 'd' | 'u' | 'U' | 'x') => {}
            Some(end @ (')' | ':')) => {
                let flags = flags.trim_end_matches('-');
                if end == ':' || !flags.is_empty() {
                    let _ = write!(out, "(?{flags}{end}");
                }
                return Ok(end == ':');
            }
            Some(_) => return Err(source.error("Unknown inline modifier", source.at - 1)),
            None => return Err(source.error("Unknown inline modifier", source.len())),
        }
    }
}

/// A group's name and the sign after it.
fn group_name(source: &mut Source) -> Result<String, RegexError> {
    let mut name = String::new();
    if !source.peek().is_some_and(|c| c.is_ascii_alphabetic()) {
        let why = "capturing group name does not start with a Latin letter";
        return Err(source.error(why, source.at));
    }
    while let Some(c) = source.peek().filter(char::is_ascii_alphanumeric) {
        name.push(c);
        source.at += 1;
    }
    if !source.take(">") {
        let why = "named capturing group is missing trailing '>'";
        return Err(source.error(why, source.at));
    }
    Ok(name)
}

/// A back reference: to a group that is complete, or to nothing.
pub(super) fn back_reference(source: &mut Source, first: u32, out: &mut String) {
    let mut group = first as usize;
    while let Some(digit) = source.peek().and_then(|c| c.to_digit(10)) {
        let longer = group * 10 + digit as usize;
        if longer > source.groups {
            break;
        }
        group = longer;
        source.at += 1;
    }
    if group <= source.groups {
        let _ = write!(out, "(?:\\{group})");
    } else {
        // What no character is.
        out.push_str("[a&&b]");
    }
}

/// A back reference by name.
pub(super) fn named_reference(source: &mut Source, out: &mut String) -> Result<(), RegexError> {
    if !source.take("<") {
        let why = "\\k is not followed by '<' for named capturing group";
        return Err(source.error(why, source.at));
    }
    let name = group_name(source)?;
    if !source.names.iter().any(|(known, _)| *known == name) {
        let why = format!("named capturing group <{name}> does not exist");
        return Err(source.error(&why, source.at - 1));
    }
    let _ = write!(out, "\\k<{name}>");
    Ok(())
}
