//! The last line: what runs, and the most useful keys; or what just happened.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::frame::{columns, put};
use super::lists::run_mark;
use super::panes::calls_words;
use crate::fronts::tui::actions::{Action, footer, info};
use crate::fronts::tui::facts::Facts;
use crate::fronts::tui::model::Model;
use crate::fronts::tui::overlay::Overlay;
use crate::fronts::tui::reading::run_words;
use crate::fronts::tui::theme::{ACCENT, BAD, DIM, GOOD, TEXT, WARN};
use crate::ops::{NoticeLevel, RunState};
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
    vec![(format!("{mark} "), style), (run_words(run, facts.now.saturating_duration_since(run.since)), TEXT)]
}

/// Keys and what they do: of what lies over the panes, else of the pane.
fn keys(model: &Model) -> Vec<(String, String)> {
    let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(key, word)| ((*key).to_owned(), (*word).to_owned())).collect();
    match &model.overlay {
        Some(Overlay::Picker(_)) => pairs(&[("Enter", "choose"), ("Up/Down", "move"), ("Esc", "close")]),
        Some(Overlay::Reader(_)) => pairs(&[("Up/Down", "scroll"), ("y", "copy"), ("Esc", "close")]),
        Some(Overlay::Ask(ask)) => {
            let answers = ask.answers.iter().map(|(key, word, _)| ((*key).to_owned(), (*word).to_owned()));
            answers.chain([("Esc".to_owned(), "back".to_owned())]).collect()
        }
        Some(Overlay::Fill(_)) => pairs(&[("Enter", "go on"), ("Tab", "next field"), ("Esc", "back")]),
        Some(Overlay::Jump) => pairs(&[("1-8", "go to that pane"), ("Esc", "stay")]),
        None if model.tool.filling() && model.focus == crate::fronts::tui::pane::Pane::Tool => {
            let mut keys: Vec<(String, String)> = pairs(&[("Enter", "call"), ("Tab", "next field"), ("Esc", "leave the form")]);
            keys.extend(footer(model).into_iter().skip(3).map(|action| named(model, action)));
            keys
        }
        None => footer(model).into_iter().map(|action| named(model, action)).collect(),
    }
}

fn named(model: &Model, action: Action) -> (String, String) {
    (model.keymap.shown_key(action, model.typing()), info(action).short.to_owned())
}
