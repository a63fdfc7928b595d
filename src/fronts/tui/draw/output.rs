//! The output pane: what the shown run printed.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Look;
use super::frame::{highlight, pieces, put};
use super::lists::{run_mark, selection};
use crate::fronts::tui::facts::Facts;
use crate::fronts::tui::model::Model;
use crate::fronts::tui::pane::Pane;
use crate::fronts::tui::reading::run_words;
use crate::fronts::tui::text::cells::{cell, column_of};
use crate::fronts::tui::text::query::Query;
use crate::fronts::tui::theme::{ACCENT, BAD, DIM, TEXT};
use crate::ops::{OutputStream, RunState};
use crate::types::neutralise_line;

/// The pane.
pub(super) fn draw(model: &Model, facts: &Facts, look: &Look, area: Rect, buffer: &mut Buffer) {
    if facts.output.is_empty() {
        let text = match model.run() {
            None => "F5 runs the script; what it prints is shown here.",
            Some(run) if matches!(run.state, RunState::Ended { .. }) => "Nothing was printed.",
            Some(_) => "Nothing was printed yet.",
        };
        put(buffer, area.x + 1, area.y, area.width.saturating_sub(1), text, DIM);
        return;
    }
    let query = Query::new(&model.output.search.text);
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
        for found in query.iter().flat_map(|query| query.ranges(&line.text)) {
            lay_over(buffer, Rect::new(area.x + text, y, area.width.saturating_sub(text), 1), &line.text, &found, look);
        }
        if model.output.line == Some(facts.output_first + at as u64) {
            highlight(buffer, Rect::new(area.x, y, area.width, 1), selection(model, Pane::Output));
        }
    }
}

/// Lays the style of what was found over a part of a line.
fn lay_over(buffer: &mut Buffer, place: Rect, text: &str, found: &Range<usize>, look: &Look) {
    let (start, end) = (column_of(text, found.start), column_of(text, found.end));
    let room = usize::from(place.width);
    let x = place.x + cell(start.min(room));
    let width = cell(end.min(room).saturating_sub(start.min(room)));
    buffer.set_style(Rect::new(x, place.y, width, 1), look.palette().found);
}

/// How the run stands, for the title.
pub(super) fn title(model: &Model, facts: &Facts, rest: Rect, buffer: &mut Buffer) {
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
