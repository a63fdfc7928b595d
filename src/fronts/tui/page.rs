//! A scrollable page of styled lines, folded at words to the width of its pane. Only the lines in view are painted.

use std::sync::Arc;

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::list::Move;
use super::text::query::Query;

/// A line before folding.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entry {
    /// The line.
    pub(super) line: Line<'static>,
    /// The column at which its further lines start.
    pub(super) hang: u16,
}

impl From<Line<'static>> for Entry {
    fn from(line: Line<'static>) -> Self {
        Self { line, hang: 0 }
    }
}

/// A part of a page that holds both.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// A line that is folded at words.
    Prose(Entry),
    /// A line that is not folded, but scrolled sideways.
    Code(Line<'static>),
}

impl From<Entry> for Piece {
    fn from(entry: Entry) -> Self {
        Self::Prose(entry)
    }
}

/// Lines and where the view stands.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    pieces: Arc<Vec<Piece>>,
    width: u16,
    /// The lines as folded. Shared, because answers may be large.
    pub(super) lines: Arc<Vec<Line<'static>>>,
    /// The first line in view.
    pub(super) top: usize,
    /// The first column in view.
    pub(super) left: usize,
    /// The line that a search has found.
    pub(super) found: Option<usize>,
}

impl Page {
    /// A page of prose.
    pub(super) fn prose(entries: Vec<Entry>) -> Self {
        Self::mixed(entries.into_iter().map(Piece::Prose).collect())
    }

    /// A page of prose with code between it.
    pub(super) fn mixed(pieces: Vec<Piece>) -> Self {
        Self { pieces: Arc::new(pieces), ..Self::default() }
    }

    /// Whether it holds anything.
    pub(super) fn is_written(&self) -> bool {
        !self.pieces.is_empty()
    }

    /// Lines as folded; none before it was folded for the first time.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Scrolls a view of `height` lines.
    pub(super) fn go(&mut self, to: Move, height: usize) {
        let page = isize::try_from(height.max(2) - 1).unwrap_or(1);
        self.top = match to {
            Move::By(lines) => self.top.saturating_add_signed(lines),
            Move::Pages(pages) => self.top.saturating_add_signed(pages.saturating_mul(page)),
            Move::First => 0,
            Move::Last => usize::MAX,
        };
        self.top = self.top.min(self.lines.len().saturating_sub(height.max(1)));
    }

    /// Goes to the next line that has `words` in it, around the end. False where there is none.
    pub(super) fn find(&mut self, words: &str, height: usize) -> bool {
        let Some(query) = Query::new(words) else { return false };
        let count = self.lines.len();
        let from = self.found.unwrap_or(self.top.wrapping_sub(1));
        let mut lines = (1..=count).map(|step| from.wrapping_add(step) % count);
        self.found = lines.find(|at| query.is_in(&self.lines[*at].to_string()));
        if let Some(at) = self.found.filter(|at| !(self.top..self.top + height).contains(at)) {
            self.top = at.saturating_sub(height / 2).min(count.saturating_sub(height.max(1)));
        }
        self.found.is_some()
    }

    /// Scrolls sideways, as far as lines reach beyond the right end.
    pub(super) fn sideways(&mut self, columns: isize) {
        let widest = self.lines.iter().map(Line::width).max().unwrap_or(0);
        let room = widest.saturating_sub(usize::from(self.width));
        self.left = self.left.saturating_add_signed(columns).min(room);
    }

    /// Folds to a width and keeps the view within the lines.
    pub(super) fn settle(&mut self, width: u16, height: u16) {
        if self.width != width {
            let fold = |piece: &Piece| match piece {
                Piece::Prose(entry) => folded(entry, usize::from(width)),
                Piece::Code(line) => vec![line.clone()],
            };
            self.lines = Arc::new(self.pieces.iter().flat_map(fold).collect());
        }
        self.width = width;
        self.top = self.top.min(self.lines.len().saturating_sub(usize::from(height.max(1))));
    }
}

