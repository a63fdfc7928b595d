//! The editor pane: the open script, what its file held when it was read, and what waits for it to be saved.

use std::path::{Path, PathBuf};

use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::layout::Rect;

use super::list::Move;
use super::message::Effect;
use crate::ops::Wrapper;

/// The editor pane.
#[derive(Debug, Default)]
pub struct EditorPane {
    /// The open script.
    pub path: Option<PathBuf>,
    /// What its file held when it was last read or written.
    pub(crate) base: Option<String>,
    /// What is to be done once it is saved.
    pub(crate) after_save: Vec<Effect>,
}

impl EditorPane {
    /// Opens a script.
    pub(crate) fn open(&mut self, path: PathBuf, text: String) {
        self.path = Some(path);
        self.base = Some(text);
    }

    /// The script's name as shown.
    pub(crate) fn name(&self) -> String {
        let name = self.path.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        name.unwrap_or_else(|| "no script".to_owned())
    }

    /// Whether it holds unsaved changes.
    pub(crate) fn dirty(&self) -> bool {
        false
    }

    /// The text.
    pub(crate) fn text(&self) -> String {
        self.base.clone().unwrap_or_default()
    }

    /// Its file holds this text now.
    pub(crate) fn saved(&mut self, text: String) {
        self.base = Some(text);
    }

    /// Takes over what the file holds; the cursor stays where it was as far as possible.
    pub(crate) fn reload(&mut self, text: String) {
        self.base = Some(text);
    }

    /// Esc: answers whether the editor had something to leave (a search bar, a selection).
    pub(crate) fn escape(&mut self) -> bool {
        false
    }

    /// A key.
    pub(crate) fn key(&mut self, key: KeyEvent) {
        let _ = key;
    }

    /// Pasted text.
    pub(crate) fn paste(&mut self, text: &str) {
        let _ = text;
    }

    /// The mouse; answers whether it was meant for the text.
    pub(crate) fn mouse(&mut self, event: MouseEvent, area: Rect) -> bool {
        let _ = (event, area);
        false
    }

    /// Scrolls.
    pub(crate) fn scroll(&mut self, to: Move) {
        let _ = to;
    }

    /// Writes a wrapper's call at the cursor, and its import where it belongs.
    pub(crate) fn insert_call(&mut self, wrapper: &Wrapper) {
        let _ = wrapper;
    }

    /// Marks the line of the open script at which something failed.
    pub(crate) fn mark(&mut self, script: &Path, line: u32, text: &str) {
        let _ = (script, line, text);
    }

    /// Removes the mark.
    pub(crate) fn unmark(&mut self) {}
}
