//! `enum` and `const`.

use serde_json::Value;

use super::facts::Facts;
use super::kinds::Kinds;
use super::reader::Reader;
use crate::codegen::types::Type;
use crate::types::limits::LITERAL_VALUES;

impl<'a> Reader<'a> {
    /// The type of the listed values; of their kinds only, where they are too many.
    pub(super) fn literal(&mut self, mut facts: Facts<'a>, hint: &str) -> Type {
        let mut values = facts.values.take().unwrap_or_default();
        if values.iter().any(|value| facts.kinds.has(Kinds::of(value))) {
            values.retain(|value| facts.kinds.has(Kinds::of(value)));
        } else if !values.is_empty() {
            self.note("the listed values are not of the stated type; the values count");
        }
        if values.len() > LITERAL_VALUES {
            self.note("a list of values is too long to be spelled out");
            facts.kinds = values.iter().map(|value| Kinds::of(value)).fold(Kinds::NONE, Kinds::or);
            facts.groups.clear();
            return self.plain(&facts, hint);
        }
        let nullable = values.iter().any(|value| value.is_null());
        let mut others: Vec<Value> = Vec::new();
        for value in values.into_iter().filter(|value| !value.is_null()) {
            if !others.contains(value) {
                others.push(value.clone());
            }
        }
        let literal = match others.as_slice() {
            [] => Type::Nothing,
            [Value::Bool(_), Value::Bool(_)] => Type::Boolean,
            _ => Type::Literal(others),
        };
        Type::union([literal, if nullable { Type::Null } else { Type::Nothing }])
    }
}
