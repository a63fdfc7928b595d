//! What a report says. Its JSON form is published as docs/report.schema.json: a changed field is a changed version.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::journal::ContextLedger;
use crate::sys::clock::Timestamp;
use crate::types::{
    Channel, Check, Cost, Decision, LabelNote, LatencyClass, Payload, Preflight, Role, RuleRef, SessionId, Signal,
};

/// What a report calls its form.
pub(super) const SCHEMA: &str = "mcp-studio/report";
/// Its version: the first number changes when a reader must.
pub(super) const SCHEMA_VERSION: &str = "1.2";

/// Everything that a journal tells.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Always `mcp-studio/report`.
    pub schema: &'static str,
    /// Version of the form.
    pub schema_version: &'static str,
    /// What wrote the journal.
    pub program: Program,
    /// The journal this is a view of.
    pub journal: Journal,
    /// Sessions, steps and totals.
    pub mcp_details: McpDetails,
    /// The servers that were connected or called, sorted by name.
    pub servers: Vec<Server>,
    /// The tools that were called, sorted by name.
    pub tools: Vec<ToolUse>,
    /// What was judged before scripts and transcripts began, in that order.
    pub preflight: Vec<Preflight>,
    /// What scripts kept out of an agent's context, over all of them. Absent where none called a tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<ContextLedger>,
}

/// A program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Program {
    /// `mcp-studio`.
    pub name: &'static str,
    /// Its version.
    pub version: String,
    /// Which face of it: `tui`, `exec`, ...
    pub front: String,
}

/// The journal a report is made from, and how anybody can check that it is the one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Journal {
    /// Its id.
    pub id: SessionId,
    /// Name of its file.
    pub file: String,
    /// How it ended.
    pub state: JournalState,
    /// Events in it.
    pub entries: u64,
    /// Bytes of a last line that its writer could not finish.
    pub torn_bytes: u64,
    /// SHA-256 of the file, hexadecimal. Absent while it is still written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The command that proves each line of it.
    pub verify: String,
    /// When its first event was recorded.
    pub started_at: Timestamp,
    /// When its last event was recorded.
    pub ended_at: Timestamp,
    /// The limits that were in force, by the keys that set them.
    pub limits: BTreeMap<String, String>,
    /// The most that was recorded of any payload: `none`, `default`, `full` or `raw`.
    pub recorded: &'static str,
    /// How many pieces of which kind were masked.
    pub masked: BTreeMap<String, u64>,
}

/// How a journal ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JournalState {
    /// Well.
    Closed,
    /// Not yet: its writer lives.
    UnderWay,
    /// Its writer died. What it had acknowledged is here.
    Crashed,
}

impl JournalState {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::UnderWay => "still under way",
            Self::Crashed => "crashed: everything it had acknowledged is here",
        }
    }
}

/// Sessions, their steps, and what they come to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct McpDetails {
    /// Each script run, each transcript, and all calls made by hand together.
    pub sessions: Vec<Session>,
    /// All steps, in the order in which they ended.
    pub steps: Vec<Step>,
    /// Over all steps.
    pub totals: Totals,
    /// At one glance.
    pub summary: Summary,
}

/// At one glance.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// Sessions.
    pub total_sessions: u64,
    /// Steps.
    pub total_steps: u64,
    /// Names of the tools called, sorted.
    pub tools_used: Vec<String>,
    /// How many steps ended how.
    pub decisions: BTreeMap<&'static str, u64>,
}

/// A sequence of steps that belong together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Session {
    /// `<journal>/run-1`, `<journal>/transcript-1`, `<journal>/calls`.
    pub session_id: String,
    /// What it is.
    pub kind: SessionKind,
    /// The script, or what a transcript's author called it.
    pub name: String,
    /// The model it was made for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Hash of the policy and guards it was under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules_hash: Option<String>,
    /// SHA-256 of the script's source or the transcript's file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Sandbox level of a script.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<String>,
    /// Limits of its own, by the keys that would set them for all: they stand for those of the journal.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, String>,
    /// When it, or its first call, began.
    pub started_at: Timestamp,
    /// When it ended. Absent where nobody saw that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    pub status: SessionStatus,
    /// In words.
    pub outcome: String,
    /// Exit code of a script.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Tools that the servers it used offered, as far as they were recorded, sorted.
    pub discovered_tools: Vec<String>,
    /// Over its steps.
    pub totals: Totals,
    /// What it kept out of an agent's context. Absent where it is no script, or called no tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<ContextLedger>,
}

impl Session {
    /// The part of its id behind the journal's.
    pub fn part(&self) -> &str {
        self.session_id.rsplit('/').next().unwrap_or_default()
    }
}

/// What a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// One run of a script.
    Script,
    /// A transcript.
    Transcript,
    /// Calls made by hand, on the command line or by an agent.
    Calls,
}

impl SessionKind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::Transcript => "transcript",
            Self::Calls => "calls",
        }
    }
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    /// Exit code 0; all that was expected; no call failed.
    Passed,
    /// Otherwise.
    Failed,
    /// Nobody saw its end: the studio crashed, or it still goes on.
    Unfinished,
}

impl SessionStatus {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Unfinished => "unfinished",
        }
    }
}

