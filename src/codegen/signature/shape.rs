//! Types in their compact form, and what is said of their parts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::rules::rules;
use crate::codegen::describe::one_line;
use crate::codegen::literal::{json, quote};
use crate::types::limits::{SIGNATURE_BYTES, TYPED_DEPTH};

/// What the list of arguments itself says.
const FIELDS: [&str; 6] = ["type", "properties", "required", "additionalProperties", "patternProperties", "description"];

/// The types of one schema.
pub(super) struct Shapes<'a> {
    root: &'a Value,
    /// Names of referred schemas by pointer.
    references: BTreeMap<&'a str, String>,
    /// Pointers in the order in which they were met.
    met: Vec<&'a str>,
    /// Names that are taken.
    taken: BTreeSet<String>,
    /// `path: description`, in the order of the schema.
    remarks: Vec<String>,
    /// Where what is being written stands, as `filter.items[]`.
    path: Vec<String>,
    depth: usize,
    bytes_left: usize,
    abridged: bool,
}

impl<'a> Shapes<'a> {
    pub(super) fn new(root: &'a Value, taken: BTreeSet<String>) -> Self {
        Self {
            root,
            references: BTreeMap::new(),
            met: Vec::new(),
            taken,
            remarks: Vec::new(),
            path: Vec::new(),
            depth: 0,
            bytes_left: SIGNATURE_BYTES,
            abridged: false,
        }
    }

    /// The arguments of a call, and what else holds for all of them together.
    pub(super) fn arguments(&mut self) -> (String, Option<String>) {
        let Some(schema) = self.root.as_object() else {
            return (String::new(), None);
        };
        let fields = self.fields(schema);
        let mut rest = Map::new();
        rest.extend(
            schema.iter().filter(|(key, _)| !FIELDS.contains(&key.as_str())).map(|(key, value)| (key.clone(), value.clone())),
        );
        let mut parts = self.combined(schema);
        parts = joined(parts, &rules(&rest));
        (fields.join(", "), (!parts.is_empty()).then(|| parts.join(" & ")))
    }

    /// The type of a result. Nothing is said of its parts: their names do.
    pub(super) fn result(&mut self) -> String {
        let text = self.shape(self.root);
        self.remarks.clear();
        text
    }

    /// Adds the remarks and the referred schemas to `lines`. Says whether anything had to be left out.
    pub(super) fn finish(&mut self, lines: &mut Vec<String>) -> bool {
        let mut definitions = Vec::new();
        let mut next = 0;
        while let Some(&pointer) = self.met.get(next) {
            let name = self.references.get(pointer).cloned().unwrap_or_default();
            if let Some(schema) = self.root.pointer(pointer) {
                // What the arguments themselves say stands there already.
                let said = self.remarks.len();
                self.path.push(name.clone());
                definitions.push(format!("{name} = {}", self.shape(schema)));
                self.path.pop();
                if pointer.is_empty() {
                    self.remarks.truncate(said);
                }
            }
            next += 1;
        }
        lines.append(&mut self.remarks);
        lines.append(&mut definitions);
        self.abridged
    }

    /// Names given so far.
    pub(super) fn names(&self) -> BTreeSet<String> {
        self.taken.clone()
    }

    fn shape(&mut self, schema: &'a Value) -> String {
        let Some(schema) = schema.as_object() else {
            return if schema == &Value::Bool(false) { "never".to_owned() } else { "any".to_owned() };
        };
        if self.depth == TYPED_DEPTH || self.bytes_left == 0 {
            self.abridged = true;
            return "any".to_owned();
        }
        self.depth += 1;
        let text = self.object(schema);
        self.depth -= 1;
        self.bytes_left = self.bytes_left.saturating_sub(text.len() / self.depth.max(1));
        text
    }

    fn object(&mut self, schema: &'a Map<String, Value>) -> String {
        let mut parts: Vec<String> = self.base(schema).into_iter().collect();
        parts.extend(self.combined(schema));
        let alone = parts.len() == 1;
        let parts = joined(parts, &rules(schema));
        match parts.len() {
            0 => "any".to_owned(),
            // A union that stands alone needs no parentheses.
            1 if alone => parts.first().map(|part| unwrapped(part).to_owned()).unwrap_or_default(),
            _ => parts.join(" & "),
        }
    }

