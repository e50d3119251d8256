//! A text in pieces (`Values.Parser`): delimiters, and what is between them.

use crate::java::trim;

/// The pieces that are left.
pub(super) struct Tokens<'t> {
    original: &'t str,
    at: usize,
    /// A piece that was looked at and not taken.
    ahead: Option<&'t str>,
}

/// Whether there is nothing but white space.
pub(super) fn blank(token: &str) -> bool {
    trim(token).is_empty()
}

impl<'t> Tokens<'t> {
    pub(super) const fn new(original: &'t str) -> Self {
        Self {
            original,
            at: 0,
            ahead: None,
        }
    }

    pub(super) const fn original(&self) -> &'t str {
        self.original
    }

    /// Where the next piece begins.
    pub(super) fn mark(&self) -> usize {
        self.at - self.ahead.map_or(0, str::len)
    }

    pub(super) const fn rewind(&mut self, mark: usize) {
        self.at = mark;
        self.ahead = None;
    }

    pub(super) const fn has_next(&self) -> bool {
        self.ahead.is_some() || self.at < self.original.len()
    }

    /// The next piece, empty at the end.
    pub(super) fn next(&mut self) -> &'t str {
        match self.ahead.take() {
            Some(token) => token,
            None => self.read(),
        }
    }

    /// The next pieces as one; takes nothing if there are not as many.
    pub(super) fn next_joined(&mut self, count: usize) -> Option<&'t str> {
        let start = self.mark();
        for _ in 0..count {
            if !self.has_next() {
                self.rewind(start);
                return None;
            }
            self.next();
        }
        Some(&self.original[start..self.at])
    }

    /// Takes the next piece if it is this one, white space around it aside.
    pub(super) fn consume(&mut self, expected: &str) -> bool {
        if self.ahead.is_none() {
            if !self.has_next() {
                return false;
            }
            self.ahead = Some(self.read());
        }
        while self.ahead.is_some_and(blank) && self.at < self.original.len() {
            self.ahead = Some(self.read());
        }
        let found = self.ahead.is_some_and(|token| trim(token) == expected);
        if found {
            self.ahead = None;
        }
        found
    }

    fn read(&mut self) -> &'t str {
        let start = self.at;
        let mut escaped = false;
        for (offset, c) in self.original[start..].char_indices() {
            let delimiter = matches!(c, ':' | ',' | '{' | '}' | '[' | ']' | '"');
            if delimiter && !escaped {
                self.at = start + offset.max(1);
                return &self.original[start..self.at];
            }
            escaped = c == '\\' && !escaped;
        }
        self.at = self.original.len();
        &self.original[start..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_pieces_unless_escaped() {
        let mut tokens = Tokens::new("a\\:b: \"c");
        assert_eq!(tokens.next(), "a\\:b");
        assert_eq!(tokens.mark(), 4);
        assert!(tokens.consume(":") && tokens.consume("\"") && !tokens.consume("d"));
        assert_eq!((tokens.mark(), tokens.next()), (7, "c"));
        assert!(!tokens.has_next());
        tokens.rewind(4);
        assert_eq!(tokens.next_joined(2), Some(": "));
        assert_eq!(tokens.next_joined(3), None);
    }
}
