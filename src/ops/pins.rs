//! `pins`: what servers were when they were first used, what they are now, and accepting the difference.

use std::fmt::Write as _;
use std::sync::Arc;

use serde::Serialize;

use super::studio::Studio;
use crate::calls::identity;
use crate::catalog::Offer;
use crate::guards::pins::{Identity, NameFlag, Pins, difference, name_flags, visible};
use crate::types::{Failure, FailureKind, ServerName, ToolSpec, content_hash};

/// One pinned thing, compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PinRow {
    /// `server`, or `server__tool`: what `pins approve` takes.
    pub target: String,
    /// `new` (not used yet), `same`, `changed`, or `gone` (no longer offered).
    pub standing: &'static str,
    /// What has changed, as a text for people; empty unless something has.
    pub difference: String,
}

/// Everything pinned, compared with what servers offer now.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PinReport {
    /// Servers in the order of the configuration, each followed by its tools.
    pub rows: Vec<PinRow>,
    /// Look-alike and duplicate names, and hidden characters.
    pub flags: Vec<NameFlag>,
    /// Servers that could not be asked, each with the reason.
    pub failures: Vec<Failure>,
}

impl PinReport {
    /// The rows that keep a call from being made.
    pub fn changed(&self) -> impl Iterator<Item = &PinRow> {
        self.rows.iter().filter(|row| row.standing == "changed")
    }
}

/// A server as it is now.
struct Now {
    server: ServerName,
    offer: Arc<Offer>,
    identity: Identity,
}

impl Studio {
    /// Asks all servers, or those that `targets` name, and compares them with their pins.
    pub async fn pins(&self, targets: &[String]) -> Result<PinReport, Failure> {
        let pins = self.calls().pins().read()?;
        let mut report = PinReport::default();
        let mut tools: Vec<Arc<ToolSpec>> = Vec::new();
        for now in self.servers_now(targets).await? {
            let now = match now {
                Ok(now) => now,
                Err(failure) => {
                    report.failures.push(failure);
                    continue;
                }
            };
            report.rows.extend(rows(&pins, &now));
            tools.extend(now.offer.tools.iter().cloned());
        }
        if !targets.is_empty() {
            report.rows.retain(|row| targets.iter().any(|target| means(target, &row.target)));
        }
        report.flags = name_flags(tools.iter().map(|tool| &**tool));
        Ok(report)
    }

    /// Accepts what `targets` name as it is now: a server for its launch data, instructions and prompts, a tool for its
    /// definition. Answers what was accepted, with its difference. Fails where a target means nothing that was pinned.
    pub async fn approve_pins(&self, targets: &[String]) -> Result<Vec<PinRow>, Failure> {
        let servers = self.servers_now(targets).await?.into_iter().collect::<Result<Vec<Now>, Failure>>()?;
        let pins = self.calls().pins().read()?;
        let known: Vec<PinRow> = servers.iter().flat_map(|now| rows(&pins, now)).collect();
        if let Some(lost) = targets.iter().find(|target| !known.iter().any(|row| row.target == **target)) {
            return Err(Failure::new(FailureKind::Usage, format!("{lost:?} names neither a server nor a tool that is offered")));
        }
        self.calls().pins().change(|pins| {
            for now in &servers {
                if targets.iter().any(|target| *target == now.server.as_str()) {
                    pins.approve_server(&now.server, &now.identity);
                }
                let tools = now.offer.tools.iter().filter(|tool| targets.contains(&tool.id.to_string()));
                tools.for_each(|tool| pins.approve_tool(tool));
            }
        })?;
        Ok(known.into_iter().filter(|row| targets.contains(&row.target)).collect())
    }

    async fn servers_now(&self, targets: &[String]) -> Result<Vec<Result<Now, Failure>>, Failure> {
        let meant = |server: &ServerName| targets.is_empty() || targets.iter().any(|target| of_server(target, server));
        let settings = self.settings().servers.values().filter(|server| !server.disabled && meant(&server.name));
        let now = settings.map(async |server| {
            let peer = self.connections().connect(&server.name, true).await?;
            let offer = self.catalog().fresh(&server.name).await?;
            let identity = identity(server, &offer, peer.instructions.as_deref());
            Ok(Now { server: server.name.clone(), offer, identity })
        });
        let now = futures::future::join_all(now).await;
        if now.is_empty() && !targets.is_empty() {
            let named = targets.join(", ");
            return Err(Failure::new(FailureKind::Usage, format!("no configured server is meant by {named}")));
        }
        Ok(now)
    }
}

fn of_server(target: &str, server: &ServerName) -> bool {
    target == server.as_str() || target.strip_prefix(server.as_str()).is_some_and(|rest| rest.starts_with("__"))
}

/// Whether a row belongs to what was asked for: the thing itself, or a tool of the server.
fn means(target: &str, row: &str) -> bool {
    row == target || row.strip_prefix(target).is_some_and(|rest| rest.starts_with("__"))
}

fn rows(pins: &Pins, now: &Now) -> Vec<PinRow> {
    let mut rows = vec![server_row(pins, now)];
    rows.extend(now.offer.tools.iter().map(|tool| tool_row(pins, tool)));
    let pinned = pins.servers.get(&now.server).into_iter().flat_map(|pins| pins.tools.keys());
    let gone = pinned.filter(|name| now.offer.tools.named(name).is_none());
    rows.extend(gone.map(|name| PinRow {
        target: format!("{}__{name}", now.server),
        standing: "gone",
        difference: String::new(),
    }));
    rows
}

fn server_row(pins: &Pins, now: &Now) -> PinRow {
    let changes = pins.changes(&now.server, &now.identity);
    let standing = match (pins.servers.contains_key(&now.server), changes.is_empty()) {
        (false, _) => "new",
        (true, true) => "same",
        (true, false) => "changed",
    };
    let mut difference = String::new();
    for change in &changes {
        let _ = writeln!(difference, "changed: {}", visible(change));
        if change == "instructions" {
            let _ = writeln!(difference, "now: {}", visible(now.identity.instructions.as_deref().unwrap_or("none")));
        }
    }
    PinRow { target: now.server.to_string(), standing, difference }
}

fn tool_row(pins: &Pins, tool: &ToolSpec) -> PinRow {
    let id = &tool.id;
    let standing = pins.tool(&id.server, &id.tool, &content_hash(&tool.raw)).word();
    let pinned = pins.servers.get(&id.server).and_then(|pins| pins.tools.get(&*id.tool));
    let changed = pinned.filter(|_| standing == "changed");
    let difference = changed.map_or(String::new(), |pin| difference(&pin.definition, &tool.raw));
    PinRow { target: id.to_string(), standing, difference }
}
