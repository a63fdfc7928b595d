//! The list of the history.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::{columns, highlight, put, put_right, scroll_mark};
use super::lists::rule;
use super::steps::decision_mark;
use crate::fronts::tui::history::{HistoryRow, HistoryView, record_of, run_end, session_words};
use crate::fronts::tui::layout::PICKER_HEAD;
use crate::fronts::tui::steps::{reason, word};
use crate::fronts::tui::theme::{ACCENT, BAD, DIM, GOOD, SELECTED, STRONG, TEXT, WARN};
use crate::fronts::tui::units::{counted, duration};
use crate::ops::{PastEntry, PastRun, StepView};
use crate::types::neutralise_line;

/// Columns of the word that says how something ended.
const WORD: u16 = 18;

/// The list with its query.
pub(super) fn draw(history: &HistoryView, area: Rect, rows: u16, buffer: &mut Buffer) {
    let line = Rect::new(area.x + 1, area.y, area.width.saturating_sub(2), 1);
    let (hits, all) = history.counts();
    let right = put_right(buffer, line, &format!("{hits} of {all}"), DIM);
    let used = put(buffer, line.x, line.y, line.width.saturating_sub(right + 2), &format!("> {}", history.query), ACCENT);
    put(buffer, line.x + used, line.y, 1, " ", SELECTED);
    if history.query.is_empty() {
        let hint = "tool, text, ok, denied, error, timeout, run, >100ms, <2s";
        put(buffer, line.x + used + 2, line.y, line.width.saturating_sub(right + used + 4), hint, DIM);
    }
    rule(area, area.y + 1, buffer);
    let list = Rect::new(area.x, area.y + PICKER_HEAD, area.width, rows);
    if history.rows.is_empty() {
        let text = match (&history.recollection, all) {
            (None, _) => "Reading what was recorded …",
            (Some(_), 0) => "Nothing was recorded yet.",
            (Some(_), _) => "Nothing matches.",
        };
        put(buffer, list.x + 1, list.y, list.width.saturating_sub(2), text, DIM);
    }
    let first = history.cursor.offset;
    for ((at, row), y) in history.rows.iter().enumerate().skip(first).zip(list.y..list.bottom()) {
        let line = Rect::new(list.x + 1, y, list.width.saturating_sub(2), 1);
        draw_row(history, *row, line, buffer);
        if at == history.cursor.selected {
            highlight(buffer, Rect::new(list.x, y, list.width, 1), SELECTED);
        }
    }
    scroll_mark(buffer, list, first, history.rows.len());
}

fn draw_row(history: &HistoryView, row: HistoryRow, line: Rect, buffer: &mut Buffer) {
    let Some(recollection) = &history.recollection else { return };
    match row {
        HistoryRow::Session(at) => {
            if let Some(session) = recollection.session(at) {
                let (text, style) = session_words(session);
                put(buffer, line.x, line.y, line.width, &text, STRONG.patch(style));
            }
        }
        HistoryRow::Entry(session, entry) => match recollection.session(session).and_then(|past| past.entries.get(entry)) {
            Some(PastEntry::Call(step)) => draw_call(step, line, buffer),
            Some(PastEntry::Run(run)) => draw_run(run, line, buffer),
            None => {}
        },
    }
}

fn draw_call(step: &StepView, line: Rect, buffer: &mut Buffer) {
    let Some(record) = record_of(step) else { return };
    let (mark, style) = decision_mark(record.decision);
    let tool = neutralise_line(&step.tool.to_string()).into_owned();
    let about = reason(step).unwrap_or_else(|| record.input.as_ref().map_or(String::new(), |input| input.preview.clone()));
    let time = duration(record.latency.total());
    let ended = format!("{mark} {}", word(step).replace('_', " "));
    let time_at = step.at.strftime("%H:%M:%S").to_string();
    draw_parts(&[(time_at, 9, DIM), (ended, WORD, style)], &tool, &about, &time, line, buffer);
}

fn draw_run(run: &PastRun, line: Rect, buffer: &mut Buffer) {
    let (mark, style, time) = match &run.end {
        None => ("■", WARN, String::new()),
        Some((0, _, milliseconds)) => ("✓", GOOD, duration(Duration::from_millis(*milliseconds))),
        Some((_, _, milliseconds)) => ("✗", BAD, duration(Duration::from_millis(*milliseconds))),
    };
    let script = neutralise_line(&run.script).into_owned();
    let ended = format!("{mark} {}", run_end(run));
    let time_at = run.at.strftime("%H:%M:%S").to_string();
    let about = format!("{} with {}", run.run, counted(run.steps, "step"));
    draw_parts(&[(time_at, 9, DIM), (ended, WORD, style)], &script, &about, &time, line, buffer);
}

/// Columns in front, a name, what is to be known of it, and a time at the right.
fn draw_parts(
    front: &[(String, u16, ratatui::style::Style)],
    name: &str,
    about: &str,
    time: &str,
    line: Rect,
    buffer: &mut Buffer,
) {
    let mut x = line.x + 1;
    for (text, width, style) in front {
        put(buffer, x, line.y, width - 1, text, *style);
        x += width;
    }
    let end = line.right().saturating_sub(put_right(buffer, line, time, TEXT) + 1);
    let width = columns(name).max(24).min(end.saturating_sub(x));
    put(buffer, x, line.y, width, name, TEXT);
    let x = x + width + 2;
    put(buffer, x, line.y, end.saturating_sub(x), &neutralise_line(about), DIM);
}
