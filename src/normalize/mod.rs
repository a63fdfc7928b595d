//! Field-name strategies: for results, for the schemas that describe them, and back for arguments. Pure: names change, values,
//! order and count of fields never do.
//!
//! Only ASCII letters change case, so that a second pass finds nothing left to do.

mod restore;
mod schema;
mod words;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Map, Value};

pub use restore::restored;
pub use schema::schema;

use crate::types::Normalization;
use crate::types::limits::NORMALIZE_COLLISIONS_TOLD;

/// Prefixes of Azure DevOps field reference names.
const AZURE_DEVOPS: [(&str, &str); 4] =
    [("system.", "System."), ("microsoft.", "Microsoft."), ("custom.", "Custom."), ("wef_", "WEF_")];

/// A value with its field names changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Normalized {
    /// The value.
    pub value: Value,
    /// Fields that keep their names because another of the same object has the new one, each in one line. Bounded.
    pub collisions: Vec<String>,
}

/// `value` with its field names changed, recursively. Applying it again changes nothing.
pub fn apply(strategy: &Normalization, value: &Value) -> Normalized {
    if *strategy == Normalization::None {
        return Normalized { value: value.clone(), collisions: Vec::new() };
    }
    let mut collisions = Collisions::default();
    let value = changed(strategy, value, &mut collisions);
    Normalized { value, collisions: collisions.into_lines() }
}

fn changed(strategy: &Normalization, value: &Value, collisions: &mut Collisions) -> Value {
    renamed(value, &|key| name(strategy, key), collisions)
}

/// `value` with the name of each field as `rename` says, recursively.
fn renamed<'a>(value: &'a Value, rename: &impl Fn(&'a str) -> Cow<'a, str>, collisions: &mut Collisions) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| renamed(item, rename, collisions)).collect(),
        Value::Object(fields) => {
            let names = names(fields, rename, collisions);
            let values = fields.values().map(|value| renamed(value, rename, collisions));
            Value::Object(names.into_iter().zip(values).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// The names of all fields, in their order. A field that has its name already keeps it; of several that want the same new
/// name, the first gets it.
fn names<'a>(
    fields: &'a Map<String, Value>,
    rename: &impl Fn(&'a str) -> Cow<'a, str>,
    collisions: &mut Collisions,
) -> Vec<String> {
    let wanted: Vec<(&str, Cow<'_, str>)> = fields.keys().map(|key| (key.as_str(), rename(key))).collect();
    let mut taken: HashSet<Cow<'_, str>> =
        wanted.iter().filter(|(key, name)| key == name).map(|(_, name)| name.clone()).collect();
    let mut names = Vec::with_capacity(wanted.len());
    for (key, name) in wanted {
        let free = key == name || taken.insert(name.clone());
        if !free {
            collisions.add(key, &name);
        }
        names.push(if free { name.into_owned() } else { key.to_owned() });
    }
    names
}

/// What a field called `key` is called by the strategy.
fn name<'a>(strategy: &Normalization, key: &'a str) -> Cow<'a, str> {
    match strategy {
        Normalization::None => Cow::Borrowed(key),
        Normalization::AdoPascalCase => prefixed(key, AZURE_DEVOPS),
        Normalization::SnakeCase => Cow::Owned(words::snake_case(key)),
        Normalization::CamelCase => Cow::Owned(words::camel_case(key)),
        Normalization::Prefixes(map) => prefixed(key, map.pairs()),
    }
}

/// The first prefix that fits counts.
fn prefixed<'a, 'b>(key: &'a str, pairs: impl IntoIterator<Item = (&'b str, &'b str)>) -> Cow<'a, str> {
    let found = pairs.into_iter().find_map(|(from, to)| Some(format!("{to}{}", key.strip_prefix(from)?)));
    found.map_or(Cow::Borrowed(key), Cow::Owned)
}

/// The first collisions, and how many there were.
#[derive(Debug, Default)]
struct Collisions {
    told: Vec<String>,
    more: usize,
}

impl Collisions {
    fn add(&mut self, key: &str, name: &str) {
        if self.told.len() < NORMALIZE_COLLISIONS_TOLD {
            self.told.push(format!("the field \"{key}\" keeps its name: there is another \"{name}\" beside it"));
        } else {
            self.more += 1;
        }
    }

    fn into_lines(self) -> Vec<String> {
        let more = (self.more > 0).then(|| format!("{} more fields keep their names", self.more));
        self.told.into_iter().chain(more).collect()
    }
}
