//! One field of a form: what was put in, and the value it stands for.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::{Number, Value};

use super::shape::{Kind, Scalar, Shape, one_line};
use crate::fronts::tui::editor::Editor;
use crate::fronts::tui::text::Handled;
use crate::fronts::tui::text::input::LineInput;

/// What was put into a field.
#[derive(Debug)]
pub(super) enum Entry {
    /// Typed in one row. Nothing typed means that nothing is sent.
    Line(LineInput),
    /// One of the values that the field offers, or none of them.
    Picked(Option<usize>),
    /// JSON of any length. Nothing typed means that nothing is sent.
    Json(Box<Editor>),
    /// This value, whatever the kind of the field: `null`, or the empty string.
    Exactly(Value),
}

/// A field.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) shape: Shape,
    pub(super) entry: Entry,
}

impl Field {
    /// An empty field.
    pub(super) fn new(shape: Shape) -> Self {
        let entry = empty(&shape.kind);
        Self { shape, entry }
    }

    /// The value to send. `Ok(None)` where nothing was put in; the message where it does not fit.
    pub(super) fn value(&self) -> Result<Option<Value>, String> {
        match &self.entry {
            Entry::Exactly(value) => Ok(Some(value.clone())),
            Entry::Picked(at) => Ok(at.and_then(|at| self.offered().get(at).cloned())),
            Entry::Line(input) if input.text().is_empty() => Ok(None),
            Entry::Line(input) => typed_value(&self.shape.kind, input.text()).map(Some),
            Entry::Json(editor) => {
                let text = editor.text();
                if text.trim().is_empty() { Ok(None) } else { read_json(&text).map(Some) }
            }
        }
    }

    /// The value as far as it can be told: what does not fit is kept as the text that was typed.
    pub(super) fn value_or_text(&self) -> Option<Value> {
        self.value().unwrap_or_else(|_| match &self.entry {
            Entry::Line(input) => Some(Value::String(input.text().to_owned())),
            Entry::Json(editor) => Some(Value::String(editor.text())),
            Entry::Picked(_) | Entry::Exactly(_) => None,
        })
    }

    /// Puts a value in. Where the input of the field has no words for it, it is put in as JSON.
    pub(super) fn set(&mut self, value: &Value) {
        let picked = self.offered().iter().position(|offered| offered == value);
        self.entry = match (&self.shape.kind, value) {
            (_, Value::Null) => Entry::Exactly(Value::Null),
            (Kind::Text, Value::String(text)) if text.is_empty() => Entry::Exactly(value.clone()),
            (Kind::Text, Value::String(text)) => Entry::Line(LineInput::new(text)),
            (Kind::Integer | Kind::Number, Value::Number(number)) => Entry::Line(LineInput::new(&number.to_string())),
            (Kind::Toggle | Kind::Choice(_), _) if picked.is_some() => Entry::Picked(picked),
            (Kind::List(kind), Value::Array(items)) => Entry::Line(LineInput::new(&list_text(*kind, items))),
            _ => json_entry(&pretty(value)),
        };
        if self.value().as_ref() != Ok(&Some(value.clone())) {
            self.entry = json_entry(&pretty(value));
        }
    }

    /// Does what a key asks for.
    pub(super) fn handle(&mut self, key: KeyEvent) -> Handled {
        if key.modifiers == KeyModifiers::ALT && key.code == KeyCode::Char('n') {
            return self.cycle_exact();
        }
        let offered = self.offered().len();
        match &mut self.entry {
            Entry::Line(input) if key.code == KeyCode::Enter && key.modifiers == KeyModifiers::ALT => {
                input.paste("\n");
                Handled::Consumed
            }
            Entry::Line(input) => input.handle(key),
            Entry::Json(editor) => editor.handle(key),
            Entry::Picked(at) => pick(at, offered, key),
            Entry::Exactly(_) => self.leave_exact(key),
        }
    }

    /// Puts pasted text in.
    pub(super) fn paste(&mut self, text: &str) {
        match &mut self.entry {
            Entry::Line(input) => input.paste(text),
            Entry::Json(editor) => editor.paste(text),
            Entry::Exactly(_) => {
                self.entry = empty(&self.shape.kind);
                if !matches!(self.entry, Entry::Picked(_)) {
                    self.paste(text);
                }
            }
            Entry::Picked(at) => {
                let wanted = text.trim();
                let offered = offered(&self.shape.kind);
                *at = offered.iter().position(|value| one_line(value) == wanted).or(*at);
            }
        }
    }

