//! Where the cursor goes.

use unicode_segmentation::UnicodeSegmentation;

use super::document::{Document, Place, byte_of, column_of};
use crate::fronts::tui::text::cells;

/// A way for the cursor to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Motion {
    /// One cluster to the left, over line ends.
    Left,
    /// One cluster to the right, over line ends.
    Right,
    /// To the start of the word before.
    WordLeft,
    /// Behind the end of the word after.
    WordRight,
    /// One line up.
    Up,
    /// One line down.
    Down,
    /// One page up.
    PageUp,
    /// One page down.
    PageDown,
    /// To the first character that is no blank; from there to the start of the line.
    LineStart,
    /// To the end of the line.
    LineEnd,
    /// To the start of the text.
    Top,
    /// To the end of the text.
    Bottom,
}

impl Motion {
    /// Whether the motion keeps the column it started from over short lines.
    pub(super) fn is_vertical(self) -> bool {
        matches!(self, Self::Up | Self::Down | Self::PageUp | Self::PageDown)
    }
}

/// Where a motion leads from the cursor. `goal` is the screen column that vertical motions keep to; `page` counts lines.
pub(super) fn target(document: &Document, motion: Motion, goal: usize, page: usize) -> Place {
    let at = document.cursor();
    match motion {
        Motion::Left => left(document, at),
        Motion::Right => right(document, at),
        Motion::WordLeft => word_left(document, at),
        Motion::WordRight => word_right(document, at),
        Motion::Up => vertical(document, at.line.checked_sub(1), goal),
        Motion::Down => vertical(document, Some(at.line + 1), goal),
        Motion::PageUp => vertical(document, Some(at.line.saturating_sub(page)), goal),
        Motion::PageDown => vertical(document, Some((at.line + page).min(document.end().line)), goal),
        Motion::LineStart => line_start(document, at),
        Motion::LineEnd => line_end(document, at.line),
        Motion::Top => Place::default(),
        Motion::Bottom => document.end(),
    }
}

/// The screen column of a place.
pub(super) fn screen_column(document: &Document, place: Place) -> usize {
    let line = document.line(place.line);
    cells::column_of(line, byte_of(line, place.column))
}

/// The place on a line that is drawn at a screen column.
pub(super) fn place_at(document: &Document, line: usize, column: usize) -> Place {
    let text = document.line(line);
    Place::new(line, column_of(text, cells::offset_at(text, column)))
}

fn left(document: &Document, at: Place) -> Place {
    let line = document.line(at.line);
    let before = &line[..byte_of(line, at.column)];
    match before.graphemes(true).next_back() {
        Some(cluster) => Place::new(at.line, at.column - cluster.chars().count()),
        None if at.line > 0 => line_end(document, at.line - 1),
        None => at,
    }
}

fn right(document: &Document, at: Place) -> Place {
    let line = document.line(at.line);
    match line[byte_of(line, at.column)..].graphemes(true).next() {
        Some(cluster) => Place::new(at.line, at.column + cluster.chars().count()),
        None if at.line < document.end().line => Place::new(at.line + 1, 0),
        None => at,
    }
}

fn word_left(document: &Document, at: Place) -> Place {
    if at.column == 0 {
        return left(document, at);
    }
    let line = document.line(at.line);
    let before = line[..byte_of(line, at.column)].trim_end();
    let kind = before.chars().next_back().map(kind_of);
    let start = before.trim_end_matches(|character| Some(kind_of(character)) == kind);
    Place::new(at.line, start.chars().count())
}

fn word_right(document: &Document, at: Place) -> Place {
    let line = document.line(at.line);
    let rest = &line[byte_of(line, at.column)..];
    if rest.is_empty() {
        return right(document, at);
    }
    let word = rest.trim_start();
    let kind = word.chars().next().map(kind_of);
    let behind = word.trim_start_matches(|character| Some(kind_of(character)) == kind);
    Place::new(at.line, column_of(line, line.len() - behind.len()))
}

/// Characters of one kind make a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Blank,
    Sign,
}

fn kind_of(character: char) -> Kind {
    if character.is_whitespace() {
        Kind::Blank
    } else if character.is_alphanumeric() || character == '_' {
        Kind::Word
    } else {
        Kind::Sign
    }
}

fn vertical(document: &Document, line: Option<usize>, goal: usize) -> Place {
    match line {
        None => Place::default(),
        Some(line) if line > document.end().line => document.end(),
        Some(line) => place_at(document, line, goal),
    }
}

fn line_start(document: &Document, at: Place) -> Place {
    let indent = document.line(at.line).chars().take_while(|character| character.is_whitespace()).count();
    Place::new(at.line, if at.column == indent { 0 } else { indent })
}

fn line_end(document: &Document, line: usize) -> Place {
    Place::new(line, document.line(line).chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn motions_respect_clusters_words_and_columns() {
        let text = "  def e\u{301}(漢):\n\tx = 1\n\nlonger line";
        let table = [
            (Motion::Left, (0, 8), (0, 6)),
            (Motion::Right, (0, 6), (0, 8)),
            (Motion::Right, (0, 12), (1, 0)),
            (Motion::Left, (1, 0), (0, 12)),
            (Motion::Left, (0, 0), (0, 0)),
            (Motion::Right, (3, 11), (3, 11)),
            (Motion::WordLeft, (0, 6), (0, 2)),
            (Motion::WordLeft, (1, 0), (0, 12)),
            (Motion::WordRight, (0, 0), (0, 5)),
            (Motion::WordRight, (0, 5), (0, 7)),
            (Motion::WordRight, (0, 10), (0, 12)),
            (Motion::WordRight, (2, 0), (3, 0)),
            (Motion::LineStart, (0, 5), (0, 2)),
            (Motion::LineStart, (0, 2), (0, 0)),
            (Motion::LineEnd, (1, 0), (1, 6)),
            (Motion::Up, (0, 3), (0, 0)),
            (Motion::Down, (3, 3), (3, 11)),
            (Motion::Down, (0, 6), (1, 3)),
            (Motion::PageUp, (3, 2), (1, 0)),
            (Motion::PageDown, (1, 1), (3, 4)),
            (Motion::Top, (3, 3), (0, 0)),
            (Motion::Bottom, (0, 0), (3, 11)),
        ];
        for (motion, (line, column), (to_line, to_column)) in table {
            let mut document = Document::new(text);
            document.set_cursor(Place::new(line, column));
            let goal = screen_column(&document, document.cursor());
            assert_eq!(target(&document, motion, goal, 2), Place::new(to_line, to_column), "{motion:?} from {line}:{column}");
        }
    }
}
