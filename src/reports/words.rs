//! Numbers and times as people read them.

use std::collections::BTreeMap;

use crate::journal::ContextLedger;
use crate::sys::clock::Timestamp;
use crate::types::{Cost, Preflight, RuleRef};

/// `0.04 ms`, `1.5 ms`, `12 ms`, `3.40 s`.
pub(super) fn milliseconds(milliseconds: f64) -> String {
    match milliseconds {
        tiny if tiny < 1.0 => format!("{tiny:.2} ms"),
        short if short < 10.0 => format!("{short:.1} ms"),
        medium if medium < 1_000.0 => format!("{medium:.0} ms"),
        long => format!("{:.2} s", long / 1_000.0),
    }
}

/// `812 B`, `1.5 KiB`, `3.0 MiB`.
pub(super) fn bytes(bytes: u64) -> String {
    const UNIT: f64 = 1_024.0;
    match bytes as f64 {
        small if small < UNIT => format!("{bytes} B"),
        medium if medium < UNIT * UNIT => format!("{:.1} KiB", medium / UNIT),
        large => format!("{:.1} MiB", large / (UNIT * UNIT)),
    }
}

/// `1,234,567`.
pub(super) fn count(count: u64) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// What scripts needed of a context, against calling the tools directly.
pub(super) fn context(ledger: &ContextLedger) -> String {
    let ContextLedger { estimator, direct, scripted, saved_percent, .. } = ledger;
    let than = if *saved_percent < 0.0 { "more" } else { "less" };
    format!(
        "Scripts took {} tokens of an agent's context where calling the tools directly takes {}: {:.1} % {than} (counted by {estimator}).",
        count(scripted.total),
        count(direct.total),
        saved_percent.abs()
    )
}

/// What one script needed of a context: `1,234 of 56,789 tokens, 97.8 % less`.
pub(super) fn share(ledger: &ContextLedger) -> String {
    let ContextLedger { direct, scripted, saved_percent, .. } = ledger;
    let than = if *saved_percent < 0.0 { "more" } else { "less" };
    format!("{} of {} tokens, {:.1} % {than}", count(scripted.total), count(direct.total), saved_percent.abs())
}

/// `script_timeout_seconds 2, ...`.
pub(super) fn limits(limits: &BTreeMap<String, String>) -> String {
    limits.iter().map(|(name, limit)| format!("{name} {limit}")).collect::<Vec<_>>().join(", ")
}

/// What was judged before something began, and whether it was allowed to.
pub(super) fn preflight(judged: &Preflight) -> String {
    let signals: usize =
        judged.subjects.iter().map(|subject| subject.signals.iter().filter(|signal| signal.crossed()).count()).sum();
    let outcome = judged.refused.as_ref().map_or("allowed".to_owned(), |why| format!("refused: {why}"));
    format!("{}, {} above their threshold, {outcome}", counted(judged.judged, "text"), counted(signals as u64, "signal"))
}

/// To the second.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%F %T UTC").to_string()
}

/// `1 step`, `2 steps`.
pub(super) fn counted(count: u64, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// The rule that decided, where it stands and why it applies.
pub(super) fn rule(rule: &RuleRef) -> String {
    let place = rule.place.as_ref().map_or(String::new(), |place| format!(" ({place})"));
    format!("{}{place}: {}", rule.id, rule.why)
}

/// Whose price it is, where that stands and of which day.
pub(super) fn price(cost: &Cost) -> String {
    let Cost { model, source, date, .. } = cost;
    if date.is_empty() { format!("price of {model}, {source}") } else { format!("price of {model}, {source}, {date}") }
}