/// One step: a tool call, or a message of a transcript.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// The session it belongs to.
    pub session_id: String,
    /// `<session>/<ordinal>`.
    pub step_id: String,
    /// Its place in its session, counted from 1.
    pub ordinal: u64,
    /// Its number in the journal. Messages have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<u64>,
    /// What a transcript's author called it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Who speaks.
    pub role: Role,
    /// To whom.
    pub channel: Channel,
    /// Who made the call: `form`, `script`, `command_line`, `agent`, `session`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<&'static str>,
    /// The server that was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The tool that was called, without its server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_name: Option<String>,
    /// How the call ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// The rule that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleRef>,
    /// When it began.
    pub started_at: Timestamp,
    /// From the beginning of the whole to its own, milliseconds.
    pub offset_ms: f64,
    /// Where its time went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<Latencies>,
    /// How long that is to a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_class: Option<LatencyClass>,
    /// Bytes of the arguments as JSON.
    pub bytes_in: u64,
    /// Bytes of the result as JSON.
    pub bytes_out: u64,
    /// Tokens of the arguments.
    pub tokens_in: u64,
    /// Tokens of the result.
    pub tokens_out: u64,
    /// What counted the tokens.
    pub token_estimator: &'static str,
    /// What the tokens cost, by which price. Absent where no price is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What was odd.
    pub warnings: Vec<String>,
    /// Rules that refused it and guardrails that spoke up.
    pub violations: Vec<String>,
    /// Line of the script that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The arguments, or what was said, as far as they are recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Payload>,
    /// The result, as far as it is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Payload>,
    /// What guardrails said.
    pub signals: Vec<Signal>,
    /// What tool and result are.
    pub labels: Vec<LabelNote>,
    /// How the field names of its arguments and result were changed, where they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field_names: Option<String>,
    /// Number of the earlier call whose answer was used again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reused_from: Option<u64>,
    /// Fingerprints of signals that were not made anew.
    pub reused_fingerprints: Vec<String>,
    /// How what a transcript expects of it went.
    pub check: Check,
    /// Why it did not go so.
    pub reasons: Vec<String>,
}

impl Step {
    /// `server__tool`, or nothing for a message.
    pub fn tool(&self) -> String {
        match (&self.server, &self.tool_name) {
            (Some(server), Some(tool)) => format!("{server}__{tool}"),
            (_, _) => String::new(),
        }
    }

    /// The word for its decision; empty for a message.
    pub fn decision_word(&self) -> &'static str {
        self.decision.map_or("", Decision::word)
    }
}

/// The time of a call, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Latencies {
    /// The whole.
    pub total: f64,
    /// Waiting before the guards.
    pub queue: f64,
    /// In the guards.
    pub guard: f64,
    /// Sent until answered.
    pub server: f64,
    /// Decoding and checking the answer.
    pub decode: f64,
}

/// Sums over steps. Reused answers count as such, and not in times, tokens and cost.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Totals {
    /// Steps, messages included.
    pub steps: u64,
    /// Calls among them.
    pub calls: u64,
    /// Calls that the server did.
    pub ok: u64,
    /// Calls that a guard or a person refused.
    pub denied: u64,
    /// Calls that failed, timed out or were cancelled.
    pub failed: u64,
    /// Calls answered from an earlier one.
    pub reused: u64,
    /// Calls that were not sent, since everything was only rehearsed.
    pub dry_run: u64,
    /// Violations.
    pub violations: u64,
    /// Bytes of arguments.
    pub bytes_in: u64,
    /// Bytes of results.
    pub bytes_out: u64,
    /// Tokens of arguments.
    pub tokens_in: u64,
    /// Tokens of results.
    pub tokens_out: u64,
    /// What counted them: the name of an estimator, `mixed`, or nothing where there is nothing to count.
    pub token_estimator: &'static str,
    /// Times of all calls, one after the other.
    pub latency_ms: Latencies,
    /// Cost, US dollars. Absent where no step has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
}

/// A server that was connected or called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Server {
    /// Its name in the configuration.
    pub server: String,
    /// What it calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The protocol it speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// All its tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_count: Option<u64>,
    /// Names of its tools, as far as they were recorded.
    pub tools: Vec<String>,
    /// Tools that are pinned and were as they were. Absent where the server was not connected at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned: Option<u64>,
    /// Tools that were not what was pinned.
    pub changed: Vec<String>,
    /// How its field names are changed, where they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field_names: Option<String>,
    /// Calls of it.
    pub calls: u64,
    /// Calls that were refused, failed, timed out or were cancelled.
    pub not_ok: u64,
}

/// How one tool was used.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToolUse {
    /// `server__tool`.
    pub tool: String,
    /// Calls.
    pub calls: u64,
    /// Calls that were refused, failed, timed out or were cancelled.
    pub not_ok: u64,
    /// Bytes of its results.
    pub bytes_out: u64,
    /// Tokens of its arguments.
    pub tokens_in: u64,
    /// Tokens of its results.
    pub tokens_out: u64,
    /// Half of its calls took no longer, milliseconds. Reused answers do not count.
    pub p50_ms: f64,
    /// 95 of 100 took no longer.
    pub p95_ms: f64,
    /// 99 of 100 took no longer.
    pub p99_ms: f64,
    /// None took longer.
    pub max_ms: f64,
}
