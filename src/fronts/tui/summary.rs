//! The summary of a run: its figures, each tool with its latencies, and its steps in time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ratatui::text::{Line, Span};

use super::memory::Memory;
use super::model::Model;
use super::overlay::{Reader, ReaderKind};
use super::page::Entry;
use super::reading::{reader, run_words};
use super::sheets::styled;
use super::theme::{ACCENT, BAD, DIM, GOOD, STRONG, WARN};
use super::units::{bytes, count, counted, dollars, duration};
use crate::ops::{ContextLedger, RunView, StepState, StepView};
use crate::types::limits::WATERFALL_STEPS;
use crate::types::{Decision, RunId, StepNumber, ToolId};

/// How far a run had come when its steps were counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// The run.
    pub run: RunId,
    /// Its steps.
    pub steps: u64,
    /// Those under way.
    pub running: u64,
}

/// What the kept steps of a run come to.
#[derive(Debug, Clone)]
pub struct RunFigures {
    counted: Counted,
    kept: usize,
    tools: Vec<ToolFigures>,
    bars: Vec<Bar>,
    /// What it kept out of an agent's context; absent where it called no tool.
    context: Option<ContextLedger>,
}

/// One tool's kept steps; the times are those of the steps that are over.
#[derive(Debug, Clone)]
struct ToolFigures {
    tool: ToolId,
    steps: usize,
    failed: usize,
    times: Vec<Duration>,
}

/// One step in time.
#[derive(Debug, Clone)]
struct Bar {
    step: StepNumber,
    tool: ToolId,
    /// From the start of the first bar.
    start: Duration,
    span: Duration,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Good,
    Bad,
    UnderWay,
}

/// The figures that are shown, and those that are being counted.
#[derive(Debug, Default)]
pub struct Summary {
    /// The newest figures.
    pub figures: Option<RunFigures>,
    /// What is being counted.
    pub asked: Option<Counted>,
    /// Memory of the newest run in time.
    pub(super) memory: Memory,
}

impl Summary {
    /// Whether there is something new to count; nothing is counted twice at once.
    pub(super) fn wants(&mut self, run: &RunView) -> Option<Counted> {
        let counted = Counted { run: run.id, steps: run.steps.steps, running: run.steps.running };
        let known = self.figures.as_ref().is_some_and(|figures| figures.counted == counted);
        if known || self.asked.is_some() {
            return None;
        }
        self.asked = Some(counted);
        Some(counted)
    }
}

impl RunFigures {
    /// Counts the kept steps of a run, oldest first; `now` ends those that are under way.
    pub fn of(counted: Counted, steps: &[StepView], context: Option<ContextLedger>, now: Instant) -> Self {
        let mut tools: BTreeMap<&ToolId, ToolFigures> = BTreeMap::new();
        for step in steps {
            let empty = || ToolFigures { tool: step.tool.clone(), steps: 0, failed: 0, times: Vec::new() };
            let figures = tools.entry(&step.tool).or_insert_with(empty);
            figures.steps += 1;
            if let StepState::Done(record) = &step.state {
                figures.failed += usize::from(came_to_nothing(record.decision));
                figures.times.push(record.latency.total());
            }
        }
        let mut tools: Vec<ToolFigures> = tools.into_values().collect();
        tools.iter_mut().for_each(|figures| figures.times.sort_unstable());
        tools.sort_by_key(|figures| std::cmp::Reverse(figures.times.iter().sum::<Duration>()));
        let latest = &steps[steps.len().saturating_sub(WATERFALL_STEPS)..];
        let bars = latest.iter().map(|step| bar(step, &latest[0], now)).collect();
        Self { counted, kept: steps.len(), tools, bars, context }
    }
}

