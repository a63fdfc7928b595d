//! Arrays: lists, and tuples where the schema fixes their length.

use serde_json::Value;

use super::facts::Facts;
use super::reader::{Direction, Reader};
use crate::codegen::types::{Length, Type};

/// Items of a tuple that is still spelled out.
const TUPLE_ITEMS: usize = 20;

impl<'a> Reader<'a> {
    /// The type of the arrays that pass.
    pub(super) fn array(&mut self, facts: &Facts<'a>, hint: &str) -> Type {
        let hint = singular(hint);
        let mut length = facts.length;
        let items = match facts.arrays.as_slice() {
            [] => Type::Json,
            [rules] if !rules.first.is_empty() => {
                let closed = rules.rest == Some(&Value::Bool(false));
                let count = rules.first.len();
                if closed {
                    length.most = Some(length.most.map_or(count as u64, |most| most.min(count as u64)));
                }
                let fixed = length.least >= Some(count as u64) && length.most == Some(count as u64);
                let mut members: Vec<Type> = rules.first.iter().map(|schema| self.read(&[schema], &hint)).collect();
                if fixed && count <= TUPLE_ITEMS {
                    return Type::Tuple(members);
                }
                if length.most.is_none_or(|most| most > count as u64) {
                    members.push(rules.rest.map_or(Type::Json, |rest| self.read(&[rest], &hint)));
                }
                Type::union(members)
            }
            several if several.iter().all(|rules| rules.first.is_empty()) => {
                let schemas: Vec<&Value> = several.iter().filter_map(|rules| rules.rest).collect();
                self.read(&schemas, &hint)
            }
            _ => Type::Json,
        };
        let length = if self.direction == Direction::Arguments { length } else { Length::default() };
        Type::List(Box::new(items), length)
    }
}

/// What one of several is called: `labels` -> `label`.
fn singular(name: &str) -> String {
    let lower = name.to_lowercase();
    match name {
        _ if lower.ends_with("ies") && lower.len() > 4 => format!("{}y", &name[..name.len() - 3]),
        _ if ["ss", "us", "is"].iter().any(|ending| lower.ends_with(ending)) => format!("{name}_item"),
        _ if lower.ends_with('s') && lower.len() > 2 => name[..name.len() - 1].to_owned(),
        _ => format!("{name}_item"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_several_has_a_name() {
        let table =
            [("labels", "label"), ("entries", "entry"), ("status", "status_item"), ("data", "data_item"), ("s", "s_item")];
        for (several, one) in table {
            assert_eq!(singular(several), one);
        }
    }
}
