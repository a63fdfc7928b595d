//! The policy and the pins pane.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::{columns, highlight, page, put, put_right, scroll_mark};
use super::lists::{each_row, filter_line, selection};
use crate::fronts::tui::model::Model;
use crate::fronts::tui::pane::Pane;
use crate::fronts::tui::pins::standing;
use crate::fronts::tui::theme::{BAD, DIM, TEXT, WARN};
use crate::ops::PinRow;
use crate::types::neutralise_line;

/// The rules under which calls are made.
pub(super) fn policy(model: &Model, area: Rect, buffer: &mut Buffer) {
    if !model.rules.is_known() {
        put(buffer, area.x + 1, area.y, area.width.saturating_sub(1), "Reading the policy …", DIM);
    }
    let body = Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area };
    page(buffer, body, &model.rules.page);
}

/// The list of pins, and what is told of the selected one.
pub(super) fn pins(model: &Model, area: Rect, buffer: &mut Buffer) {
    let pins = &model.pins;
    if let Some(failure) = pins.obstacle() {
        put(buffer, area.x + 1, area.y, area.width.saturating_sub(1), &neutralise_line(&failure.message), BAD);
        return;
    }
    filter_line(&pins.cursor.filter, &format!("{} of {}", pins.rows.len(), pins.total()), area, buffer);
    let (list, detail) = pins.split(area);
    if pins.total() == 0 {
        let text = if pins.is_known() { "Nothing is pinned: no server was used yet." } else { "Comparing …" };
        put(buffer, list.x + 1, list.y, list.width.saturating_sub(1), text, DIM);
        return;
    }
    each_row(pins.rows.len(), &pins.cursor, list, |at, line, selected| {
        if let Some(row) = pins.rows.get(at).and_then(|at| pins.row(*at)) {
            pin_row(row, line, buffer);
        }
        if selected {
            highlight(buffer, line, selection(model, Pane::Pins));
        }
    });
    scroll_mark(buffer, list, pins.cursor.offset, pins.rows.len());
    for x in area.x..area.right() {
        if detail.y > list.bottom() {
            buffer[(x, list.bottom())].set_symbol("─").set_style(DIM);
        }
    }
    page(buffer, detail, &pins.detail);
}

fn pin_row(row: &PinRow, line: Rect, buffer: &mut Buffer) {
    let (mark, words, style) = standing(row);
    put(buffer, line.x + 1, line.y, 1, mark, style);
    let mut right = put_right(buffer, Rect { width: line.width.saturating_sub(1), ..line }, words, style) + 2;
    if !row.flags.is_empty() {
        let room = Rect { width: line.width.saturating_sub(right + 1), ..line };
        right += put_right(buffer, room, "odd name", WARN) + 2;
    }
    let room = line.width.saturating_sub(right + 3);
    let name = neutralise_line(&row.target);
    put(buffer, line.x + 3, line.y, room.min(columns(&name)), &name, TEXT);
}