fn bar(step: &StepView, first: &StepView, now: Instant) -> Bar {
    let start = Duration::try_from(step.at.duration_since(first.at)).unwrap_or_default();
    let (span, end) = match &step.state {
        StepState::Running { since, .. } => (now.saturating_duration_since(*since), End::UnderWay),
        StepState::Done(record) if came_to_nothing(record.decision) => (record.latency.total(), End::Bad),
        StepState::Done(record) => (record.latency.total(), End::Good),
    };
    Bar { step: step.step, tool: step.tool.clone(), start, span, end }
}

/// As totals count it: refused, or let through for nothing.
fn came_to_nothing(decision: Decision) -> bool {
    !decision.is_good()
}

/// The summary of the shown run.
pub(super) fn summary(model: &Model) -> Reader {
    let Some(run) = model.run() else {
        return reader("Run summary", vec![styled("No script was run yet.", DIM)], ReaderKind::Summary);
    };
    let mut entries = facts(model, run);
    match model.summary.figures.as_ref().filter(|figures| figures.counted.run == run.id) {
        Some(figures) if figures.kept > 0 => {
            entries.extend(tools(figures));
            entries.extend(waterfall(figures, usize::from(model.area.width.clamp(60, 136)) - 60));
        }
        Some(_) | None => {}
    }
    reader("Run summary", entries, ReaderKind::Summary)
}

/// The run as a whole.
fn facts(model: &Model, run: &RunView) -> Vec<Entry> {
    let steps = &run.steps;
    let fact = |label: &str, text: String| Entry {
        line: Line::from(vec![Span::styled(format!("{label:<18}"), ACCENT), Span::raw(text)]),
        hang: 18,
    };
    let mut entries = vec![
        fact("script", run.script.clone()),
        fact("started", run.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()),
        fact("state", run_words(run, model.now.saturating_duration_since(run.since))),
        fact("output", counted(run.output_lines, "line")),
    ];
    entries.extend(run.usage.map(|usage| {
        let memory = format!("{} resident, at most {}", bytes(usage.resident_bytes), bytes(usage.peak_bytes));
        fact("memory", format!("{memory}; {} of processor time", duration(usage.cpu)))
    }));
    entries.extend(model.summary.memory.line(run.id).map(|line| fact("memory in time", line)));
    entries.extend([
        Entry::default(),
        fact("steps", format!("{}, of which {} failed, {} under way", steps.steps, steps.failed, steps.running)),
        fact("time in steps", duration(steps.time)),
        fact("latency", format!("median {}, 95 % within {}", duration(steps.p50), duration(steps.p95))),
        fact("tokens", format!("{} in, {} out ({})", count(steps.tokens_in), count(steps.tokens_out), steps.estimator.word())),
        fact("latest steps", super::sparkline::sparkline(&steps.recent, 40)),
    ]);
    entries.extend(steps.cost_usd.map(|usd| fact("cost", format!("{} in the context of the configured model", dollars(usd)))));
    let figures = model.summary.figures.as_ref().filter(|figures| figures.counted.run == run.id);
    if let Some(ledger) = figures.and_then(|figures| figures.context.as_ref()) {
        entries.extend(context(ledger).map(|(label, text)| fact(label, text)));
    }
    entries
}

