//! The text being edited: a text area as the store of lines and single edits, with places, exact line ends and
//! undo in groups that people mean (a word, a paste, an indented block) on top.

use std::collections::VecDeque;
use std::ops::Range;

use tui_textarea::{CursorMove, TextArea};

use crate::types::limits::{EDITOR_HISTORY, EDITOR_LINE_CHARS, EDITOR_LINES};

/// A place between two characters: line and character, both counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Place {
    /// The line.
    pub(crate) line: usize,
    /// Characters before the place.
    pub(crate) column: usize,
}

impl Place {
    /// The place before character `column` of line `line`.
    pub(crate) fn new(line: usize, column: usize) -> Self {
        Self { line, column }
    }
}

/// How an edit joins the one before it in the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edit {
    /// A typed character; a word of them is undone at once.
    Typed(char),
    /// A single deletion; a run of them is undone at once.
    Deleted,
    /// Undone on its own.
    Whole,
}

/// Edits that are undone together.
#[derive(Debug, Clone, Copy)]
struct Group {
    entries: usize,
    before: Place,
    after: Place,
    last: Edit,
}

/// The text, its cursor and its history.
#[derive(Debug)]
pub(super) struct Document {
    area: TextArea<'static>,
    line_end: &'static str,
    done: VecDeque<Group>,
    undone: Vec<Group>,
    anchor: Option<Place>,
    revision: u64,
}

impl Document {
    /// Takes over a text. Where every line ends in `\r\n` that is kept as the line end; a stray `\r` stays a character.
    pub(super) fn new(text: &str) -> Self {
        let crlf = text.contains('\n') && text.matches('\n').count() == text.matches("\r\n").count();
        let line_end = if crlf { "\r\n" } else { "\n" };
        let mut area = TextArea::new(text.split(line_end).map(str::to_owned).collect());
        area.set_max_histories(EDITOR_HISTORY);
        Self { area, line_end, done: VecDeque::new(), undone: Vec::new(), anchor: None, revision: 0 }
    }

    /// Why the text cannot be edited, if it cannot.
    pub(super) fn too_large(&self) -> Option<String> {
        if self.lines().len() > EDITOR_LINES {
            return Some(format!("read-only: more than {EDITOR_LINES} lines"));
        }
        let long = self.lines().iter().any(|line| line.len() > EDITOR_LINE_CHARS && line.chars().count() > EDITOR_LINE_CHARS);
        long.then(|| format!("read-only: a line has more than {EDITOR_LINE_CHARS} characters"))
    }

    /// The lines, without their ends. There is always one.
    pub(super) fn lines(&self) -> &[String] {
        self.area.lines()
    }

    /// A line; empty behind the last.
    pub(super) fn line(&self, index: usize) -> &str {
        self.lines().get(index).map_or("", String::as_str)
    }

    /// The text as it is saved.
    pub(super) fn text(&self) -> String {
        self.lines().join(self.line_end)
    }

    /// Whether the text is this one, byte for byte.
    pub(super) fn is(&self, text: &str) -> bool {
        let mut rest = text;
        let mut lines = self.lines().iter().peekable();
        while let Some(line) = lines.next() {
            let Some(behind) = rest.strip_prefix(line.as_str()) else { return false };
            let Some(behind) = (if lines.peek().is_some() { behind.strip_prefix(self.line_end) } else { Some(behind) }) else {
                return false;
            };
            rest = behind;
        }
        rest.is_empty()
    }

    /// Counts the changes of the text; equal numbers mean equal text.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// Where the cursor is.
    pub(super) fn cursor(&self) -> Place {
        let cursor = self.area.cursor();
        Place::new(cursor.0, cursor.1)
    }

    /// Moves the cursor, without touching the selection's other end. Places outside the text are fitted into it.
    pub(super) fn set_cursor(&mut self, place: Place) {
        let fit = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        self.area.move_cursor(CursorMove::Jump(fit(place.line), fit(place.column)));
    }

