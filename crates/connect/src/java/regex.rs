//! Java's regular expressions (`java.util.regex.Pattern`), translated for the
//! `fancy-regex` crate: unlike `regex` it has look-around, back references and
//! possessive quantifiers, and hands what needs none of them to `regex`.
//!
//! Invariants: a pattern that Java refuses is refused with Java's words; steps
//! of backtracking and the depth of nesting are bounded. Not translated, and
//! refused: `\G`, `\X`, `\N`, Unicode blocks and comments mode, `(?x)`. Line
//! terminators have no special rules of Java's, since no topic's name has one.

use std::fmt::Write as _;

use super::regex_class::{class, escape, literal};
use super::regex_group::group;
use super::regex_source::Source;

/// How deep groups and classes may be nested.
pub(super) const MAX_DEPTH: usize = 200;

/// Steps of backtracking until a match is given up.
const MAX_STEPS: usize = 1_000_000;

/// Why a pattern is refused: the message of Java's `PatternSyntaxException`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RegexError(pub String);

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Regex {
    whole: fancy_regex::Regex,
    part: fancy_regex::Regex,
    pub(super) names: Vec<(String, usize)>,
    pub(super) groups: usize,
}

impl Regex {
    /// `Pattern.compile`.
    ///
    /// # Errors
    /// The pattern is not valid in Java, or cannot be translated.
    pub fn new(pattern: &str) -> Result<Self, RegexError> {
        let mut source = Source::new(pattern);
        let translated = translate(&mut source)?;
        let compile = |pattern: &str| {
            fancy_regex::RegexBuilder::new(pattern)
                .backtrack_limit(MAX_STEPS)
                .build()
                .map_err(|error| source.error_at("Unsupported pattern", None, &error.to_string()))
        };
        Ok(Self {
            whole: compile(&format!(r"\A(?:{translated})\z"))?,
            part: compile(&translated)?,
            names: source.names.clone(),
            groups: source.groups,
        })
    }

    /// `Matcher.matches`: whether the whole text is matched. Text for which
    /// this takes too many steps is not.
    pub fn matches(&self, text: &str) -> bool {
        self.whole.is_match(text).unwrap_or(false)
    }

    /// `Matcher.find`: the groups of the first part that is matched.
    pub(super) fn find<'t>(&self, text: &'t str) -> Option<fancy_regex::Captures<'t>> {
        self.part.captures(text).ok().flatten()
    }
}

fn translate(source: &mut Source) -> Result<String, RegexError> {
    let mut out = String::with_capacity(source.len() + 16);
    let mut depth = 0;
    // Whether what comes next begins a sequence, so that there is nothing to
    // repeat.
    let mut start = true;
    let mut repeated = false;
    while let Some(c) = source.next() {
        let at = source.at - 1;
        let starts = std::mem::replace(&mut start, false);
        let was_repeated = std::mem::replace(&mut repeated, false);
        match c {
            '(' => {
                let opened = group(source, &mut out)?;
                depth += usize::from(opened);
                start = true;
                if depth > MAX_DEPTH {
                    return Err(source.error("Too deeply nested", at));
                }
            }
            ')' if depth == 0 => {
                return Err(source.error_at("Unmatched closing ')'", at.checked_sub(1), ""));
            }
            ')' => {
                depth -= 1;
                out.push(c);
            }
            '|' => {
                out.push(c);
                start = true;
            }
            '*' | '+' | '?' if starts => {
                return Err(source.error(&format!("Dangling meta character '{c}'"), at));
            }
            '*' | '+' | '?' => {
                out.push(c);
                mode(source, &mut out)?;
                repeated = true;
            }
            '{' => {
                let length = out.len();
                counted(source, &mut out)?;
                if starts || was_repeated {
                    // To Java this repeats an empty text.
                    out.truncate(length);
                }
                repeated = true;
            }
            '^' | '$' | '.' => out.push(c),
            '[' => class(source, &mut out, 0)?,
            '\\' if source.peek().is_none() && depth > 0 => {
                return Err(source.error("Unclosed group", source.len() + 1));
            }
            '\\' => escape(source, &mut out, false)?,
            c => literal(&mut out, c),
        }
    }
    if depth > 0 {
        return Err(source.error("Unclosed group", source.len()));
    }
    Ok(out)
}

/// What comes after a quantifier: lazy, possessive, or nothing; a third sign
/// has nothing to repeat.
fn mode(source: &mut Source, out: &mut String) -> Result<(), RegexError> {
    if let Some(sign @ ('?' | '+')) = source.peek() {
        source.at += 1;
        out.push(sign);
    }
    match source.peek() {
        Some(sign @ ('*' | '+' | '?')) => {
            let why = format!("Dangling meta character '{sign}'");
            Err(source.error(&why, source.at))
        }
        _ => Ok(()),
    }
}

