//! Boxes, titles and single lines of text.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::merge::MergeStrategy;
use ratatui::text::Line;

use crate::fronts::tui::page::Page;
use crate::fronts::tui::text::cells::{Row, cell, clusters, paint, width};
use crate::fronts::tui::theme::DIM;

/// A box whose lines join those of its neighbours.
pub(super) fn boxed(buffer: &mut Buffer, rect: Rect, style: Style) {
    if rect.width < 2 || rect.height < 2 {
        return;
    }
    let (right, bottom) = (rect.right() - 1, rect.bottom() - 1);
    let mut line = |x: u16, y: u16, symbol: &str| {
        buffer[(x, y)].merge_symbol(symbol, MergeStrategy::Exact).set_style(style);
    };
    for x in rect.x + 1..right {
        line(x, rect.y, "─");
        line(x, bottom, "─");
    }
    for y in rect.y + 1..bottom {
        line(rect.x, y, "│");
        line(right, y, "│");
    }
    line(rect.x, rect.y, "┌");
    line(right, rect.y, "┐");
    line(rect.x, bottom, "└");
    line(right, bottom, "┘");
}

/// Blanks a part of the screen.
pub(super) fn clear(buffer: &mut Buffer, rect: Rect) {
    let rect = rect.intersection(buffer.area);
    for y in rect.y..rect.bottom() {
        for x in rect.x..rect.right() {
            buffer[(x, y)].reset();
        }
    }
}

/// One line of text in `columns` cells, cut with `…` where it does not fit. Answers the columns used.
pub(super) fn put(buffer: &mut Buffer, x: u16, y: u16, columns: u16, text: &str, style: Style) -> u16 {
    let whole = width(text);
    let room = if whole <= usize::from(columns) { usize::from(columns) } else { usize::from(columns.saturating_sub(1)) };
    let mut used = 0;
    for cluster in clusters(text) {
        if cluster.column + cluster.width > room {
            break;
        }
        buffer.set_stringn(x + cell(cluster.column), y, &cluster.symbol, cluster.width, style);
        used = cell(cluster.column + cluster.width);
    }
    if whole > usize::from(columns) && columns > 0 {
        buffer.set_stringn(x + used, y, "…", 1, style);
        used += 1;
    }
    used
}

/// Pieces of text beside each other, as many as fit whole. Answers the columns used.
pub(super) fn pieces(buffer: &mut Buffer, x: u16, y: u16, columns: u16, texts: &[(String, Style)]) -> u16 {
    let mut used = 0;
    for (text, style) in texts {
        let wide = cell(width(text));
        if used + wide > columns {
            break;
        }
        used += put(buffer, x + used, y, wide, text, *style);
    }
    used
}

/// Text that ends at the right end of a line. Answers the columns used.
pub(super) fn put_right(buffer: &mut Buffer, line: Rect, text: &str, style: Style) -> u16 {
    let wide = cell(width(text)).min(line.width);
    put(buffer, line.right() - wide, line.y, wide, text, style)
}

/// A whole row in the style of the selection.
pub(super) fn highlight(buffer: &mut Buffer, line: Rect, style: Style) {
    buffer.set_style(line, style);
}

/// The lines of a page that are in view, and a mark of where the view stands when there is more.
pub(super) fn page(buffer: &mut Buffer, area: Rect, page: &Page) {
    for (line, y) in page.lines.iter().skip(page.top).zip(area.y..area.bottom()) {
        styled_line(buffer, Rect::new(area.x, y, area.width, 1), line, page.left);
    }
    scroll_mark(buffer, area, page.top, page.lines.len());
}

/// A styled line from column `left` on; what is cut is marked.
pub(super) fn styled_line(buffer: &mut Buffer, place: Rect, line: &Line<'_>, left: usize) {
    let row = Row { x: place.x, y: place.y, width: place.width, left, mark: DIM };
    if let [span] = &line.spans[..] {
        paint(buffer, row, &span.content, |_| line.style.patch(span.style));
        return;
    }
    let text: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
    let mut ends = Vec::with_capacity(line.spans.len());
    let mut end = 0;
    for span in &line.spans {
        end += span.content.len();
        ends.push((end, line.style.patch(span.style)));
    }
    paint(buffer, row, &text, |at| ends.iter().find(|(end, _)| at < *end).map_or(line.style, |(_, style)| *style));
}

/// On the right border: how far down the view is, while not everything is in view.
pub(super) fn scroll_mark(buffer: &mut Buffer, area: Rect, top: usize, total: usize) {
    let height = usize::from(area.height);
    if total <= height || height == 0 || area.right() >= buffer.area.right() {
        return;
    }
    let at = top * (height - 1) / (total - height).max(1);
    let y = area.y + cell(at.min(height - 1));
    buffer.set_stringn(area.right(), y, "█", 1, DIM);
}

/// Columns that a text takes.
pub(super) fn columns(text: &str) -> u16 {
    cell(width(text))
}

/// Columns of a text with a gap before it; none for no text.
pub(super) fn width_of(columns: usize) -> u16 {
    if columns == 0 { 0 } else { cell(columns + 1) }
}
