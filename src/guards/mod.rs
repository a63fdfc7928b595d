//! May this call be made? Pure decisions over a call, its tool's definition and the facts of the run.

use serde_json::{Map, Value};

use crate::types::{Decision, Failure, ToolSpec};

/// What the guards say of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It may go out.
    Allow,
    /// It may not; the failure carries the rule and, for arguments, the path of the offending field.
    Deny(Decision, Failure),
}

/// Compiled schemas by content; shared by all calls. Schemas are compiled once, never fetched from anywhere.
#[derive(Debug, Default)]
pub struct Schemas {}

impl Schemas {
    /// Checks `arguments` against the input schema of `tool`. A schema that cannot be compiled allows, with a warning.
    pub fn check_arguments(&self, tool: &ToolSpec, arguments: &Map<String, Value>) -> (Verdict, Vec<String>) {
        let _ = (tool, arguments);
        todo!()
    }

    /// Checks a structured result against the output schema of `tool`; what does not fit is a warning, never a loss.
    pub fn check_result(&self, tool: &ToolSpec, structured: &Value) -> Vec<String> {
        let _ = (tool, structured);
        todo!()
    }
}
