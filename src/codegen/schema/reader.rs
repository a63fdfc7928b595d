//! The walk over a schema: bounded, and it ends on every input.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::facts::Facts;
use super::kinds::Kinds;
use super::reference::References;
use crate::codegen::names::{ClassNames, field_like_a_class};
use crate::codegen::types::{Bounds, ClassId, Text, ToolTypes, Type};
use crate::types::ToolSpec;
use crate::types::limits::{SCHEMA_COMBINATIONS, SCHEMA_NODES, SCHEMA_NOTES, TYPED_DEPTH};

/// Which way the values go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// To the server: whatever the schema refuses may be refused.
    Arguments,
    /// From the server: limits are not checked and further keys are welcome, so that more results fit.
    Result,
}

/// What identifies a type to be made: the schemas that hold together in it, by address.
pub(super) type Identity = Vec<usize>;

/// The state of the walk over the schemas of one tool.
pub(super) struct Reader<'a> {
    pub(super) references: References<'a>,
    pub(super) direction: Direction,
    pub(super) types: ToolTypes,
    pub(super) names: ClassNames,
    /// Classes by what they were made from: the same `$ref` is the same class.
    pub(super) known: HashMap<Identity, ClassId>,
    /// Combinations of alternatives that may still be told apart at this place.
    pub(super) combinations: usize,
    notes: BTreeSet<String>,
    /// What is being read now and is no class: a schema within itself ends there.
    open: Vec<Identity>,
    depth: usize,
    nodes_left: usize,
}

/// The types of a tool. `params` and `result` name the classes of its arguments and its result, `taken` names what
/// else stands in the same module.
pub(in crate::codegen) fn read_tool(tool: &ToolSpec, params: &str, result: &str, taken: &str) -> ToolTypes {
    let mut words = BTreeSet::from([result.to_owned(), taken.to_owned()]);
    collect_words(&tool.input_schema, &mut words, TYPED_DEPTH);
    tool.output_schema.iter().for_each(|schema| collect_words(schema, &mut words, TYPED_DEPTH));
    let mut reader = Reader::new(&tool.input_schema, ClassNames::avoiding(words));
    reader.types.params = reader.arguments(&tool.input_schema, params);
    if let Some(schema) = &tool.output_schema {
        reader.turn_to(schema);
        reader.names.release(result);
        reader.types.result = reader.read(&[schema], result);
    }
    reader.types.notes = reader.notes.into_iter().collect();
    reader.types
}

/// The keys of objects that look like classes: a class of the same name would be hidden by the field.
fn collect_words(value: &Value, words: &mut BTreeSet<String>, depth: usize) {
    match value {
        Value::Object(entries) if depth > 0 => {
            let named = entries.get("properties").and_then(Value::as_object).into_iter().flatten().map(|(key, _)| key.as_str());
            let required = entries.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            words.extend(named.chain(required).filter_map(field_like_a_class));
            entries.values().for_each(|inner| collect_words(inner, words, depth - 1));
        }
        Value::Array(items) if depth > 0 => items.iter().for_each(|inner| collect_words(inner, words, depth - 1)),
        Value::Object(_) | Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

impl<'a> Reader<'a> {
    fn new(root: &'a Value, names: ClassNames) -> Self {
        Self {
            references: References::new(root),
            direction: Direction::Arguments,
            types: ToolTypes::default(),
            names,
            known: HashMap::new(),
            combinations: SCHEMA_COMBINATIONS,
            notes: BTreeSet::new(),
            open: Vec::new(),
            depth: 0,
            nodes_left: SCHEMA_NODES,
        }
    }

    /// Goes on with the output schema.
    fn turn_to(&mut self, root: &'a Value) {
        self.references = References::new(root);
        self.direction = Direction::Result;
        self.known.clear();
        self.nodes_left = SCHEMA_NODES;
    }

    /// The type of the values that pass all of `schemas`; `hint` is what a class in it would be called.
    pub(super) fn read(&mut self, schemas: &[&'a Value], hint: &str) -> Type {
        let facts = self.facts(schemas);
        self.build(facts, hint)
    }

    /// What all of `schemas` say.
    pub(super) fn facts(&mut self, schemas: &[&'a Value]) -> Facts<'a> {
        let mut facts = Facts::new();
        for schema in schemas {
            facts.absorb(schema, self);
        }
        facts
    }

    /// The type of what `facts` allow.
    pub(super) fn build(&mut self, facts: Facts<'a>, hint: &str) -> Type {
        if self.nodes_left == 0 || self.depth == TYPED_DEPTH {
            self.note("the schema is too large or too deep to be typed throughout");
            return Type::Json;
        }
        let identity = facts.identity();
        if self.open.contains(&identity) {
            self.note("a type that contains itself without an object between is taken for any value from there on");
            return Type::Json;
        }
        let opened = facts.groups.is_empty() && !facts.makes_class() && !identity.is_empty();
        if opened {
            self.open.push(identity);
        }
        self.nodes_left -= 1;
        self.depth += 1;
        let built = match facts {
            facts if facts.values.is_some() => self.literal(facts, hint),
            facts if facts.groups.is_empty() => self.plain(&facts, hint),
            facts => self.alternatives(facts, hint),
        };
        self.depth -= 1;
        if opened {
            self.open.pop();
        }
        built
    }

    /// The union of the kinds that may pass, each with its rules.
    pub(super) fn plain(&mut self, facts: &Facts<'a>, hint: &str) -> Type {
        let checked = self.direction == Direction::Arguments;
        let bounds = if checked { facts.bounds.clone() } else { Bounds::default() };
        let text = if checked { facts.text.clone() } else { Text::default() };
        let mut members = Vec::new();
        if facts.kinds.has(Kinds::STRING) {
            members.push(Type::Text(text));
        }
        if facts.kinds.has(Kinds::FRACTION) {
            members.push(Type::Number(bounds));
        } else if facts.kinds.has(Kinds::INTEGER) {
            members.push(Type::Integer(bounds));
        }
        if facts.kinds.has(Kinds::BOOLEAN) {
            members.push(Type::Boolean);
        }
        if facts.kinds.has(Kinds::ARRAY) {
            members.push(self.array(facts, hint));
        }
        if facts.kinds.has(Kinds::OBJECT) {
            members.push(self.object(facts, hint));
        }
        if facts.kinds.has(Kinds::NULL) {
            members.push(Type::Null);
        }
        if facts.kinds == Kinds::ALL && members.iter().all(Type::is_unrestricted) {
            return Type::Json;
        }
        Type::union(members)
    }

    /// Records that types alone do not say all: a call may be refused after its model has passed.
    pub(super) fn note_conditions(&mut self) {
        if self.direction == Direction::Arguments {
            self.note("conditions that no type says are checked before the call is sent");
        }
    }

    /// Records what had to be loosened.
    pub(super) fn note(&mut self, text: &str) {
        if self.notes.len() < SCHEMA_NOTES {
            self.notes.insert(crate::types::neutralise_line(text).chars().take(200).collect());
        }
    }
}
