//! One event as one line. Control characters, line separators and characters
//! that reorder text are escaped in every part that comes from outside, so that
//! nobody can forge a line or drive a terminal through the log.

use std::fmt::{self, Write};

use jiff::Zoned;
use serde_json::{Map, Value};
use tracing::Level;
use tracing::field::{Field, Visit};

/// Longest single value in a line, bytes; the rest is cut.
const MAX_VALUE_BYTES: usize = 32 * 1024;
/// Keys of the JSON object that a field of the same name must not replace.
const RESERVED: [&str; 4] = ["timestamp", "level", "component", "message"];

/// The values of an event.
#[derive(Debug, Default)]
pub(super) struct Fields {
    message: String,
    connector: Option<String>,
    task: Option<Value>,
    others: Vec<(&'static str, Value)>,
}

impl Fields {
    fn set(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", value) => self.message = plain(value),
            ("connector", value) => self.connector = Some(plain(value)),
            ("task", value) => self.task = Some(value),
            (name, value) => self.others.push((name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, Value::from(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, Value::from(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, Value::from(cut(format_args!("{value}"))));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, Value::from(cut(format_args!("{value:?}"))));
    }
}

fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Text that stops growing at a limit.
struct Limited {
    text: String,
    full: bool,
}

impl Write for Limited {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if self.full {
            return Ok(());
        }
        let room = MAX_VALUE_BYTES - self.text.len();
        if part.len() <= room {
            self.text.push_str(part);
            return Ok(());
        }
        let end = (0..=room).rev().find(|at| part.is_char_boundary(*at));
        self.text.push_str(&part[..end.unwrap_or(0)]);
        self.text.push_str("...");
        self.full = true;
        Ok(())
    }
}

fn cut(value: fmt::Arguments<'_>) -> String {
    let mut limited = Limited {
        text: String::new(),
        full: false,
    };
    // A Display that fails leaves what it wrote so far: still worth a line.
    let _ = limited.write_fmt(value);
    limited.text
}

/// Whether a character could end a line, drive a terminal or reorder what is
/// shown (Unicode's bidirectional controls).
fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_dangerous(c) => {
                // Writing to a String does not fail.
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
}

/// The component of an event: the last segment of its target.
fn component(target: &str) -> &str {
    target.rsplit("::").next().unwrap_or(target)
}

/// A line in the text layout, with its line feed.
pub(super) fn text(when: &Zoned, level: Level, target: &str, fields: &Fields) -> String {
    let mut out = String::with_capacity(128 + fields.message.len());
    let _ = write!(
        out,
        "[{}] {level} [",
        when.strftime("%Y-%m-%d %H:%M:%S,%3f")
    );
    escape(&mut out, component(target));
    out.push_str("] ");
    escape(&mut out, &fields.message);
    for (name, value) in &fields.others {
        let _ = write!(out, " {name}=");
        match value {
            // Quoted as logfmt readers expect.
            Value::String(text) if text.contains([' ', '"', '=']) || text.is_empty() => {
                escape(&mut out, &Value::from(text.as_str()).to_string());
            }
            Value::String(text) => escape(&mut out, text),
            other => {
                let _ = write!(out, "{other}");
            }
        }
    }
    place(&mut out, fields);
    out.push('\n');
    out
}

fn place(out: &mut String, fields: &Fields) {
    let task = fields.task.clone().map(plain);
    let parts = [
        ("connector", fields.connector.as_ref()),
        ("task", task.as_ref()),
    ];
    let mut opening = " (";
    for (name, value) in parts.into_iter().filter_map(|(n, v)| Some((n, v?))) {
        out.push_str(opening);
        out.push_str(name);
        out.push('=');
        escape(out, value);
        opening = ", ";
    }
    if opening == ", " {
        out.push(')');
    }
}

/// A line in the JSON layout, with its line feed.
pub(super) fn json(when: &Zoned, level: Level, target: &str, fields: &Fields) -> String {
    let mut object = Map::new();
    let stamp = when.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string();
    object.insert("timestamp".to_owned(), stamp.into());
    object.insert("level".to_owned(), level.as_str().into());
    object.insert("component".to_owned(), component(target).into());
    object.insert("message".to_owned(), fields.message.as_str().into());
    if let Some(connector) = &fields.connector {
        object.insert("connector".to_owned(), connector.as_str().into());
    }
    if let Some(task) = &fields.task {
        object.insert("task".to_owned(), task.clone());
    }
    for (name, value) in &fields.others {
        let key = if RESERVED.contains(name) {
            format!("field.{name}")
        } else {
            (*name).to_owned()
        };
        object.insert(key, value.clone());
    }
    let mut out = String::new();
    // What is left to escape stands inside JSON strings, where \uXXXX means it.
    escape(&mut out, &Value::Object(object).to_string());
    out.push('\n');
    out
}
