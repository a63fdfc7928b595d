//! Looking for words in output and in what the tool pane shows.

use crate::fronts::tui::layout::regions;
use crate::fronts::tui::list::Filter;
use crate::fronts::tui::message::{Direction, Effect};
use crate::fronts::tui::model::Model;
use crate::fronts::tui::pane::Pane;
use crate::ops::NoticeLevel;
use crate::types::RunId;

/// Words are typed from now on.
pub(super) fn begin(search: &mut Filter) {
    search.text.clear();
    search.editing = true;
}

/// Goes to the next place that has the words.
pub(super) fn next(model: &mut Model, direction: Direction) -> Vec<Effect> {
    if model.focus == Pane::Output {
        let words = model.output.search.text.clone();
        return model.run().map(|run| Effect::FindLine(run.id, words, model.output.line, direction)).into_iter().collect();
    }
    let area = regions(model, model.area).inside(Pane::Tool);
    if !model.tool.search.text.is_empty() && !model.tool.find_next(area) {
        nothing(model);
    }
    Vec::new()
}

/// A line of output was found, or none.
pub(super) fn found(model: &mut Model, run: RunId, line: Option<u64>) {
    if model.run().is_none_or(|shown| shown.id != run) {
        return;
    }
    match line {
        Some(line) => model.output.line = Some(line),
        None => nothing(model),
    }
}

fn nothing(model: &mut Model) {
    model.notice = Some((NoticeLevel::Info, "nothing has these words".to_owned()));
}