    /// The values that the field offers.
    pub(super) fn offered(&self) -> Vec<Value> {
        offered(&self.shape.kind)
    }

    /// From what was typed to the empty string (of a string), to `null` (where it fits), and back.
    fn cycle_exact(&mut self) -> Handled {
        let empty_string = Value::String(String::new());
        let at_empty = matches!(&self.entry, Entry::Exactly(value) if *value == empty_string);
        let at_null = matches!(&self.entry, Entry::Exactly(Value::Null));
        if !at_empty && !at_null && self.shape.kind == Kind::Text {
            self.entry = Entry::Exactly(empty_string);
        } else if !at_null && self.shape.nullable {
            self.entry = Entry::Exactly(Value::Null);
        } else if at_empty || at_null {
            self.entry = empty(&self.shape.kind);
        } else {
            return Handled::Ignored;
        }
        Handled::Consumed
    }

    /// Typing over an exact value starts the field anew; deleting it empties the field.
    fn leave_exact(&mut self, key: KeyEvent) -> Handled {
        if matches!(key.code, KeyCode::Backspace | KeyCode::Delete) {
            self.entry = empty(&self.shape.kind);
            return Handled::Consumed;
        }
        if !matches!(key.code, KeyCode::Char(_)) {
            return Handled::Ignored;
        }
        self.entry = empty(&self.shape.kind);
        self.handle(key)
    }
}

fn empty(kind: &Kind) -> Entry {
    match kind {
        Kind::Text | Kind::Integer | Kind::Number | Kind::List(_) => Entry::Line(LineInput::default()),
        Kind::Toggle | Kind::Choice(_) => Entry::Picked(None),
        Kind::Json => json_entry(""),
    }
}

fn json_entry(text: &str) -> Entry {
    Entry::Json(Box::new(Editor::open("value.json", text).without_line_numbers()))
}

/// A value as people read it.
pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}

fn offered(kind: &Kind) -> Vec<Value> {
    match kind {
        Kind::Toggle => vec![Value::Bool(true), Value::Bool(false)],
        Kind::Choice(values) => values.clone(),
        Kind::Text | Kind::Integer | Kind::Number | Kind::List(_) | Kind::Json => Vec::new(),
    }
}

/// Right, space and left walk through the values and nothing; a letter goes to the next value that starts with it.
#[expect(clippy::wildcard_enum_match_arm, reason = "most keys mean nothing here")]
fn pick(at: &mut Option<usize>, count: usize, key: KeyEvent) -> Handled {
    if count == 0 || !(key.modifiers - KeyModifiers::SHIFT).is_empty() {
        return Handled::Ignored;
    }
    *at = match key.code {
        KeyCode::Right | KeyCode::Char(' ') => at.map_or(Some(0), |at| (at + 1 < count).then_some(at + 1)),
        KeyCode::Left => at.map_or(Some(count - 1), |at| at.checked_sub(1)),
        KeyCode::Backspace | KeyCode::Delete => None,
        _ => return Handled::Ignored,
    };
    Handled::Consumed
}

fn typed_value(kind: &Kind, text: &str) -> Result<Value, String> {
    match kind {
        Kind::Text => Ok(Value::String(text.to_owned())),
        Kind::Integer => whole(text),
        Kind::Number => number(text),
        Kind::List(kind) => list(*kind, text),
        Kind::Toggle | Kind::Choice(_) | Kind::Json => read_json(text),
    }
}

/// A whole number, kept digit by digit.
fn whole(text: &str) -> Result<Value, String> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("{text:?} is not a whole number"));
    }
    number(text)
}

fn number(text: &str) -> Result<Value, String> {
    let text = text.trim();
    serde_json::from_str::<Number>(text).map(Value::Number).map_err(|_| format!("{text:?} is not a number"))
}

fn list(kind: Scalar, text: &str) -> Result<Value, String> {
    if text.trim_start().starts_with('[') {
        return read_json(text);
    }
    let items: Result<Vec<Value>, String> = text.split(',').map(|item| scalar(kind, item.trim())).collect();
    items.map(Value::Array)
}

fn scalar(kind: Scalar, text: &str) -> Result<Value, String> {
    match kind {
        Scalar::Text => Ok(Value::String(text.to_owned())),
        Scalar::Integer => whole(text),
        Scalar::Number => number(text),
        Scalar::Toggle => text.parse().map(Value::Bool).map_err(|_| format!("{text:?} is not true or false")),
    }
}

