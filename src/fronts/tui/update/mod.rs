//! `update(model, message) -> effects`: the one place where the workbench changes. It routes; the parts decide.

mod asking;
mod calls;
mod demand;
mod keys;
mod mouse;
mod moving;
mod perform;
mod replies;
mod scripts;

use super::layout::{Regions, regions};
use super::message::{Effect, Msg};
use super::model::Model;
use super::pane::Pane;

/// Takes in what happened, and says what is to be done about it. Never waits and never fails.
pub fn update(model: &mut Model, message: Msg) -> Vec<Effect> {
    let mut effects = match message {
        Msg::Key(key) => keys::pressed(model, key),
        Msg::Paste(text) => keys::pasted(model, &text),
        Msg::Mouse(event) => mouse::moved(model, event),
        Msg::Resized(columns, rows) => {
            model.area = ratatui::layout::Rect::new(0, 0, columns, rows);
            Vec::new()
        }
        Msg::FocusGained => vec![Effect::ListScripts],
        Msg::Clock(now) => {
            model.now = now;
            return Vec::new();
        }
        reply => replies::arrived(model, reply),
    };
    effects.extend(demand::demand(model));
    settle(model);
    effects
}

/// Keeps every cursor within what there is, and in view.
fn settle(model: &mut Model) {
    let regions = regions(model, model.area);
    model.tree.settle(model.tree_rows.len(), rows_in(&regions, Pane::Servers, filter_row(&model.tree.filter)));
    model.work.settle(model.work_rows.len(), rows_in(&regions, Pane::Scripts, filter_row(&model.work.filter)));
    let total = model.step_total();
    model.steps.selected = model.steps.selected.filter(|_| total > 0).map(|at| at.min(total.saturating_sub(1)));
    let lines = model.run().map_or(0, |run| run.output_lines);
    model.output.line = model.output.line.filter(|_| lines > 0).map(|at| at.min(lines.saturating_sub(1)));
    let height = regions.overlay_inside().height;
    match &mut model.overlay {
        Some(super::overlay::Overlay::Picker(picker)) => {
            picker.cursor.settle(picker.hits.len(), usize::from(height.saturating_sub(super::layout::PICKER_HEAD)));
        }
        Some(super::overlay::Overlay::Reader(reader)) => reader.page.settle(usize::from(height)),
        Some(super::overlay::Overlay::Ask(_) | super::overlay::Overlay::Jump) | None => {}
    }
    let height = usize::from(regions.inside(Pane::Tool).height);
    model.tool.settle(height);
}

/// Rows of a list that are in view.
fn rows_in(regions: &Regions, pane: Pane, taken: u16) -> usize {
    usize::from(regions.inside(pane).height.saturating_sub(taken))
}

/// The line that a filter takes while it is shown.
fn filter_row(filter: &super::list::Filter) -> u16 {
    u16::from(filter.shown())
}
