//! The policy pane: the rules under which calls are made, in the order in which they are asked, and what is used of limits.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::list::Move;
use super::page::{Entry, Page};
use super::sheets::{padding, styled};
use super::text::cells::width;
use super::theme::{ACCENT, BAD, DIM, GOOD, STRONG, TEXT, WARN};
use super::world::World;
use crate::ops::{Limit, PolicyRow, PolicyView, ProviderView, ToolRow};
use crate::types::{Effect, Place, RunId, neutralise_line};

/// Columns of a bar that shows what is used of a limit.
const BAR: usize = 10;
/// Columns of names in these tables at the most.
const NAME_COLUMNS: usize = 40;

/// The policy pane.
#[derive(Debug, Default)]
pub struct RulesPane {
    /// What is in force, once it came.
    view: Option<Box<PolicyView>>,
    /// What the view answers.
    answered: Option<Basis>,
    /// What is asked for now.
    asked: Option<Basis>,
    /// All of it, for reading.
    pub(crate) page: Page,
}

/// What a view depends on: another one is asked for when it is no longer so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Basis {
    run: Option<RunId>,
    steps: u64,
    running: u64,
    tools: usize,
}

impl RulesPane {
    /// Whether what is in force, and what a run has used of it, must be asked for; one question at a time.
    pub(crate) fn wants(&mut self, world: &World, run: Option<RunId>) -> bool {
        let tools = world.offers.values().map(|offer| offer.tools.len()).sum();
        let basis = Basis { run, steps: world.summary.steps, running: world.summary.running, tools };
        if self.asked.is_some() || self.answered == Some(basis) {
            return false;
        }
        self.asked = Some(basis);
        true
    }

    /// Asks anew.
    pub(crate) fn forget_request(&mut self) {
        self.asked = None;
    }

    /// What is in force came.
    pub(crate) fn learnt(&mut self, view: Box<PolicyView>) {
        self.answered = self.asked.take();
        let run = self.answered.and_then(|basis| basis.run);
        let top = self.page.top;
        self.page = Page::prose(entries(&view, run));
        self.page.top = top;
        self.view = Some(view);
    }

    /// Whether anything came yet.
    pub(crate) fn is_known(&self) -> bool {
        self.view.is_some()
    }

    /// Folds it to its width.
    pub(crate) fn settle(&mut self, area: Rect) {
        self.page.settle(area.width.saturating_sub(1), area.height);
    }

    /// Scrolls.
    pub(crate) fn go(&mut self, to: Move, height: usize) {
        self.page.go(to, height);
    }

    /// The title's further words: the mode and the start of the hash.
    pub(crate) fn words(&self) -> String {
        self.view.as_ref().map_or_else(String::new, |view| {
            let hash: String = view.rules_hash.chars().take(12).collect();
            format!("guardrails {} · rules {hash} ", view.mode.word())
        })
    }

    /// What Copy copies.
    pub(crate) fn copied(&self) -> Option<String> {
        let view = self.view.as_ref()?;
        let run = self.answered.and_then(|basis| basis.run);
        Some(entries(view, run).iter().map(|entry| entry.line.to_string()).collect::<Vec<_>>().join("\n"))
    }
}

fn entries(view: &PolicyView, run: Option<RunId>) -> Vec<Entry> {
    let mut entries = vec![styled("Rules, in the order in which they are asked", STRONG)];
    entries.extend(rules(&view.rules));
    let whose = run.map_or_else(|| "the session outside of runs".to_owned(), |run| run.to_string());
    section(&mut entries, &format!("Limits, as used by {whose}"), view.limits.iter().map(limit), "No limits are set.");
    let mode = format!("Guardrails, {}", view.mode.word());
    section(&mut entries, &mode, view.providers.iter().map(provider), "Nothing is looked at.");
    section(&mut entries, "Tools, when called first in a run", tools(&view.tools), "No tools are known yet.");
    entries.push(Entry::default());
    entries.push(styled(&format!("Rules hash, as sessions record it: {}", view.rules_hash), DIM));
    entries
}

fn section(entries: &mut Vec<Entry>, title: &str, rows: impl IntoIterator<Item = Entry>, none: &str) {
    entries.push(Entry::default());
    entries.push(styled(title, STRONG));
    let before = entries.len();
    entries.extend(rows);
    if entries.len() == before {
        entries.push(styled(none, DIM));
    }
}

