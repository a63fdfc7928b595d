//! A scrolling view of lines: folded at words or scrolled sideways, searched, selected and copied. Only the lines in
//! sight are ever asked for, so that ten megabytes open like ten lines.

use std::ops::Range;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::Handled;
use super::cells::{Row, offset_at, paint, put};
use super::palette::Palette;
use super::query::Query;
use super::rows::wheel;
use super::source::{Source, StyledLine};
use super::wrap::wrap;

/// Columns that one key moves sideways.
const SIDE_COLUMNS: isize = 8;

/// What happens to lines that are wider than the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fold {
    /// They are broken at words.
    Words,
    /// They are scrolled sideways, and marked where they are cut.
    Never,
}

/// What happens when lines are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follow {
    /// The view stays with the last line, until somebody scrolls up.
    End,
    /// The view stays where it is.
    Stay,
}

/// A place between two characters: line and byte, both counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Spot {
    /// The line.
    pub(crate) line: usize,
    /// Bytes before it in the line.
    pub(crate) byte: usize,
}

/// The row at the top: a line and the row of it, where it is folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Top {
    line: usize,
    row: usize,
}

/// Where a view of lines stands.
#[derive(Debug, Clone)]
pub(crate) struct TextView {
    fold: Fold,
    follow: Follow,
    at_end: bool,
    top: Top,
    left: usize,
    query: Option<Query>,
    selection: Option<(Spot, Spot)>,
}

impl TextView {
    /// A view of the start, or of the end where that is to be followed.
    pub(crate) fn new(fold: Fold, follow: Follow) -> Self {
        Self { fold, follow, at_end: follow == Follow::End, top: Top::default(), left: 0, query: None, selection: None }
    }

    /// Folds long lines, or scrolls them sideways.
    pub(crate) fn set_fold(&mut self, fold: Fold) {
        (self.fold, self.left, self.top.row) = (fold, 0, 0);
    }

    /// The first line in sight and how many there are, counted from 1.
    pub(crate) fn position(&self, source: &Source<'_>, area: Rect) -> (usize, usize) {
        (self.first(source, area).line + 1, source.count)
    }

    /// Does what a key asks for in the view as it is shown in `area`.
    pub(crate) fn handle(&mut self, key: KeyEvent, source: &Source<'_>, area: Rect) -> Handled {
        let page = isize::try_from(area.height.saturating_sub(1).max(1)).unwrap_or(isize::MAX);
        match (key.code, key.modifiers) {
            (KeyCode::Up, KeyModifiers::NONE) => self.scroll(-1, source, area),
            (KeyCode::Down, KeyModifiers::NONE) => self.scroll(1, source, area),
            (KeyCode::Up, KeyModifiers::SHIFT) => self.extend(-1, source, area),
            (KeyCode::Down, KeyModifiers::SHIFT) => self.extend(1, source, area),
            (KeyCode::PageUp, _) => self.scroll(-page, source, area),
            (KeyCode::PageDown, _) => self.scroll(page, source, area),
            (KeyCode::Home, _) => self.show_start(),
            (KeyCode::End, _) => self.show_end(source, area),
            (KeyCode::Left, KeyModifiers::NONE) if self.fold == Fold::Never => self.scroll_sideways(-SIDE_COLUMNS),
            (KeyCode::Right, KeyModifiers::NONE) if self.fold == Fold::Never => self.scroll_sideways(SIDE_COLUMNS),
            (KeyCode::Char('w'), KeyModifiers::NONE) => self.set_fold(other(self.fold)),
            (KeyCode::Char('n'), KeyModifiers::NONE) if self.query.is_some() => _ = self.find(Direction::Forward, source, area),
            (KeyCode::Char('N'), _) if self.query.is_some() => _ = self.find(Direction::Backward, source, area),
            (KeyCode::Char('a'), KeyModifiers::CONTROL) => self.select_all(source),
            (KeyCode::Char('c'), KeyModifiers::CONTROL | KeyModifiers::ALT) | (KeyCode::Char('y'), KeyModifiers::NONE) => {
                return self.copy(source).map_or(Handled::Ignored, Handled::Copied);
            }
            (KeyCode::Esc, _) if self.selection.is_some() || self.query.is_some() => (self.selection, self.query) = (None, None),
            _ => return Handled::Ignored,
        }
        Handled::Consumed
    }

    /// Does what the mouse asks for in the view as it is shown in `area`: the wheel scrolls, dragging selects.
    pub(crate) fn mouse(&mut self, event: MouseEvent, source: &Source<'_>, area: Rect) -> Handled {
        let at = Position::new(event.column, event.row);
        if event.kind == MouseEventKind::Drag(MouseButton::Left) && self.selection.is_some() {
            let spot = self.spot_under(at, source, area);
            self.selection = self.selection.map(|(start, _)| (start, spot));
            return Handled::Consumed;
        }
        if !area.contains(at) {
            return Handled::Ignored;
        }
        if let Some(rows) = wheel(event.kind) {
            self.scroll(rows, source, area);
        } else if event.kind == MouseEventKind::Down(MouseButton::Left) {
            let spot = self.spot_under(at, source, area);
            self.selection = Some((spot, spot));
        } else {
            return Handled::Ignored;
        }
        Handled::Consumed
    }

