//! Providers outside of this program: what they are asked, and what counts as an answer.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::provider::{Finding, Subject};
use crate::types::limits::{GUARDED_TEXT_BYTES, NOTE_BYTES, PROVIDER_SIGNALS, PROVIDER_WORD_CHARS};
use crate::types::{ExternalProvider, ExternalReach, neutralise_line};

/// A question to an external provider, to be carried out by whoever may start programs and call tools.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Its configured name.
    pub provider: String,
    /// How it is reached.
    pub reach: ExternalReach,
    /// Longest time for the answer.
    pub timeout: Duration,
    /// `{"version": 1, "provider", "stage", "subject", "model", "masked", "text"}`: to be written to the program's standard
    /// input as one line, or sent as the tool's arguments.
    pub question: Value,
}

impl Request {
    pub(super) fn new(name: &str, external: &ExternalProvider, subject: &Subject<'_>) -> Self {
        let text = if external.sees_raw {
            let text = subject.value.to_string();
            text[..text.floor_char_boundary(GUARDED_TEXT_BYTES)].to_owned()
        } else {
            subject.masked_text()
        };
        let question = json!({"version": 1, "provider": name, "stage": subject.stage.word(), "subject": subject.name,
            "model": subject.model, "masked": !external.sees_raw, "text": text});
        Self { provider: name.to_owned(), reach: external.reach.clone(), timeout: external.timeout, question }
    }
}

/// Reads `{"signals": [{"metric": "x", "score": 0.4, "spans": {"kind": 2}}]}`. Anything else is an error, which says why:
/// a guardrail whose answer is not understood has not judged.
pub fn parse_answer(answer: &Value) -> Result<Vec<Finding>, String> {
    let signals = answer.get("signals").and_then(Value::as_array).ok_or("its answer has no list \"signals\"")?;
    if signals.len() > PROVIDER_SIGNALS {
        return Err(format!("its answer has {} signals, more than {PROVIDER_SIGNALS}", signals.len()));
    }
    signals.iter().map(finding).collect()
}

fn finding(signal: &Value) -> Result<Finding, String> {
    let metric = signal.get("metric").and_then(Value::as_str).ok_or("a signal has no \"metric\"")?;
    let score = signal.get("score").and_then(Value::as_f64).ok_or("a signal has no number \"score\"")?;
    if !(0.0..=1.0).contains(&score) {
        return Err("a \"score\" is not between 0 and 1".to_owned());
    }
    let mut spans = BTreeMap::new();
    match signal.get("spans") {
        None | Some(Value::Null) => {}
        Some(Value::Object(fields)) if fields.len() <= PROVIDER_SIGNALS => {
            for (kind, count) in fields {
                let count = count.as_u64().ok_or("\"spans\" must hold whole numbers")?;
                spans.insert(word(kind)?.into(), count);
            }
        }
        Some(_) => return Err("\"spans\" is not an object of counts".to_owned()),
    }
    Ok(Finding { metric: word(metric)?.into(), score, spans })
}

/// Words only: a provider that could write text here could put the judged text into the record.
fn word(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    if text.is_empty() || text.len() > PROVIDER_WORD_CHARS || !text.chars().all(plain) {
        return Err("a metric or kind is not a short word of a-z, 0-9, _ and -".to_owned());
    }
    Ok(text.to_owned())
}

/// Why a provider failed, bounded and harmless.
pub(super) fn one_line(why: &str) -> String {
    neutralise_line(&why[..why.floor_char_boundary(NOTE_BYTES)]).into_owned()
}
