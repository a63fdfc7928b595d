//! What is said of a step of a transcript: who speaks to whom, and whether it went as expected.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::limits::{LATENCY_FAST, LATENCY_INSTANT, LATENCY_NORMAL};
use super::{Payload, RunId, StepNumber};

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A person.
    User,
    /// A model, or the script that stands for one.
    Assistant,
    /// A tool.
    Tool,
}

impl Role {
    /// The word for it, as in transcripts and reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// Who speaks to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A person's words to the model.
    UserToLlm,
    /// A call.
    LlmToTool,
    /// What a call answered.
    ToolToLlm,
}

impl Channel {
    /// The word for it, as in transcripts and reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::UserToLlm => "user_to_llm",
            Self::LlmToTool => "llm_to_tool",
            Self::ToolToLlm => "tool_to_llm",
        }
    }
}

/// How long a call took, in steps that a person tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LatencyClass {
    /// Up to [`LATENCY_INSTANT`].
    Instant,
    /// Up to [`LATENCY_FAST`].
    Fast,
    /// Up to [`LATENCY_NORMAL`].
    Normal,
    /// Longer.
    Slow,
}

impl LatencyClass {
    /// The class of a time.
    pub fn of(time: Duration) -> Self {
        match time {
            time if time <= LATENCY_INSTANT => Self::Instant,
            time if time <= LATENCY_FAST => Self::Fast,
            time if time <= LATENCY_NORMAL => Self::Normal,
            _ => Self::Slow,
        }
    }

    /// The word for it, as in transcripts and reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Instant => "instant",
            Self::Fast => "fast",
            Self::Normal => "normal",
            Self::Slow => "slow",
        }
    }
}

/// The record of one step of a transcript. A call has a [`super::StepRecord`] of its own, which comes before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TranscriptStep {
    /// Which transcript of the session, counted from 1.
    pub transcript: u64,
    /// Its place in the transcript, counted from 1.
    pub ordinal: u64,
    /// What its author called it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// Who speaks.
    pub role: Role,
    /// To whom.
    pub channel: Channel,
    /// The call it made.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub call: Option<StepNumber>,
    /// The run of its validation script.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub validation: Option<RunId>,
    /// What was said, as far as it is recorded.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub input: Option<Payload>,
    /// Whether something was expected of it, and how that went.
    pub check: Check,
    /// Why it did not go as expected, each in one line, masked.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub reasons: Vec<String>,
}

/// How what was expected of a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Nothing was expected.
    Unchecked,
    /// It went so.
    Passed,
    /// It did not.
    Failed,
    /// It was not executed, since a step before it failed.
    Skipped,
}

impl Check {
    /// The word for it, as in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unchecked => "unchecked",
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_one_class() {
        let class = |milliseconds| LatencyClass::of(Duration::from_millis(milliseconds)).word();
        assert_eq!(
            [0, 100, 101, 1_000, 1_001, 10_000, 10_001].map(class),
            ["instant", "instant", "fast", "fast", "normal", "normal", "slow"]
        );
    }
}
