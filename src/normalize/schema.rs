//! Schemas of results whose field names are changed.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Collisions, name, names};
use crate::types::Normalization;

/// Keywords whose value is data, not a schema.
const DATA: [&str; 4] = ["const", "default", "enum", "examples"];

/// The schema of what `strategy` makes of the values that pass `schema`: the same with its properties renamed.
pub fn schema(strategy: &Normalization, schema: &Value) -> Value {
    match schema {
        Value::Object(entries) => {
            Value::Object(entries.iter().map(|(word, value)| (word.clone(), keyword(strategy, word, value))).collect())
        }
        Value::Array(items) => items.iter().map(|item| self::schema(strategy, item)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
    }
}

fn keyword(strategy: &Normalization, word: &str, value: &Value) -> Value {
    match (word, value) {
        ("properties", Value::Object(properties)) => Value::Object(renamed(strategy, properties)),
        ("required", Value::Array(keys)) => keys.iter().map(|key| required(strategy, key)).collect(),
        (word, value) if DATA.contains(&word) => value.clone(),
        (_, value) => schema(strategy, value),
    }
}

fn renamed(strategy: &Normalization, properties: &Map<String, Value>) -> Map<String, Value> {
    let rename = |key| name(strategy, key);
    let names = names(properties, &rename, &mut Collisions::default());
    names.into_iter().zip(properties.values().map(|property| schema(strategy, property))).collect()
}

fn required(strategy: &Normalization, key: &Value) -> Value {
    key.as_str().map_or_else(|| key.clone(), |key| Value::from(Cow::into_owned(name(strategy, key))))
}
