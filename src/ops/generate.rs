//! `generate`: wrappers of all servers, made concurrently and kept on disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;
use serde::Serialize;

use super::discover;
use super::dump::{self, Dump};
use super::package;
use super::progress::{OnProgress, Progress};
use super::studio::Studio;
use crate::codegen::{self, DiscoveredTool, Recipe};
use crate::normalize;
use crate::types::{Failure, FailureKind, Normalization, ServerName, ToolSpec};

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

impl GeneratedServer {
    /// `servers.git: 12 tools, 15 files written`.
    fn summary(&self, keep: Keep) -> String {
        let counted = |count: usize, thing: &str| if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") };
        if let Some(failure) = &self.failure {
            return format!("servers.{}: {}", self.package, failure.message);
        }
        let (written, removed) = match keep {
            Keep::Write => ("written", "removed"),
            Keep::CompareOnly => ("out of date", "to be removed"),
        };
        let changes = match (self.changed.len(), self.removed.len()) {
            (0, 0) => "up to date".to_owned(),
            (changed, 0) => format!("{} {written}", counted(changed, "file")),
            (0, gone) => format!("{} {removed}", counted(gone, "file")),
            (changed, gone) => format!("{} {written}, {gone} {removed}", counted(changed, "file")),
        };
        format!("servers.{}: {}, {changes}", self.package, counted(self.tools, "tool"))
    }

    fn done(&self, keep: Keep, done: usize, total: usize) -> Progress {
        let failed = self.failure.is_some();
        Progress { server: self.server.clone(), doing: self.summary(keep), done, total, failed }
    }
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
    /// How field names are changed, in one sentence.
    pub(super) field_names: Option<String>,
    /// What is to be told before what making tells.
    pub(super) notes: Vec<String>,
}

impl Making {
    pub(super) fn recipe(&self) -> Recipe<'_> {
        let tools = self.tools.iter().map(|tool| &**tool);
        let field_names = self.field_names.clone();
        Recipe { discovered: &self.discovered, field_names, ..Recipe::new(&self.package, &self.server, tools) }
    }
}

impl Studio {
    /// Generates wrappers; servers concurrently; a failing one does not hold up the others.
    pub async fn generate(&self, request: GenerateRequest) -> Result<Vec<GeneratedServer>, Failure> {
        self.generate_watched(request, &|_| ()).await
    }

    /// The same, with each server told of when it is done.
    pub async fn generate_watched(
        &self,
        request: GenerateRequest,
        progress: &OnProgress<'_>,
    ) -> Result<Vec<GeneratedServer>, Failure> {
        let folder = request.out.clone().unwrap_or_else(|| self.wrappers_folder());
        let keep = if request.check { Keep::CompareOnly } else { Keep::Write };
        if let Some(path) = &request.from {
            let Dump { server, tools, rejected } = dump::read(path)?;
            let package = codegen::package_names([&server]).remove(&server).unwrap_or_default();
            let tools = tools.into_iter().map(Arc::new).collect();
            let generated = make(self.making(server, package, tools, rejected, &folder), folder, keep).await;
            progress(generated.done(keep, 1, 1));
            return Ok(vec![generated]);
        }
        for server in &request.servers {
            self.configured(server)?;
        }
        let wanted = |name: &ServerName| request.servers.is_empty() || request.servers.contains(name);
        let servers = self.settings().servers.values();
        let chosen = servers.filter(|server| !server.disabled || request.servers.contains(&server.name));
        let chosen: Vec<&ServerName> = chosen.map(|server| &server.name).filter(|name| wanted(name)).collect();
        let (total, done) = (chosen.len(), AtomicUsize::new(0));
        let making = chosen.into_iter().map(async |server| {
            let generated = self.generate_live(server, &folder, keep).await;
            progress(generated.done(keep, done.fetch_add(1, Ordering::Relaxed) + 1, total));
            generated
        });
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
        let discovered = self.calls().discoveries().book(&server).map(|book| book.tools()).and_then(|tools| {
            if tools.is_empty() || !package::is_foreign(&models)? { Ok(tools) } else { Err(discover::is_yours(&models)) }
        });
        let discovered = discovered.unwrap_or_else(|failure| {
            notes.push(format!("results are not typed after what was discovered: {}", failure.message));
            Vec::new()
        });
        let alone = codegen::package_names([&server]).remove(&server).unwrap_or_default();
        if alone != package {
            notes.push(format!("the server \"{server}\" is called {package} here, because another is called {alone}"));
        }
        let (field_names, tools) = match self.settings().normalization.get(&server) {
            Some(names) if names.results != Normalization::None => {
                let about = format!("Names of fields are changed ({names}).");
                (Some(about), tools.into_iter().map(|tool| renamed(tool, &names.results)).collect())
            }
            Some(_) | None => (None, tools),
        };
        Making { server, package, tools, discovered, field_names, notes }
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

/// The tool with its output schema as its results are seen here.
fn renamed(tool: Arc<ToolSpec>, strategy: &Normalization) -> Arc<ToolSpec> {
    match &tool.output_schema {
        None => tool,
        Some(schema) => {
            let output_schema = Some(normalize::schema(strategy, schema));
            Arc::new(ToolSpec { output_schema, ..ToolSpec::clone(&tool) })
        }
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
