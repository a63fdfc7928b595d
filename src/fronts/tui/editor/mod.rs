//! The script editor: a state that keys, pastes and the mouse change, and that is drawn as it is.
//!
//! It knows nothing of files: the caller opens, saves ([`Editor::text`], [`Editor::mark_saved`]) and tells it of changes
//! by others ([`Editor::changed_outside`]). Nothing is dropped silently: what conflicts waits for [`Editor::resolve`].

mod bar;
mod brackets;
mod document;
mod draw;
mod edits;
mod keys;
mod motion;
mod mouse;
mod search;

use std::collections::BTreeMap;

use crossterm::event::KeyEvent;

use self::document::Document;
pub(crate) use self::document::Place;
use self::keys::{Command, Selecting, command_of};
use self::motion::{Motion, screen_column, target};
use self::search::{Bar, Purpose};
use super::text::Handled;
use super::text::query::Query;
use crate::python::{Analysis, SourceError, analyse};

/// What became of a change that somebody else made to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outside {
    /// The file is what was last saved or read, or what is in the editor.
    Same,
    /// Nothing was unsaved: the editor shows the file's text now.
    Reloaded,
    /// There are unsaved edits: both texts are kept until somebody decides.
    Conflict,
}

/// How a conflict ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resolution {
    /// The editor's text stays, unsaved; the next save overwrites the file.
    KeepMine,
    /// The file's text replaces the editor's; undo brings the editor's back.
    TakeTheirs,
}

/// A script being edited.
#[derive(Debug)]
pub(crate) struct Editor {
    name: String,
    document: Document,
    saved: String,
    theirs: Option<String>,
    read_only: Option<String>,
    analysis: Analysis,
    analysed: Option<u64>,
    marks: BTreeMap<usize, String>,
    running: Option<usize>,
    bar: Option<Bar>,
    query: Option<Query>,
    clipboard: String,
    goal: Option<usize>,
    gutter: Gutter,
    view: View,
}

/// What stands left of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gutter {
    /// Signs and the numbers of lines.
    Numbers,
    /// Nothing.
    Hidden,
}

/// The part of the text that is in sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct View {
    top: usize,
    left: usize,
    /// Lines of a page, as last drawn.
    page: usize,
    /// Whether the next drawing brings the cursor into sight.
    follow: bool,
}

impl Editor {
    /// Opens a text under the name of its file, which says whether it is Python.
    pub(crate) fn open(name: &str, text: &str) -> Self {
        let document = Document::new(text);
        Self {
            name: name.to_owned(),
            read_only: document.too_large(),
            document,
            saved: text.to_owned(),
            theirs: None,
            analysis: Analysis::default(),
            analysed: None,
            marks: BTreeMap::new(),
            running: None,
            bar: None,
            query: None,
            clipboard: String::new(),
            goal: None,
            gutter: Gutter::Numbers,
            view: View { top: 0, left: 0, page: 1, follow: true },
        }
    }

    /// The same editor without line numbers, for short texts in forms.
    pub(crate) fn without_line_numbers(mut self) -> Self {
        self.gutter = Gutter::Hidden;
        self
    }

    /// The name it was opened under.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The text, with the line ends it came with.
    pub(crate) fn text(&self) -> String {
        self.document.text()
    }

    /// Whether there are unsaved edits.
    pub(crate) fn is_dirty(&self) -> bool {
        !self.document.is(&self.saved)
    }

    /// The text as it was last read or saved.
    pub(crate) fn saved(&self) -> &str {
        &self.saved
    }

    /// Notes that `text` is in the file now: what [`Self::text`] gave when saving began.
    pub(crate) fn mark_saved(&mut self, text: &str) {
        text.clone_into(&mut self.saved);
        self.theirs = None;
    }

    /// Why it cannot be edited, if it cannot.
    pub(crate) fn read_only(&self) -> Option<&str> {
        self.read_only.as_deref()
    }