fn rules(rows: &[PolicyRow]) -> Vec<Entry> {
    let says = widest(rows.iter().map(|row| row.says));
    let names = widest(rows.iter().map(|row| row.id.as_str()));
    let entry = |row: &PolicyRow| {
        let mut spans = vec![
            column(row.says, says, says_style(row.says)),
            column(&row.id, names, STRONG),
            Span::styled(neutralise_line(&row.of).into_owned(), TEXT),
        ];
        if !row.why.is_empty() && !row.why.starts_with(&row.of) {
            spans.push(Span::styled(format!(" ({})", neutralise_line(&row.why)), TEXT));
        }
        spans.push(place(row.place.as_ref()));
        hanging(spans, says + names + 4)
    };
    rows.iter().map(entry).collect()
}

fn limit(limit: &Limit) -> Entry {
    let share = if limit.limit > 0.0 { (limit.used / limit.limit).clamp(0.0, 1.0) } else { 1.0 };
    let filled = (0..BAR).filter(|cell| (*cell as f64) < share * BAR as f64).count();
    let style = if limit.is_reached() { BAD } else { GOOD };
    let figures = format!("{} of {} {}", figure(limit.used), figure(limit.limit), neutralise_line(&limit.unit));
    let reached = if limit.is_reached() { ", nothing is left" } else { "" };
    let spans = vec![
        column(&limit.id, 16, STRONG),
        Span::styled("█".repeat(filled), style),
        Span::styled("░".repeat(BAR - filled), DIM),
        Span::raw(format!("  {figures}{reached}")),
        place(limit.place.as_ref()),
    ];
    hanging(spans, 30)
}

/// A number of a limit: whole where it is whole.
fn figure(number: f64) -> String {
    if number.fract() == 0.0 { format!("{number:.0}") } else { format!("{number:.3}") }
}

fn provider(provider: &ProviderView) -> Entry {
    let (mark, style) = match provider.state {
        "failed" => ("✗", BAD),
        "ready" => ("✓", GOOD),
        _ => ("○", DIM),
    };
    let stages: Vec<&str> = provider.stages.iter().map(|stage| stage.word()).collect();
    let dated = (!provider.rules_date.is_empty()).then(|| format!(", rules of {}", provider.rules_date));
    let asked = (provider.asked > 0).then(|| format!(", asked {}, failed {}", provider.asked, provider.failed));
    let about = format!(
        "{}, {}, looks at {}{}{}",
        provider.state,
        provider.kind,
        stages.join(", "),
        dated.unwrap_or_default(),
        asked.unwrap_or_default()
    );
    let mut spans = vec![Span::styled(format!("{mark} "), style), column(&provider.name, 20, STRONG), Span::raw(about)];
    if let Some(failure) = &provider.failure {
        spans.push(Span::styled(format!(": {}", neutralise_line(failure)), BAD));
    }
    hanging(spans, 24)
}

fn tools(rows: &[ToolRow]) -> Vec<Entry> {
    let texts: Vec<String> = rows.iter().map(|row| neutralise_line(&row.tool.to_string()).into_owned()).collect();
    let labels: Vec<String> = rows.iter().map(labels).collect();
    let (names, words) = (widest(texts.iter().map(String::as_str)), widest(labels.iter().map(String::as_str)));
    let entry = |((row, name), labels): ((&ToolRow, &String), &String)| {
        let spans = vec![
            column(row.decision.word(), 5, effect_style(row.decision)),
            column(name, names, STRONG),
            column(labels, words, TEXT),
            Span::styled(format!("by {}: {}", row.rule.id, neutralise_line(&row.rule.why)), DIM),
        ];
        hanging(spans, names + 9)
    };
    rows.iter().zip(&texts).zip(&labels).map(entry).collect()
}

fn labels(row: &ToolRow) -> String {
    row.labels.iter().map(|note| note.label.word()).collect::<Vec<_>>().join(", ")
}

fn hanging(spans: Vec<Span<'static>>, columns: usize) -> Entry {
    Entry { line: Line::from(spans), hang: u16::try_from(columns).unwrap_or(0) }
}

/// A text in a column, and two spaces behind it.
fn column(text: &str, columns: usize, style: Style) -> Span<'static> {
    let text = neutralise_line(text).into_owned();
    let padding = padding(&text, columns);
    Span::styled(format!("{text}{padding}  "), style)
}

fn widest<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(width).max().unwrap_or(0).min(NAME_COLUMNS)
}

fn place(place: Option<&Place>) -> Span<'static> {
    Span::styled(place.map_or_else(String::new, |place| format!("  {}", neutralise_line(&place.to_string()))), DIM)
}

fn says_style(says: &str) -> Style {
    match says {
        "deny" => BAD,
        "ask" | "ask_writes" => WARN,
        "allow" => GOOD,
        "off" => DIM,
        _ => ACCENT,
    }
}

fn effect_style(effect: Effect) -> Style {
    match effect {
        Effect::Allow => GOOD,
        Effect::Ask => WARN,
        Effect::Deny => BAD,
    }
}
