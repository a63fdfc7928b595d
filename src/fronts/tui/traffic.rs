//! What went over the wire between the studio and a tool's server: a list that grows while it is read.

use std::sync::Arc;
use std::time::Instant;

use ratatui::text::{Line, Span};
use serde_json::Value;

use super::fuzzy::Query;
use super::list::{ListCursor, Move};
use super::overlay::{Reader, ReaderKind};
use super::page::Entry;
use super::reading::reader;
use super::sheets::{json_lines, prose, styled};
use super::theme::{ACCENT, DIM, GOOD, TEXT, WARN};
use super::units::bytes;
use crate::ops::{Direction, WireMessage};
use crate::types::{ServerName, neutralise_line};

/// The messages of one server, as listed.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    /// Whose they are, and when they were asked for.
    pub(crate) asked: Option<(ServerName, Instant)>,
    /// Whether something has changed in the project since they were asked for.
    pub(crate) behind: bool,
    /// All that are kept, oldest first.
    messages: Arc<Vec<WireMessage>>,
    /// Positions of those that match the filter.
    pub(crate) rows: Vec<usize>,
    /// The cursor in `rows`. On the last row it follows what comes.
    pub(crate) cursor: ListCursor,
}

impl Traffic {
    /// Another server's traffic is shown from now on.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// How many messages are kept.
    pub(crate) fn total(&self) -> usize {
        self.messages.len()
    }

    /// Messages came. The selection stays on its message, or at the end where it was there.
    pub(crate) fn heard(&mut self, messages: Arc<Vec<WireMessage>>) {
        let last = self.cursor.selected + 1 >= self.rows.len();
        let chosen = self.chosen().filter(|_| !last).map(key);
        self.messages = messages;
        self.search();
        let at = chosen.and_then(|key_of| self.rows.iter().position(|row| self.messages.get(*row).map(key) == Some(key_of)));
        self.cursor.selected = at.unwrap_or(if last { usize::MAX } else { 0 });
    }

    /// Lists what matches the filter.
    pub(crate) fn search(&mut self) {
        let mut query = Query::new(&self.cursor.filter.text);
        self.rows = (0..self.messages.len()).filter(|at| query.matches(&self.messages[*at].text)).collect();
    }

    /// Moves the cursor.
    pub(crate) fn go(&mut self, to: Move, height: usize) {
        self.cursor.go(to, self.rows.len(), height);
    }

    /// Keeps the cursor within the rows.
    pub(crate) fn settle(&mut self, height: usize) {
        self.cursor.settle(self.rows.len(), height);
    }

    /// The selected message.
    pub(crate) fn chosen(&self) -> Option<&WireMessage> {
        self.messages.get(*self.rows.get(self.cursor.selected)?)
    }

    /// The line of a row: when, which way, how large, what.
    pub(crate) fn line(&self, row: usize) -> Option<Line<'static>> {
        let message = self.messages.get(*self.rows.get(row)?)?;
        let (mark, style) = way(message.direction);
        Some(Line::from(vec![
            Span::styled(message.at.strftime("%H:%M:%S%.3f ").to_string(), DIM),
            Span::styled(format!("{mark} {:<8}", message.direction.word()), style),
            Span::styled(format!(" {:>8}  ", bytes(message.bytes as u64)), DIM),
            Span::raw(neutralise_line(&message.text).into_owned()),
        ]))
    }

    /// The selected message in full, as it came.
    pub(crate) fn copied(&self) -> Option<String> {
        self.chosen().map(|message| message.text.clone())
    }

    /// The selected message to be read: JSON over several lines, everything else as it came.
    pub(crate) fn open(&self) -> Option<Reader> {
        let message = self.chosen()?;
        let title =
            format!("{} at {}, {}", message.direction.word(), message.at.strftime("%H:%M:%S%.3f"), bytes(message.bytes as u64));
        let whole = serde_json::from_str::<Value>(&message.text).ok();
        let mut entries: Vec<Entry> = match &whole {
            Some(value) => json_lines(value).into_iter().map(Entry::from).collect(),
            None => prose(&message.text, TEXT),
        };
        // What was masked is shorter, too: JSON that can be read was not cut.
        if whole.is_none() && message.direction != Direction::Note && message.bytes > message.text.len() {
            let shown = bytes(message.text.len() as u64);
            entries.insert(0, styled(&format!("Only its first {shown} are kept."), WARN));
        }
        Some(reader(&title, entries, ReaderKind::Fixed))
    }
}

/// What tells one message from another.
fn key(message: &WireMessage) -> (jiff::Timestamp, usize) {
    (message.at, message.bytes)
}

/// A direction as mark and style.
fn way(direction: Direction) -> (&'static str, ratatui::style::Style) {
    match direction {
        Direction::Sent => ("→", ACCENT),
        Direction::Received => ("←", GOOD),
        Direction::Stderr => ("!", WARN),
        Direction::Note => ("·", DIM),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(second: i64, text: &str) -> WireMessage {
        let at = jiff::Timestamp::from_second(second).unwrap();
        WireMessage { at, direction: Direction::Sent, bytes: text.len(), text: text.to_owned() }
    }

    fn of(seconds: std::ops::Range<i64>) -> Arc<Vec<WireMessage>> {
        Arc::new(seconds.map(|second| message(second, &format!("{{\"id\":{second}}}"))).collect())
    }

    #[test]
    fn the_selection_follows_the_end_or_stays_on_its_message() {
        let mut traffic = Traffic::default();
        traffic.heard(of(0..5));
        traffic.settle(3);
        assert_eq!(traffic.copied().unwrap(), "{\"id\":4}");
        traffic.heard(of(0..6));
        traffic.settle(3);
        assert_eq!(traffic.copied().unwrap(), "{\"id\":5}", "at the end it follows");
        traffic.go(Move::By(-2), 3);
        traffic.heard(of(2..9));
        traffic.settle(3);
        assert_eq!(traffic.copied().unwrap(), "{\"id\":3}", "older ones were dropped, the message is the same");
    }

    #[test]
    fn a_cut_message_says_so_and_json_is_spread() {
        let mut traffic = Traffic::default();
        let cut = WireMessage { bytes: 9_000, ..message(1, "{\"a\":") };
        traffic.heard(Arc::new(vec![message(0, "{\"a\":1}"), cut]));
        traffic.settle(5);
        assert_eq!(traffic.open().unwrap().source, "Only its first 5 B are kept.\n{\"a\":");
        traffic.go(Move::First, 5);
        assert_eq!(traffic.open().unwrap().source, "{\n  \"a\": 1\n}");
    }
}