    /// Takes note of the text that is in the file now.
    pub(crate) fn changed_outside(&mut self, text: &str) -> Outside {
        if text == self.saved || self.document.is(text) {
            self.mark_saved(text);
            Outside::Same
        } else if self.is_dirty() {
            self.theirs = Some(text.to_owned());
            Outside::Conflict
        } else {
            self.reload(text);
            Outside::Reloaded
        }
    }

    /// The file's text, where it conflicts with unsaved edits.
    pub(crate) fn conflict(&self) -> Option<&str> {
        self.theirs.as_deref()
    }

    /// Ends a conflict. Does nothing where there is none.
    pub(crate) fn resolve(&mut self, resolution: Resolution) {
        let Some(theirs) = self.theirs.take() else { return };
        match resolution {
            Resolution::KeepMine => self.saved = theirs,
            Resolution::TakeTheirs => self.reload(&theirs),
        }
    }

    /// Shows another text. Where line ends allow it that is one step of undo; the cursor stays where it can.
    fn reload(&mut self, text: &str) {
        let cursor = self.document.cursor();
        let fresh = Document::new(text);
        if fresh.text() == fresh.lines().join("\n") && self.text() == self.document.lines().join("\n") {
            let all = Place::default()..self.document.end();
            self.document.replace(all, text, document::Edit::Whole);
        } else {
            self.document = fresh;
            self.analysed = None;
        }
        self.document.set_cursor(cursor);
        self.read_only = self.document.too_large();
        self.marks.clear();
        self.mark_saved(text);
        self.view.follow = true;
    }

    /// Syntax errors of the text as it is.
    pub(crate) fn errors(&mut self) -> &[SourceError] {
        self.refresh();
        &self.analysis.errors
    }

    /// Reads the text anew where it has changed and is Python.
    fn refresh(&mut self) {
        let revision = self.document.revision();
        if self.analysed != Some(revision) && self.read_only.is_none() && is_python(&self.name) {
            self.analysis = analyse(&self.document.lines().join("\n"));
        }
        self.analysed = Some(revision);
    }

    /// Marks a line, counted from 1, as failed, with a message that is shown beside it.
    pub(crate) fn mark_failure(&mut self, line: u32, message: &str) {
        self.marks.insert(index(line), message.to_owned());
    }

    /// Takes all marks away.
    pub(crate) fn clear_marks(&mut self) {
        self.marks.clear();
        self.running = None;
    }

    /// Marks the line, counted from 1, that runs now.
    pub(crate) fn set_running(&mut self, line: Option<u32>) {
        self.running = line.map(index);
    }

    /// The line of the cursor, counted from 1.
    pub(crate) fn line(&self) -> u32 {
        crate::fronts::tui::text::counted(self.document.cursor().line)
    }

    /// Where the cursor is.
    pub(crate) fn cursor(&self) -> Place {
        self.document.cursor()
    }

    /// Goes to a line, counted from 1, and brings it into sight.
    pub(crate) fn go_to_line(&mut self, line: u32) {
        self.move_to(Place::new(index(line), 0), Selecting::Drop);
    }

    /// The selected text, if any.
    pub(crate) fn selected(&self) -> Option<String> {
        self.document.selection().map(|range| self.document.slice(&range))
    }

    /// Puts a call in at the cursor and its import where imports stand, unless it is there already.
    pub(crate) fn insert_call(&mut self, import_line: &str, call: &str) {
        self.edit(|document| edits::insert_call(document, import_line, call));
    }

    /// Puts pasted text in, byte for byte but for line ends, which become the script's own. No indentation is added.
    pub(crate) fn paste(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        match &mut self.bar {
            Some(bar) => bar.input().paste(text.trim_end_matches('\n')),
            None => self.edit(|document| edits::put(document, &text)),
        }
        self.query_changed();
    }

    /// Does what a key asks for.
    pub(crate) fn handle(&mut self, key: KeyEvent) -> Handled {
        if let Some(handled) = self.handle_in_bar(key) {
            return handled;
        }
        match command_of(key) {
            Some(command) => self.run(command),
            None => Handled::Ignored,
        }
    }

