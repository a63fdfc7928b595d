//! Scripts: opening, saving, running. Nothing unsaved is ever lost without a question.

use std::path::{Path, PathBuf};

use super::moving;
use crate::fronts::tui::editor::Outside;
use crate::fronts::tui::message::{Effect, SaveFault};
use crate::fronts::tui::model::{Fault, Model};
use crate::fronts::tui::overlay::{Answer, Ask, Overlay};
use crate::fronts::tui::pane::Pane;
use crate::ops::NoticeLevel;
use crate::types::Failure;

/// Opens the script at a position of the list and gives the editor the keys.
pub(super) fn open_at(model: &mut Model, at: usize) -> Vec<Effect> {
    match model.world.scripts.get(at) {
        Some(script) => open(model, script.path.clone()),
        None => Vec::new(),
    }
}

/// Opens a script; asks first where the editor holds unsaved text of another.
pub(super) fn open(model: &mut Model, path: PathBuf) -> Vec<Effect> {
    moving::focus(model, Pane::Editor);
    if model.editor.path.as_ref() == Some(&path) {
        return Vec::new();
    }
    if !model.editor.dirty() {
        return vec![Effect::Read(path)];
    }
    let name = model.editor.name();
    model.overlay = Some(Overlay::Ask(Ask::new(
        "Open another script?".to_owned(),
        &[format!("{name} has changes that are not saved.")],
        vec![("s", "save, then open", Answer::SaveAndOpen(path.clone())), ("d", "discard, then open", Answer::OpenAnyway(path))],
    )));
    Vec::new()
}

/// Goes to a line of a script, which is opened for that if need be.
pub(super) fn go_to(model: &mut Model, path: PathBuf, line: u32) -> Vec<Effect> {
    if model.editor.path.as_ref() == Some(&path) {
        moving::focus(model, Pane::Editor);
        model.editor.go_to_line(line);
        return Vec::new();
    }
    model.editor.goal = Some((path.clone(), line));
    open(model, path)
}

/// Goes to the line that failed last.
pub(super) fn go_to_fault(model: &mut Model) -> Vec<Effect> {
    match &model.fault {
        Some(fault) => go_to(model, fault.path.clone(), fault.line),
        None => Vec::new(),
    }
}

/// A line has failed: it is marked, and one key goes there.
pub(super) fn failed(model: &mut Model, path: PathBuf, line: u32, text: &str) {
    model.editor.mark(&path, line, text);
    model.fault = Some(Fault { path, line, text: text.to_owned() });
}

/// Writes the open script.
pub(super) fn save(model: &mut Model) -> Vec<Effect> {
    let Some(path) = model.editor.path.clone() else { return Vec::new() };
    vec![Effect::Save { path, text: model.editor.text(), base: model.editor.base().to_owned() }]
}

/// Runs the selected script, or the one in the editor as it stands there.
pub(super) fn run(model: &mut Model) -> Vec<Effect> {
    let Some(path) = model.target_script() else { return Vec::new() };
    let edited = model.editor.path.as_ref() == Some(&path) && model.editor.dirty();
    let text = edited.then(|| model.editor.text());
    model.editor.unmark();
    model.fault = None;
    model.shown_run = None;
    model.output.line = None;
    vec![Effect::Run(path, text)]
}

/// A script was read.
pub(super) fn read(model: &mut Model, path: PathBuf, text: Result<String, Failure>) {
    match text {
        Ok(text) => {
            model.editor.open(path, &text);
            if let Some(fault) = &model.fault {
                model.editor.mark(&fault.path, fault.line, &fault.text);
            }
        }
        Err(failure) => model.notice = Some((NoticeLevel::Error, failure.message)),
    }
}

/// Somebody else wrote the open script.
pub(super) fn changed(model: &mut Model, path: &Path, text: &str) {
    if model.editor.path.as_deref() != Some(path) {
        return;
    }
    let name = model.editor.name().to_owned();
    match model.editor.changed_outside(text) {
        Outside::Same => {}
        Outside::Reloaded => {
            model.notice = Some((NoticeLevel::Info, format!("{name} was changed by another program and read anew")));
        }
        Outside::Conflict => {
            model.notice = Some((NoticeLevel::Warning, format!("{name} was changed by another program; saving will ask")));
        }
    }
}

/// A script was written, or not.
pub(super) fn saved(model: &mut Model, path: &Path, result: Result<String, SaveFault>) -> Vec<Effect> {
    let after = std::mem::take(&mut model.editor.after_save);
    match result {
        Ok(text) => {
            if model.editor.path.as_deref() == Some(path) {
                model.editor.saved(&text);
            }
            model.notice = Some((NoticeLevel::Info, format!("{} is saved", model.editor.name())));
            let mut effects = vec![Effect::ListScripts];
            effects.extend(after);
            effects
        }
        Err(SaveFault::Failed(failure)) => {
            model.notice = Some((NoticeLevel::Error, failure.message));
            Vec::new()
        }
        Err(SaveFault::Changed(found)) => {
            model.editor.after_save = after;
            model.editor.changed_outside(&found);
            model.overlay = Some(Overlay::Ask(Ask::new(
                "Write over another program's changes?".to_owned(),
                &[format!("{} holds something else than when it was opened.", model.editor.name())],
                vec![("o", "overwrite", Answer::Overwrite), ("t", "take the file's text", Answer::TakeFile)],
            )));
            Vec::new()
        }
    }
}
