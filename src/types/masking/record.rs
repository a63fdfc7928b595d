//! What a record keeps of a value: shape, hash, preview, and at higher levels the text.

use std::fmt::Write as _;

use serde_json::Value;

use super::{MaskCounts, Masker};
use crate::types::limits::{MASKED_BYTES, MASKED_HEAD_BYTES, PREVIEW_CHARS, RECORDED_BYTES, SHAPE_CHARS, SHAPE_DEPTH};
use crate::types::{Payload, RecordLevel, json_bytes, neutralise_line, text_hash};

/// Bytes of a number; with `arbitrary_precision` one may have as many digits as its sender likes.
const NUMBER_BYTES: usize = 32;

impl Masker {
    /// What a record keeps of a value at this level. Masking comes before every cut.
    pub fn payload(&self, value: &Value, level: RecordLevel) -> Payload {
        self.payload_of(value, json_bytes(value), level)
    }

    /// The same of a value whose compact JSON is known to have `bytes` bytes.
    pub fn payload_of(&self, value: &Value, bytes: u64, level: RecordLevel) -> Payload {
        let mut masked = MaskCounts::new();
        let whole = bytes <= MASKED_BYTES;
        let text = if whole {
            self.counted_value(value, &mut masked).to_string()
        } else {
            let mut left = RECORDED_BYTES;
            let head = self.head(value, &mut left);
            self.counted_value(&head, &mut masked).to_string()
        };
        let recorded = match level {
            RecordLevel::Default => None,
            RecordLevel::Full => Some(cut(&text, RECORDED_BYTES)),
            RecordLevel::Raw => Some(cut(&value.to_string(), RECORDED_BYTES)),
        };
        Payload {
            shape: self.shape(value),
            sha256: whole.then(|| text_hash(&text)),
            preview: preview(&text),
            masked,
            level,
            text: recorded,
        }
    }

    /// The beginning of a value: enough texts to fill a record, the last one cut and masked before the cut.
    fn head(&self, value: &Value, left: &mut usize) -> Value {
        *left = left.saturating_sub(8);
        match value {
            Value::Number(number) if number.as_str().len() > NUMBER_BYTES => self.head(&Value::from(number.as_str()), left),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
            Value::String(text) => Value::String(self.text_head(text, left)),
            Value::Array(items) => {
                let mut head = Vec::new();
                for item in items {
                    if *left == 0 {
                        break;
                    }
                    head.push(self.head(item, left));
                }
                Value::Array(head)
            }
            Value::Object(fields) => {
                let mut head = serde_json::Map::new();
                for (key, field) in fields {
                    if *left == 0 {
                        break;
                    }
                    let key = self.text_head(key, left);
                    head.insert(key, self.head(field, left));
                }
                Value::Object(head)
            }
        }
    }

    /// A text, or its masked beginning. Of the part looked at the end is dropped: a secret may begin there.
    fn text_head(&self, text: &str, left: &mut usize) -> String {
        let margin = self.known.longest + MASKED_HEAD_BYTES;
        if text.len() <= *left {
            *left -= text.len();
            return text.to_owned();
        }
        let kept = text.floor_char_boundary((*left).min(MASKED_HEAD_BYTES));
        *left = 0;
        let looked_at = &text[..text.floor_char_boundary(kept + margin)];
        let spans = self.find(looked_at);
        let kept = spans.iter().find(|span| span.range.contains(&kept)).map_or(kept, |span| span.range.end);
        let within: Vec<_> = spans.into_iter().filter(|span| span.range.end <= kept).collect();
        let masked = super::replaced(&looked_at[..kept], &within, &mut MaskCounts::new());
        format!("{masked}…")
    }

    /// Keys and types of a value, without its values.
    fn shape(&self, value: &Value) -> String {
        let mut shape = String::new();
        self.describe(value, SHAPE_DEPTH, &mut shape);
        match shape.char_indices().nth(SHAPE_CHARS) {
            Some((end, _)) => format!("{}…", &shape[..end]),
            None => shape,
        }
    }

    fn describe(&self, value: &Value, depth: usize, shape: &mut String) {
        // Longer than will be shown, in bytes of the longest characters.
        if shape.len() > SHAPE_CHARS * 4 {
            return;
        }
        match value {
            Value::Object(fields) if depth > 0 => {
                shape.push('{');
                for (index, (key, field)) in fields.iter().enumerate() {
                    if shape.len() > SHAPE_CHARS * 4 {
                        break;
                    }
                    shape.push_str(if index == 0 { "" } else { ", " });
                    shape.push_str(&self.key(key));
                    shape.push_str(": ");
                    self.describe(field, depth - 1, shape);
                }
                shape.push('}');
            }
            Value::Array(items) if depth > 0 && !items.is_empty() => {
                shape.push('[');
                let alike = items.iter().all(|item| kind(item) == kind(&items[0]));
                if alike {
                    self.describe(&items[0], depth - 1, shape);
                } else {
                    shape.push_str("mixed");
                }
                let _ = write!(shape, " x {}]", items.len());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                shape.push_str(kind(value));
            }
        }
    }

    /// A key as shown in a shape. A very long one is no name.
    fn key(&self, key: &str) -> String {
        if key.len() > SHAPE_CHARS { "…".to_owned() } else { neutralise_line(&self.text(key)).into_owned() }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn preview(text: &str) -> String {
    let head = text.char_indices().nth(PREVIEW_CHARS).map_or(text, |(end, _)| &text[..end]);
    let more = if head.len() < text.len() { "…" } else { "" };
    format!("{}{more}", neutralise_line(head))
}

fn cut(text: &str, bytes: usize) -> String {
    let end = text.floor_char_boundary(bytes);
    if end < text.len() { format!("{}…", &text[..end]) } else { text.to_owned() }
}
