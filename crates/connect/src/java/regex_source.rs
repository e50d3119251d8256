//! A regular expression while it is read, and the errors at its places.
//!
//! Invariant: errors show the pattern as it was given, and places as Java
//! counts them.

use super::regex::RegexError;

/// A pattern while it is read.
#[derive(Debug)]
pub(super) struct Source {
    original: String,
    chars: Vec<char>,
    pub(super) at: usize,
    pub(super) names: Vec<(String, usize)>,
    pub(super) groups: usize,
}

impl Source {
    pub(super) fn new(pattern: &str) -> Self {
        Self {
            original: pattern.to_owned(),
            chars: without_quoting(pattern),
            at: 0,
            names: Vec::new(),
            groups: 0,
        }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += usize::from(c.is_some());
        c
    }

    pub(super) fn take(&mut self, text: &str) -> bool {
        let found = text
            .chars()
            .enumerate()
            .all(|(n, c)| self.peek_at(n) == Some(c));
        if found {
            self.at += text.chars().count();
        }
        found
    }

    pub(super) const fn len(&self) -> usize {
        self.chars.len()
    }

    /// `PatternSyntaxException.getMessage` for an error at a place.
    pub(super) fn error(&self, why: &str, at: usize) -> RegexError {
        self.error_at(why, Some(at), "")
    }

    pub(super) fn error_at(&self, why: &str, at: Option<usize>, detail: &str) -> RegexError {
        let pattern = &self.original;
        let detail = if detail.is_empty() {
            String::new()
        } else {
            format!(" ({detail})")
        };
        RegexError(match at {
            Some(at) if at < pattern.chars().count() => {
                format!(
                    "{why}{detail} near index {at}\n{pattern}\n{}^",
                    " ".repeat(at)
                )
            }
            Some(at) => format!("{why}{detail} near index {at}\n{pattern}"),
            None => format!("{why}{detail}\n{pattern}"),
        })
    }
}

/// `Pattern.RemoveQEQuoting`: puts a backslash before what is between `\Q` and
/// `\E`, so that places in errors are those that Java counts.
fn without_quoting(pattern: &str) -> Vec<char> {
    let mut out = Vec::with_capacity(pattern.len());
    let mut chars = pattern.chars().peekable();
    let mut quoting = false;
    let mut first = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoting && chars.next_if_eq(&'E').is_some() => quoting = false,
            '\\' if quoting => out.extend(['\\', '\\']),
            '\\' if chars.next_if_eq(&'Q').is_some() => {
                (quoting, first) = (true, true);
                continue;
            }
            '\\' => {
                out.push(c);
                out.extend(chars.next());
            }
            // It must not become part of an escape before the quote.
            '0'..='9' if first => out.extend(['\\', 'x', '3', c]),
            c if !quoting || !c.is_ascii() || c.is_ascii_alphanumeric() => out.push(c),
            c => out.extend(['\\', c]),
        }
        first = false;
    }
    out
}
