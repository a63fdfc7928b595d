//! Local references. Nothing is ever fetched.

use crate::types::percent_decoded;
use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::types::limits::MESSAGE_DEPTH;

/// The subschemas of one document that a `$ref` can name.
#[derive(Debug)]
pub(super) struct References<'a> {
    root: &'a Value,
    anchors: HashMap<&'a str, &'a Value>,
    /// Whether subschemas have ids of their own or share an anchor: the same reference may mean different things then.
    ambiguous: bool,
    /// Whether `$ref` hides the keywords beside it, as it did before draft 2019-09.
    pub(super) stands_alone: bool,
}

impl<'a> References<'a> {
    pub(super) fn new(root: &'a Value) -> Self {
        let dialect = root.get("$schema").and_then(Value::as_str).unwrap_or_default();
        let stands_alone = ["draft-03", "draft-04", "draft-06", "draft-07"].iter().any(|draft| dialect.contains(draft));
        let mut references = Self { root, anchors: HashMap::new(), ambiguous: false, stands_alone };
        references.collect(root, MESSAGE_DEPTH);
        references
    }

    /// Whether `keywords` are of a dialect of their own, other than the published ones.
    pub(super) fn is_foreign(&self, keywords: &Map<String, Value>) -> bool {
        let dialect = keywords.get("$schema").and_then(Value::as_str);
        let is_root = self.root.as_object().is_some_and(|root| std::ptr::eq(root, keywords));
        dialect.is_some_and(|dialect| !dialect.contains("://json-schema.org/")) && !is_root
    }

    /// The subschema that `reference` names, and what to call it.
    pub(super) fn resolve(&self, reference: &'a str) -> Option<(&'a Value, &'a str)> {
        let (document, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let own = self.root.get("$id").and_then(Value::as_str).unwrap_or_default();
        if self.ambiguous || !(document.is_empty() || document == own.trim_end_matches('#')) {
            return None;
        }
        if let Some(target) = self.anchors.get(fragment) {
            return Some((target, fragment));
        }
        let target = self.root.pointer(&percent_decoded(fragment)?)?;
        Some((target, fragment.rsplit('/').next().unwrap_or_default()))
    }

    fn collect(&mut self, value: &'a Value, depth: usize) {
        if depth == 0 {
            return;
        }
        match value {
            Value::Object(entries) => {
                let anchor = entries.get("$anchor").and_then(Value::as_str);
                let is_taken = anchor.is_some_and(|anchor| self.anchors.insert(anchor, value).is_some());
                let is_document = entries.get("$id").is_some_and(Value::is_string) && !std::ptr::eq(value, self.root);
                self.ambiguous |= is_taken || is_document;
                entries.values().for_each(|inner| self.collect(inner, depth - 1));
            }
            Value::Array(items) => items.iter().for_each(|inner| self.collect(inner, depth - 1)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn local_references_are_found_and_others_are_not() {
        let root = json!({
            "$id": "http://x/s", "$defs": {"a b": 1, "c/d~e%": {"$anchor": "here"}}, "definitions": {"list": [7, 8]}, "": 9
        });
        let references = References::new(&root);
        let found = |reference| references.resolve(reference).map(|(target, name)| (target.clone(), name));
        assert_eq!(found("#/$defs/a%20b"), Some((json!(1), "a%20b")));
        assert_eq!(found("#/$defs/c~1d~0e%25"), Some((json!({"$anchor": "here"}), "c~1d~0e%25")));
        assert_eq!(found("#here"), Some((json!({"$anchor": "here"}), "here")));
        assert_eq!(found("http://x/s#/definitions/list/1"), Some((json!(8), "1")));
        assert_eq!(found("#"), Some((root.clone(), "")));
        assert_eq!(found("#/"), Some((json!(9), "")));
        for reference in ["#/none", "#nowhere", "http://y/s#/$defs/a b", "other.json", "#/$defs/a%zz", "#/%"] {
            assert_eq!(found(reference), None, "{reference}");
        }
    }

    #[test]
    fn a_pointer_that_could_mean_two_things_means_none() {
        let nested = json!({"$defs": {"a": {"$id": "inner", "$defs": {"a": {}}}}});
        assert!(References::new(&nested).resolve("#/$defs/a").is_none());
        let repeated = json!({"enum": [{"$anchor": "a"}], "$defs": {"a": {"$anchor": "a"}}});
        assert!(References::new(&repeated).resolve("#a").is_none());
    }
}
