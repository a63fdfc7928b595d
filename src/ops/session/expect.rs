//! What a transcript expects of a call, and whether it came so. What is said of a failure never holds what a server sent.

use regex::Regex;
use serde::Deserialize;
use serde_json::Value;

use crate::types::{Decision, Failure, LatencyClass};

/// What must hold of a call. Without `decision` or `error` it must not have been refused or failed.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// How it must end.
    #[serde(default)]
    pub decision: Option<Decision>,
    /// The class of latency that it must not exceed.
    #[serde(default)]
    pub latency: Option<LatencyClass>,
    /// A regular expression that must be found in its error.
    #[serde(default)]
    pub error: Option<String>,
    /// What must hold of its result.
    #[serde(default)]
    pub result: Vec<Demand>,
}

/// What must hold of a place in the result. All that is given must hold.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demand {
    /// JSON pointer to it; the whole result where empty.
    #[serde(default)]
    pub at: String,
    /// It is this value.
    #[serde(default, deserialize_with = "given")]
    pub equals: Option<Value>,
    /// It holds this: a text a piece, a list an item, an object these members.
    #[serde(default, deserialize_with = "given")]
    pub contains: Option<Value>,
    /// It is a text in which this regular expression is found.
    #[serde(default)]
    pub matches: Option<String>,
    /// It is of this type.
    #[serde(default, rename = "type")]
    pub kind: Option<Kind>,
    /// It is there, or is not.
    #[serde(default)]
    pub present: Option<bool>,
}

/// A type of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Number,
    /// A text.
    String,
    /// A list.
    Array,
    /// An object.
    Object,
}

impl Kind {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }
}

/// A call as an expectation looks at it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) decision: Decision,
    pub(super) latency: LatencyClass,
    pub(super) outcome: Result<&'a Value, &'a Failure>,
}

impl Expectation {
    /// Whether its expressions and pointers can be read.
    pub(super) fn check(&self) -> Result<(), String> {
        let expressions = self.error.iter().chain(self.result.iter().filter_map(|demand| demand.matches.as_ref()));
        for expression in expressions {
            Regex::new(expression).map_err(|_| format!("{expression:?} is no regular expression"))?;
        }
        match self.result.iter().find(|demand| !demand.at.is_empty() && !demand.at.starts_with('/')) {
            Some(demand) => Err(format!("{:?} is no JSON pointer: it begins with /", demand.at)),
            None => Ok(()),
        }
    }

    /// Why the call is not as expected; nothing where it is.
    pub(super) fn unmet(&self, seen: Seen<'_>) -> Vec<String> {
        let mut reasons = Vec::new();
        let error_is_fine = self.error.is_some() && seen.outcome.is_err();
        let bad = !seen.decision.is_good();
        match self.decision {
            Some(wanted) if wanted != seen.decision => {
                reasons.push(format!("the decision is {}, not {}", seen.decision.word(), wanted.word()));
            }
            None if bad && !error_is_fine => reasons.push(format!("the decision is {}, not ok", seen.decision.word())),
            Some(_) | None => {}
        }
        if let Some(slowest) = self.latency.filter(|slowest| seen.latency > *slowest) {
            reasons.push(format!("the latency is {}, not at most {}", seen.latency.word(), slowest.word()));
        }
        match (seen.outcome, &self.error) {
            (Err(failure), Some(expression)) if !found(expression, &failure.message) => {
                reasons.push(format!("the error does not match {expression:?}"));
            }
            (Ok(_), Some(_)) => reasons.push("there is no error".to_owned()),
            (Ok(_), None) | (Err(_), _) => {}
        }
        match seen.outcome {
            Ok(result) => reasons.extend(self.result.iter().flat_map(|demand| demand.unmet(result))),
            Err(_) if !self.result.is_empty() => reasons.push("there is no result".to_owned()),
            Err(_) => {}
        }
        reasons
    }
}

impl Demand {
    fn unmet(&self, result: &Value) -> Vec<String> {
        let place = if self.at.is_empty() { "the result" } else { self.at.as_str() };
        let Some(value) = result.pointer(&self.at) else {
            let wanted_absent = self.present == Some(false);
            return if wanted_absent { Vec::new() } else { vec![format!("{place} is not there")] };
        };
        let kind = Kind::of(value);
        let checks = [
            (self.present == Some(false)).then(|| format!("{place} is there")),
            self.kind.filter(|wanted| *wanted != kind).map(|wanted| format!("{place} is {}, not {}", kind.word(), wanted.word())),
            self.equals.as_ref().filter(|wanted| !equal(wanted, value)).map(|_| format!("{place} is not what it should be")),
            self.contains
                .as_ref()
                .filter(|wanted| !holds(value, wanted))
                .map(|_| format!("{place} does not contain what it should")),
            self.matches.as_ref().and_then(|expression| match value {
                Value::String(text) if found(expression, text) => None,
                Value::String(_) => Some(format!("{place} does not match {expression:?}")),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                    Some(format!("{place} is {}, not a string", kind.word()))
                }
            }),
        ];
        checks.into_iter().flatten().collect()
    }
}

