//! A JSON message as Connect's data without a schema
//! (`JsonConverter.toConnectData` with `schemas.enable=false`).
//!
//! Written out here because what Kafka's JSON library (Jackson) accepts is
//! visible: numbers may have leading zeros, whole numbers of any size keep
//! their lowest 64 bits, the last of several members of one name counts, and
//! after the first value anything may follow. Invariants: no recursion, so no
//! message can overflow the stack; the limits are Jackson's; no text of the
//! message is in an error.

mod members;
mod scan;
#[cfg(test)]
mod tests;

use crate::data::Value;
use crate::record::DataError;
use members::{Members, object, put};

const MAX_DEPTH: usize = 1_000;
const MAX_NAME_BYTES: usize = 50_000;
const MAX_STRING_BYTES: usize = 20_000_000;

/// What a message is: whole numbers [`Value::Int64`], others
/// [`Value::Float64`], objects a [`Value::Map`] with the members in their
/// order, and nothing but blanks null.
///
/// # Errors
/// It is not JSON, or larger or deeper than Kafka's JSON library takes; the
/// text says where.
pub fn parse_json(text: &str) -> Result<Value, DataError> {
    let bytes = text.as_bytes();
    let start = if text.starts_with('\u{FEFF}') { 3 } else { 0 };
    let mut parser = Parser {
        text,
        bytes,
        at: start,
    };
    parser.document().map_err(|what| {
        DataError::data(format!(
            "Converting byte[] to Kafka Connect data failed due to serialization error: {what} at \
             byte {}",
            parser.at
        ))
    })
}

/// Why a message is no JSON.
type Why = &'static str;

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    /// Where it reads; at most the length.
    at: usize,
}

/// What is open around a value.
enum Open {
    Array(Vec<Value>),
    /// And the name of the member that comes.
    Object(Members, String),
}

/// What comes after the start of a value.
enum Start {
    Whole(Value),
    Open(Open),
}

impl Parser<'_> {
    fn document(&mut self) -> Result<Value, Why> {
        let mut open: Vec<Open> = Vec::new();
        match self.peek_after_blanks() {
            None => return Ok(Value::Null),
            Some(b'-' | b'0'..=b'9') => return self.lone_number(),
            Some(_) => {}
        }
        loop {
            if open.len() == MAX_DEPTH && matches!(self.peek_after_blanks(), Some(b'[' | b'{')) {
                return Err("nested too deep");
            }
            let mut value = match self.start()? {
                Start::Open(container) => {
                    open.push(container);
                    continue;
                }
                Start::Whole(value) => value,
            };
            // Whatever ends with this value.
            loop {
                let Some(container) = open.pop() else {
                    return Ok(value);
                };
                match self.next_in(container, value)? {
                    Start::Open(container) => {
                        open.push(container);
                        break;
                    }
                    Start::Whole(whole) => value = whole,
                }
            }
        }
    }

    /// The only value for which it matters what follows.
    fn lone_number(&mut self) -> Result<Value, Why> {
        let number = self.number()?;
        match self.peek() {
            None | Some(b' ' | b'\t' | b'\n' | b'\r') => Ok(number),
            Some(_) => Err("expected a blank after a number"),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn peek_after_blanks(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
        self.peek()
    }

    /// A value, or the start of an array or object that has some.
    fn start(&mut self) -> Result<Start, Why> {
        let value = match self.peek_after_blanks().ok_or("unexpected end")? {
            b'{' => {
                self.at += 1;
                if self.peek_after_blanks() == Some(b'}') {
                    self.at += 1;
                    Value::Map(Vec::new())
                } else {
                    let name = self.name()?;
                    return Ok(Start::Open(Open::Object(Vec::new(), name)));
                }
            }
            b'[' => {
                self.at += 1;
                if self.peek_after_blanks() == Some(b']') {
                    self.at += 1;
                    Value::Array(Vec::new())
                } else {
                    return Ok(Start::Open(Open::Array(Vec::new())));
                }
            }
            b'"' => Value::String(self.string(MAX_STRING_BYTES)?),
            b't' => self.literal("true", Value::Boolean(true))?,
            b'f' => self.literal("false", Value::Boolean(false))?,
            b'n' => self.literal("null", Value::Null)?,
            b'-' | b'0'..=b'9' => self.number()?,
            _ => return Err("unexpected character"),
        };
        Ok(Start::Whole(value))
    }

    /// Puts a value into what is open; gives that if more is to come, else the
    /// whole.
    fn next_in(&mut self, container: Open, value: Value) -> Result<Start, Why> {
        let next = self.peek_after_blanks().ok_or("unexpected end")?;
        self.at += 1;
        Ok(match (container, next) {
            (Open::Array(mut values), b',') => {
                values.push(value);
                Start::Open(Open::Array(values))
            }
            (Open::Array(mut values), b']') => {
                values.push(value);
                Start::Whole(Value::Array(values))
            }
            (Open::Object(mut members, name), b',') => {
                put(&mut members, name, value);
                let name = self.name()?;
                Start::Open(Open::Object(members, name))
            }
            (Open::Object(mut members, name), b'}') => {
                put(&mut members, name, value);
                Start::Whole(object(members))
            }
            _ => {
                self.at -= 1;
                return Err("expected a comma or an end");
            }
        })
    }

    /// A member's name and the colon after it.
    fn name(&mut self) -> Result<String, Why> {
        if self.peek_after_blanks() != Some(b'"') {
            return Err("expected a name in quotes");
        }
        let name = self.string(MAX_NAME_BYTES)?;
        if self.peek_after_blanks() != Some(b':') {
            return Err("expected a colon");
        }
        self.at += 1;
        Ok(name)
    }
}
