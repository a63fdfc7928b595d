//! Where the lines of a view come from. A view asks only for the lines it shows.

use std::borrow::Cow;
use std::ops::Range;

use ratatui::style::Style;

use crate::types::limits::VIEW_LINE_BYTES;

/// A line with its styles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct StyledLine<'a> {
    /// The text; the view makes it harmless when it draws.
    pub(crate) text: Cow<'a, str>,
    /// Byte ranges and the styles laid over them; the later the higher.
    pub(crate) layers: Vec<(Range<usize>, Style)>,
    /// Whether the next line goes on with this one: it was cut only because it is so long.
    pub(crate) goes_on: bool,
}

impl<'a> StyledLine<'a> {
    /// A line in one style.
    pub(crate) fn new(text: impl Into<Cow<'a, str>>, style: Style) -> Self {
        let text = text.into();
        let layers = if style == Style::new() { Vec::new() } else { std::iter::once((0..text.len(), style)).collect() };
        Self { text, layers, goes_on: false }
    }

    /// Adds text in a style at the end.
    #[must_use]
    pub(crate) fn with(mut self, text: &str, style: Style) -> Self {
        let start = self.text.len();
        self.text.to_mut().push_str(text);
        self.layers.push((start..self.text.len(), style));
        self
    }
}

/// Lines that can be asked for one by one.
pub(crate) struct Source<'a> {
    /// How many there are.
    pub(crate) count: usize,
    line: Box<dyn Fn(usize) -> StyledLine<'a> + 'a>,
}

impl<'a> Source<'a> {
    /// Lines made on demand.
    pub(crate) fn new(count: usize, line: impl Fn(usize) -> StyledLine<'a> + 'a) -> Self {
        Self { count, line: Box::new(line) }
    }

    /// Lines that are there already.
    pub(crate) fn of_lines(lines: &'a [StyledLine<'a>]) -> Self {
        Self::new(lines.len(), |index| lines.get(index).cloned().unwrap_or_default())
    }

    /// A line; empty behind the last.
    pub(crate) fn line(&self, index: usize) -> StyledLine<'a> {
        if index < self.count { (self.line)(index) } else { StyledLine::default() }
    }
}

/// A text of any size with the places of its lines. Lines longer than [`VIEW_LINE_BYTES`] go on in the next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Text {
    text: String,
    /// Where each line starts and ends, in bytes, and whether the next one goes on with it.
    lines: Vec<(usize, usize, bool)>,
}

impl Text {
    /// Finds the lines of a text. One pass over its bytes.
    pub(crate) fn new(text: String) -> Self {
        let mut lines = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let end = start + line.trim_end_matches(['\n', '\r']).len();
            push_pieces(&text, start, end, &mut lines);
            start += line.len();
        }
        Self { text, lines }
    }

    /// Its lines, without styles.
    pub(crate) fn source(&self) -> Source<'_> {
        Source::new(self.lines.len(), |index| {
            let (start, end, goes_on) = self.lines[index];
            StyledLine { text: Cow::Borrowed(&self.text[start..end]), layers: Vec::new(), goes_on }
        })
    }
}

/// Cuts a line into pieces that a row can bear, at characters.
fn push_pieces(text: &str, mut start: usize, end: usize, lines: &mut Vec<(usize, usize, bool)>) {
    while end - start > VIEW_LINE_BYTES {
        let mut cut = start + VIEW_LINE_BYTES;
        while !text.is_char_boundary(cut) {
            cut -= 1;
        }
        lines.push((start, cut, true));
        start = cut;
    }
    lines.push((start, end, false));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_knows_its_lines_and_cuts_long_ones() {
        let long = "é".repeat(VIEW_LINE_BYTES);
        let text = Text::new(format!("a\r\n\n{long}\nb"));
        let source = text.source();
        let lines: Vec<(usize, bool)> =
            (0..source.count).map(|index| (source.line(index).text.len(), source.line(index).goes_on)).collect();
        assert_eq!(lines, [(1, false), (0, false), (VIEW_LINE_BYTES, true), (VIEW_LINE_BYTES, false), (1, false)]);
        assert_eq!(source.line(99), StyledLine::default());
        assert_eq!(Text::new(String::new()).source().count, 0);
        assert_eq!(Text::new("a\n".to_owned()).source().count, 1);
    }
}
