//! `pins`: what servers were when they were first used, what they are now, and accepting the difference.

mod rows;

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use self::rows::{Now, rows, unseen};
use super::studio::Studio;
use crate::calls::identity;
use crate::catalog::Offer;
use crate::guards::pins::{NameFlag, Pins, instructions_target, name_flags, named, prompt_target};
use crate::types::{Failure, FailureKind, ServerName, ToolId, ToolSpec};

/// What a pin holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PinKind {
    /// How a server is started or reached.
    Launch,
    /// What a server says of its use.
    Instructions,
    /// The definition of a prompt.
    Prompt,
    /// The definition of a tool.
    Tool,
}

/// One pinned thing, compared. Hashes are SHA-256, hexadecimal: of a definition, of instructions, of launch data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PinRow {
    /// `server`, `server/instructions`, `server/prompts/name` or `server__tool`: what `pins approve` takes.
    pub target: String,
    /// What it is.
    pub kind: PinKind,
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
    /// Servers in the order of the configuration, each followed by its instructions, its prompts and its tools.
    pub rows: Vec<PinRow>,
    /// Look-alike and duplicate names, and hidden characters.
    pub flags: Vec<NameFlag>,
    /// Servers that could not be asked, each with the reason.
    pub failures: Vec<Failure>,
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

    /// The rows of what is not used until a person accepts it.
    pub fn changed(&self) -> impl Iterator<Item = &PinRow> {
        self.rows.iter().filter(|row| row.standing == "changed")
    }
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

    /// Accepts what `targets` name as it is now: a server for its launch data, its instructions, a prompt, a tool.
    /// Answers what was accepted, with its difference. Fails where a target means nothing that is offered.
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
            return Err(Failure::new(FailureKind::Usage, format!("{lost:?} names nothing that a server of this project offers")));
        }
        known.retain(|row| targets.contains(&row.target));
        known.iter().try_for_each(check)?;
        self.calls().pins().change(|pins| {
            servers.iter().for_each(|now| approve(pins, now, targets));
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

fn approve(pins: &mut Pins, now: &Now, targets: &[String]) {
    let meant = |name: String| targets.contains(&name);
    if meant(now.server.to_string()) {
        pins.approve_launch(&now.server, &now.identity);
    }
    if meant(instructions_target(&now.server)) {
        pins.approve_instructions(&now.server, &now.identity);
    }
    let prompts = named(&now.identity.prompts).filter(|(name, _)| meant(prompt_target(&now.server, name)));
    prompts.for_each(|(name, definition)| pins.approve_prompt(&now.server, name, definition));
    let tools = now.offer.tools.iter().filter(|tool| meant(tool.id.to_string()));
    tools.for_each(|tool| pins.approve_tool(tool));
}

fn of_server(target: &str, server: &ServerName) -> bool {
    means(server.as_str(), target)
}

/// Whether a row belongs to what was asked for: the thing itself, or something of the server.
fn means(target: &str, row: &str) -> bool {
    row == target || row.strip_prefix(target).is_some_and(|rest| rest.starts_with("__") || rest.starts_with('/'))
}

fn forgets(pins: &mut Pins, target: &str) -> bool {
    let (server, rest) = target.split_once('/').map_or((target, None), |(server, rest)| (server, Some(rest)));
    match (ToolId::parse(target), ServerName::new(server), rest) {
        (Ok(id), ..) if pins.forget_tool(&id) => true,
        (_, Ok(server), None) => pins.forget_server(&server),
        (_, Ok(server), Some("instructions")) => pins.forget_instructions(&server),
        (_, Ok(server), Some(rest)) => rest.strip_prefix("prompts/").is_some_and(|prompt| pins.forget_prompt(&server, prompt)),
        (_, Err(_), _) => false,
    }
}
