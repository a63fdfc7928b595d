//! Does an action, if it can be done now; else says why not.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{calls, keys, moving, offered, remembering, scripts, searching};
use crate::fronts::tui::actions::{Action, info};
use crate::fronts::tui::approval;
use crate::fronts::tui::chord::Chord;
use crate::fronts::tui::command::command;
use crate::fronts::tui::discovered::Subject;
use crate::fronts::tui::message::{Direction, Effect, TerminalEffect};
use crate::fronts::tui::model::Model;
use crate::fronts::tui::overlay::{Answer, Ask, Overlay, Picker, Prompt};
use crate::fronts::tui::pane::Pane;
use crate::fronts::tui::tool_effects::ToolEffect;
use crate::fronts::tui::tool_pane::Tab;
use crate::fronts::tui::tree::{TreeRow, WorkRow};
use crate::fronts::tui::{outside, reading, reporting, summary};
use crate::ops::{NoticeLevel, ServerState};
use crate::types::ToolId;

/// Performs `action`.
pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    if let Some(obstacle) = (info(action).obstacle)(model) {
        let leave =
            if action == Action::Stop { format!("; {} quits", model.keymap.mention(Action::Quit)) } else { String::new() };
        model.notice = Some((NoticeLevel::Info, format!("{}: {obstacle}{leave}", info(action).name)));
        return Vec::new();
    }
    match action {
        Action::Open => open(model),
        Action::Call => calls::call_target(model),
        Action::CallAgain => calls::again(model),
        Action::Run => scripts::run(model),
        Action::Stop => stop(model),
        Action::Save => scripts::save(model),
        Action::InsertCall => calls::insert(model),
        Action::Connect | Action::ConnectAll | Action::Disconnect | Action::Generate | Action::Discover => servers(model, action),
        Action::Copy => copy(reading::selected_text(model)),
        Action::CopyCommand => copy(command(model)),
        Action::Repaint => vec![TerminalEffect::Repaint.into()],
        Action::Suspend => vec![TerminalEffect::Suspend.into()],
        Action::Quit => quit(model),
        Action::Unfold => unfold(model),
        Action::Fold => only(model, fold),
        Action::SaveCall => calls::keep(model),
        Action::ApprovePin => ask(model, |model| model.pins.ask_approve()),
        Action::ForgetPin => ask(model, |model| model.pins.ask_forget()),
        Action::Filter => only(model, filter),
        Action::Palette => over(model, |model| Overlay::Picker(Picker::palette(model))),
        Action::Help => over(model, |model| Overlay::Picker(Picker::help(model))),
        Action::Summary => over(model, |model| Overlay::Reader(summary::summary(model))),
        Action::Approvals => only(model, approval::bring_back),
        Action::Problems => over(model, |model| Overlay::Reader(reading::problems(model))),
        Action::History => remembering::open(model),
        Action::NextMatch => searching::next(model, Direction::Forward),
        Action::PreviousMatch => searching::next(model, Direction::Backward),
        Action::RawJson => {
            let key = KeyEvent::new(KeyCode::Char('j'), KeyModifiers::ALT);
            calls::form_key(model, Chord::of(&key), key)
        }
        Action::External => match outside::target(model) {
            Ok(edit) => vec![TerminalEffect::Edit(edit).into()],
            Err(_) => Vec::new(),
        },
        Action::Pipe => over(model, |_| Overlay::Prompt(Prompt::default())),
        Action::Report => over(model, reporting::ask),
        Action::Jump => over(model, |_| Overlay::Jump),
        Action::NextPane => only(model, |model| moving::focus(model, model.focus.along(true))),
        Action::PreviousPane => only(model, |model| moving::focus(model, model.focus.along(false))),
        Action::NextTab => only(model, |model| model.tool.turn(model.tool.tab.along(true))),
        Action::PreviousTab => only(model, |model| model.tool.turn(model.tool.tab.along(false))),
        Action::NextForm => only(model, |model| {
            if let Some(answer) = model.tool.answer_mut() {
                answer.next_form();
            }
        }),
        Action::CopyPath => keys::answer_key(model, KeyEvent::from(KeyCode::Char('p'))),
        Action::OpenBelow => keys::answer_key(model, KeyEvent::from(KeyCode::Char('e'))),
        Action::Back => only(model, moving::back),
        Action::Forward => only(model, moving::forward),
        Action::Zoom => only(model, |model| model.zoomed = !model.zoomed),
        Action::Follow => only(model, follow),
        Action::SessionSteps => only(model, scope),
        Action::StepKind => only(model, next_kind),
        Action::GoToFault => scripts::go_to_fault(model),
        Action::Mouse => {
            model.mouse = !model.mouse;
            vec![TerminalEffect::Mouse(model.mouse).into()]
        }
    }
}

