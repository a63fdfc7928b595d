//! The way of one call through the guards, as its record tells it.

use serde::Serialize;

use crate::types::{Decision, Signal, Stage, StepRecord};

/// One guard on the way of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GuardStage {
    /// Which guard: `policy`, `connection`, `pins`, `guardrails on definition`, `schema`, `approval`, `guardrails on arguments`, `call`, `guardrails on result`.
    pub guard: &'static str,
    /// What it said.
    pub outcome: GuardOutcome,
    /// Why, in one line; empty where there is nothing to say.
    pub why: String,
}

/// What a guard said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardOutcome {
    /// The call went on.
    Passed,
    /// The call ended here.
    Refused,
    /// The call had ended before.
    NotReached,
}

impl GuardOutcome {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Refused => "refused",
            Self::NotReached => "not reached",
        }
    }
}

/// The guards in the order in which a call meets them.
const WAY: [&str; 9] = [
    "policy",
    "connection",
    "pins",
    "guardrails on definition",
    "schema",
    "approval",
    "guardrails on arguments",
    "call",
    "guardrails on result",
];

/// The way of a finished call through the guards.
pub fn guard_path(record: &StepRecord) -> Vec<GuardStage> {
    let end = end(record);
    let stages = WAY.iter().enumerate().map(|(place, guard)| {
        let outcome = match end {
            Some(end) if place > end => GuardOutcome::NotReached,
            Some(end) if place == end => GuardOutcome::Refused,
            Some(_) | None => GuardOutcome::Passed,
        };
        GuardStage { guard, outcome, why: why(record, guard, outcome) }
    });
    stages.collect()
}

/// Where the call ended, if it did before its result was handed over.
fn end(record: &StepRecord) -> Option<usize> {
    let at = |guard: &str| WAY.iter().position(|known| *known == guard);
    match record.decision {
        Decision::DeniedPolicy if by_pins(record) => at("pins"),
        Decision::DeniedPolicy => at("policy"),
        Decision::DeniedSchema => at("schema"),
        Decision::DeniedUser => at("approval"),
        Decision::DeniedGuardrail if record.output.is_some() => at("guardrails on result"),
        Decision::DeniedGuardrail if record.signals.iter().any(|signal| signal.stage == Stage::Arguments) => {
            at("guardrails on arguments")
        }
        Decision::DeniedGuardrail => at("guardrails on definition"),
        // The policy has named no rule yet: the call went no further than to its server.
        Decision::Cancelled | Decision::Timeout | Decision::Error if record.rule.is_none() => at("connection"),
        Decision::Cancelled | Decision::Timeout | Decision::Error => at("call"),
        Decision::Ok | Decision::Reused | Decision::DryRun => None,
    }
}

/// Whether the rule that is recorded is no rule of the policy: the tool is not what was pinned.
fn by_pins(record: &StepRecord) -> bool {
    record.rule.as_ref().is_some_and(|rule| &*rule.id == "pins")
}

fn why(record: &StepRecord, guard: &str, outcome: GuardOutcome) -> String {
    if outcome == GuardOutcome::NotReached {
        return String::new();
    }
    let rule = || record.rule.as_ref().map_or(String::new(), |rule| format!("{}: {}", rule.id, rule.why));
    let error = || record.error.clone().unwrap_or_default();
    match (guard, outcome) {
        ("policy", _) if record.decision != Decision::DeniedGuardrail && !by_pins(record) => rule(),
        ("pins", GuardOutcome::Refused) => rule(),
        ("guardrails on definition", _) => signals(record, Stage::Preflight),
        ("guardrails on arguments", _) => signals(record, Stage::Arguments),
        ("guardrails on result", _) => signals(record, Stage::Result),
        ("call", GuardOutcome::Passed) => match (record.decision, record.reused_from) {
            (_, Some(step)) => format!("not made: the answer of step {step} was used"),
            (Decision::DryRun, None) => "not made: dry run".to_owned(),
            (_, None) => String::new(),
        },
        (_, GuardOutcome::Refused) => error(),
        (_, _) => String::new(),
    }
}

/// `pii.card 0.95 of 0.50; ...`, those that count first.
fn signals(record: &StepRecord, stage: Stage) -> String {
    let mut signals: Vec<&Signal> = record.signals.iter().filter(|signal| signal.stage == stage).collect();
    signals.sort_by_key(|signal| !signal.crossed());
    let words = signals.into_iter().map(|signal| match &signal.failed {
        Some(why) => format!("provider {} failed: {why}", signal.provider),
        None => format!("{}.{} {:.2} of {:.2}", signal.provider, signal.metric, signal.score, signal.threshold),
    });
    words.collect::<Vec<_>>().join("; ")
}
