//! What several schemas that hold together (a schema, its `$ref`, its `allOf`) say in all.

use std::ops::Range;

use indexmap::IndexSet;
use serde_json::{Map, Value};

use super::kinds::Kinds;
use super::patterns::plain_pattern;
use super::reader::Reader;
use crate::codegen::describe::Hints;
use crate::codegen::literal::number;
use crate::codegen::types::{Bounds, Length, Text};

/// Keywords that describe and do not judge: schemas that differ only in these are one class.
const DESCRIPTIVE: &[&str] = &[
    "$anchor",
    "$comment",
    "$defs",
    "$id",
    "$ref",
    "$schema",
    "allOf",
    "anyOf",
    "default",
    "definitions",
    "deprecated",
    "description",
    "example",
    "examples",
    "oneOf",
    "readOnly",
    "title",
    "writeOnly",
];

/// Keywords that no type says: they are checked by the schema guard of the core alone.
const UNTYPED: &[&str] = &[
    "contains",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "if",
    "maxProperties",
    "minProperties",
    "not",
    "propertyNames",
];

/// Keywords whose effect on objects depends on the instance.
const DYNAMIC: &[&str] = &["$dynamicRef", "$recursiveRef", "dependencies", "dependentSchemas", "else", "if", "then"];

/// A conjunction of schemas, flattened.
#[derive(Debug, Clone)]
pub(super) struct Facts<'a> {
    /// Kinds of value that may pass.
    pub(super) kinds: Kinds,
    /// `enum` and `const`: the values that may pass.
    pub(super) values: Option<Vec<&'a Value>>,
    /// Rules of numbers.
    pub(super) bounds: Bounds,
    /// Rules of strings.
    pub(super) text: Text,
    /// Rules of arrays.
    pub(super) length: Length,
    /// One for each schema that speaks of items.
    pub(super) arrays: Vec<ArrayRules<'a>>,
    /// One for each schema that speaks of keys.
    pub(super) objects: Vec<ObjectRules<'a>>,
    /// Keys that must be there.
    pub(super) required: IndexSet<&'a str>,
    /// `anyOf` and `oneOf`: at least one branch of each must hold too.
    pub(super) groups: Vec<&'a [Value]>,
    /// Whether keys that no schema names are refused (`unevaluatedProperties`).
    pub(super) sealed: bool,
    /// Whether other conditions name keys.
    pub(super) dynamic: bool,
    /// The name a `$ref` gave it, and what was known before and after that.
    reference: Option<(&'a str, Range<usize>)>,
    /// The first `title`.
    pub(super) title: Option<&'a str>,
    /// The first `description`.
    pub(super) description: Option<&'a str>,
    /// What does not change the type.
    pub(super) hints: Hints<'a>,
    /// Schemas that judge, by address: what identifies a class.
    pub(super) sources: Vec<usize>,
    /// All schemas read, by address: none is read twice.
    seen: Vec<usize>,
}

/// What one schema says of the items of an array.
#[derive(Debug, Clone, Copy)]
pub(super) struct ArrayRules<'a> {
    /// The first ones, each by its place.
    pub(super) first: &'a [Value],
    /// All others.
    pub(super) rest: Option<&'a Value>,
}

/// What one schema says of the keys of an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct ObjectRules<'a> {
    /// By name.
    pub(super) named: Option<&'a Map<String, Value>>,
    /// By pattern.
    pub(super) patterns: Option<&'a Map<String, Value>>,
    /// All others.
    pub(super) others: Option<&'a Value>,
}

impl<'a> Facts<'a> {
    /// Nothing is said yet: everything may pass.
    pub(super) fn new() -> Self {
        Self {
            kinds: Kinds::ALL,
            values: None,
            bounds: Bounds::default(),
            text: Text::default(),
            length: Length::default(),
            arrays: Vec::new(),
            objects: Vec::new(),
            required: IndexSet::new(),
            groups: Vec::new(),
            sealed: false,
            dynamic: false,
            reference: None,
            title: None,
            description: None,
            hints: Hints::default(),
            sources: Vec::new(),
            seen: Vec::new(),
        }
    }

