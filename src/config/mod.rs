//! `mcp_config.json` read into [`Settings`], each value with the place it came from.

use std::path::{Path, PathBuf};
use std::time::Duration;

use indexmap::IndexMap;

use crate::sys::sandbox::Level;
use crate::types::{Failure, Place, ServerName};

/// Everything configured, with defaults filled in.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where things are.
    pub paths: Paths,
    /// The servers in the order of the file.
    pub servers: IndexMap<ServerName, ServerSettings>,
    /// `studio.python`.
    pub python: PythonSettings,
    /// `studio.limits`.
    pub limits: LimitSettings,
    /// `studio.sandbox`.
    pub sandbox: Level,
}

/// Folders and files of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The folder of the configuration file: relative paths start here.
    pub project: PathBuf,
    /// The configuration file; it may not exist.
    pub config: PathBuf,
    /// Scripts and generated wrappers.
    pub workspace: PathBuf,
    /// `.mcp-studio`: journal, catalog cache, logs.
    pub state: PathBuf,
}

/// One server.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerSettings {
    /// Its key under `mcpServers`.
    pub name: ServerName,
    /// Where it is configured.
    pub place: Place,
    /// How it is reached.
    pub transport: TransportSettings,
    /// `disabled: true` keeps it listed but never started.
    pub disabled: bool,
    /// Whole time of a call to it; its own value or `studio.limits.call_timeout_seconds`.
    pub call_timeout: Duration,
    /// Longest silence of a call to it.
    pub idle_timeout: Duration,
    /// From start to first answer.
    pub connect_timeout: Duration,
    /// Bytes of one message from it.
    pub message_bytes: usize,
}

/// How a server is reached.
#[derive(Debug, Clone, PartialEq)]
pub enum TransportSettings {
    /// A child process that speaks on stdin and stdout.
    Stdio {
        /// Program name or path, variables expanded. `mcp-studio` means this very binary.
        command: String,
        /// Arguments, variables expanded.
        arguments: Vec<String>,
        /// Variables set for it beyond the base environment, expanded.
        environment: IndexMap<String, String>,
        /// Its working folder, absolute.
        folder: PathBuf,
    },
    /// Streamable HTTP.
    Http {
        /// `http://` or `https://`.
        url: String,
        /// Sent with each request, expanded.
        headers: IndexMap<String, String>,
    },
    /// WebSocket.
    WebSocket {
        /// `ws://` or `wss://`.
        url: String,
        /// Sent with the upgrade request, expanded.
        headers: IndexMap<String, String>,
    },
}

/// `studio.python`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PythonSettings {
    /// The interpreter to use, absolute.
    pub interpreter: Option<PathBuf>,
}

/// `studio.limits`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitSettings {
    /// Wall-clock time of a script; none by default.
    pub script_timeout: Option<Duration>,
}

/// What the command line says about where things are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Location {
    /// `--config`; else `mcp_config.json` in the current folder.
    pub config: Option<PathBuf>,
    /// `--workspace`; else `workspace` beside the configuration file.
    pub workspace: Option<PathBuf>,
}

/// Settings and what was odd about them.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// Unknown keys and the like, each with its place and the nearest valid key.
    pub warnings: Vec<Failure>,
}

/// Reads the configuration. A missing file is a failure only when `--config` named it; else there are no servers.
/// `lookup` answers `${VAR}`.
pub fn load(location: &Location, current: &Path, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Loaded, Failure> {
    let _ = (location, current, lookup);
    todo!()
}
