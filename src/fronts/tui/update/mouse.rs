//! The mouse: click selects, a second click opens, the wheel scrolls what it is over, drag selects text.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::{asking, calls, moving, perform, remembering};
use crate::fronts::tui::actions::Action;
use crate::fronts::tui::form::FormEvent;
use crate::fronts::tui::layout::{PICKER_HEAD, Regions, inner, regions};
use crate::fronts::tui::list::Move;
use crate::fronts::tui::message::Effect;
use crate::fronts::tui::model::Model;
use crate::fronts::tui::overlay::Overlay;
use crate::fronts::tui::pane::Pane;
use crate::fronts::tui::text::Handled;
use crate::fronts::tui::tool_pane::Tab;
use crate::fronts::tui::{tabs, views};

/// Rows that one notch of the wheel scrolls.
const NOTCH: isize = 3;

/// The mouse did something.
pub(super) fn moved(model: &mut Model, event: MouseEvent) -> Vec<Effect> {
    let wheel = if event.kind == MouseEventKind::ScrollDown { NOTCH } else { -NOTCH };
    let rolled = matches!(event.kind, MouseEventKind::ScrollDown | MouseEventKind::ScrollUp);
    let pressed = event.kind == MouseEventKind::Down(MouseButton::Left);
    let regions = regions(model, model.area);
    if model.overlay.is_some() {
        return over(model, event, &regions, rolled.then_some(wheel), pressed);
    }
    if pressed && let Some(pane) = regions.tabs.and_then(|line| tabs::pane_at(line, model.focus, event.column, event.row)) {
        moving::focus(model, pane);
        return Vec::new();
    }
    let Some((pane, rect)) = regions.pane_at(event.column, event.row) else { return Vec::new() };
    if pane == Pane::Tool && model.tool.answer_mouse(event, inner(rect)) != Handled::Ignored {
        moving::focus(model, Pane::Tool);
        return Vec::new();
    }
    if rolled {
        moving::go(model, pane, Move::By(wheel));
        return Vec::new();
    }
    if pane == Pane::Editor && model.editor.mouse(event, inner(rect)) {
        moving::focus(model, Pane::Editor);
        return Vec::new();
    }
    if pane == Pane::Tool && pressed {
        let meant = model.tool.form_mouse(event, inner(rect));
        if meant != FormEvent::Ignored {
            moving::focus(model, Pane::Tool);
            model.tool.fill();
            return calls::form_event(model, meant);
        }
    }
    if pressed { click(model, pane, rect, event) } else { Vec::new() }
}

fn click(model: &mut Model, pane: Pane, rect: Rect, event: MouseEvent) -> Vec<Effect> {
    moving::focus(model, pane);
    if pane == Pane::Tool && event.row == rect.y {
        if let Some(tab) = tabs::tab_at(model, rect, event.column) {
            model.tool.turn(tab);
        }
        return Vec::new();
    }
    let inside = inner(rect);
    if !inside.contains(Position::new(event.column, event.row)) {
        return Vec::new();
    }
    let again = model.clicked == Some((pane, event.row));
    model.clicked = Some((pane, event.row));
    let row = event.row - inside.y;
    let hit = match pane {
        Pane::Servers => select(&mut model.tree, row, model.tree_rows.len()),
        Pane::Scripts => select(&mut model.work, row, model.work_rows.len()),
        Pane::Steps => views::select_step(model, row, inside.height),
        Pane::Output => views::select_line(model, row, inside.height),
        Pane::Pins => row < model.pins.rows_shown(inside) && select(&mut model.pins.cursor, row, model.pins.rows.len()),
        Pane::Tool if model.tool.tab == Tab::Traffic => {
            let rows = model.tool.traffic.rows.len();
            select(&mut model.tool.traffic.cursor, row, rows)
        }
        Pane::Tool | Pane::Editor | Pane::Policy => false,
    };
    if hit && again { perform::perform(model, Action::Open) } else { Vec::new() }
}

fn select(cursor: &mut crate::fronts::tui::list::ListCursor, row: u16, count: usize) -> bool {
    let Some(row) = usize::from(row).checked_sub(usize::from(cursor.filter.shown())) else { return false };
    let at = cursor.offset + row;
    if at < count {
        cursor.selected = at;
    }
    at < count
}

fn over(model: &mut Model, event: MouseEvent, regions: &Regions, wheel: Option<isize>, pressed: bool) -> Vec<Effect> {
    let inside = regions.overlay_inside();
    let within = inside.contains(Position::new(event.column, event.row));
    let (rows, height) = (regions.picker_rows(), usize::from(inside.height));
    let list = inside.y + PICKER_HEAD..inside.y + PICKER_HEAD + rows;
    match &mut model.overlay {
        Some(Overlay::Picker(picker)) => {
            if let Some(by) = wheel {
                picker.cursor.go(Move::By(by), picker.hits.len(), usize::from(rows));
            } else if pressed && within && list.contains(&event.row) {
                let at = picker.cursor.offset + usize::from(event.row - inside.y - PICKER_HEAD);
                if at < picker.hits.len() {
                    picker.cursor.selected = at;
                    return asking::choose(model);
                }
            } else if pressed && !within {
                model.overlay = None;
            }
        }
        Some(Overlay::Reader(reader)) => {
            if let Some(rows) = wheel {
                reader.page.go(Move::By(rows), height);
            } else if pressed && !within {
                asking::close(model);
            }
        }
        Some(Overlay::History) => {
            let (list, count) = (inside.y + PICKER_HEAD, model.history.rows.len());
            if let Some(by) = wheel {
                model.history.cursor.go(Move::By(by), count, usize::from(regions.history_rows()));
            } else if pressed && within && event.row >= list {
                let at = model.history.cursor.offset + usize::from(event.row - list);
                let again = model.history.cursor.selected == at;
                model.history.cursor.selected = at.min(count.saturating_sub(1));
                return if again { remembering::choose(model) } else { Vec::new() };
            } else if pressed && !within {
                model.overlay = None;
            }
        }
        Some(Overlay::Ask(ask)) => {
            if let Some(rows) = wheel {
                ask.page.go(Move::By(rows), usize::from(regions.question().height));
            }
        }
        Some(Overlay::Fill(fill)) => {
            let (_, form) = fill.split(regions.reader());
            fill.form.mouse(event, form);
        }
        Some(Overlay::Jump) if pressed => model.overlay = None,
        Some(Overlay::Jump | Overlay::Prompt(_)) | None => {}
    }
    Vec::new()
}