    /// Adds what `schema` says.
    pub(super) fn absorb(&mut self, schema: &'a Value, reader: &mut Reader<'a>) {
        let address = std::ptr::from_ref(schema).addr();
        if self.seen.contains(&address) {
            return;
        }
        self.seen.push(address);
        match schema {
            Value::Bool(true) => {}
            Value::Bool(false) => self.kinds = Kinds::NONE,
            Value::Object(keywords) => self.absorb_keywords(keywords, address, reader),
            Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                reader.note("a schema that is neither an object nor a boolean is taken for any value");
            }
        }
    }

    /// The name that a `$ref` gave to all of this.
    pub(super) fn name(&self) -> Option<&'a str> {
        let (name, sources) = self.reference.as_ref()?;
        (*sources == (0..self.sources.len())).then_some(*name)
    }

    /// Leaves only what judges, so that a branch can have a name and a description of its own.
    pub(super) fn anonymous(&self) -> Self {
        Self { reference: None, title: None, description: None, ..self.clone() }
    }

    fn absorb_keywords(&mut self, keywords: &'a Map<String, Value>, address: usize, reader: &mut Reader<'a>) {
        if reader.references.is_foreign(keywords) {
            return reader.note("a schema of a dialect of its own is taken for any value");
        }
        self.describe(keywords);
        if let Some(reference) = keywords.get("$ref") {
            self.absorb_reference(reference, reader);
            if reader.references.stands_alone {
                return;
            }
        }
        if keywords.keys().any(|key| !DESCRIPTIVE.contains(&key.as_str())) {
            self.sources.push(address);
        }
        if UNTYPED.iter().any(|key| keywords.contains_key(*key)) {
            reader.note_conditions();
        }
        self.absorb_type(keywords, reader);
        self.absorb_values(keywords);
        self.absorb_limits(keywords);
        self.absorb_array(keywords);
        self.absorb_object(keywords, reader);
        for schema in keywords.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.absorb(schema, reader);
        }
        for group in ["anyOf", "oneOf"].iter().filter_map(|key| keywords.get(*key)?.as_array()) {
            if group.is_empty() {
                reader.note("an empty list of alternatives is left out");
            } else {
                self.groups.push(group);
                self.dynamic = true;
            }
        }
    }

    fn describe(&mut self, keywords: &'a Map<String, Value>) {
        let text = |key: &str| keywords.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
        self.title = self.title.or_else(|| text("title"));
        self.description = self.description.or_else(|| text("description"));
        let hints = &mut self.hints;
        hints.format = hints.format.or_else(|| text("format"));
        hints.pattern = hints.pattern.or_else(|| text("pattern"));
        hints.default = hints.default.or_else(|| keywords.get("default"));
        hints.multiple = hints.multiple.or_else(|| keywords.get("multipleOf").filter(|value| value.is_number()));
        hints.unique |= keywords.get("uniqueItems") == Some(&Value::Bool(true));
        hints.deprecated |= keywords.get("deprecated") == Some(&Value::Bool(true));
    }

    fn absorb_reference(&mut self, reference: &'a Value, reader: &mut Reader<'a>) {
        let target = reference.as_str().and_then(|text| reader.references.resolve(text));
        match target {
            Some((target, name)) => {
                let before = self.sources.len();
                self.absorb(target, reader);
                if !name.is_empty() {
                    self.reference = Some((name, before..self.sources.len()));
                }
            }
            None => reader.note(&format!("the reference {reference} leads nowhere here and is taken for any value")),
        }
    }

    fn absorb_type(&mut self, keywords: &Map<String, Value>, reader: &mut Reader<'a>) {
        let Some(kind) = keywords.get("type") else {
            return;
        };
        let names = kind.as_array().map_or(std::slice::from_ref(kind), Vec::as_slice);
        let kinds: Option<Vec<Kinds>> = names.iter().map(|name| Kinds::named(name.as_str()?)).collect();
        match kinds.filter(|kinds| !kinds.is_empty()) {
            Some(kinds) => {
                let mut kinds = kinds.into_iter().fold(Kinds::NONE, Kinds::or);
                if keywords.get("nullable") == Some(&Value::Bool(true)) {
                    kinds = kinds.or(Kinds::NULL);
                }
                self.kinds = self.kinds.and(kinds);
            }
            None => reader.note(&format!("the type {kind} is not one of JSON Schema and is taken for any")),
        }
    }

    fn absorb_values(&mut self, keywords: &'a Map<String, Value>) {
        let listed = keywords.get("enum").and_then(Value::as_array).map(|values| values.iter().collect::<Vec<_>>());
        let constant = keywords.get("const").map(|value| vec![value]);
        for values in [listed, constant].into_iter().flatten() {
            self.values = Some(match self.values.take() {
                Some(known) => known.into_iter().filter(|value| values.iter().any(|other| same(value, other))).collect(),
                None => values,
            });
        }
    }

    fn absorb_limits(&mut self, keywords: &'a Map<String, Value>) {
        let limit = |key: &str| keywords.get(key).and_then(number);
        let bounds = &mut self.bounds;
        tighten(&mut bounds.least, limit("minimum"), Tighter::Larger);
        tighten(&mut bounds.above, limit("exclusiveMinimum"), Tighter::Larger);
        tighten(&mut bounds.most, limit("maximum"), Tighter::Smaller);
        tighten(&mut bounds.below, limit("exclusiveMaximum"), Tighter::Smaller);
        let divisor = keywords.get("multipleOf").filter(|value| value.as_u64().is_some_and(|divisor| divisor > 0));
        bounds.multiple = bounds.multiple.take().or_else(|| divisor.and_then(number));
        self.text.length.narrow(count(keywords, "minLength"), count(keywords, "maxLength"));
        self.length.narrow(count(keywords, "minItems"), count(keywords, "maxItems"));
        let pattern = keywords.get("pattern").and_then(Value::as_str).and_then(plain_pattern);
        self.text.pattern = self.text.pattern.take().or(pattern);
    }

    fn absorb_array(&mut self, keywords: &'a Map<String, Value>) {
        let items = keywords.get("items");
        let listed = items.and_then(Value::as_array).map(Vec::as_slice);
        let prefix = keywords.get("prefixItems").and_then(Value::as_array).map(Vec::as_slice);
        let (first, rest) = match (prefix, listed) {
            (Some(prefix), _) => (prefix, items.filter(|items| !items.is_array())),
            (None, Some(listed)) => (listed, keywords.get("additionalItems")),
            (None, None) => (&[][..], items),
        };
        if !first.is_empty() || rest.is_some() {
            self.arrays.push(ArrayRules { first, rest });
        }
    }

    fn absorb_object(&mut self, keywords: &'a Map<String, Value>, reader: &mut Reader<'a>) {
        let named = keywords.get("properties").and_then(Value::as_object);
        if let Some(pasted) = named.and_then(pasted) {
            reader.note("\"properties\" holds a whole schema; its own properties count");
            return self.objects.push(ObjectRules { named: Some(pasted), patterns: None, others: None });
        }
        if keywords.contains_key("properties") && named.is_none() {
            reader.note("\"properties\" is not an object and is left out");
        }
        let patterns = keywords.get("patternProperties").and_then(Value::as_object);
        let others = keywords.get("additionalProperties").filter(|others| others.is_boolean() || others.is_object());
        if named.is_some() || patterns.is_some() || others.is_some() {
            self.objects.push(ObjectRules { named, patterns, others });
        }
        let required = keywords.get("required").and_then(Value::as_array).into_iter().flatten();
        self.required.extend(required.filter_map(Value::as_str));
        let unevaluated = keywords.get("unevaluatedProperties");
        self.sealed |= unevaluated == Some(&Value::Bool(false));
        let names_keys = others.is_some() || unevaluated.is_some_and(|rule| *rule != Value::Bool(false));
        self.dynamic |= names_keys || DYNAMIC.iter().any(|key| keywords.contains_key(*key));
    }
}

