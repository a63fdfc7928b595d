//! Script runs: a warm fork server of CPython, one fresh child per run, one private channel for its tool calls.
//!
//! ```text
//! Queued -> Starting -> Running -> Draining -> Ended
//!              |           |  SIGINT -> grace -> SIGTERM -> grace -> SIGKILL of the tree
//!              +-----------+----------------> Ended
//! ```

mod assets;
mod broker;
mod code;
mod conclusion;
mod drive;
mod forkserver;
mod frames;
mod handle;
mod ladder;
mod message;
mod output;
mod process;
mod python;
mod request;
mod result;
mod scratch;
mod source;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::task::TaskTracker;

pub use handle::Run;
pub use request::{Folder, Input, Output, RunRequest, Script, Start};
pub use result::{RunResult, RunTimes, ScriptError};

use crate::calls::Calls;
use crate::catalog::Catalog;
use crate::config::Settings;
use crate::environment::Environment;
use crate::journal::{Board, Event, Journal, NoticeLevel};
use crate::sys::sandbox::Level;
use crate::types::limits::RUNS_AT_ONCE;
use crate::types::{Failure, RunId};
use broker::Broker;
use code::CodeCache;
use drive::Driver;
use forkserver::ForkServer;
use ladder::Cause;
use process::Started;
use python::Python;
use scratch::{RunScratch, Scratch};
use source::Source;

/// Requests to stop one run that may wait; the ladder has fewer steps.
const STOPS: usize = 8;

/// The engine. Nothing is started before the first run.
#[derive(Debug)]
pub struct Engine {
    settings: Arc<Settings>,
    environment: Arc<Environment>,
    calls: Arc<Calls>,
    catalog: Arc<Catalog>,
    journal: Arc<Journal>,
    board: Arc<Board>,
    places: Semaphore,
    codes: CodeCache,
    runtime: OnceLock<PathBuf>,
    scratch: Mutex<Option<Scratch>>,
    server: tokio::sync::Mutex<Option<Arc<ForkServer>>>,
    runs: Mutex<Vec<Run>>,
    tasks: TaskTracker,
}

impl Engine {
    /// Joins the layers below.
    pub fn new(
        settings: Arc<Settings>,
        environment: Arc<Environment>,
        calls: Arc<Calls>,
        catalog: Arc<Catalog>,
        journal: Arc<Journal>,
        board: Arc<Board>,
    ) -> Arc<Self> {
        Arc::new(Self {
            settings,
            environment,
            calls,
            catalog,
            journal,
            board,
            places: Semaphore::new(RUNS_AT_ONCE),
            codes: CodeCache::default(),
            runtime: OnceLock::new(),
            scratch: Mutex::default(),
            server: tokio::sync::Mutex::default(),
            runs: Mutex::default(),
            tasks: TaskTracker::new(),
        })
    }

    /// Starts a run. Fails before a run exists: the script cannot be read (`Script`), or no interpreter can be had
    /// (`Environment`). A script that is not Python ends its run with exit code 1 and the error as Python words it.
    pub async fn start(self: &Arc<Self>, request: RunRequest) -> Result<Run, Failure> {
        let asked = Instant::now();
        let source = Source::read(&request.script, &self.settings.paths.workspace)?;
        self.environment.interpreter().await?;
        let run = self.board.run_begun(&source.shown);
        let (stops, stops_asked) = mpsc::channel(STOPS);
        let (publish, result) = watch::channel(None);
        let handle = Run { id: run, stops, result };
        self.lock_runs().push(handle.clone());
        let engine = Arc::clone(self);
        self.tasks.spawn(async move {
            let driver = Driver { engine: Arc::clone(&engine), request, source, run, asked };
            let result = driver.drive(stops_asked).await;
            engine.lock_runs().retain(|other| other.id != run);
            publish.send_replace(Some(Arc::new(result)));
        });
        Ok(handle)
    }

    /// The sandbox level this machine allows scripts now.
    pub fn sandbox_level(&self) -> Level {
        Level::Off
    }

    /// Starts the fork server ahead of need, if an environment is there; failures are left for the run to report.
    pub async fn warm(&self) {
        let Ok(runtime) = self.runtime() else { return };
        let python = match self.environment.existing() {
            Some(existing) => Python::with_packages(existing, runtime),
            None => match self.environment.interpreter().await {
                Ok(interpreter) => Python::plain(interpreter, runtime),
                Err(_) => return,
            },
        };
        let _ = self.fork_server(&python).await;
    }