/// A list as people type it; as JSON where commas alone would not give the same items back.
fn list_text(kind: Scalar, items: &[Value]) -> String {
    let text =
        items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect::<Vec<_>>().join(", ");
    let array = Value::Array(items.to_vec());
    if !text.is_empty() && list(kind, &text).as_ref() == Ok(&array) { text } else { array.to_string() }
}

/// Reads JSON, with the place of the first error.
pub(super) fn read_json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn field(kind: Kind, nullable: bool) -> Field {
        Field::new(Shape { key: "k".to_owned(), kind, required: false, nullable, default: None, description: String::new() })
    }

    #[test]
    fn what_is_typed_is_the_value_of_its_kind() {
        let error = |text: &str| Err(text.to_owned());
        let table = [
            (Kind::Text, "", Ok(None)),
            (Kind::Text, " null", Ok(Some(json!(" null")))),
            (Kind::Integer, " -7 ", Ok(Some(json!(-7)))),
            (Kind::Integer, "1.5", error("\"1.5\" is not a whole number")),
            (Kind::Integer, "-", error("\"-\" is not a whole number")),
            (Kind::Integer, "123456789012345678901234567890", Ok(serde_json::from_str("123456789012345678901234567890").ok())),
            (Kind::Number, "1e3", Ok(serde_json::from_str("1e3").ok())),
            (Kind::Number, "NaN", error("\"NaN\" is not a number")),
            (Kind::List(Scalar::Text), "a, b c,", Ok(Some(json!(["a", "b c", ""])))),
            (Kind::List(Scalar::Integer), "1,2", Ok(Some(json!([1, 2])))),
            (Kind::List(Scalar::Integer), "1,x", error("\"x\" is not a whole number")),
            (Kind::List(Scalar::Text), "[\"a, b\"]", Ok(Some(json!(["a, b"])))),
            (Kind::List(Scalar::Toggle), "true, false", Ok(Some(json!([true, false])))),
            (Kind::Json, " {\"a\": 1}", Ok(Some(json!({"a": 1})))),
            (Kind::Json, "{", error("not JSON: EOF while parsing an object at line 1 column 1")),
            (Kind::Choice(vec![json!("x"), json!(2)]), "2", Ok(Some(json!(2)))),
        ];
        for (kind, text, expected) in table {
            let mut field = field(kind, false);
            field.paste(text);
            assert_eq!(field.value(), expected, "{:?} {text:?}", field.shape.kind);
        }
    }

    #[test]
    fn every_value_that_is_put_in_comes_back() {
        let values = [
            json!(null),
            json!(""),
            json!("a\nb"),
            json!(7),
            json!(1.5),
            json!(true),
            json!(["a", "b"]),
            json!(["a, b"]),
            json!([]),
            json!([""]),
            json!([1]),
            json!({"a": [1]}),
        ];
        let kinds = [
            Kind::Text,
            Kind::Integer,
            Kind::Number,
            Kind::Toggle,
            Kind::Choice(vec![json!(7)]),
            Kind::List(Scalar::Text),
            Kind::List(Scalar::Integer),
            Kind::Json,
        ];
        for value in &values {
            for kind in &kinds {
                let mut field = field(kind.clone(), false);
                field.set(value);
                assert_eq!(field.value(), Ok(Some(value.clone())), "{kind:?}");
            }
        }
    }

    #[test]
    fn null_and_the_empty_string_can_be_said() {
        let exact = KeyEvent::new(KeyCode::Char('n'), KeyModifiers::ALT);
        let mut text = field(Kind::Text, true);
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.push(text.value().unwrap());
            assert_eq!(text.handle(exact), Handled::Consumed);
        }
        assert_eq!(seen, [None, Some(json!("")), Some(json!(null)), None]);
        text.handle(KeyEvent::from(KeyCode::Char('x')));
        assert_eq!(text.value(), Ok(Some(json!("x"))));
        assert_eq!(field(Kind::Integer, false).handle(exact), Handled::Ignored);
    }

    #[test]
    fn values_are_picked() {
        let mut choice = field(Kind::Choice(vec![json!("a"), json!("b")]), false);
        let mut seen = Vec::new();
        for code in [KeyCode::Right, KeyCode::Char(' '), KeyCode::Right, KeyCode::Left, KeyCode::Delete] {
            assert_eq!(choice.handle(KeyEvent::from(code)), Handled::Consumed);
            seen.push(choice.value().unwrap());
        }
        assert_eq!(seen, [Some(json!("a")), Some(json!("b")), None, Some(json!("b")), None]);
        assert_eq!(choice.handle(KeyEvent::from(KeyCode::Enter)), Handled::Ignored);
    }
}
