//! The cursor of a view of rows: which row it is on, and which is the first in sight.

use crossterm::event::{KeyCode, MouseEventKind};

/// Rows that one notch of the wheel moves.
const WHEEL_ROWS: isize = 3;

/// Where a view of rows stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RowView {
    /// The row with the cursor.
    pub(crate) row: usize,
    /// The first row in sight.
    pub(crate) top: usize,
}

impl RowView {
    /// The cursor and the number of rows, counted from 1.
    pub(crate) fn position(&self, count: usize) -> (usize, usize) {
        (self.row + 1, count)
    }

    /// Moves the cursor by rows, not beyond the ends.
    pub(crate) fn step(&mut self, rows: isize, count: usize) {
        self.row = self.row.saturating_add_signed(rows).min(count.saturating_sub(1));
    }

    /// Moves the cursor where a key moves it that every list knows. Answers whether it was one.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most keys mean nothing here")]
    pub(crate) fn key(&mut self, code: KeyCode, count: usize, height: u16) -> bool {
        let page = isize::try_from(height.saturating_sub(1).max(1)).unwrap_or(isize::MAX);
        let rows = match code {
            KeyCode::Up => -1,
            KeyCode::Down => 1,
            KeyCode::PageUp => -page,
            KeyCode::PageDown => page,
            KeyCode::Home => isize::MIN,
            KeyCode::End => isize::MAX,
            _ => return false,
        };
        self.step(rows, count);
        true
    }

    /// Moves what is in sight as far as the cursor asks for.
    pub(crate) fn bring_into_sight(&mut self, height: u16) {
        let height = usize::from(height.max(1));
        self.top = self.top.min(self.row).max((self.row + 1).saturating_sub(height));
    }
}

/// The rows that an event of the mouse moves, if it is of the wheel.
pub(crate) fn wheel(kind: MouseEventKind) -> Option<isize> {
    match kind {
        MouseEventKind::ScrollUp => Some(-WHEEL_ROWS),
        MouseEventKind::ScrollDown => Some(WHEEL_ROWS),
        MouseEventKind::Down(_)
        | MouseEventKind::Up(_)
        | MouseEventKind::Drag(_)
        | MouseEventKind::Moved
        | MouseEventKind::ScrollLeft
        | MouseEventKind::ScrollRight => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_within_the_rows_and_in_sight() {
        let mut view = RowView::default();
        let mut press = |code| {
            assert!(view.key(code, 100, 10));
            view.bring_into_sight(10);
            (view.row, view.top)
        };
        let keys = [KeyCode::Down, KeyCode::PageDown, KeyCode::PageDown, KeyCode::Up, KeyCode::End, KeyCode::Home, KeyCode::Up];
        assert_eq!(keys.map(&mut press), [(1, 0), (10, 1), (19, 10), (18, 10), (99, 90), (0, 0), (0, 0)]);
        assert!(!view.key(KeyCode::Enter, 100, 10));
        view.step(5, 0);
        assert_eq!(view.row, 0);
    }

    #[test]
    fn only_the_wheel_scrolls() {
        assert_eq!([wheel(MouseEventKind::ScrollUp), wheel(MouseEventKind::Moved)], [Some(-3), None]);
    }
}
