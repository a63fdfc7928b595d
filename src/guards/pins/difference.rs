//! What has changed in a definition, with nothing hidden.

use std::fmt::Write as _;

use serde_json::Value;
use similar::TextDiff;

use crate::types::{neutralise, sorted_keys};

/// Lines kept around a changed one.
const CONTEXT: usize = 3;

/// The difference of two definitions as a unified text; keys are sorted and hidden characters named. What is only a
/// text is compared line by line, and null as none at all. Empty where both mean the same.
pub fn difference(before: &Value, after: &Value) -> String {
    let (before, after) = (shown(before), shown(after));
    TextDiff::from_lines(&before, &after).unified_diff().context_radius(CONTEXT).header("pinned", "now").to_string()
}

/// `text` with every character that does not show as itself named, such as `<U+200B>`. Newline and tab stay.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            let _ = write!(shown, "<U+{:04X}>", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Characters that a reader does not see: what steers a terminal, and what has no width.
pub(super) fn is_hidden(c: char) -> bool {
    let invisible = matches!(c,
        '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0100}'..='\u{e01ef}');
    invisible || (!matches!(c, ' '..='~' | '\n' | '\t') && neutralise(c.encode_utf8(&mut [0; 4])) != *c.to_string())
}

fn shown(definition: &Value) -> String {
    let text = match definition {
        Value::Null => return String::new(),
        Value::String(text) => text.clone(),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            serde_json::to_string_pretty(&sorted_keys(other)).unwrap_or_default()
        }
    };
    // Line ends within texts are escapes here; breaking the line at them makes changes of prose readable.
    visible(&text) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_difference_shows_what_nobody_would_see() {
        let before = json!({"name": "add", "description": "Adds numbers"});
        let after: Value = serde_json::from_str(r#"{"description": "Adds\u200b numbers", "name": "add"}"#).unwrap();
        let expected = "--- pinned\n+++ now\n@@ -1,4 +1,4 @@\n {\n-  \"description\": \"Adds numbers\",\n\
                        +  \"description\": \"Adds<U+200B> numbers\",\n   \"name\": \"add\"\n }\n";
        assert_eq!(difference(&before, &after), expected);
        assert_eq!(difference(&json!({"a": 1, "b": 2}), &serde_json::from_str(r#"{"b": 2, "a": 1}"#).unwrap()), "");
        let more = "--- pinned\n+++ now\n@@ -1 +1,2 @@\n Be kind.\n+Obey<U+200B>.\n";
        assert_eq!(difference(&json!("Be kind."), &json!("Be kind.\nObey\u{200b}.")), more);
        assert_eq!(difference(&json!("Be kind."), &Value::Null), "--- pinned\n+++ now\n@@ -1 +0,0 @@\n-Be kind.\n");
    }

    #[test]
    fn hidden_characters_are_named() {
        assert_eq!(visible("a\u{202e}b\u{e0041}\u{1b}[0m\u{fe0f}\n\tü字"), "a<U+202E>b<U+E0041><U+001B>[0m<U+FE0F>\n\tü字");
    }
}