    /// Starts a selection at the cursor where there is none yet.
    pub(super) fn anchor(&mut self) {
        self.anchor = self.anchor.or(Some(self.cursor()));
    }

    /// Forgets the selection.
    pub(super) fn unselect(&mut self) {
        self.anchor = None;
    }

    /// Selects a range, the cursor at its end.
    pub(super) fn select(&mut self, range: Range<Place>) {
        self.anchor = Some(range.start);
        self.set_cursor(range.end);
    }

    /// What is selected, if it is not empty.
    pub(super) fn selection(&self) -> Option<Range<Place>> {
        let (anchor, cursor) = (self.anchor?, self.cursor());
        (anchor != cursor).then(|| anchor.min(cursor)..anchor.max(cursor))
    }

    /// The end of the text.
    pub(super) fn end(&self) -> Place {
        let last = self.lines().len() - 1;
        Place::new(last, self.line(last).chars().count())
    }

    /// The text of a range, lines joined with `\n`.
    pub(super) fn slice(&self, range: &Range<Place>) -> String {
        let mut text = String::new();
        for index in range.start.line..=range.end.line {
            let line = self.line(index);
            let start = if index == range.start.line { byte_of(line, range.start.column) } else { 0 };
            let end = if index == range.end.line { byte_of(line, range.end.column) } else { line.len() };
            text.push_str(line.get(start..end).unwrap_or_default());
            text.push_str(if index < range.end.line { "\n" } else { "" });
        }
        text
    }

    /// Replaces a range by a text whose lines end in `\n`. The cursor ends behind the new text, nothing is selected.
    pub(super) fn replace(&mut self, range: Range<Place>, text: &str, edit: Edit) {
        let before = self.cursor();
        let mut entries = 0;
        self.unselect();
        self.set_cursor(range.start);
        if range.start != range.end {
            self.area.start_selection();
            self.set_cursor(range.end);
            entries += usize::from(self.area.cut());
        }
        self.area.cancel_selection();
        if !text.is_empty() {
            self.insert(text);
            entries += 1;
        }
        if entries > 0 {
            self.revision += 1;
            self.undone.clear();
            self.remember(Group { entries, before, after: self.cursor(), last: edit });
        }
    }

    /// The text area takes one `\r` off the end of each inserted line; one more keeps what is there.
    fn insert(&mut self, text: &str) {
        if !text.contains('\r') {
            self.area.insert_str(text);
            return;
        }
        let lines: Vec<String> =
            text.split('\n').map(|line| if line.ends_with('\r') { format!("{line}\r") } else { line.to_owned() }).collect();
        self.area.insert_str(lines.join("\n"));
    }

    fn remember(&mut self, group: Group) {
        match self.done.back_mut() {
            Some(last) if joins(last, &group) => {
                last.entries += group.entries;
                last.after = group.after;
                last.last = group.last;
            }
            _ => self.done.push_back(group),
        }
        while self.done.len() > 1 && self.done.iter().map(|group| group.entries).sum::<usize>() > EDITOR_HISTORY {
            self.done.pop_front();
        }
    }

    /// Ends the group that typing adds to, so that what follows is undone on its own.
    pub(super) fn close_group(&mut self) {
        if let Some(group) = self.done.back_mut() {
            group.last = Edit::Whole;
        }
    }

    /// Takes the last group back. False where there is none.
    pub(super) fn undo(&mut self) -> bool {
        let Some(group) = self.done.pop_back() else { return false };
        for _ in 0..group.entries {
            self.area.undo();
        }
        self.after_history(group.before);
        self.undone.push(Group { last: Edit::Whole, ..group });
        true
    }

    /// Does the last group that was taken back again. False where there is none.
    pub(super) fn redo(&mut self) -> bool {
        let Some(group) = self.undone.pop() else { return false };
        for _ in 0..group.entries {
            self.area.redo();
        }
        self.after_history(group.after);
        self.done.push_back(group);
        true
    }

    fn after_history(&mut self, cursor: Place) {
        self.unselect();
        self.set_cursor(cursor);
        self.revision += 1;
    }
}

