//! How much of a tool is told: agents read names first and definitions last.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::signature::signature;
use crate::types::ToolSpec;

/// How much of a tool somebody wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// Its id.
    Name,
    /// Id, title and description.
    #[default]
    Summary,
    /// All that a caller must know, in compact lines.
    Signature,
    /// The whole definition.
    Schema,
}

impl Detail {
    /// All of them, from least to most.
    pub const ALL: [Self; 4] = [Self::Name, Self::Summary, Self::Signature, Self::Schema];

    /// As typed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Summary => "summary",
            Self::Signature => "signature",
            Self::Schema => "schema",
        }
    }
}

/// What is told of `tool`: a text for a name or signature, else an object.
pub fn disclose(tool: &ToolSpec, detail: Detail) -> Value {
    match detail {
        Detail::Name => json!(tool.id),
        Detail::Summary => summary(tool),
        Detail::Signature => json!(signature(tool)),
        Detail::Schema => {
            let mut whole = summary(tool);
            whole["input_schema"] = tool.input_schema.clone();
            whole["output_schema"] = json!(tool.output_schema);
            whole
        }
    }
}

fn summary(tool: &ToolSpec) -> Value {
    json!({"id": tool.id, "server": tool.id.server, "name": tool.id.tool, "title": tool.title, "description": tool.description})
}
