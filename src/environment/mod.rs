//! The Python a project uses: which interpreter, and the virtual environment with what scripts and
//! `uvx` servers need. Found lazily, created once, atomically, with progress.

use std::path::PathBuf;
use std::sync::Arc;

use crate::config::Settings;
use crate::sys::pulse::Pulse;
use crate::types::Failure;

/// A CPython that runs, behind any version-manager shim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// The real executable.
    pub path: PathBuf,
    /// Major, minor, micro.
    pub version: (u32, u32, u32),
    /// What made us take it: `config`, `VIRTUAL_ENV`, `workspace/.venv`, `PATH`.
    pub found_by: &'static str,
}

/// A ready virtual environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Virtual {
    /// Its folder (`workspace/.venv`).
    pub folder: PathBuf,
    /// Its interpreter.
    pub python: PathBuf,
    /// Its `site-packages`.
    pub site_packages: PathBuf,
}

/// What the virtual environment is doing, for the status line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nobody has needed it yet, or it is not there.
    Absent,
    /// It is being made; the text says what is under way.
    Preparing(String),
    /// It is there.
    Ready(Virtual),
    /// It could not be made. Asking again tries again.
    Failed(Failure),
}

/// Finds the interpreter and makes the environment on first need. Shared by connections and engine.
#[derive(Debug)]
pub struct Environment {}

impl Environment {
    /// Does nothing yet.
    pub fn new(settings: Arc<Settings>, pulse: Pulse) -> Self {
        let _ = (settings, pulse);
        Self {}
    }

    /// The interpreter, found once.
    pub async fn interpreter(&self) -> Result<Interpreter, Failure> {
        todo!()
    }

    /// What the virtual environment is doing now. Never waits.
    pub fn state(&self) -> State {
        State::Absent
    }

    /// The environment if it is already there and fits; looks at files only, never creates.
    pub fn existing(&self) -> Option<Virtual> {
        None
    }

    /// The environment with pydantic and uv, created if need be. Concurrent callers wait for one creation;
    /// two studios on one project are safe.
    pub async fn ready(&self) -> Result<Virtual, Failure> {
        std::future::pending().await
    }
}

/// What a child process may see of our own environment.
pub fn base_environment() -> std::collections::BTreeMap<std::ffi::OsString, std::ffi::OsString> {
    std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "HOME").collect()
}
