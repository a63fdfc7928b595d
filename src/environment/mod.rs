//! The Python a project uses: which interpreter, and the virtual environment with what scripts and
//! `uvx` servers need. Found lazily, created once, atomically, with progress.

mod base;
mod interpreter;
mod memory;
mod tool;
mod virtual_environment;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::Settings;
use crate::sys::pulse::Pulse;
use crate::types::{Failure, FailureKind};
pub use base::base_environment;

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
pub struct Environment(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Arc<Settings>,
    pulse: Pulse,
    variables: BTreeMap<OsString, OsString>,
    interpreter: tokio::sync::Mutex<Option<Interpreter>>,
    /// What [`Environment::state`] answers; `None` until somebody has needed the environment.
    state: Mutex<Option<State>>,
    /// Held by the one creation that may be under way.
    creation: Arc<tokio::sync::Mutex<()>>,
    /// Creations that have ended.
    ended: AtomicU64,
}

impl Environment {
    /// Does nothing yet. Our own variables say where to look.
    pub fn new(settings: Arc<Settings>, pulse: Pulse) -> Self {
        Self::with_variables(settings, pulse, std::env::vars_os().collect())
    }

    /// As [`Environment::new`], with the variables given.
    pub fn with_variables(settings: Arc<Settings>, pulse: Pulse, variables: BTreeMap<OsString, OsString>) -> Self {
        let (interpreter, state, creation, ended) = Default::default();
        Self(Arc::new(Inner { settings, pulse, variables, interpreter, state, creation, ended }))
    }

    /// The interpreter, found once; looked for again if it has gone. A failure is not remembered.
    pub async fn interpreter(&self) -> Result<Interpreter, Failure> {
        self.0.interpreter().await
    }

    /// What the virtual environment is doing now. Never waits.
    pub fn state(&self) -> State {
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner).clone();
        state.unwrap_or_else(|| self.existing().map_or(State::Absent, State::Ready))
    }

    /// The environment if it is already there and fits; looks at files only, never creates.
    pub fn existing(&self) -> Option<Virtual> {
        virtual_environment::existing(&self.0.settings)
    }

    /// The environment with pydantic and uv, created if need be. Concurrent callers share one creation and its outcome; it
    /// goes on when they are cancelled. Two studios on one project are safe.
    pub async fn ready(&self) -> Result<Virtual, Failure> {
        if let Some(ready) = self.existing() {
            return Ok(ready);
        }
        let ended = self.0.ended.load(Ordering::Acquire);
        let turn = Arc::clone(&self.0.creation).lock_owned().await;
        if let (true, State::Failed(failure)) = (ended != self.0.ended.load(Ordering::Acquire), self.state()) {
            return Err(failure);
        }
        let inner = Arc::clone(&self.0);
        let made = tokio::spawn(async move {
            let _turn = turn;
            inner.make().await
        });
        made.await
            .unwrap_or_else(|error| Err(Failure::new(FailureKind::Cancelled, format!("preparing workspace/.venv: {error}"))))
    }
}

impl Inner {
    async fn interpreter(&self) -> Result<Interpreter, Failure> {
        let mut known = self.interpreter.lock().await;
        if let Some(interpreter) = known.as_ref().filter(|interpreter| interpreter.path.exists()) {
            return Ok(interpreter.clone());
        }
        let found = interpreter::find(&self.settings, &self.variables).await?;
        Ok(known.insert(found).clone())
    }

    async fn make(&self) -> Result<Virtual, Failure> {
        self.show(State::Preparing("looking for Python".to_owned()));
        let made = match self.interpreter().await {
            Ok(interpreter) => self.make_with(&interpreter).await,
            Err(failure) => Err(failure),
        };
        self.show(match &made {
            Ok(ready) => State::Ready(ready.clone()),
            Err(failure) => State::Failed(failure.clone()),
        });
        self.ended.fetch_add(1, Ordering::AcqRel);
        made
    }

    async fn make_with(&self, interpreter: &Interpreter) -> Result<Virtual, Failure> {
        let creation = virtual_environment::Creation {
            settings: &self.settings,
            interpreter,
            environment: &base_environment(self.variables.clone()),
            progress: &|words| self.show(State::Preparing(words)),
        };
        creation.make().await
    }

    fn show(&self, state: State) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
        self.pulse.bump();
    }
}
