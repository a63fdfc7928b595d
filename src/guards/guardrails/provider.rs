//! What a provider gets and what it answers.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt::Debug;

use serde_json::Value;

use super::hidden;
use super::phrases::Found;
use crate::types::limits::GUARDED_TEXT_BYTES;
use crate::types::{Masker, Payload, RecordLevel, Stage};

/// A text to be judged.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Where in the session it appears.
    pub stage: Stage,
    /// What it is, as people name it: `git__log`, `the policy`, `script.py`.
    pub name: &'a str,
    /// The value itself.
    pub value: &'a Value,
    /// What a record keeps of it: its masked pieces are counted there already.
    pub payload: &'a Payload,
    /// Bytes of its compact JSON.
    pub bytes: u64,
    /// Masks what an external provider is shown.
    pub masker: &'a Masker,
    /// The model that reads or wrote it, empty where none is named; part of every fingerprint.
    pub model: &'a str,
}

impl Subject<'_> {
    /// The beginning of its masked compact JSON.
    pub(super) fn masked_text(&self) -> String {
        self.masker.payload(self.value, RecordLevel::Full).text.unwrap_or_default()
    }
}

/// One score of a provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What was measured.
    pub metric: Cow<'static, str>,
    /// From 0 (nothing) to 1 (certain).
    pub score: f64,
    /// What was found and how often.
    pub spans: BTreeMap<Cow<'static, str>, u64>,
}

impl Finding {
    /// A score without spans.
    pub fn new(metric: &'static str, score: f64) -> Self {
        Self { metric: metric.into(), score, spans: BTreeMap::new() }
    }

    /// Adds what was found.
    #[must_use]
    pub fn with(mut self, kind: &'static str, count: u64) -> Self {
        self.spans.insert(kind.into(), count);
        self
    }
}

/// Looks at texts. Must be deterministic: equal subjects have equal findings.
pub trait Provider: Debug + Send + Sync {
    /// Its name in signals and configuration.
    fn name(&self) -> &'static str;

    /// The date of its rules, where it has any.
    fn rules_date(&self) -> &'static str;

    /// What it finds. `text` is everything readable in the subject.
    fn assess(&self, subject: &Subject<'_>, text: &Text) -> Vec<Finding>;
}

/// The readable text of a value: keys and texts, one a line, up to [`GUARDED_TEXT_BYTES`].
#[derive(Debug)]
pub struct Text {
    /// Lower case, spaces joined, hidden characters removed, and what tag characters spell written out.
    pub folded: String,
    /// The hidden characters.
    pub hidden: hidden::Hidden,
    /// Whether there was more than was read.
    pub cut: bool,
    /// Looked for once, by whoever asks first.
    phrases: OnceCell<Found>,
}

impl Text {
    /// Reads a value.
    pub fn of(value: &Value) -> Self {
        let mut text = Self { folded: String::new(), hidden: hidden::Hidden::default(), cut: false, phrases: OnceCell::new() };
        text.read(value);
        text
    }

    /// The phrases of all tables that it has.
    pub(super) fn phrases(&self) -> &Found {
        self.phrases.get_or_init(|| Found::of(&self.folded))
    }

    fn read(&mut self, value: &Value) {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            Value::String(text) => self.add(text),
            Value::Array(items) => items.iter().for_each(|item| self.read(item)),
            Value::Object(fields) => {
                for (key, value) in fields {
                    self.add(key);
                    self.read(value);
                }
            }
        }
    }

    fn add(&mut self, text: &str) {
        let end = text.floor_char_boundary(GUARDED_TEXT_BYTES.saturating_sub(self.folded.len()));
        self.cut |= end < text.len();
        let text = &text[..end];
        if text.is_ascii() {
            self.fold(text);
        } else {
            self.hidden.count(text);
            self.fold(&text.chars().filter_map(hidden::readable).collect::<String>());
        }
        self.folded.push('\n');
    }

    fn fold(&mut self, text: &str) {
        for (ordinal, word) in text.split_whitespace().enumerate() {
            if ordinal > 0 {
                self.folded.push(' ');
            }
            let start = self.folded.len();
            if word.is_ascii() {
                self.folded.push_str(word);
                self.folded[start..].make_ascii_lowercase();
            } else {
                self.folded.extend(word.chars().flat_map(char::to_lowercase));
            }
        }
    }
}
