//! The panes: their boxes and titles, and what the right-hand ones show.

use std::time::Instant;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::frame::{boxed, columns, highlight, pieces, put, put_right};
use super::lists::{filter_line, run_mark, scripts, selection, servers};
use super::{Look, frame, guards, tool};
use crate::fronts::tui::facts::Facts;
use crate::fronts::tui::layout::inner;
use crate::fronts::tui::model::Model;
use crate::fronts::tui::overlay::Overlay;
use crate::fronts::tui::pane::Pane;
use crate::fronts::tui::reading::run_words;
use crate::fronts::tui::sparkline::sparkline;
use crate::fronts::tui::tabs;
use crate::fronts::tui::theme::{ACCENT, BAD, DIM, GOOD, SELECTED, STRONG, TEXT, WARN};
use crate::fronts::tui::tool_pane::Tab;
use crate::fronts::tui::units::{count, counted, duration};
use crate::ops::{OutputStream, StepState, StepView, StepsSummary};
use crate::types::{Decision, neutralise_line};

/// Bars of the sparkline in the title of the steps.
const TITLE_BARS: usize = 12;

/// Columns of the word that says how a step ended, or of its progress.
const WORD_COLUMNS: usize = 24;
/// Columns a tool's name gets at least, before figures are left out.
const LEAST_NAME: u16 = 18;

/// A pane.
pub(super) fn draw(model: &Model, facts: &Facts, look: &Look, pane: Pane, rect: Rect, buffer: &mut Buffer) {
    let focused = model.focus == pane && model.overlay.is_none();
    boxed(buffer, rect, if focused { ACCENT } else { DIM });
    title(model, facts, pane, rect, buffer);
    let area = inner(rect);
    if area.is_empty() {
        return;
    }
    match pane {
        Pane::Servers => servers(model, facts, area, buffer),
        Pane::Scripts => scripts(model, facts, area, buffer),
        Pane::Tool => tool::draw(model, facts, look, area, buffer),
        Pane::Policy => guards::policy(model, area, buffer),
        Pane::Pins => guards::pins(model, area, buffer),
        Pane::Editor => editor(model, look, area, buffer),
        Pane::Output => output(model, facts, area, buffer),
        Pane::Steps => steps(model, facts, area, buffer),
    }
}

/// The upper border: the jump label, the pane's own title, and the tabs of the tool.
fn title(model: &Model, facts: &Facts, pane: Pane, rect: Rect, buffer: &mut Buffer) {
    let focused = model.focus == pane && model.overlay.is_none();
    let jumping = matches!(model.overlay, Some(Overlay::Jump));
    let label = if jumping {
        SELECTED
    } else if focused {
        ACCENT
    } else {
        DIM
    };
    let mut line = Rect::new(rect.x + 1, rect.y, rect.width.saturating_sub(2), 1);
    let mut texts = [(format!(" {} ", pane.label()), label), (words(model, pane), if focused { STRONG } else { TEXT })];
    if pane == Pane::Tool && model.tool.spec.is_some() {
        let tabs: Vec<(Tab, Rect)> = tabs::tool_tabs(rect).collect();
        for (tab, place) in &tabs {
            let (text, style) = if *tab == model.tool.tab {
                (format!("[{}]", tab.title()), STRONG.patch(ACCENT))
            } else if *tab == Tab::Wrapper && model.tool.is_outdated() {
                (format!("!{} ", tab.title()), WARN)
            } else {
                (format!(" {} ", tab.title()), DIM)
            };
            put(buffer, place.x, place.y, place.width, &text, style);
        }
        line.width = tabs.first().map_or(line.width, |(_, place)| place.x.saturating_sub(line.x));
    }
    if pane == Pane::Tool && columns(&texts[1].0) + 3 > line.width {
        texts[1].0 = model.tool.spec.as_ref().map(|spec| format!("{} ", neutralise_line(&spec.id.tool))).unwrap_or_default();
    }
    let mut x = line.x;
    for (text, style) in texts {
        x += put(buffer, x, line.y, line.right().saturating_sub(x), &text, style);
    }
    let rest = Rect::new(x, line.y, line.right().saturating_sub(x), 1);
    if let (Pane::Editor, Some((line, column))) = (pane, model.editor.position()) {
        put_right(buffer, Rect { width: rest.width.saturating_sub(1), ..rest }, &format!(" {line}:{column} "), DIM);
    }
    let further = match pane {
        Pane::Policy => model.rules.words(),
        Pane::Pins => model.pins.words(),
        Pane::Servers | Pane::Scripts | Pane::Tool | Pane::Editor | Pane::Output | Pane::Steps => String::new(),
    };
    if !further.is_empty() {
        put(buffer, rest.x, rest.y, rest.width, &format!(" {further}"), DIM);
    }
    if pane == Pane::Steps {
        pieces(buffer, rest.x, rest.y, rest.width, &steps_words(model));
    }
    if pane == Pane::Output {
        output_words(model, facts, rest, buffer);
    }
}

