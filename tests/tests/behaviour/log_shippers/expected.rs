//! What is in a line, found without an expression: what all tools must find.

use std::collections::BTreeMap;

use serde_json::Value;

/// Names and values; numbers are without zeros at their end.
pub(super) type Fields = BTreeMap<String, String>;

/// The fields of a line in the reference's layout.
pub(super) fn expected_text(line: &str) -> Fields {
    let parts = || {
        let (timestamp, rest) = line.strip_prefix('[')?.split_once("] ")?;
        let (level, rest) = rest.split_once(" [")?;
        let (component, message) = rest.split_once("] ")?;
        Some([timestamp, level, component, message])
    };
    let parts = parts().unwrap_or_else(|| panic!("no line of a log: {line}"));
    let named = ["timestamp", "level", "component", "message_text"];
    let named = named.into_iter().zip(parts);
    let mut fields: Fields = named
        .map(|(name, part)| (name.to_owned(), part.to_owned()))
        .collect();
    let message = parts[3];
    if let Some((_, place)) = message.rsplit_once(" (connector=") {
        let place = place.strip_suffix(')').expect("the end of a place");
        let (connector, task) = match place.split_once(", task=") {
            Some((connector, task)) => (connector, Some(task)),
            None => (place, None),
        };
        fields.insert("connector".to_owned(), connector.to_owned());
        fields.extend(task.map(|task| ("task".to_owned(), task.to_owned())));
    }
    numbers(message, &mut fields);
    fields
}

/// The fields of a line in the other one.
pub(super) fn expected_json(line: &str) -> Fields {
    let object: Value = serde_json::from_str(line).expect("JSON");
    let mut fields = Fields::new();
    for (key, name) in [
        ("timestamp", "timestamp"),
        ("level", "level"),
        ("component", "component"),
        ("connector", "connector"),
        ("task", "task"),
        ("message", "message_text"),
    ] {
        match &object[key] {
            Value::Null => {}
            Value::String(text) => drop(fields.insert(name.to_owned(), text.clone())),
            other => drop(fields.insert(name.to_owned(), other.to_string())),
        }
    }
    let message = fields["message_text"].clone();
    numbers(&message, &mut fields);
    fields
}

/// What the lines of the contract say in numbers.
fn numbers(message: &str, fields: &mut Fields) {
    let mut put = |name: &str, value: &str| {
        assert!(!value.is_empty(), "no {name} in {message}");
        fields.insert(name.to_owned(), value.to_owned());
    };
    let until = |text: &str, end: char| text.split(end).next().unwrap_or_default().to_owned();
    if let Some(rest) = message.strip_prefix("Metrics - Connection: ") {
        let values: Vec<&str> = rest.split(", ").collect();
        put("connection", values[0]);
        put(
            "received",
            values[1].strip_prefix("Received: ").expect("received"),
        );
        put(
            "produced",
            values[2].strip_prefix("Produced: ").expect("produced"),
        );
        let reconnects = values[4].strip_prefix("Reconnects: ").expect("reconnects");
        put("reconnects", &until(reconnects, ' '));
    }
    for start in ["Metrics - ", "Queue utilization: ", "Queue full ("] {
        if !message.starts_with(start) {
            continue;
        }
        let (_, queue) = message.split_once("Queue").expect("a queue");
        let at = queue.find(|c: char| c.is_ascii_digit()).expect("a number");
        let (current, rest) = queue[at..].split_once('/').expect("a slash");
        put("queue_current", current);
        put("queue_max", &until(&until(rest, ' '), ')'));
        if let Some((_, percent)) = rest.split_once(" (")
            && percent.contains("%)")
        {
            put("queue_percent", &canonical(&until(percent, '%')));
        }
    }
    if let Some(rest) = message.strip_prefix("Dropped ") {
        put("dropped", &until(rest, ' '));
    }
    if let Some(rest) = message.strip_prefix("Reconnection attempt ") {
        put("reconnect_attempt", &until(rest, ' '));
    }
    if let Some((_, rest)) = message.split_once("Expected HTTP 101 response but was '") {
        put("http_status", &until(rest, ' '));
    }
    if let Some(rest) = message.strip_prefix("Connection closed by server: code=") {
        put("close_code", &until(rest, ','));
    }
}

/// A number as all tools' numbers are compared.
pub(super) fn canonical(number: &str) -> String {
    let number: f64 = number
        .parse()
        .unwrap_or_else(|_| panic!("no number: {number}"));
    number.to_string()
}
