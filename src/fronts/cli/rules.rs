//! `policy show`: everything that guards calls, as text.

use crate::ops::{Limit, PolicyRow, PolicyView, ProviderView, ToolRow};
use crate::types::{Place, neutralise_line};

/// What is in force, section by section.
pub(super) fn page(view: &PolicyView) -> String {
    let mut lines = Vec::new();
    section(&mut lines, "rules, in the order in which they are asked", view.rules.iter().map(rule));
    section(&mut lines, "limits", view.limits.iter().map(limit));
    section(&mut lines, &format!("guardrails, {}", view.mode.word()), view.providers.iter().map(provider));
    section(&mut lines, "tools, when called first in a run", view.tools.iter().map(tool));
    lines.push(format!("rules hash, as sessions record it: {}", view.rules_hash));
    lines.iter().map(|line| format!("{}\n", neutralise_line(line.trim_end()))).collect()
}

fn section(lines: &mut Vec<String>, title: &str, rows: impl Iterator<Item = String>) {
    lines.push(title.to_owned());
    let before = lines.len();
    lines.extend(rows);
    if lines.len() == before {
        lines.push("  none".to_owned());
    }
}

fn rule(row: &PolicyRow) -> String {
    let why = if row.why.is_empty() { String::new() } else { format!(" ({})", row.why) };
    format!("  {:<10}  {:<12}  {}{why}{}", row.says, row.id, row.of, place(row.place.as_ref()))
}

fn limit(limit: &Limit) -> String {
    format!("  {:<12}  {} of {} {}{}", limit.id, limit.used, limit.limit, limit.unit, place(limit.place.as_ref()))
}

fn provider(provider: &ProviderView) -> String {
    let stages: Vec<&str> = provider.stages.iter().map(|stage| stage.word()).collect();
    let failure = provider.failure.as_ref().map_or_else(String::new, |failure| format!(": {failure}"));
    format!("  {:<10}  {:<20}  {}, looks at {}{failure}", provider.state, provider.name, provider.kind, stages.join(", "))
}

fn tool(row: &ToolRow) -> String {
    let labels: Vec<&str> = row.labels.iter().map(|note| note.label.word()).collect();
    format!("  {:<5}  {}  {}  by {}: {}", row.decision.word(), row.tool, labels.join(", "), row.rule.id, row.rule.why)
}

fn place(place: Option<&Place>) -> String {
    place.map_or_else(String::new, |place| format!("  {place}"))
}
