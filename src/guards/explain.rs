//! What is wrong with a value, in words a person can act on. Values of arguments are never quoted: these words are recorded.

use std::fmt::Write as _;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::paths::{Location, LocationSegment};
use serde_json::Value;

use crate::types::limits::{EXPECTATION_CHARS, FAULTS_NAMED};
use crate::types::{Failure, FailureKind, ToolId, ToolSpec, nearest};

/// The refusal of arguments that are no object.
pub(super) fn not_an_object(tool: &ToolSpec, arguments: &Value) -> Failure {
    let message = format!("arguments of {} do not fit its schema: expected object, got {}", tool.id, type_name(arguments));
    Failure::new(FailureKind::SchemaValidation, message).hint(requirements(&tool.id, &tool.input_schema))
}

/// The refusal of arguments with these faults.
pub(super) fn refusal(tool: &ToolSpec, faults: &[String]) -> Failure {
    let first = faults.first().map_or("", String::as_str);
    let more = match faults.len() {
        0 | 1 => String::new(),
        FAULTS_NAMED => " (and more)".to_owned(),
        several => format!(" (and {} more)", several - 1),
    };
    let message = format!("arguments of {} do not fit its schema: {first}{more}", tool.id);
    let failure = Failure::new(FailureKind::SchemaValidation, message).hint(requirements(&tool.id, &tool.input_schema));
    if faults.len() < 2 {
        return failure;
    }
    faults.iter().fold(failure, |failure, fault| failure.note("argument", fault))
}

/// The first faults. Fails where the value could not be judged at all.
pub(super) fn faults<'a>(schema: &Value, errors: impl Iterator<Item = ValidationError<'a>>) -> Result<Vec<String>, String> {
    errors.take(FAULTS_NAMED).map(|error| fault(schema, &error)).collect()
}

/// One fault, as `path: expected this, got that`. Fails where the value could not be judged.
pub(super) fn fault(schema: &Value, error: &ValidationError<'_>) -> Result<String, String> {
    let kind = error.kind();
    let path = dotted(error.instance_path());
    let beside = |keyword: &str| schema.pointer(error.schema_path().as_str().rsplit_once('/')?.0)?.get(keyword);
    if matches!(kind, Kind::BacktrackLimitExceeded { .. } | Kind::RegexEngineFailure { .. }) {
        return Err("a pattern of the schema takes too long".to_owned());
    }
    if let Kind::Referencing(error) = kind {
        return Err(cut(&error.to_string()));
    }
    if let Kind::Required { property } = kind {
        let property = property.as_str().unwrap_or_default();
        return Ok(missing(&path, property, beside("properties").and_then(|known| known.get(property))));
    }
    if let Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } = kind {
        return Ok(not_allowed(&path, unexpected, beside("properties")));
    }
    let place = if path.is_empty() { "the whole" } else { &path };
    Ok(format!("{place}: expected {}, got {}", expected(kind), got(kind, error.instance())))
}

fn missing(path: &str, name: &str, schema: Option<&Value>) -> String {
    let expected = schema.and_then(expectation).map_or(String::new(), |expected| format!(", expected {expected}"));
    format!("{} is missing{expected}", member(path, name))
}

fn not_allowed(path: &str, names: &[String], properties: Option<&Value>) -> String {
    let known = properties.and_then(Value::as_object);
    let each = names.iter().take(FAULTS_NAMED).map(|name| {
        let meant = known.and_then(|known| nearest(name, known.keys().map(String::as_str)));
        let meant = meant.map_or(String::new(), |meant| format!(" (did you mean {meant}?)"));
        format!("{} is not allowed{meant}", member(path, name))
    });
    each.collect::<Vec<_>>().join(", ")
}

/// Why a schema cannot be compiled.
pub(super) fn schema_error(error: &ValidationError<'_>) -> String {
    match error.instance_path().as_str() {
        "" => cut(&error.to_string()),
        place => cut(&format!("at {place}: {error}")),
    }
}

