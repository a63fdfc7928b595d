//! How much work a schema can cause, so that a hostile one costs neither the stack nor the day.
//!
//! The validator itself survives cycles, huge numbers and bad patterns. What is left is multiplication: subschemas that
//! refer to each other twice double the work at each step, and recursion repeats that at each level of the value.

use std::collections::HashMap;
use std::ops::Add;

use serde_json::{Map, Value};

use crate::types::limits::{SCHEMA_DEPTH, SCHEMA_VISITS, SCHEMA_WORK};

/// What checking one value against a schema costs at the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    /// Subschemas visited, references followed, each recursion once.
    work: u64,
    /// Longest way down, references followed.
    depth: u64,
    /// How often one place of a value can reach the recursion; 0 without recursion.
    recursions: u64,
}

impl Add for Cost {
    type Output = Self;

    /// Both are visited.
    fn add(self, other: Self) -> Self {
        Self {
            work: self.work.saturating_add(other.work),
            depth: self.depth.max(other.depth),
            recursions: self.recursions.saturating_add(other.recursions),
        }
    }
}

impl Cost {
    const NOTHING: Self = Self { work: 0, depth: 0, recursions: 0 };
    const RECURSION: Self = Self { work: 1, depth: 1, recursions: 1 };

    /// Whether `value` can be checked within bounds.
    pub(super) fn allows(&self, value: &Value) -> bool {
        let Size { nodes, depth } = size(value);
        let levels = if self.recursions == 0 { 1 } else { depth };
        let repeats = self.recursions.max(1).saturating_pow(u32::try_from(levels).unwrap_or(u32::MAX));
        self.work.saturating_mul(nodes).saturating_mul(repeats) <= SCHEMA_VISITS && self.depth * levels <= SCHEMA_DEPTH
    }
}

/// Measures `schema`. The error says why it cannot be used at all.
pub(super) fn measure(schema: &Value) -> Result<Cost, String> {
    let mut anchors = HashMap::new();
    collect_anchors(schema, &mut anchors);
    let cost = Walk { root: schema, anchors, seen: HashMap::new() }.schema(schema, 0)?;
    if cost.work > SCHEMA_WORK {
        return Err(format!("checking it would visit more than {SCHEMA_WORK} subschemas"));
    }
    Ok(cost)
}

struct Size {
    nodes: u64,
    depth: u64,
}

fn size(value: &Value) -> Size {
    let inside = |size: Size, value: &Value| {
        let Size { nodes, depth } = self::size(value);
        Size { nodes: size.nodes + nodes, depth: size.depth.max(depth + 1) }
    };
    let one = Size { nodes: 1, depth: 1 };
    match value {
        Value::Array(items) => items.iter().fold(one, inside),
        Value::Object(fields) => fields.values().fold(one, inside),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => one,
    }
}