fn words(model: &Model, pane: Pane) -> String {
    match pane {
        Pane::Tool => match &model.tool.spec {
            Some(spec) => format!("{} ", neutralise_line(&spec.id.to_string())),
            None => "Tool ".to_owned(),
        },
        Pane::Editor => {
            format!("{} {}", neutralise_line(model.editor.name()), model.editor.remarks()).trim_end().to_owned() + " "
        }
        Pane::Servers | Pane::Scripts | Pane::Output | Pane::Steps | Pane::Policy | Pane::Pins => format!("{} ", pane.title()),
    }
}

fn output_words(model: &Model, facts: &Facts, rest: Rect, buffer: &mut Buffer) {
    let Some(run) = model.run() else { return };
    let (mark, style) = run_mark(&run.state);
    let elapsed = facts.now.saturating_duration_since(run.since);
    let texts = [
        (format!("{mark} "), style),
        (format!("{} ", run_words(run, elapsed)), TEXT),
        (format!("· {} ", neutralise_line(&run.script)), DIM),
    ];
    pieces(buffer, rest.x, rest.y, rest.width, &texts);
}

/// Totals: count, time, median, tokens, sparkline; as many as fit.
fn steps_words(model: &Model) -> Vec<(String, Style)> {
    let (scope, summary): (&str, &StepsSummary) = match model.steps_of().and(model.run()) {
        Some(run) => ("of the run ", &run.steps),
        None => ("", &model.world.summary),
    };
    if summary.steps == 0 {
        return vec![(scope.to_owned(), DIM)];
    }
    let mut texts = vec![(scope.to_owned(), DIM), (format!(" {} ", summary.steps), TEXT)];
    if summary.failed > 0 {
        texts.push((format!("· {} failed ", summary.failed), BAD));
    }
    texts.push((format!("· {} ", duration(summary.time)), DIM));
    texts.push((format!("· p50 {} ", duration(summary.p50)), DIM));
    texts.push((format!("· {} tok ", count(summary.tokens_in + summary.tokens_out)), DIM));
    texts.push((format!("{} ", sparkline(&summary.recent, TITLE_BARS)), ACCENT));
    texts
}

fn editor(model: &Model, look: &Look, area: Rect, buffer: &mut Buffer) {
    match &model.editor.editor {
        Some(editor) => editor.draw(area, buffer, look.palette(), model.focus == Pane::Editor && model.overlay.is_none()),
        None => {
            put(
                buffer,
                area.x + 1,
                area.y,
                area.width.saturating_sub(1),
                "Choose a script in the scripts pane; Enter opens it.",
                DIM,
            );
        }
    }
}

fn output(model: &Model, facts: &Facts, area: Rect, buffer: &mut Buffer) {
    if facts.output.is_empty() {
        let text = match model.run() {
            None => "F5 runs the script; what it prints is shown here.",
            Some(_) => "Nothing was printed.",
        };
        put(buffer, area.x + 1, area.y, area.width.saturating_sub(1), text, DIM);
        return;
    }
    for (at, (line, y)) in facts.output.iter().zip(area.y..area.bottom()).enumerate() {
        let (mark, style) = match line.stream {
            OutputStream::Stdout => (" ", TEXT),
            OutputStream::Stderr => ("!", BAD),
            OutputStream::Log => ("·", ACCENT),
            OutputStream::Studio => ("»", DIM),
        };
        put(buffer, area.x, y, 1, mark, style);
        let text = if line.stream == OutputStream::Stdout { 1 } else { 2 };
        put(buffer, area.x + text, y, area.width.saturating_sub(text), &line.text, style);
        if model.output.line == Some(facts.output_first + at as u64) {
            highlight(buffer, Rect::new(area.x, y, area.width, 1), selection(model, Pane::Output));
        }
    }
}

