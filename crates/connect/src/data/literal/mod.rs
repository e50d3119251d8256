//! Values from text (`org.apache.kafka.connect.data.Values.parseString`): what
//! looks like a number, a boolean, a date, a list or a map becomes one, all
//! else stays text.
//!
//! Invariant: lists and maps are nested at most [`MAX_DEPTH`] deep.

mod merge;
mod number;
mod tokens;

use std::sync::Arc;

use self::merge::{Merger, align};
use self::tokens::{Tokens, blank};
use super::{Kind, Schema, Value, logical};
use crate::java::{DateFormat, trim};
use crate::record::DataError;

/// How deep lists and maps may be nested; deeper ones are text.
const MAX_DEPTH: usize = 100;

/// A value and its schema, `None` for the literal `null`.
type Parsed = Option<(Arc<Schema>, Value)>;

/// The value of a text and its schema; neither for the text `null`.
pub fn parse_string(text: &str) -> (Option<Arc<Schema>>, Value) {
    let mut parser = Parser {
        tokens: Tokens::new(text),
        depth: 0,
    };
    let parsed = match parser.parse(false) {
        _ if text.is_empty() => Some(self::text("")),
        Ok(parsed) => parsed,
        // Only what is inside of others can fail.
        Err(_) => Some(self::text(text)),
    };
    match parsed {
        Some((schema, value)) => (Some(schema), value),
        None => (None, Value::Null),
    }
}

struct Parser<'t> {
    tokens: Tokens<'t>,
    depth: usize,
}

fn text(text: &str) -> (Arc<Schema>, Value) {
    (Arc::new(Schema::new(Kind::String)), Value::text(text))
}

fn failed(why: &str) -> DataError {
    DataError::data(why)
}

impl Parser<'_> {
    fn parse(&mut self, embedded: bool) -> Result<Parsed, DataError> {
        if !self.tokens.has_next() {
            return Ok(None);
        }
        if embedded && self.tokens.consume("\"") {
            return Ok(Some(self.quoted()));
        }
        for (literal, value) in [("null", None), ("true", Some(true)), ("false", Some(false))] {
            let start = self.tokens.mark();
            if self.tokens.consume(literal) && (embedded || !self.tokens.has_next()) {
                let schema = || Arc::new(Schema::new(Kind::Boolean));
                return Ok(value.map(|value| (schema(), Value::Boolean(value))));
            }
            self.tokens.rewind(start);
        }
        let start = self.tokens.mark();
        match self.collection() {
            Ok(None) => {}
            Ok(found) => return Ok(found),
            // Not a list or a map after all.
            Err(_) => self.tokens.rewind(start),
        }
        let token = self.tokens.next();
        if blank(token) {
            return Ok(Some(text(token)));
        }
        self.scalar(embedded, trim(token))
    }

    /// A list or a map, if what comes next begins one.
    fn collection(&mut self) -> Result<Parsed, DataError> {
        if self.depth == MAX_DEPTH {
            return Err(failed("Too deeply nested"));
        }
        self.depth += 1;
        let found = if self.tokens.consume("[") {
            self.array().map(Some)
        } else if self.tokens.consume("{") {
            self.map().map(Some)
        } else {
            Ok(None)
        };
        self.depth -= 1;
        found
    }

    fn scalar(&mut self, embedded: bool, token: &str) -> Result<Parsed, DataError> {
        let digit = token.starts_with(|c: char| c.is_ascii_digit());
        if digit {
            // A time's colons split it into five tokens.
            let start = self.tokens.mark();
            let rest = self.tokens.next_joined(4);
            let joined = rest.and_then(|rest| temporal(&format!("{token}{rest}")));
            if joined.is_some() {
                return Ok(joined);
            }
            self.tokens.rewind(start);
            let single = temporal(token);
            if single.is_some() {
                return Ok(single);
            }
        }
        if digit || token.starts_with(['+', '-']) {
            let number = number::parse(token);
            if number.is_some() {
                return Ok(number);
            }
        }
        if embedded {
            return Err(failed("Failed to parse embedded value"));
        }
        Ok(Some(text(self.tokens.original())))
    }

    fn quoted(&mut self) -> (Arc<Schema>, Value) {
        let mut content = String::new();
        while self.tokens.has_next() && !self.tokens.consume("\"") {
            content.push_str(self.tokens.next());
        }
        temporal(&content).unwrap_or_else(|| text(&content))
    }

    fn array(&mut self) -> Result<(Arc<Schema>, Value), DataError> {
        let mut values = Vec::new();
        let mut elements = Merger::default();
        while self.tokens.has_next() {
            if self.tokens.consume("]") {
                let mut schema = Schema::new(Kind::Array);
                if let Some(common) = elements.common() {
                    let aligned = values.into_iter().map(|value| align(&common, value));
                    values = aligned.collect::<Result<_, _>>()?;
                    schema.value = Some(common);
                }
                return Ok((Arc::new(schema), Value::Array(values)));
            }
            if self.tokens.consume(",") {
                return Err(failed("Unable to parse an empty array element"));
            }
            let element = self.parse(true)?;
            values.push(elements.take(element));
            let start = self.tokens.mark();
            if self.tokens.consume("]") {
                self.tokens.rewind(start);
            } else if !self.tokens.consume(",") {
                return Err(failed("Array elements missing ',' delimiter"));
            }
        }
        Err(failed("Array is missing terminating ']'"))
    }

    fn map(&mut self) -> Result<(Arc<Schema>, Value), DataError> {
        let mut entries: Vec<(Value, Value)> = Vec::new();
        let (mut keys, mut values) = (Merger::default(), Merger::default());
        while self.tokens.has_next() {
            if self.tokens.consume("}") {
                return finish_map(entries, &keys, &values);
            }
            if self.tokens.consume(",") {
                return Err(failed("Unable to parse a map entry with no key or value"));
            }
            let key = match self.parse(true)? {
                None | Some((_, Value::Null)) => {
                    return Err(failed("Map entry may not have a null key"));
                }
                key => keys.take(key),
            };
            if !self.tokens.consume(":") {
                return Err(failed("Map entry is missing ':'"));
            }
            let value = self.parse(true)?;
            put(&mut entries, key, values.take(value));
            self.tokens.consume(",");
        }
        Err(failed("Map is missing terminating '}'"))
    }
}

