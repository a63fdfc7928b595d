//! `mcp_config.json` read into [`Settings`], each value with the place it came from.
//!
//! Everything wrong in a file is told at once, with file, line and remedy. What belongs to other programs is left alone.

mod document;
mod expand;
mod fields;
mod judging;
mod normalization;
mod policy;
mod secrets;
mod servers;
mod studio;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use crate::sys::sandbox::Level;
use crate::types::{Failure, FailureKind, FieldNames, Place, Policy, ServerName};
use fields::{Complaints, Fields, Keys};
pub use judging::JudgingSettings;

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
    /// `studio.sandbox`: the level asked for by name. Absent: `Standard`, as far as this machine gives it.
    pub sandbox: Option<Level>,
    /// `studio.policy`: the rules of calls.
    pub policy: Arc<Policy>,
    /// `studio.normalization`: how field names are changed; not at all for a server without an entry.
    pub normalization: IndexMap<ServerName, FieldNames>,
    /// `studio.model`, `prices`, `record` and `guardrails`.
    pub judging: Arc<JudgingSettings>,
    /// `studio.telemetry`: where traces go.
    pub telemetry: TelemetrySettings,
    /// `studio.keys`: keys of the workbench that a person has moved.
    pub keys: Vec<KeySettings>,
}

impl Settings {
    /// The settings of a project that configures nothing.
    pub fn bare(paths: Paths) -> Self {
        let studio = studio::Studio::default();
        Self {
            paths,
            servers: IndexMap::new(),
            python: studio.python,
            limits: studio.limits,
            sandbox: studio.sandbox,
            policy: Arc::new(studio.policy),
            normalization: IndexMap::new(),
            judging: Arc::new(studio.judging),
            telemetry: studio.telemetry,
            keys: studio.keys,
        }
    }
}

/// Where traces go. Off unless an endpoint is here, or in the standard variables of OpenTelemetry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TelemetrySettings {
    /// Base address of a collector that takes OTLP over HTTP.
    pub endpoint: Option<String>,
    /// Sent with each request, expanded.
    pub headers: IndexMap<String, String>,
    /// The endpoint is `off`: nowhere, whatever the variables say.
    pub off: bool,
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
    /// The interpreter to use: an absolute path, or a bare name to look for on `PATH`.
    pub interpreter: Option<PathBuf>,
}

/// `studio.limits`, as far as it concerns scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitSettings {
    /// Wall-clock time of a script; none by default.
    pub script_timeout: Option<Duration>,
    /// Memory of all processes of a script together; each alone is refused more as well.
    pub memory_bytes: u64,
    /// Processor time of all processes of a script together; none by default.
    pub cpu: Option<Duration>,
    /// Processes at once, the script's own included.
    pub processes: u64,
    /// Descriptors that one process may have open.
    pub open_files: u64,
    /// Standard output and standard error together.
    pub output_bytes: u64,
    /// Size of one file that a script writes.
    pub file_bytes: u64,
    /// Bytes that a script writes to files, all together.
    pub written_bytes: u64,
    /// Files and folders that a script makes.
    pub files: u64,
}

/// One entry of `studio.keys`. Which actions and keys there are is the workbench's to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySettings {
    /// The action, as the help lists it.
    pub action: String,
    /// Its keys instead of the usual ones, such as `F5` or `Ctrl+S`; none unbinds it.
    pub keys: Vec<String>,
    /// Where it is configured.
    pub place: Place,
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
    let paths = locate(location, current);
    let mut complaints = Complaints::about(shown(&paths.config, current));
    let text = match std::fs::read(&paths.config) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && location.config.is_none() => b"{}".to_vec(),
        Err(error) => return Err(unreadable(&paths.config, current, &error)),
    };
    let settings = read(&text, paths, lookup, &mut complaints);
    let warnings = complaints.into_failure()?;
    Ok(Loaded { settings, warnings })
}

const KEYS: Keys = Keys {
    known: &["mcpServers", "studio"],
    foreign: &["$schema", "inputs", "globalShortcut", "preferences"],
    advice: &[("servers", "it is called \"mcpServers\" here")],
};

fn read(text: &[u8], paths: Paths, lookup: &dyn Fn(&str) -> Option<String>, complaints: &mut Complaints) -> Settings {
    let document = match std::str::from_utf8(text) {
        Ok(text) => document::parse(text)
            .map_err(|error| complaints.error(error.line, error.message, error.hint.unwrap_or_default()))
            .ok(),
        Err(error) => {
            let line = text[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
            complaints.error(u32::try_from(line).unwrap_or(0), "this is not UTF-8", "save the file as UTF-8");
            None
        }
    };
    let fields = document.as_ref().and_then(|node| Fields::of(node, "the configuration", Some(KEYS), complaints));
    let member = |key| fields.as_ref().and_then(|fields| fields.get(key)).map(|member| &member.node);
    let studio = member("studio").map(|node| studio::read(node, &paths.project, lookup, complaints)).unwrap_or_default();
    let context = servers::Context { project: &paths.project, lookup, defaults: studio.servers };
    let servers = member("mcpServers").map(|node| servers::read(node, &context, complaints)).unwrap_or_default();
    let normalization = normalization::of_servers(studio.normalization, &servers, complaints);
    Settings {
        servers,
        normalization,
        python: studio.python,
        limits: studio.limits,
        sandbox: studio.sandbox,
        policy: Arc::new(studio.policy),
        judging: Arc::new(studio.judging),
        telemetry: studio.telemetry,
        keys: studio.keys,
        paths,
    }
}

/// Where the project of `location` is, as somebody in `current` says it. Reads no file.
pub fn locate(location: &Location, current: &Path) -> Paths {
    let config = location.config.as_deref().map_or_else(|| current.join("mcp_config.json"), |path| current.join(path));
    let project = config.parent().map_or_else(|| current.to_owned(), Path::to_owned);
    let project = std::fs::canonicalize(&project).unwrap_or(project);
    let config = config.file_name().map_or_else(|| config.clone(), |name| project.join(name));
    let workspace =
        location.workspace.as_deref().map_or_else(|| project.join("workspace"), |path| current.join(path).components().collect());
    Paths { state: project.join(".mcp-studio"), workspace, project, config }
}

/// As a person in `current` would name it.
fn shown(path: &Path, current: &Path) -> PathBuf {
    let current = std::fs::canonicalize(current).unwrap_or_else(|_| current.to_owned());
    path.strip_prefix(current).unwrap_or(path).to_owned()
}

fn unreadable(path: &Path, current: &Path, error: &std::io::Error) -> Failure {
    let shown = Some(shown(path, current)).filter(|shown| !shown.as_os_str().is_empty()).unwrap_or_else(|| ".".into());
    let failure = |why: String| Failure::new(FailureKind::Configuration, format!("cannot read {}: {why}", shown.display()));
    if path.is_dir() {
        failure("it is a folder".to_owned()).hint("name the configuration file in it")
    } else if error.kind() == std::io::ErrorKind::NotFound {
        failure("there is no such file".to_owned()).hint("correct --config")
    } else {
        failure(error.to_string())
    }
}
