//! Names and patterns of beans as requests write them
//! (`javax.management.ObjectName`).
//!
//! Invariant: a name is of bounded length, so that matching a pattern against
//! every bean takes bounded time.

use super::bean::ObjectName;

/// Longer names are refused.
const MAX_NAME_BYTES: usize = 1024;

/// A name, or a pattern that many names match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    name: ObjectName,
    /// It ends in `,*`: other properties may be there as well.
    open: bool,
}

impl Pattern {
    /// Reads a name or a pattern.
    ///
    /// # Errors
    /// What is wrong with it, in Java's words where it has some.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_NAME_BYTES {
            return Err(format!("The name is longer than {MAX_NAME_BYTES} bytes"));
        }
        let (domain, mut rest) = text.split_once(':').unwrap_or((text, ""));
        if rest.is_empty() {
            return Err("Key properties cannot be empty".to_owned());
        }
        let (mut properties, mut open) = (Vec::new(), false);
        loop {
            let property = &rest[..property_end(rest)?];
            match property.split_once('=') {
                None if property == "*" && !open => open = true,
                None => return Err(format!("Invalid key property list `{property}'")),
                Some(("", _)) => return Err("Invalid key (empty)".to_owned()),
                Some((key, _)) if properties.iter().any(|(known, _)| known == key) => {
                    return Err(format!("key `{key}' already defined"));
                }
                Some((key, value)) => properties.push((key.to_owned(), value.to_owned())),
            }
            match rest.get(property.len() + 1..) {
                None => break,
                Some("") => return Err("Invalid ending comma".to_owned()),
                Some(more) => rest = more,
            }
        }
        let name = ObjectName {
            domain: domain.to_owned(),
            properties,
        };
        Ok(Self { name, open })
    }

    /// Whether more than one name may match.
    pub(super) fn is_pattern(&self) -> bool {
        let values = self.name.properties.iter().map(|(_, value)| value);
        self.open || has_wildcard(&self.name.domain) || values.into_iter().any(|v| has_wildcard(v))
    }

    /// It, with its keys in order.
    pub(super) fn canonical(&self) -> String {
        let closed = self.name.canonical();
        match (self.open, self.name.properties.is_empty()) {
            (false, _) => closed,
            (true, true) => format!("{closed}*"),
            (true, false) => format!("{closed},*"),
        }
    }

    /// Whether a bean of this name is meant.
    pub(super) fn matches(&self, name: &ObjectName) -> bool {
        let wanted = &self.name.properties;
        if !self.open && wanted.len() != name.properties.len() {
            return false;
        }
        wild(&elements(&self.name.domain), &name.domain)
            && wanted.iter().all(|(key, value)| {
                let mut found = name.properties.iter().filter(|(known, _)| known == key);
                found.any(|(_, actual)| wild(&elements(value), actual))
            })
    }
}

/// Where the first property ends: at a comma that is not in quotes.
fn property_end(text: &str) -> Result<usize, String> {
    let value = text.find('=').map_or(text.len(), |at| at + 1);
    if let Some(comma) = text.find(',').filter(|comma| *comma < value) {
        return Ok(comma);
    }
    if !text[value..].starts_with('"') {
        let comma = text[value..].find(',');
        return Ok(comma.map_or(text.len(), |comma| value + comma));
    }
    let mut escaped = false;
    for (at, c) in text.char_indices().filter(|(at, _)| *at > value) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                let end = at + 1;
                return match text[end..].chars().next() {
                    None | Some(',') => Ok(end),
                    Some(_) => Err("Invalid value: text after the closing quote".to_owned()),
                };
            }
            _ => {}
        }
    }
    Err("Unterminated quoted value".to_owned())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    Char(char),
    One,
    Many,
}

/// A text with `*` and `?`; in quotes a backslash takes their meaning away.
fn elements(text: &str) -> Vec<Element> {
    let quoted = text.starts_with('"');
    let mut escaped = false;
    text.chars()
        .map(|c| match c {
            _ if escaped => {
                escaped = false;
                Element::Char(c)
            }
            '\\' if quoted => {
                escaped = true;
                Element::Char(c)
            }
            '*' => Element::Many,
            '?' => Element::One,
            c => Element::Char(c),
        })
        .collect()
}