/// Changes what is shown and asks for nothing.
fn only(model: &mut Model, change: impl FnOnce(&mut Model)) -> Vec<Effect> {
    change(model);
    Vec::new()
}

/// Lays something over the panes.
fn over(model: &mut Model, overlay: impl FnOnce(&Model) -> Overlay) -> Vec<Effect> {
    model.overlay = Some(overlay(model));
    Vec::new()
}

/// Asks before something is done.
fn ask(model: &mut Model, question: impl FnOnce(&Model) -> Option<Ask>) -> Vec<Effect> {
    model.overlay = question(model).map(Overlay::Ask);
    Vec::new()
}

fn filter(model: &mut Model) {
    match model.focus {
        Pane::Servers => model.tree.filter_begin(),
        Pane::Scripts => model.work.filter_begin(),
        Pane::Steps => model.steps.filter.editing = true,
        Pane::Tool if model.tool.tab == Tab::Traffic => model.tool.traffic.cursor.filter_begin(),
        Pane::Tool => searching::begin(&mut model.tool.search),
        Pane::Output => searching::begin(&mut model.output.search),
        Pane::Pins => model.pins.cursor.filter_begin(),
        Pane::Editor | Pane::Policy => {}
    }
}

fn follow(model: &mut Model) {
    match model.focus {
        Pane::Steps => model.steps.selected = None,
        Pane::Servers | Pane::Scripts | Pane::Tool | Pane::Editor | Pane::Output | Pane::Policy | Pane::Pins => {
            model.output.line = None;
        }
    }
}

fn scope(model: &mut Model) {
    model.steps.of_run = !model.steps.of_run;
    model.steps.forget_hits();
}

fn next_kind(model: &mut Model) {
    model.steps.kind = model.steps.kind.next();
    model.steps.forget_hits();
}

fn open(model: &mut Model) -> Vec<Effect> {
    match model.focus {
        Pane::Servers => match model.tree_row() {
            Some(TreeRow::Server(at)) => toggle(model, at),
            Some(TreeRow::Tool(..)) => match model.target_tool() {
                Some(tool) => show_tool(model, &tool.id.clone()),
                None => Vec::new(),
            },
            Some(row @ (TreeRow::Prompt(..) | TreeRow::Resource(..) | TreeRow::Template(..))) => offered::open(model, row),
            None => Vec::new(),
        },
        Pane::Scripts => match model.work_row() {
            Some(WorkRow::Script(at)) => scripts::open_at(model, at),
            Some(WorkRow::Run(at)) => {
                show_run(model, at);
                Vec::new()
            }
            Some(WorkRow::Call(at)) => calls::open_saved(model, at),
            Some(WorkRow::Calls | WorkRow::Runs) | None => Vec::new(),
        },
        Pane::Tool if model.tool.tab == Tab::Traffic => {
            model.overlay = model.tool.traffic.open().map(Overlay::Reader);
            Vec::new()
        }
        Pane::Tool => calls::call_target(model),
        Pane::Editor | Pane::Policy => Vec::new(),
        Pane::Pins => {
            model.overlay = model.pins.open().map(Overlay::Reader);
            Vec::new()
        }
        Pane::Output => model.run().map_or_else(Vec::new, |run| {
            vec![Effect::ShowLine(run.id, model.output.line.unwrap_or(run.output_lines.saturating_sub(1)))]
        }),
        Pane::Steps => {
            let newest = model.step_total().saturating_sub(1);
            let listed = model.steps.selected.unwrap_or(newest);
            let hit = usize::try_from(listed).ok().and_then(|at| model.steps.hits.as_ref()?.get(at).copied());
            vec![Effect::ShowStep(model.steps_of(), hit.unwrap_or(listed))]
        }
    }
}

