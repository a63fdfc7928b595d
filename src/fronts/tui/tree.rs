//! The rows of the two lists on the left, computed from the world. Rows hold positions, not texts.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::fuzzy::Query;
use super::world::World;
use crate::ops::Offer;
use crate::types::ServerName;

/// A row of the servers pane. Numbers are positions in [`World::servers`] and in the server's offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TreeRow {
    /// A server.
    Server(usize),
    /// A tool of it.
    Tool(usize, usize),
    /// A prompt of it.
    Prompt(usize, usize),
    /// A resource of it.
    Resource(usize, usize),
    /// A resource template of it.
    Template(usize, usize),
}

impl TreeRow {
    /// The server it belongs to.
    pub fn server(self) -> usize {
        match self {
            Self::Server(server)
            | Self::Tool(server, _)
            | Self::Prompt(server, _)
            | Self::Resource(server, _)
            | Self::Template(server, _) => server,
        }
    }
}

/// A row of the scripts pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkRow {
    /// A script, by position in [`World::scripts`].
    Script(usize),
    /// The heading above the saved calls.
    Calls,
    /// A saved call, by position in [`World::saved`].
    Call(usize),
    /// The heading above the runs.
    Runs,
    /// A run, by position in [`World::runs`].
    Run(usize),
}

/// The rows of the servers pane: all servers, with the offers of those that are open.
/// A filter searches closed ones too and keeps the server of each hit.
pub(super) fn tree_rows(world: &World, open: &BTreeSet<ServerName>, filter: &str) -> Vec<TreeRow> {
    let mut query = (!filter.is_empty()).then(|| Query::new(filter));
    let mut rows = Vec::new();
    for (server, (name, _)) in world.servers.iter().enumerate() {
        let offer = world.offers.get(name);
        match &mut query {
            None => {
                rows.push(TreeRow::Server(server));
                if open.contains(name) {
                    rows.extend(offer.into_iter().flat_map(|offer| offered(server, offer)));
                }
            }
            Some(query) => {
                let hits: Vec<TreeRow> = offer
                    .into_iter()
                    .flat_map(|offer| offered(server, offer).map(move |row| (row, offer)))
                    .filter(|(row, offer)| query.matches(name_in(*row, offer)))
                    .map(|(row, _)| row)
                    .collect();
                if !hits.is_empty() || query.matches(name.as_str()) {
                    rows.push(TreeRow::Server(server));
                    rows.extend(hits);
                }
            }
        }
    }
    rows
}

/// The rows of the scripts pane: scripts, saved calls, then runs with the newest first.
pub(super) fn work_rows(world: &World, filter: &str) -> Vec<WorkRow> {
    let mut query = Query::new(filter);
    let mut rows: Vec<WorkRow> =
        (0..world.scripts.len()).filter(|at| query.matches(&world.scripts[*at].name)).map(WorkRow::Script).collect();
    let calls: Vec<WorkRow> =
        (0..world.saved.len()).filter(|at| query.matches(&world.saved[*at].name)).map(WorkRow::Call).collect();
    if !calls.is_empty() {
        rows.push(WorkRow::Calls);
        rows.extend(calls);
    }
    let runs: Vec<WorkRow> =
        (0..world.runs.len()).rev().filter(|at| query.matches(&world.runs[*at].script)).map(WorkRow::Run).collect();
    if !runs.is_empty() {
        rows.push(WorkRow::Runs);
        rows.extend(runs);
    }
    rows
}

/// The name shown for a row of `offer`, as the server wrote it; empty for the server itself.
pub(super) fn name_in(row: TreeRow, offer: &Offer) -> &str {
    match row {
        TreeRow::Server(_) => "",
        TreeRow::Tool(_, at) => offer.tools.get(at).map_or("", |tool| &tool.id.tool),
        TreeRow::Prompt(_, at) => field(&offer.prompts, at, &["name"]),
        TreeRow::Resource(_, at) => field(&offer.resources, at, &["name", "uri"]),
        TreeRow::Template(_, at) => field(&offer.resource_templates, at, &["name", "uriTemplate"]),
    }
}

/// Everything that servers offer beside tools: its row, its name, its sort.
pub(super) fn others(world: &World) -> Vec<(TreeRow, String, &'static str)> {
    let offers = world.servers.iter().enumerate().filter_map(|(at, (name, _))| Some((at, world.offers.get(name)?)));
    let named = |(at, offer): (usize, &Arc<Offer>)| {
        let rows = offered(at, offer).filter(|row| !matches!(row, TreeRow::Tool(..)));
        rows.map(|row| (row, name_in(row, offer).to_owned(), sort_of(row))).collect::<Vec<_>>()
    };
    offers.flat_map(named).collect()
}

/// What a row of the servers pane is, in a word.
pub(super) fn sort_of(row: TreeRow) -> &'static str {
    match row {
        TreeRow::Server(_) => "server",
        TreeRow::Tool(..) => "tool",
        TreeRow::Prompt(..) => "prompt",
        TreeRow::Resource(..) | TreeRow::Template(..) => "resource",
    }
}

fn field<'a>(values: &'a [serde_json::Value], at: usize, keys: &[&str]) -> &'a str {
    let named = values.get(at).and_then(|value| keys.iter().find_map(|key| value.get(*key)?.as_str()));
    named.unwrap_or("(no name)")
}

fn offered(server: usize, offer: &Offer) -> impl Iterator<Item = TreeRow> + use<> {
    let tools = (0..offer.tools.len()).map(move |at| TreeRow::Tool(server, at));
    let prompts = (0..offer.prompts.len()).map(move |at| TreeRow::Prompt(server, at));
    let resources = (0..offer.resources.len()).map(move |at| TreeRow::Resource(server, at));
    let templates = (0..offer.resource_templates.len()).map(move |at| TreeRow::Template(server, at));
    tools.chain(prompts).chain(resources).chain(templates)
}
