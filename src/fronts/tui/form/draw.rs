//! The form as it looks.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::field::{Entry, Field};
use super::shape::{Kind, one_line};
use super::{CallForm, FormError, Mode};
use crate::fronts::tui::text::cells::{Row, cell, paint, put, width};
use crate::fronts::tui::text::palette::Palette;
use crate::fronts::tui::text::wrap::{shorten, wrap};
use crate::types::neutralise_line;

/// Rows of a field for JSON.
const JSON_ROWS: u16 = 4;
/// Columns of labels at the most.
const LABEL_COLUMNS: usize = 28;
/// Rows of a description: all of it for the field with the cursor up to this many, one for the others.
const DESCRIPTION_ROWS: usize = 8;

/// Where one field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FieldRegion {
    pub(super) index: usize,
    pub(super) whole: Rect,
    pub(super) label: Rect,
    pub(super) input: Rect,
    pub(super) note: Rect,
}

/// Where the parts of the form are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Regions {
    pub(super) fields: Vec<FieldRegion>,
    pub(super) raw: Rect,
    pub(super) message: Rect,
}

impl CallForm {
    /// Where the parts of the form are in an area. The field with the cursor is always in sight.
    pub(super) fn regions(&self, area: Rect) -> Regions {
        let message_rows = u16::from(self.error.is_some() || self.misfit.is_some()).min(area.height);
        let body = Rect { height: area.height - message_rows, ..area };
        let message = Rect { y: body.bottom(), height: message_rows, ..area };
        let fields = if self.is_raw() { Vec::new() } else { self.field_regions(body) };
        Regions { fields, raw: body, message }
    }

    fn field_regions(&self, body: Rect) -> Vec<FieldRegion> {
        let labels = cell(self.label_columns()).min(body.width / 2);
        let room = body.width - labels;
        let notes: Vec<usize> = (0..self.fields.len()).map(|index| self.note_rows(index, room)).collect();
        let heights: Vec<usize> =
            self.fields.iter().zip(&notes).map(|(field, note)| usize::from(input_rows(field)) + note).collect();
        let top = first_in_sight(&heights, self.focus, usize::from(body.height));
        let mut y = body.y;
        let mut regions = Vec::new();
        for (index, rows) in heights.iter().enumerate().skip(top) {
            let left = body.bottom() - y;
            let height = cell(*rows).min(left);
            if height == 0 {
                break;
            }
            let whole = Rect { y, height, ..body };
            let input = Rect { x: body.x + labels, y, width: room, height: input_rows(&self.fields[index]).min(height) };
            let note = Rect { y: input.bottom(), height: height - input.height, ..input };
            regions.push(FieldRegion { index, whole, label: Rect { width: labels, height: 1, ..whole }, input, note });
            y += height;
        }
        regions
    }

    fn label_columns(&self) -> usize {
        self.fields.iter().map(|field| width(&label(field)) + 1).max().unwrap_or(0).min(LABEL_COLUMNS)
    }

    /// Rows below the input of a field: its description, or what is wrong with it.
    fn note_rows(&self, index: usize, room: u16) -> usize {
        let rows = note_lines(&self.fields[index], room).len();
        if index == self.focus { rows.min(DESCRIPTION_ROWS) } else { rows.min(1) }
    }

    /// Makes it ready to be painted in an area: the editors in it bring their cursors into sight.
    pub(crate) fn prepare(&mut self, area: Rect) {
        let regions = self.regions(area);
        if let Mode::Raw(editor) = &mut self.mode {
            editor.prepare(regions.raw);
        }
        for part in regions.fields {
            if let Some(Entry::Json(editor)) = self.fields.get_mut(part.index).map(|field| &mut field.entry) {
                editor.prepare(part.input);
            }
        }
    }

    /// Paints the form as it was prepared, the cursor where it is `focused`.
    pub(crate) fn draw(&self, area: Rect, buffer: &mut Buffer, palette: &Palette, focused: bool) {
        let area = area.intersection(buffer.area);
        let regions = self.regions(area);
        if let Some(fault) = self.fault() {
            let text = neutralise_line(&format!("✗ {fault}")).into_owned();
            put(
                buffer,
                regions.message.x,
                regions.message.y,
                &shorten(&text, usize::from(area.width)),
                area.width,
                palette.failure,
            );
        }
        if let Mode::Raw(editor) = &self.mode {
            editor.draw(regions.raw, buffer, palette, focused);
            return;
        }
        if self.fields.is_empty() {
            put(buffer, area.x, area.y, "No arguments. Enter calls the tool.", area.width, palette.dim);
        }
        for part in regions.fields {
            let has_cursor = focused && part.index == self.focus;
            let own = part.index == self.focus;
            self.draw_field(part, own, has_cursor, buffer, palette);
        }
    }

    /// What is wrong: with the attempt to make arguments, else with the arguments.
    fn fault(&self) -> Option<String> {
        let told = |error: &FormError| {
            let subject = if error.field.is_empty() { String::new() } else { format!("{}: ", error.field) };
            format!("{subject}{}", error.message)
        };
        self.error.as_ref().map(told).or_else(|| self.misfit.clone())
    }

