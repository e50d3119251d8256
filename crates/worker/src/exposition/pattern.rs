//! Names and patterns of beans as requests write them
//! (`javax.management.ObjectName`).
//!
//! Invariant: a name is of bounded length, and made ready to be compared once,
//! so that matching a pattern against every bean takes bounded time.

use std::str::Chars;

use super::bean::ObjectName;

/// Longer names are refused.
const MAX_NAME_BYTES: usize = 1024;

/// A name, or a pattern that many names match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    name: ObjectName,
    /// It ends in `,*`: other properties may be there as well.
    open: bool,
    domain: Text,
    /// In the order of the name's.
    values: Vec<Text>,
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
        Ok(Self {
            domain: Text::new(domain),
            values: properties.iter().map(|(_, v)| Text::new(v)).collect(),
            name: ObjectName {
                domain: domain.to_owned(),
                properties,
            },
            open,
        })
    }

    /// Whether more than one name may match.
    pub(super) fn is_pattern(&self) -> bool {
        self.open || self.texts().any(|text| matches!(text, Text::Wild(_)))
    }

    fn texts(&self) -> impl Iterator<Item = &Text> {
        [&self.domain].into_iter().chain(&self.values)
    }

    /// What it takes to compare it with one name; 1 if it has no wildcards.
    pub(super) fn cost(&self) -> usize {
        let of_text = |text: &Text| match text {
            Text::Exact(_) => 0,
            Text::Wild(elements) => elements.len(),
        };
        1 + self.texts().map(of_text).sum::<usize>()
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
        self.domain.matches(&name.domain)
            && wanted.iter().zip(&self.values).all(|((key, _), value)| {
                let mut found = name.properties.iter().filter(|(known, _)| known == key);
                found.any(|(_, actual)| value.matches(actual))
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

/// A domain or a value, ready to be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Text {
    Exact(String),
    Wild(Vec<Element>),
}

impl Text {
    fn new(text: &str) -> Self {
        let elements = elements(text);
        let is_wild = |element: &Element| matches!(element, Element::One | Element::Many);
        if elements.iter().any(is_wild) {
            Self::Wild(elements)
        } else {
            Self::Exact(text.to_owned())
        }
    }

    fn matches(&self, actual: &str) -> bool {
        match self {
            Self::Exact(text) => text == actual,
            Self::Wild(elements) => wild(elements, actual),
        }
    }
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

/// Whether `text` is one of those that `pattern` stands for; only the last
/// `*` is ever tried again, so it takes no more than their lengths multiplied.
fn wild(pattern: &[Element], text: &str) -> bool {
    let mut p = 0;
    let mut rest = text.chars();
    let mut retry: Option<(usize, Chars<'_>)> = None;
    loop {
        let here = rest.clone();
        let Some(c) = rest.next() else { break };
        match pattern.get(p) {
            Some(Element::Many) => {
                p += 1;
                retry = Some((p, here.clone()));
                rest = here;
            }
            Some(Element::One) => p += 1,
            Some(Element::Char(wanted)) if *wanted == c => p += 1,
            _ => {
                let Some((after, from)) = &mut retry else {
                    return false;
                };
                from.next();
                (p, rest) = (*after, from.clone());
            }
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
            if !is_pattern {
                assert_eq!(parsed.cost(), 1, "{text}");
            }
        }
    }

    #[test]
    fn many_stars_take_no_long_time() {
        let stars = format!("d:a={}b", "*a".repeat(500));
        let pattern = Pattern::parse(&stars).expect("a pattern");
        let long = name(&format!("d:a={}", "a".repeat(1_000)));
        assert!(!pattern.matches(&long));
        assert_eq!(pattern.cost(), 1 + 1_001);
    }
}
