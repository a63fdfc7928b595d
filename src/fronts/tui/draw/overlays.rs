//! What lies over the panes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::{boxed, clear, columns, highlight, page, put, put_right, scroll_mark};
use super::lists::rule;
use super::{Look, history};
use crate::fronts::tui::layout::{PICKER_FOOT, PICKER_HEAD, Regions, inner};
use crate::fronts::tui::model::Model;
use crate::fronts::tui::overlay::{Ask, Item, Overlay, Picker};
use crate::fronts::tui::text::input::LineInput;
use crate::fronts::tui::text::wrap::wrap;
use crate::fronts::tui::theme::{ACCENT, DIM, SELECTED, STRONG, TEXT, WARN};
use crate::types::neutralise_line;

/// The overlay, if there is one.
pub(super) fn draw(model: &Model, look: &Look, regions: &Regions, buffer: &mut Buffer) {
    let (Some(overlay), Some(rect)) = (&model.overlay, regions.overlay) else { return };
    clear(buffer, rect);
    boxed(buffer, rect, ACCENT);
    let area = inner(rect);
    let title = match overlay {
        Overlay::Picker(picker) => picker.title,
        Overlay::Reader(reader) => &reader.title,
        Overlay::Ask(ask) => &ask.title,
        Overlay::Fill(fill) => &fill.title,
        Overlay::History => "History of all sessions",
        Overlay::Prompt(_) => "Pipe into a shell command",
        Overlay::Jump => "",
    };
    put(buffer, rect.x + 2, rect.y, rect.width.saturating_sub(4), &format!(" {} ", neutralise_line(title)), STRONG);
    match overlay {
        Overlay::Picker(picker) => draw_picker(picker, area, regions.picker_rows(), buffer),
        Overlay::Reader(reader) => page(buffer, regions.reader(), &reader.page),
        Overlay::Ask(ask) => draw_question(ask, regions.question(), area, buffer),
        Overlay::Fill(fill) => {
            let (text, form) = fill.split(regions.reader());
            page(buffer, text, &fill.page);
            fill.form.draw(form, buffer, look.palette(), true);
        }
        Overlay::History => history::draw(&model.history, area, regions.history_rows(), buffer),
        Overlay::Prompt(prompt) => draw_prompt(&prompt.input, look, area, buffer),
        Overlay::Jump => {}
    }
}

fn draw_prompt(input: &LineInput, look: &Look, area: Rect, buffer: &mut Buffer) {
    let line = Rect { x: area.x + 1, y: area.y + 1, width: area.width.saturating_sub(2), height: 1 };
    input.draw(line, buffer, look.palette(), true, "jq .   wc -l   less   > file.json");
}

fn draw_picker(picker: &Picker, area: Rect, rows: u16, buffer: &mut Buffer) {
    let line = Rect::new(area.x + 1, area.y, area.width.saturating_sub(2), 1);
    let right = put_right(buffer, line, &format!("{} of {}", picker.hits.len(), picker.items.len()), DIM);
    let used = put(buffer, line.x, line.y, line.width.saturating_sub(right + 2), &format!("> {}", picker.query), ACCENT);
    put(buffer, line.x + used, line.y, 1, " ", SELECTED);
    rule(area, area.y + 1, buffer);
    let list = Rect::new(area.x, area.y + PICKER_HEAD, area.width, rows);
    if let Some(item) = picker.chosen() {
        rule(area, list.bottom(), buffer);
        draw_whole(item, Rect::new(area.x + 1, list.bottom() + 1, area.width.saturating_sub(2), PICKER_FOOT - 1), buffer);
    }
    let name_width =
        picker.hits.iter().filter_map(|at| picker.items.get(*at)).map(|item| columns(&item.label)).max().unwrap_or(0);
    let name_width = name_width.min(list.width * 2 / 5);
    for (row, y) in (picker.cursor.offset..picker.hits.len()).zip(list.y..list.bottom()) {
        let line = Rect::new(list.x, y, list.width, 1);
        if let Some(item) = picker.hits.get(row).and_then(|at| picker.items.get(*at)) {
            draw_item(item, name_width, line, buffer);
        }
        if row == picker.cursor.selected {
            highlight(buffer, line, SELECTED);
        }
    }
    scroll_mark(buffer, list, picker.cursor.offset, picker.hits.len());
}

/// What the selected thing is, over as many lines as it takes and there are.
fn draw_whole(item: &Item, area: Rect, buffer: &mut Buffer) {
    let about = if item.detail.is_empty() { item.label.clone() } else { item.detail.clone() };
    let text = match item.obstacle {
        Some(obstacle) => format!("Not now: {obstacle}. {about}"),
        None => about,
    };
    let text = neutralise_line(&text).into_owned();
    for (range, y) in wrap(&text, area.width).into_iter().zip(area.y..area.bottom()) {
        put(buffer, area.x, y, area.width, &text[range], TEXT);
    }
}

/// One thing to choose: its sort or key, its name, and what it does or why it cannot be done.
fn draw_item(item: &Item, name_width: u16, line: Rect, buffer: &mut Buffer) {
    let (lead, lead_width) = if item.key.is_empty() { (item.kind, 10) } else { (item.key.as_str(), 10) };
    put(buffer, line.x + 1, line.y, lead_width, lead, if item.key.is_empty() { DIM } else { ACCENT });
    let x = line.x + 2 + lead_width;
    let room = line.right().saturating_sub(x + 1);
    let style = if item.obstacle.is_some() { DIM } else { TEXT };
    put(buffer, x, line.y, name_width.min(room), &neutralise_line(&item.label), style);
    let x = x + name_width + 2;
    let room = line.right().saturating_sub(x + 1);
    match item.obstacle {
        Some(obstacle) => put(buffer, x, line.y, room, &format!("not now: {obstacle}"), WARN),
        None => put(buffer, x, line.y, room, &neutralise_line(&item.detail), DIM),
    };
}

fn draw_question(ask: &Ask, text: Rect, area: Rect, buffer: &mut Buffer) {
    page(buffer, text, &ask.page);
    let mut x = area.x + 1;
    let y = area.bottom().saturating_sub(1);
    for (key, word) in ask.answers.iter().map(|(key, word, _)| (*key, *word)).chain([("Esc", "back")]) {
        x += put(buffer, x, y, area.right().saturating_sub(x), key, ACCENT) + 1;
        x += put(buffer, x, y, area.right().saturating_sub(x), word, TEXT) + 3;
    }
}
