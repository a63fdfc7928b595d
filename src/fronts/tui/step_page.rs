//! One step with everything that was recorded of it: what it was, its way through the guards, where its time went.

use std::time::Duration;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::overlay::{Reader, ReaderKind};
use super::page::Entry;
use super::reading::reader;
use super::steps::reason;
use super::theme::{ACCENT, BAD, DIM, GOOD, STRONG, TEXT, WARN};
use super::units::{bytes, count, dollars, duration};
use crate::ops::{GuardOutcome, GuardStage, StepState, StepView, guard_path};
use crate::types::{Caller, Decision, Payload, RuleRef, Signal, StepRecord, neutralise_line};

/// Columns of labels.
const LABEL: usize = 16;
/// Columns of the names of guards.
const GUARD: usize = 26;
/// Columns of the longest bar of a latency.
const BAR: f64 = 40.0;

/// The page of one step.
pub(super) fn step(step: &StepView) -> Reader {
    let mut entries = heading(step);
    if let StepState::Done(record) = &step.state {
        entries.extend(section("Way through the guards", guard_path(record).iter().map(|stage| station(record, stage))));
        let labels = record.labels.iter().map(|note| fact(note.label.word(), &note.why, TEXT));
        entries.extend(section("Labels of the tool", labels));
        entries.extend(section("Guardrail signals", record.signals.iter().map(signal)));
        entries.extend(section("Time", latency(record)));
        entries.extend(section("Size and cost", sizes(record)));
    }
    reader(&format!("Step {}", step.step.0), entries, ReaderKind::Fixed)
}

fn heading(step: &StepView) -> Vec<Entry> {
    let caller = match step.caller {
        Caller::Form => "the call form".to_owned(),
        Caller::Script(run) => format!("the script of {run}"),
        Caller::CommandLine => "the command line".to_owned(),
        Caller::Agent => "an agent".to_owned(),
        Caller::Session => "a transcript".to_owned(),
    };
    let caller = step.line.map_or(caller.clone(), |line| format!("{caller}, line {line}"));
    let mut entries = vec![
        fact("tool", &step.tool.to_string(), STRONG),
        fact("called by", &caller, TEXT),
        fact("at", &step.at.strftime("%Y-%m-%d %H:%M:%S%.3f UTC").to_string(), TEXT),
    ];
    let (word, style) = match &step.state {
        StepState::Running { .. } => ("running".to_owned(), WARN),
        StepState::Done(record) => (record.decision.word().replace('_', " "), tone(record.decision)),
    };
    entries.push(fact("decision", &word, style));
    let label = if word == "ok" { "remark" } else { "reason" };
    entries.extend(reason(step).map(|reason| fact(label, &reason, style)));
    if let StepState::Done(record) = &step.state {
        entries.extend(record.reused_from.map(|from| fact("reused from", &from.to_string(), ACCENT)));
        entries.extend(record.warnings.iter().map(|warning| fact("warning", warning, WARN)));
        entries.extend(record.field_names.iter().map(|names| fact("field names", names, TEXT)));
    }
    entries
}

/// One guard on the way of a call: what it said, and why.
fn station(record: &StepRecord, stage: &GuardStage) -> Entry {
    let found = record.signals.iter().any(Signal::crossed) && stage.guard.starts_with("guardrails") && !stage.why.is_empty();
    let (mark, style) = match stage.outcome {
        GuardOutcome::Passed if found => ("!", WARN),
        GuardOutcome::Passed => ("✓", GOOD),
        GuardOutcome::Refused => ("⊘", BAD),
        GuardOutcome::NotReached => ("·", DIM),
    };
    let text = match (stage.guard, stage.outcome) {
        (_, GuardOutcome::NotReached) => "not reached".to_owned(),
        ("policy", GuardOutcome::Passed) if stage.why.is_empty() => "nothing is said against it".to_owned(),
        ("policy", _) => record.rule.as_ref().map_or_else(|| "nothing is said against it".to_owned(), rule),
        ("approval", GuardOutcome::Passed) => {
            record.rule.as_ref().and_then(approval).unwrap_or("nobody had to be asked").to_owned()
        }
        ("call", GuardOutcome::Passed) if stage.why.is_empty() => {
            format!("answered within {}", duration(record.latency.server))
        }
        (_, GuardOutcome::Passed) if stage.why.is_empty() => "passed".to_owned(),
        (_, _) => stage.why.clone(),
    };
    let spans = vec![
        Span::styled(format!("  {mark} "), style),
        Span::styled(format!("{:<GUARD$}", stage.guard), ACCENT),
        Span::styled(neutralise_line(&text).into_owned(), if stage.outcome == GuardOutcome::NotReached { DIM } else { TEXT }),
    ];
    Entry { line: Line::from(spans), hang: u16::try_from(GUARD + 4).unwrap_or(0) }
}

