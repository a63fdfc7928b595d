//! The bar above the text: find, replace, go to line.

use std::ops::Range;

use super::document::{Document, Edit, Place, column_of};
use crate::fronts::tui::text::input::LineInput;
use crate::fronts::tui::text::query::Query;
use crate::types::limits::SEARCH_MATCHES;

/// What the bar is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Find text.
    Find,
    /// Find text and put other text in its place.
    Replace,
    /// Go to a line.
    GoToLine,
}

/// Which input of the bar is typed into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Focus {
    /// What is looked for.
    Query,
    /// What is put in its place.
    Replacement,
}

/// The bar as it is open.
#[derive(Debug, Clone)]
pub(super) struct Bar {
    pub(super) purpose: Purpose,
    pub(super) focus: Focus,
    pub(super) query: LineInput,
    pub(super) replacement: LineInput,
    /// Where the cursor was when the bar was opened.
    pub(super) origin: Place,
}

impl Bar {
    /// A bar for a purpose, its query filled in.
    pub(super) fn new(purpose: Purpose, query: &str, origin: Place) -> Self {
        Self { purpose, focus: Focus::Query, query: LineInput::new(query), replacement: LineInput::default(), origin }
    }

    /// The input that is typed into.
    pub(super) fn input(&mut self) -> &mut LineInput {
        match self.focus {
            Focus::Query => &mut self.query,
            Focus::Replacement => &mut self.replacement,
        }
    }
}

/// All places of what is looked for, at most [`SEARCH_MATCHES`].
pub(super) fn all(document: &Document, query: &Query) -> Vec<Range<Place>> {
    let places = document.lines().iter().enumerate().flat_map(|(line, text)| {
        let place = move |byte| Place::new(line, column_of(text, byte));
        query.ranges(text).map(move |bytes| place(bytes.start)..place(bytes.end))
    });
    places.take(SEARCH_MATCHES).collect()
}

/// The first match that starts at `from` or behind it, around the end of the text.
pub(super) fn next(matches: &[Range<Place>], from: Place) -> Option<Range<Place>> {
    matches.iter().find(|range| range.start >= from).or(matches.first()).cloned()
}

/// The last match that starts before `from`, around the start of the text.
pub(super) fn previous(matches: &[Range<Place>], from: Place) -> Option<Range<Place>> {
    matches.iter().rev().find(|range| range.start < from).or(matches.last()).cloned()
}

/// Replaces all matches as one step of undo. Says how many there were.
pub(super) fn replace_all(document: &mut Document, query: &Query, replacement: &str) -> usize {
    let matches = all(document, query);
    let (Some(first), Some(last)) = (matches.first(), matches.last()) else { return 0 };
    let (start, end) = (Place::new(first.start.line, 0), last.end);
    let mut text = String::new();
    let mut from = start;
    for range in &matches {
        text.push_str(&document.slice(&(from..range.start)));
        text.push_str(replacement);
        from = range.end;
    }
    document.replace(start..end, &text, Edit::Whole);
    matches.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_walked_around_the_ends() {
        let document = Document::new("a b a\na");
        let matches = all(&document, &Query::new("a").unwrap());
        assert_eq!(next(&matches, Place::new(0, 1)).unwrap().start, Place::new(0, 4));
        assert_eq!(next(&matches, Place::new(1, 1)).unwrap().start, Place::new(0, 0));
        assert_eq!(previous(&matches, Place::new(0, 0)).unwrap().start, Place::new(1, 0));
        assert_eq!(previous(&matches, Place::new(0, 4)).unwrap().start, Place::new(0, 0));
        assert_eq!(next(&[], Place::default()), None);
    }

    #[test]
    fn all_matches_are_replaced_in_one_step() {
        let mut document = Document::new("a.a é\nb\nxa|a");
        assert_eq!(replace_all(&mut document, &Query::new("a").unwrap(), "aa"), 4);
        assert_eq!(document.text(), "aa.aa é\nb\nxaa|aa");
        assert!(document.undo());
        assert_eq!(document.text(), "a.a é\nb\nxa|a");
        assert_eq!(replace_all(&mut document, &Query::new("zz").unwrap(), ""), 0);
    }
}
