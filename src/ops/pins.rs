//! `pins`: what servers were when they were first used, what they are now, and accepting the difference.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde::Serialize;

use super::studio::Studio;
use crate::calls::identity;
use crate::catalog::Offer;
use crate::guards::pins::{Identity, NameFlag, Pins, difference, name_flags, visible};
use crate::types::{Failure, FailureKind, ServerName, ToolId, ToolSpec, content_hash};

/// One pinned thing, compared. Hashes are SHA-256, hexadecimal: of a tool's definition, of a server's launch data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PinRow {
    /// `server`, or `server__tool`: what `pins approve` takes.
    pub target: String,
    /// `new` (not used yet), `same`, `changed`, `gone` (no longer offered), or `unseen` (nothing is known of what is offered).
    pub standing: &'static str,
    /// What was pinned.
    pub pinned: Option<String>,
    /// What it is now.
    pub now: Option<String>,
    /// What has changed, as a text for people, with hidden characters as `<U+200B>`; empty unless something has.
    pub difference: String,
    /// What is odd about its name or its words: look-alike and duplicate names, hidden characters.
    pub flags: Vec<String>,
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

impl PinRow {
    fn of(target: String, standing: &'static str) -> Self {
        Self { target, standing, pinned: None, now: None, difference: String::new(), flags: Vec::new() }
    }
}

