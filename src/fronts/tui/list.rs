//! The cursor of a list: what is selected, what is in view, what is filtered.

/// A list's cursor. Positions count rows of the list as filtered.
#[derive(Debug, Clone, Default)]
pub struct ListCursor {
    /// The selected row.
    pub selected: usize,
    /// The first row in view.
    pub offset: usize,
    /// What the list is filtered by.
    pub filter: Filter,
}

/// The text after `/`.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// As typed; empty filters nothing.
    pub text: String,
    /// Whether keys go into it.
    pub editing: bool,
    /// The row selected before filtering, restored by Esc.
    before: usize,
}

impl Filter {
    /// Whether its line is on the screen.
    pub fn shown(&self) -> bool {
        self.editing || !self.text.is_empty()
    }
}

/// A move of the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Rows up or down.
    By(isize),
    /// Screens up or down.
    Pages(isize),
    /// To the first row.
    First,
    /// To the last row.
    Last,
}

impl ListCursor {
    /// Moves within `count` rows of which `height` are in view.
    pub fn go(&mut self, to: Move, count: usize, height: usize) {
        let page = isize::try_from(height.max(2) - 1).unwrap_or(1);
        self.selected = match to {
            Move::By(rows) => self.selected.saturating_add_signed(rows),
            Move::Pages(pages) => self.selected.saturating_add_signed(pages.saturating_mul(page)),
            Move::First => 0,
            Move::Last => count,
        };
        self.settle(count, height);
    }

    /// Keeps the selection within the rows and in view.
    pub fn settle(&mut self, count: usize, height: usize) {
        let height = height.max(1);
        self.selected = self.selected.min(count.saturating_sub(1));
        let highest = count.saturating_sub(height);
        self.offset = self.offset.min(self.selected).max((self.selected + 1).saturating_sub(height)).min(highest);
    }

    /// Begins to filter.
    pub fn filter_begin(&mut self) {
        if self.filter.text.is_empty() {
            self.filter.before = self.selected;
        }
        self.filter.editing = true;
    }

    /// Ends filtering and restores what was selected before.
    pub fn filter_drop(&mut self) {
        self.filter.text.clear();
        self.filter.editing = false;
        self.selected = self.filter.before;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selection_stays_within_the_rows_and_in_view() {
        let mut cursor = ListCursor::default();
        for _ in 0..200 {
            cursor.go(Move::By(1), 1_000, 10);
        }
        assert_eq!((cursor.selected, cursor.offset), (200, 191));
        cursor.go(Move::Pages(-1), 1_000, 10);
        assert_eq!((cursor.selected, cursor.offset), (191, 191));
        cursor.go(Move::Last, 1_000, 10);
        assert_eq!((cursor.selected, cursor.offset), (999, 990));
        cursor.settle(3, 10);
        assert_eq!((cursor.selected, cursor.offset), (2, 0));
        cursor.settle(0, 0);
        assert_eq!((cursor.selected, cursor.offset), (0, 0));
    }

    #[test]
    fn escape_restores_the_selection_of_before() {
        let mut cursor = ListCursor { selected: 7, ..ListCursor::default() };
        cursor.filter_begin();
        cursor.filter.text.push('x');
        cursor.settle(1, 10);
        cursor.filter_begin();
        cursor.filter_drop();
        assert_eq!((cursor.selected, cursor.filter.text.as_str()), (7, ""));
    }
}
