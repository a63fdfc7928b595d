//! The steps pane: one row a step, the newest on top.

use std::time::Instant;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::frame::{self, columns, highlight, put, put_right};
use super::lists::selection;
use crate::fronts::tui::facts::Facts;
use crate::fronts::tui::model::Model;
use crate::fronts::tui::pane::Pane;
use crate::fronts::tui::sparkline::sparkline;
use crate::fronts::tui::steps::{StepKind, reason, word};
use crate::fronts::tui::theme::{ACCENT, BAD, DIM, GOOD, SELECTED, TEXT, WARN};
use crate::fronts::tui::units::{count, dollars, duration};
use crate::fronts::tui::views::step_window;
use crate::ops::{StepState, StepView, StepsSummary};
use crate::types::{Decision, neutralise_line};

/// Bars of the sparkline in the title.
const TITLE_BARS: usize = 12;
/// Columns a tool's name gets at least, before figures are left out.
const LEAST_NAME: u16 = 18;
/// Columns a reason gets at least, before the time is left out for it.
const LEAST_REASON: u16 = 24;

/// The pane.
pub(super) fn draw(model: &Model, facts: &Facts, area: Rect, buffer: &mut Buffer) {
    let area = narrowed_line(model, area, buffer);
    if facts.steps.is_empty() {
        let text = if model.steps_unfiltered() == 0 { "Tool calls are listed here." } else { "" };
        put(buffer, area.x + 1, area.y, area.width.saturating_sub(1), text, DIM);
        return;
    }
    let window = step_window(model, area.height + u16::from(model.steps.narrowed()));
    let selected = model.steps.selected.unwrap_or_else(|| model.step_total().saturating_sub(1));
    let rows: Vec<Row> = facts.steps.iter().map(|step| Row::of(step, facts.now)).collect();
    let wide = Columns::of(model, &rows, area.width);
    for (at, (row, y)) in rows.iter().zip(area.y..area.bottom()).enumerate() {
        let line = Rect::new(area.x, y, area.width, 1);
        row.draw(wide, line, buffer);
        let chosen = model.focus == Pane::Steps || model.steps.selected.is_some();
        if chosen && window.end.checked_sub(at as u64 + 1) == Some(selected) {
            highlight(buffer, line, selection(model, Pane::Steps));
        }
    }
}

/// Totals for the title: count, time, median, cost, tokens, sparkline; the caller shows as many as fit.
pub(super) fn totals(model: &Model) -> Vec<(String, Style)> {
    let (scope, summary): (&str, &StepsSummary) = match model.steps_of().and(model.run()) {
        Some(run) => ("of the run ", &run.steps),
        None => ("", &model.world.summary),
    };
    if summary.steps == 0 {
        return vec![(scope.to_owned(), DIM)];
    }
    let mut texts = vec![(scope.to_owned(), DIM), (format!(" {} ", summary.steps), TEXT)];
    if summary.running > 0 {
        texts.push((format!("· {} running ", summary.running), WARN));
    }
    if summary.failed > 0 {
        texts.push((format!("· {} failed ", summary.failed), BAD));
    }
    texts.push((format!("· {} ", duration(summary.time)), DIM));
    texts.push((format!("· p50 {} ", duration(summary.p50)), DIM));
    texts.extend(summary.cost_usd.map(|usd| (format!("· {} ", dollars(usd)), DIM)));
    texts.push((format!("· {} tok ", count(summary.tokens_in + summary.tokens_out)), DIM));
    texts.push((format!("{} ", sparkline(&summary.recent, TITLE_BARS)), ACCENT));
    texts
}

/// What the list is narrowed to, where it is. Answers what is left of the pane.
fn narrowed_line(model: &Model, area: Rect, buffer: &mut Buffer) -> Rect {
    if !model.steps.narrowed() || area.height == 0 {
        return area;
    }
    let line = Rect::new(area.x, area.y, area.width, 1);
    let hits = format!("{} of {}", model.step_total(), model.steps_unfiltered());
    let right = put_right(buffer, line, &hits, DIM);
    let room = line.width.saturating_sub(right + 1);
    let filter = &model.steps.filter;
    let kind = model.steps.kind;
    let kind = if kind == StepKind::All { String::new() } else { format!(" only {} ", kind.word()) };
    let mut used = put(buffer, line.x, line.y, room, &kind, WARN);
    if filter.shown() {
        used += put(buffer, line.x + used, line.y, room.saturating_sub(used + 1), &format!("/{}", filter.text), ACCENT);
    }
    if filter.editing {
        put(buffer, line.x + used, line.y, 1, " ", SELECTED);
    }
    Rect::new(area.x, area.y + 1, area.width, area.height - 1)
}

