//! What the search bar does with keys.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::keys::Selecting;
use super::search::{Bar, Focus, Purpose, all, next, previous, replace_all};
use super::{Editor, Place, index};
use crate::fronts::tui::text::Handled;
use crate::fronts::tui::text::query::Query;

impl Editor {
    /// Opens the bar, filled with the selection where that is one line.
    pub(super) fn open_bar(&mut self, purpose: Purpose) {
        let selected = self.selected().filter(|text| purpose != Purpose::GoToLine && !text.contains('\n'));
        let origin = self.document.selection().map_or(self.document.cursor(), |range| range.start);
        self.bar = Some(Bar::new(purpose, &selected.unwrap_or_default(), origin));
        self.query = None;
        self.query_changed();
    }

    /// What an open bar does with a key. `None` where none is open or the key is for the text.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most keys mean nothing here")]
    pub(super) fn handle_in_bar(&mut self, key: KeyEvent) -> Option<Handled> {
        let bar = self.bar.as_mut()?;
        let shift = key.modifiers.contains(KeyModifiers::SHIFT);
        match key.code {
            KeyCode::Esc => self.bar = None,
            KeyCode::Enter if bar.purpose == Purpose::GoToLine => self.bar = None,
            KeyCode::Enter if key.modifiers.contains(KeyModifiers::ALT) => self.replace_every_match(),
            KeyCode::Tab | KeyCode::BackTab if bar.purpose == Purpose::Replace => bar.focus = other(bar.focus),
            KeyCode::Enter | KeyCode::F(3) | KeyCode::Up if shift || key.code == KeyCode::Up => self.find_previous(),
            KeyCode::Enter if bar.focus == Focus::Replacement => self.replace_match(),
            KeyCode::Enter | KeyCode::Down | KeyCode::F(3) => self.find_next(),
            _ => {
                let handled = bar.input().handle(key);
                if handled != Handled::Ignored {
                    self.query_changed();
                }
                return Some(handled);
            }
        }
        Some(Handled::Consumed)
    }

    /// Follows the query: to its first match behind where the search began, or to the line it names.
    pub(super) fn query_changed(&mut self) {
        let Some(bar) = &self.bar else { return };
        let (purpose, origin, query) = (bar.purpose, bar.origin, bar.query.text().to_owned());
        if purpose == Purpose::GoToLine {
            if let Ok(line) = query.trim().parse::<u32>() {
                self.move_to(Place::new(index(line), 0), Selecting::Drop);
            }
            return;
        }
        if bar.focus == Focus::Replacement {
            return;
        }
        self.query = Query::new(&query);
        self.document.unselect();
        match self.matches().and_then(|matches| next(&matches, origin)) {
            Some(range) => self.show(range),
            None => self.document.set_cursor(origin),
        }
    }

    /// Selects the next match of the last search.
    pub(super) fn find_next(&mut self) {
        let from = self.document.selection().map_or(self.document.cursor(), |range| range.end);
        if let Some(range) = self.matches().and_then(|matches| next(&matches, from)) {
            self.show(range);
        }
    }

    /// Selects the match before.
    pub(super) fn find_previous(&mut self) {
        let from = self.document.selection().map_or(self.document.cursor(), |range| range.start);
        if let Some(range) = self.matches().and_then(|matches| previous(&matches, from)) {
            self.show(range);
        }
    }

    /// How many matches there are and which of them is selected, counted from 1.
    pub(super) fn match_count(&self) -> Option<(usize, usize)> {
        let matches = self.matches()?;
        let at = self.document.selection().and_then(|selected| matches.iter().position(|range| *range == selected));
        Some((at.map_or(0, |at| at + 1), matches.len()))
    }

    fn matches(&self) -> Option<Vec<std::ops::Range<Place>>> {
        self.query.as_ref().map(|query| all(&self.document, query))
    }

    fn show(&mut self, range: std::ops::Range<Place>) {
        self.document.close_group();
        self.document.select(range);
        self.goal = None;
        self.view.follow = true;
    }

    /// Replaces the selected match and goes to the next one.
    fn replace_match(&mut self) {
        let selected = self.document.selection();
        let is_match = self.matches().is_some_and(|matches| matches.iter().any(|range| Some(range) == selected.as_ref()));
        if is_match {
            let replacement = self.replacement();
            self.edit(|document| super::edits::put(document, &replacement));
        }
        self.find_next();
    }

    fn replace_every_match(&mut self) {
        let replacement = self.replacement();
        if let Some(query) = self.query.clone() {
            self.edit(|document| _ = replace_all(document, &query, &replacement));
        }
    }

    fn replacement(&self) -> String {
        self.bar.as_ref().map(|bar| bar.replacement.text().to_owned()).unwrap_or_default()
    }
}

fn other(focus: Focus) -> Focus {
    match focus {
        Focus::Query => Focus::Replacement,
        Focus::Replacement => Focus::Query,
    }
}
