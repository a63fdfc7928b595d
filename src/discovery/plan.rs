//! `discovery_config.json`: which tools are asked, with which sample arguments.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::types::{Failure, FailureKind, Place};

/// The file's name, beside `mcp_config.json`.
pub const PLAN_FILE: &str = "discovery_config.json";

/// What is to be discovered.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Tools by server.
    #[serde(default)]
    pub servers: BTreeMap<String, BTreeMap<String, ToolPlan>>,
}

/// How one tool is asked.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolPlan {
    /// The user says that calling it with these samples does no harm.
    #[serde(default)]
    pub safe: bool,
    /// Whether few texts that come again and again are taken for all that may come. They are kept, masked.
    #[serde(default)]
    pub literals: bool,
    /// The arguments of one call each.
    pub samples: Vec<Map<String, Value>>,
}

impl Plan {
    /// Reads the file's text. Fails with line, column and the tool that is not understood.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        serde_json::from_str(text).map_err(|error| {
            let whose = misread(text).map_or_else(String::new, |tool| format!(" ({tool})"));
            let place = Place { file: PLAN_FILE.into(), line: u32::try_from(error.line()).unwrap_or(0) };
            Failure::new(FailureKind::Configuration, format!("the plan of discovery is not understood{whose}: {error}"))
                .at(place)
                .hint("discovery_config.example.json shows its form")
        })
    }
}

/// The first tool whose part of a plan has not the form of one.
fn misread(text: &str) -> Option<String> {
    let plan: Value = serde_json::from_str(text).ok()?;
    let tools = plan.get("servers")?.as_object()?.iter().filter_map(|(server, tools)| Some((server, tools.as_object()?)));
    let mut tools = tools.flat_map(|(server, tools)| tools.iter().map(move |(tool, plan)| (server, tool, plan)));
    tools.find(|(_, _, plan)| ToolPlan::deserialize(*plan).is_err()).map(|(server, tool, _)| format!("{server}__{tool}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_plan_is_read_and_mistakes_have_a_place() {
        let plan = Plan::parse("{\"servers\": {\"s\": {\"t\": {\"samples\": [{\"a\": 1}]}}}}").unwrap();
        let samples = vec![json!({"a": 1}).as_object().unwrap().clone()];
        assert_eq!(plan.servers["s"]["t"], ToolPlan { safe: false, literals: false, samples });
        assert_eq!(
            Plan::parse("{\"servers\": {\n\"s\": {\"t\": {\"save\": true}}}}").unwrap_err().to_string(),
            "discovery_config.json:2: the plan of discovery is not understood (s__t): unknown field `save`, expected one of `safe`, `literals`, `samples` at line 2 column 18\n\
             hint: discovery_config.example.json shows its form"
        );
    }
}
