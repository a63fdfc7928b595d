//! JSON Schema -> typed Python wrappers. Pure: definitions in, texts out.
//!
//! `schema` reads what servers send into `types`; `annotation` and `module` write these as Python, through the one
//! quoting function in `literal`; `package` puts the modules of a server together. What the generated modules share
//! is `assets/python/mcp_execution/wrappers.py`.

mod annotation;
mod describe;
mod disclosure;
mod discovered;
mod literal;
mod module;
mod names;
mod package;
mod reserved;
mod schema;
mod signature;
mod types;

use std::collections::BTreeMap;

pub use disclosure::{Detail, disclose};
pub use discovered::{DISCOVERED_MARK, DiscoveredTool, Model, Models};
pub use signature::signature;

use crate::types::{ServerName, ToolId, ToolSpec};

/// What the wrappers of one server are made from.
#[derive(Debug, Clone)]
pub struct Recipe<'a> {
    /// Folder name below `workspace/servers`.
    pub package: &'a str,
    /// The server.
    pub server: &'a ServerName,
    /// In the server's order. A tool listed twice counts once.
    pub tools: Vec<&'a ToolSpec>,
    /// What was seen of replies: the types of results where a tool has no output schema.
    pub discovered: &'a [DiscoveredTool],
    /// What happens to the field names of results, in one sentence for the docstrings.
    pub field_names: Option<String>,
}

impl<'a> Recipe<'a> {
    /// Nothing but what the server listed.
    pub fn new(package: &'a str, server: &'a ServerName, tools: impl IntoIterator<Item = &'a ToolSpec>) -> Self {
        Self { package, server, tools: tools.into_iter().collect(), discovered: &[], field_names: None }
    }
}

/// The wrappers of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Folder name below `workspace/servers`, a Python identifier.
    pub name: String,
    /// Texts by path relative to that folder: `__init__.py`, `sync.py` or a `sync` package, one module per tool, `README.md`, `py.typed`.
    pub files: BTreeMap<String, String>,
    /// Python names by tool: module and function.
    pub functions: Vec<(ToolId, String)>,
    /// What had to be renamed, loosened or left out, each in one line.
    pub notes: Vec<String>,
}

/// One wrapper, for the preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapper {
    /// Its name: `git_status.py` below the package.
    pub file: String,
    /// The whole module.
    pub source: String,
    /// `async def tool(*, a: str, b: int | Unset = UNSET) -> R`, one line.
    pub signature: String,
    /// `from servers.git import git_status`.
    pub import: String,
    /// `await git_status(repo_path="")`, with the required arguments as placeholders.
    pub call: String,
}

/// Stands in the first lines of every generated file, and in no file of a user: what may be replaced or removed.
pub const GENERATED_MARK: &str = package::MARK;

/// Package names of all servers at once: deterministic, without collisions.
pub fn package_names<'a>(servers: impl IntoIterator<Item = &'a ServerName>) -> BTreeMap<ServerName, String> {
    let servers: BTreeMap<&str, &ServerName> = servers.into_iter().map(|server| (server.as_str(), server)).collect();
    let map = names::NameMap::new(names::Role::Package, servers.keys().copied());
    servers.into_iter().map(|(wire, server)| (server.clone(), map.get(wire).to_owned())).collect()
}

/// All wrappers of a server.
pub fn generate(recipe: &Recipe<'_>) -> Package {
    package::generate(recipe)
}

/// The wrapper of one tool of a server, as [`generate`] writes it.
pub fn wrapper(recipe: &Recipe<'_>, tool: &ToolId) -> Option<Wrapper> {
    package::wrapper(recipe, &tool.tool)
}
