//! What a JSON schema asks of a person: fields, each with the kind of input that suits it.

use serde_json::{Map, Value};

use crate::types::{neutralise, neutralise_line};

/// References followed from one schema to another before it is left to raw JSON.
const REFERENCES: usize = 8;

/// The kinds of input.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// Text as it is.
    Text,
    /// A whole number, of any size.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Toggle,
    /// One of some values.
    Choice(Vec<Value>),
    /// Scalars, with commas between them, or a JSON array.
    List(Scalar),
    /// Any JSON.
    Json,
}

/// What the items of a list are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar {
    /// Text.
    Text,
    /// Whole numbers.
    Integer,
    /// Numbers.
    Number,
    /// True or false.
    Toggle,
}

/// One property of an object schema.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    /// The key on the wire.
    pub(super) key: String,
    /// What is typed.
    pub(super) kind: Kind,
    /// Whether it has to be there.
    pub(super) required: bool,
    /// Whether `null` may be sent.
    pub(super) nullable: bool,
    /// What the server takes where nothing is sent.
    pub(super) default: Option<Value>,
    /// What the schema says of it, made harmless.
    pub(super) description: String,
}

impl Kind {
    /// The word beside a field.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Toggle => "boolean",
            Self::Choice(_) => "choice",
            Self::List(_) => "list",
            Self::Json => "JSON",
        }
    }
}

/// The fields of an object schema, required ones first. `None` where the schema does not list its properties.
pub(super) fn shapes(schema: &Value) -> Option<Vec<Shape>> {
    let object = schema.as_object()?;
    let typed = object.get("type").is_none_or(|kind| kind == "object");
    let listed = match object.get("properties") {
        Some(properties) => properties.as_object()?,
        None if object.keys().all(|key| OPEN_KEYS.contains(&key.as_str()))
            && object.get("additionalProperties") != Some(&Value::Bool(true)) =>
        {
            &Map::new()
        }
        None => return None,
    };
    if !typed {
        return None;
    }
    let required: Vec<&str> =
        object.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut shapes: Vec<Shape> =
        listed.iter().map(|(key, property)| shape(schema, key, property, required.contains(&key.as_str()))).collect();
    shapes.sort_by_key(|shape| !shape.required);
    Some(shapes)
}

/// Keys of an object schema that say nothing about its properties.
const OPEN_KEYS: &[&str] =
    &["type", "$schema", "title", "description", "additionalProperties", "required", "$defs", "definitions"];

fn shape(root: &Value, key: &str, property: &Value, required: bool) -> Shape {
    let (schema, nullable) = plain(root, property);
    let text = |name: &str| property.get(name).or_else(|| schema.get(name)).and_then(Value::as_str);
    let description = text("description").or_else(|| text("title")).unwrap_or_default();
    Shape {
        key: key.to_owned(),
        kind: kind(root, schema),
        required,
        nullable,
        default: property.get("default").or_else(|| schema.get("default")).cloned(),
        description: neutralise(description.trim()).into_owned(),
    }
}

/// The schema behind references and wrappers of one, and whether `null` fits besides.
fn plain<'a>(root: &'a Value, property: &'a Value) -> (&'a Value, bool) {
    let mut schema = property;
    let mut nullable = false;
    for _ in 0..REFERENCES {
        nullable = nullable || kinds(schema).contains(&"null");
        let inner = if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer))
        } else {
            let variants = ["anyOf", "oneOf", "allOf"].iter().find_map(|name| schema.get(*name)?.as_array());
            let others: Vec<&Value> = variants.into_iter().flatten().filter(|variant| kinds(variant) != ["null"]).collect();
            nullable = nullable || variants.is_some_and(|all| all.len() > others.len());
            if others.len() == 1 { others.first().copied() } else { None }
        };
        match inner {
            Some(inner) => schema = inner,
            None => break,
        }
    }
    (schema, nullable)
}

/// The values of `type`.
fn kinds(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn kind(root: &Value, schema: &Value) -> Kind {
    if let Some(values) = schema.get("enum").and_then(Value::as_array).filter(|values| !values.is_empty()) {
        return Kind::Choice(values.iter().filter(|value| !value.is_null()).cloned().collect());
    }
    if let Some(value) = schema.get("const") {
        return Kind::Choice(vec![value.clone()]);
    }
    let kinds: Vec<&str> = kinds(schema).into_iter().filter(|kind| *kind != "null").collect();
    match kinds[..] {
        ["string"] => Kind::Text,
        ["integer"] => Kind::Integer,
        ["number"] | ["integer", "number"] | ["number", "integer"] => Kind::Number,
        ["boolean"] => Kind::Toggle,
        ["array"] => schema.get("items").and_then(|items| scalar(plain(root, items).0)).map_or(Kind::Json, Kind::List),
        _ => Kind::Json,
    }
}

fn scalar(items: &Value) -> Option<Scalar> {
    match kinds(items)[..] {
        ["string"] => Some(Scalar::Text),
        ["integer"] => Some(Scalar::Integer),
        ["number"] => Some(Scalar::Number),
        ["boolean"] => Some(Scalar::Toggle),
        _ => None,
    }
}

/// A value as one line: strings bare, the rest as JSON, made harmless.
pub(super) fn one_line(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    neutralise_line(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_flat_schema_becomes_fields() {
        let schema = json!({
            "type": "object",
            "properties": {
                "note": {"type": ["string", "null"], "description": " A\u{1b}note. "},
                "path": {"type": "string", "title": "Path"},
                "count": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": 3},
                "mode": {"$ref": "#/$defs/Mode"},
                "tags": {"type": "array", "items": {"type": "string"}},
                "deep": {"type": "object"},
                "both": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                "on": {"type": "boolean"},
                "loop": {"$ref": "#/properties/loop"},
            },
            "required": ["path", "on"],
            "$defs": {"Mode": {"enum": ["fast", 7, null], "description": "How."}},
        });
        let found = shapes(&schema).unwrap();
        let shape = |key: &str, kind, required, nullable, default, description: &str| Shape {
            key: key.to_owned(),
            kind,
            required,
            nullable,
            default,
            description: description.to_owned(),
        };
        assert_eq!(
            found,
            [
                shape("path", Kind::Text, true, false, None, "Path"),
                shape("on", Kind::Toggle, true, false, None, ""),
                shape("note", Kind::Text, false, true, None, "A␛note."),
                shape("count", Kind::Integer, false, true, Some(json!(3)), ""),
                shape("mode", Kind::Choice(vec![json!("fast"), json!(7)]), false, false, None, "How."),
                shape("tags", Kind::List(Scalar::Text), false, false, None, ""),
                shape("deep", Kind::Json, false, false, None, ""),
                shape("both", Kind::Json, false, false, None, ""),
                shape("loop", Kind::Json, false, false, None, ""),
            ]
        );
    }

    #[test]
    fn a_schema_that_lists_nothing_is_for_raw_json() {
        for empty in
            [json!({}), json!({"type": "object"}), json!({"type": "object", "properties": {}, "additionalProperties": false})]
        {
            assert_eq!(shapes(&empty), Some(Vec::new()), "{empty}");
        }
        for open in [
            json!(true),
            json!({"type": "object", "additionalProperties": true}),
            json!({"oneOf": []}),
            json!({"$ref": "#/x"}),
            json!({"type": "array", "properties": {}}),
        ] {
            assert_eq!(shapes(&open), None, "{open}");
        }
    }
}
