//! The rules of a schema beside its type, each in a few words.

use serde_json::{Map, Value};

use crate::codegen::literal::{json, quote};

/// Keywords that judge and have no form of their own: they stand as they were sent.
const AS_SENT: &[&str] = &[
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "contains",
    "minContains",
    "maxContains",
    "propertyNames",
    "unevaluatedItems",
    "$dynamicRef",
    "$recursiveRef",
];

/// The rules of `schema`, in a fixed order.
pub(super) fn rules(schema: &Map<String, Value>) -> Vec<String> {
    let mut rules = Vec::new();
    rules.extend(bounds(schema));
    rules.extend(schema.get("multipleOf").map(|factor| format!("multiple of {factor}")));
    for (least, most, word) in
        [("minLength", "maxLength", "length "), ("minItems", "maxItems", "items "), ("minProperties", "maxProperties", "keys ")]
    {
        rules.extend(span(schema.get(least), schema.get(most)).map(|span| format!("{word}{span}")));
    }
    if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
        rules.push("unique".to_owned());
    }
    for word in ["pattern", "format", "contentEncoding", "contentMediaType"] {
        rules.extend(schema.get(word).and_then(Value::as_str).map(|text| format!("{word} {}", quote(text))));
    }
    if schema.get("deprecated") == Some(&Value::Bool(true)) {
        rules.push("deprecated".to_owned());
    }
    rules.extend(AS_SENT.iter().filter_map(|word| Some(format!("{word} {}", json(schema.get(*word)?)))));
    rules
}

/// Limits of a number. Draft 4 says with a flag that a limit itself is excluded.
fn bounds(schema: &Map<String, Value>) -> Vec<String> {
    let flagged = |word: &str| schema.get(word) == Some(&Value::Bool(true));
    let number = |word: &str| schema.get(word).filter(|value| value.is_number());
    let excluded =
        |limit: &str, exclusive: &str| number(exclusive).or_else(|| number(limit).filter(|_| flagged(exclusive))).cloned();
    let included = |limit: &str, exclusive: &str| number(limit).filter(|_| !flagged(exclusive));
    let mut bounds: Vec<String> =
        span(included("minimum", "exclusiveMinimum"), included("maximum", "exclusiveMaximum")).into_iter().collect();
    bounds.extend(excluded("minimum", "exclusiveMinimum").map(|limit| format!("> {limit}")));
    bounds.extend(excluded("maximum", "exclusiveMaximum").map(|limit| format!("< {limit}")));
    bounds
}

/// `1..9`, `1..`, `..9`.
fn span(least: Option<&Value>, most: Option<&Value>) -> Option<String> {
    let shown = |value: Option<&Value>| value.map(Value::to_string).unwrap_or_default();
    (least.is_some() || most.is_some()).then(|| format!("{}..{}", shown(least), shown(most)))
}
