//! What the screen shows but does not have yet is asked for, once.

use std::time::Instant;

use crate::fronts::tui::message::Effect;
use crate::fronts::tui::model::Model;
use crate::fronts::tui::overlay::{Overlay, ReaderKind};
use crate::fronts::tui::pane::Pane;
use crate::fronts::tui::steps::{StepKind, StepSearch};
use crate::fronts::tui::tool_effects::ToolEffect;
use crate::fronts::tui::tool_pane::Tab;
use crate::fronts::tui::tree::TreeRow;
use crate::types::limits::TRAFFIC_REFRESH;

/// Shows the selected tool, and asks for what is missing to show everything.
pub(super) fn demand(model: &mut Model) -> Vec<Effect> {
    follow_selection(model);
    let asked = [steps(model), summary(model), wrapper(model), tool(model), judgement(model), guards(model)];
    asked.into_iter().flatten().collect()
}

/// While the tree has the keys, the tool pane shows what is selected in it.
fn follow_selection(model: &mut Model) {
    if model.focus != Pane::Servers {
        return;
    }
    if let Some(TreeRow::Tool(server, at)) = model.tree_row()
        && let Some(spec) = model.world.offer(server).and_then(|offer| offer.tools.get(at)).cloned()
    {
        model.tool.show(spec);
    }
}

/// One search at a time: the next begins when the last has answered, so that there always are hits to show.
fn steps(model: &mut Model) -> Option<Effect> {
    if model.steps.filter.text.is_empty() && model.steps.kind == StepKind::All {
        (model.steps.hits, model.steps.searched) = (None, None);
        return None;
    }
    if model.steps.searching.is_some() {
        return None;
    }
    let run = model.steps_of();
    let running = match run.and(model.run()) {
        Some(run) => run.steps.running,
        None => model.world.summary.running,
    };
    let steps = &model.steps;
    let (text, kind) = (steps.filter.text.clone(), steps.kind);
    let search = StepSearch { run, text, kind, steps: model.steps_unfiltered(), running };
    if model.steps.searched.as_ref() == Some(&search) {
        return None;
    }
    model.steps.searching = Some(search.clone());
    Some(Effect::FindSteps(search))
}

/// While the summary of a run is read, its steps are counted, one count at a time.
fn summary(model: &mut Model) -> Option<Effect> {
    let open = matches!(&model.overlay, Some(Overlay::Reader(reader)) if reader.kind == ReaderKind::Summary);
    let run = model.run().filter(|_| open)?.clone();
    model.summary.wants(&run).map(Effect::Summarise)
}

/// While the policy or the pins are read, they are kept up to date.
fn guards(model: &mut Model) -> Option<Effect> {
    match model.focus {
        Pane::Policy => {
            let run = model.run().map(|run| run.id);
            model.rules.wants(&model.world, run).then_some(ToolEffect::Policy(run).into())
        }
        Pane::Pins => model.pins.wants(&model.world).then_some(ToolEffect::Pins.into()),
        Pane::Servers | Pane::Scripts | Pane::Tool | Pane::Editor | Pane::Output | Pane::Steps => None,
    }
}

fn judgement(model: &mut Model) -> Option<Effect> {
    model.tool.wants_judgement().map(|(tool, arguments)| ToolEffect::Judge(tool, arguments).into())
}

/// Whatever the tab, its name says whether the wrapper is out of date.
fn wrapper(model: &mut Model) -> Option<Effect> {
    let id = model.tool.spec.as_ref()?.id.clone();
    model.tool.wants_wrapper().then_some(Effect::Wrap(id))
}

fn tool(model: &mut Model) -> Option<Effect> {
    let id = model.tool.spec.as_ref()?.id.clone();
    match model.tool.tab {
        Tab::Traffic => {
            let asked = model.tool.traffic.asked.as_ref();
            if !asked.is_none_or(|(server, at)| *server != id.server || is_due(*at, model.now)) {
                return None;
            }
            model.tool.traffic.asked = Some((id.server.clone(), model.now));
            model.tool.traffic.behind = false;
            Some(Effect::Traffic(id.server))
        }
        Tab::Discovered => model.tool.discovered.wants().then_some(ToolEffect::Discovered(id).into()),
        Tab::Schema | Tab::Wrapper | Tab::Call => None,
    }
}

/// What is asked for because time has passed: traffic that came while the last was fetched.
pub(super) fn overdue(model: &mut Model) -> Vec<Effect> {
    if model.tool.is_behind() { tool(model).into_iter().collect() } else { Vec::new() }
}

fn is_due(at: Instant, now: Instant) -> bool {
    now.saturating_duration_since(at) >= TRAFFIC_REFRESH
}
