//! Keys of what lies over the panes: pickers, texts to read, questions, jump labels.

use crossterm::event::KeyCode;

use super::keys::move_of;
use super::{calls, moving, offered, perform, remembering, scripts};
use crate::fronts::tui::actions::{Action, Typing};
use crate::fronts::tui::approval;
use crate::fronts::tui::chord::Chord;
use crate::fronts::tui::editor::Resolution;
use crate::fronts::tui::form::FormEvent;
use crate::fronts::tui::layout::regions;
use crate::fronts::tui::list::Move;
use crate::fronts::tui::message::{Effect, Piece, TerminalEffect};
use crate::fronts::tui::model::Model;
use crate::fronts::tui::overlay::{Answer, Choice, Overlay, Prompt, ReaderKind};
use crate::fronts::tui::pane::Pane;
use crate::fronts::tui::tool_effects::ToolEffect;
use crate::ops::NoticeLevel;

/// A key while something lies over the panes.
pub(super) fn pressed(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let regions = regions(model, model.area);
    let (rows, height) = (usize::from(regions.picker_rows()), usize::from(regions.reader().height));
    let action = model.keymap.action_for(chord, model.focus, Typing::Yes);
    if action == Some(Action::Stop) && model.nothing_runs().is_none() {
        return perform::perform(model, Action::Stop);
    }
    if chord.code == KeyCode::Esc || Chord::parse("Ctrl+C") == Some(chord) {
        model.editor.after_save.clear();
        close(model);
        return Vec::new();
    }
    let asks = matches!(model.overlay, Some(Overlay::Ask(_)));
    if !asks && action == Some(Action::Quit) {
        model.overlay = None;
        return perform::perform(model, Action::Quit);
    }
    match &mut model.overlay {
        Some(Overlay::Picker(_)) => picker_key(model, chord, rows),
        Some(Overlay::Prompt(Prompt { input })) => {
            if chord.code != KeyCode::Enter {
                input.handle(chord.event());
                return Vec::new();
            }
            let command = input.text().trim().to_owned();
            model.overlay = None;
            pipe(model, command)
        }
        Some(Overlay::History) => remembering::key(model, chord, usize::from(regions.history_rows())),
        Some(Overlay::Reader(reader)) => {
            if Chord::parse("y") == Some(chord) {
                return vec![TerminalEffect::Copy(reader.source.clone()).into()];
            }
            if let Some((path, line)) = reader.place.clone().filter(|_| Chord::parse("o") == Some(chord)) {
                model.overlay = None;
                return scripts::go_to(model, path, line);
            }
            match move_of(chord) {
                Some(to) => reader.page.go(to, height),
                None => close(model),
            }
            Vec::new()
        }
        Some(Overlay::Ask(ask)) => {
            let given = ask.answers.iter().find(|(key, ..)| Chord::parse(key) == Some(chord));
            match given.map(|(.., answer)| answer.clone()) {
                Some(answer) => {
                    model.overlay = None;
                    answered(model, answer)
                }
                None => {
                    if let Some(to) = move_of(chord) {
                        ask.page.go(to, usize::from(regions.question().height));
                    }
                    Vec::new()
                }
            }
        }
        Some(Overlay::Fill(_)) => fill_key(model, chord),
        Some(Overlay::Jump) => {
            model.overlay = None;
            if let Some(pane) = chord.typed().and_then(Pane::labelled) {
                moving::focus(model, pane);
            }
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// A key in a small form. What it comes to is begun when it is sent, and the form goes.
fn fill_key(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let Some(Overlay::Fill(fill)) = &mut model.overlay else { return Vec::new() };
    let sent = match fill.form.handle(chord.event()) {
        FormEvent::Submit => fill.submit(),
        FormEvent::Copied(text) => return vec![TerminalEffect::Copy(text).into()],
        FormEvent::Consumed | FormEvent::Ignored => None,
    };
    let Some(effect) = sent else { return Vec::new() };
    model.overlay = None;
    vec![offered::begin(model, effect)]
}

/// Gives what the keys are on to a shell command.
fn pipe(model: &mut Model, command: String) -> Vec<Effect> {
    let piece = if model.focus == Pane::Output {
        model.run().map(|run| Piece::Output(run.id))
    } else {
        model.tool.copied().map(Piece::Text)
    };
    let Some(piece) = piece.filter(|_| !command.is_empty()) else { return Vec::new() };
    model.notice = Some((NoticeLevel::Info, format!("{command} is running")));
    vec![Effect::Pipe(command, piece)]
}

/// Takes away what lies over the panes; what was opened from the history gives way to it.
pub(super) fn close(model: &mut Model) {
    let of_history = matches!(&model.overlay, Some(Overlay::Reader(reader)) if reader.kind == ReaderKind::OfHistory);
    model.overlay = of_history.then_some(Overlay::History);
}

/// Text pasted while something lies over the panes.
pub(super) fn pasted(model: &mut Model, text: &str) {
    if matches!(model.overlay, Some(Overlay::History)) {
        let mut query = model.history.query.clone();
        query.extend(text.chars().filter(|c| !c.is_control()));
        model.history.search(query);
    }
    if let Some(Overlay::Prompt(Prompt { input })) = &mut model.overlay {
        input.paste(text);
    }
    if let Some(Overlay::Picker(picker)) = &mut model.overlay {
        let mut query = picker.query.clone();
        query.extend(text.chars().filter(|c| !c.is_control()));
        picker.search(query);
    }
    if let Some(Overlay::Fill(fill)) = &mut model.overlay {
        fill.form.paste(text);
    }
}

fn picker_key(model: &mut Model, chord: Chord, height: usize) -> Vec<Effect> {
    let Some(Overlay::Picker(picker)) = &mut model.overlay else { return Vec::new() };
    let mut query = picker.query.clone();
    if chord.code == KeyCode::Enter {
        return choose(model);
    } else if let Some(letter) = chord.typed() {
        query.push(letter);
        picker.search(query);
    } else if chord.code == KeyCode::Backspace {
        query.pop();
        picker.search(query);
    } else if Chord::parse("Ctrl+U") == Some(chord) {
        picker.search(String::new());
    } else if let Some(to) = move_of(chord) {
        picker.cursor.go(to, picker.hits.len(), height);
    } else if chord.code == KeyCode::Tab {
        picker.cursor.go(Move::By(1), picker.hits.len(), height);
    }
    Vec::new()
}

/// Does what is selected in the picker. Something that cannot be done says why and leaves the picker open.
pub(super) fn choose(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Picker(picker)) = &model.overlay else { return Vec::new() };
    let Some(item) = picker.chosen().cloned() else { return Vec::new() };
    if let Some(obstacle) = item.obstacle {
        model.notice = Some((NoticeLevel::Info, format!("{}: {obstacle}", item.label)));
        return Vec::new();
    }
    model.overlay = None;
    match item.choice {
        Choice::Act(action) => perform::perform(model, action),
        Choice::Server(at) => {
            moving::focus(model, Pane::Servers);
            let row = crate::fronts::tui::tree::TreeRow::Server(at);
            model.tree.filter_drop();
            model.rebuild();
            model.tree.selected = model.tree_rows.iter().position(|other| *other == row).unwrap_or(0);
            Vec::new()
        }
        Choice::Tool(id) => perform::show_tool(model, &id),
        Choice::Script(at) => scripts::open_at(model, at),
        Choice::Saved(at) => calls::open_saved(model, at),
        Choice::Offered(row) => offered::open(model, row),
        Choice::Pane(pane) => {
            moving::focus(model, pane);
            Vec::new()
        }
        Choice::Run(id) => {
            if let Some(at) = model.world.runs.iter().position(|run| run.id == id) {
                perform::show_run(model, at);
            }
            Vec::new()
        }
    }
}

fn answered(model: &mut Model, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::QuitAnyway => vec![TerminalEffect::Quit.into()],
        Answer::SaveAndQuit => save_then(model, TerminalEffect::Quit.into()),
        Answer::SaveAndOpen(path) => save_then(model, Effect::Read(path)),
        Answer::OpenAnyway(path) => vec![Effect::Read(path)],
        Answer::Overwrite => {
            model.editor.resolve(Resolution::KeepMine);
            scripts::save(model)
        }
        Answer::ApprovePin(row) => vec![ToolEffect::ApprovePin(row).into()],
        Answer::ForgetPin(target) => vec![ToolEffect::ForgetPin(target).into()],
        Answer::TakeFile => {
            model.editor.after_save.clear();
            model.editor.resolve(Resolution::TakeTheirs);
            Vec::new()
        }
        Answer::Report(format) => vec![Effect::Report(format)],
        Answer::Copy(text) => vec![TerminalEffect::Copy(text).into()],
        Answer::Approve(id, answer) => {
            approval::answered(model, id);
            vec![Effect::Answer(id, answer)]
        }
        Answer::Reach(id, reach) => {
            approval::show(model, id, reach);
            Vec::new()
        }
        Answer::EditArguments(id) => {
            approval::edit(model, id);
            Vec::new()
        }
    }
}

fn save_then(model: &mut Model, after: Effect) -> Vec<Effect> {
    model.editor.after_save = vec![after];
    scripts::save(model)
}