    /// Moves the view by rows, not beyond the ends.
    pub(crate) fn scroll(&mut self, rows: isize, source: &Source<'_>, area: Rect) {
        let last = self.last(source, area);
        let mut top = self.first(source, area);
        for _ in 0..rows.unsigned_abs() {
            top = if rows < 0 { self.before(top, source, area) } else { self.after(top, source, area) };
            if top == Top::default() || top >= last {
                break;
            }
        }
        self.top = top.min(last);
        self.at_end = self.follow == Follow::End && rows > 0 && self.top == last;
    }

    /// Shows the first line.
    pub(crate) fn show_start(&mut self) {
        (self.top, self.left, self.at_end) = (Top::default(), 0, false);
    }

    /// Shows the last line, and follows it where the view does that.
    pub(crate) fn show_end(&mut self, source: &Source<'_>, area: Rect) {
        self.top = self.last(source, area);
        self.at_end = self.follow == Follow::End;
    }

    /// Brings a line, counted from 0, into sight.
    pub(crate) fn show_line(&mut self, line: usize, source: &Source<'_>, area: Rect) {
        let first = self.first(source, area);
        let height = usize::from(area.height.max(1));
        if line < first.line || line >= first.line + height {
            self.top = Top { line: line.saturating_sub(height / 2), row: 0 };
            self.at_end = false;
        }
    }

    fn scroll_sideways(&mut self, columns: isize) {
        self.left = self.left.saturating_add_signed(columns);
    }

    /// Looks for words as they stand; case matters only where a capital was typed. Nothing to look for ends the search.
    pub(crate) fn set_query(&mut self, query: &str) {
        self.query = Query::new(query);
    }

    /// Selects the next match and brings it into sight, around the end. False where there is none.
    pub(crate) fn find(&mut self, direction: Direction, source: &Source<'_>, area: Rect) -> bool {
        let from = self.selection.map_or(Spot { line: self.first(source, area).line, byte: 0 }, |(start, end)| match direction {
            Direction::Forward => start.max(end),
            Direction::Backward => start.min(end),
        });
        let Some((line, bytes)) = self.query.as_ref().and_then(|query| search(query, direction, from, source)) else {
            return false;
        };
        self.selection = Some((Spot { line, byte: bytes.start }, Spot { line, byte: bytes.end }));
        self.show_line(line, source, area);
        true
    }

    fn select_all(&mut self, source: &Source<'_>) {
        let line = source.count.saturating_sub(1);
        self.selection = Some((Spot::default(), Spot { line, byte: source.line(line).text.len() }));
    }

    /// Selects whole lines, one more or one less.
    fn extend(&mut self, lines: isize, source: &Source<'_>, area: Rect) {
        let first = Spot { line: self.first(source, area).line, byte: 0 };
        let (start, end) = self.selection.unwrap_or((first, first));
        let end = Spot { line: end.line.saturating_add_signed(lines).min(source.count), byte: 0 };
        self.selection = Some((start, end));
        self.show_line(end.line.min(source.count.saturating_sub(1)), source, area);
    }

    /// The selected text, if there is any.
    pub(crate) fn copy(&self, source: &Source<'_>) -> Option<String> {
        let range = self.selected()?;
        let mut text = String::new();
        for index in range.start.line..=range.end.line.min(source.count.saturating_sub(1)) {
            let line = source.line(index);
            text.push_str(&line.text[clip(&range, index, line.text.len())]);
            let ends_here = index == range.end.line;
            text.push_str(if ends_here || line.goes_on { "" } else { "\n" });
        }
        Some(text)
    }

    fn selected(&self) -> Option<Range<Spot>> {
        let (start, end) = self.selection.filter(|(start, end)| start != end)?;
        Some(start.min(end)..start.max(end))
    }

    /// Draws the rows in sight.
    pub(crate) fn draw(&self, area: Rect, buffer: &mut Buffer, source: &Source<'_>, palette: &Palette) {
        let area = area.intersection(buffer.area);
        let mut y = area.y;
        let top = self.first(source, area);
        let mut skip = top.row;
        for index in top.line..source.count {
            if y >= area.bottom() {
                break;
            }
            let line = source.line(index);
            let over = self.layers_over(&line, index, palette);
            for bytes in self.rows(&line.text, area.width).into_iter().skip(skip) {
                if y >= area.bottom() {
                    break;
                }
                let row = Row { x: area.x, y, width: area.width, left: self.left, mark: palette.dim };
                let style_at = |at: usize| style_of(&line, &over, at + bytes.start, palette.text);
                paint(buffer, row, &line.text[bytes.clone()], style_at);
                y += 1;
            }
            skip = 0;
            if line.goes_on && y > area.y && area.width > 0 {
                put(buffer, area.right() - 1, y - 1, "↩", 1, palette.dim);
            }
        }
    }

