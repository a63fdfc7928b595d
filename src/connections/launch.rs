//! From the settings of a stdio server to what is started: the program, its environment, its `PATH`.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::diagnosis::command_words;
use crate::config::{ServerSettings, TransportSettings};
use crate::environment::{self, Environment};
use crate::sys::process::{Launch, Stdio, find_program};
use crate::types::{Failure, FailureKind, nearest};

/// The name by which a configuration means this very binary.
const OURSELVES: &str = "mcp-studio";
/// Commands that the virtual environment brings.
const UV_COMMANDS: [&str; 2] = ["uvx", "uv"];

/// Variable that tells a server which studios it was started by: their configuration files, as a `PATH` is written.
/// A studio that finds itself there refuses to serve, or it would start itself for ever.
pub const ANCESTORS: &str = "MCP_STUDIO_ANCESTORS";

/// What is about to be started.
pub(super) struct Plan {
    /// For the operating system.
    pub(super) launch: Launch,
    /// For people.
    pub(super) words: String,
}

/// Says that the virtual environment is waited for.
pub(super) type OnWaiting<'a> = &'a (dyn Fn() + Sync);

/// Finds the program, creating the virtual environment where the program comes with it.
pub(super) async fn plan(settings: &ServerSettings, environment: &Environment, waiting: OnWaiting<'_>) -> Result<Plan, Failure> {
    let TransportSettings::Stdio { command, arguments, environment: variables, folder } = &settings.transport else {
        return Err(Failure::new(FailureKind::Internal, format!("server \"{}\" has no command", settings.name)));
    };
    let mut whole = server_environment(variables);
    let mut path = whole.get(OsStr::new("PATH")).cloned().unwrap_or_default();
    if UV_COMMANDS.contains(&command.as_str()) && find_program(command, &path).is_none() {
        waiting();
        let made = environment.ready().await.map_err(|failure| needs_environment(settings, command, failure))?;
        path = joined(&[made.folder.join("bin").into_os_string(), path]);
    } else if let Some(existing) = environment.existing() {
        path = joined(&[path, existing.folder.join("bin").into_os_string()]);
    }
    whole.insert(ANCESTORS.into(), ancestors(&settings.place.file));
    let program = resolve(settings, command, folder, &path)?;
    whole.insert("PATH".into(), path);
    let words = command_words(&program, arguments);
    let launch = Launch {
        program,
        arguments: arguments.iter().map(OsString::from).collect(),
        environment: whole,
        folder: folder.clone(),
        stdio: [Stdio::Pipe, Stdio::Pipe, Stdio::Pipe],
        descriptors: Vec::new(),
        sandbox: None,
    };
    Ok(Plan { launch, words })
}

/// The base environment with the server's own variables over it.
fn server_environment(variables: &IndexMap<String, String>) -> BTreeMap<OsString, OsString> {
    let mut whole = environment::base_environment(std::env::vars_os());
    whole.extend(variables.iter().map(|(name, value)| (name.into(), value.into())));
    whole
}

/// The studios above a server, ours last.
fn ancestors(config: &Path) -> OsString {
    let above = std::env::var_os(ANCESTORS).unwrap_or_default();
    let own = config.canonicalize().unwrap_or_else(|_| config.to_owned());
    joined(&[above, own.into_os_string()])
}

fn joined(parts: &[OsString]) -> OsString {
    let filled: Vec<&OsStr> = parts.iter().map(OsString::as_os_str).filter(|part| !part.is_empty()).collect();
    filled.join(OsStr::new(":"))
}

fn resolve(settings: &ServerSettings, command: &str, folder: &Path, path: &OsStr) -> Result<PathBuf, Failure> {
    if command == OURSELVES
        && let Ok(own) = std::env::current_exe()
        && own.file_name() == Some(OsStr::new(OURSELVES))
    {
        return Ok(own);
    }
    let named = if command.contains('/') { folder.join(command).display().to_string() } else { command.to_owned() };
    find_program(&named, path).ok_or_else(|| not_found(settings, command, path))
}

fn needs_environment(settings: &ServerSettings, command: &str, failure: Failure) -> Failure {
    let mut failure = failure;
    failure.message = format!("server \"{}\" needs {command}, and it cannot be had: {}", settings.name, failure.message);
    failure
}

fn not_found(settings: &ServerSettings, command: &str, path: &OsStr) -> Failure {
    let place = &settings.place;
    let hint = match command {
        "npx" | "node" | "npm" => "install Node.js (https://nodejs.org)".to_owned(),
        "docker" | "podman" => format!("install {command}, or run the server without a container"),
        _ if command.contains('/') => format!("correct \"command\" in {place}: there is no executable file at that path"),
        _ => match nearest_program(command, path) {
            Some(near) => format!("did you mean \"{near}\"? Correct \"command\" in {place}"),
            None => format!("install it, or give its full path as \"command\" in {place}"),
        },
    };
    Failure::new(FailureKind::Connection, format!("server \"{}\": the command \"{command}\" was not found", settings.name))
        .at(place.clone())
        .hint(hint)
}

/// The program on the `PATH` whose name is nearest to a mistyped one.
fn nearest_program(command: &str, path: &OsStr) -> Option<String> {
    let folders = std::env::split_paths(path);
    let files = folders.filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    let names: Vec<String> = files.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    nearest(command, names.iter().map(String::as_str)).filter(|near| near != command)
}
