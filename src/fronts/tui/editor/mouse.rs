//! The editor under the mouse.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::keys::Selecting;
use super::motion::place_at;
use super::{Editor, Place};
use crate::fronts::tui::text::Handled;

/// Lines that one notch of the wheel moves.
const WHEEL_LINES: usize = 3;

impl Editor {
    /// Does what the mouse asks for in the editor as drawn in `area`: a click sets the cursor, dragging selects, the
    /// wheel scrolls.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most events mean nothing here")]
    pub(crate) fn mouse(&mut self, event: MouseEvent, area: Rect) -> Handled {
        let at = Position::new(event.column, event.row);
        let text = self.regions(area).text;
        match event.kind {
            MouseEventKind::ScrollDown if area.contains(at) => self.scroll(WHEEL_LINES.cast_signed()),
            MouseEventKind::ScrollUp if area.contains(at) => self.scroll(-WHEEL_LINES.cast_signed()),
            MouseEventKind::Down(MouseButton::Left) if area.contains(at) => {
                let extend = event.modifiers.contains(KeyModifiers::SHIFT);
                let selecting = if extend { Selecting::Extend } else { Selecting::Drop };
                self.move_to(self.place_under(at, text), selecting);
                self.document.anchor();
            }
            MouseEventKind::Drag(MouseButton::Left) => self.move_to(self.place_under(at, text), Selecting::Extend),
            _ => return Handled::Ignored,
        }
        Handled::Consumed
    }

    /// Moves the view by lines, without the cursor.
    fn scroll(&mut self, lines: isize) {
        self.view.top = self.view.top.saturating_add_signed(lines).min(self.document.end().line);
        self.view.follow = false;
    }

    /// The place drawn at a position; above and below the text the lines beyond, so that dragging scrolls.
    fn place_under(&self, at: Position, text: Rect) -> Place {
        let row = isize::from(at.y.cast_signed()) - isize::from(text.y.cast_signed());
        let row = row.clamp(-1, isize::from(text.height.cast_signed()));
        let line = self.view.top.saturating_add_signed(row).min(self.document.end().line);
        let column = usize::from(at.x.saturating_sub(text.x)) + self.view.left;
        place_at(&self.document, line, column)
    }
}