/// The two ways to the same result, in tokens of an agent's context.
fn context(ledger: &ContextLedger) -> [(&'static str, String); 3] {
    let ContextLedger { direct, scripted, saved_percent, estimator, .. } = ledger;
    let whole = |total: u64, parts: [(&str, u64); 3]| {
        let parts = parts.map(|(name, tokens)| format!("{name} {}", count(tokens)));
        format!("{} tokens ({})", count(total), parts.join(", "))
    };
    let by_hand = [("definitions", direct.definitions), ("arguments", direct.arguments), ("results", direct.results)];
    let by_script = [("definitions", scripted.definitions), ("script", scripted.script), ("printed", scripted.printed)];
    let kept = direct.total.saturating_sub(scripted.total);
    [
        ("tools called", format!("{} in an agent's context", whole(direct.total, by_hand))),
        ("by this script", whole(scripted.total, by_script)),
        ("kept out", format!("{} tokens, {saved_percent:.1} % ({estimator}; docs/ledger.md)", count(kept))),
    ]
}

/// A table of the tools, the one that took most time first.
fn tools(figures: &RunFigures) -> Vec<Entry> {
    let head = format!("{:<28}{:>7}{:>8}{:>10}{:>10}", "Tool", "steps", "failed", "median", "95 %");
    let row = |tool: &ToolFigures| {
        let name = cut(&tool.tool.to_string(), 27);
        let (median, most) = (share(&tool.times, 50), share(&tool.times, 95));
        let spans = vec![
            Span::raw(format!("{name:<28}{:>7}", tool.steps)),
            Span::styled(format!("{:>8}", tool.failed), if tool.failed > 0 { BAD } else { DIM }),
            Span::raw(format!("{:>10}{:>10}", words(median), words(most))),
        ];
        Entry::from(Line::from(spans))
    };
    let rows = figures.tools.iter().map(row);
    [Entry::default(), styled(&head, STRONG)].into_iter().chain(rows).collect()
}

/// The steps one below the other, each where it stood in time; `width` is what a bar may take.
fn waterfall(figures: &RunFigures, width: usize) -> Vec<Entry> {
    let width = width.max(16);
    let whole = figures.bars.iter().map(|bar| bar.start + bar.span).max().unwrap_or_default();
    let head = format!("{:<42}0 … {}", "Steps in time", duration(whole));
    let hidden = figures.counted.steps.saturating_sub(figures.bars.len() as u64);
    let note = (hidden > 0).then(|| styled(&format!("{} before these", counted(hidden, "step")), DIM));
    let row = |bar: &Bar| {
        let (word, style) = match bar.end {
            End::Good => ("✓", GOOD),
            End::Bad => ("✗", BAD),
            End::UnderWay => ("◌", WARN),
        };
        let (from, to) = (place(bar.start, whole, width), place(bar.start + bar.span, whole, width));
        let length = (to - from).max(1).min(width - from.min(width - 1));
        let lead = format!("{:>5} {:<24}{:>9} ", bar.step.0, cut(&bar.tool.to_string(), 23), duration(bar.span));
        Entry::from(Line::from(vec![
            Span::raw(lead),
            Span::styled(format!("{word} "), style),
            Span::styled(format!("{}{}", "·".repeat(from.min(width - 1)), "━".repeat(length)), style),
        ]))
    };
    let rows = figures.bars.iter().map(row);
    [Entry::default(), styled(&head, STRONG)].into_iter().chain(note).chain(rows).collect()
}

/// The column of a time.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a ratio between 0 and 1 times a width")]
fn place(at: Duration, whole: Duration, width: usize) -> usize {
    if whole.is_zero() {
        return 0;
    }
    ((at.as_secs_f64() / whole.as_secs_f64()).clamp(0.0, 1.0) * width as f64).round() as usize
}

/// The time within which `percent` of the sorted times lie.
fn share(times: &[Duration], percent: usize) -> Option<Duration> {
    times.get((times.len() * percent).div_ceil(100).checked_sub(1)?).copied()
}

fn words(time: Option<Duration>) -> String {
    time.map_or_else(|| "-".to_owned(), duration)
}

/// A name in at most `most` characters.
fn cut(name: &str, most: usize) -> String {
    let clean = crate::types::neutralise_line(name);
    if clean.chars().count() <= most {
        return clean.into_owned();
    }
    clean.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_the_time_within_which_it_lies() {
        let times: Vec<Duration> = (1..=20).map(Duration::from_millis).collect();
        assert_eq!((share(&times, 50), share(&times, 95)), (Some(times[9]), Some(times[18])));
        assert_eq!((share(&times[..1], 50), share(&[], 95)), (Some(times[0]), None));
    }

    #[test]
    fn a_long_name_is_cut_and_marked() {
        assert_eq!((cut("git__git_diff", 13), cut("git__git_diff", 6)), ("git__git_diff".into(), "git__…".into()));
    }
}
