//! Objects: classes where keys have names, maps where they have not.

use indexmap::IndexSet;
use serde_json::Value;

use super::facts::{Facts, ObjectRules};
use super::kinds::Kinds;
use super::reader::{Direction, Identity, Reader};
use crate::codegen::describe::details;
use crate::codegen::names::{NameMap, Role};
use crate::codegen::types::{Class, ClassId, Field, Further, Type};
use crate::types::limits::SCHEMA_COMBINATIONS;

/// Characters of a title that still makes a class name.
const TITLE_CHARS: usize = 40;

impl Facts<'_> {
    /// See [`Identity`].
    pub(super) fn identity(&self) -> Identity {
        let mut identity = self.sources.clone();
        identity.sort_unstable();
        identity
    }

    /// Whether the objects that pass have named fields, or may have no keys at all.
    pub(super) fn makes_class(&self) -> bool {
        let named = self.objects.iter().any(|rules| rules.named.is_some_and(|named| !named.is_empty()));
        let patterns = self.objects.iter().any(|rules| rules.patterns.is_some());
        let closed = self.objects.iter().any(|rules| rules.others == Some(&Value::Bool(false)));
        self.kinds.has(Kinds::OBJECT) && (named || !self.required.is_empty() || (closed && !patterns))
    }
}

impl<'a> Reader<'a> {
    /// The type of the objects that pass.
    pub(super) fn object(&mut self, facts: &Facts<'a>, hint: &str) -> Type {
        if facts.makes_class() {
            Type::Class(self.class(facts, hint))
        } else {
            match self.further(facts, hint) {
                Further::Open(values) => Type::Map(Box::new(values)),
                Further::Closed => Type::Map(Box::default()),
            }
        }
    }

    /// The class of a tool's arguments. Arguments are always an object, and alternatives are laid into one another,
    /// because a function has one signature.
    pub(super) fn arguments(&mut self, root: &'a Value, name: &str) -> ClassId {
        let mut facts = self.facts(&[root]).anonymous();
        if !facts.kinds.has(Kinds::OBJECT) {
            self.note("the arguments are not said to be an object and are taken for one");
        }
        facts.kinds = Kinds::OBJECT;
        facts.values = None;
        if facts.groups.is_empty() {
            return self.class(&facts, name);
        }
        let own = self.names.take(name);
        let built = self.build(facts, name);
        let class = self.laid_together(own, built.members());
        self.types.classes.push(class);
        self.types.classes.len() - 1
    }

    fn laid_together(&self, name: String, members: &[Type]) -> Class {
        let members: Vec<Class> = members.iter().map(|member| self.as_class(member)).collect();
        let wires: IndexSet<&str> = members.iter().flat_map(|class| &class.fields).map(|field| field.wire.as_str()).collect();
        let names = NameMap::new(Role::Field, wires.iter().copied());
        let fields = wires.iter().filter_map(|wire| common_field(wire, &names, &members)).collect();
        let open =
            members.iter().filter_map(|class| if let Further::Open(values) = &class.further { Some(values) } else { None });
        let open: Vec<Type> = open.cloned().collect();
        let further = if open.is_empty() && !members.is_empty() { Further::Closed } else { Further::Open(Type::union(open)) };
        Class { name, description: None, fields, further }
    }

    fn as_class(&self, member: &Type) -> Class {
        if let Type::Class(id) = member {
            self.types.classes.get(*id).cloned().unwrap_or_default()
        } else if let Type::Map(values) = member {
            Class { further: Further::Open((**values).clone()), ..Class::default() }
        } else {
            Class::default()
        }
    }

    fn class(&mut self, facts: &Facts<'a>, hint: &str) -> ClassId {
        let identity = facts.identity();
        if let Some(known) = self.known.get(&identity) {
            return *known;
        }
        let title = facts.title.filter(|title| title.chars().count() <= TITLE_CHARS);
        let name = self.names.take(facts.name().or(title).unwrap_or(hint));
        let id = self.types.classes.len();
        self.types.classes.push(Class { name: name.clone(), ..Class::default() });
        self.known.insert(identity, id);
        let combinations = std::mem::replace(&mut self.combinations, SCHEMA_COMBINATIONS);
        let fields = self.fields(facts);
        let further = self.further(facts, hint);
        self.combinations = combinations;
        let description = facts.description.map(str::to_owned);
        if let Some(class) = self.types.classes.get_mut(id) {
            *class = Class { name, description, fields, further };
        }
        id
    }

