//! Signatures of real tools: they are short, and nothing that a caller must know is missing.

use mcp_studio::codegen::signature;
use mcp_studio::types::ToolSpec;
use serde_json::{Map, Value};

use super::corpus::corpus;

/// The most that the twelve tools of the git server may take, in bytes.
const GIT_BYTES: usize = 3_000;

#[test]
fn the_git_server_fits_into_three_kilobytes() {
    let Some(corpus) = corpus() else { return };
    let tools = corpus.iter().find(|(server, _)| server.as_str() == "git").map(|(_, tools)| tools).unwrap();
    assert_eq!(tools.len(), 12);
    let text: Vec<String> = tools.iter().map(signature).collect();
    let raw: usize = tools.iter().map(|tool| tool.raw.to_string().len()).sum();
    let bytes = text.join("\n").len();
    eprintln!("{bytes} bytes instead of {raw}:\n{}", text.join("\n"));
    assert!(bytes <= GIT_BYTES, "{bytes} bytes");
}

#[test]
fn real_signatures_lose_no_name_value_or_rule() {
    let Some(corpus) = corpus() else { return };
    let (mut whole, mut abridged, mut raw, mut short) = (0, 0, 0, 0);
    for tool in corpus.values().flatten() {
        let text = signature(tool);
        raw += tool.raw.to_string().len();
        short += text.len();
        if text.ends_with("(abridged: ask for the schema)") {
            abridged += 1;
        } else {
            whole += 1;
            assert_eq!(missing(tool, &text), Vec::<String>::new(), "{text}\n{}", tool.input_schema);
        }
    }
    eprintln!("{whole} whole, {abridged} abridged, {short} bytes instead of {raw}");
    assert!(abridged * 100 < whole, "{abridged} of {whole}");
}

/// What the input schema says and the text does not.
fn missing(tool: &ToolSpec, text: &str) -> Vec<String> {
    let mut said = Vec::new();
    collect(&tool.input_schema, &mut said);
    said.retain(|word| !text.contains(word));
    said
}

/// Names, values and rules of a schema, as they must stand in its signature.
fn collect(schema: &Value, said: &mut Vec<String>) {
    let Some(schema) = schema.as_object() else { return };
    for (key, value) in object(schema, "properties") {
        said.push(plain(key));
        collect(value, said);
    }
    said.extend(list(schema, "required").filter_map(Value::as_str).map(plain));
    said.extend(list(schema, "enum").map(literal));
    said.extend(schema.get("const").map(literal));
    for rule in ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "multipleOf"] {
        said.extend(schema.get(rule).filter(|value| value.is_number()).map(Value::to_string));
    }
    said.extend(["pattern", "format"].iter().filter_map(|rule| schema.get(*rule)).filter_map(Value::as_str).map(plain));
    for branch in ["anyOf", "oneOf", "allOf", "prefixItems"].iter().flat_map(|word| list(schema, word)) {
        collect(branch, said);
    }
    for inner in ["items", "additionalProperties"].iter().filter_map(|word| schema.get(*word)) {
        collect(inner, said);
    }
}

fn object<'a>(schema: &'a Map<String, Value>, word: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    schema.get(word).and_then(Value::as_object).into_iter().flatten()
}

fn list<'a>(schema: &'a Map<String, Value>, word: &str) -> impl Iterator<Item = &'a Value> {
    schema.get(word).and_then(Value::as_array).into_iter().flatten()
}

/// A text as far as it needs no escape.
fn plain(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphanumeric() || " _-.".contains(*c)).collect()
}

fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => plain(text),
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => String::new(),
    }
}
