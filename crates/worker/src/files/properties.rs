//! Java's properties files (`java.util.Properties.load`): ISO-8859-1 with
//! `\uXXXX`, three separators, continuation lines.

use std::collections::BTreeMap;

/// A file that `java.util.Properties` would refuse, too.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: malformed \\uXXXX encoding")]
pub struct PropertiesError {
    /// The line in which the entry begins, from 1.
    pub line: usize,
}

/// The entries of a properties file; of a repeated key the last one counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties(BTreeMap<String, String>);

impl Properties {
    /// Reads a file's bytes.
    ///
    /// # Errors
    /// A `\u` that four hexadecimal digits do not follow.
    pub fn parse(bytes: &[u8]) -> Result<Self, PropertiesError> {
        // ISO-8859-1 is the first 256 code points.
        let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        Self::parse_text(&text)
    }

    /// Reads what a Java `Reader` has decoded.
    ///
    /// # Errors
    /// As [`Properties::parse`].
    pub fn parse_text(text: &str) -> Result<Self, PropertiesError> {
        let mut entries = BTreeMap::new();
        for (line, logical) in logical_lines(text) {
            let (key, value) = split(&logical);
            let failed = |()| PropertiesError { line };
            let key = unescape(key).map_err(failed)?;
            let value = unescape(value).map_err(failed)?;
            entries.insert(key, value);
        }
        Ok(Self(entries))
    }

    /// One entry's value.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// All entries.
    pub fn into_map(self) -> BTreeMap<String, String> {
        self.0
    }
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{c}')
}

/// Lines without comments and empty ones, continued lines joined, each with
/// the number of the line where it begins.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (index, natural) in text.split('\n').enumerate() {
        let natural = natural.trim_start_matches(is_blank);
        if open.is_none() && (natural.is_empty() || natural.starts_with(['#', '!'])) {
            continue;
        }
        let (start, mut whole) = open.take().unwrap_or((index + 1, String::new()));
        let backslashes = natural.chars().rev().take_while(|c| *c == '\\').count();
        if backslashes % 2 == 1 {
            whole.push_str(&natural[..natural.len() - 1]);
            open = Some((start, whole));
        } else {
            whole.push_str(natural);
            lines.push((start, whole));
        }
    }
    lines.extend(open.filter(|(_, whole)| !whole.is_empty()));
    lines
}

/// Key and value as written, without what separates them.
fn split(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let separator = line.char_indices().find(|(_, c)| {
        let separates = !escaped && (is_blank(*c) || matches!(c, '=' | ':'));
        escaped = *c == '\\' && !escaped;
        separates
    });
    let Some((at, _)) = separator else {
        return (line, "");
    };
    let value = line[at..].trim_start_matches(is_blank);
    let value = value.strip_prefix(['=', ':']).unwrap_or(value);
    (&line[..at], value.trim_start_matches(is_blank))
}

fn unescape(text: &str) -> Result<String, ()> {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    let push = |units: &mut Vec<u16>, c: char| units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
    while let Some(c) = chars.next() {
        if c != '\\' {
            push(&mut units, c);
            continue;
        }
        match chars.next() {
            Some('t') => push(&mut units, '\t'),
            Some('r') => push(&mut units, '\r'),
            Some('n') => push(&mut units, '\n'),
            Some('f') => push(&mut units, '\u{c}'),
            Some('u') => {
                let digits = chars.as_str().get(..4).ok_or(())?;
                if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                    return Err(());
                }
                units.push(u16::from_str_radix(digits, 16).map_err(drop)?);
                chars = chars.as_str()[4..].chars();
            }
            Some(other) => push(&mut units, other),
            None => {}
        }
    }
    Ok(String::from_utf16_lossy(&units))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> BTreeMap<String, String> {
        Properties::parse(text.as_bytes())
            .expect("readable")
            .into_map()
    }

    fn pairs(text: &str) -> Vec<(String, String)> {
        parse(text).into_iter().collect()
    }

    #[test]
    fn separators_comments_and_blanks_are_as_in_java() {
        let text = "# c\n! c\n\n a=1\nb : 2\nc 3\nd\ne=\nf==x\ng=  v  \nh\\ i=j\\=k\n  \t# c";
        let expected = [
            ("a", "1"),
            ("b", "2"),
            ("c", "3"),
            ("d", ""),
            ("e", ""),
            ("f", "=x"),
            ("g", "v  "),
            ("h i", "j=k"),
        ];
        let expected: Vec<_> = expected
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        assert_eq!(pairs(text), expected);
    }

    #[test]
    fn a_line_goes_on_after_an_odd_number_of_backslashes() {
        assert_eq!(parse("a=1,\\\n   2,\\\r\n\t3\nb=x\\\\\nc=y")["a"], "1,2,3");
        assert_eq!(parse("b=x\\\\\nc=y")["b"], "x\\");
        assert_eq!(parse("a=1\\\n# no comment")["a"], "1# no comment");
        assert_eq!(parse("a=1\\")["a"], "1");
    }

    #[test]
    fn escapes_and_latin_1_become_characters() {
        assert_eq!(parse("a=\\u00e4\\ud83d\\ude00\\t\\q")["a"], "ä😀\tq");
        let latin = Properties::parse(b"a=\xe4").expect("readable");
        assert_eq!(latin.get("a"), Some("ä"));
        assert_eq!(
            Properties::parse_text("a=\u{20ac}")
                .expect("readable")
                .get("a"),
            Some("€")
        );
    }

    #[test]
    fn a_malformed_escape_is_refused_with_its_line() {
        for text in [
            "ok=1\na=\\u12",
            "ok=1\na=\\u12x4",
            "ok=1\na=\\u+123",
            "ok=1\na=\\u12\u{e4}\u{e4}",
        ] {
            let error = Properties::parse(text.as_bytes()).expect_err("malformed");
            assert_eq!(error.line, 2);
        }
    }

    #[test]
    fn the_last_of_a_repeated_key_counts() {
        assert_eq!(parse("a=1\na=2")["a"], "2");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Properties::parse(&bytes);
        }

        #[test]
        fn plain_entries_come_back(
            entries in prop::collection::btree_map("[a-z.]{1,12}", "[a-zA-Z0-9:/=?#!]{0,20}", 0..8),
        ) {
            let lines: Vec<_> = entries.iter().map(|(k, v)| format!("{k} = {v}")).collect();
            let text = lines.join("\n");
            prop_assert_eq!(parse(&text), entries);
        }
    }
}
