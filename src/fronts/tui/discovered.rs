//! The tab of discovered models: what is known of a tool's replies, and what the last discovery came to.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use ratatui::style::Style;
use ratatui::text::Line;
use serde_json::{Map, Value};

use super::page::{Entry, Page, Piece};
use super::sheets::{failure_entries, prose, styled};
use super::theme::{ACCENT, BAD, DIM, GOOD, STRONG, TEXT, WARN};
use crate::ops::{DiscoveredServer, Progress, ShownModel};
use crate::types::{Failure, ServerName, ToolId};

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// The tools of a server that are listed for it.
    Server(ServerName),
    /// One tool, with these arguments or those that are listed for it.
    Tool(ToolId, Option<Map<String, Value>>),
}

impl Subject {
    /// The server that is asked.
    pub fn server(&self) -> &ServerName {
        match self {
            Self::Server(server) => server,
            Self::Tool(tool, _) => &tool.server,
        }
    }
}

/// What was discovered of a tool, nothing where it was never asked, or why that cannot be read.
pub type Found = Result<Option<Arc<ShownModel>>, Failure>;

/// The tab.
#[derive(Debug, Default)]
pub(crate) struct DiscoveredTab {
    /// The tool, and what is known of its replies.
    known: Option<(ToolId, Found)>,
    /// Whose models were asked for.
    asked: Option<ToolId>,
    /// The tool that is shown.
    shown: Option<ToolId>,
    /// Servers that are asked now, and since when.
    under_way: BTreeMap<ServerName, (Instant, Option<Progress>)>,
    /// What the last discovery of each server came to.
    last: BTreeMap<ServerName, Result<Box<DiscoveredServer>, Failure>>,
    /// All of it, for reading.
    pub(crate) page: Page,
}

impl DiscoveredTab {
    /// Shows another tool.
    pub(crate) fn turn_to(&mut self, tool: &ToolId) {
        (self.shown, self.asked) = (Some(tool.clone()), None);
        self.page = Page::default();
    }

    /// Asks anew for what was asked for.
    pub(crate) fn forget_request(&mut self) {
        self.asked = None;
    }

    /// Whether the models must be asked for; says so once.
    pub(crate) fn wants(&mut self) -> bool {
        let wants = self.asked != self.shown;
        self.asked.clone_from(&self.shown);
        wants
    }

    /// Since when a server is asked, and how far that is.
    pub(crate) fn under_way(&self, server: &ServerName) -> Option<&(Instant, Option<Progress>)> {
        self.under_way.get(server)
    }

    /// How far a discovery is.
    pub(crate) fn progressed(&mut self, progress: Progress) {
        if let Some((_, last)) = self.under_way.get_mut(&progress.server) {
            *last = Some(progress);
        }
    }

    /// Whether any server is asked now.
    pub(crate) fn busy(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// A discovery begins.
    pub(crate) fn begin(&mut self, server: ServerName, now: Instant) {
        self.last.remove(&server);
        self.under_way.insert(server, (now, None));
        self.rewrite();
    }

    /// A discovery is over; what is known is asked for anew.
    pub(crate) fn ended(&mut self, server: ServerName, result: Result<Box<DiscoveredServer>, Failure>) {
        self.under_way.remove(&server);
        self.last.insert(server, result);
        self.asked = None;
        self.rewrite();
    }

    /// What is known came.
    pub(crate) fn learnt(&mut self, tool: ToolId, known: Found) {
        self.known = Some((tool, known));
        self.rewrite();
    }

    /// What Copy copies: the models.
    pub(crate) fn copied(&self) -> Option<String> {
        Some(self.known_of(self.shown.as_ref()?)?.source.clone())
    }

    fn known_of(&self, tool: &ToolId) -> Option<&ShownModel> {
        self.known.as_ref().filter(|(id, _)| id == tool)?.1.as_ref().ok()?.as_deref()
    }

    fn rewrite(&mut self) {
        let Some(tool) = &self.shown else { return };
        let mut pieces: Vec<Piece> = Vec::new();
        if let Some(last) = self.last.get(&tool.server) {
            pieces.extend(outcome(last, tool));
        }
        match self.known.as_ref().filter(|(id, _)| id == tool).map(|(_, known)| known) {
            Some(Ok(Some(model))) => pieces.extend(models(model)),
            Some(Ok(None)) => pieces.extend(nothing_known()),
            Some(Err(failure)) => pieces.extend(ended(failure_entries(failure))),
            None => {}
        }
        let top = self.page.top;
        self.page = Page::mixed(pieces);
        self.page.top = top;
    }
}

/// What the last discovery came to for one tool.
fn outcome(last: &Result<Box<DiscoveredServer>, Failure>, tool: &ToolId) -> Vec<Piece> {
    let found = match last {
        Ok(found) => found,
        Err(failure) => return ended(failure_entries(failure)),
    };
    if let Some(failure) = found.failure.as_ref().or_else(|| found.refused.get(&*tool.tool)) {
        return ended(failure_entries(failure));
    }
    let Some(replies) = found.observed.get(&*tool.tool) else {
        return ended(vec![styled("discovery_config.json does not say how to ask this tool.", WARN)]);
    };
    let mut pieces: Vec<Piece> = vec![styled(&format!("Seen just now: {}.", replies_words(*replies)), GOOD).into()];
    if !found.diff.is_empty() {
        pieces.push(styled("The shape has changed. How the module of the server's models differs:", WARN).into());
        pieces.extend(difference(&found.diff));
    }
    pieces.push(Entry::default().into());
    pieces
}

fn ended(entries: Vec<Entry>) -> Vec<Piece> {
    entries.into_iter().chain([Entry::default()]).map(Piece::from).collect()
}

fn models(known: &ShownModel) -> Vec<Piece> {
    let about = format!("{}, the last on {}. They promise nothing: write defensively.", replies_words(known.samples), known.date);
    let mut pieces: Vec<Piece> = vec![styled(&about, TEXT).into()];
    let returned = if known.returned {
        "The wrapper returns this model."
    } else {
        "The server gives an output schema, so the wrapper returns that; this model can be used beside it."
    };
    pieces.push(styled(returned, DIM).into());
    pieces.extend(known.arguments.iter().map(|arguments| {
        let mut entry = styled(&format!("asked with  {arguments}"), DIM);
        entry.hang = 12;
        entry.into()
    }));
    pieces.push(Entry::default().into());
    pieces.extend(super::coloured::python(&known.source).into_iter().map(Piece::Code));
    pieces
}

fn nothing_known() -> Vec<Piece> {
    let mut entries = vec![styled("Nothing is known of its replies yet.", STRONG)];
    let how = "d asks it with the arguments filled in on the tab Call, else with the samples of discovery_config.json, and writes a \
               model of what it answers. Only a tool that is known to read, or that you call safe there, is asked.";
    entries.extend(prose(how, DIM));
    entries.into_iter().map(Piece::from).collect()
}

fn replies_words(number: u64) -> String {
    if number == 1 { "1 reply".to_owned() } else { format!("{number} replies") }
}

/// A unified difference: added lines, removed lines, places.
pub(super) fn difference(text: &str) -> Vec<Piece> {
    text.lines().map(|line| Piece::Code(Line::styled(super::sheets::cut(line), difference_style(line)))).collect()
}

fn difference_style(line: &str) -> Style {
    match line.as_bytes().first() {
        Some(b'+') => GOOD,
        Some(b'-') => BAD,
        Some(b'@') => ACCENT,
        Some(_) | None => TEXT,
    }
}
