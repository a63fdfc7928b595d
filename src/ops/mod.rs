//! One typed function per user verb. [`Studio`] owns the layers and the order in which they are shut down.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

pub use crate::calls::CallReply;
pub use crate::catalog::{Hit, Offer, Offers};
pub use crate::codegen::Wrapper;
pub use crate::config::{Loaded, Location, ServerSettings, Settings, TransportSettings};
pub use crate::connections::{Direction, Peer, State as ServerState, WireMessage};
pub use crate::engine::{Input, Output, Run, RunRequest, RunResult, Script, ScriptError, Start};
pub use crate::environment::State as EnvironmentState;
pub use crate::journal::{
    Board, Notice, NoticeLevel, OutputLine, OutputStream, RunState, RunView, SessionSummary, StepState, StepView, StepsSummary,
};
pub use crate::sys::beneath;
pub use crate::sys::pulse::Pulse;
pub use crate::sys::sandbox::Level as SandboxLevel;
use crate::types::{Caller, Failure, ServerName, ToolId};

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

/// What `mcp-studio health` says.
#[derive(Debug, Clone, Serialize)]
pub struct Health {
    /// Version of this program.
    pub version: String,
    /// Configuration file, workspace, state folder.
    pub paths: Vec<(String, PathBuf)>,
    /// Per server: name, transport, state word, protocol, tools, failure.
    pub servers: Vec<ServerHealth>,
    /// Interpreter path and version, or why there is none.
    pub interpreter: Result<String, Failure>,
    /// State of the virtual environment in words.
    pub environment: String,
    /// Sandbox level for scripts.
    pub sandbox: SandboxLevel,
    /// Warnings of the configuration.
    pub warnings: Vec<Failure>,
}

/// One server in [`Health`].
#[derive(Debug, Clone, Serialize)]
pub struct ServerHealth {
    /// Its name.
    pub name: ServerName,
    /// `stdio`, `http`, `websocket`.
    pub transport: &'static str,
    /// `ready`, `degraded`, `failed`, `disabled`, `idle`.
    pub state: &'static str,
    /// What it said of itself.
    pub peer: Option<Peer>,
    /// Tools it lists.
    pub tools: Option<usize>,
    /// Why it failed.
    pub failure: Option<Failure>,
}

/// A script of the workspace, for lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptFile {
    /// Path relative to the workspace.
    pub name: String,
    /// Absolute path.
    pub path: PathBuf,
}

/// One open project: its settings, servers, catalog, engine, journal and board. Cheap to clone; all clones are one studio.
#[derive(Debug, Clone)]
pub struct Studio {}

impl Studio {
    /// Opens a project: reads the configuration and the catalog cache; contacts and starts nothing.
    /// `front` names the caller in the journal. Must be called within a tokio runtime.
    pub fn open(location: &Location, front: &str) -> Result<Self, Failure> {
        let _ = (location, front);
        todo!()
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        todo!()
    }

    /// Warnings of the configuration.
    pub fn warnings(&self) -> &[Failure] {
        todo!()
    }

    /// Bumped when anything a front may show has changed: board, connections, catalog, environment.
    pub fn pulse(&self) -> &Pulse {
        todo!()
    }

    /// Steps, runs, output, notices.
    pub fn board(&self) -> &Board {
        todo!()
    }

    /// What each configured server is doing. Never waits.
    pub fn servers(&self) -> Vec<(ServerName, ServerState)> {
        todo!()
    }

    /// What is known of the servers' offers. Never waits.
    pub fn offers(&self) -> Arc<Offers> {
        todo!()
    }

    /// The virtual environment's state. Never waits.
    pub fn environment(&self) -> EnvironmentState {
        todo!()
    }

    /// The sandbox level scripts get.
    pub fn sandbox_level(&self) -> SandboxLevel {
        todo!()
    }

    /// The kept wire traffic of a server, oldest first.
    pub fn traffic(&self, server: &ServerName) -> Vec<WireMessage> {
        let _ = server;
        todo!()
    }

    /// Connects a server and refreshes its offer; a person asked, so backoff is ignored.
    pub async fn connect(&self, server: &ServerName) -> Result<Arc<Offer>, Failure> {
        let _ = server;
        todo!()
    }

    /// Closes a server; the next use starts it anew.
    pub async fn disconnect(&self, server: &ServerName) {
        let _ = server;
        todo!()
    }

    /// All servers' (or one's) offers, asked concurrently.
    pub async fn list_tools(&self, only: Option<&ServerName>) -> Result<Vec<(ServerName, Result<Arc<Offer>, Failure>)>, Failure> {
        let _ = only;
        todo!()
    }

    /// Fuzzy search over known tools. Never waits.
    pub fn search_tools(&self, query: &str, limit: usize) -> Vec<Hit> {
        let _ = (query, limit);
        todo!()
    }

    /// Calls a tool through the one guarded path.
    pub async fn call_tool(&self, tool: &str, arguments: Option<Value>, caller: Caller, cancel: CancellationToken) -> CallReply {
        let _ = (tool, arguments, caller, cancel);
        todo!()
    }

    /// The wrapper of a known tool as it would be generated now.
    pub fn wrapper(&self, tool: &ToolId) -> Option<Wrapper> {
        let _ = tool;
        todo!()
    }

    /// Generates wrappers; servers concurrently; a failing one does not hold up the others.
    pub async fn generate(&self, request: GenerateRequest) -> Result<Vec<GeneratedServer>, Failure> {
        let _ = request;
        todo!()
    }

    /// Runs a script. Wrappers it imports are generated first where they are missing.
    pub async fn run_script(&self, request: RunRequest) -> Result<Run, Failure> {
        let _ = request;
        todo!()
    }

    /// Scripts of the workspace, sorted. Reads one folder.
    pub fn scripts(&self) -> Vec<ScriptFile> {
        todo!()
    }

    /// Looks at everything, connecting all servers.
    pub async fn health(&self) -> Health {
        todo!()
    }

    /// Recorded sessions, newest first.
    pub fn sessions(&self, limit: usize) -> Result<Vec<SessionSummary>, Failure> {
        let _ = limit;
        todo!()
    }

    /// Ends runs, servers and the journal, in that order; no process of ours is left. At most 3 s.
    pub async fn shutdown(&self) {
        todo!()
    }
}