fn counted(source: &mut Source, out: &mut String) -> Result<(), RegexError> {
    if !source.peek().is_some_and(|c| c.is_ascii_digit()) {
        return Err(source.error("Illegal repetition", source.at));
    }
    let least = number(source)?.unwrap_or(0);
    let mut most = Some(least);
    if source.take(",") {
        most = number(source)?;
    }
    if source.peek() != Some('}') {
        return Err(source.error("Unclosed counted closure", source.at));
    }
    if most.is_some_and(|most| most < least) {
        return Err(source.error("Illegal repetition range", source.at));
    }
    source.at += 1;
    let _ = match most {
        Some(most) => write!(out, "{{{least},{most}}}"),
        None => write!(out, "{{{least},}}"),
    };
    mode(source, out)
}

fn number(source: &mut Source) -> Result<Option<u32>, RegexError> {
    let mut number: Option<u32> = None;
    while let Some(digit) = source.peek().and_then(|c| c.to_digit(10)) {
        let next = number
            .unwrap_or(0)
            .checked_mul(10)
            .and_then(|n| n.checked_add(digit));
        number = next.filter(|number| i32::try_from(*number).is_ok());
        if number.is_none() {
            return Err(source.error("Illegal repetition range", source.at));
        }
        source.at += 1;
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(pattern: &str) -> String {
        Regex::new(pattern).unwrap_err().0
    }

    #[test]
    fn what_java_refuses_is_refused_in_its_words() {
        for (pattern, message) in [
            ("(", "Unclosed group near index 1\n("),
            ("a)", "Unmatched closing ')' near index 0\na)\n^"),
            (")", "Unmatched closing ')'\n)"),
            ("[a", "Unclosed character class near index 1\n[a\n ^"),
            ("[^]", "Unclosed character class near index 2\n[^]\n  ^"),
            (
                "[a[b]",
                "Unclosed character class near index 4\n[a[b]\n    ^",
            ),
            ("a|*", "Dangling meta character '*' near index 2\na|*\n  ^"),
            ("a**", "Dangling meta character '*' near index 2\na**\n  ^"),
            ("a{", "Illegal repetition near index 2\na{"),
            ("{", "Illegal repetition near index 1\n{"),
            (
                "a{1,x}",
                "Unclosed counted closure near index 4\na{1,x}\n    ^",
            ),
            (
                "a{2,1}",
                "Illegal repetition range near index 5\na{2,1}\n     ^",
            ),
            ("[b-a]", "Illegal character range near index 3\n[b-a]\n   ^"),
            ("(?z)", "Unknown inline modifier near index 2\n(?z)\n  ^"),
            (
                "(?i--s)",
                "Unknown inline modifier near index 4\n(?i--s)\n    ^",
            ),
            (
                "\\y",
                "Illegal/unsupported escape sequence near index 1\n\\y\n ^",
            ),
            ("\\", "Unexpected internal error near index 1\n\\"),
            (
                "\\p{Foo}",
                "Unknown character property name {Foo} near index 6\n\\p{Foo}\n      ^",
            ),
            (
                "\\k<q>",
                "named capturing group <q> does not exist near index 4\n\\k<q>\n    ^",
            ),
            (
                "(?<1>a)",
                "capturing group name does not start with a Latin letter near index 3\n(?<1>a)\n   ^",
            ),
        ] {
            assert_eq!(refused(pattern), message);
        }
        assert!(refused(&"(".repeat(1_000)).starts_with("Too deeply nested"));
    }

    #[test]
    fn what_java_matches_is_matched() {
        for (pattern, yes, no) in [
            ("a|ab", "ab", "abc"),
            ("[a-z&&[^b]]+", "acd", "abc"),
            ("\\d{2,}", "12", "\u{661}\u{662}"),
            ("(?<x>a.)\\k<x>", "abab", "abac"),
            ("(a)(b)\\2\\1", "abba", "abab"),
            ("(?!x)\\w++", "yz", "xz"),
            ("\\Qa.b\\E+", "a.bb", "axb"),
            ("[]a]", "]", "b"),
            ("(?i)t(?-i)x", "Tx", "TX"),
            ("\\p{Alpha}\\p{IsLatin}\\pN", "ab1", "a1b"),
            ("[\\w.-]+", "a-b.c_d", "a b"),
            ("\\x41\\u0042\\0103", "ABC", "abc"),
            ("a#b c", "a#b c", "a"),
        ] {
            let regex = Regex::new(pattern).unwrap();
            assert!(regex.matches(yes), "{pattern} {yes}");
            assert!(!regex.matches(no), "{pattern} {no}");
        }
    }

    #[test]
    fn comments_are_refused_rather_than_matched() {
        for pattern in ["(?x)a b # c", "a(?ix:b)", "(?sx-i)a", "[a](?x)b"] {
            let error = refused(pattern);
            assert!(error.contains("(comments mode, (?x), is not supported)"));
        }
        for pattern in ["(?-x)a b", "(?i-x:a b)", "(?c)a b"] {
            let regex = Regex::new(pattern).unwrap();
            assert!(regex.matches("a b") && !regex.matches("ab"), "{pattern}");
        }
    }

    #[test]
    fn a_match_that_takes_for_ever_is_given_up() {
        assert!(!Regex::new("\\1a").unwrap().matches("a"));
        let regex = Regex::new("(?=(a+)+$)(a+)+\\1b").unwrap();
        assert!(!regex.matches(&format!("{}c", "a".repeat(60))));
    }
}
