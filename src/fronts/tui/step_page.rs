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
use crate::ops::{StepState, StepView};
use crate::types::{Caller, Decision, Payload, RuleRef, Signal, Stage, StepRecord, TOKEN_ESTIMATOR, neutralise_line};

/// Columns of labels.
const LABEL: usize = 16;
/// Columns of the longest bar of a latency.
const BAR: f64 = 40.0;

/// The page of one step.
pub(super) fn step(step: &StepView) -> Reader {
    let mut entries = heading(step);
    if let StepState::Done(record) = &step.state {
        entries.extend(section("Path through the guards", stations(record).iter().map(Station::entry)));
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
    }
    entries
}

/// One guard that a call passes.
#[derive(Debug, PartialEq, Eq)]
struct Station {
    name: &'static str,
    standing: Standing,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Passed,
    /// It let the call through and has something to say.
    Noted,
    Stopped,
    NotReached,
}

impl Station {
    fn entry(&self) -> Entry {
        let (mark, style) = match self.standing {
            Standing::Passed => ("✓", GOOD),
            Standing::Noted => ("!", WARN),
            Standing::Stopped => ("⊘", BAD),
            Standing::NotReached => ("·", DIM),
        };
        let text = if self.text.is_empty() { "not reached" } else { &self.text };
        let plain = if self.standing == Standing::NotReached { DIM } else { TEXT };
        let spans = [
            (format!("  {mark} "), style),
            (format!("{:<width$}", self.name, width = LABEL - 4), ACCENT),
            (neutralise_line(text).into_owned(), plain),
        ];
        let line: Vec<Span<'static>> = spans.into_iter().map(|(text, style)| Span::styled(text, style)).collect();
        Entry { line: Line::from(line), hang: hang() }
    }
}

/// The guards in the order in which they are asked, up to the one that stopped the call.
fn stations(record: &StepRecord) -> Vec<Station> {
    let stop = stopped_at(record);
    let second = if stop.is_some_and(|(stop, _)| stop == "connection") { "connection" } else { "pins" };
    let names = ["policy", second, "schema", "approval", "arguments", "server", "result"];
    let mut stations = Vec::new();
    for name in names {
        let (standing, text) = match stop {
            Some((stop, why)) if stop == name => (Standing::Stopped, why.to_owned()),
            _ => passed(name, record),
        };
        let stopped = standing == Standing::Stopped;
        stations.push(Station { name, standing, text });
        if stopped {
            break;
        }
    }
    let rest = names.into_iter().skip(stations.len());
    stations.extend(rest.map(|name| Station { name, standing: Standing::NotReached, text: String::new() }));
    stations
}

/// The guard that stopped a call, and why.
fn stopped_at(record: &StepRecord) -> Option<(&'static str, &str)> {
    let error = record.error.as_deref().unwrap_or_default();
    let rule = record.rule.as_ref();
    let is = |id: &str| rule.is_some_and(|rule| &*rule.id == id);
    match record.decision {
        Decision::DeniedPolicy if is("pins") => Some(("pins", error)),
        Decision::DeniedPolicy => Some(("policy", error)),
        Decision::DeniedSchema => Some(("schema", error)),
        Decision::DeniedUser => Some(("approval", error)),
        Decision::DeniedGuardrail => {
            let result = record.signals.iter().any(|signal| signal.stage == Stage::Result);
            Some((if result { "result" } else { "arguments" }, error))
        }
        Decision::Cancelled | Decision::Timeout | Decision::Error if rule.is_none() => Some(("connection", error)),
        Decision::Cancelled | Decision::Timeout | Decision::Error => Some(("server", error)),
        Decision::Ok | Decision::Reused | Decision::DryRun => None,
    }
}

/// What a guard that let the call through has to say.
fn passed(name: &str, record: &StepRecord) -> (Standing, String) {
    let noted = |stage: Stage| match record.signals.iter().filter(|signal| signal.stage == stage && signal.crossed()).count() {
        0 => (Standing::Passed, "no guardrail objects".to_owned()),
        1 => (Standing::Noted, "one guardrail has found something, see below".to_owned()),
        several => (Standing::Noted, format!("{several} guardrails have found something, see below")),
    };
    match name {
        "policy" => (Standing::Passed, record.rule.as_ref().map_or("nothing is said against it".to_owned(), rule)),
        "pins" => (Standing::Passed, "server and tool are as they were pinned".to_owned()),
        "schema" => (Standing::Passed, "the arguments fit".to_owned()),
        "approval" => (Standing::Passed, record.rule.as_ref().and_then(approval).unwrap_or("nobody had to be asked").to_owned()),
        "arguments" => noted(Stage::Arguments),
        "server" if record.decision == Decision::Reused => (Standing::Passed, "not asked: an earlier answer was used".to_owned()),
        "server" if record.decision == Decision::DryRun => (Standing::Passed, "not asked: it is a dry run".to_owned()),
        "server" => (Standing::Passed, format!("answered within {}", duration(record.latency.server))),
        _ if matches!(record.decision, Decision::Reused | Decision::DryRun) => {
            (Standing::NotReached, "there is no new one".to_owned())
        }
        _ => noted(Stage::Result),
    }
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
    let size = |bytes_: u64, tokens: u64| format!("{}, {} tokens ({TOKEN_ESTIMATOR})", bytes(bytes_), count(tokens));
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
