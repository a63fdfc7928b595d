//! Calls by hand: what the form does, calling again. Whether a call may be made is asked by the policy.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};
use serde_json::{Map, Value};

use super::moving;
use crate::fronts::tui::approval;
use crate::fronts::tui::chord::Chord;
use crate::fronts::tui::fill::Fill;
use crate::fronts::tui::form::FormEvent;
use crate::fronts::tui::message::{Effect, TerminalEffect, Ticket};
use crate::fronts::tui::model::{Model, OpenCall};
use crate::fronts::tui::overlay::Overlay;
use crate::fronts::tui::pane::Pane;
use crate::fronts::tui::reading;
use crate::fronts::tui::tool_pane::Tab;
use crate::ops::{ApprovalAnswer, NoticeLevel};
use crate::types::{ToolId, ToolSpec};

/// Calls the selected tool, or goes to its form when it takes arguments.
pub(super) fn call_target(model: &mut Model) -> Vec<Effect> {
    let Some(spec) = model.target_tool().cloned() else { return Vec::new() };
    let nothing_to_fill = !takes_arguments(&spec);
    moving::remember(model);
    model.tool.show(Arc::clone(&spec));
    model.tool.turn(Tab::Call);
    if nothing_to_fill {
        return begin(model, spec.id.clone(), Value::Object(Map::new()));
    }
    model.focus = Pane::Tool;
    model.tool.fill();
    Vec::new()
}

/// Asks for the name under which the call of the form is saved.
pub(super) fn keep(model: &mut Model) -> Vec<Effect> {
    let Some(spec) = &model.tool.spec else { return Vec::new() };
    let arguments = model.tool.arguments_of(&spec.id).unwrap_or_default();
    model.overlay = Some(Overlay::Fill(Box::new(Fill::save_call(&spec.id, arguments))));
    Vec::new()
}

/// Fills the form of its tool with a saved call.
pub(super) fn open_saved(model: &mut Model, at: usize) -> Vec<Effect> {
    let Some(saved) = model.world.saved.get(at) else { return Vec::new() };
    match saved.call.clone() {
        Err(failure) => model.overlay = Some(Overlay::Reader(reading::failure(&saved.name, &failure))),
        Ok((tool, arguments)) => match model.world.tool(&tool).cloned() {
            Some(spec) => {
                moving::remember(model);
                model.tool.show(spec);
                model.tool.refill(&Value::Object(arguments));
                model.tool.fill();
                model.focus = Pane::Tool;
            }
            None => {
                let text = format!("{tool} is not known; connect {} first", tool.server);
                model.notice = Some((NoticeLevel::Warning, text));
            }
        },
    }
    Vec::new()
}

/// Makes the last call again.
pub(super) fn again(model: &mut Model) -> Vec<Effect> {
    let Some((id, arguments)) = model.last_call.clone() else { return Vec::new() };
    if let Some(spec) = model.world.tool(&id).cloned() {
        model.tool.show(spec);
        model.tool.turn(Tab::Call);
        model.tool.refill(&arguments);
    }
    begin(model, id, arguments)
}

/// A key while a form is filled.
pub(super) fn form_key(model: &mut Model, chord: Chord, key: KeyEvent) -> Vec<Effect> {
    let meant = model.tool.form_key(key);
    if meant == FormEvent::Ignored {
        if chord.code == KeyCode::Esc {
            model.tool.rest();
        } else if chord.code == KeyCode::Tab {
            moving::focus(model, model.focus.along(chord.modifiers.is_empty()));
        }
    }
    form_event(model, meant)
}

/// What a key or click in the form asks for.
pub(super) fn form_event(model: &mut Model, event: FormEvent) -> Vec<Effect> {
    match event {
        FormEvent::Consumed | FormEvent::Ignored => Vec::new(),
        FormEvent::Submit => send(model),
        FormEvent::Copied(text) => vec![TerminalEffect::Copy(text).into()],
    }
}

/// Sends the form. What is wrong with it is shown in it.
fn send(model: &mut Model) -> Vec<Effect> {
    match (model.tool.spec.clone(), model.tool.arguments()) {
        (Some(spec), Ok(arguments)) => {
            model.tool.rest();
            match model.approvals.take_edited(&spec.id) {
                Some(question) => {
                    approval::answered(model, question);
                    vec![Effect::Answer(question, ApprovalAnswer::Edited(arguments))]
                }
                None => begin(model, spec.id.clone(), arguments),
            }
        }
        (Some(_) | None, _) => Vec::new(),
    }
}

/// The arguments were edited outside. What cannot be arguments is not lost: it goes to the clipboard.
pub(super) fn edited(model: &mut Model, tool: &ToolId, text: String) -> Vec<Effect> {
    let shown = model.tool.spec.as_ref().is_some_and(|spec| spec.id == *tool);
    let why = match serde_json::from_str::<Value>(&text) {
        Ok(arguments) if arguments.is_object() && shown => {
            model.tool.refill(&arguments);
            model.tool.fill();
            return Vec::new();
        }
        Ok(_) => "arguments must be a JSON object".to_owned(),
        Err(error) => format!("the arguments are not JSON: {error}"),
    };
    model.notice = Some((NoticeLevel::Error, format!("{why}; what you wrote is on the clipboard")));
    vec![TerminalEffect::Copy(text).into()]
}

/// Begins a call.
pub(super) fn begin(model: &mut Model, tool: ToolId, arguments: Value) -> Vec<Effect> {
    model.tickets += 1;
    let ticket = Ticket(model.tickets);
    model.calls.push(OpenCall { ticket, tool: tool.clone(), arguments: arguments.clone(), since: model.now });
    model.last_call = Some((tool.clone(), arguments.clone()));
    model.tool.answer = None;
    model.tool.waiting = Some(tool.clone());
    vec![Effect::Call(ticket, tool, arguments)]
}

/// Writes the wrapper's call at the editor's cursor, as soon as the wrapper is there.
pub(super) fn insert(model: &mut Model) -> Vec<Effect> {
    let Some(spec) = model.target_tool().cloned() else { return Vec::new() };
    if let Some(wrapper) = model.tool.wrapper_of(&spec.id).map(|shown| shown.wrapper.clone()) {
        insert_wrapper(model, &wrapper);
        return Vec::new();
    }
    model.tool.inserting = Some(spec.id.clone());
    model.tool.forget_wrapper();
    Vec::new()
}

/// Writes a wrapper's call at the editor's cursor.
pub(super) fn insert_wrapper(model: &mut Model, wrapper: &crate::ops::Wrapper) {
    model.editor.insert_call(wrapper);
    moving::focus(model, Pane::Editor);
}

/// Whether a tool has any parameter.
pub(super) fn takes_arguments(spec: &ToolSpec) -> bool {
    let properties = spec.input_schema.get("properties").and_then(Value::as_object);
    properties.is_some_and(|properties| !properties.is_empty())
        || ["anyOf", "oneOf", "allOf", "$ref"].iter().any(|key| spec.input_schema.get(key).is_some())
}