    fn draw_field(&self, part: FieldRegion, own: bool, has_cursor: bool, buffer: &mut Buffer, palette: &Palette) {
        let Some(field) = self.fields.get(part.index) else { return };
        let style = if own { palette.heading } else { palette.text };
        put(
            buffer,
            part.label.x,
            part.label.y,
            &shorten(&label(field), usize::from(part.label.width.saturating_sub(1))),
            part.label.width,
            style,
        );
        let hint = placeholder(field);
        match &field.entry {
            Entry::Line(input) => input.draw(part.input, buffer, palette, has_cursor, &hint),
            Entry::Json(editor) => {
                editor.draw(part.input, buffer, palette, has_cursor);
                if editor.text().is_empty() {
                    put(buffer, part.input.x, part.input.y, &hint, part.input.width, palette.dim);
                }
            }
            Entry::Picked(at) => draw_picked(field, *at, part.input, buffer, palette, has_cursor, &hint),
            Entry::Exactly(value) => {
                let text = format!("{value}  (exactly; Backspace empties)");
                draw_text(&text, part.input, buffer, palette, has_cursor);
            }
        }
        let failed = field.value().is_err();
        let lines = note_lines(field, part.note.width);
        let rows = usize::from(part.note.height);
        for (row, line) in lines.iter().take(rows).enumerate() {
            let cut = row + 1 == rows && lines.len() > rows;
            let shown = if cut { shorten(&format!("{line} …"), usize::from(part.note.width)) } else { line.clone() };
            let style = if failed { palette.failure } else { palette.dim };
            put(buffer, part.note.x, part.note.y + cell(row), &shown, part.note.width, style);
        }
    }
}

/// `‹value›` and which one of how many it is.
fn draw_picked(
    field: &Field,
    at: Option<usize>,
    area: Rect,
    buffer: &mut Buffer,
    palette: &Palette,
    has_cursor: bool,
    hint: &str,
) {
    let offered = field.offered();
    if let Some((at, value)) = at.and_then(|at| Some((at, offered.get(at)?))) {
        let text = format!("‹{}›  {} of {}", one_line(value), at + 1, offered.len());
        draw_text(&text, area, buffer, palette, has_cursor);
    } else {
        put(buffer, area.x, area.y, &shorten(&format!("‹›  {hint}"), usize::from(area.width)), area.width, palette.dim);
        draw_text("‹", Rect { width: area.width.min(1), ..area }, buffer, palette, has_cursor);
    }
}

fn draw_text(text: &str, area: Rect, buffer: &mut Buffer, palette: &Palette, has_cursor: bool) {
    let row = Row { x: area.x, y: area.y, width: area.width, left: 0, mark: palette.dim };
    if !area.is_empty() {
        paint(buffer, row, text, |_| palette.text);
    }
    if has_cursor && !area.is_empty() {
        buffer.set_style(Rect { width: 1, height: 1, ..area }, palette.cursor);
    }
}

/// The first field to draw so that the one with the cursor is whole in sight where it fits.
fn first_in_sight(heights: &[usize], focus: usize, room: usize) -> usize {
    let mut used = 0;
    let mut first = focus.min(heights.len());
    for index in (0..=focus).rev() {
        used += heights.get(index).copied().unwrap_or(0);
        if used > room && index < focus {
            break;
        }
        first = index;
    }
    first
}

fn input_rows(field: &Field) -> u16 {
    match field.entry {
        Entry::Json(_) => JSON_ROWS,
        Entry::Line(_) | Entry::Picked(_) | Entry::Exactly(_) => 1,
    }
}

/// The name of a field, a star where it is required.
fn label(field: &Field) -> String {
    let star = if field.shape.required { "*" } else { "" };
    format!("{}{star}", neutralise_line(&field.shape.key))
}

/// What stands in an empty field: its kind, its default and what can be picked.
fn placeholder(field: &Field) -> String {
    let kind = match &field.shape.kind {
        Kind::Choice(values) => values.iter().map(one_line).collect::<Vec<_>>().join(" | "),
        Kind::Toggle => "true | false".to_owned(),
        Kind::List(_) => "a, b, c".to_owned(),
        Kind::Text | Kind::Integer | Kind::Number | Kind::Json => field.shape.kind.word().to_owned(),
    };
    let default = field.shape.default.as_ref().map(|default| format!(", default {}", neutralise_line(&default.to_string())));
    let null = if field.shape.nullable { ", Alt+N null" } else { "" };
    format!("{kind}{}{null}", default.unwrap_or_default())
}

/// What stands below a field: what is wrong with it, else its description.
fn note_lines(field: &Field, room: u16) -> Vec<String> {
    let text = match field.value() {
        Err(message) => neutralise_line(&message).into_owned(),
        Ok(_) => field.shape.description.clone(),
    };
    let lines =
        text.lines().flat_map(|line| wrap(line, room).into_iter().map(|range| line[range].to_owned()).collect::<Vec<_>>());
    lines.filter(|line| !line.is_empty()).collect()
}