fn steps(model: &Model, facts: &Facts, area: Rect, buffer: &mut Buffer) {
    let hits = format!("{} of {}", model.step_total(), model.steps_unfiltered());
    let area = filter_line(&model.steps.filter, &hits, area, buffer);
    if facts.steps.is_empty() {
        let text = if model.steps_unfiltered() == 0 { "Tool calls are listed here." } else { "" };
        put(buffer, area.x + 1, area.y, area.width.saturating_sub(1), text, DIM);
        return;
    }
    let window = crate::fronts::tui::views::step_window(model, area.height + u16::from(model.steps.filter.shown()));
    let selected = model.steps.selected.unwrap_or_else(|| model.step_total().saturating_sub(1));
    let texts: Vec<StepTexts> = facts.steps.iter().map(|step| step_texts(step, facts.now)).collect();
    let wide = step_columns(model, &texts);
    for (at, ((step, texts), y)) in facts.steps.iter().zip(&texts).zip(area.y..area.bottom()).enumerate() {
        let line = Rect::new(area.x, y, area.width, 1);
        step_row(step, texts, wide, line, buffer);
        let chosen = model.focus == Pane::Steps || model.steps.selected.is_some();
        if chosen && window.end.checked_sub(at as u64 + 1) == Some(selected) {
            highlight(buffer, line, selection(model, Pane::Steps));
        }
    }
}

/// The texts of one step, as shown in columns.
struct StepTexts {
    mark: &'static str,
    word: String,
    style: Style,
    time: String,
    tokens: String,
}

/// Widths of the columns, so that those of all rows in view stand below each other.
#[derive(Clone, Copy)]
struct StepColumns {
    number: usize,
    word: usize,
    time: usize,
    tokens: usize,
}

fn step_texts(step: &StepView, now: Instant) -> StepTexts {
    match &step.state {
        StepState::Running { since, progress } => StepTexts {
            mark: "◌",
            word: progress.clone().unwrap_or_else(|| "running".to_owned()),
            style: WARN,
            time: duration(now.saturating_duration_since(*since)),
            tokens: String::new(),
        },
        StepState::Done(record) => {
            let (mark, style) = decision_mark(record.decision);
            StepTexts {
                mark,
                word: record.decision.word().replace('_', " "),
                style,
                time: duration(record.latency.total()),
                tokens: format!("{}→{} tok", count(record.tokens_in), count(record.tokens_out)),
            }
        }
    }
}

fn step_columns(model: &Model, texts: &[StepTexts]) -> StepColumns {
    let widest = |of: fn(&StepTexts) -> &str| texts.iter().map(|text| usize::from(columns(of(text)))).max().unwrap_or(0);
    StepColumns {
        number: model.world.steps.to_string().len().max(2),
        word: widest(|text| &text.word).min(WORD_COLUMNS),
        time: widest(|text| &text.time),
        tokens: widest(|text| &text.tokens),
    }
}

/// One step: number, tool, mark and word, time, tokens. At small widths the last go first.
fn step_row(step: &StepView, texts: &StepTexts, wide: StepColumns, line: Rect, buffer: &mut Buffer) {
    let number = format!(" {:>width$} ", step.step.0, width = wide.number);
    let cell = u16::try_from(wide.word + 4).unwrap_or(u16::MAX);
    let mut right = [cell, frame::width_of(wide.time), frame::width_of(wide.tokens)];
    let least = columns(&number) + LEAST_NAME;
    for column in (1..3).rev() {
        if line.width < least + right.iter().sum::<u16>() {
            right[column] = 0;
        }
    }
    let start = line.right().saturating_sub(right.iter().sum());
    let used = put(buffer, line.x, line.y, line.width, &number, DIM);
    let room = start.saturating_sub(line.x + used);
    put(buffer, line.x + used, line.y, room, &tool_name(step, room), TEXT);
    put(buffer, start, line.y, right[0], &format!(" {} {}", texts.mark, texts.word), texts.style);
    let end = |columns: &[u16]| Rect::new(start, line.y, columns.iter().sum::<u16>().saturating_sub(1), 1);
    if right[1] > 0 {
        put_right(buffer, end(&right[..2]), &texts.time, TEXT);
    }
    if right[2] > 0 {
        put_right(buffer, end(&right), &texts.tokens, DIM);
    }
}

/// The tool's id, without its server where that does not fit.
fn tool_name(step: &StepView, room: u16) -> String {
    let whole = neutralise_line(&step.tool.to_string()).into_owned();
    if columns(&whole) <= room { whole } else { neutralise_line(&step.tool.tool).into_owned() }
}

/// The mark of a decision and its style.
fn decision_mark(decision: Decision) -> (&'static str, Style) {
    match decision {
        Decision::Ok => ("✓", GOOD),
        Decision::Reused | Decision::DryRun => ("↺", ACCENT),
        Decision::DeniedSchema | Decision::DeniedPolicy | Decision::DeniedGuardrail | Decision::DeniedUser => ("⊘", BAD),
        Decision::Cancelled => ("■", WARN),
        Decision::Timeout | Decision::Error => ("✗", BAD),
    }
}

/// A count of calls under way, for the status line.
pub(super) fn calls_words(model: &Model) -> Option<String> {
    (!model.calls.is_empty()).then(|| counted(model.calls.len() as u64, "call"))
}
