//! One step of a report, from the record of its call and from what a transcript says of it.

use std::time::Duration;

use super::super::model::{Latencies, Step};
use crate::journal::CallCounted;
use crate::sys::clock::Timestamp;
use crate::types::{Caller, Channel, Check, Estimator, LatencyClass, Role, StepRecord, TranscriptStep};

/// Milliseconds with the precision of a microsecond, so that equal times are written equally.
pub(super) fn milliseconds(time: Duration) -> f64 {
    let microseconds = time.as_nanos().div_ceil(1_000);
    microseconds as f64 / 1_000.0
}

/// The step of a call that was recorded at `at`. Its place in its session is filled in later.
pub(super) fn of_call(record: StepRecord, at: Timestamp) -> Step {
    let (role, caller) = spoken_by(record.caller);
    let violations = violations(&record);
    let reused_fingerprints = record.signals.iter().filter(|signal| signal.reused_from.is_some());
    Step {
        call: Some(record.step.0),
        role,
        channel: Channel::LlmToTool,
        caller: Some(caller),
        decision: Some(record.decision),
        started_at: began(at, record.latency.total()),
        latency_ms: Some(Latencies {
            total: milliseconds(record.latency.total()),
            queue: milliseconds(record.latency.queue),
            guard: milliseconds(record.latency.guard),
            server: milliseconds(record.latency.server),
            decode: milliseconds(record.latency.decode),
        }),
        latency_class: Some(LatencyClass::of(record.latency.total())),
        bytes_in: record.bytes_in,
        bytes_out: record.bytes_out,
        tokens_in: record.tokens_in,
        tokens_out: record.tokens_out,
        token_estimator: record.estimator.word(),
        violations,
        reused_fingerprints: reused_fingerprints.map(|signal| signal.fingerprint.clone()).collect(),
        server: Some(record.tool.server.to_string()),
        tool_name: Some(record.tool.tool.to_string()),
        rule: record.rule,
        cost: record.cost,
        error: record.error,
        warnings: record.warnings,
        line: record.line,
        input: record.input,
        output: record.output,
        signals: record.signals,
        labels: record.labels,
        field_names: record.field_names,
        reused_from: record.reused_from.map(|step| step.0),
        ..empty(at)
    }
}

/// Puts the exact count in the place of the estimate.
pub(super) fn counted(step: &mut Step, counted: CallCounted) {
    (step.tokens_in, step.tokens_out) = (counted.tokens.arguments, counted.tokens.results);
    (step.token_estimator, step.cost) = (counted.estimator.word(), counted.cost);
}

/// The step of a message.
pub(super) fn of_message(said: TranscriptStep, at: Timestamp) -> Step {
    Step {
        name: said.name,
        role: said.role,
        channel: said.channel,
        input: said.input,
        check: said.check,
        reasons: said.reasons,
        ..empty(at)
    }
}

/// Adds what a transcript says of a call.
pub(super) fn complete(step: &mut Step, said: TranscriptStep) {
    step.name = said.name;
    (step.role, step.channel, step.check, step.reasons) = (said.role, said.channel, said.check, said.reasons);
}

fn empty(at: Timestamp) -> Step {
    Step {
        session_id: String::new(),
        step_id: String::new(),
        ordinal: 0,
        call: None,
        name: None,
        role: Role::User,
        channel: Channel::UserToLlm,
        caller: None,
        server: None,
        tool_name: None,
        decision: None,
        rule: None,
        started_at: at,
        offset_ms: 0.0,
        latency_ms: None,
        latency_class: None,
        bytes_in: 0,
        bytes_out: 0,
        tokens_in: 0,
        tokens_out: 0,
        token_estimator: Estimator::default().word(),
        cost: None,
        error: None,
        warnings: Vec::new(),
        violations: Vec::new(),
        line: None,
        input: None,
        output: None,
        signals: Vec::new(),
        labels: Vec::new(),
        field_names: None,
        reused_from: None,
        reused_fingerprints: Vec::new(),
        check: Check::Unchecked,
        reasons: Vec::new(),
    }
}

/// Who speaks when that caller calls, and the word for it.
fn spoken_by(caller: Caller) -> (Role, &'static str) {
    match caller {
        Caller::Form => (Role::User, "form"),
        Caller::CommandLine => (Role::User, "command_line"),
        Caller::Script(_) => (Role::Assistant, "script"),
        Caller::Agent => (Role::Assistant, "agent"),
        Caller::Session => (Role::Assistant, "session"),
    }
}

fn began(at: Timestamp, took: Duration) -> Timestamp {
    at.checked_sub(took).unwrap_or(at)
}

/// Guardrails that spoke up, and the guard that refused it.
fn violations(record: &StepRecord) -> Vec<String> {
    let refused = record.decision.is_denial().then(|| match &record.rule {
        Some(rule) => format!("{}: {}", record.decision.word(), rule.id),
        None => record.decision.word().to_owned(),
    });
    let signals = record.signals.iter().filter(|signal| signal.crossed());
    let signals = signals.map(|signal| {
        let said = format!("{}.{} ({})", signal.provider, signal.metric, signal.stage.word());
        match &signal.failed {
            Some(_) => format!("{said}: failed"),
            None => format!("{said}: {} of {}", signal.score, signal.threshold),
        }
    });
    refused.into_iter().chain(signals).collect()
}
