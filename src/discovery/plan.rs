//! `discovery_config.json`: which tools are asked, with which sample arguments.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::types::{Failure, FailureKind};

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
    /// Reads the file's text. Fails with line and column.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        serde_json::from_str(text).map_err(|error| {
            Failure::new(FailureKind::Configuration, format!("discovery_config.json is not understood: {error}"))
                .hint("discovery_config.example.json shows its form")
        })
    }
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
            "discovery_config.json is not understood: unknown field `save`, expected one of `safe`, `literals`, `samples` at line 2 column 18\n\
             hint: discovery_config.example.json shows its form"
        );
    }
}
