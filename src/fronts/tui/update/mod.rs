//! `update(model, message) -> effects`: the one place where the workbench changes. It routes; the parts decide.

mod asking;
mod calls;
mod demand;
mod keys;
mod mouse;
mod moving;
mod offered;
mod perform;
mod remembering;
mod replies;
mod scripts;
mod searching;

use super::layout::{Regions, question_columns, regions};
use super::message::{Effect, Msg};
use super::model::Model;
use super::overlay::Overlay;
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
            prepare(model);
            return demand::overdue(model);
        }
        Msg::World(world) => replies::learnt(model, *world),
        Msg::Reply(reply) => replies::arrived(model, reply),
        Msg::Edited(purpose, result) => replies::edited(model, purpose, result),
        Msg::Resync => replies::resync(model),
    };
    super::approval::attend(model);
    effects.extend(demand::demand(model));
    settle(model);
    effects
}

/// Keeps every cursor within what there is, and in view.
fn settle(model: &mut Model) {
    if let Some(Overlay::Ask(ask)) = &mut model.overlay {
        ask.page.settle(question_columns(model.area), 1);
    }
    if let Some(Overlay::Fill(fill)) = &mut model.overlay {
        fill.page.settle(question_columns(model.area), 1);
    }
    let regions = regions(model, model.area);
    model.tree.settle(model.tree_rows.len(), rows_in(&regions, Pane::Servers, filter_row(&model.tree.filter)));
    model.work.settle(model.work_rows.len(), rows_in(&regions, Pane::Scripts, filter_row(&model.work.filter)));
    let total = model.step_total();
    model.steps.selected = model.steps.selected.filter(|at| at + 1 < total);
    let lines = model.run().map_or(0, |run| run.output_lines);
    model.output.line = model.output.line.filter(|at| at + 1 < lines);
    let (rows, text) = (usize::from(regions.picker_rows()), regions.reader());
    match &mut model.overlay {
        Some(Overlay::Picker(picker)) => picker.cursor.settle(picker.hits.len(), rows),
        Some(Overlay::Reader(reader)) => reader.page.settle(text.width, text.height),
        Some(Overlay::History) => model.history.cursor.settle(model.history.rows.len(), usize::from(regions.history_rows())),
        Some(Overlay::Ask(ask)) => ask.page.settle(regions.question().width, regions.question().height),
        Some(Overlay::Fill(_) | Overlay::Prompt(_) | Overlay::Jump) | None => {}
    }
    model.tool.settle(regions.inside(Pane::Tool));
    model.rules.settle(regions.inside(Pane::Policy));
    model.pins.settle(regions.inside(Pane::Pins));
}

/// Before a frame: the editor reads what was typed since the last one, once.
fn prepare(model: &mut Model) {
    let regions = regions(model, model.area);
    model.editor.prepare(regions.inside(Pane::Editor));
    model.tool.prepare(regions.inside(Pane::Tool));
    if let Some(Overlay::Fill(fill)) = &mut model.overlay {
        let (_, form) = fill.split(regions.reader());
        fill.form.prepare(form);
    }
}

/// Rows of a list that are in view.
fn rows_in(regions: &Regions, pane: Pane, taken: u16) -> usize {
    usize::from(regions.inside(pane).height.saturating_sub(taken))
}

/// The line that a filter takes while it is shown.
fn filter_row(filter: &super::list::Filter) -> u16 {
    u16::from(filter.shown())
}
