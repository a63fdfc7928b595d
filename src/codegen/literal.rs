//! The only way of a server's text into Python source.

use std::fmt::Write as _;

use serde_json::Value;

use crate::types::neutralise;

/// Characters of a number that is still written out.
const NUMBER_CHARS: usize = 40;

/// `text` as a Python string literal.
pub(super) fn quote(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    for c in text.chars() {
        match c {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            ' '..='~' => literal.push(c),
            _ if c.is_alphanumeric() => literal.push(c),
            _ => escape(&mut literal, c),
        }
    }
    literal.push('"');
    literal
}

fn escape(literal: &mut String, c: char) {
    let number = u32::from(c);
    let _ = match number {
        0..=0xff => write!(literal, "\\x{number:02x}"),
        0x100..=0xffff => write!(literal, "\\u{number:04x}"),
        _ => write!(literal, "\\U{number:08x}"),
    };
}

/// A JSON value as a Python expression.
pub(super) fn json(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quote(text),
        Value::Array(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{}: {}", quote(key), json(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// A number as Python writes it, unless it is too long or too large to be one there.
pub(super) fn number(value: &Value) -> Option<String> {
    let text = value.as_number()?.to_string();
    (text.len() <= NUMBER_CHARS && value.as_f64().is_some_and(f64::is_finite)).then_some(text)
}

/// `lines` as a docstring of the given indentation (in columns), quotes included.
pub(super) fn docstring(lines: &[String], indentation: usize) -> String {
    let indent = " ".repeat(indentation);
    let mut text = String::from("\"\"\"");
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            text.push('\n');
            if !line.is_empty() {
                text.push_str(&indent);
            }
        }
        text.push_str(&docstring_line(line, lines.len() == 1));
    }
    if lines.len() > 1 {
        text.push('\n');
        text.push_str(&indent);
    }
    text.push_str("\"\"\"");
    text
}

/// No backslash and no run of quotes keeps a meaning, nor does a quote right before the closing ones.
fn docstring_line(line: &str, closes: bool) -> String {
    let line = neutralise(line);
    let mut text = String::with_capacity(line.len());
    let mut characters = line.trim_end().chars().peekable();
    while let Some(c) = characters.next() {
        let escaped = c == '\\' || (c == '"' && characters.peek().map_or(closes, |next| *next == '"'));
        if escaped {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json as value;

    #[test]
    fn text_stays_within_its_quotes() {
        assert_eq!(quote("a\"b\\c\n\t\0\u{2028}\u{202e}é\u{1f980}"), "\"a\\\"b\\\\c\\n\\t\\x00\\u2028\\u202eé\\U0001f980\"");
        assert_eq!(json(&value!({"a": [1, 2.5, null, true, "x"]})), "{\"a\": [1, 2.5, None, True, \"x\"]}");
    }

    #[test]
    fn docstrings_end_where_they_should() {
        let lines = ["a \"quoted\"".to_owned(), String::new(), "\\ \"\"\" \"\"".to_owned()];
        assert_eq!(docstring(&lines, 2), "\"\"\"a \"quoted\"\n\n  \\\\ \\\"\\\"\" \\\"\"\n  \"\"\"");
        assert_eq!(docstring(&["a \"quoted\"".to_owned()], 0), "\"\"\"a \"quoted\\\"\"\"\"");
        assert_eq!(docstring(&["ends with \\".to_owned()], 0), "\"\"\"ends with \\\\\"\"\"");
    }

    #[test]
    fn numbers_that_python_cannot_hold_are_left_out() {
        assert_eq!(number(&value!(1)).as_deref(), Some("1"));
        assert_eq!(number(&serde_json::from_str("1e400").unwrap()), None);
        assert_eq!(number(&value!("1")), None);
    }
}