/// Shows a tool and gives its pane the keys.
pub(super) fn show_tool(model: &mut Model, id: &ToolId) -> Vec<Effect> {
    if let Some(spec) = model.world.tool(id).cloned() {
        moving::remember(model);
        model.tool.show(spec);
        model.focus = Pane::Tool;
        if model.tool.tab == Tab::Call {
            model.tool.fill();
        }
    }
    Vec::new()
}

/// Shows the output and the steps of a run.
pub(super) fn show_run(model: &mut Model, at: usize) {
    if let Some(run) = model.world.runs.get(at) {
        model.shown_run = Some(run.id);
        model.output.line = None;
        model.steps.of_run = true;
        model.steps.selected = None;
        moving::focus(model, Pane::Output);
    }
}

fn toggle(model: &mut Model, at: usize) -> Vec<Effect> {
    let Some((name, _)) = model.world.servers.get(at) else { return Vec::new() };
    if model.open.contains(name) {
        fold(model);
        return Vec::new();
    }
    unfold(model)
}

/// Shows what a server offers, and contacts it on the first time.
fn unfold(model: &mut Model) -> Vec<Effect> {
    let Some(row) = model.tree_row() else { return Vec::new() };
    let Some((name, state)) = model.world.servers.get(row.server()).cloned() else { return Vec::new() };
    model.open.insert(name.clone());
    model.rebuild();
    match state {
        ServerState::Idle | ServerState::Failed { .. } => vec![Effect::Connect(name)],
        ServerState::Disabled | ServerState::Connecting { .. } | ServerState::Ready(_) | ServerState::Degraded(..) => Vec::new(),
    }
}

fn fold(model: &mut Model) {
    let Some(row) = model.tree_row() else { return };
    let Some((name, _)) = model.world.servers.get(row.server()) else { return };
    model.open.remove(&name.clone());
    model.tree.selected = model.tree_rows.iter().position(|other| *other == TreeRow::Server(row.server())).unwrap_or(0);
    model.rebuild();
}

fn servers(model: &mut Model, action: Action) -> Vec<Effect> {
    let all =
        || model.world.servers.iter().filter(|(_, state)| !matches!(state, ServerState::Disabled)).map(|(name, _)| name.clone());
    match (action, model.server().cloned()) {
        (Action::ConnectAll, _) => all().map(Effect::Connect).collect(),
        (Action::Generate, server) => {
            let only = server.filter(|_| model.focus == Pane::Tool);
            let whose = only.as_ref().map_or_else(String::new, |server| format!(" of {server}"));
            model.notice = Some((NoticeLevel::Info, format!("generating the wrappers{whose}")));
            vec![Effect::Generate(only)]
        }
        (Action::Discover, Some(server)) => {
            let subject = match model.target_tool() {
                Some(tool) => Subject::Tool(tool.id.clone(), model.tool.sample_of(&tool.id)),
                None => Subject::Server(server.clone()),
            };
            model.tool.discovered.begin(server, model.now);
            vec![ToolEffect::Discover(subject).into()]
        }
        (Action::Disconnect, Some(server)) => vec![Effect::Disconnect(server)],
        (_, Some(server)) => vec![Effect::Connect(server)],
        (_, None) => Vec::new(),
    }
}

/// Stops the newest run; where none runs, the newest call.
fn stop(model: &mut Model) -> Vec<Effect> {
    if let Some(run) = model.world.active_run() {
        let id = run.id;
        model.notice = Some((NoticeLevel::Info, format!("stopping {}; once more kills it", run.script)));
        return vec![Effect::Interrupt(id)];
    }
    model.calls.last().map(|call| vec![Effect::Cancel(call.ticket)]).unwrap_or_default()
}

fn quit(model: &mut Model) -> Vec<Effect> {
    if !model.editor.dirty() {
        return vec![TerminalEffect::Quit.into()];
    }
    model.overlay = Some(Overlay::Ask(Ask::new(
        "Leave with unsaved text?".to_owned(),
        &[format!("{} has changes that are not saved.", model.editor.name())],
        vec![("s", "save and quit", Answer::SaveAndQuit), ("d", "discard and quit", Answer::QuitAnyway)],
    )));
    Vec::new()
}

fn copy(text: Option<String>) -> Vec<Effect> {
    text.map(|text| vec![TerminalEffect::Copy(text).into()]).unwrap_or_default()
}