fn has_wildcard(text: &str) -> bool {
    let is_wild = |element| matches!(element, Element::One | Element::Many);
    elements(text).into_iter().any(is_wild)
}

/// Whether `text` is one of those that `pattern` stands for; only the last
/// `*` is ever tried again, so it takes no more than their lengths multiplied.
fn wild(pattern: &[Element], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut retry = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Element::Many) => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(Element::One) => (p, t) = (p + 1, t + 1),
            Some(Element::Char(c)) if *c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match retry {
                None => return false,
                Some((after, from)) => {
                    retry = Some((after, from + 1));
                    (p, t) = (after, from + 1);
                }
            },
        }
    }
    pattern[p..].iter().all(|element| *element == Element::Many)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ObjectName {
        Pattern::parse(text).expect("a name").name
    }

    #[test]
    fn patterns_match_as_java_s_do() {
        let task = r#"kafka.connect:type=source-task-metrics,connector="rd/x, \"y\*",task=0"#;
        for (pattern, matches) in [
            ("kafka.connect:*", true),
            ("*:*", true),
            ("kafka.*:type=source-task-metrics,*", true),
            ("kafka.conn?ct:task=0,*", true),
            ("kafka.connect:type=*,connector=*,task=*", true),
            ("kafka.connect:type=*-task-*,*", true),
            (r#"kafka.connect:connector="rd*",*"#, true),
            (r#"kafka.connect:connector="rd/x, \"y\*",*"#, true),
            (r#"kafka.connect:connector="rd/x, \"y\?",*"#, false),
            ("kafka.connect:type=source-task-metrics", false),
            ("kafka.connect:type=source-task-metrics,task=*", false),
            ("kafka.connect:type=source-task-metrics,other=*,*", false),
            ("kafka.connect:task=?0,*", false),
            ("kafka:*", false),
            (task, true),
        ] {
            let parsed = Pattern::parse(pattern).expect(pattern);
            assert_eq!(parsed.matches(&name(task)), matches, "{pattern}");
        }
    }

    #[test]
    fn what_is_no_name_is_told_of() {
        for (text, why) in [
            ("nope", "Key properties cannot be empty"),
            ("a:", "Key properties cannot be empty"),
            ("a:b", "Invalid key property list `b'"),
            ("a:=c", "Invalid key (empty)"),
            ("a:b=c,", "Invalid ending comma"),
            ("a:b=c,b=d", "key `b' already defined"),
            ("a:b=\"c", "Unterminated quoted value"),
            ("a:b=\"", "Unterminated quoted value"),
            ("a:b=\"c\\\"", "Unterminated quoted value"),
            ("a:b=\"c\"d", "Invalid value: text after the closing quote"),
            ("a:*,*", "Invalid key property list `*'"),
        ] {
            assert_eq!(Pattern::parse(text), Err(why.to_owned()), "{text}");
        }
        assert!(Pattern::parse(&format!("a:b={}", "c".repeat(5_000))).is_err());
    }

    #[test]
    fn names_and_patterns_have_one_spelling() {
        for (text, canonical, is_pattern) in [
            ("d:type=t,connector=c", "d:connector=c,type=t", false),
            ("d:*,type=t", "d:type=t,*", true),
            ("d:*", "d:*", true),
            ("d*:a=b", "d*:a=b", true),
            (r#"d:a="b\*\?""#, r#"d:a="b\*\?""#, false),
            (r#"d:a="b,c=*""#, r#"d:a="b,c=*""#, true),
        ] {
            let parsed = Pattern::parse(text).expect(text);
            assert_eq!(parsed.canonical(), canonical);
            assert_eq!(parsed.is_pattern(), is_pattern, "{text}");
        }
    }

    #[test]
    fn many_stars_take_no_long_time() {
        let stars = format!("d:a={}b", "*a".repeat(500));
        let pattern = Pattern::parse(&stars).expect("a pattern");
        let long = name(&format!("d:a={}", "a".repeat(1_000)));
        assert!(!pattern.matches(&long));
    }
}
