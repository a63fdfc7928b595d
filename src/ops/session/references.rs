//! References in a transcript to the results of earlier steps: `${steps.list.result.entries.0.path}`.
//!
//! What a reference stands for is data: nothing in a result is read as a reference again.

use std::borrow::Cow;

use serde_json::Value;

use super::expect::Expectation;
use super::transcript::Step;
use crate::types::json_bytes;
use crate::types::limits::{TRANSCRIPT_KEPT_BYTES, TRANSCRIPT_RESOLVED_BYTES};

/// How a reference begins; with another `$` before it, it is a text.
const START: &str = "${steps.";

/// The results of the steps so far, as later ones may refer to them.
#[derive(Debug, Default)]
pub(super) struct Results {
    steps: Vec<(Option<String>, Result<Value, String>)>,
    bytes: u64,
}

impl Results {
    /// Adds what a step came to, or why it has no result. A result that is too much to be kept has none for later steps.
    pub(super) fn add(&mut self, name: Option<&String>, result: Result<&Value, String>) {
        let kept = result.and_then(|value| {
            let bytes = self.bytes.saturating_add(json_bytes(value));
            if bytes > TRANSCRIPT_KEPT_BYTES {
                return Err(format!("has a result that was not kept: all take more than {TRANSCRIPT_KEPT_BYTES} bytes"));
            }
            self.bytes = bytes;
            Ok(value.clone())
        });
        self.steps.push((name.cloned(), kept));
    }

    /// `value` with every reference replaced. A text that is one reference becomes the value itself, of whatever type;
    /// within a text a reference becomes the text, or the JSON of what is none. The error names the step and the path.
    pub(super) fn resolve(&self, value: &Value) -> Result<Value, String> {
        let mut left = TRANSCRIPT_RESOLVED_BYTES;
        self.resolved(value, &mut left)
    }

    /// An expectation with the references in what is wanted replaced.
    pub(super) fn expected(&self, expectation: &Expectation) -> Result<Expectation, String> {
        let mut expectation = expectation.clone();
        for wanted in wanted(&mut expectation) {
            *wanted = self.resolve(wanted)?;
        }
        Ok(expectation)
    }

    fn resolved(&self, value: &Value, left: &mut u64) -> Result<Value, String> {
        Ok(match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
            Value::String(text) => self.text(text, left)?,
            Value::Array(items) => items.iter().map(|item| self.resolved(item, left)).collect::<Result<_, _>>()?,
            Value::Object(fields) => {
                let fields = fields.iter().map(|(key, value)| Ok((key.clone(), self.resolved(value, left)?)));
                Value::Object(fields.collect::<Result<_, String>>()?)
            }
        })
    }

    fn text(&self, text: &str, left: &mut u64) -> Result<Value, String> {
        let pieces = pieces(text)?;
        if let [Piece::Reference(reference)] = pieces.as_slice() {
            return self.find(reference, left).cloned();
        }
        let mut whole = String::with_capacity(text.len());
        for piece in &pieces {
            match piece {
                Piece::Text(text) => whole.push_str(text),
                Piece::Reference(reference) => {
                    let value = self.find(reference, left)?;
                    whole.push_str(&value.as_str().map_or_else(|| value.to_string().into(), Cow::Borrowed));
                }
            }
        }
        Ok(Value::String(whole))
    }

    fn find(&self, reference: &Reference<'_>, left: &mut u64) -> Result<&Value, String> {
        let Reference { whole, step, path } = reference;
        let place = place(self.steps.iter().map(|(name, _)| name.as_deref()), step).map_err(|why| format!("{whole}: {why}"))?;
        let result = self.steps.get(place).map(|(_, result)| result);
        let mut value = match result {
            Some(Ok(value)) => value,
            Some(Err(why)) => return Err(format!("{whole}: step {step} {why}")),
            None => return Err(format!("{whole}: there is no step {step} before this one")),
        };
        for (depth, key) in path.iter().enumerate() {
            let inner = match value {
                Value::Object(fields) => fields.get(*key),
                Value::Array(items) => key.parse::<usize>().ok().and_then(|index| items.get(index)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
            };
            value = inner.ok_or_else(|| format!("{whole}: the result of step {step} has no {}", path[..=depth].join(".")))?;
        }
        let bytes = json_bytes(value);
        *left = left.checked_sub(bytes).ok_or_else(|| format!("{whole}: more than {TRANSCRIPT_RESOLVED_BYTES} bytes"))?;
        Ok(value)
    }
}

/// Whether every reference of `step` is one, and means exactly one call among the steps `before` it.
pub(super) fn check(step: &Step, before: &[Step]) -> Result<(), String> {
    let mut texts = Vec::new();
    step.arguments.iter().for_each(|arguments| each_text(arguments, &mut texts));
    let mut expectation = step.expect.clone().unwrap_or_default();
    let wanted: Vec<Value> = wanted(&mut expectation).map(|wanted| wanted.clone()).collect();
    wanted.iter().for_each(|wanted| each_text(wanted, &mut texts));
    for text in texts {
        for piece in pieces(text)? {
            if let Piece::Reference(Reference { whole, step, .. }) = piece {
                let place =
                    place(before.iter().map(|step| step.name.as_deref()), step).map_err(|why| format!("{whole}: {why}"))?;
                if before.get(place).is_none_or(|step| step.tool.is_none()) {
                    return Err(format!("{whole}: step {step} calls no tool before this one"));
                }
            }
        }
    }
    Ok(())
}