    fn layers_over(&self, line: &StyledLine<'_>, index: usize, palette: &Palette) -> Vec<(Range<usize>, Style)> {
        let found = self.query.iter().flat_map(|query| query.ranges(&line.text).map(|range| (range, palette.found)));
        let selected = self.selected().filter(|range| (range.start.line..=range.end.line).contains(&index));
        found.chain(selected.map(|range| (clip(&range, index, line.text.len()), palette.selection))).collect()
    }

    /// The rows of a line in a width.
    fn rows(&self, line: &str, width: u16) -> Vec<Range<usize>> {
        match self.fold {
            Fold::Words => wrap(line, width),
            Fold::Never => std::iter::once(0..line.len()).collect(),
        }
    }

    /// The row at the top as it is shown: never behind the last, and the last where the end is followed.
    fn first(&self, source: &Source<'_>, area: Rect) -> Top {
        let last = self.last(source, area);
        if self.at_end { last } else { self.top.min(last) }
    }

    /// The row at the top when the last line is at the bottom.
    fn last(&self, source: &Source<'_>, area: Rect) -> Top {
        let mut room = usize::from(area.height.max(1));
        for line in (0..source.count).rev() {
            let rows = self.rows(&source.line(line).text, area.width).len();
            if rows >= room {
                return Top { line, row: rows - room };
            }
            room -= rows;
        }
        Top::default()
    }

    fn after(&self, top: Top, source: &Source<'_>, area: Rect) -> Top {
        let rows = self.rows(&source.line(top.line).text, area.width).len();
        if top.row + 1 < rows { Top { row: top.row + 1, ..top } } else { Top { line: top.line + 1, row: 0 } }
    }

    fn before(&self, top: Top, source: &Source<'_>, area: Rect) -> Top {
        match (top.row.checked_sub(1), top.line.checked_sub(1)) {
            (Some(row), _) => Top { row, ..top },
            (None, Some(line)) => Top { line, row: self.rows(&source.line(line).text, area.width).len() - 1 },
            (None, None) => top,
        }
    }

    /// The place drawn at a position; below the last line its end.
    fn spot_under(&self, at: Position, source: &Source<'_>, area: Rect) -> Spot {
        let mut top = self.first(source, area);
        for _ in area.y..at.y.min(area.bottom()) {
            top = self.after(top, source, area);
        }
        if top.line >= source.count {
            let line = source.count.saturating_sub(1);
            return Spot { line, byte: source.line(line).text.len() };
        }
        let line = source.line(top.line);
        let rows = self.rows(&line.text, area.width);
        let bytes = rows.get(top.row).cloned().unwrap_or_default();
        let column = usize::from(at.x.saturating_sub(area.x)) + self.left;
        Spot { line: top.line, byte: bytes.start + offset_at(&line.text[bytes], column) }
    }
}

/// Which way a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// To the end, then from the start.
    Forward,
    /// To the start, then from the end.
    Backward,
}

/// The nearest match from a place, around the ends.
fn search(query: &Query, direction: Direction, from: Spot, source: &Source<'_>) -> Option<(usize, Range<usize>)> {
    let count = source.count;
    let matches = |line: usize| query.ranges(&source.line(line).text).collect::<Vec<_>>();
    (0..=count).find_map(|step| {
        let line = match direction {
            Direction::Forward => (from.line + step) % count.max(1),
            Direction::Backward => (from.line + count - step) % count.max(1),
        };
        let found = matches(line).into_iter();
        let beyond = |bytes: &Range<usize>| match (step, direction) {
            (0, Direction::Forward) => bytes.start >= from.byte,
            (0, Direction::Backward) => bytes.start < from.byte,
            _ => true,
        };
        let mut found = found.filter(beyond);
        let bytes = match direction {
            Direction::Forward => found.next(),
            Direction::Backward => found.next_back(),
        };
        bytes.map(|bytes| (line, bytes))
    })
}

/// The part of a line that a range covers.
fn clip(range: &Range<Spot>, line: usize, length: usize) -> Range<usize> {
    let start = if range.start.line == line { range.start.byte.min(length) } else { 0 };
    let end = if range.end.line == line { range.end.byte.min(length) } else { length };
    start..end.max(start)
}

fn style_of(line: &StyledLine<'_>, over: &[(Range<usize>, Style)], at: usize, base: Style) -> Style {
    let layers = line.layers.iter().chain(over).filter(|(range, _)| range.contains(&at));
    layers.fold(base, |style, (_, over)| style.patch(*over))
}

fn other(fold: Fold) -> Fold {
    match fold {
        Fold::Words => Fold::Never,
        Fold::Never => Fold::Words,
    }
}

#[cfg(test)]
mod tests;
