//! Masking of JSON: keys, texts and numbers, secrets by the name of their key, and text split over several blocks.

use serde_json::{Map, Number, Value};

use super::rules::is_secret_name;
use super::{MaskCounts, MaskKind, Masker, Reach, Span, merged, replaced};

/// Keys under which the text of a content block stands (MCP `TextContent`).
const BLOCK_TEXT: &str = "text";

impl Masker {
    /// The value with its keys, texts and numbers masked. Structure and types stay; a masked number is 0, and keys that
    /// became equal are numbered.
    pub fn value(&self, value: &Value) -> Value {
        self.counted_value(value, &mut MaskCounts::new())
    }

    /// As [`Masker::value`], and counts what was masked.
    pub(super) fn counted_value(&self, value: &Value, counts: &mut MaskCounts) -> Value {
        match value {
            Value::Null | Value::Bool(_) => value.clone(),
            Value::Number(number) => self.number(number, counts),
            Value::String(text) => Value::String(self.counted(text, counts).into_owned()),
            Value::Array(items) => self.array(items, counts),
            Value::Object(fields) => self.object(fields, counts),
        }
    }

    fn number(&self, number: &Number, counts: &mut MaskCounts) -> Value {
        match self.find(number.as_str()).first() {
            None => Value::Number(number.clone()),
            Some(span) => {
                *counts.entry(span.kind).or_default() += 1;
                Value::from(0)
            }
        }
    }

    fn object(&self, fields: &Map<String, Value>, counts: &mut MaskCounts) -> Value {
        let mut masked = Map::with_capacity(fields.len());
        let names = self.reach == Reach::Record;
        let named = ["name", "key"].iter().filter_map(|key| fields.get(*key)?.as_str()).any(is_secret_name);
        for (key, value) in fields {
            let secret = names && (is_secret_name(key) || named && key == "value");
            let value = if secret { self.secret(value, counts) } else { self.counted_value(value, counts) };
            let key = self.counted(key, counts);
            masked.insert(unused(&masked, &key), value);
        }
        Value::Object(masked)
    }

    /// The value under a key that says that it is secret: its own texts and numbers go whole, objects below it do not.
    fn secret(&self, value: &Value, counts: &mut MaskCounts) -> Value {
        let placeholder = MaskKind::Secret.placeholder();
        let mut one = || *counts.entry(MaskKind::Secret).or_default() += 1;
        match value {
            Value::String(text) if text.is_empty() || text == placeholder => value.clone(),
            Value::String(_) => {
                one();
                Value::String(placeholder.to_owned())
            }
            Value::Number(number) if number.as_str() == "0" => value.clone(),
            Value::Number(_) => {
                one();
                Value::from(0)
            }
            Value::Array(items) => items.iter().map(|item| self.secret(item, counts)).collect(),
            Value::Null | Value::Bool(_) | Value::Object(_) => self.counted_value(value, counts),
        }
    }

    /// Texts of an array, and of the blocks in it, may be one text that was split: it is looked at as one, too.
    fn array(&self, items: &[Value], counts: &mut MaskCounts) -> Value {
        let texts: Vec<&str> = items.iter().filter_map(text_of).collect();
        let mut across = self.across(&texts).into_iter();
        let masked = items.iter().map(|item| {
            let spans = if text_of(item).is_some() { across.next().unwrap_or_default() } else { Vec::new() };
            match (item, spans.is_empty()) {
                (Value::String(text), false) => Value::String(self.with(text, spans, counts)),
                (Value::Object(fields), false) => self.block(fields, spans, counts),
                (item, _) => self.counted_value(item, counts),
            }
        });
        Value::Array(masked.collect())
    }

    fn block(&self, fields: &Map<String, Value>, spans: Vec<Span>, counts: &mut MaskCounts) -> Value {
        let mut fields = fields.clone();
        if let Some(Value::String(text)) = fields.get_mut(BLOCK_TEXT) {
            *text = self.with(text, spans, counts);
        }
        self.object(&fields, counts)
    }

    fn with(&self, text: &str, mut spans: Vec<Span>, counts: &mut MaskCounts) -> String {
        spans.extend(self.find(text));
        let text = replaced(text, &merged(spans), counts);
        self.counted(&text, counts).into_owned()
    }

    /// For each text the parts of what is found only when all are read as one.
    fn across(&self, texts: &[&str]) -> Vec<Vec<Span>> {
        let mut across = vec![Vec::new(); texts.len()];
        if texts.len() < 2 {
            return across;
        }
        let whole = texts.concat();
        let mut starts = Vec::with_capacity(texts.len());
        let mut length = 0;
        for text in texts {
            starts.push(length);
            length += text.len();
        }
        for span in self.find(&whole) {
            let first = starts.partition_point(|start| *start <= span.range.start) - 1;
            if span.range.end <= starts[first] + texts[first].len() {
                continue;
            }
            if complete(span.kind) && self.ends_with(texts[first], &span, starts[first]) {
                continue;
            }
            let parts = starts.iter().enumerate().skip(first).take_while(|(_, start)| **start < span.range.end);
            for (index, start) in parts {
                let range = span.range.start.saturating_sub(*start)..(span.range.end - start).min(texts[index].len());
                across[index].push(Span { range, kind: span.kind });
            }
        }
        across
    }

    /// Whether the part in this text is one by itself, so that what follows is something else.
    fn ends_with(&self, text: &str, span: &Span, start: usize) -> bool {
        let own = self.find(text);
        own.last().is_some_and(|last| {
            last.range.end == text.len() && last.range.start + start <= span.range.start && last.kind == span.kind
        })
    }
}

/// Kinds that are whole once they are found; keys and secrets may go on in the next block.
fn complete(kind: MaskKind) -> bool {
    match kind {
        MaskKind::Secret | MaskKind::Key => false,
        MaskKind::Card | MaskKind::Iban | MaskKind::Ssn | MaskKind::Email | MaskKind::Phone => true,
    }
}

fn text_of(item: &Value) -> Option<&str> {
    item.as_str().or_else(|| item.get(BLOCK_TEXT)?.as_str())
}

/// The key, with a number behind it where it is taken already.
fn unused(fields: &Map<String, Value>, key: &str) -> String {
    if !fields.contains_key(key) {
        return key.to_owned();
    }
    let mut number = fields.len();
    loop {
        let numbered = format!("{key} {number}");
        if !fields.contains_key(&numbered) {
            return numbered;
        }
        number += 1;
    }
}