    fn fields(&mut self, facts: &Facts<'a>) -> Vec<Field> {
        let named = facts.objects.iter().filter_map(|rules| rules.named).flatten().map(|(wire, _)| wire.as_str());
        let wires: IndexSet<&'a str> = named.chain(facts.required.iter().copied()).collect();
        let names = NameMap::new(Role::Field, wires.iter().copied());
        for wire in &names.collided {
            self.note(&format!("the key {wire:?} is called {:?} here, because its name is taken", names.get(wire)));
        }
        wires.iter().map(|wire| self.field(wire, names.get(wire), facts)).collect()
    }

    fn field(&mut self, wire: &'a str, name: &str, around: &Facts<'a>) -> Field {
        let schemas: Vec<&Value> = around.objects.iter().flat_map(|rules| rules.of_key(wire)).collect();
        let facts = self.facts(&schemas);
        let value = self.build(facts.clone(), wire);
        Field {
            wire: wire.to_owned(),
            name: name.to_owned(),
            required: around.required.contains(wire),
            description: facts.description.map(str::to_owned),
            details: details(&facts.hints, &value),
            value,
        }
    }

    /// Keys that have no name in the schema.
    fn further(&mut self, facts: &Facts<'a>, hint: &str) -> Further {
        if self.direction == Direction::Result && facts.makes_class() {
            return Further::default();
        }
        let closes = |rules: &&ObjectRules<'a>| rules.others == Some(&Value::Bool(false));
        let patterns: Vec<&Value> =
            facts.objects.iter().filter_map(|rules| rules.patterns).flat_map(serde_json::Map::values).collect();
        if patterns.is_empty() {
            if facts.objects.iter().any(|rules| closes(&rules)) || (facts.sealed && !facts.dynamic) {
                return Further::Closed;
            }
            let others: Vec<&Value> = facts.objects.iter().filter_map(|rules| rules.others).collect();
            if others.is_empty() {
                return Further::default();
            }
            return Further::Open(self.read(&others, &format!("{hint}_value")));
        }
        let mut members: Vec<Type> = patterns.into_iter().map(|schema| self.read(&[schema], &format!("{hint}_value"))).collect();
        if !facts.objects.iter().any(|rules| closes(&rules)) {
            members.push(Type::Json);
        }
        Further::Open(Type::union(members))
    }
}

impl<'a> ObjectRules<'a> {
    /// The schemas that this one applies to the value of a key.
    fn of_key(&self, key: &str) -> Vec<&'a Value> {
        let named = self.named.and_then(|named| named.get(key));
        let matching = self.patterns.into_iter().flatten().filter_map(|(pattern, schema)| Some((matches(pattern, key)?, schema)));
        let matching: Vec<&Value> = matching.filter(|(matches, _)| *matches).map(|(_, schema)| schema).collect();
        let unsure = self.patterns.is_some_and(|patterns| patterns.keys().any(|pattern| matches(pattern, key).is_none()));
        if named.is_some() || !matching.is_empty() {
            named.into_iter().chain(matching).collect()
        } else if unsure {
            Vec::new()
        } else {
            self.others.into_iter().collect()
        }
    }
}

/// Whether a key matches a pattern, where that can be told: plain ASCII means the same under every reading.
fn matches(pattern: &str, key: &str) -> Option<bool> {
    if !key.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return None;
    }
    let plain = super::patterns::plain_pattern(pattern)?;
    regex::Regex::new(&plain).ok().map(|regex| regex.is_match(key))
}

/// A field of all members together: what any of them allows.
fn common_field(wire: &str, names: &NameMap<'_>, members: &[Class]) -> Option<Field> {
    let fields: Vec<Option<&Field>> = members.iter().map(|class| class.fields.iter().find(|field| field.wire == wire)).collect();
    let values = fields.iter().zip(members).map(|(field, class)| match (field, &class.further) {
        (Some(field), _) => field.value.clone(),
        (None, Further::Open(values)) => values.clone(),
        (None, Further::Closed) => Type::Nothing,
    });
    let value = Type::union(values);
    let first = fields.iter().flatten().next()?;
    let required = fields.iter().all(|field| field.is_some_and(|field| field.required));
    Some(Field { name: names.get(wire).to_owned(), value, required, ..(*first).clone() })
}
