//! Personal data and secrets made unreadable where records are made. See docs/privacy.md.
//!
//! Responsible for finding and replacing them in text and JSON, also behind base64, hexadecimal, percent, backslash and
//! entity encoding. Not responsible for terminal controls (`neutralise`) nor for what is recorded.

mod accounts;
mod encoded;
mod json;
mod known;
mod numbers;
mod record;
mod rules;
mod tokens;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use self::encoded::Decoded;
pub use self::encoded::decoded_texts;
use self::known::Known;
pub use self::known::Secret;
pub use self::rules::MASKING_RULES_DATE;
use super::limits::{MASKED_DECODED, MASKED_LAYERS, MASKED_PASSES};

/// What was masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaskKind {
    /// A value of a server's environment or headers, or one whose name says that it is secret.
    Secret,
    /// A key or token of a known form.
    Key,
    /// A payment card number.
    Card,
    /// An international bank account number.
    Iban,
    /// A United States social security number.
    Ssn,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
}

const PLACEHOLDERS: [&str; 7] =
    ["[masked secret]", "[masked key]", "[masked card]", "[masked iban]", "[masked ssn]", "[masked email]", "[masked phone]"];

impl MaskKind {
    /// What stands in the place of what was masked.
    pub fn placeholder(self) -> &'static str {
        PLACEHOLDERS[self as usize]
    }

    /// The word for it, as in signals, journals and reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Key => "key",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::Ssn => "ssn",
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }
}

/// How many pieces of each kind were masked.
pub type MaskCounts = BTreeMap<MaskKind, u64>;

/// Where something was found, in bytes of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The bytes, on character boundaries.
    pub range: Range<usize>,
    /// What it is.
    pub kind: MaskKind,
}

/// Finds and masks. Share it in an `Arc`; its work is linear in the length of the text.
#[derive(Debug, Default)]
pub struct Masker {
    known: Known,
    reach: Reach,
}

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Reach {
    /// Everything that has no place in a record.
    #[default]
    Record,
    /// Secrets that are known word for word.
    Known,
}

impl Masker {
    /// A masker that knows these secrets beside the general rules.
    pub fn new(secrets: impl IntoIterator<Item = Secret>) -> Self {
        Self { known: Known::new(secrets), reach: Reach::Record }
    }

    /// A masker of the same secrets and of nothing else: for screens, which show people their own data.
    #[must_use]
    pub fn of_known_secrets(&self) -> Self {
        Self { known: self.known.clone(), reach: Reach::Known }
    }

    /// What is in a text, in order, without overlaps.
    pub fn find(&self, text: &str) -> Vec<Span> {
        if self.reach == Reach::Known && self.known.is_empty() {
            return Vec::new();
        }
        let mut budget = text.len().saturating_mul(MASKED_DECODED).saturating_add(4_096);
        let mut spans = merged(self.in_bytes(text.as_bytes(), 0, &mut budget));
        for span in &mut spans {
            span.range = text.floor_char_boundary(span.range.start)..text.ceil_char_boundary(span.range.end);
        }
        spans
    }

    /// The text with everything found replaced by `[masked <kind>]`. Masking again changes nothing.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.counted(text, &mut MaskCounts::new())
    }

    /// As [`Masker::text`], and counts what was masked.
    fn counted<'a>(&self, text: &'a str, counts: &mut MaskCounts) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for _ in 0..MASKED_PASSES {
            let spans = self.find(&text);
            if spans.is_empty() {
                return text;
            }
            text = Cow::Owned(replaced(&text, &spans, counts));
        }
        if self.find(&text).is_empty() {
            return text;
        }
        *counts.entry(MaskKind::Secret).or_default() += 1;
        Cow::Borrowed(MaskKind::Secret.placeholder())
    }

    /// What is in these bytes, which are `layer` encodings deep. `budget` is what may still be decoded.
    fn in_bytes(&self, bytes: &[u8], layer: usize, budget: &mut usize) -> Vec<Span> {
        let mut spans = Vec::new();
        let mut found = |range, kind| spans.push(Span { range, kind });
        self.known.find(bytes, |range| found(range, MaskKind::Secret));
        if self.reach == Reach::Record {
            tokens::find(bytes, &mut found);
            numbers::find(bytes, &mut found);
            accounts::emails(bytes, |range| found(range, MaskKind::Email));
            accounts::ibans(bytes, |range| found(range, MaskKind::Iban));
        }
        if layer < MASKED_LAYERS {
            if let Some(decoded) = encoded::unescaped(bytes) {
                self.in_decoded(&decoded, layer, budget, &mut spans);
            }
            self.in_decoded(&encoded::runs(bytes), layer, budget, &mut spans);
        }
        spans
    }

    fn in_decoded(&self, decoded: &Decoded, layer: usize, budget: &mut usize, spans: &mut Vec<Span>) {
        let length = decoded.bytes.len();
        if length == 0 {
            return;
        }
        let Some(left) = budget.checked_sub(length) else {
            spans.push(Span { range: decoded.source(&(0..length)), kind: MaskKind::Secret });
            return;
        };
        *budget = left;
        let inner = self.in_bytes(&decoded.bytes, layer + 1, budget);
        spans.extend(inner.into_iter().map(|span| Span { range: decoded.source(&span.range), kind: span.kind }));
    }
}

/// In order, with those that overlap or touch made one; the kind that tells most wins.
fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| (span.range.start, span.range.end));
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans.into_iter().filter(|span| !span.range.is_empty()) {
        match merged.last_mut() {
            Some(last) if span.range.start < last.range.end || span.range.start == last.range.end && span.kind == last.kind => {
                last.range.end = last.range.end.max(span.range.end);
                last.kind = last.kind.min(span.kind);
            }
            Some(_) | None => merged.push(span),
        }
    }
    merged
}

fn replaced(text: &str, spans: &[Span], counts: &mut MaskCounts) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    for Span { range, kind } in spans {
        masked.push_str(&text[at.min(range.start)..range.start]);
        masked.push_str(kind.placeholder());
        *counts.entry(*kind).or_default() += 1;
        at = range.end;
    }
    masked.push_str(&text[at..]);
    masked
}
