//! Prompts and resources: asked for at once where nothing has to be filled in, else through a small form.

use serde_json::{Map, Value};

use crate::fronts::tui::fill::Fill;
use crate::fronts::tui::message::Effect;
use crate::fronts::tui::model::Model;
use crate::fronts::tui::overlay::Overlay;
use crate::fronts::tui::reading;
use crate::fronts::tui::tool_effects::ToolEffect;
use crate::fronts::tui::tree::TreeRow;
use crate::ops::NoticeLevel;
use crate::types::Failure;

/// Opens a prompt or a resource.
pub(super) fn open(model: &mut Model, row: TreeRow) -> Vec<Effect> {
    let Some((server, _)) = model.world.servers.get(row.server()).cloned() else { return Vec::new() };
    let Some(offer) = model.world.offer(row.server()).cloned() else { return Vec::new() };
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let (form, effect) = match row {
        TreeRow::Server(_) | TreeRow::Tool(..) => return Vec::new(),
        TreeRow::Prompt(_, at) => {
            let Some(prompt) = offer.prompts.get(at) else { return Vec::new() };
            let asked = text(prompt, "name").map(|name| ToolEffect::GetPrompt(server.clone(), name, Map::new()));
            (Fill::prompt(&server, prompt), asked)
        }
        TreeRow::Resource(_, at) => {
            let uri = offer.resources.get(at).and_then(|resource| text(resource, "uri"));
            (None, uri.map(|uri| ToolEffect::ReadResource(server, uri)))
        }
        TreeRow::Template(_, at) => {
            let Some(template) = offer.resource_templates.get(at) else { return Vec::new() };
            let uri = text(template, "uriTemplate").map(|uri| ToolEffect::ReadResource(server.clone(), uri));
            (Fill::template(&server, template), uri)
        }
    };
    if let Some(form) = form {
        model.overlay = Some(Overlay::Fill(Box::new(form)));
        return Vec::new();
    }
    effect.into_iter().map(|effect| begin(model, effect)).collect()
}

/// Says that something is asked for.
pub(super) fn begin(model: &mut Model, effect: ToolEffect) -> Effect {
    if let ToolEffect::ReadResource(_, name) | ToolEffect::GetPrompt(_, name, _) = &effect {
        model.notice = Some((NoticeLevel::Info, format!("asking for {name}")));
    }
    effect.into()
}

/// What was asked for came.
pub(super) fn came(model: &mut Model, name: &str, result: &Result<Value, Failure>) {
    model.notice = None;
    model.overlay = Some(Overlay::Reader(match result {
        Ok(result) => reading::content(name, result),
        Err(failure) => reading::failure(name, failure),
    }));
}