/// The place of the step called `wanted`, or with that number, counted from 1.
fn place<'a>(names: impl Iterator<Item = Option<&'a str>>, wanted: &str) -> Result<usize, String> {
    let mut called = names.enumerate().filter(|(_, name)| *name == Some(wanted)).map(|(place, _)| place);
    match (called.next(), called.next()) {
        (Some(place), None) => Ok(place),
        (Some(_), Some(_)) => Err(format!("two steps are called {wanted}")),
        (None, _) => match wanted.parse::<usize>() {
            Ok(number) if number > 0 => Ok(number - 1),
            Ok(_) | Err(_) => Err(format!("no step before this one is called {wanted}")),
        },
    }
}

fn wanted(expectation: &mut Expectation) -> impl Iterator<Item = &mut Value> {
    expectation.result.iter_mut().flat_map(|demand| demand.equals.iter_mut().chain(demand.contains.iter_mut()))
}

fn each_text<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| each_text(item, texts)),
        Value::Object(fields) => fields.values().for_each(|value| each_text(value, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[derive(Debug)]
struct Reference<'a> {
    /// As it is written.
    whole: &'a str,
    /// Name or number of the step.
    step: &'a str,
    /// Keys and indices.
    path: Vec<&'a str>,
}

#[derive(Debug)]
enum Piece<'a> {
    Text(&'a str),
    Reference(Reference<'a>),
}

/// A text cut at its references.
fn pieces(text: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(START) {
        let (before, from) = rest.split_at(start);
        if let Some(before) = before.strip_suffix('$') {
            // `$${steps.` is the text `${steps.`.
            pieces.extend([Piece::Text(before), Piece::Text(START)]);
            rest = &from[START.len()..];
            continue;
        }
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        let end = from.find('}').ok_or_else(|| format!("{START}: its closing brace is missing"))?;
        let (whole, after) = from.split_at(end + 1);
        pieces.push(Piece::Reference(reference(whole)?));
        rest = after;
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}

fn reference(whole: &str) -> Result<Reference<'_>, String> {
    let mut parts = whole.strip_prefix(START).and_then(|rest| rest.strip_suffix('}')).unwrap_or_default().split('.');
    match (parts.next(), parts.next()) {
        (Some(step), Some("result")) if !step.is_empty() => Ok(Reference { whole, step, path: parts.collect() }),
        _ => Err(format!("{whole} is no reference: write ${{steps.NAME.result}} or ${{steps.NAME.result.KEY.0}}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn results() -> Results {
        let mut results = Results::default();
        results
            .add(Some(&"list".to_owned()), Ok(&json!({"entries": [{"path": "a.txt", "size": 3}], "left": "${steps.1.result}"})));
        results.add(None, Err("has no result: its decision is denied_policy".to_owned()));
        results.add(Some(&"twice".to_owned()), Ok(&json!("x")));
        results.add(Some(&"twice".to_owned()), Ok(&json!("y")));
        results
    }

    #[test]
    fn references_become_what_they_stand_for() {
        for (text, expected) in [
            (json!("${steps.list.result.entries.0.size}"), json!(3)),
            (json!("${steps.1.result.entries.0}"), json!({"path": "a.txt", "size": 3})),
            (
                json!({"a": ["read ${steps.list.result.entries.0.path}, ${steps.1.result.entries}!"]}),
                json!({"a": ["read a.txt, [{\"path\":\"a.txt\",\"size\":3}]!"]}),
            ),
            (json!("${steps.list.result.left}"), json!("${steps.1.result}")),
            (json!("$${steps.list.result} costs $5, ${HOME}"), json!("${steps.list.result} costs $5, ${HOME}")),
            (json!({"${steps.1.result}": null}), json!({"${steps.1.result}": null})),
            (json!(""), json!("")),
        ] {
            assert_eq!(results().resolve(&text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_resolved_names_step_and_path() {
        for (text, expected) in [
            (
                "${steps.list.result.entries.7.path}",
                "${steps.list.result.entries.7.path}: the result of step list has no entries.7",
            ),
            ("${steps.list.result.left.0}", "${steps.list.result.left.0}: the result of step list has no left.0"),
            ("${steps.2.result}", "${steps.2.result}: step 2 has no result: its decision is denied_policy"),
            ("${steps.5.result}", "${steps.5.result}: there is no step 5 before this one"),
            ("${steps.twice.result}", "${steps.twice.result}: two steps are called twice"),
            ("${steps.lost.result}", "${steps.lost.result}: no step before this one is called lost"),
            ("${steps.list}", "${steps.list} is no reference: write ${steps.NAME.result} or ${steps.NAME.result.KEY.0}"),
            ("a ${steps.list.result", "${steps.: its closing brace is missing"),
        ] {
            assert_eq!(results().resolve(&json!(text)), Err(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_would_grow_without_bound_is_refused() {
        let mut results = Results::default();
        let large = json!("x".repeat(usize::try_from(TRANSCRIPT_RESOLVED_BYTES / 4).unwrap()));
        results.add(None, Ok(&large));
        assert!(results.resolve(&json!(vec!["${steps.1.result}"; 3])).is_ok());
        assert_eq!(
            results.resolve(&json!(vec!["${steps.1.result}"; 4])).unwrap_err(),
            "${steps.1.result}: more than 16777216 bytes"
        );
        for _ in 0..TRANSCRIPT_KEPT_BYTES / (TRANSCRIPT_RESOLVED_BYTES / 4) {
            results.add(None, Ok(&large));
        }
        let last = results.steps.len();
        assert!(results.resolve(&json!(format!("${{steps.{last}.result}}"))).unwrap_err().contains("was not kept"));
    }
}