/// `equals: null` expects null, and is not the same as no `equals`.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Whether two values are one to a reader: `1` and `1.0` are, the order of members does not matter.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left == right || (left.as_f64().is_some() && left.as_f64() == right.as_f64())
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len() && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| equal(value, other)))
        }
        (_, _) => left == right,
    }
}

/// Whether `wanted` is a part of `value`.
fn holds(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::String(value), Value::String(wanted)) => value.contains(wanted.as_str()),
        (Value::Array(values), Value::Array(wanted)) => {
            wanted.iter().all(|wanted| values.iter().any(|value| equal(value, wanted) || holds_members(value, wanted)))
        }
        (Value::Array(values), wanted) => values.iter().any(|value| equal(value, wanted) || holds_members(value, wanted)),
        (_, _) => equal(value, wanted) || holds_members(value, wanted),
    }
}

/// Whether both are objects, and the one has the other's members.
fn holds_members(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Object(value), Value::Object(wanted)) => wanted
            .iter()
            .all(|(key, wanted)| value.get(key).is_some_and(|value| equal(value, wanted) || holds_members(value, wanted))),
        (_, _) => false,
    }
}

/// Whether an expression, which was checked when it was read, is found in a text.
fn found(expression: &str, text: &str) -> bool {
    Regex::new(expression).is_ok_and(|expression| expression.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::FailureKind;
    use serde_json::json;

    fn unmet(expectation: &Value, outcome: Result<&Value, &Failure>, decision: Decision) -> Vec<String> {
        let expectation: Expectation = serde_json::from_value(expectation.clone()).unwrap();
        expectation.unmet(Seen { decision, latency: LatencyClass::Fast, outcome })
    }

    #[test]
    fn results_are_looked_at_where_they_are_named() {
        let result = json!({"n": 1.0, "text": "abc", "list": [{"a": 1, "b": 2}, 3], "none": null});
        for (demand, reason) in [
            (json!({"at": "/n", "equals": 1}), None),
            (json!({"at": "/n", "equals": 2}), Some("/n is not what it should be")),
            (json!({"at": "/none", "equals": null}), None),
            (json!({"at": "/text", "equals": null}), Some("/text is not what it should be")),
            (json!({"at": "/text", "contains": "bc"}), None),
            (json!({"at": "/text", "contains": "x"}), Some("/text does not contain what it should")),
            (json!({"at": "/list", "contains": {"a": 1}}), None),
            (json!({"at": "/list", "contains": [3, {"b": 2}]}), None),
            (json!({"at": "/list", "contains": 4}), Some("/list does not contain what it should")),
            (json!({"contains": {"text": "abc"}}), None),
            (json!({"at": "/text", "matches": "^a.c$"}), None),
            (json!({"at": "/n", "matches": "1"}), Some("/n is a number, not a string")),
            (json!({"at": "/list", "type": "object"}), Some("/list is an array, not an object")),
            (json!({"at": "/gone"}), Some("/gone is not there")),
            (json!({"at": "/gone", "present": false}), None),
            (json!({"present": false}), Some("the result is there")),
        ] {
            let found = unmet(&json!({"result": [demand]}), Ok(&result), Decision::Ok);
            assert_eq!(found, Vec::from_iter(reason.map(str::to_owned)), "{demand}");
        }
    }

    #[test]
    fn how_a_call_ends_can_be_expected() {
        let failure = Failure::new(FailureKind::ToolExecution, "no such file");
        let (failed, result) = (Err(&failure), json!(1));
        let none: [&str; 0] = [];
        assert_eq!(unmet(&json!({}), Ok(&result), Decision::Ok), none);
        assert_eq!(unmet(&json!({}), failed, Decision::Error), ["the decision is error, not ok"]);
        assert_eq!(unmet(&json!({"error": "no such"}), failed, Decision::Error), none);
        assert_eq!(unmet(&json!({"error": "other"}), failed, Decision::Error), ["the error does not match \"other\""]);
        assert_eq!(unmet(&json!({"error": "x"}), Ok(&result), Decision::Ok), ["there is no error"]);
        assert_eq!(unmet(&json!({"decision": "denied_policy"}), failed, Decision::DeniedPolicy), none);
        assert_eq!(unmet(&json!({"decision": "error", "result": [{}]}), failed, Decision::Error), ["there is no result"]);
        let slow = unmet(&json!({"latency": "instant"}), Ok(&result), Decision::Ok);
        assert_eq!(slow, ["the latency is fast, not at most instant"]);
    }
}
