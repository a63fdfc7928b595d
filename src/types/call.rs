//! What is said of a tool call: who made it, what was decided, how long each part took.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Cost, Estimator, Failure, LabelNote, Payload, RuleRef, RunId, Signal, StepNumber, ToolId};

/// Who makes a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Caller {
    /// A person, through the call form of the workbench.
    Form,
    /// A script, through the tool channel.
    Script(RunId),
    /// `mcp-studio call`.
    CommandLine,
    /// An agent, through `mcp-studio serve`.
    Agent,
    /// A step of a transcript (`mcp-studio session run`).
    Session,
}

impl Caller {
    /// The run that a script's call belongs to.
    pub fn run(self) -> Option<RunId> {
        match self {
            Self::Script(run) => Some(run),
            Self::Form | Self::CommandLine | Self::Agent | Self::Session => None,
        }
    }
}

/// How a call ended. The word is what people, journals and reports read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The server did it.
    Ok,
    /// An equal earlier call's result was used.
    Reused,
    /// Everything but the call was done.
    DryRun,
    /// The arguments do not fit the tool's input schema.
    DeniedSchema,
    /// The policy forbids it.
    DeniedPolicy,
    /// A guardrail forbids it.
    DeniedGuardrail,
    /// A person refused it.
    DeniedUser,
    /// The caller went away or was interrupted.
    Cancelled,
    /// A time limit passed.
    Timeout,
    /// The tool answered `isError`, or the server could not be reached.
    Error,
}

impl Decision {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Ok,
        Self::Reused,
        Self::DryRun,
        Self::DeniedSchema,
        Self::DeniedPolicy,
        Self::DeniedGuardrail,
        Self::DeniedUser,
        Self::Cancelled,
        Self::Timeout,
        Self::Error,
    ];

    /// Whether the caller got an answer: the server's, an earlier one, or that of a dry run.
    pub fn is_good(self) -> bool {
        !self.is_denial() && !self.is_failure()
    }

    /// Whether a guard or a person refused the call.
    pub fn is_denial(self) -> bool {
        match self {
            Self::DeniedSchema | Self::DeniedPolicy | Self::DeniedGuardrail | Self::DeniedUser => true,
            Self::Ok | Self::Reused | Self::DryRun | Self::Cancelled | Self::Timeout | Self::Error => false,
        }
    }

    /// Whether the call was let through and came to nothing.
    pub fn is_failure(self) -> bool {
        match self {
            Self::Cancelled | Self::Timeout | Self::Error => true,
            Self::Ok
            | Self::Reused
            | Self::DryRun
            | Self::DeniedSchema
            | Self::DeniedPolicy
            | Self::DeniedGuardrail
            | Self::DeniedUser => false,
        }
    }

    /// The word for it, as in journals and reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Reused => "reused",
            Self::DryRun => "dry_run",
            Self::DeniedSchema => "denied_schema",
            Self::DeniedPolicy => "denied_policy",
            Self::DeniedGuardrail => "denied_guardrail",
            Self::DeniedUser => "denied_user",
            Self::Cancelled => "cancelled",
            Self::Timeout => "timeout",
            Self::Error => "error",
        }
    }
}

/// The time of a call, split by who used it. As JSON each part is a whole number of nanoseconds: `queue_ns`, ...
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Latency {
    /// Waiting before the guards: resolving the tool, connecting its server.
    #[serde(rename = "queue_ns", with = "nanoseconds")]
    pub queue: Duration,
    /// In the guards.
    #[serde(rename = "guard_ns", with = "nanoseconds")]
    pub guard: Duration,
    /// Sent until answered.
    #[serde(rename = "server_ns", with = "nanoseconds")]
    pub server: Duration,
    /// Unwrapping, normalizing and checking the answer.
    #[serde(rename = "decode_ns", with = "nanoseconds")]
    pub decode: Duration,
}

/// A duration as a whole number of nanoseconds, so that a record read back equals the one written.
mod nanoseconds {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_nanos)
    }
}

impl Latency {
    /// The whole.
    pub fn total(&self) -> Duration {
        self.queue + self.guard + self.server + self.decode
    }
}

/// The record of one finished call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// Its place in the session.
    pub step: StepNumber,
    /// Who made it.
    pub caller: Caller,
    /// What was called.
    pub tool: ToolId,
    /// How it ended.
    pub decision: Decision,
    /// Where the time went.
    pub latency: Latency,
    /// Bytes of the arguments as JSON.
    pub bytes_in: u64,
    /// Bytes of the result as JSON.
    pub bytes_out: u64,
    /// Tokens of the arguments.
    pub tokens_in: u64,
    /// Tokens of the result.
    pub tokens_out: u64,
    /// Tokens of the tool's definition; 0 where it was not known.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub tokens_definition: u64,
    /// What counted those tokens.
    #[serde(skip_serializing_if = "Estimator::is_estimate", default)]
    pub estimator: Estimator,
    /// What went wrong, in one line; absent when nothing did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// What was odd about the answer though it was handed over.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub warnings: Vec<String>,
    /// Line of the script that made the call, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u32>,
    /// The arguments, as far as they are recorded.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub input: Option<Payload>,
    /// The result, as far as it is recorded.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub output: Option<Payload>,
    /// What the guardrails said.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub signals: Vec<Signal>,
    /// What its tokens would have cost in the context of the session's model; absent where that has no known price.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cost: Option<Cost>,
    /// The rule that decided about it; absent where the call ended before the policy was asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rule: Option<RuleRef>,
    /// What its tool and its result are, each with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub labels: Vec<LabelNote>,
    /// The earlier step whose answer was used again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reused_from: Option<StepNumber>,
    /// How field names were changed, as `snake_case, arguments changed back`; absent where they were not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field_names: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl StepRecord {
    /// The record of a step that has just begun: everything still empty, `cancelled` until it is said otherwise.
    pub fn begun(step: StepNumber, caller: Caller, tool: ToolId) -> Self {
        Self {
            step,
            caller,
            tool,
            decision: Decision::Cancelled,
            latency: Latency::default(),
            bytes_in: 0,
            bytes_out: 0,
            tokens_in: 0,
            tokens_out: 0,
            tokens_definition: 0,
            estimator: Estimator::Bytes,
            error: None,
            warnings: Vec::new(),
            line: None,
            input: None,
            output: None,
            signals: Vec::new(),
            cost: None,
            rule: None,
            labels: Vec::new(),
            reused_from: None,
            field_names: None,
        }
    }
}

/// What a call answered, defensively unwrapped, with everything the server sent kept beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct CallValue {
    /// `structuredContent`, else the one text block (parsed when it is JSON), else the blocks.
    pub value: Value,
    /// The whole `result` object as sent.
    pub raw: Value,
}

/// A call's result where it is passed around: a value, or the reason there is none.
pub type CallOutcome = Result<CallValue, Failure>;