    /// What `enum`, `const`, `$ref` or `type` say.
    fn base(&mut self, schema: &'a Map<String, Value>) -> Option<String> {
        if let Some(Value::Array(values)) = schema.get("enum") {
            return Some(union(values.iter().map(json).collect()));
        }
        if let Some(value) = schema.get("const") {
            return Some(json(value));
        }
        if let Some(Value::String(reference)) = schema.get("$ref") {
            return Some(self.reference(reference));
        }
        match schema.get("type") {
            Some(Value::String(kind)) => Some(self.kind(kind, schema)),
            Some(Value::Array(kinds)) => {
                let kinds: Vec<String> = kinds.iter().filter_map(Value::as_str).map(|kind| self.kind(kind, schema)).collect();
                (!kinds.is_empty()).then(|| union(kinds))
            }
            Some(_) | None => {
                let speaks_of = |words: &[&str]| words.iter().any(|word| schema.contains_key(*word));
                if speaks_of(&["properties", "required", "additionalProperties", "patternProperties"]) {
                    Some(self.kind("object", schema))
                } else if speaks_of(&["items", "prefixItems"]) {
                    Some(self.kind("array", schema))
                } else {
                    None
                }
            }
        }
    }

    fn kind(&mut self, kind: &str, schema: &'a Map<String, Value>) -> String {
        match kind {
            "string" => "str".to_owned(),
            "integer" => "int".to_owned(),
            "number" => "float".to_owned(),
            "boolean" => "bool".to_owned(),
            "null" => "None".to_owned(),
            "array" => self.list(schema),
            "object" => self.dictionary(schema),
            _ => "any".to_owned(),
        }
    }

    fn list(&mut self, schema: &'a Map<String, Value>) -> String {
        let (first, rest) = match (schema.get("prefixItems"), schema.get("items")) {
            (Some(Value::Array(first)), rest) => (first.as_slice(), rest),
            (_, Some(Value::Array(first))) => (first.as_slice(), schema.get("additionalItems")),
            (_, rest) => (&[][..], rest),
        };
        self.path.push("[]".to_owned());
        let mut items: Vec<String> = first.iter().map(|item| self.shape(item)).collect();
        match rest {
            Some(Value::Bool(false)) => {}
            Some(rest) if items.is_empty() => items.push(self.described(rest)),
            Some(rest) => items.push(format!("...{}", self.shape(rest))),
            None if items.is_empty() => {}
            None => items.push("...".to_owned()),
        }
        self.path.pop();
        if items.is_empty() { "list".to_owned() } else { format!("list[{}]", items.join(", ")) }
    }

    fn dictionary(&mut self, schema: &'a Map<String, Value>) -> String {
        let fields = self.fields(schema);
        match (fields.as_slice(), schema.get("additionalProperties")) {
            ([], Some(Value::Bool(false))) => "{}".to_owned(),
            ([only], Some(Value::Object(_))) if only.starts_with("**: ") => format!("dict[{}]", &only["**: ".len()..]),
            ([], _) => "dict".to_owned(),
            (fields, _) => format!("{{{}}}", fields.join(", ")),
        }
    }

    /// Named keys, required ones that are nowhere described, keys by pattern, and all others where they have a type.
    fn fields(&mut self, schema: &'a Map<String, Value>) -> Vec<String> {
        let none = Map::new();
        let required: Vec<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let named = schema.get("properties").and_then(Value::as_object);
        let mut fields = Vec::new();
        for (key, value) in named.into_iter().flatten() {
            if self.bytes_left == 0 {
                self.abridged = true;
                break;
            }
            fields.push(self.field(key, value, required.contains(&key.as_str())));
        }
        let undescribed = required.iter().filter(|key| !named.unwrap_or(&none).contains_key(**key));
        fields.extend(undescribed.map(|key| format!("{}: any", label(key))));
        for (pattern, value) in schema.get("patternProperties").and_then(Value::as_object).into_iter().flatten() {
            fields.push(format!("/{}/: {}", quote(pattern), self.shape(value)));
        }
        if let Some(others @ Value::Object(_)) = schema.get("additionalProperties") {
            self.path.push("*".to_owned());
            fields.push(format!("**: {}", self.described(others)));
            self.path.pop();
        }
        fields
    }

