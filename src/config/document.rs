//! JSON with the line of every key and value, so that each complaint names its place.

use crate::types::limits::CONFIG_BYTES;

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// Counted from 1.
    pub(super) line: u32,
    pub(super) value: Value,
}

/// A JSON value. Objects keep every member, also those with equal keys.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    String(String),
    Array(Vec<Node>),
    Object(Vec<Member>),
}

/// One key of an object with its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Member {
    pub(super) key: String,
    /// The line of the key.
    pub(super) line: u32,
    pub(super) node: Node,
}

/// Why a text is no JSON.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) line: u32,
    pub(super) message: String,
    pub(super) hint: Option<&'static str>,
}

impl Value {
    /// What a person calls it.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a text",
            Self::Array(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

impl Node {
    /// The value as `serde_json` has it. Of equal keys the last counts.
    pub(super) fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(flag) => (*flag).into(),
            Value::Number(number) => serde_json::Number::from_f64(*number).into(),
            Value::String(text) => text.as_str().into(),
            Value::Array(items) => items.iter().map(Self::to_json).collect(),
            Value::Object(members) => members.iter().map(|member| (member.key.clone(), member.node.to_json())).collect(),
        }
    }
}

/// Reads `text`. `serde_json` judges it first, which leaves a reader that only has to find its way (nesting is bounded there).
pub(super) fn parse(text: &str) -> Result<Node, SyntaxError> {
    if text.len() > CONFIG_BYTES {
        return Err(SyntaxError { line: 0, message: format!("the file is larger than {CONFIG_BYTES} bytes"), hint: None });
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
        return Err(syntax_error(text, &error));
    }
    Reader { text, at: 0, line: 1 }.node().ok_or(SyntaxError { line: 0, message: "this is not JSON".to_owned(), hint: None })
}

fn syntax_error(text: &str, error: &serde_json::Error) -> SyntaxError {
    let line = u32::try_from(error.line()).unwrap_or(0);
    let words = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let before = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    let found = before.as_bytes().get(error.column().saturating_sub(1));
    let hint = match found {
        _ if text.trim().is_empty() => Some("an empty configuration is {}"),
        Some(b'/' | b'#') => Some("JSON has no comments: remove this one"),
        Some(b'\'') => Some("JSON texts stand in double quotes"),
        Some(b'}' | b']') if words.starts_with("trailing comma") => Some("remove the comma before this bracket"),
        _ => None,
    };
    SyntaxError {
        line,
        message: format!("this is not JSON: {} in column {}", words.trim_end_matches(&position), error.column()),
        hint,
    }
}

/// Finds its way through text that is known to be JSON. `None` cannot happen then.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

impl Reader<'_> {
    fn node(&mut self) -> Option<Node> {
        let first = self.peek()?;
        let line = self.line;
        let value = match first {
            b'{' => self.object()?,
            b'[' => self.array()?,
            b'"' => Value::String(self.string()?),
            _ => self.word()?,
        };
        Some(Node { line, value })
    }

    fn object(&mut self) -> Option<Value> {
        let mut members = Vec::new();
        self.at += 1;
        while self.peek()? != b'}' {
            let line = self.line;
            let key = self.string()?;
            self.skip(b':');
            members.push(Member { key, line, node: self.node()? });
            self.skip(b',');
        }
        self.at += 1;
        Some(Value::Object(members))
    }

    fn array(&mut self) -> Option<Value> {
        let mut items = Vec::new();
        self.at += 1;
        while self.peek()? != b']' {
            items.push(self.node()?);
            self.skip(b',');
        }
        self.at += 1;
        Some(Value::Array(items))
    }

    fn string(&mut self) -> Option<String> {
        let rest = &self.text[self.at..];
        let mut escaped = false;
        let end = rest.bytes().skip(1).position(|byte| {
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        })?;
        self.at += end + 2;
        serde_json::from_str(&rest[..end + 2]).ok()
    }

    fn word(&mut self) -> Option<Value> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| c.is_ascii_whitespace() || ",]}".contains(c)).unwrap_or(rest.len());
        self.at += end;
        Some(match &rest[..end] {
            "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            number => Value::Number(number.parse().ok()?),
        })
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            if !byte.is_ascii_whitespace() {
                return Some(byte);
            }
            self.line += u32::from(byte == b'\n');
            self.at += 1;
        }
    }

    fn skip(&mut self, byte: u8) {
        if self.peek() == Some(byte) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_key_and_value_knows_its_line() {
        let text = "\u{feff}{\n  \"a\": [1, -2.5e1,\n true],\n\n\"b\\\"\\\\\": {\"a\": null, \"a\": \"x\\n{\\u00e9\"}}\n";
        let number = |line, value| Node { line, value: Value::Number(value) };
        let member = |key: &str, line, value| Member { key: key.to_owned(), line, node: Node { line, value } };
        let list = vec![number(2, 1.0), number(2, -25.0), Node { line: 3, value: Value::Bool(true) }];
        let inner = vec![member("a", 5, Value::Null), member("a", 5, Value::String("x\n{é".to_owned()))];
        let all = vec![member("a", 2, Value::Array(list)), member("b\"\\", 5, Value::Object(inner))];
        assert_eq!(parse(text), Ok(Node { line: 1, value: Value::Object(all) }));
    }

    #[test]
    fn what_is_no_json_is_told_with_its_line() {
        for (text, line, message, hint) in [
            ("{\n\"a\": 1,\n}", 3, "trailing comma in column 1", Some("remove the comma before this bracket")),
            ("{\n// x\n}", 2, "key must be a string in column 1", Some("JSON has no comments: remove this one")),
            ("{'a': 1}", 1, "key must be a string in column 2", Some("JSON texts stand in double quotes")),
            ("", 1, "EOF while parsing a value in column 0", Some("an empty configuration is {}")),
            ("{\"a\": 1 \"b\": 2}", 1, "expected `,` or `}` in column 9", None),
        ] {
            let message = format!("this is not JSON: {message}");
            assert_eq!(parse(text), Err(SyntaxError { line, message, hint }), "{text}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(parse(&deep).unwrap_err().message, "this is not JSON: recursion limit exceeded in column 128");
        assert_eq!(parse(&" ".repeat(CONFIG_BYTES + 1)).unwrap_err().message, "the file is larger than 4194304 bytes");
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            (-1.0e9..1.0e9).prop_map(|number: f64| serde_json::Number::from_f64(number).into()),
            ".*".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 64, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                proptest::collection::btree_map(".*", inner, 0..6).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_is_read_as_it_is(value in any_json()) {
            for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
                prop_assert_eq!(&parse(&text).unwrap().to_json(), &value);
            }
        }

        #[test]
        fn any_text_is_answered(text in r#"[\[\]{}:,"\\ \ntrue0-9.e/é\-]{0,64}|.*"#) {
            let _ = parse(&text);
        }
    }
}
