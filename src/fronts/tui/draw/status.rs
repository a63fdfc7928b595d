//! The last line: what runs, and the most useful keys; or what just happened.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::frame::{columns, put};
use super::lists::run_mark;
use super::panes::calls_words;
use crate::fronts::tui::actions::{Action, footer, info};
use crate::fronts::tui::facts::Facts;
use crate::fronts::tui::form::CallForm;
use crate::fronts::tui::model::Model;
use crate::fronts::tui::overlay::Overlay;
use crate::fronts::tui::reading::run_words;
use crate::fronts::tui::theme::{ACCENT, BAD, DIM, GOOD, TEXT, WARN};
use crate::fronts::tui::units::{bytes, counted};
use crate::ops::{NoticeLevel, RunState, RunView};
use crate::types::neutralise_line;

/// The status line.
pub(super) fn draw(model: &Model, facts: &Facts, line: Rect, buffer: &mut Buffer) {
    let mut x = line.x + 1;
    for (text, style) in state(model, facts) {
        x += put(buffer, x, line.y, line.right().saturating_sub(x), &text, style);
    }
    x += 3;
    if let Some((level, text)) = &model.notice {
        let (mark, style) = match level {
            NoticeLevel::Info => ("", ACCENT),
            NoticeLevel::Warning => ("! ", WARN),
            NoticeLevel::Error => ("✗ ", BAD),
        };
        let text = format!("{mark}{}", neutralise_line(text));
        put(buffer, x, line.y, line.right().saturating_sub(x), &text, style);
        return;
    }
    let keys = keys(model);
    let wide = |(key, word): &(String, String)| columns(key) + columns(word) + 3;
    let last = keys.last().map_or(0, wide);
    for (at, pair) in keys.iter().enumerate() {
        let reserved = if at + 1 < keys.len() { last } else { 0 };
        if x + wide(pair) + reserved > line.right() {
            continue;
        }
        x += put(buffer, x, line.y, columns(&pair.0), &pair.0, ACCENT) + 1;
        x += put(buffer, x, line.y, columns(&pair.1), &pair.1, DIM) + 2;
    }
}

/// What runs.
fn state(model: &Model, facts: &Facts) -> Vec<(String, Style)> {
    let calls = calls_words(model).map(|calls| (format!("{calls} under way"), WARN));
    let Some(run) = model.world.active_run().or_else(|| model.run()) else {
        return vec![calls.unwrap_or_else(|| ("ready".to_owned(), GOOD))];
    };
    if matches!(run.state, RunState::Ended { .. }) && calls.is_some() {
        return calls.into_iter().collect();
    }
    let (mark, style) = run_mark(&run.state);
    let elapsed = facts.now.saturating_duration_since(run.since);
    let mut texts = vec![(format!("{mark} "), style), (run_words(run, elapsed), TEXT)];
    texts.extend(live(run, elapsed).into_iter().map(|text| (format!(" · {text}"), DIM)));
    texts
}

/// What a run uses while it is under way, and what its steps come to.
fn live(run: &RunView, elapsed: Duration) -> Vec<String> {
    let over = matches!(run.state, RunState::Ended { .. });
    let usage = run.usage.filter(|_| !over);
    let mut words: Vec<String> = usage.map(|usage| bytes(usage.resident_bytes)).into_iter().collect();
    words.extend(usage.map(|usage| format!("CPU {:.0} %", 100.0 * share(usage.cpu, elapsed))));
    let steps = &run.steps;
    if steps.steps > 0 {
        words.push(counted(steps.steps, "step"));
    }
    words
}

/// How much of a span another is.
fn share(part: Duration, whole: Duration) -> f64 {
    if whole.is_zero() { 0.0 } else { part.as_secs_f64() / whole.as_secs_f64() }
}

/// Keys and what they do: of what lies over the panes, else of the pane.
fn keys(model: &Model) -> Vec<(String, String)> {
    let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(key, word)| ((*key).to_owned(), (*word).to_owned())).collect();
    match &model.overlay {
        Some(Overlay::History) => {
            pairs(&[("Enter", "open again"), ("Tab", "all about it"), ("Up/Down", "move"), ("Esc", "close")])
        }
        Some(Overlay::Picker(_)) => pairs(&[("Enter", "choose"), ("Up/Down", "move"), ("Esc", "close")]),
        Some(Overlay::Reader(reader)) => {
            let line = reader.place.as_ref().map(|(_, line)| ("o".to_owned(), format!("go to line {line}")));
            let keys: Vec<(String, String)> = pairs(&[("Up/Down", "scroll"), ("y", "copy"), ("Esc", "close")]);
            line.into_iter().chain(keys).collect()
        }
        Some(Overlay::Ask(ask)) => {
            let answers = ask.answers.iter().map(|(key, word, _)| ((*key).to_owned(), (*word).to_owned()));
            answers.chain([("Esc".to_owned(), "back".to_owned())]).collect()
        }
        Some(Overlay::Fill(_)) => pairs(&[("Enter", "go on"), ("Tab", "next field"), ("Esc", "back")]),
        Some(Overlay::Prompt(_)) => pairs(&[("Enter", "run"), ("Esc", "back")]),
        Some(Overlay::Jump) => pairs(&[("1-8", "go to that pane"), ("Esc", "stay")]),
        None if model.tool.filling() && model.focus == crate::fronts::tui::pane::Pane::Tool => {
            let form = model.tool.form();
            let call = if form.is_some_and(CallForm::takes_lines) { "Alt+Enter" } else { "Enter" };
            let raw = form.is_some_and(CallForm::is_raw);
            let mut keys: Vec<(String, String)> = pairs(&[(call, "call"), ("Tab", "next field"), ("Esc", "leave form")]);
            if raw {
                keys.remove(1);
            }
            let (key, word) = named(model, Action::RawJson);
            keys.extend([(key, if raw { "fields".to_owned() } else { word }), named(model, Action::Help)]);
            keys
        }
        None => footer(model).into_iter().map(|action| named(model, action)).collect(),
    }
}

fn named(model: &Model, action: Action) -> (String, String) {
    (model.keymap.shown_key(action, model.typing()), info(action).short.to_owned())
}