/// The properties of a schema that stands where properties should.
fn pasted(named: &Map<String, Value>) -> Option<&Map<String, Value>> {
    let inner = named.get("properties")?.as_object()?;
    (named.get("type")?.as_str()? == "object").then_some(inner)
}

impl Length {
    fn narrow(&mut self, least: Option<u64>, most: Option<u64>) {
        self.least = self.least.max(least);
        self.most = match (self.most, most) {
            (Some(known), Some(most)) => Some(known.min(most)),
            (known, most) => known.or(most),
        };
    }
}

#[derive(Clone, Copy)]
enum Tighter {
    Larger,
    Smaller,
}

/// Keeps the tighter of two bounds, which are texts of finite numbers.
fn tighten(known: &mut Option<String>, other: Option<String>, tighter: Tighter) {
    let value = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<f64>().ok());
    let replaces = match (value(known), value(&other)) {
        (Some(known), Some(other)) => match tighter {
            Tighter::Larger => other > known,
            Tighter::Smaller => other < known,
        },
        (None, Some(_)) => true,
        (_, None) => false,
    };
    if replaces {
        *known = other;
    }
}

/// A count as a keyword gives it: a whole number, also written `2.0`.
fn count(keywords: &Map<String, Value>, key: &str) -> Option<u64> {
    let value = keywords.get(key)?;
    value.as_u64().or_else(|| {
        let text = value.as_number()?.to_string();
        text.strip_suffix(".0")?.parse().ok()
    })
}

/// Whether two JSON values are equal, numbers by value.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(_), Value::Number(_)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len() && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}