    fn run(&mut self, command: Command) -> Handled {
        match command {
            Command::Type(typed) => self.edit(|document| edits::type_character(document, typed)),
            Command::NewLine => self.edit(edits::new_line),
            Command::Remove(motion) => self.edit(|document| edits::remove(document, motion)),
            Command::Indent => self.edit(edits::indent),
            Command::Dedent => self.edit(edits::dedent),
            Command::ToggleComment => self.edit(edits::toggle_comment),
            Command::Undo => self.edit(|document| _ = document.undo()),
            Command::Redo => self.edit(|document| _ = document.redo()),
            Command::Move(motion, selecting) => self.go(motion, selecting),
            Command::SelectAll => self.document.select(Place::default()..self.document.end()),
            Command::Copy => return self.copy(),
            Command::Cut => return self.cut(),
            Command::Paste => {
                let text = self.clipboard.clone();
                self.edit(|document| edits::put(document, &text));
            }
            Command::Find => self.open_bar(Purpose::Find),
            Command::Replace => self.open_bar(Purpose::Replace),
            Command::GoToLine => self.open_bar(Purpose::GoToLine),
            Command::FindNext => self.find_next(),
            Command::FindPrevious => self.find_previous(),
            Command::Cancel => return self.cancel(),
        }
        Handled::Consumed
    }

    /// Changes the text, unless it is read-only. Marks move with their lines.
    fn edit(&mut self, change: impl FnOnce(&mut Document)) {
        if self.read_only.is_some() {
            return;
        }
        let (lines, first) = (self.document.lines().len(), self.first_line_of_edit());
        change(&mut self.document);
        self.move_marks(first, lines);
        self.goal = None;
        self.view.follow = true;
    }

    /// Where the selection or the cursor starts.
    fn first_line_of_edit(&self) -> usize {
        self.document.selection().map_or(self.document.cursor().line, |range| range.start.line)
    }

    /// Moves the marks below `first` by the number of lines that came or went.
    fn move_marks(&mut self, first: usize, lines_before: usize) {
        let lines = self.document.lines().len();
        if lines == lines_before {
            return;
        }
        let moved = |line: usize| if line > first { (line + lines).saturating_sub(lines_before).max(first) } else { line };
        self.marks = std::mem::take(&mut self.marks).into_iter().map(|(line, message)| (moved(line), message)).collect();
        self.running = self.running.map(moved);
    }

    fn go(&mut self, motion: Motion, selecting: Selecting) {
        let goal = self.goal.unwrap_or_else(|| screen_column(&self.document, self.document.cursor()));
        let place = target(&self.document, motion, goal, self.view.page);
        self.move_to(place, selecting);
        self.goal = motion.is_vertical().then_some(goal);
    }

    fn move_to(&mut self, place: Place, selecting: Selecting) {
        match selecting {
            Selecting::Extend => self.document.anchor(),
            Selecting::Drop => self.document.unselect(),
        }
        self.document.close_group();
        self.document.set_cursor(place);
        self.goal = None;
        self.view.follow = true;
    }

    fn copy(&mut self) -> Handled {
        match self.selected() {
            Some(text) => {
                self.clipboard.clone_from(&text);
                Handled::Copied(text)
            }
            None => Handled::Ignored,
        }
    }

    fn cut(&mut self) -> Handled {
        let handled = self.copy();
        if handled != Handled::Ignored {
            self.edit(|document| edits::put(document, ""));
        }
        handled
    }

    fn cancel(&mut self) -> Handled {
        let handled =
            if self.document.selection().is_some() || self.query.is_some() { Handled::Consumed } else { Handled::Ignored };
        self.document.unselect();
        self.query = None;
        handled
    }
}

fn is_python(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| matches!(extension, "py" | "pyi"))
}

/// A line counted from 1 as an index.
fn index(line: u32) -> usize {
    usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