/// The texts of one step.
struct Row {
    number: u64,
    tools: [String; 2],
    mark: &'static str,
    word: String,
    style: Style,
    reason: Option<String>,
    time: String,
    tokens: String,
}

/// Widths of the columns, so that those of all rows in view stand below each other.
#[derive(Clone, Copy)]
struct Columns {
    number: usize,
    word: usize,
    time: u16,
    tokens: u16,
}

impl Columns {
    fn of(model: &Model, rows: &[Row], width: u16) -> Self {
        let widest = |of: fn(&Row) -> &str| rows.iter().map(|row| usize::from(columns(of(row)))).max().unwrap_or(0);
        let (number, word) = (model.world.steps.to_string().len().max(2), widest(|row| &row.word));
        let (time, tokens) = (frame::width_of(widest(|row| &row.time)), frame::width_of(widest(|row| &row.tokens)));
        let least = u16::try_from(number + word + 6).unwrap_or(u16::MAX).saturating_add(LEAST_NAME + time);
        Self {
            number,
            word,
            time: if least <= width { time } else { 0 },
            tokens: if least + tokens <= width { tokens } else { 0 },
        }
    }
}

impl Row {
    fn of(step: &StepView, now: Instant) -> Self {
        let tools = [step.tool.to_string(), step.tool.tool.to_string()].map(|name| neutralise_line(&name).into_owned());
        let (mark, style, time, tokens) = match &step.state {
            StepState::Running { since, .. } => ("◌", WARN, duration(now.saturating_duration_since(*since)), String::new()),
            StepState::Done(record) => {
                let (mark, style) = decision_mark(record.decision);
                let tokens = format!("{}→{} tok", count(record.tokens_in), count(record.tokens_out));
                (mark, style, duration(record.latency.total()), tokens)
            }
        };
        let reason = reason(step).map(|reason| neutralise_line(&reason).into_owned());
        Self { number: step.step.0, tools, mark, word: word(step).replace('_', " "), style, reason, time, tokens }
    }

    /// Number, mark and word, tool; then tokens, or the reason where there is one, and the time. At small widths tokens
    /// go first.
    fn draw(&self, wide: Columns, line: Rect, buffer: &mut Buffer) {
        let number = format!(" {:>width$} ", self.number, width = wide.number);
        let word = format!("{} {:<width$}  ", self.mark, self.word, width = wide.word);
        let mut x = line.x + put(buffer, line.x, line.y, line.width, &number, DIM);
        x += put(buffer, x, line.y, line.right().saturating_sub(x), &word, self.style);
        let figures = match &self.reason {
            None => [(&self.tokens, wide.tokens, DIM), (&self.time, wide.time, TEXT)],
            Some(_) => [(&self.tokens, 0, DIM), (&self.time, self.room_for_time(wide, line, x), TEXT)],
        };
        let room = line.right().saturating_sub(x);
        let right: u16 = figures.iter().map(|(_, width, _)| width).sum();
        let middle = room.saturating_sub(if right > 0 { right + 1 } else { 0 });
        self.draw_tool(Rect::new(x, line.y, middle, 1), buffer);
        let mut end = line.right().saturating_sub(right + 1);
        for (text, width, style) in figures {
            end += width;
            put_right(buffer, Rect::new(end.saturating_sub(width), line.y, width, 1), text, style);
        }
    }

    /// The columns of the time in a row with a reason: none where the reason needs them.
    fn room_for_time(&self, wide: Columns, line: Rect, x: u16) -> u16 {
        let wanted = columns(&self.tools[1]) + LEAST_REASON.min(columns(self.reason.as_deref().unwrap_or_default())) + 3;
        if x + wanted + wide.time < line.right() { wide.time } else { 0 }
    }

    /// The tool, without its server where that does not fit, and the reason behind it.
    fn draw_tool(&self, place: Rect, buffer: &mut Buffer) {
        let reason = self.reason.as_deref().unwrap_or_default();
        let behind = if reason.is_empty() { 0 } else { columns(reason) + 2 };
        let name = if columns(&self.tools[0]) + behind <= place.width { &self.tools[0] } else { &self.tools[1] };
        let used = put(buffer, place.x, place.y, place.width, name, TEXT) + 2;
        put(buffer, place.x + used, place.y, place.width.saturating_sub(used), reason, self.style);
    }
}

/// The mark of a decision and its style.
pub(super) fn decision_mark(decision: Decision) -> (&'static str, Style) {
    match decision {
        Decision::Ok => ("✓", GOOD),
        Decision::Reused | Decision::DryRun => ("↺", ACCENT),
        Decision::DeniedSchema | Decision::DeniedPolicy | Decision::DeniedGuardrail | Decision::DeniedUser => ("⊘", BAD),
        Decision::Cancelled => ("■", WARN),
        Decision::Timeout | Decision::Error => ("✗", BAD),
    }
}