/// A line folded at words to `width` columns. A word longer than that is cut between grapheme clusters.
fn folded(entry: &Entry, width: usize) -> Vec<Line<'static>> {
    if entry.line.width() <= width || width == 0 {
        return vec![entry.line.clone()];
    }
    let hang = usize::from(entry.hang).min(width / 2);
    let mut lines = vec![Vec::new()];
    let mut column = 0;
    for (word, style) in words(&entry.line) {
        let (text, gap) = word.split_at(word.trim_end_matches(' ').len());
        if column > hang && column + text.width() > width {
            column = break_line(&mut lines, hang);
        }
        for cluster in text.graphemes(true) {
            if column + cluster.width() > width {
                column = break_line(&mut lines, hang);
            }
            push(&mut lines, cluster, style);
            column += cluster.width();
        }
        let gap = &gap[..gap.len().min(width.saturating_sub(column))];
        push(&mut lines, gap, style);
        column += gap.len();
    }
    lines.into_iter().map(Line::from).collect()
}

/// Words with the spaces behind them, and their styles. A word may come in parts where its style changes.
fn words<'a>(line: &'a Line<'static>) -> impl Iterator<Item = (&'a str, Style)> {
    line.spans.iter().flat_map(|span| {
        let mut rest: &str = &span.content;
        std::iter::from_fn(move || {
            let text = rest.find(' ').unwrap_or(rest.len());
            let end = rest[text..].find(|c| c != ' ').map_or(rest.len(), |gap| text + gap);
            let (word, behind) = rest.split_at(end);
            rest = behind;
            (!word.is_empty()).then_some((word, span.style))
        })
    })
}

fn break_line(lines: &mut Vec<Vec<Span<'static>>>, hang: usize) -> usize {
    lines.push(vec![Span::raw(" ".repeat(hang))]);
    hang
}

fn push(lines: &mut [Vec<Span<'static>>], text: &str, style: Style) {
    let Some(line) = lines.last_mut().filter(|_| !text.is_empty()) else { return };
    match line.last_mut() {
        Some(span) if span.style == style => span.content.to_mut().push_str(text),
        _ => line.push(Span::styled(text.to_owned(), style)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(text: &'static str, hang: u16, width: usize) -> Vec<String> {
        folded(&Entry { line: Line::raw(text), hang }, width).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn lines_break_at_words_and_hang() {
        assert_eq!(fold("name  the quick brown fox", 6, 16), ["name  the quick ", "      brown fox"]);
        assert_eq!(fold("short", 0, 16), ["short"]);
        assert_eq!(fold("abcdefghij", 0, 4), ["abcd", "efgh", "ij"]);
        assert_eq!(fold("漢字漢字", 0, 5), ["漢字", "漢字"]);
    }

    #[test]
    fn words_are_found_line_by_line_around_the_end() {
        let mut page = Page::prose((0..20).map(|at| Line::raw(format!("line {at}")).into()).collect());
        page.settle(20, 5);
        let found: Vec<Option<usize>> = (0..3).map(|_| page.find("LINE 1", 5).then_some(page.found).flatten()).collect();
        assert_eq!(found, [None; 3], "capitals count where they are typed");
        let found: Vec<usize> = (0..12).filter_map(|_| page.find("line 1", 5).then_some(page.found).flatten()).collect();
        assert_eq!(found, [1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 1]);
        assert_eq!(page.top, 0);
    }

    #[test]
    fn code_between_prose_is_not_folded_but_scrolled() {
        let prose = Entry::from(Line::raw("one two"));
        let mut page = Page::mixed(vec![prose.into(), Piece::Code(Line::raw("three four"))]);
        page.settle(5, 5);
        let lines: Vec<String> = page.lines.iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["one ", "two", "three four"]);
        page.sideways(3);
        page.sideways(8);
        assert_eq!(page.left, 5, "not beyond the end of the longest line");
    }

    #[test]
    fn a_page_is_folded_anew_when_its_width_changes() {
        let mut page = Page::prose(vec![Line::raw("one two three").into()]);
        page.settle(20, 5);
        assert_eq!(page.lines.len(), 1);
        page.settle(5, 5);
        assert_eq!(page.lines.len(), 3);
        page.go(Move::Last, 2);
        assert_eq!(page.top, 1);
    }
}