/// The schemas that `#name` refers to.
fn collect_anchors<'a>(schema: &'a Value, anchors: &mut HashMap<&'a str, &'a Value>) {
    match schema {
        Value::Object(fields) => {
            for keyword in ["$anchor", "$dynamicAnchor"] {
                if let Some(name) = fields.get(keyword).and_then(Value::as_str) {
                    anchors.insert(name, schema);
                }
            }
            fields.values().for_each(|field| collect_anchors(field, anchors));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_anchors(item, anchors)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A walk over all subschemas that are in use. Each is measured once; `None` marks those under way.
struct Walk<'a> {
    root: &'a Value,
    anchors: HashMap<&'a str, &'a Value>,
    seen: HashMap<*const Value, Option<Cost>>,
}

impl<'a> Walk<'a> {
    fn schema(&mut self, schema: &'a Value, above: u64) -> Result<Cost, String> {
        if above > SCHEMA_DEPTH {
            return Err(format!("it nests more than {SCHEMA_DEPTH} subschemas"));
        }
        match self.seen.get(&std::ptr::from_ref(schema)) {
            Some(Some(cost)) => return Ok(*cost),
            Some(None) => return Ok(Cost::RECURSION),
            None => {}
        }
        self.seen.insert(schema, None);
        let inside = match schema {
            Value::Object(keywords) => self.keywords(keywords, above + 1)?,
            Value::Array(schemas) => self.all(schemas, above)?,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Cost::NOTHING,
        };
        let cost = Cost { work: inside.work.saturating_add(1), depth: inside.depth + 1, ..inside };
        self.seen.insert(schema, Some(cost));
        Ok(cost)
    }

    fn keywords(&mut self, keywords: &'a Map<String, Value>, above: u64) -> Result<Cost, String> {
        let mut cost = Cost::NOTHING;
        for (keyword, value) in keywords {
            cost = cost
                + match (keyword.as_str(), value) {
                    ("enum" | "const" | "default" | "examples" | "required" | "$defs" | "definitions", _) => Cost::NOTHING,
                    ("properties", Value::Object(properties)) => self.properties(properties, above)?,
                    ("patternProperties" | "dependentSchemas" | "dependencies", Value::Object(schemas)) => {
                        self.all(schemas.values(), above)?
                    }
                    ("$ref" | "$dynamicRef" | "$recursiveRef", Value::String(reference)) => {
                        let target = self.resolve(reference)?;
                        self.schema(target, above)?
                    }
                    (_, Value::Object(_) | Value::Array(_)) => self.schema(value, above)?,
                    (_, Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => Cost::NOTHING,
                };
        }
        Ok(cost)
    }

    fn all(&mut self, schemas: impl IntoIterator<Item = &'a Value>, above: u64) -> Result<Cost, String> {
        schemas.into_iter().try_fold(Cost::NOTHING, |cost, schema| Ok(cost + self.schema(schema, above)?))
    }

    /// One place of a value meets one of the properties, so that their recursions do not multiply.
    fn properties(&mut self, properties: &'a Map<String, Value>, above: u64) -> Result<Cost, String> {
        properties.values().try_fold(Cost::NOTHING, |cost, schema| {
            let one = self.schema(schema, above)?;
            Ok(Cost { recursions: cost.recursions.max(one.recursions), ..cost + one })
        })
    }

    fn resolve(&self, reference: &str) -> Result<&'a Value, String> {
        let found = match reference.strip_prefix('#') {
            Some("") => Some(self.root),
            Some(pointer) if pointer.starts_with('/') => self.root.pointer(&percent_decoded(pointer)),
            Some(anchor) => self.anchors.get(anchor).copied(),
            None => None,
        };
        found.ok_or_else(|| format!("its reference {reference:?} leads out of it, and none is fetched"))
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        let code = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn doubling(levels: usize, last: &Value) -> Value {
        let mut definitions = Map::new();
        for level in 0..levels {
            let next = json!({"$ref": format!("#/$defs/d{}", level + 1)});
            definitions.insert(format!("d{level}"), json!({"allOf": [next, next]}));
        }
        definitions.insert(format!("d{levels}"), last.clone());
        json!({"$defs": definitions, "$ref": "#/$defs/d0"})
    }

    fn nested(depth: usize) -> Value {
        (0..depth).fold(json!(1), |inner, _| json!({"a": inner}))
    }

    #[test]
    fn an_ordinary_schema_costs_its_own_size() {
        let schema =
            json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"enum": [{"x": {}}, 2]}}, "required": ["a"]});
        assert_eq!(measure(&schema), Ok(Cost { work: 3, depth: 2, recursions: 0 }));
        assert!(measure(&schema).unwrap().allows(&json!(vec![0; 1_000_000])));
    }

    #[test]
    fn multiplying_references_are_refused() {
        assert!(measure(&doubling(8, &json!({}))).is_ok());
        assert!(measure(&doubling(64, &json!({}))).unwrap_err().contains("would visit"));
        let twice = doubling(4, &json!({"properties": {"a": {"$ref": "#"}}}));
        let cost = measure(&twice).unwrap();
        assert_eq!(cost.recursions, 16);
        assert!(cost.allows(&nested(2)) && !cost.allows(&nested(20)));
    }

    #[test]
    fn a_tree_may_be_as_deep_as_messages_are() {
        let tree = json!({"properties": {"a": {"$ref": "#"}, "b": {"type": "array", "items": {"$ref": "#"}}}});
        let cost = measure(&tree).unwrap();
        assert_eq!(cost.recursions, 1);
        assert!(cost.allows(&nested(100)));
    }

    #[test]
    fn long_chains_of_references_are_refused() {
        let mut definitions: Map<String, Value> =
            (0..5_000).map(|link| (format!("d{link}"), json!({"$ref": format!("#/$defs/d{}", link + 1)}))).collect();
        definitions.insert("d5000".to_owned(), json!({}));
        assert!(measure(&json!({"$defs": definitions, "$ref": "#/$defs/d0"})).unwrap_err().contains("nests"));
    }

    #[test]
    fn references_stay_within_the_schema() {
        let schema = json!({"$defs": {"a b/c": {"$anchor": "here"}}, "allOf": [{"$ref": "#/$defs/a%20b~1c"}, {"$ref": "#here"}, {"$ref": "#"}]});
        assert_eq!(measure(&schema).map(|cost| cost.recursions), Ok(1));
        for reference in ["http://localhost/x", "other.json", "#/$defs/none", "#none"] {
            assert!(measure(&json!({"$ref": reference})).is_err(), "{reference}");
        }
    }
}
