//! The editor as it looks.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::brackets::pair;
use super::document::{Place, byte_of};
use super::search::{Bar, Focus, Purpose};
use super::{Editor, Gutter, index};
use crate::fronts::tui::text::cells::{Row, cell, column_of, paint, put, width};
use crate::fronts::tui::text::input::label_style;
use crate::fronts::tui::text::palette::Palette;
use crate::types::limits::SEARCH_MATCHES;
use crate::types::neutralise_line;

/// Columns kept between the cursor and the side ends, where lines are marked as cut.
const SIDE_MARGIN: usize = 2;

/// Where the parts of the editor are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Regions {
    pub(super) bar: Rect,
    pub(super) gutter: Rect,
    pub(super) text: Rect,
}

/// A stretch of a line, in bytes, and the style laid over it.
type Layer = (Range<usize>, Style);

impl Editor {
    /// Where the parts of the editor are in an area.
    pub(super) fn regions(&self, area: Rect) -> Regions {
        let bar_rows = match self.bar.as_ref().map(|bar| bar.purpose) {
            None => 0,
            Some(Purpose::Find | Purpose::GoToLine) => 1,
            Some(Purpose::Replace) => 2,
        };
        let bar = Rect { height: area.height.min(bar_rows), ..area };
        let rest = Rect { y: area.y + bar.height, height: area.height - bar.height, ..area };
        let columns = match self.gutter {
            Gutter::Numbers => self.document.lines().len().to_string().len() + 2,
            Gutter::Hidden => 0,
        };
        let gutter = Rect { width: cell(columns).min(rest.width), ..rest };
        Regions { bar, gutter, text: Rect { x: rest.x + gutter.width, width: rest.width - gutter.width, ..rest } }
    }

    /// Makes it ready to be painted in an area: reads what was typed, and brings the cursor into sight where it has moved.
    pub(crate) fn prepare(&mut self, area: Rect) {
        self.refresh();
        let regions = self.regions(area);
        self.follow_cursor(regions.text);
    }

    /// Paints the editor as it was prepared.
    pub(crate) fn draw(&self, area: Rect, buffer: &mut Buffer, palette: &Palette, focused: bool) {
        let area = area.intersection(buffer.area);
        let regions = self.regions(area);
        if let Some(bar) = &self.bar {
            self.draw_bar(bar, regions.bar, buffer, palette, focused);
        }
        let brackets = if focused { pair(&self.document, &self.analysis) } else { None };
        for row in 0..regions.text.height {
            let line = self.view.top + usize::from(row);
            if line >= self.document.lines().len() {
                break;
            }
            self.draw_gutter(line, Rect { y: regions.gutter.y + row, height: 1, ..regions.gutter }, buffer, palette);
            let area = Rect { y: regions.text.y + row, height: 1, ..regions.text };
            self.draw_line(line, area, buffer, palette, brackets);
            if focused && self.bar.is_none() && line == self.document.cursor().line {
                self.draw_cursor(area, buffer, palette);
            }
        }
    }

    /// Moves the view so that the cursor is in sight, where the cursor was what moved last.
    fn follow_cursor(&mut self, text: Rect) {
        let (height, columns) = (usize::from(text.height.max(1)), usize::from(text.width.max(1)));
        self.view.page = height.saturating_sub(1).max(1);
        if !self.view.follow {
            return;
        }
        let cursor = self.document.cursor();
        let column = super::screen_column(&self.document, cursor);
        let margin = SIDE_MARGIN.min(columns / 4);
        self.view.top = self.view.top.min(cursor.line).max((cursor.line + 1).saturating_sub(height));
        if column < columns - margin && self.view.left > 0 && width(self.document.line(cursor.line)) < columns {
            self.view.left = 0;
        }
        self.view.left = self.view.left.min(column.saturating_sub(margin)).max((column + 1 + margin).saturating_sub(columns));
    }

    /// A sign (failed, running, syntax error) and the number of the line.
    fn draw_gutter(&self, line: usize, area: Rect, buffer: &mut Buffer, palette: &Palette) {
        let (sign, style) = if self.running == Some(line) {
            ("▶", palette.running)
        } else if self.marks.contains_key(&line) {
            ("✗", palette.failure)
        } else if self.analysis.errors.iter().any(|error| index(error.line) == line) {
            ("!", palette.failure)
        } else {
            (" ", palette.dim)
        };
        let number_style = if self.document.cursor().line == line { palette.text } else { palette.dim };
        let digits = usize::from(area.width.saturating_sub(2));
        put(buffer, area.x, area.y, sign, area.width, style);
        put(buffer, area.x + 1, area.y, &format!("{:>digits$} ", line + 1), area.width.saturating_sub(1), number_style);
    }

    fn draw_line(&self, line: usize, area: Rect, buffer: &mut Buffer, palette: &Palette, brackets: Option<[Place; 2]>) {
        let text = self.document.line(line);
        let base = if self.document.cursor().line == line { palette.text.patch(palette.current_line) } else { palette.text };
        buffer.set_style(area, base);
        let tokens = self.analysis.lines.get(line).map_or(&[][..], Vec::as_slice);
        let layers = self.layers(line, palette, brackets);
        let mut token = 0;
        let row = Row { x: area.x, y: area.y, width: area.width, left: self.view.left, mark: palette.dim };
        paint(buffer, row, text, |byte| {
            while tokens.get(token).is_some_and(|(range, _)| range.end <= byte) {
                token += 1;
            }
            let class = tokens.get(token).filter(|(range, _)| range.contains(&byte)).map(|(_, class)| palette.class(*class));
            let coloured = base.patch(class.unwrap_or_default());
            layers.iter().filter(|(range, _)| range.contains(&byte)).fold(coloured, |style, (_, over)| style.patch(*over))
        });
        self.draw_behind(line, area, buffer, palette);
    }