/// A rule with where it stands, without how a person answered.
fn rule(rule: &RuleRef) -> String {
    let why = approval(rule).and_then(|how| rule.why.strip_suffix(how)).map_or(&*rule.why, |why| why.trim_end_matches("; "));
    let place = rule.place.as_ref().map_or(String::new(), |place| format!(" ({place})"));
    format!("{}: {why}{place}", rule.id)
}

/// How a person answered, as the record says it behind the rule.
fn approval(rule: &RuleRef) -> Option<&str> {
    let (_, how) = rule.why.rsplit_once("; ")?;
    (how.starts_with("approved") || how == "would have asked").then_some(how)
}

fn signal(signal: &Signal) -> Entry {
    let name = format!("{}.{}", signal.provider, signal.metric);
    let spans: Vec<String> = signal.spans.iter().map(|(kind, count)| format!("{count} x {kind}")).collect();
    let found = if spans.is_empty() { String::new() } else { format!("; {}", spans.join(", ")) };
    let failed = signal.failed.as_ref().map_or(String::new(), |why| format!("; {why}"));
    let reused = if signal.reused_from.is_some() { "; known from before" } else { "" };
    let (score, threshold, stage) = (signal.score, signal.threshold, signal.stage.word());
    let text = format!("{score:.2} of {threshold:.2} in the {stage}: {name}{found}{failed}{reused}");
    fact(if signal.crossed() { "! found" } else { "✓ below" }, &text, if signal.crossed() { WARN } else { TEXT })
}

fn latency(record: &StepRecord) -> Vec<Entry> {
    let latency = &record.latency;
    let parts = [("queue", latency.queue), ("guards", latency.guard), ("server", latency.server), ("decoding", latency.decode)];
    let whole = latency.total();
    let part = |(name, time): (&str, Duration)| {
        let spans = vec![
            Span::styled(format!("  {name:<width$}", width = LABEL - 2), ACCENT),
            Span::raw(format!("{:>8}  ", duration(time))),
            Span::styled("━".repeat(bar(time, whole)), GOOD),
        ];
        Entry::from(Line::from(spans))
    };
    let mut entries: Vec<Entry> = parts.into_iter().map(part).collect();
    entries.push(fact("  together", &format!("{:>8}", duration(whole)), TEXT));
    entries
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a ratio between 0 and 1 times a width")]
fn bar(time: Duration, whole: Duration) -> usize {
    if whole.is_zero() { 0 } else { (time.as_secs_f64() / whole.as_secs_f64() * BAR).round() as usize }
}

fn sizes(record: &StepRecord) -> Vec<Entry> {
    let size = |bytes_: u64, tokens: u64| {
        let token = if tokens == 1 { "token" } else { "tokens" };
        format!("{}, {} {token} ({})", bytes(bytes_), count(tokens), record.estimator.word())
    };
    let mut entries = vec![fact("  arguments", &size(record.bytes_in, record.tokens_in), TEXT)];
    entries.extend(record.input.as_ref().map(payload).unwrap_or_default());
    entries.push(fact("  result", &size(record.bytes_out, record.tokens_out), TEXT));
    entries.extend(record.output.as_ref().map(payload).unwrap_or_default());
    entries.extend(record.cost.as_ref().map(|cost| {
        let date = if cost.date.is_empty() { String::new() } else { format!(", {}", cost.date) };
        fact("  cost", &format!("{} ({}: {}{date})", dollars(cost.usd), cost.model, cost.source), TEXT)
    }));
    entries
}

/// What was recorded of arguments or of a result: the masked beginning, and how much was masked.
fn payload(payload: &Payload) -> Vec<Entry> {
    let masked: u64 = payload.masked.values().sum();
    let mut entries = vec![fact("", &payload.preview, DIM)];
    if masked > 0 {
        let kinds: Vec<String> = payload.masked.iter().map(|(kind, count)| format!("{count} x {}", kind.word())).collect();
        entries.push(fact("", &format!("masked: {}", kinds.join(", ")), DIM));
    }
    entries
}

fn tone(decision: Decision) -> Style {
    match decision {
        Decision::Ok => GOOD,
        Decision::Reused | Decision::DryRun => ACCENT,
        Decision::Cancelled => WARN,
        Decision::DeniedSchema
        | Decision::DeniedPolicy
        | Decision::DeniedGuardrail
        | Decision::DeniedUser
        | Decision::Timeout
        | Decision::Error => BAD,
    }
}

/// Entries below a heading; nothing where there are none.
fn section(title: &'static str, entries: impl IntoIterator<Item = Entry>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = entries.into_iter().collect();
    if !entries.is_empty() {
        entries.insert(0, Entry::default());
        entries.insert(1, Entry::from(Line::styled(title, STRONG)));
    }
    entries
}

fn fact(label: &str, text: &str, style: Style) -> Entry {
    let spans = vec![Span::styled(format!("{label:<LABEL$}"), ACCENT), Span::styled(neutralise_line(text).into_owned(), style)];
    Entry { line: Line::from(spans), hang: hang() }
}

fn hang() -> u16 {
    u16::try_from(LABEL).unwrap_or(0)
}
