//! Field names of arguments, changed back to what the server calls them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use super::{AZURE_DEVOPS, Collisions, Normalized, name, renamed};
use crate::types::Normalization;

/// `arguments` with the names that the server's results are given changed back, recursively. A name that the tool's input
/// `schema` declares stays; one that stands for exactly one declared name becomes that; prefixes are put back. What cannot
/// be told stays as it is written.
pub fn restored(strategy: &Normalization, schema: &Value, arguments: &Value) -> Normalized {
    let mut declared = BTreeSet::new();
    collect(schema, &mut declared);
    let mut collisions = Collisions::default();
    let value = renamed(arguments, &|key| original(strategy, &declared, key), &mut collisions);
    Normalized { value, collisions: collisions.into_lines() }
}

/// What the server calls the field that is called `key` here.
fn original<'a>(strategy: &Normalization, declared: &BTreeSet<&str>, key: &'a str) -> Cow<'a, str> {
    if declared.contains(key) {
        return Cow::Borrowed(key);
    }
    let mut meant = declared.iter().filter(|wire| name(strategy, wire) == key);
    match (meant.next(), meant.next()) {
        (Some(wire), None) => Cow::Owned((*wire).to_owned()),
        (Some(_), Some(_)) => Cow::Borrowed(key),
        (None, _) => match strategy {
            Normalization::AdoPascalCase => unprefixed(key, AZURE_DEVOPS),
            Normalization::Prefixes(map) => unprefixed(key, map.pairs()),
            Normalization::None | Normalization::SnakeCase | Normalization::CamelCase => Cow::Borrowed(key),
        },
    }
}

/// The one prefix that the name's may stand for, in its place. Several that fit cannot be told apart.
fn unprefixed<'a, 'b>(key: &'a str, pairs: impl IntoIterator<Item = (&'b str, &'b str)>) -> Cow<'a, str> {
    let mut fitting = pairs.into_iter().filter_map(|(from, to)| Some(format!("{from}{}", key.strip_prefix(to)?)));
    match (fitting.next(), fitting.next()) {
        (Some(original), None) => Cow::Owned(original),
        (Some(_), Some(_)) | (None, _) => Cow::Borrowed(key),
    }
}

/// All names of properties anywhere in a schema.
fn collect<'a>(schema: &'a Value, declared: &mut BTreeSet<&'a str>) {
    match schema {
        Value::Object(entries) => {
            if let Some(Value::Object(properties)) = entries.get("properties") {
                declared.extend(properties.keys().map(String::as_str));
            }
            entries.values().for_each(|inner| collect(inner, declared));
        }
        Value::Array(items) => items.iter().for_each(|inner| collect(inner, declared)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
