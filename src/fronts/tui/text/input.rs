//! A single line of input: search bars, prompts and the fields of a form.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use super::Handled;
use super::cells::{Row, cell, column_of, offset_at, paint};
use super::palette::Palette;

/// One line of text being typed. The cursor stands between clusters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LineInput {
    text: String,
    /// In bytes.
    cursor: usize,
}

impl LineInput {
    /// An input that holds `text`, the cursor behind it.
    pub(crate) fn new(text: &str) -> Self {
        let mut input = Self::default();
        input.paste(text);
        input
    }

    /// What was typed.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Puts text in at the cursor. Line ends are kept, as `\n`, and shown as a sign: this is one row.
    pub(crate) fn paste(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        self.text.insert_str(self.cursor, &text);
        self.cursor += text.len();
    }

    /// Does what a key asks for.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most keys mean nothing here")]
    pub(crate) fn handle(&mut self, key: KeyEvent) -> Handled {
        let word = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match key.code {
            KeyCode::Char('u') if key.modifiers == KeyModifiers::CONTROL => self.remove(0..self.cursor),
            KeyCode::Char('w') if key.modifiers == KeyModifiers::CONTROL => self.remove(self.word_before()..self.cursor),
            KeyCode::Char('h') if key.modifiers == KeyModifiers::CONTROL => self.remove(self.before()..self.cursor),
            KeyCode::Char(typed) if !word => self.paste(typed.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace if word => self.remove(self.word_before()..self.cursor),
            KeyCode::Backspace => self.remove(self.before()..self.cursor),
            KeyCode::Delete => self.remove(self.cursor..self.after()),
            KeyCode::Left if word => self.cursor = self.word_before(),
            KeyCode::Left => self.cursor = self.before(),
            KeyCode::Right if word => self.cursor = self.word_after(),
            KeyCode::Right => self.cursor = self.after(),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            _ => return Handled::Ignored,
        }
        Handled::Consumed
    }

    /// Puts the cursor at a column of the area it was drawn in, for a mouse click.
    pub(crate) fn click(&mut self, area: Rect, column: u16) {
        let shown = usize::from(column.saturating_sub(area.x)) + self.left(area.width);
        self.cursor = offset_at(&self.text, shown);
    }

    /// Draws the input in the first row of `area`; the cursor where `focused`, `placeholder` where nothing was typed.
    pub(crate) fn draw(&self, area: Rect, buffer: &mut Buffer, palette: &Palette, focused: bool, placeholder: &str) {
        if area.is_empty() {
            return;
        }
        let left = self.left(area.width);
        let row = Row { x: area.x, y: area.y, width: area.width, left, mark: palette.dim };
        if self.text.is_empty() {
            paint(buffer, row, placeholder, |_| palette.dim);
        } else {
            paint(buffer, row, &self.text, |_| palette.text);
        }
        if focused {
            let column = column_of(&self.text, self.cursor) - left;
            buffer.set_style(Rect::new(area.x + cell(column).min(area.width - 1), area.y, 1, 1), palette.cursor);
        }
    }

    /// The first column shown in an area of this width: the cursor is always in sight.
    fn left(&self, width: u16) -> usize {
        (column_of(&self.text, self.cursor) + 1).saturating_sub(usize::from(width))
    }

    fn remove(&mut self, range: std::ops::Range<usize>) {
        self.cursor = range.start;
        self.text.replace_range(range, "");
    }

    fn before(&self) -> usize {
        self.text[..self.cursor].grapheme_indices(true).next_back().map_or(0, |(start, _)| start)
    }

    fn after(&self) -> usize {
        self.cursor + self.text[self.cursor..].graphemes(true).next().map_or(0, str::len)
    }

    fn word_before(&self) -> usize {
        let words = self.text[..self.cursor].split_word_bound_indices().rev();
        words.filter(|(_, word)| !word.trim().is_empty()).map(|(start, _)| start).next().unwrap_or(0)
    }

    fn word_after(&self) -> usize {
        let mut words = self.text[self.cursor..].split_word_bound_indices().filter(|(_, word)| !word.trim().is_empty());
        words.next().map_or(self.text.len(), |(start, word)| self.cursor + start + word.len())
    }
}

/// The style of a label beside an input.
pub(crate) fn label_style(palette: &Palette, focused: bool) -> Style {
    if focused { palette.heading } else { palette.text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fronts::tui::text::palette::Depth;

    fn press(input: &mut LineInput, code: KeyCode, modifiers: KeyModifiers) {
        assert_eq!(input.handle(KeyEvent::new(code, modifiers)), Handled::Consumed);
    }

    #[test]
    fn clusters_are_moved_over_and_removed_whole() {
        let mut input = LineInput::new("ae\u{301}漢\r\nx");
        assert_eq!(input.text(), "ae\u{301}漢\nx");
        for _ in 0..3 {
            press(&mut input, KeyCode::Left, KeyModifiers::NONE);
        }
        press(&mut input, KeyCode::Backspace, KeyModifiers::NONE);
        assert_eq!(input.text(), "a漢\nx");
        press(&mut input, KeyCode::Delete, KeyModifiers::NONE);
        press(&mut input, KeyCode::End, KeyModifiers::NONE);
        press(&mut input, KeyCode::Char('é'), KeyModifiers::NONE);
        assert_eq!(input.text(), "a\nxé");
        press(&mut input, KeyCode::Char('w'), KeyModifiers::CONTROL);
        assert_eq!(input.text(), "a\n");
        press(&mut input, KeyCode::Char('u'), KeyModifiers::CONTROL);
        assert_eq!(input, LineInput::default());
        assert_eq!(input.handle(KeyEvent::from(KeyCode::Enter)), Handled::Ignored);
    }

    #[test]
    fn the_cursor_stays_in_sight() {
        let area = Rect::new(0, 0, 4, 1);
        let mut buffer = Buffer::empty(area);
        let palette = Palette::plain(Depth::Monochrome);
        LineInput::new("abcdef").draw(area, &mut buffer, &palette, true, "");
        let mut expected = Buffer::with_lines(["‹ef "]);
        expected.set_style(Rect::new(0, 0, 1, 1), palette.dim);
        expected.set_style(Rect::new(3, 0, 1, 1), palette.cursor);
        assert_eq!(buffer, expected);
    }
}
