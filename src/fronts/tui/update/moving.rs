//! Moving about: focus, cursors, back and forward.

use super::{filter_row, rows_in};
use crate::fronts::tui::layout::regions;
use crate::fronts::tui::list::{Filter, Move};
use crate::fronts::tui::model::{Model, Spot};
use crate::fronts::tui::pane::Pane;
use crate::fronts::tui::tool_pane::Tab;
use crate::fronts::tui::tree::{TreeRow, WorkRow};
use crate::types::limits::TRAIL_SPOTS;

/// Gives the keys to a pane and remembers where they were.
pub(super) fn focus(model: &mut Model, pane: Pane) {
    if pane != model.focus {
        remember(model);
        model.focus = pane;
    }
}

/// Remembers the present place, to come back to it.
pub(super) fn remember(model: &mut Model) {
    let spot = here(model);
    if model.trail.behind.last() != Some(&spot) {
        model.trail.behind.push(spot);
    }
    if model.trail.behind.len() > TRAIL_SPOTS {
        model.trail.behind.remove(0);
    }
    model.trail.ahead.clear();
}

/// Goes back.
pub(super) fn back(model: &mut Model) {
    if let Some(spot) = model.trail.behind.pop() {
        let now = here(model);
        model.trail.ahead.push(now);
        return_to(model, spot);
    }
}

/// Undoes going back.
pub(super) fn forward(model: &mut Model) {
    if let Some(spot) = model.trail.ahead.pop() {
        let now = here(model);
        model.trail.behind.push(now);
        return_to(model, spot);
    }
}

/// Leaves a pane that takes text: to where the keys were before, else to the servers.
pub(super) fn leave(model: &mut Model) {
    let before = model.trail.behind.iter().rev().map(|spot| spot.pane).find(|pane| *pane != model.focus);
    focus(model, before.unwrap_or(Pane::Servers));
}

/// Esc in a pane: drops the filter, then the zoom.
pub(super) fn escape(model: &mut Model) {
    match model.focus {
        Pane::Servers if model.tree.filter.shown() => model.tree.filter_drop(),
        Pane::Scripts if model.work.filter.shown() => model.work.filter_drop(),
        Pane::Steps if model.steps.narrowed() => model.steps.widen(),
        Pane::Output if model.output.search.shown() => model.output.search = Filter::default(),
        Pane::Tool if model.tool.traffic.cursor.filter.shown() && model.tool.tab == Tab::Traffic => {
            model.tool.traffic.cursor.filter_drop();
        }
        Pane::Tool if model.tool.search.shown() => model.tool.search = Filter::default(),
        Pane::Tool => return focus(model, Pane::Servers),
        Pane::Pins if model.pins.cursor.filter.shown() => model.pins.cursor.filter_drop(),
        Pane::Policy | Pane::Pins => return leave(model),
        Pane::Servers | Pane::Scripts | Pane::Steps | Pane::Editor | Pane::Output => model.zoomed = false,
    }
    rebuild_keeping_selection(model);
}

/// After the filter changed: selects the first row that is a hit and not the heading above it.
pub(super) fn first_hit(model: &mut Model) {
    match model.focus {
        Pane::Servers => {
            let hit = model.tree_rows.iter().position(|row| !matches!(row, TreeRow::Server(_)));
            model.tree.selected = hit.unwrap_or(0);
        }
        Pane::Scripts => {
            let hit = model.work_rows.iter().position(|row| !matches!(row, WorkRow::Calls | WorkRow::Runs));
            model.work.selected = hit.unwrap_or(0);
        }
        Pane::Steps => model.steps.selected = None,
        Pane::Tool => model.tool.traffic.cursor.selected = 0,
        Pane::Pins => model.pins.cursor.selected = 0,
        Pane::Editor | Pane::Output | Pane::Policy => {}
    }
}

/// Moves the cursor of a pane.
pub(super) fn go(model: &mut Model, pane: Pane, to: Move) {
    let regions = regions(model, model.area);
    let height = |taken: u16| rows_in(&regions, pane, taken);
    match pane {
        Pane::Servers => model.tree.go(to, model.tree_rows.len(), height(filter_row(&model.tree.filter))),
        Pane::Scripts => model.work.go(to, model.work_rows.len(), height(filter_row(&model.work.filter))),
        Pane::Tool => model.tool.go(to, height(0)),
        Pane::Policy => model.rules.go(to, height(0)),
        Pane::Pins => model.pins.go(to, usize::from(model.pins.split(regions.inside(Pane::Pins)).0.height)),
        Pane::Editor => model.editor.scroll(to),
        Pane::Output => {
            let total = model.run().map_or(0, |run| run.output_lines);
            model.output.line = along(model.output.line, to, total, height(0), Order::OldestFirst);
        }
        Pane::Steps => {
            let total = model.step_total();
            model.steps.selected = along(model.steps.selected, to, total, height(0), Order::NewestFirst);
        }
    }
}

/// Which end of a growing list is on top.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    OldestFirst,
    NewestFirst,
}

/// The selection of a list that grows while it is read. It follows the newest until it is moved away from it.
fn along(selected: Option<u64>, to: Move, total: u64, height: usize, order: Order) -> Option<u64> {
    let newest = total.checked_sub(1)?;
    let at = selected.unwrap_or(newest);
    let page = i64::try_from(height.max(2) - 1).unwrap_or(1);
    let down = if order == Order::OldestFirst { 1 } else { -1 };
    let moved = |rows: i64| at.saturating_add_signed(rows * down).min(newest);
    let at = match (to, order) {
        (Move::By(rows), _) => moved(i64::try_from(rows).unwrap_or(0)),
        (Move::Pages(pages), _) => moved(i64::try_from(pages).unwrap_or(0).saturating_mul(page)),
        (Move::First, Order::OldestFirst) | (Move::Last, Order::NewestFirst) => 0,
        (Move::Last, Order::OldestFirst) | (Move::First, Order::NewestFirst) => newest,
    };
    (at != newest).then_some(at)
}

fn here(model: &Model) -> Spot {
    Spot { pane: model.focus, tool: model.tool.spec.as_ref().map(|spec| spec.id.clone()), tab: model.tool.tab }
}

fn return_to(model: &mut Model, spot: Spot) {
    model.focus = spot.pane;
    if let Some(spec) = spot.tool.and_then(|id| model.world.tool(&id).cloned()) {
        model.tool.show(spec);
        model.tool.tab = spot.tab;
    }
}

fn rebuild_keeping_selection(model: &mut Model) {
    let (tree, work) = (model.tree.selected, model.work.selected);
    model.rebuild();
    (model.tree.selected, model.work.selected) = (tree, work);
}