impl PinReport {
    /// With what is odd about `tools`, also at the row of each.
    fn flagged(mut self, tools: &[Arc<ToolSpec>]) -> Self {
        self.flags = name_flags(tools.iter().map(|tool| &**tool));
        let mut by_tool: HashMap<String, Vec<String>> = HashMap::new();
        for flag in &self.flags {
            by_tool.entry(flag.tool.to_string()).or_default().push(flag.why.clone());
        }
        for row in &mut self.rows {
            row.flags = by_tool.remove(&row.target).unwrap_or_default();
        }
        self
    }

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
    /// Whether it has been asked: what was not said by it is then not there.
    asked: bool,
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
        Ok(report.flagged(&tools))
    }

    /// Compares what is known of all servers with their pins, and asks none. Reads the file of pins: not for each frame.
    pub fn known_pins(&self) -> Result<PinReport, Failure> {
        let pins = self.calls().pins().read()?;
        let (offers, states) = (self.offers(), self.servers());
        let mut report = PinReport::default();
        let mut tools: Vec<Arc<ToolSpec>> = Vec::new();
        for server in self.settings().servers.values().filter(|server| !server.disabled) {
            let state = states.iter().find(|(name, _)| *name == server.name);
            let peer = state.and_then(|(_, state)| super::health::peer_of(state.clone()));
            let instructions = peer.as_ref().and_then(|peer| peer.instructions.as_deref());
            let Some(offer) = offers.get(&server.name) else {
                let identity = identity(server, &Offer::default(), instructions);
                report.rows.extend(unseen(&pins, &server.name, &identity));
                continue;
            };
            let identity = identity(server, offer, instructions);
            let asked = peer.is_some();
            report.rows.extend(rows(&pins, &Now { server: server.name.clone(), offer: Arc::clone(offer), identity, asked }));
            tools.extend(offer.tools.iter().cloned());
        }
        Ok(report.flagged(&tools))
    }

    /// Accepts what `targets` name as it is now: a server for its launch data, instructions and prompts, a tool for its
    /// definition. Answers what was accepted, with its difference. Fails where a target means nothing that was pinned.
    pub async fn approve_pins(&self, targets: &[String]) -> Result<Vec<PinRow>, Failure> {
        self.approve_known(targets, |_| Ok(())).await
    }

    /// Accepts exactly what `row` has shown. Fails where it has changed again since.
    pub async fn approve_pin(&self, row: &PinRow) -> Result<(), Failure> {
        let as_shown = |now: &PinRow| {
            if now.now == row.now && now.difference == row.difference {
                return Ok(());
            }
            let message = format!("{} is no longer what was shown", row.target);
            Err(Failure::new(FailureKind::PolicyDenied, message).hint("look at the difference again"))
        };
        self.approve_known(std::slice::from_ref(&row.target), as_shown).await.map(drop)
    }

    async fn approve_known(
        &self,
        targets: &[String],
        check: impl Fn(&PinRow) -> Result<(), Failure>,
    ) -> Result<Vec<PinRow>, Failure> {
        let servers = self.servers_now(targets).await?.into_iter().collect::<Result<Vec<Now>, Failure>>()?;
        let pins = self.calls().pins().read()?;
        let mut known: Vec<PinRow> = servers.iter().flat_map(|now| rows(&pins, now)).collect();
        if let Some(lost) = targets.iter().find(|target| !known.iter().any(|row| row.target == **target)) {
            return Err(Failure::new(FailureKind::Usage, format!("{lost:?} names neither a server nor a tool that is offered")));
        }
        known.retain(|row| targets.contains(&row.target));
        known.iter().try_for_each(check)?;
        self.calls().pins().change(|pins| {
            for now in &servers {
                if targets.iter().any(|target| *target == now.server.as_str()) {
                    pins.approve_server(&now.server, &now.identity);
                }
                let tools = now.offer.tools.iter().filter(|tool| targets.contains(&tool.id.to_string()));
                tools.for_each(|tool| pins.approve_tool(tool));
            }
        })?;
        Ok(known)
    }

    /// Forgets what `targets` name, a server with all its tools: their next use pins them anew. Asks no server.
    /// Fails, and forgets nothing, where one of them is not pinned.
    pub fn forget_pins(&self, targets: &[String]) -> Result<(), Failure> {
        let mut lost = None;
        self.calls().pins().change(|pins| {
            let mut left = pins.clone();
            lost = targets.iter().find(|target| !forgets(&mut left, target));
            if lost.is_none() {
                *pins = left;
            }
        })?;
        lost.map_or(Ok(()), |target| Err(Failure::new(FailureKind::Usage, format!("{target:?} names nothing that is pinned"))))
    }

    async fn servers_now(&self, targets: &[String]) -> Result<Vec<Result<Now, Failure>>, Failure> {
        let meant = |server: &ServerName| targets.is_empty() || targets.iter().any(|target| of_server(target, server));
        let settings = self.settings().servers.values().filter(|server| !server.disabled && meant(&server.name));
        let now = settings.map(async |server| {
            let peer = self.connections().connect(&server.name, true).await?;
            let offer = self.catalog().fresh(&server.name).await?;
            let identity = identity(server, &offer, peer.instructions.as_deref());
            Ok(Now { server: server.name.clone(), offer, identity, asked: true })
        });
        let now = futures::future::join_all(now).await;
        if now.is_empty() && !targets.is_empty() {
            let known = self.settings().servers.keys().map(ServerName::as_str).collect::<Vec<_>>().join(", ");
            let failure = Failure::new(FailureKind::Usage, format!("no configured server is meant by {}", targets.join(", ")));
            return Err(failure.hint(format!("configured: {known}; a tool is written server__tool")));
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

fn forgets(pins: &mut Pins, target: &str) -> bool {
    match (ToolId::parse(target), ServerName::new(target)) {
        (Ok(id), _) if pins.forget_tool(&id) => true,
        (_, Ok(server)) => pins.forget_server(&server),
        (_, Err(_)) => false,
    }
}

fn rows(pins: &Pins, now: &Now) -> Vec<PinRow> {
    let mut rows = vec![server_row(pins, now)];
    rows.extend(now.offer.tools.iter().map(|tool| tool_row(pins, tool)));
    let pinned = pins.servers.get(&now.server).into_iter().flat_map(|pins| &pins.tools);
    let gone = pinned.filter(|(name, _)| now.offer.tools.named(name).is_none());
    rows.extend(
        gone.map(|(name, pin)| PinRow {
            pinned: Some(pin.sha256.clone()),
            ..PinRow::of(format!("{}__{name}", now.server), "gone")
        }),
    );
    rows
}

/// A server of which nothing is known but its configuration and its pins.
fn unseen(pins: &Pins, server: &ServerName, identity: &Identity) -> Vec<PinRow> {
    let Some(known) = pins.servers.get(server) else { return vec![PinRow::of(server.to_string(), "new")] };
    let standing = pins.launch(server, &identity.launch).word();
    let (pinned, now) = (Some(known.launch.clone()), Some(identity.launch.clone()));
    let row = PinRow { pinned, now, ..PinRow::of(server.to_string(), standing) };
    let tools = known
        .tools
        .iter()
        .map(|(name, pin)| PinRow { pinned: Some(pin.sha256.clone()), ..PinRow::of(format!("{server}__{name}"), "unseen") });
    std::iter::once(row).chain(tools).collect()
}

fn server_row(pins: &Pins, now: &Now) -> PinRow {
    let mut changes = pins.changes(&now.server, &now.identity);
    // A server that was not asked has said no instructions: that is no change.
    changes.retain(|change| now.asked || change != "instructions");
    let known = pins.servers.get(&now.server);
    let standing = match (known, changes.is_empty()) {
        (None, _) => "new",
        (Some(_), true) => "same",
        (Some(_), false) => "changed",
    };
    let mut difference = String::new();
    for change in &changes {
        let _ = writeln!(difference, "changed: {}", visible(change));
        if change == "instructions" {
            let _ = writeln!(difference, "now: {}", visible(now.identity.instructions.as_deref().unwrap_or("none")));
        }
    }
    PinRow {
        pinned: known.map(|pins| pins.launch.clone()),
        now: Some(now.identity.launch.clone()),
        difference,
        ..PinRow::of(now.server.to_string(), standing)
    }
}

fn tool_row(pins: &Pins, tool: &ToolSpec) -> PinRow {
    let (id, sha256) = (&tool.id, content_hash(&tool.raw));
    let standing = pins.tool(&id.server, &id.tool, &sha256).word();
    let pinned = pins.servers.get(&id.server).and_then(|pins| pins.tools.get(&*id.tool));
    let changed = pinned.filter(|_| standing == "changed");
    PinRow {
        pinned: pinned.map(|pin| pin.sha256.clone()),
        now: Some(sha256),
        difference: changed.map_or(String::new(), |pin| difference(&pin.definition, &tool.raw)),
        ..PinRow::of(id.to_string(), standing)
    }
}
