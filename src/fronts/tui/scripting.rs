//! The editor pane: the open script, its file, and what waits for it to be saved.

use std::path::{Path, PathBuf};

use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::layout::Rect;

use super::editor::{Editor, Outside, Resolution};
use super::list::Move;
use super::message::Effect;
use super::text::Handled;
use super::units::counted;
use crate::ops::Wrapper;

/// The editor pane.
#[derive(Debug, Default)]
pub struct EditorPane {
    /// The open script.
    pub path: Option<PathBuf>,
    /// Its text.
    pub(crate) editor: Option<Editor>,
    /// What is to be done once it is saved.
    pub(crate) after_save: Vec<Effect>,
    /// The line to go to once that script is open.
    pub(crate) goal: Option<(PathBuf, u32)>,
    /// Syntax errors in the text as last prepared.
    syntax_errors: usize,
    /// Text that was copied and goes to the terminal's clipboard too.
    pub(crate) copied: Option<String>,
}

impl EditorPane {
    /// Opens a script.
    pub(crate) fn open(&mut self, path: PathBuf, text: &str) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        self.editor = Some(Editor::open(&name, text));
        self.path = Some(path);
        if let Some((_, line)) = self.goal.take().filter(|(path, _)| Some(path) == self.path.as_ref()) {
            self.go_to_line(line);
        }
    }

    /// The script's name as shown.
    pub(crate) fn name(&self) -> &str {
        self.editor.as_ref().map_or("no script", Editor::name)
    }

    /// Whether it holds unsaved changes.
    pub(crate) fn dirty(&self) -> bool {
        self.editor.as_ref().is_some_and(Editor::is_dirty)
    }

    /// The text.
    pub(crate) fn text(&self) -> String {
        self.editor.as_ref().map(Editor::text).unwrap_or_default()
    }

    /// What its file held when it was last read or written.
    pub(crate) fn base(&self) -> &str {
        self.editor.as_ref().map(Editor::saved).unwrap_or_default()
    }

    /// Its file holds this text now: it was saved.
    pub(crate) fn saved(&mut self, text: &str) {
        if let Some(editor) = &mut self.editor {
            editor.mark_saved(text);
        }
    }

    /// Its file holds this text now: somebody else wrote it.
    pub(crate) fn changed_outside(&mut self, text: &str) -> Outside {
        self.editor.as_mut().map_or(Outside::Same, |editor| editor.changed_outside(text))
    }

    /// Ends a conflict between the file and the editor.
    pub(crate) fn resolve(&mut self, resolution: Resolution) {
        if let Some(editor) = &mut self.editor {
            editor.resolve(resolution);
        }
    }

    /// A key. Answers whether it meant anything here.
    pub(crate) fn key(&mut self, key: KeyEvent) -> bool {
        let handled = self.editor.as_mut().map_or(Handled::Ignored, |editor| editor.handle(key));
        self.took(handled)
    }

    /// Pasted text.
    pub(crate) fn paste(&mut self, text: &str) {
        if let Some(editor) = &mut self.editor {
            editor.paste(text);
        }
    }

    /// The mouse. Answers whether it meant anything here.
    pub(crate) fn mouse(&mut self, event: MouseEvent, area: Rect) -> bool {
        let handled = self.editor.as_mut().map_or(Handled::Ignored, |editor| editor.mouse(event, area));
        self.took(handled)
    }

    /// Scrolls to the first or last line, or moves the cursor by lines.
    pub(crate) fn scroll(&mut self, to: Move) {
        let Some(editor) = &mut self.editor else { return };
        let line = i64::from(editor.line());
        let target = match to {
            Move::By(lines) | Move::Pages(lines) => line + i64::try_from(lines).unwrap_or(0),
            Move::First => 1,
            Move::Last => i64::from(u32::MAX),
        };
        editor.go_to_line(u32::try_from(target.max(1)).unwrap_or(u32::MAX));
    }

    /// Makes the text ready to be painted.
    pub(crate) fn prepare(&mut self, area: Rect) {
        if let Some(editor) = self.editor.as_mut().filter(|_| !area.is_empty()) {
            editor.prepare(area);
            self.syntax_errors = editor.errors().len();
        }
    }

    /// What is to be known of the text beside its name: unsaved, in conflict, not editable, not Python.
    pub(crate) fn remarks(&self) -> String {
        let Some(editor) = &self.editor else { return String::new() };
        let unsaved = editor.is_dirty().then(|| "● unsaved".to_owned());
        let conflict = editor.conflict().map(|_| "changed by another program".to_owned());
        let read_only = editor.read_only().map(str::to_owned);
        let errors = (self.syntax_errors > 0).then(|| counted(self.syntax_errors as u64, "syntax error"));
        let remarks: Vec<String> = [unsaved, conflict, read_only, errors].into_iter().flatten().collect();
        remarks.join(" · ")
    }

    /// Where the cursor is, both counted from 1.
    pub(crate) fn position(&self) -> Option<(usize, usize)> {
        let place = self.editor.as_ref()?.cursor();
        Some((place.line + 1, place.column + 1))
    }

    /// Whether text is selected in it.
    pub(crate) fn selecting(&self) -> bool {
        self.editor.as_ref().is_some_and(|editor| editor.selected().is_some())
    }

    /// Writes a wrapper's call at the cursor, and its import where it belongs.
    pub(crate) fn insert_call(&mut self, wrapper: &Wrapper) {
        if let Some(editor) = &mut self.editor {
            editor.insert_call(&wrapper.import, &wrapper.call);
        }
    }

    /// Goes to a line, counted from 1.
    pub(crate) fn go_to_line(&mut self, line: u32) {
        if let Some(editor) = &mut self.editor {
            editor.go_to_line(line);
        }
    }

    /// Marks the line at which a script failed, if it is the open one.
    pub(crate) fn mark(&mut self, script: &Path, line: u32, text: &str) {
        let open = self.path.as_deref() == Some(script);
        if let Some(editor) = self.editor.as_mut().filter(|_| open && line > 0) {
            editor.mark_failure(line, text);
        }
    }

    /// Removes all marks.
    pub(crate) fn unmark(&mut self) {
        if let Some(editor) = &mut self.editor {
            editor.clear_marks();
        }
    }

    /// Marks the line that runs, if it is of the open script.
    pub(crate) fn show_running(&mut self, running: Option<&(String, u32)>) {
        let path = self.path.as_deref();
        let line = running.filter(|(script, _)| path.is_some_and(|path| path.ends_with(script))).map(|(_, line)| *line);
        if let Some(editor) = &mut self.editor {
            editor.set_running(line);
        }
    }

    fn took(&mut self, handled: Handled) -> bool {
        match handled {
            Handled::Consumed => true,
            Handled::Ignored => false,
            Handled::Copied(text) => {
                self.copied = Some(text);
                true
            }
        }
    }
}
