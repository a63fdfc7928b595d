//! What is pinned of a server and what it offers now, side by side.

use std::sync::Arc;

use serde_json::Value;

use super::{PinKind, PinRow};
use crate::catalog::Offer;
use crate::guards::pins::{Identity, Pin, Pins, Standing, difference, instructions_target, named, prompt_target};
use crate::types::{ServerName, ToolSpec, content_hash};

/// A server as it is now.
pub(super) struct Now {
    pub(super) server: ServerName,
    pub(super) offer: Arc<Offer>,
    pub(super) identity: Identity,
    /// Whether it has been asked: what was not said by it is then not there.
    pub(super) asked: bool,
}

impl PinRow {
    fn of(kind: PinKind, target: String, standing: &'static str) -> Self {
        Self { target, kind, standing, pinned: None, now: None, difference: String::new(), flags: Vec::new() }
    }

    /// A definition beside its pin.
    fn compared(kind: PinKind, target: String, standing: Standing, pin: Option<&Pin>, now: &Value) -> Self {
        let changed = pin.filter(|_| standing == Standing::Changed);
        Self {
            pinned: pin.map(|pin| pin.sha256.clone()),
            now: Some(content_hash(now)),
            difference: changed.map_or(String::new(), |pin| difference(&pin.definition, now)),
            ..Self::of(kind, target, standing.word())
        }
    }

    /// Something that was pinned and is not known to be offered.
    fn pinned(kind: PinKind, target: String, standing: &'static str, pin: &Pin) -> Self {
        Self { pinned: Some(pin.sha256.clone()), ..Self::of(kind, target, standing) }
    }
}

/// A server with everything that is its.
pub(super) fn rows(pins: &Pins, now: &Now) -> Vec<PinRow> {
    let mut rows = vec![launch_row(pins, &now.server, &now.identity)];
    rows.extend(instructions_row(pins, now));
    rows.extend(named(&now.identity.prompts).map(|(name, prompt)| prompt_row(pins, &now.server, name, prompt)));
    rows.extend(now.offer.tools.iter().map(|tool| tool_row(pins, tool)));
    let offered = |name: &str| named(&now.identity.prompts).any(|(known, _)| known == name);
    rows.extend(pinned_prompts(pins, &now.server, "gone", |name| !offered(name)));
    rows.extend(pinned_tools(pins, &now.server, "gone", |name| now.offer.tools.named(name).is_none()));
    rows
}

/// A server of which nothing is known but its configuration and its pins.
pub(super) fn unseen(pins: &Pins, server: &ServerName, identity: &Identity) -> Vec<PinRow> {
    let mut rows = vec![launch_row(pins, server, identity)];
    rows.extend(pinned_instructions(pins, server));
    rows.extend(pinned_prompts(pins, server, "unseen", |_| true));
    rows.extend(pinned_tools(pins, server, "unseen", |_| true));
    rows
}

/// Of launch data only the hash is known, so that no argument of a command line stands in a second file.
fn launch_row(pins: &Pins, server: &ServerName, identity: &Identity) -> PinRow {
    let standing = pins.launch(server, &identity.launch);
    let difference = if standing == Standing::Changed { "changed: launch data\n" } else { "" };
    PinRow {
        pinned: pins.servers.get(server).map(|pins| pins.launch.clone()),
        now: Some(identity.launch.clone()),
        difference: difference.to_owned(),
        ..PinRow::of(PinKind::Launch, server.to_string(), standing.word())
    }
}

/// Nothing where there are none and never were.
fn instructions_row(pins: &Pins, now: &Now) -> Option<PinRow> {
    if !now.asked {
        return pinned_instructions(pins, &now.server);
    }
    let pin = pins.servers.get(&now.server).and_then(|pins| pins.instructions.as_ref());
    let (text, target) = (&now.identity.instructions, instructions_target(&now.server));
    let standing = pins.instructions(&now.server, text);
    let any = !text.is_null() || pin.is_some_and(|pin| !pin.definition.is_null());
    any.then(|| PinRow::compared(PinKind::Instructions, target, standing, pin, text))
}

fn prompt_row(pins: &Pins, server: &ServerName, name: &str, prompt: &Value) -> PinRow {
    let pin = pins.servers.get(server).and_then(|pins| pins.prompts.get(name));
    let standing = pins.prompt(server, name, &content_hash(prompt));
    PinRow::compared(PinKind::Prompt, prompt_target(server, name), standing, pin, prompt)
}

fn tool_row(pins: &Pins, tool: &ToolSpec) -> PinRow {
    let id = &tool.id;
    let pin = pins.servers.get(&id.server).and_then(|pins| pins.tools.get(&*id.tool));
    let standing = pins.tool(&id.server, &id.tool, &content_hash(&tool.raw));
    PinRow::compared(PinKind::Tool, id.to_string(), standing, pin, &tool.raw)
}

/// Those that were pinned, of a server that was not asked.
fn pinned_instructions(pins: &Pins, server: &ServerName) -> Option<PinRow> {
    let pin = pins.servers.get(server)?.instructions.as_ref().filter(|pin| !pin.definition.is_null())?;
    Some(PinRow::pinned(PinKind::Instructions, instructions_target(server), "unseen", pin))
}

fn pinned_prompts(pins: &Pins, server: &ServerName, standing: &'static str, which: impl Fn(&str) -> bool) -> Vec<PinRow> {
    let pinned = pins.servers.get(server).into_iter().flat_map(|pins| &pins.prompts).filter(|(name, _)| which(name));
    pinned.map(|(name, pin)| PinRow::pinned(PinKind::Prompt, prompt_target(server, name), standing, pin)).collect()
}

fn pinned_tools(pins: &Pins, server: &ServerName, standing: &'static str, which: impl Fn(&str) -> bool) -> Vec<PinRow> {
    let pinned = pins.servers.get(server).into_iter().flat_map(|pins| &pins.tools).filter(|(name, _)| which(name));
    pinned.map(|(name, pin)| PinRow::pinned(PinKind::Tool, format!("{server}__{name}"), standing, pin)).collect()
}
