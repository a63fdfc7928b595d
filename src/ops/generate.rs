//! `generate`: wrappers of all servers, made concurrently and kept on disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::join_all;
use serde::Serialize;

use super::discover;
use super::dump::{self, Dump};
use super::package;
use super::studio::Studio;
use crate::codegen::{self, DiscoveredTool, Recipe};
use crate::types::{Failure, FailureKind, ServerName, ToolSpec};

/// What to generate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GenerateRequest {
    /// Only these servers; all when empty.
    pub servers: Vec<ServerName>,
    /// Compare only: nothing is written.
    pub check: bool,
    /// Where the packages go; `workspace/servers` when absent.
    pub out: Option<PathBuf>,
    /// A stored `tools/list` dump to read instead of asking live servers.
    pub from: Option<PathBuf>,
}

/// What generating did for one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GeneratedServer {
    /// The server.
    pub server: ServerName,
    /// Its package name.
    pub package: String,
    /// Tools with a wrapper.
    pub tools: usize,
    /// Files written, or out of date when only checked.
    pub changed: Vec<PathBuf>,
    /// Files of vanished tools that were removed, or would be.
    pub removed: Vec<PathBuf>,
    /// Renamings and loosened types, each in one line.
    pub notes: Vec<String>,
    /// Unified differences, when only checked.
    pub diff: String,
    /// Why there are none.
    pub failure: Option<Failure>,
}

/// Whether generated texts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    Write,
    CompareOnly,
}

/// The wrappers of one server, about to be made.
pub(super) struct Making {
    pub(super) server: ServerName,
    pub(super) package: String,
    pub(super) tools: Vec<Arc<ToolSpec>>,
    pub(super) discovered: Vec<DiscoveredTool>,
    /// What is to be told before what making tells.
    pub(super) notes: Vec<String>,
}

impl Making {
    pub(super) fn recipe(&self) -> Recipe<'_> {
        let tools = self.tools.iter().map(|tool| &**tool);
        Recipe { discovered: &self.discovered, ..Recipe::new(&self.package, &self.server, tools) }
    }
}

impl Studio {
    /// Generates wrappers; servers concurrently; a failing one does not hold up the others.
    pub async fn generate(&self, request: GenerateRequest) -> Result<Vec<GeneratedServer>, Failure> {
        let folder = request.out.clone().unwrap_or_else(|| self.wrappers_folder());
        let keep = if request.check { Keep::CompareOnly } else { Keep::Write };
        if let Some(path) = &request.from {
            let Dump { server, tools, rejected } = dump::read(path)?;
            let package = codegen::package_names([&server]).remove(&server).unwrap_or_default();
            let tools = tools.into_iter().map(Arc::new).collect();
            return Ok(vec![make(self.making(server, package, tools, rejected, &folder), folder, keep).await]);
        }
        for server in &request.servers {
            self.configured(server)?;
        }
        let wanted = |name: &ServerName| request.servers.is_empty() || request.servers.contains(name);
        let servers = self.settings().servers.values();
        let chosen = servers.filter(|server| !server.disabled || request.servers.contains(&server.name));
        let making = chosen.filter(|server| wanted(&server.name)).map(|server| self.generate_live(&server.name, &folder, keep));
        Ok(join_all(making).await)
    }

    async fn generate_live(&self, server: &ServerName, folder: &Path, keep: Keep) -> GeneratedServer {
        let package = self.package_name(server);
        match self.catalog().fresh(server).await {
            Err(failure) => failed(server.clone(), package, failure),
            Ok(offer) => {
                let (server, tools) = (server.clone(), offer.tools.to_vec());
                make(self.making(server, package, tools, offer.rejected.clone(), folder), folder.to_path_buf(), keep).await
            }
        }
    }

    /// Makes the wrappers of one server anew from what it lists now.
    pub async fn regenerate(&self, server: &ServerName) -> Result<GeneratedServer, Failure> {
        self.configured(server)?;
        Ok(self.generate_live(server, &self.wrappers_folder(), Keep::Write).await)
    }

    /// What the wrappers of a server below `folder` are made from. What was discovered is used unless it cannot be read,
    /// or the user has a `discovered_types.py` of their own there.
    pub(super) fn making(
        &self,
        server: ServerName,
        package: String,
        tools: Vec<Arc<ToolSpec>>,
        mut notes: Vec<String>,
        folder: &Path,
    ) -> Making {
        let models = folder.join(&package).join("discovered_types.py");
        let discovered = self.discoveries(&server).map(|book| book.tools()).and_then(|tools| {
            if tools.is_empty() || !package::is_foreign(&models)? { Ok(tools) } else { Err(discover::is_yours(&models)) }
        });
        let discovered = discovered.unwrap_or_else(|failure| {
            notes.push(format!("results are not typed after what was discovered: {}", failure.message));
            Vec::new()
        });
        Making { server, package, tools, discovered, notes }
    }

    /// Where generated packages live.
    pub(super) fn wrappers_folder(&self) -> PathBuf {
        self.settings().paths.workspace.join("servers")
    }

    /// The Python package of a server.
    pub fn package_name(&self, server: &ServerName) -> String {
        codegen::package_names(self.settings().servers.keys()).remove(server).unwrap_or_default()
    }
}

/// Makes the package on a thread of its own: hundreds of tools take a while, and other servers go on meanwhile.
pub(super) async fn make(making: Making, folder: PathBuf, keep: Keep) -> GeneratedServer {
    let (server, package) = (making.server.clone(), making.package.clone());
    let made = tokio::task::spawn_blocking(move || make_now(making, &folder, keep)).await;
    made.unwrap_or_else(|error| {
        let message = format!("making the wrappers of \"{server}\" broke: {error}");
        failed(server, package, Failure::new(FailureKind::Internal, message))
    })
}

fn make_now(making: Making, folder: &Path, keep: Keep) -> GeneratedServer {
    let generated = codegen::generate(&making.recipe());
    let folder = folder.join(&generated.name);
    let changes = package::compare(&folder, &generated.files).and_then(|changes| match keep {
        Keep::Write => package::apply(&folder, &generated.files, &changes).map(|()| changes),
        Keep::CompareOnly => Ok(changes),
    });
    let changes = match changes {
        Ok(changes) => changes,
        Err(failure) => return failed(making.server, generated.name, failure),
    };
    let kept = changes.kept.iter().map(|path| format!("{} was not written: the file there is yours", path.display()));
    let absolute = |paths: Vec<PathBuf>| paths.into_iter().map(|path| folder.join(path)).collect();
    GeneratedServer {
        server: making.server,
        package: generated.name,
        tools: generated.functions.len(),
        notes: making.notes.into_iter().chain(generated.notes).chain(kept).collect(),
        changed: absolute(changes.write),
        removed: absolute(changes.remove),
        diff: if keep == Keep::CompareOnly { changes.diff } else { String::new() },
        failure: None,
    }
}

fn failed(server: ServerName, package: String, failure: Failure) -> GeneratedServer {
    let (changed, removed, notes) = (Vec::new(), Vec::new(), Vec::new());
    GeneratedServer { server, package, tools: 0, changed, removed, notes, diff: String::new(), failure: Some(failure) }
}
