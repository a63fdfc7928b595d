//! Arguments and results against the JSON Schemas of their tools.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use super::Verdict;
use super::bounds::{self, Cost};
use super::explain;
use crate::types::limits::{PATTERN_BYTES, PATTERN_STEPS, SCHEMAS_KEPT};
use crate::types::{Decision, ToolSpec};

/// Compiled schemas, shared by all calls. Each is compiled once for each definition of a tool and never fetched from
/// anywhere. What cannot be checked is allowed, with a warning that says why: the server checks as well.
#[derive(Debug, Default)]
pub struct Schemas {
    kept: Mutex<Kept>,
}

/// The compiled schemas by the address of their definition, which cannot be reused while it is kept.
#[derive(Debug, Default)]
struct Kept {
    compiled: HashMap<usize, Arc<Compiled>>,
    /// The same, oldest first.
    order: VecDeque<usize>,
}

#[derive(Debug)]
struct Compiled {
    tool: Arc<ToolSpec>,
    input: OnceLock<Result<Checker, String>>,
    output: OnceLock<Result<Checker, String>>,
}

#[derive(Debug)]
struct Checker {
    validator: Validator,
    cost: Cost,
}

impl Schemas {
    /// Checks `arguments` against the input schema of `tool`. A schema that cannot be compiled allows, with a warning.
    pub fn check_arguments(&self, tool: &Arc<ToolSpec>, arguments: &Value) -> (Verdict, Vec<String>) {
        if !arguments.is_object() {
            let failure = explain::not_an_object(tool, arguments);
            return (Verdict::Deny(Decision::DeniedSchema, failure), Vec::new());
        }
        let compiled = self.compiled(tool);
        match checker(&compiled.input, &compiled.tool.input_schema, arguments) {
            Err(reason) => {
                (Verdict::Allow, vec![format!("arguments were not checked: the input schema cannot be used: {reason}")])
            }
            Ok(checker) if checker.validator.is_valid(arguments) => (Verdict::Allow, Vec::new()),
            Ok(checker) => match explain::faults(&tool.input_schema, checker.validator.iter_errors(arguments)) {
                Ok(faults) => (Verdict::Deny(Decision::DeniedSchema, explain::refusal(tool, &faults)), Vec::new()),
                Err(reason) => (Verdict::Allow, vec![format!("arguments were not checked: {reason}")]),
            },
        }
    }

    /// Checks a structured result against the output schema of `tool`; what does not fit is a warning, never a loss.
    pub fn check_result(&self, tool: &Arc<ToolSpec>, structured: &Value) -> Vec<String> {
        self.check_output(tool, structured, "the output schema")
    }

    /// The same for what was discovered of a tool's replies, which stands in for its output schema.
    pub fn check_discovered(&self, seen: &Arc<ToolSpec>, value: &Value) -> Vec<String> {
        self.check_output(seen, value, "what was discovered")
    }

    fn check_output(&self, tool: &Arc<ToolSpec>, structured: &Value, what: &str) -> Vec<String> {
        if tool.output_schema.is_none() {
            return Vec::new();
        }
        let compiled = self.compiled(tool);
        let Some(schema) = &compiled.tool.output_schema else {
            return Vec::new();
        };
        match checker(&compiled.output, schema, structured) {
            Err(reason) => vec![format!("the result was not checked: {what} cannot be used: {reason}")],
            Ok(checker) => match checker.validator.validate(structured).map_err(|error| explain::fault(schema, &error)) {
                Ok(()) => Vec::new(),
                Err(Ok(fault)) => vec![format!("the result does not fit {what}: {fault}")],
                Err(Err(reason)) => vec![format!("the result was not checked: {reason}")],
            },
        }
    }

    fn compiled(&self, tool: &Arc<ToolSpec>) -> Arc<Compiled> {
        let address = Arc::as_ptr(tool).addr();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(compiled) = kept.compiled.get(&address) {
            return Arc::clone(compiled);
        }
        if kept.order.len() == SCHEMAS_KEPT
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.compiled.remove(&oldest);
        }
        let compiled = Arc::new(Compiled { tool: Arc::clone(tool), input: OnceLock::new(), output: OnceLock::new() });
        kept.order.push_back(address);
        kept.compiled.insert(address, Arc::clone(&compiled));
        compiled
    }
}

/// The compiled form of `schema`, if it can check `value` within bounds.
fn checker<'a>(cell: &'a OnceLock<Result<Checker, String>>, schema: &Value, value: &Value) -> Result<&'a Checker, String> {
    let checker = cell.get_or_init(|| compile(schema)).as_ref().map_err(Clone::clone)?;
    if checker.cost.allows(value) { Ok(checker) } else { Err("with this value it takes too long".to_owned()) }
}