    fn field(&mut self, key: &str, schema: &'a Value, required: bool) -> String {
        self.path.push(label(key));
        let shape = self.described(schema);
        self.path.pop();
        let default = schema.get("default").map(json);
        match (required, default) {
            (true, None) => format!("{}: {shape}", label(key)),
            (true, Some(default)) => format!("{}: {shape} (default {default})", label(key)),
            (false, None) => format!("{}?: {shape}", label(key)),
            (false, Some(default)) => format!("{}: {shape} = {default}", label(key)),
        }
    }

    /// The shape of `schema`; what it says of itself becomes a remark.
    fn described(&mut self, schema: &'a Value) -> String {
        let said = schema.get("description").and_then(Value::as_str).map(one_line).filter(|text| !text.is_empty());
        if let Some(said) = said {
            let remark = format!("{}: {said}", self.path.join(".").replace(".[]", "[]"));
            self.bytes_left = self.bytes_left.saturating_sub(remark.len());
            self.remarks.push(remark);
        }
        self.shape(schema)
    }

    fn reference(&mut self, reference: &'a str) -> String {
        let Some(pointer) = reference.strip_prefix('#').filter(|pointer| self.root.pointer(pointer).is_some()) else {
            return format!("any (as {})", quote(reference));
        };
        if let Some(name) = self.references.get(pointer) {
            return name.clone();
        }
        let wanted = match pointer.rsplit('/').next() {
            Some(last) if !last.is_empty() => label(last),
            Some(_) | None => "Arguments".to_owned(),
        };
        let mut name = wanted.clone();
        let mut number = 2_usize;
        while !self.taken.insert(name.clone()) {
            name = format!("{wanted}{number}");
            number += 1;
        }
        self.references.insert(pointer, name.clone());
        self.met.push(pointer);
        name
    }

    /// `allOf`, `anyOf` and `oneOf`.
    fn combined(&mut self, schema: &'a Map<String, Value>) -> Vec<String> {
        let list = |word: &str| schema.get(word).and_then(Value::as_array).into_iter().flatten();
        let mut parts: Vec<String> = list("allOf").map(|branch| self.shape(branch)).collect();
        for word in ["anyOf", "oneOf"] {
            let branches: Vec<String> = list(word).map(|branch| self.described(branch)).collect();
            if !branches.is_empty() {
                parts.push(union(branches));
            }
        }
        parts
    }
}

/// Alternatives, without repetitions; in parentheses where there are several.
fn union(mut members: Vec<String>) -> String {
    let mut seen = BTreeSet::new();
    members.retain(|member| seen.insert(member.clone()));
    if members.len() == 1 { members.remove(0) } else { format!("({})", members.join(" | ")) }
}

/// Without the parentheses of [`union`] around the whole.
fn unwrapped(part: &str) -> &str {
    let inner = part.strip_prefix('(').and_then(|part| part.strip_suffix(')'));
    inner.filter(|inner| closes_itself(inner)).unwrap_or(part)
}

/// Whether every parenthesis in `text` is opened before it is closed. Those in quoted texts may deceive it; then nothing is lost.
fn closes_itself(text: &str) -> bool {
    let mut open = 0_i32;
    for c in text.chars() {
        match c {
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        if open < 0 {
            return false;
        }
    }
    open == 0
}

/// `parts` with the rules behind the last one.
fn joined(mut parts: Vec<String>, rules: &[String]) -> Vec<String> {
    if !rules.is_empty() {
        let last = parts.pop().unwrap_or_else(|| "any".to_owned());
        parts.push(format!("{last} ({})", rules.join(", ")));
    }
    parts
}

/// A key as it is, or quoted where it would not read as one word.
fn label(key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$' | '@'));
    if plain { key.to_owned() } else { quote(key) }
}