fn put(entries: &mut Vec<(Value, Value)>, key: Value, value: Value) {
    match entries.iter_mut().find(|(known, _)| *known == key) {
        Some((_, old)) => *old = value,
        None => entries.push((key, value)),
    }
}

fn finish_map(
    entries: Vec<(Value, Value)>,
    keys: &Merger,
    values: &Merger,
) -> Result<(Arc<Schema>, Value), DataError> {
    let mut schema = Schema::new(Kind::Map);
    let Some(key_schema) = keys.common() else {
        return Ok((Arc::new(schema), Value::Map(entries)));
    };
    let value_schema = values.common();
    let mut aligned = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let value = match &value_schema {
            Some(schema) => align(schema, value)?,
            None => value,
        };
        put(&mut aligned, align(&key_schema, key)?, value);
    }
    (schema.key, schema.value) = (Some(key_schema), value_schema);
    Ok((Arc::new(schema), Value::Map(aligned)))
}

/// A date, a time or both, which the length tells apart.
fn temporal(token: &str) -> Parsed {
    let token = token.replace("\\:", ":");
    let (kind, name, pattern) = match token.encode_utf16().count() {
        10 => (Kind::Int32, logical::DATE, "yyyy-MM-dd"),
        13 => (Kind::Int32, logical::TIME, "HH:mm:ss.SSS'Z'"),
        24 => (
            Kind::Int64,
            logical::TIMESTAMP,
            "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'",
        ),
        _ => return None,
    };
    let ms = DateFormat::new(pattern).ok()?.parse(&token)?;
    let schema = Schema {
        name: Some(name.to_owned()),
        version: Some(1),
        ..Schema::new(kind)
    };
    Some((Arc::new(schema), Value::Date(ms)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Option<Arc<Schema>>, Value) {
        parse_string(text)
    }

    #[test]
    fn texts_become_what_they_look_like() {
        for (text, value) in [
            ("null", Value::Null),
            (" true ", Value::Boolean(true)),
            ("true", Value::Boolean(true)),
            ("true}", Value::text("true}")),
            ("127", Value::Int8(127)),
            ("-129", Value::Int16(-129)),
            ("1.50", Value::Float32(1.5)),
            ("1e100", Value::Float64(1e100)),
            ("2020-01-02", Value::Date(1_577_923_200_000)),
            ("00:00:01.000Z", Value::Date(1_000)),
            (
                "[1, 300]",
                Value::Array(vec![Value::Int16(1), Value::Int16(300)]),
            ),
            ("[1, null]", Value::text("[1, null]")),
            ("[1, a]", Value::text("[1, a]")),
            ("hello, world", Value::text("hello, world")),
            (
                "[\"a\",\"2\"]",
                Value::Array(vec![Value::text("a"), Value::text("2")]),
            ),
            (
                "{\"a\":1,\"b\":2.5}",
                Value::Map(vec![
                    (Value::text("a"), Value::Float32(1.0)),
                    (Value::text("b"), Value::Float32(2.5)),
                ]),
            ),
        ] {
            assert_eq!(parse(text).1, value, "{text}");
        }
        assert_eq!(parse("12:34:56.789Z").0.unwrap().kind, Kind::Int32);
    }

    #[test]
    fn what_is_nested_too_deep_is_text() {
        let deep = "[".repeat(100_000);
        assert_eq!(parse(&deep).1, Value::text(deep));
    }
}