    /// What is laid over the colours of a line: syntax errors, found text, brackets, selection; the later the higher.
    fn layers(&self, line: usize, palette: &Palette, brackets: Option<[Place; 2]>) -> Vec<Layer> {
        let text = self.document.line(line);
        let mut layers: Vec<Layer> = Vec::new();
        let errors = self.analysis.errors.iter().filter(|error| index(error.line) == line);
        layers.extend(errors.map(|error| (self.extent_of_error(line, byte_of(text, index(error.column))), palette.error)));
        if let Some(query) = &self.query {
            layers.extend(query.ranges(text).map(|range| (range, palette.found)));
        }
        for place in brackets.into_iter().flatten().filter(|place| place.line == line) {
            let start = byte_of(text, place.column);
            layers.push((start..start + 1, palette.bracket));
        }
        if let Some(range) = self.document.selection().filter(|range| (range.start.line..=range.end.line).contains(&line)) {
            let start = if range.start.line == line { byte_of(text, range.start.column) } else { 0 };
            let end = if range.end.line == line { byte_of(text, range.end.column) } else { text.len() };
            layers.push((start..end, palette.selection));
        }
        layers
    }

    /// The token that starts or lies at a syntax error; one character where there is none.
    fn extent_of_error(&self, line: usize, byte: usize) -> Range<usize> {
        let tokens = self.analysis.lines.get(line).map_or(&[][..], Vec::as_slice);
        let token = tokens.iter().find(|(range, _)| range.contains(&byte));
        token.map_or(byte..byte + 1, |(range, _)| byte..range.end)
    }

    /// What stands behind the end of a line: an error there, the selected line end, the message of a failure.
    fn draw_behind(&self, line: usize, area: Rect, buffer: &mut Buffer, palette: &Palette) {
        let text = self.document.line(line);
        let end = width(text);
        let Some(column) = end.checked_sub(self.view.left).filter(|column| *column < usize::from(area.width)) else { return };
        let behind = Rect { x: area.x + cell(column), width: area.width - cell(column), ..area };
        let at_end =
            |error: &&crate::python::SourceError| index(error.line) == line && byte_of(text, index(error.column)) >= text.len();
        if self.analysis.errors.iter().any(|error| at_end(&error)) {
            buffer.set_style(Rect { width: 1, ..behind }, palette.error);
        }
        if self.document.selection().is_some_and(|range| (range.start.line..range.end.line).contains(&line)) {
            buffer.set_style(Rect { width: 1, ..behind }, palette.selection);
        }
        if let Some(message) = self.message_behind(line).filter(|_| behind.width > 4) {
            let message = format!("✗ {}", neutralise_line(message));
            let row = Row { x: behind.x + 2, y: behind.y, width: behind.width - 2, left: 0, mark: palette.failure };
            paint(buffer, row, &message, |_| palette.failure);
        }
    }

    /// What is said of a line: why it failed, else its syntax error while nothing is typed there.
    fn message_behind(&self, line: usize) -> Option<&str> {
        let error = || self.analysis.errors.iter().find(|error| index(error.line) == line);
        let written = line != self.document.cursor().line;
        self.marks.get(&line).or_else(|| error().filter(|_| written).map(|error| &error.message)).map(String::as_str)
    }

    fn draw_cursor(&self, area: Rect, buffer: &mut Buffer, palette: &Palette) {
        let column = super::screen_column(&self.document, self.document.cursor());
        let Some(shown) = column.checked_sub(self.view.left).filter(|shown| *shown < usize::from(area.width)) else { return };
        buffer.set_style(Rect { x: area.x + cell(shown), width: 1, ..area }, palette.cursor);
    }

    fn draw_bar(&self, bar: &Bar, area: Rect, buffer: &mut Buffer, palette: &Palette, focused: bool) {
        let label = if bar.purpose == Purpose::GoToLine { "Line    " } else { "Find    " };
        let first = Rect { height: area.height.min(1), ..area };
        let count = self.count_text(bar);
        let room = cell(width(&count)).min(first.width);
        let input = Rect { width: first.width - room, ..first };
        draw_input(label, &bar.query, input, buffer, palette, focused && bar.focus == Focus::Query);
        put(buffer, input.right(), first.y, &count, room, palette.dim);
        if bar.purpose == Purpose::Replace && area.height > 1 {
            let second = Rect { y: area.y + 1, height: 1, ..area };
            draw_input("Replace ", &bar.replacement, second, buffer, palette, focused && bar.focus == Focus::Replacement);
        }
    }

    /// How many matches there are, in words that fit beside the input.
    fn count_text(&self, bar: &Bar) -> String {
        if bar.purpose == Purpose::GoToLine {
            return format!(" of {}", self.document.lines().len());
        }
        match self.match_count() {
            None => String::new(),
            Some((_, 0)) => " no match".to_owned(),
            Some((at, SEARCH_MATCHES)) => format!(" {at} of {SEARCH_MATCHES}+"),
            Some((at, count)) => format!(" {at} of {count}"),
        }
    }
}

fn draw_input(
    label: &str,
    input: &crate::fronts::tui::text::input::LineInput,
    area: Rect,
    buffer: &mut Buffer,
    palette: &Palette,
    focused: bool,
) {
    let room = cell(column_of(label, label.len())).min(area.width);
    put(buffer, area.x, area.y, label, room, label_style(palette, focused));
    input.draw(Rect { x: area.x + room, width: area.width - room, ..area }, buffer, palette, focused, "");
}