fn compile(schema: &Value) -> Result<Checker, String> {
    let cost = bounds::measure(schema)?;
    let (declared, cleaned) = declared_draft(schema);
    let schema = cleaned.as_ref().unwrap_or(schema);
    let build = |draft| {
        jsonschema::options()
            .with_draft(draft)
            .offline()
            .should_validate_formats(false)
            .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(PATTERN_STEPS).size_limit(PATTERN_BYTES))
            .build(schema)
            .map_err(|error| explain::schema_error(&error))
    };
    let validator = match declared {
        Some(draft) => build(draft)?,
        // Many older schemas name no draft; what is no 2020-12 may be one of those.
        None => build(Draft::Draft202012)
            .or_else(|error| build(Draft::Draft7).or_else(|_| build(Draft::Draft4)).map_err(|_| error))?,
    };
    Ok(Checker { validator, cost })
}

/// The draft that `$schema` names; without one it is 2020-12 (MCP 2025-11-25, "JSON Schema usage"). A `$schema` that names
/// no known draft is an error to the validator, so the schema is answered without it.
fn declared_draft(schema: &Value) -> (Option<Draft>, Option<Value>) {
    let Some(uri) = schema.get("$schema") else {
        return (None, None);
    };
    let known = uri.as_str().and_then(|uri| match uri.trim_end_matches('#').split_once("://")?.1 {
        "json-schema.org/draft-04/schema" => Some(Draft::Draft4),
        "json-schema.org/draft-06/schema" => Some(Draft::Draft6),
        "json-schema.org/draft-07/schema" => Some(Draft::Draft7),
        "json-schema.org/draft/2019-09/schema" => Some(Draft::Draft201909),
        "json-schema.org/draft/2020-12/schema" => Some(Draft::Draft202012),
        _ => None,
    });
    let mut cleaned = schema.clone();
    if let Some(fields) = cleaned.as_object_mut() {
        fields.shift_remove("$schema");
    }
    (known, Some(cleaned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Failure, FailureKind, ServerName};
    use serde_json::json;

    fn tool(input: &Value, output: Option<&Value>) -> Arc<ToolSpec> {
        let raw = json!({"name": "t", "inputSchema": input, "outputSchema": output});
        Arc::new(ToolSpec::from_wire(&ServerName::new("s").unwrap(), raw).unwrap())
    }

    fn check(schema: &Value, arguments: &Value) -> (Verdict, Vec<String>) {
        Schemas::default().check_arguments(&tool(schema, None), arguments)
    }

    fn refused(schema: &Value, arguments: &Value) -> Failure {
        match check(schema, arguments) {
            (Verdict::Deny(Decision::DeniedSchema, failure), warnings) if warnings.is_empty() => failure,
            other => panic!("{arguments} is not refused by {schema}: {other:?}"),
        }
    }

    #[test]
    fn a_refusal_names_path_expectation_and_what_is_required() {
        let schema = json!({"type": "object", "required": ["repo_path"], "additionalProperties": false,
            "properties": {"repo_path": {"type": "string"}, "max count": {"type": ["integer", "null"], "minimum": 1}}});
        let failure = refused(&schema, &json!({}));
        assert_eq!(
            failure.to_string(),
            "arguments of s__t do not fit its schema: repo_path is missing, expected string\nhint: s__t requires repo_path"
        );
        assert_eq!(failure.kind, FailureKind::SchemaValidation);
        assert_eq!(
            refused(&schema, &json!({"repopath": "secret", "max count": "ten"})).to_string(),
            "arguments of s__t do not fit its schema: [\"max count\"]: expected null or integer, got string (and 2 more)\n  \
             argument: [\"max count\"]: expected null or integer, got string\n  \
             argument: repopath is not allowed (did you mean repo_path?)\n  \
             argument: repo_path is missing, expected string\n\
             hint: s__t requires repo_path"
        );
    }

    #[test]
    fn each_keyword_says_what_it_expected() {
        for (schema, value, words) in [
            (json!({"type": "integer"}), json!("x"), "expected integer, got string"),
            (json!({"enum": ["a", 1]}), json!("secret"), "expected one of [\"a\",1], got another string"),
            (json!({"const": 1}), json!(2), "expected 1, got another integer"),
            (json!({"minimum": 3}), json!(2.5), "expected at least 3, got another number"),
            (json!({"maxLength": 3}), json!("äöüß"), "expected at most 3 characters, got 4 characters"),
            (json!({"minItems": 1}), json!([]), "expected at least 1 items, got 0 items"),
            (json!({"pattern": "^a+$"}), json!("b"), "expected text that matches ^a+$, got another string"),
            (json!({"anyOf": [{"type": "string"}, {"type": "null"}]}), json!(1), "expected one of: string; null, got integer"),
            (
                json!({"not": {"type": "string"}}),
                json!("x"),
                "expected something that does not fit {\"type\":\"string\"}, got another string",
            ),
            (json!(false), json!(1), "expected nothing here, got another integer"),
        ] {
            let failure = refused(&json!({"properties": {"a": {"items": schema}}}), &json!({"a": [value]}));
            assert_eq!(failure.message, format!("arguments of s__t do not fit its schema: a[0]: {words}"));
        }
    }

    #[test]
    fn faults_behind_references_have_their_paths_and_suggestions() {
        let schema = json!({"$defs": {"d": {"properties": {"name": {"enum": ["x"]}}, "required": ["name"], "additionalProperties": false}},
            "properties": {"a": {"items": {"$ref": "#/$defs/d"}}}});
        let failure = refused(&schema, &json!({"a": [{"nam": 1}]}));
        let notes: Vec<&str> = failure.notes.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(notes, ["a[0].nam is not allowed (did you mean name?)", "a[0].name is missing, expected one of [\"x\"]"]);
        assert_eq!(failure.hint.as_deref(), Some("s__t requires nothing and takes a"));
    }

    #[test]
    fn drafts_are_found_or_guessed() {
        let tuple = json!({"properties": {"a": {"items": [{"type": "string"}]}}});
        let exclusive = json!({"properties": {"a": {"items": {"minimum": 0, "exclusiveMinimum": true}}}});
        for (schema, arguments) in [(&tuple, json!({"a": [1]})), (&exclusive, json!({"a": [0]}))] {
            refused(schema, &arguments);
            assert_eq!(check(schema, &json!({"a": ["x"]})), (Verdict::Allow, Vec::new()));
        }
        for draft in
            ["http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft-07/schema", "http://x/unknown", "urn:x"]
        {
            let mut schema = tuple.clone();
            schema["$schema"] = json!(draft);
            refused(&schema, &json!({"a": [1]}));
        }
        let newer = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "dependentRequired": {"a": ["b"]}});
        refused(&newer, &json!({"a": 1}));
    }

    #[test]
    fn what_cannot_be_checked_is_allowed_and_said() {
        let bomb = json!({"properties": {"a": {"pattern": "^(?:(a|aa)+)+\\1b$"}}});
        for (schema, arguments, reason) in [
            (json!({"type": "any"}), json!({}), "the input schema cannot be used: at /type: "),
            (json!({"$ref": "http://localhost:1/x"}), json!({}), "the input schema cannot be used: its reference "),
            (json!("text"), json!({}), "the input schema cannot be used: "),
            (json!({"pattern": "(a{1000}){1000}"}), json!({}), "the input schema cannot be used: at /pattern: "),
            (bomb, json!({"a": "a".repeat(64)}), "a pattern of the schema takes too long"),
        ] {
            let (verdict, warnings) = check(&schema, &arguments);
            assert_eq!((verdict, warnings.len()), (Verdict::Allow, 1), "{schema}");
            let expected = format!("arguments were not checked: {reason}");
            assert!(warnings[0].starts_with(&expected), "{warnings:?} instead of {expected}");
        }
    }

    #[test]
    fn hostile_schemas_neither_hang_nor_overflow() {
        let loops = [
            json!({"$ref": "#"}),
            json!({"allOf": [{"$ref": "#"}]}),
            json!({"properties": {"a": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}}}),
        ];
        let deep = (0..100).fold(json!({}), |inner, _| json!({"a": inner}));
        for schema in loops {
            assert_eq!(check(&schema, &deep).0, Verdict::Allow);
        }
        let huge: Value = serde_json::from_str("{\"a\": 1e1000000000}").unwrap();
        refused(&json!({"properties": {"a": {"maximum": 3, "multipleOf": 7}}}), &huge);
    }

    #[test]
    fn only_objects_are_arguments() {
        for (arguments, name) in [(json!([1]), "array"), (json!("x"), "string"), (json!(1.5), "number"), (Value::Null, "null")] {
            let expected =
                format!("arguments of s__t do not fit its schema: expected object, got {name}\nhint: s__t takes an object");
            assert_eq!(refused(&json!(true), &arguments).to_string(), expected);
        }
    }

    #[test]
    fn a_result_that_does_not_fit_is_a_warning() {
        let schemas = Schemas::default();
        let output = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
        let with_output = tool(&json!({}), Some(&output));
        assert_eq!(schemas.check_result(&with_output, &json!({"n": 1})), Vec::<String>::new());
        assert_eq!(
            schemas.check_result(&with_output, &json!({"n": "1"})),
            ["the result does not fit the output schema: n: expected integer, got string"]
        );
        assert_eq!(schemas.check_result(&tool(&json!({}), None), &json!(1)), Vec::<String>::new());
        let broken = tool(&json!({}), Some(&json!({"type": 7})));
        assert_eq!(schemas.check_result(&broken, &json!(1)).len(), 1);
    }

    #[test]
    fn definitions_are_compiled_once_and_forgotten_in_order() {
        let schemas = Schemas::default();
        let first = tool(&json!({"type": "object"}), None);
        let compiled = schemas.compiled(&first);
        assert!(Arc::ptr_eq(&compiled, &schemas.compiled(&first)));
        let others: Vec<_> = (0..SCHEMAS_KEPT).map(|_| tool(&json!({}), None)).collect();
        for other in &others {
            schemas.compiled(other);
        }
        let kept = schemas.kept.lock().unwrap();
        assert_eq!((kept.compiled.len(), kept.order.len()), (SCHEMAS_KEPT, SCHEMAS_KEPT));
        assert!(!kept.compiled.contains_key(&Arc::as_ptr(&first).addr()));
    }
}
