//! What has been discovered of one server so far, and the module written from it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Literals, Shape};
use crate::codegen::{DiscoveredTool, Models};
use crate::types::ServerName;
use crate::types::limits::DISCOVERY_ARGUMENTS;

/// Observations by the tool's wire name. Kept between discoveries, so that a later one widens the earlier.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Book(pub BTreeMap<String, Observation>);

/// What was seen of one tool.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Observation {
    /// All replies joined.
    pub shape: Shape,
    /// How many replies that were.
    pub samples: u64,
    /// The day of the last one, as `2026-01-31`.
    pub date: String,
    /// The masked arguments they were asked with, each once; at most [`DISCOVERY_ARGUMENTS`].
    pub arguments: Vec<Value>,
    /// The tool's description.
    pub description: Option<String>,
}

impl Observation {
    /// Adds one masked reply.
    pub fn add(&mut self, arguments: Value, reply: &Value, literals: Literals) {
        self.shape = std::mem::take(&mut self.shape).joined(Shape::of(reply, literals)).with_maps();
        self.samples += 1;
        if !self.arguments.contains(&arguments) && self.arguments.len() < DISCOVERY_ARGUMENTS {
            self.arguments.push(arguments);
        }
    }
}

impl Book {
    /// What wrappers and models are made from.
    pub fn tools(&self) -> Vec<DiscoveredTool> {
        self.0.iter().map(|(tool, observation)| discovered(tool, observation)).collect()
    }

    /// The models of all replies.
    pub fn models(&self, server: &ServerName) -> Models {
        Models::new(server, &self.tools())
    }

    /// The tools whose shape is another one here than in `earlier`, where both know them.
    pub fn changed_since(&self, earlier: &Self) -> Vec<String> {
        let changed = self.0.iter().filter(|(tool, now)| earlier.0.get(*tool).is_some_and(|before| before.shape != now.shape));
        changed.map(|(tool, _)| tool.clone()).collect()
    }
}

fn discovered(tool: &str, observation: &Observation) -> DiscoveredTool {
    let Observation { shape, samples, date, arguments, description } = observation;
    let noun = if *samples == 1 { "reply" } else { "replies" };
    let asked = arguments.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
    let about =
        [description.clone(), Some(format!("Seen in {samples} {noun} of `{tool}`, the last on {date}, asked with: {asked}"))];
    DiscoveredTool {
        tool: tool.to_owned(),
        schema: shape.schema(),
        about: about.into_iter().flatten().collect::<Vec<_>>().join("\n\n"),
    }
}