/// What a keyword asks for.
fn expected(kind: &Kind) -> String {
    match kind {
        Kind::Type { kind: TypeKind::Single(one) } => one.to_string(),
        Kind::Type { kind: TypeKind::Multiple(several) } => {
            several.iter().map(|one| one.to_string()).collect::<Vec<_>>().join(" or ")
        }
        Kind::Enum { options } => format!("one of {}", cut(&options.to_string())),
        Kind::Constant { expected_value } => cut(&expected_value.to_string()),
        Kind::AnyOf { context } => alternatives("one of", context),
        Kind::OneOfNotValid { context } => alternatives("exactly one of", context),
        Kind::OneOfMultipleValid { .. } => "exactly one of the alternatives to fit".to_owned(),
        Kind::Minimum { limit } => format!("at least {limit}"),
        Kind::Maximum { limit } => format!("at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("less than {limit}"),
        Kind::MultipleOf { multiple_of } => format!("a multiple of {multiple_of}"),
        Kind::MinLength { limit } => format!("at least {limit} characters"),
        Kind::MaxLength { limit } => format!("at most {limit} characters"),
        Kind::MinItems { limit } => format!("at least {limit} items"),
        Kind::MaxItems { limit } => format!("at most {limit} items"),
        Kind::AdditionalItems { limit } => format!("no more than {limit} items"),
        Kind::MinProperties { limit } => format!("at least {limit} properties"),
        Kind::MaxProperties { limit } => format!("at most {limit} properties"),
        Kind::Pattern { pattern } => format!("text that matches {}", cut(pattern)),
        Kind::Format { format } => cut(format),
        Kind::ContentEncoding { content_encoding } => format!("text in {}", cut(content_encoding)),
        Kind::ContentMediaType { content_media_type } => format!("text of type {}", cut(content_media_type)),
        Kind::FromUtf8 { .. } => "encoded UTF-8".to_owned(),
        Kind::UniqueItems => "items that differ from each other".to_owned(),
        Kind::Contains => "an item that fits \"contains\"".to_owned(),
        Kind::UnevaluatedItems { .. } => "no further items".to_owned(),
        Kind::PropertyNames { error } => format!("other property names ({})", expected(error.kind())),
        Kind::Not { schema } => format!("something that does not fit {}", cut(&schema.to_string())),
        Kind::FalseSchema => "nothing here".to_owned(),
        Kind::Custom { message, .. } => cut(message),
        Kind::Required { .. } | Kind::AdditionalProperties { .. } | Kind::UnevaluatedProperties { .. } => {
            "other properties".to_owned()
        }
        Kind::BacktrackLimitExceeded { .. } | Kind::RegexEngineFailure { .. } | Kind::Referencing(_) => {
            "what cannot be told".to_owned()
        }
    }
}

/// What each branch asks for first; equal ones once.
fn alternatives(words: &str, branches: &[Vec<ValidationError<'static>>]) -> String {
    let mut texts: Vec<String> = Vec::new();
    for error in branches.iter().filter_map(|branch| branch.first()) {
        let place = dotted(error.instance_path());
        let text = if let Kind::Required { property } = error.kind() {
            format!("{} given", member(&place, property.as_str().unwrap_or_default()))
        } else {
            expected(error.kind())
        };
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    format!("{words}: {}", cut(&texts.join("; ")))
}

/// What came instead: the measure that the keyword looks at, never the value.
fn got(kind: &Kind, instance: &Value) -> String {
    match (kind.keyword(), instance) {
        ("minItems" | "maxItems" | "additionalItems", Value::Array(items)) => format!("{} items", items.len()),
        ("minLength" | "maxLength", Value::String(text)) => format!("{} characters", text.chars().count()),
        ("minProperties" | "maxProperties", Value::Object(fields)) => format!("{} properties", fields.len()),
        ("type" | "anyOf" | "oneOf", _) => type_name(instance).to_owned(),
        _ => format!("another {}", type_name(instance)),
    }
}

/// What a property's schema asks for, in a word or two.
fn expectation(schema: &Value) -> Option<String> {
    if let Some(options) = schema.get("enum") {
        return Some(format!("one of {}", cut(&options.to_string())));
    }
    match schema.get("type")? {
        Value::String(name) => Some(cut(name)),
        Value::Array(names) => Some(cut(&names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "))),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// The fields that a tool requires, for a hint.
fn requirements(tool: &ToolId, schema: &Value) -> String {
    let list = |names: Vec<&str>| {
        let named: Vec<String> = names.iter().take(FAULTS_NAMED).map(|name| member("", name)).collect();
        let more = if names.len() > FAULTS_NAMED { ", ..." } else { "" };
        format!("{}{more}", named.join(", "))
    };
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let known: Vec<&str> =
        schema.get("properties").and_then(Value::as_object).into_iter().flat_map(|map| map.keys()).map(String::as_str).collect();
    match (required.is_empty(), known.is_empty()) {
        (false, _) => format!("{tool} requires {}", list(required)),
        (true, false) => format!("{tool} requires nothing and takes {}", list(known)),
        (true, true) => format!("{tool} takes an object"),
    }
}

/// `a.b[0]["odd key"]`; empty for the whole.
fn dotted(path: &Location) -> String {
    path.segments().fold(String::new(), |path, segment| match segment {
        LocationSegment::Property(name) => member(&path, &name),
        LocationSegment::Index(index) => format!("{path}[{index}]"),
    })
}

fn member(path: &str, name: &str) -> String {
    let mut whole = path.to_owned();
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'));
    // Writing into a string cannot fail.
    let _ = match (plain, path.is_empty()) {
        (true, true) => write!(whole, "{name}"),
        (true, false) => write!(whole, ".{name}"),
        (false, _) => write!(whole, "[{}]", cut(&format!("{name:?}"))),
    };
    whole
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(EXPECTATION_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
