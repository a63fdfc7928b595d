//! Where everything is. Pure: hit-testing and painting use the same answer, and the model decides it.

use ratatui::layout::{Position, Rect};

use super::model::Model;
use super::overlay::Overlay;
use super::pane::Pane;

/// Columns below which only a request for more room is shown.
pub(super) const LEAST_COLUMNS: u16 = 60;
/// Rows below which only a request for more room is shown.
pub(super) const LEAST_ROWS: u16 = 18;
/// Lines of a picker above its list: the query and a rule.
pub(super) const PICKER_HEAD: u16 = 2;
/// Lines of a picker below its list: a rule, and what the selected thing is in full.
pub(super) const PICKER_FOOT: u16 = 3;
/// Rows of a reader at least, so that short texts do not look like questions.
const LEAST_READER: u16 = 10;
/// From this size on all panes are shown side by side.
const WIDE: (u16, u16) = (100, 28);

/// The parts of the screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Regions {
    /// Project, servers, sandbox.
    pub top: Rect,
    /// Names of the panes, where only one is shown.
    pub tabs: Option<Rect>,
    /// Visible panes with their borders. Neighbours share one line.
    pub panes: Vec<(Pane, Rect)>,
    /// Run state and keys.
    pub status: Rect,
    /// What lies over the panes, with its border.
    pub overlay: Option<Rect>,
}

impl Regions {
    /// The pane at a place of the screen.
    pub fn pane_at(&self, column: u16, row: u16) -> Option<(Pane, Rect)> {
        self.panes.iter().copied().find(|(_, rect)| rect.contains(Position::new(column, row)))
    }

    /// The inside of a pane; empty where it is not shown.
    pub fn inside(&self, pane: Pane) -> Rect {
        self.panes.iter().find(|(shown, _)| *shown == pane).map_or(Rect::ZERO, |(_, rect)| inner(*rect))
    }

    /// The inside of the overlay.
    pub fn overlay_inside(&self) -> Rect {
        self.overlay.map_or(Rect::ZERO, inner)
    }

    /// Rows of a picker's list.
    pub(super) fn picker_rows(&self) -> u16 {
        self.overlay_inside().height.saturating_sub(PICKER_HEAD + PICKER_FOOT)
    }

    /// Rows of the history's list.
    pub(super) fn history_rows(&self) -> u16 {
        self.overlay_inside().height.saturating_sub(PICKER_HEAD)
    }

    /// Where the text of a question is: below a blank line, above another and the answers.
    pub(super) fn question(&self) -> Rect {
        let inside = self.reader();
        Rect { y: inside.y.saturating_add(1), height: inside.height.saturating_sub(3), ..inside }
    }

    /// Where the text of a reader is.
    pub(super) fn reader(&self) -> Rect {
        let inside = self.overlay_inside();
        Rect { x: inside.x.saturating_add(1), width: inside.width.saturating_sub(2), ..inside }
    }
}

/// What lies within a border.
pub(super) fn inner(rect: Rect) -> Rect {
    Rect::new(rect.x.saturating_add(1), rect.y.saturating_add(1), rect.width.saturating_sub(2), rect.height.saturating_sub(2))
}

/// Columns of the text of a question: within its border, and a blank on each side.
pub(super) fn question_columns(area: Rect) -> u16 {
    area.width.saturating_sub(8).min(90).saturating_sub(4)
}

/// Whether the screen is large enough for anything but a request for more room.
pub(super) fn roomy(area: Rect) -> bool {
    area.width >= LEAST_COLUMNS && area.height >= LEAST_ROWS
}

/// Whether all panes are shown side by side.
pub(super) fn wide(model: &Model) -> bool {
    model.area.width >= WIDE.0 && model.area.height >= WIDE.1 && !model.zoomed
}

/// Lays the screen out.
pub fn regions(model: &Model, area: Rect) -> Regions {
    if !roomy(area) {
        return Regions::default();
    }
    let line = |y: u16| Rect::new(area.x, y, area.width, 1);
    let body = Rect::new(area.x, area.y + 1, area.width, area.height - 2);
    let mut regions = Regions { top: line(area.y), status: line(area.bottom() - 1), ..Regions::default() };
    if wide(model) {
        regions.panes = on_demand(model.focus, side_by_side(body));
    } else {
        regions.tabs = Some(line(body.y));
        regions.panes = vec![(model.focus, Rect::new(body.x, body.y + 1, body.width, body.height - 1))];
    }
    regions.overlay = model.overlay.as_ref().and_then(|overlay| overlay_rect(overlay, area));
    regions
}

fn side_by_side(body: Rect) -> Vec<(Pane, Rect)> {
    let left = (body.width / 4).clamp(26, 44);
    let scripts = (body.height / 3).clamp(7, 16);
    let right = Rect::new(body.x + left - 1, body.y, body.width - left + 1, body.height);
    let tool = body.height * 9 / 25;
    let lower = (body.height * 8 / 25).max(7);
    let editor = right.height - tool - lower + 2;
    let output = right.width * 9 / 20;
    let lower_y = right.y + tool + editor - 2;
    vec![
        (Pane::Servers, Rect::new(body.x, body.y, left, body.height - scripts + 1)),
        (Pane::Scripts, Rect::new(body.x, body.bottom() - scripts, left, scripts)),
        (Pane::Tool, Rect::new(right.x, right.y, right.width, tool)),
        (Pane::Editor, Rect::new(right.x, right.y + tool - 1, right.width, editor)),
        (Pane::Output, Rect::new(right.x, lower_y, output, lower)),
        (Pane::Steps, Rect::new(right.x + output - 1, lower_y, right.width - output + 1, lower)),
    ]
}

/// A pane that comes on demand takes the place of the tool and the editor.
fn on_demand(focus: Pane, panes: Vec<(Pane, Rect)>) -> Vec<(Pane, Rect)> {
    let replaced = |pane: Pane| matches!(pane, Pane::Tool | Pane::Editor);
    if !focus.on_demand() {
        return panes;
    }
    let place = panes.iter().filter(|(pane, _)| replaced(*pane)).map(|(_, rect)| *rect).reduce(Rect::union);
    let others = panes.into_iter().filter(|(pane, _)| !replaced(*pane));
    others.chain(place.map(|rect| (focus, rect))).collect()
}

fn overlay_rect(overlay: &Overlay, area: Rect) -> Option<Rect> {
    let (width, height) = match overlay {
        Overlay::Picker(_) => (area.width.saturating_sub(8).min(100), area.height.saturating_sub(4).min(30)),
        Overlay::History => (area.width.saturating_sub(6).min(150), area.height.saturating_sub(4)),
        Overlay::Reader(reader) => {
            let lines = u16::try_from(reader.page.len()).unwrap_or(u16::MAX).saturating_add(2);
            (area.width.saturating_sub(6).min(130), lines.clamp(LEAST_READER, area.height.saturating_sub(4)))
        }
        Overlay::Ask(ask) => {
            let lines = u16::try_from(ask.page.lines.len()).unwrap_or(u16::MAX).saturating_add(5);
            (question_columns(area) + 4, lines.min(area.height.saturating_sub(4)))
        }
        Overlay::Fill(fill) => (question_columns(area) + 4, fill.rows().min(area.height.saturating_sub(4))),
        Overlay::Prompt(_) => (area.width.saturating_sub(8).min(90), 5),
        Overlay::Jump => return None,
    };
    let x = area.x + (area.width - width) / 2;
    let y = area.y + (area.height - height) / 2;
    Some(Rect::new(x, y, width, height))
}
