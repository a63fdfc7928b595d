//! One text for each JSON value, whatever the order of its keys, and the hash of it.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// `value` as compact JSON with the keys of every object sorted. Numbers keep their digits.
pub fn canonical_json(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

/// `value` with the keys of every object sorted.
pub fn sorted_keys(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut sorted: Vec<(&String, &Value)> = fields.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            Value::Object(sorted.into_iter().map(|(key, value)| (key.clone(), sorted_keys(value))).collect())
        }
        Value::Array(items) => items.iter().map(sorted_keys).collect(),
        leaf @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => leaf.clone(),
    }
}

/// SHA-256 of the canonical JSON of `value`, hexadecimal.
pub fn content_hash(value: &Value) -> String {
    text_hash(&canonical_json(value))
}

/// SHA-256 of `text`, hexadecimal.
pub fn text_hash(text: &str) -> String {
    use std::fmt::Write as _;
    Sha256::digest(text).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut sorted: Vec<(&String, &Value)> = fields.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            text.push('{');
            for (index, (key, value)) in sorted.into_iter().enumerate() {
                comma(index, text);
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write(value, text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                comma(index, text);
                write(item, text);
            }
            text.push(']');
        }
        leaf @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => text.push_str(&leaf.to_string()),
    }
}

fn comma(index: usize, text: &mut String) {
    if index > 0 {
        text.push(',');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_keys_does_not_matter_and_all_else_does() {
        let one: Value = serde_json::from_str(r#"{"b": [1, {"y": null, "x": "ü\n"}], "a": 1.50}"#).unwrap();
        let two: Value = serde_json::from_str(r#"{"a": 1.50, "b": [1, {"x": "ü\n", "y": null}]}"#).unwrap();
        assert_eq!(canonical_json(&one), r#"{"a":1.50,"b":[1,{"x":"ü\n","y":null}]}"#);
        assert_eq!(content_hash(&one), content_hash(&two));
        assert_ne!(content_hash(&one), content_hash(&json!({"a": 1.5, "b": [1, {"x": "ü\n", "y": null}]})));
        assert_eq!(text_hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
