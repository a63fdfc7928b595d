//! Text as terminal cells: clusters, tab stops and widths, with everything that could steer a terminal made visible.

use std::borrow::Cow;
use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::types::limits::TAB_COLUMNS;
use crate::types::neutralise_line;

/// One grapheme cluster of a line and where it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cluster<'a> {
    /// Its bytes within the line.
    pub(crate) bytes: Range<usize>,
    /// The column it starts at, counted from 0.
    pub(crate) column: usize,
    /// How many columns it takes; at least one.
    pub(crate) width: usize,
    /// What is drawn for it.
    pub(crate) symbol: Cow<'a, str>,
}

/// The clusters of a line, left to right.
pub(crate) fn clusters(line: &str) -> impl Iterator<Item = Cluster<'_>> {
    let mut column = 0;
    line.grapheme_indices(true).map(move |(start, text)| {
        let symbol = symbol_of(text, column);
        let width = symbol.width();
        let cluster = Cluster { bytes: start..start + text.len(), column, width, symbol };
        column += width;
        cluster
    })
}

fn symbol_of(text: &str, column: usize) -> Cow<'_, str> {
    if text == "\t" {
        return Cow::Borrowed(&"                "[..TAB_COLUMNS - column % TAB_COLUMNS]);
    }
    let symbol =
        if text.len() == 1 && !text.as_bytes()[0].is_ascii_control() { Cow::Borrowed(text) } else { neutralise_line(text) };
    if symbol.width() > 0 { symbol } else { Cow::Owned(format!("\u{25cc}{symbol}")) }
}

/// Columns that a line takes.
pub(crate) fn width(line: &str) -> usize {
    if line.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return line.len();
    }
    clusters(line).last().map_or(0, |cluster| cluster.column + cluster.width)
}

/// The column at which the byte `offset` of a line is drawn.
pub(crate) fn column_of(line: &str, offset: usize) -> usize {
    let mut end = 0;
    for cluster in clusters(line) {
        if cluster.bytes.end > offset {
            return cluster.column;
        }
        end = cluster.column + cluster.width;
    }
    end
}

/// The byte at which the cluster drawn at `column` starts; the end of the line behind it.
pub(crate) fn offset_at(line: &str, column: usize) -> usize {
    clusters(line).find(|cluster| cluster.column + cluster.width > column).map_or(line.len(), |cluster| cluster.bytes.start)
}

/// One row of cells that shows a part of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    /// Left end on the screen.
    pub(crate) x: u16,
    /// The row on the screen.
    pub(crate) y: u16,
    /// Cells.
    pub(crate) width: u16,
    /// The first column of the line that is shown.
    pub(crate) left: usize,
    /// The style of the marks that say that a line goes on.
    pub(crate) mark: Style,
}

/// Paints the part of a line that a row shows, each cluster in the style of its first byte, and marks what is cut:
/// `‹` and `›` at the ends. What is cut in half by an end is left blank there.
pub(crate) fn paint(buffer: &mut Buffer, row: Row, line: &str, mut style_at: impl FnMut(usize) -> Style) {
    let end = row.left + usize::from(row.width);
    let mut cut = false;
    for cluster in clusters(line) {
        if cluster.column + cluster.width <= row.left {
            continue;
        }
        if cluster.column + cluster.width > end {
            cut = true;
            break;
        }
        if cluster.column >= row.left {
            let x = row.x + cell(cluster.column - row.left);
            buffer.set_stringn(x, row.y, &cluster.symbol, cluster.width, style_at(cluster.bytes.start));
        }
    }
    if cut && row.width > 0 {
        let last = row.x + row.width - 1;
        if row.width > 1 && buffer[(last - 1, row.y)].symbol().width() > 1 {
            buffer[(last - 1, row.y)].set_symbol(" ");
        }
        buffer.set_stringn(last, row.y, "›", 1, row.mark);
    }
    if row.left > 0 && row.width > 1 && !line.is_empty() {
        buffer.set_stringn(row.x, row.y, "‹", 1, row.mark);
    }
}

/// Writes text at a position, at most `room` columns of it. Nothing where the buffer ends before.
pub(crate) fn put(buffer: &mut Buffer, x: u16, y: u16, text: &str, room: u16, style: Style) {
    if room > 0 && buffer.area.contains(Position::new(x, y)) {
        buffer.set_stringn(x, y, text, usize::from(room), style);
    }
}

/// A count of cells as the screen counts them.
pub(crate) fn cell(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;

    fn symbols(line: &str) -> Vec<(usize, usize, String)> {
        clusters(line).map(|cluster| (cluster.column, cluster.width, cluster.symbol.into_owned())).collect()
    }

    fn cells(table: &[(usize, usize, &str)]) -> Vec<(usize, usize, String)> {
        table.iter().map(|(column, width, symbol)| (*column, *width, (*symbol).to_owned())).collect()
    }

    #[test]
    fn clusters_have_the_width_they_are_drawn_with() {
        assert_eq!(symbols("a\tb"), cells(&[(0, 1, "a"), (1, 3, "   "), (4, 1, "b")]));
        assert_eq!(symbols("漢é"), cells(&[(0, 2, "漢"), (2, 1, "é")]));
        assert_eq!(symbols("e\u{301}x"), cells(&[(0, 1, "e\u{301}"), (1, 1, "x")]));
        assert_eq!(symbols("\u{301}"), cells(&[(0, 1, "\u{25cc}\u{301}")]));
        assert_eq!(symbols("\u{1b}[\u{202e}"), cells(&[(0, 1, "␛"), (1, 1, "["), (2, 1, "\u{fffd}")]));
    }

    #[test]
    fn columns_and_bytes_answer_each_other() {
        let line = "a\t漢b";
        for (offset, column) in [(0, 0), (1, 1), (2, 4), (5, 6), (6, 7), (9, 7)] {
            assert_eq!(column_of(line, offset), column, "byte {offset}");
        }
        for (column, offset) in [(0, 0), (1, 1), (3, 1), (4, 2), (5, 2), (6, 5), (7, 6), (99, 6)] {
            assert_eq!(offset_at(line, column), offset, "column {column}");
        }
        assert_eq!((width(line), width("")), (7, 0));
    }

    #[test]
    fn what_is_cut_is_marked() {
        let painted = |line: &str, left: usize| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 5, 1));
            let row = Row { x: 0, y: 0, width: 5, left, mark: Style::new() };
            paint(&mut buffer, row, line, |_| Style::new());
            buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect::<String>()
        };
        assert_eq!(painted("abcde", 0), "abcde");
        assert_eq!(painted("abcdef", 0), "abcd›");
        assert_eq!(painted("abcdefgh", 2), "‹def›");
        assert_eq!(painted("abcdefgh", 3), "‹efgh");
        assert_eq!(painted("ab漢漢漢", 3), "‹漢 漢 ");
        assert_eq!(painted("a漢漢漢", 0), "a漢  ›");
    }
}