/// Whether an edit goes into the group before it: typing until the next word begins, runs of deletions.
fn joins(last: &Group, next: &Group) -> bool {
    last.after == next.before
        && match (last.last, next.last) {
            (Edit::Typed(before), Edit::Typed(typed)) => {
                typed != '\n' && before != '\n' && (!before.is_whitespace() || typed.is_whitespace())
            }
            (Edit::Deleted, Edit::Deleted) => true,
            (Edit::Typed(_) | Edit::Deleted | Edit::Whole, _) => false,
        }
}

/// The byte at which character `column` of a line starts; its end behind the last.
pub(super) fn byte_of(line: &str, column: usize) -> usize {
    if line.is_ascii() {
        return column.min(line.len());
    }
    line.char_indices().nth(column).map_or(line.len(), |(byte, _)| byte)
}

/// Characters of a line before the byte `byte`.
pub(super) fn column_of(line: &str, byte: usize) -> usize {
    line.get(..byte).unwrap_or(line).chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn type_in(document: &mut Document, text: &str) {
        for typed in text.chars() {
            let at = document.cursor();
            document.replace(at..at, typed.encode_utf8(&mut [0; 4]), Edit::Typed(typed));
        }
    }

    #[test]
    fn every_text_comes_back_byte_for_byte() {
        for text in ["", "\n", "a\r\nb\r\n", "a\nb", "a\r\nb\nc\r", "\r\r\n", "\u{feff}é\t\n\n"] {
            let document = Document::new(text);
            assert_eq!(document.text(), text);
            assert!(document.is(text) && !document.is(&format!("{text}x")), "{text:?}");
        }
        assert!(!Document::new("a\nb").is("a"));
    }

    #[test]
    fn stray_carriage_returns_survive_edits() {
        let mut document = Document::new("a\r\nb\n");
        document.replace(document.end()..document.end(), "x\r\ny\r", Edit::Whole);
        assert_eq!(document.text(), "a\r\nb\nx\r\ny\r");
    }

    #[test]
    fn typing_is_undone_word_by_word_and_redone() {
        let mut document = Document::new("");
        type_in(&mut document, "one two\nx");
        let mut seen = vec![document.text()];
        while document.undo() {
            seen.push(document.text());
        }
        assert_eq!(seen, ["one two\nx", "one two\n", "one two", "one ", ""]);
        while document.redo() {}
        assert_eq!((document.text(), document.cursor()), ("one two\nx".to_owned(), Place::new(1, 1)));
    }

    #[test]
    fn a_replacement_is_one_step_and_a_new_edit_forgets_what_was_undone() {
        let mut document = Document::new("one\ntwo\nthree");
        document.replace(Place::new(0, 1)..Place::new(2, 2), "é\n漢", Edit::Whole);
        assert_eq!((document.text(), document.cursor()), ("oé\n漢ree".to_owned(), Place::new(1, 1)));
        assert!(document.undo());
        assert_eq!(document.text(), "one\ntwo\nthree");
        type_in(&mut document, "x");
        assert!(!document.redo());
    }

    #[test]
    fn a_slice_is_cut_at_characters() {
        let document = Document::new("añb\ncd\ne漢f");
        assert_eq!(document.slice(&(Place::new(0, 1)..Place::new(2, 2))), "ñb\ncd\ne漢");
        assert_eq!(document.slice(&(Place::new(1, 1)..Place::new(1, 2))), "d");
    }

    #[test]
    fn large_texts_are_refused() {
        assert_eq!(Document::new(&"\n".repeat(EDITOR_LINES)).too_large(), Some("read-only: more than 20000 lines".to_owned()));
        assert_eq!(
            Document::new(&"x".repeat(EDITOR_LINE_CHARS + 1)).too_large(),
            Some("read-only: a line has more than 60000 characters".to_owned())
        );
        assert_eq!(Document::new(&"x\n".repeat(100)).too_large(), None);
    }
}
