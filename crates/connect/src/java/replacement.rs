//! The replacement texts of `Matcher.replaceFirst`.

use super::Regex;

/// A part of a replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Group(usize),
}

/// A replacement for the matches of one pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    parts: Vec<Part>,
}

impl Replacement {
    /// Reads a replacement: `$1` and `${name}` stand for groups, a backslash
    /// takes the meaning from what follows it.
    ///
    /// # Errors
    /// Class and message of the exception that Java throws at the first match.
    pub fn new(text: &str, regex: &Regex) -> Result<Self, (&'static str, String)> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some(c) => plain.push(c),
                    None => return illegal("character to be escaped is missing"),
                },
                '$' => {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                    let group = if chars.next_if_eq(&'{').is_some() {
                        named(&mut chars, regex)?
                    } else {
                        numbered(&mut chars, regex)?
                    };
                    parts.push(Part::Group(group));
                }
                c => plain.push(c),
            }
        }
        parts.push(Part::Text(plain));
        Ok(Self { parts })
    }

    /// `Matcher.replaceFirst`: the text with its first match replaced.
    pub fn first(&self, regex: &Regex, text: &str) -> String {
        let found = regex.find(text);
        let Some((groups, whole)) = found
            .as_ref()
            .and_then(|found| Some((found, found.get(0)?)))
        else {
            return text.to_owned();
        };
        let mut out = text[..whole.start()].to_owned();
        for part in &self.parts {
            out.push_str(match part {
                Part::Text(text) => text,
                Part::Group(at) => groups.get(*at).map_or("", |group| group.as_str()),
            });
        }
        out.push_str(&text[whole.end()..]);
        out
    }
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn illegal<T>(why: impl Into<String>) -> Result<T, (&'static str, String)> {
    Err(("java.lang.IllegalArgumentException", why.into()))
}

fn named(chars: &mut Chars<'_>, regex: &Regex) -> Result<usize, (&'static str, String)> {
    let mut name = String::new();
    while let Some(c) = chars.next_if(char::is_ascii_alphanumeric) {
        name.push(c);
    }
    if name.is_empty() {
        return illegal("named capturing group has 0 length name");
    }
    if chars.next() != Some('}') {
        return illegal("named capturing group is missing trailing '}'");
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return illegal(format!(
            "capturing group name {{{name}}} starts with digit character"
        ));
    }
    match regex.names.iter().find(|(known, _)| *known == name) {
        Some((_, group)) => Ok(*group),
        None => illegal(format!("No group with name {{{name}}}")),
    }
}

/// As many digits as there are groups for.
fn numbered(chars: &mut Chars<'_>, regex: &Regex) -> Result<usize, (&'static str, String)> {
    let digit = |c: &char| c.to_digit(10).map(|digit| digit as usize);
    let Some(first) = chars.next() else {
        return illegal("Illegal group reference: group index is missing");
    };
    let Some(mut group) = digit(&first) else {
        return illegal("Illegal group reference");
    };
    if group > regex.groups {
        return Err((
            "java.lang.IndexOutOfBoundsException",
            format!("No group {group}"),
        ));
    }
    while let Some(next) = chars.peek().and_then(digit) {
        if group * 10 + next > regex.groups {
            break;
        }
        group = group * 10 + next;
        chars.next();
    }
    Ok(group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacements_are_java_s() {
        let regex = Regex::new("(?<n>t)(x)?op").unwrap();
        let replace = |text: &str| {
            Replacement::new(text, &regex).map(|replacement| replacement.first(&regex, "-top-"))
        };
        for (text, result) in [
            ("$1", "-t-"),
            ("${n}$2", "-t-"),
            ("\\$$0", "-$top-"),
            ("$12", "-t2-"),
            ("", "--"),
        ] {
            assert_eq!(replace(text).as_deref(), Ok(result), "{text}");
        }
        for (text, why) in [
            ("$", "Illegal group reference: group index is missing"),
            ("$9", "No group 9"),
            ("\\", "character to be escaped is missing"),
            ("${a}", "No group with name {a}"),
            ("$a", "Illegal group reference"),
            ("${", "named capturing group has 0 length name"),
            (
                "${1a}",
                "capturing group name {1a} starts with digit character",
            ),
            ("${n", "named capturing group is missing trailing '}'"),
        ] {
            assert_eq!(replace(text).unwrap_err().1, why, "{text}");
        }
    }
}
