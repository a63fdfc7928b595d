//! A tool in a few lines, for whoever decides whether and how to call it: an agent pays for every byte of a definition.
//!
//! Written are names, types, defaults, descriptions and every rule that a call could break. Left out is what tells a
//! caller nothing: titles, the keywords' own names, whether further keys are refused.
//!
//! ```text
//! git__git_log(repo_path: str, max_count: int = 10, since?: str (format date)) [read-only]
//!   Shows the commits
//!   since: Only those after this day
//! ```

mod rules;
mod shape;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::describe::one_line;
use crate::types::limits::SIGNATURE_BYTES;
use crate::types::{ToolSpec, neutralise_line};
use shape::Shapes;

/// Stands below a signature that does not say everything.
const ABRIDGED: &str = "(abridged: ask for the schema)";

/// The compact form of `tool`: a line with its arguments, then an indented line for each thing said of them.
pub fn signature(tool: &ToolSpec) -> String {
    let mut input = Shapes::new(&tool.input_schema, BTreeSet::new());
    let (arguments, rest) = input.arguments();
    let mut head = format!("{}({arguments})", neutralise_line(&tool.id.to_string()));
    let mut lines: Vec<String> = description(tool).into_iter().collect();
    lines.extend(rest.map(|rest| format!("arguments: {rest}")));
    let mut abridged = input.finish(&mut lines);
    if let Some(schema) = &tool.output_schema {
        let mut output = Shapes::new(schema, input.names());
        let _ = write!(head, " -> {}", output.result());
        abridged |= output.finish(&mut lines);
    }
    head.push_str(hint(tool));
    assemble(head, &lines, abridged)
}

fn description(tool: &ToolSpec) -> Option<String> {
    let said = [&tool.description, &tool.title].into_iter().flatten().map(|text| one_line(text));
    said.into_iter().find(|text| !text.is_empty())
}

/// What the server says of the effects of a call.
fn hint(tool: &ToolSpec) -> &'static str {
    match (tool.annotations.read_only, tool.annotations.destructive) {
        (Some(true), _) => " [read-only]",
        (_, Some(true)) => " [destructive]",
        (Some(false) | None, Some(false) | None) => "",
    }
}

