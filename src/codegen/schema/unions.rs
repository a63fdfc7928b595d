//! `anyOf` and `oneOf`: a union of what each branch allows together with everything around it.

use std::collections::HashSet;

use serde_json::Value;

use super::facts::Facts;
use super::reader::Reader;
use crate::codegen::types::{Class, Field, Type, Union};
use crate::types::limits::SCHEMA_PRODUCT;

/// Keywords of a branch that names no key of its own and types nothing.
const CONDITIONS: &[&str] = &[
    "$comment",
    "dependentRequired",
    "description",
    "else",
    "if",
    "maxProperties",
    "minProperties",
    "not",
    "required",
    "then",
    "title",
    "type",
];

impl<'a> Reader<'a> {
    /// The type of what passes the first group of branches; the others follow in the recursion.
    pub(super) fn alternatives(&mut self, mut facts: Facts<'a>, hint: &str) -> Type {
        let group = facts.groups.remove(0);
        if facts.makes_class() && group.iter().all(is_condition) {
            self.note_conditions();
            return self.build(facts, hint);
        }
        let product = facts.groups.iter().fold(group.len(), |product, group| product.saturating_mul(group.len()));
        if !facts.groups.is_empty() && product > SCHEMA_PRODUCT {
            self.note("there are too many combinations of alternatives to be told apart");
            facts.groups.clear();
        }
        if group.len() > self.combinations {
            self.note("there are too many alternatives to be told apart");
            return self.build(facts, hint);
        }
        let hint = facts.name().unwrap_or(hint);
        let combinations = self.combinations;
        self.combinations /= group.len();
        let members: Vec<Type> = group.iter().map(|branch| self.branch(&facts, branch, hint)).collect();
        self.combinations = combinations;
        let union = Type::union(members);
        if let Type::Union(union) = union { Type::Union(self.discriminated(union)) } else { union }
    }

    fn branch(&mut self, around: &Facts<'a>, branch: &'a Value, hint: &str) -> Type {
        let mut facts = around.anonymous();
        facts.absorb(branch, self);
        facts.title = facts.title.or(around.title);
        facts.description = facts.description.or(around.description);
        let hint = match tag(branch) {
            Some(tag) => format!("{tag} {hint}"),
            None => hint.to_owned(),
        };
        self.build(facts, &hint)
    }

    /// Finds the field that tells the members apart: required in all, a text of its own in each.
    fn discriminated(&self, union: Union) -> Union {
        let classes: Option<Vec<&Class>> = union
            .members
            .iter()
            .map(|member| if let Type::Class(id) = member { self.types.classes.get(*id) } else { None })
            .collect();
        let Some([first, others @ ..]) = classes.as_deref() else {
            return union;
        };
        let decides = |field: &&Field| {
            let mut seen = HashSet::new();
            std::iter::once(Some(*field))
                .chain(others.iter().map(|class| class.fields.iter().find(|other| other.wire == field.wire)))
                .all(|other| other.is_some_and(|other| other.name == field.name && is_own_text(other, &mut seen)))
        };
        let discriminator = first.fields.iter().find(decides).map(|field| field.name.clone());
        Union { discriminator, ..union }
    }
}

/// Whether a field is required and holds only texts that were not seen in another member.
fn is_own_text<'a>(field: &'a Field, seen: &mut HashSet<&'a str>) -> bool {
    let Type::Literal(values) = &field.value else {
        return false;
    };
    field.required && values.iter().all(|value| value.as_str().is_some_and(|text| seen.insert(text)))
}

fn is_condition(branch: &Value) -> bool {
    branch.as_object().is_some_and(|keywords| {
        keywords.keys().all(|key| CONDITIONS.contains(&key.as_str()))
            && keywords.get("type").is_none_or(|kind| kind.as_str() == Some("object"))
    })
}

/// The text by which a branch says what it is: `{"properties": {"kind": {"const": "circle"}}}`.
fn tag(branch: &Value) -> Option<&str> {
    let properties = branch.get("properties")?.as_object()?;
    properties.values().find_map(|property| {
        let single = property.get("enum").and_then(Value::as_array).filter(|values| values.len() == 1);
        property.get("const").or_else(|| single?.first())?.as_str()
    })
}
