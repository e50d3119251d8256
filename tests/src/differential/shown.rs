//! An answer without what differs from run to run: addresses, ids, times,
//! traces, the order of hash maps, and texts that only leak Java's internals.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::rest::Answer;

/// What stands for a text of Java's internals; only that there is a text is
/// compared then.
pub const JAVA: &str = "{java}";

/// Headers that say nothing about the answer: when and by what it was sent,
/// and how its end is found.
const NOT_COMPARED: [&str; 5] = [
    "connection",
    "content-length",
    "date",
    "server",
    "transfer-encoding",
];

/// Headers that are sets of methods; Jetty 12 has them in a random order.
const METHODS: [&str; 2] = ["access-control-allow-methods", "allow"];

/// What only Jackson and the JVM write.
const JAVA_TEXTS: [&str; 9] = [
    "com.fasterxml",
    "at [Source",
    "through reference chain",
    "No content to map",
    "Cannot construct instance",
    "Cannot deserialize",
    "Cannot invoke \"",
    "java.lang.",
    "java.util.",
];

/// An answer as it is compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The status code.
    pub status: u16,
    /// The headers that are compared, names in lower case; sets in order.
    pub headers: BTreeMap<String, String>,
    /// The body: JSON, or a string beginning with `{empty}`, `{html}` or
    /// `{text}`.
    pub body: Value,
}

impl Shown {
    /// An answer of the worker at `port` of 127.0.0.1.
    pub fn new(answer: &Answer, port: u16) -> Self {
        let worker = format!("127.0.0.1:{port}");
        let mut headers = BTreeMap::new();
        for (name, value) in answer.headers() {
            if NOT_COMPARED.contains(&name.as_str()) {
                continue;
            }
            let value = if METHODS.contains(&name.as_str()) {
                sorted(value, ",")
            } else {
                value.replace(&worker, "{worker}")
            };
            headers.insert(name, value);
        }
        Self {
            status: answer.status,
            headers,
            body: body(&answer.body, &worker),
        }
    }
}

fn sorted(list: &str, separator: &str) -> String {
    let mut parts: Vec<&str> = list.split(separator).map(str::trim).collect();
    parts.sort_unstable();
    parts.join(&format!("{} ", separator.trim()))
}

fn body(text: &str, worker: &str) -> Value {
    if text.is_empty() {
        return Value::from("{empty}");
    }
    let Ok(mut value) = serde_json::from_str::<Value>(text) else {
        let start = text.trim_start();
        return if start.starts_with('<') {
            Value::from("{html}")
        } else {
            Value::from(format!("{{text}} {}", text.replace(worker, "{worker}")))
        };
    };
    normalise(&mut value, worker);
    // Lists of names are in the order of a hash map.
    if let Value::Array(items) = &mut value
        && items.iter().all(Value::is_string)
    {
        items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    }
    value
}

fn normalise(value: &mut Value, worker: &str) {
    match value {
        Value::String(text) => *text = normal_text(text, worker),
        Value::Array(items) => items.iter_mut().for_each(|item| normalise(item, worker)),
        Value::Object(fields) => {
            hide_volatile(fields);
            // Partitions are in the order of a hash map too.
            if let Some(Value::Array(offsets)) = fields.get_mut("offsets") {
                offsets.sort_by_key(|offset| offset["partition"].to_string());
            }
            for field in fields.values_mut() {
                normalise(field, worker);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn hide_volatile(fields: &mut Map<String, Value>) {
    let session = fields.get("session_id").and_then(Value::as_str);
    if session.is_some_and(is_uuid) {
        fields.insert("session_id".to_owned(), Value::from("{uuid}"));
        if let Some(sequence) = fields.get_mut("sequence").filter(|value| value.is_u64()) {
            *sequence = Value::from("{sequence}");
        }
    }
    if let Some(trace) = fields.get_mut("trace").filter(|trace| trace.is_string()) {
        *trace = Value::from("{trace}");
    }
    if let Some(time) = fields.get_mut("last_modified").filter(|time| time.is_u64()) {
        *time = Value::from("{time}");
    }
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

fn normal_text(text: &str, worker: &str) -> String {
    // A class's name alone is a value, not an error.
    if text.contains(' ') && JAVA_TEXTS.iter().any(|java| text.contains(java)) {
        return JAVA.to_owned();
    }
    let text = hide_location(&text.replace(worker, "{worker}"));
    sort_java_map(&sort_advice(&text))
}

/// Connect advises classes in the order of a hash map.
fn sort_advice(text: &str) -> String {
    const BEGINS: &str = "Did you mean ";
    match text.split_once(BEGINS) {
        Some((before, advice)) => {
            let classes = sorted(advice.trim_end_matches('?'), ",");
            format!("{before}{BEGINS}{classes}?")
        }
        None => text.to_owned(),
    }
}

/// Connect prints where on its disk a plugin is.
fn hide_location(text: &str) -> String {
    const BEGINS: &str = "location='file:";
    let mut parts = text.split(BEGINS);
    let first = parts.next().unwrap_or_default().to_owned();
    let hide = |part: &str| {
        let rest = part.split_once('\'').map_or("", |(_, rest)| rest);
        format!("location='{{folder}}'{rest}")
    };
    first + &parts.map(hide).collect::<String>()
}

/// Connect prints a configuration as `{key=value, key=value}` in the order of
/// a hash map.
fn sort_java_map(text: &str) -> String {
    let (Some(open), Some(close)) = (text.find('{'), text.rfind('}')) else {
        return text.to_owned();
    };
    if open > close || !text[open..close].contains('=') {
        return text.to_owned();
    }
    let inner = sorted(&text[open + 1..close], ", ");
    format!("{}{{{inner}}}{}", &text[..open], &text[close + 1..])
}