    /// Ends all runs and the fork server; no process of theirs is left.
    pub async fn shutdown(&self) {
        let runs = self.lock_runs().clone();
        for run in runs {
            run.stop(Cause::Abandoned("the studio was closed".to_owned()));
        }
        self.tasks.close();
        self.tasks.wait().await;
        if let Some(server) = self.server.lock().await.take() {
            server.end().await;
        }
        drop(self.lock_scratch().take());
    }

    /// The Python for a script: the virtual environment if it is there or needed, else the interpreter alone.
    async fn python(&self, source: &Source, say: impl Fn(String)) -> Result<Python, Failure> {
        let runtime = self.runtime()?;
        if let Some(existing) = self.environment.existing() {
            return Ok(Python::with_packages(existing, runtime));
        }
        if source.needs_packages() {
            say("preparing the environment".to_owned());
            return Ok(Python::with_packages(self.environment.ready().await?, runtime));
        }
        Ok(Python::plain(self.environment.interpreter().await?, runtime))
    }

    /// A process for a run, and in words how it was started.
    async fn process(&self, python: &Python, request: &RunRequest, folder: &Path) -> Result<(Started, String), Failure> {
        if request.start == Start::Cold {
            return Ok((process::cold(python, request.stdin, folder, None)?, "cold".to_owned()));
        }
        let warm = match self.fork_server(python).await {
            Ok(server) => process::warm(server, request.stdin).await,
            Err(failure) => Err(failure),
        };
        match warm {
            Ok(started) => Ok((started, "warm".to_owned())),
            Err(failure) => {
                let started = process::cold(python, request.stdin, folder, None)?;
                Ok((started, format!("cold ({})", failure.message)))
            }
        }
    }

    /// The fork server for `python`; an earlier one for another Python serves its runs to their ends.
    async fn fork_server(&self, python: &Python) -> Result<Arc<ForkServer>, Failure> {
        let mut server = self.server.lock().await;
        if let Some(server) = server.as_ref().filter(|server| server.serves(python)) {
            return Ok(Arc::clone(server));
        }
        *server = None;
        let folder = self.scratch_folder()?;
        let fresh = ForkServer::start(python.clone(), &folder, None).await?;
        *server = Some(Arc::clone(&fresh));
        Ok(fresh)
    }

    fn runtime(&self) -> Result<PathBuf, Failure> {
        if let Some(folder) = self.runtime.get() {
            return Ok(folder.clone());
        }
        let folder = assets::install(&self.settings.paths.state)?;
        Ok(self.runtime.get_or_init(|| folder).clone())
    }

    fn scratch(&self, run: RunId) -> Result<RunScratch, Failure> {
        self.with_scratch(|scratch| scratch.of(run))?
    }

    fn scratch_folder(&self) -> Result<PathBuf, Failure> {
        self.with_scratch(|scratch| scratch.folder().to_owned())
    }

    fn with_scratch<T>(&self, use_it: impl FnOnce(&Scratch) -> T) -> Result<T, Failure> {
        let mut scratch = self.lock_scratch();
        if scratch.is_none() {
            *scratch = Some(Scratch::new()?);
        }
        scratch.as_ref().map(use_it).ok_or_else(|| Failure::new(crate::types::FailureKind::Internal, "no scratch folder"))
    }

    fn broker(&self, run: RunId, context: Value) -> Arc<Broker> {
        Broker::new(Arc::clone(&self.calls), Arc::clone(&self.catalog), Arc::clone(&self.board), run, context)
    }

    /// Runs that may be under way at once.
    fn places(&self) -> &Semaphore {
        &self.places
    }

    fn board(&self) -> Arc<Board> {
        Arc::clone(&self.board)
    }

    fn codes(&self) -> &CodeCache {
        &self.codes
    }

    fn workspace(&self) -> &Path {
        &self.settings.paths.workspace
    }

    fn script_timeout(&self) -> Option<Duration> {
        self.settings.limits.script_timeout
    }

    /// Work that a run's end need not wait for, but the engine's end must.
    fn later(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(work);
    }

    /// A journal that cannot be written is told once per event, and the run goes on.
    fn record(&self, event: &Event) {
        if let Err(failure) = self.journal.record(event) {
            self.board.notice(NoticeLevel::Warning, failure.to_string());
        }
    }

    fn lock_runs(&self) -> MutexGuard<'_, Vec<Run>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_scratch(&self) -> MutexGuard<'_, Option<Scratch>> {
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `512 MiB`.
fn megabytes(bytes: u64) -> String {
    format!("{} MiB", bytes / (1024 * 1024))
}
