//! What a message is made of, without what it says: names of fields, types and
//! lengths.
//!
//! Invariant: no value of a message is in it; its size has a bound.

use serde_json::{Map, Value, json};

/// Larger messages are not looked into.
const MAX_PARSED_BYTES: usize = 256 << 10;
/// Members of one object that are shown.
const MAX_MEMBERS: usize = 60;
/// Objects within objects that are shown.
const MAX_DEPTH: usize = 6;
/// Characters of a field's name that are shown.
const MAX_NAME_CHARS: usize = 64;

/// What some bytes are: `kind` is `none`, `json`, `text` or `bytes`.
pub(super) fn shape(bytes: Option<&[u8]>) -> Value {
    let Some(bytes) = bytes else {
        return json!({"kind": "none"});
    };
    let length = bytes.len();
    let parsed = (length <= MAX_PARSED_BYTES).then(|| serde_json::from_slice(bytes));
    if let Some(Ok(value @ (Value::Object(_) | Value::Array(_)))) = parsed {
        return json!({"kind": "json", "bytes": length, "shape": of_value(&value, 0)});
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => json!({"kind": "text", "bytes": length, "characters": text.chars().count()}),
        Err(_) => json!({"kind": "bytes", "bytes": length}),
    }
}

fn of_value(value: &Value, depth: usize) -> Value {
    match value {
        Value::Null => json!("null"),
        Value::Bool(_) => json!("boolean"),
        Value::Number(_) => json!("number"),
        Value::String(text) => json!(format!("string, {} characters", text.chars().count())),
        Value::Array(elements) => of_array(elements, depth),
        Value::Object(members) => of_object(members, depth),
    }
}

/// The first element stands for all.
fn of_array(elements: &[Value], depth: usize) -> Value {
    let count = elements.len();
    match elements.first() {
        Some(first) if depth < MAX_DEPTH => {
            let mut shown = vec![of_value(first, depth + 1)];
            if count > 1 {
                shown.push(json!(format!("{} more", count - 1)));
            }
            Value::Array(shown)
        }
        _ => json!(format!("array of {count}")),
    }
}

fn of_object(members: &Map<String, Value>, depth: usize) -> Value {
    if depth >= MAX_DEPTH {
        return json!(format!("object of {} fields", members.len()));
    }
    let mut shown = Map::new();
    for (name, value) in members.iter().take(MAX_MEMBERS) {
        let name: String = name.chars().take(MAX_NAME_CHARS).collect();
        shown.insert(name, of_value(value, depth + 1));
    }
    let left = members.len().saturating_sub(MAX_MEMBERS);
    if left > 0 {
        shown.insert("…".to_owned(), json!(format!("{left} more fields")));
    }
    Value::Object(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_lengths_stay_and_values_go() {
        let message = br#"{"e":"trade","p":"0.001","T":123456785,"m":true,"x":null,"l":[{"id":7},{"id":8}],"o":{"k":"s3cret"}}"#;
        let expected = json!({
            "kind": "json", "bytes": message.len(),
            "shape": {
                "e": "string, 5 characters", "p": "string, 5 characters", "T": "number",
                "m": "boolean", "x": "null", "l": [{"id": "number"}, "1 more"],
                "o": {"k": "string, 6 characters"},
            },
        });
        assert_eq!(shape(Some(message)), expected);
    }

    #[test]
    fn what_is_no_json_is_its_length() {
        assert_eq!(shape(None), json!({"kind": "none"}));
        let text = json!({"kind": "text", "bytes": 3, "characters": 2});
        assert_eq!(shape(Some("hé".as_bytes())), text);
        assert_eq!(shape(Some(&[0xFF])), json!({"kind": "bytes", "bytes": 1}));
        // A number by itself is a value, and nothing but that.
        assert_eq!(shape(Some(b"42"))["kind"], "text");
        let large = vec![b'['; MAX_PARSED_BYTES + 1];
        assert_eq!(shape(Some(&large))["kind"], "text");
    }

    #[test]
    fn what_is_wide_or_deep_is_cut() {
        let wide: Map<String, Value> = (0..100).map(|n| (n.to_string(), json!(n))).collect();
        let shown = of_value(&Value::Object(wide), 0);
        assert_eq!(shown.as_object().map(Map::len), Some(MAX_MEMBERS + 1));
        assert_eq!(shown["…"], "40 more fields");
        let deep = (0..50).fold(json!(1), |inner, _| json!({"a": [inner]}));
        let text = of_value(&deep, 0).to_string();
        assert!(
            text.len() < 200 && text.contains("object of 1 fields"),
            "{text}"
        );
        let name = "n".repeat(1_000);
        let long = of_value(&json!({name: 1}), 0).to_string();
        assert!(long.len() < 100, "{long}");
    }
}
