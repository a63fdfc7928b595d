//! A tool as its server defined it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{ServerName, ToolId, estimate_tokens, json_bytes};

/// A tool definition, read leniently from the wire: what is missing or malformed degrades to a loose
/// default, so that one bad definition never hides the others. `raw` keeps every byte of meaning.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSpec {
    /// Server and wire name.
    pub id: ToolId,
    /// `title`, else `annotations.title`.
    pub title: Option<String>,
    /// `description`.
    pub description: Option<String>,
    /// `inputSchema`; an empty object schema where it is missing.
    pub input_schema: Value,
    /// `outputSchema`.
    pub output_schema: Option<Value>,
    /// Hints of the server; never trusted to widen anything.
    pub annotations: ToolAnnotations,
    /// The definition as sent.
    pub raw: Value,
    /// Bytes of it as compact JSON.
    pub bytes: u64,
}

/// `annotations` of a tool (MCP specification, `ToolAnnotations`). Absent means the server said nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ToolAnnotations {
    /// `readOnlyHint`.
    pub read_only: Option<bool>,
    /// `destructiveHint`.
    pub destructive: Option<bool>,
    /// `idempotentHint`.
    pub idempotent: Option<bool>,
    /// `openWorldHint`.
    pub open_world: Option<bool>,
}

impl ToolSpec {
    /// Reads one element of a `tools/list` result. Fails, with the reason, only where there is no name to call it by.
    pub fn from_wire(server: &ServerName, raw: Value) -> Result<Self, String> {
        let Some(definition) = raw.as_object() else {
            return Err("a tool definition is not an object".to_owned());
        };
        let name = match definition.get("name") {
            Some(Value::String(name)) if !name.is_empty() => name.clone(),
            Some(_) => return Err("a tool's name is not a non-empty string".to_owned()),
            None => return Err("a tool has no name".to_owned()),
        };
        let empty = Map::new();
        let hints = definition.get("annotations").and_then(Value::as_object).unwrap_or(&empty);
        let hint = |key: &str| hints.get(key).and_then(Value::as_bool);
        let text = |map: &Map<String, Value>, key: &str| map.get(key).and_then(Value::as_str).map(str::to_owned);
        Ok(Self {
            id: ToolId::new(server.clone(), &name),
            title: text(definition, "title").or_else(|| text(hints, "title")),
            description: text(definition, "description"),
            input_schema: definition.get("inputSchema").cloned().unwrap_or_else(|| Value::Object(Map::new())),
            output_schema: definition.get("outputSchema").filter(|schema| !schema.is_null()).cloned(),
            annotations: ToolAnnotations {
                read_only: hint("readOnlyHint"),
                destructive: hint("destructiveHint"),
                idempotent: hint("idempotentHint"),
                open_world: hint("openWorldHint"),
            },
            bytes: json_bytes(&raw),
            raw,
        })
    }

    /// Estimated tokens an agent pays to have this definition in its context.
    pub fn tokens(&self) -> u64 {
        estimate_tokens(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_malformed_definition_degrades_and_keeps_its_bytes() {
        let server = ServerName::new("s").unwrap();
        let raw = json!({"name": "t", "description": 7, "annotations": {"title": "T", "readOnlyHint": "yes"}, "x": 1});
        let tool = ToolSpec::from_wire(&server, raw.clone()).unwrap();
        assert_eq!(tool.title.as_deref(), Some("T"));
        assert_eq!((tool.description, tool.annotations), (None, ToolAnnotations::default()));
        assert_eq!((tool.input_schema, tool.output_schema, tool.raw), (json!({}), None, raw));
        for nameless in [json!(3), json!({}), json!({"name": ""}), json!({"name": 3})] {
            assert!(ToolSpec::from_wire(&server, nameless).is_err());
        }
    }
}