fn assemble(head: String, lines: &[String], mut abridged: bool) -> String {
    let mut text = head;
    if text.len() > SIGNATURE_BYTES {
        text.truncate(text.floor_char_boundary(SIGNATURE_BYTES));
        abridged = true;
    }
    for line in lines {
        if text.len() + line.len() > SIGNATURE_BYTES {
            abridged = true;
            break;
        }
        text.push_str("\n  ");
        text.push_str(line);
    }
    if abridged {
        text.push_str("\n  ");
        text.push_str(ABRIDGED);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ServerName;
    use serde_json::{Value, json};

    fn written(definition: Value) -> String {
        let server = ServerName::new("s").unwrap();
        signature(&ToolSpec::from_wire(&server, definition).unwrap())
    }

    fn argument(schema: &Value) -> String {
        let whole = written(json!({"name": "t", "inputSchema": {"properties": {"a": schema}, "required": ["a"]}}));
        whole.strip_prefix("s__t(a: ").unwrap().strip_suffix(')').unwrap().to_owned()
    }

    #[test]
    fn everything_that_a_caller_must_know_is_there() {
        let tool = json!({
            "name": "log",
            "title": "Log",
            "description": "Shows\n  the commits",
            "annotations": {"readOnlyHint": true},
            "inputSchema": {
                "type": "object",
                "title": "LogArguments",
                "properties": {
                    "repo path": {"type": "string", "title": "Repo Path"},
                    "count": {"type": "integer", "default": 10, "minimum": 1, "maximum": 100},
                    "since": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null, "description": "A day"},
                    "order": {"enum": ["new", "old"]},
                    "filter": {
                        "type": "object",
                        "properties": {"author": {"type": "string", "description": "Whose"}, "n": {"type": "number"}},
                        "required": ["n"],
                    },
                },
                "required": ["repo path"],
                "additionalProperties": false,
            },
            "outputSchema": {"type": "object", "properties": {"commits": {"type": "array", "items": {"type": "string"}}}},
        });
        assert_eq!(
            written(tool),
            "s__log(\"repo path\": str, count: int (1..100) = 10, since: str | None = None, order?: \"new\" | \"old\", \
             filter?: {author?: str, n: float}) -> {commits?: list[str]} [read-only]\n  \
             Shows the commits\n  since: A day\n  filter.author: Whose"
        );
    }

    #[test]
    fn each_rule_has_its_words() {
        let table = [
            (
                json!({"type": "string", "minLength": 1, "maxLength": 9, "pattern": "^a\"$"}),
                "str (length 1..9, pattern \"^a\\\"$\")",
            ),
            (json!({"type": ["string", "null"], "format": "uri"}), "(str | None) (format \"uri\")"),
            (json!({"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.5}), "float (> 0, multiple of 0.5)"),
            (json!({"type": "number", "minimum": 0, "exclusiveMinimum": true}), "float (> 0)"),
            (
                json!({"type": "array", "items": {"type": "integer"}, "minItems": 1, "uniqueItems": true}),
                "list[int] (items 1.., unique)",
            ),
            (json!({"type": "array", "prefixItems": [{"type": "string"}, true]}), "list[str, any, ...]"),
            (json!({"type": "object", "additionalProperties": {"type": "boolean"}, "maxProperties": 3}), "dict[bool] (keys ..3)"),
            (json!({"type": "object"}), "dict"),
            (json!({"patternProperties": {"^x": {"type": "null"}}, "type": "object"}), "{/\"^x\"/: None}"),
            (json!({"const": 3, "description": ""}), "3"),
            (json!({"not": {"const": 1}}), "any (not {\"const\": 1})"),
            (json!({"oneOf": [{"required": ["x"]}, {"required": ["y"]}], "type": "object"}), "dict & ({x: any} | {y: any})"),
            (json!({"allOf": [{"type": "string"}, {"maxLength": 3}]}), "str & any (length ..3)"),
            (json!(false), "never"),
            (json!({"$ref": "http://elsewhere/x"}), "any (as \"http://elsewhere/x\")"),
            (json!(17), "any"),
        ];
        for (schema, expected) in table {
            assert_eq!(argument(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn what_refers_to_itself_is_written_once() {
        let tool = json!({"name": "t", "inputSchema": {
            "properties": {"tree": {"$ref": "#/$defs/Node"}, "same": {"$ref": "#/$defs/Node"}, "all": {"$ref": "#"}},
            "$defs": {"Node": {"properties": {"next": {"$ref": "#/$defs/Node"}, "n": {"type": "integer", "description": "How many"}}}},
        }});
        assert_eq!(
            written(tool),
            "s__t(tree?: Node, same?: Node, all?: Arguments)\n  Node.n: How many\n  Node = {next?: Node, n?: int}\n  \
             Arguments = {tree?: Node, same?: Node, all?: Arguments}"
        );
    }

    #[test]
    fn rules_of_all_arguments_together_are_kept() {
        let tool = json!({"name": "t", "inputSchema": {
            "properties": {"a": {"type": "string"}}, "required": ["b"], "anyOf": [{"required": ["a"]}, {"required": ["c"]}],
            "dependentRequired": {"a": ["c"]},
        }});
        assert_eq!(
            written(tool),
            "s__t(a?: str, b: any)\n  arguments: ({a: any} | {c: any}) (dependentRequired {\"a\": [\"c\"]})"
        );
    }

    #[test]
    fn hostile_definitions_stay_bounded_and_harmless() {
        let mut deep = json!({"type": "string"});
        for _ in 0..90 {
            deep = json!({"type": "array", "items": deep});
        }
        let text =
            written(json!({"name": "a\u{1b}[31m\n", "description": "x\u{202e}", "inputSchema": {"properties": {"\n\"": deep}}}));
        assert!(text.starts_with("s__a␛[31m␊(\"\\n\\\"\"?: list[list[") && text.ends_with(ABRIDGED), "{text}");
        let wide: serde_json::Map<String, Value> = (0..20_000).map(|n| (format!("k{n}"), json!({"description": "d"}))).collect();
        let text = written(json!({"name": "t", "inputSchema": {"properties": wide}}));
        assert!(text.len() < SIGNATURE_BYTES + 100 && text.ends_with(ABRIDGED));
    }
}
