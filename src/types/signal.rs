//! What a guardrail says of a text: a score against a threshold, never the text.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::StepNumber;

/// Where in a session a guardrail looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Before the session: tool descriptions, policy, script text.
    Preflight,
    /// The arguments of a call, before it goes out.
    Arguments,
    /// The result of a call, before the caller gets it.
    Result,
}

impl Stage {
    /// All stages in the order of a session.
    pub const ALL: [Self; 3] = [Self::Preflight, Self::Arguments, Self::Result];

    /// The word for it, as in configuration, journals and reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::Arguments => "arguments",
            Self::Result => "result",
        }
    }
}

/// One finding of one guardrail provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// The provider: `pii`, `secrets`, `injection`, `toxicity`, `size`, or the configured name of an external one.
    pub provider: String,
    /// What it measures, such as `hidden_text`.
    pub metric: String,
    /// Where it looked.
    pub stage: Stage,
    /// From 0 (nothing) to 1 (certain).
    pub score: f64,
    /// The score from which on it counts.
    pub threshold: f64,
    /// What was found and how often, such as `email: 2`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub spans: BTreeMap<String, u64>,
    /// What this signal was made of: a hash over provider, metric, stage, model, rules and content.
    pub fingerprint: String,
    /// Where an equal signal was made before, when this one was not made anew.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reused_from: Option<Origin>,
    /// Why the provider could not say anything, in one line. The score is then 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failed: Option<String>,
}

/// Where a signal was first made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Before the session's first step.
    Preflight,
    /// At this step.
    Step(StepNumber),
}

impl Signal {
    /// Whether it counts: the score has reached the threshold, or the provider failed.
    pub fn crossed(&self) -> bool {
        self.failed.is_some() || self.score >= self.threshold
    }
}
