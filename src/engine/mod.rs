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
mod compiled;
mod conclusion;
mod confine;
mod drive;
mod forkserver;
mod frames;
mod full_copy;
mod handle;
mod kept_output;
mod ladder;
mod limits;
mod message;
mod output;
mod process;
mod python;
mod python_engine;
mod request;
mod result;
mod sample;
mod scratch;
mod source;
mod traces;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use serde_json::Value;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::task::TaskTracker;

pub use full_copy::OutputFile;
pub use handle::Run;
pub use python::script_environment;
pub use python_engine::{CompiledScript, PythonEngine, PythonError, ScriptConfig, ScriptContext, ScriptResult};
pub use request::{Folder, Input, Output, RunRequest, Script, Start, Streams};
pub use result::{RunResult, RunTimes, ScriptError};
pub use source::Source;

use crate::calls::{Answering, Calls};
use crate::catalog::Catalog;
use crate::config::{LimitSettings, Settings};
use crate::environment::Environment;
use crate::journal::{Board, Event, Journal, NoticeLevel};
use crate::sys::sandbox::{self, Level, Offer, Role};
use crate::types::limits::RUNS_AT_ONCE;
use crate::types::{Failure, Masker, RunId};
use broker::Broker;
use code::CodeCache;
use drive::Driver;
use forkserver::ForkServer;
use ladder::Cause;
use process::{Process, Started};
use python::{FileIdentity, Python};
use request::Entry;
use scratch::RunScratch;
pub(crate) use scratch::Scratch;

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
    offer: OnceLock<Offer>,
    runtime: OnceLock<PathBuf>,
    compiled: OnceLock<()>,
    scratch: Mutex<Option<Arc<Scratch>>>,
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
            offer: OnceLock::new(),
            runtime: OnceLock::new(),
            compiled: OnceLock::new(),
            scratch: Mutex::default(),
            server: tokio::sync::Mutex::default(),
            runs: Mutex::default(),
            tasks: TaskTracker::new(),
        })
    }

    /// Reads a script, as it will run. Fails, in one line, for what is no readable file of UTF-8 text (`Script`).
    pub fn read(&self, script: &Script) -> Result<Source, Failure> {
        Source::read(script, self.workspace())
    }

    /// Reads the script and starts a run of it, as [`Engine::start_read`] does.
    pub async fn start(self: &Arc<Self>, request: RunRequest) -> Result<Run, Failure> {
        let source = self.read(&request.script)?;
        self.start_read(request, source).await
    }

    /// Starts a run of what was read, whatever the file holds by now. Fails before a run exists: standard input cannot be
    /// read (`Usage`), or no interpreter can be had (`Environment`). A script that is not Python ends its run with exit
    /// code 1 and the error as Python words it.
    pub async fn start_read(self: &Arc<Self>, request: RunRequest, source: Source) -> Result<Run, Failure> {
        self.start_at(request, source, Entry::Script).await
    }

    async fn start_at(self: &Arc<Self>, request: RunRequest, source: Source, entry: Entry) -> Result<Run, Failure> {
        let asked = Instant::now();
        request.stdin.check()?;
        self.environment.interpreter().await?;
        let run = self.board.run_begun(&source.shown);
        let (stops, stops_asked) = mpsc::channel(STOPS);
        let (publish, result) = watch::channel(None);
        let handle = Run { id: run, stops, result };
        self.lock_runs().push(handle.clone());
        let engine = Arc::clone(self);
        self.tasks.spawn(async move {
            let driver = Driver { engine: Arc::clone(&engine), request, entry, source, run, asked };
            let result = driver.drive(stops_asked).await;
            engine.lock_runs().retain(|other| other.id != run);
            publish.send_replace(Some(Arc::new(result)));
        });
        Ok(handle)
    }

    /// The sandbox level scripts get that do not ask for another.
    pub fn sandbox_level(&self) -> Level {
        confine::level(None, self.settings.sandbox, sandbox::usual())
    }

    /// What this machine offers to confine scripts with. Tries it out the first time, which takes a few milliseconds.
    pub async fn sandbox(&self) -> Offer {
        if let Some(offer) = self.offer.get() {
            return offer.clone();
        }
        let offer = tokio::task::spawn_blocking(sandbox::probe).await;
        let offer = offer.unwrap_or_else(|error| Offer { level: Level::Off, reasons: vec![error.to_string()] });
        self.offer.get_or_init(|| offer).clone()
    }

    /// Starts the fork server ahead of need, if an interpreter is there; failures are left for the run to report.
    pub async fn warm(&self) {
        let nothing = Script::Text { name: String::new(), source: String::new() };
        let Ok(source) = self.read(&nothing) else { return };
        if let Ok(python) = self.python(&source, None, |_| {}).await {
            let _ = self.fork_server(&python).await;
        }
    }

    /// Ends all runs and the fork server; no process of theirs is left.
    pub async fn shutdown(&self) {
        let runs = self.lock_runs().clone();
        for run in runs {
            run.stop(Cause::Closed);
        }
        self.tasks.close();
        self.tasks.wait().await;
        if let Some(server) = self.server.lock().await.take() {
            server.end().await;
        }
        drop(self.lock_scratch().take());
    }

    /// The Python for a script: the virtual environment if it is there or needed, else the interpreter alone.
    async fn python(&self, source: &Source, asked: Option<Level>, say: impl Fn(String)) -> Result<Python, Failure> {
        let runtime = self.runtime()?;
        let environment = match self.environment.existing() {
            None if source.needs_packages() => {
                say("preparing the environment".to_owned());
                Some(self.environment.ready().await?)
            }
            existing => existing,
        };
        let executable = match &environment {
            Some(environment) => environment.python.clone(),
            None => self.environment.interpreter().await?.path,
        };
        let venv = environment.as_ref().map(|environment| environment.folder.as_path());
        let readable = confine::readable(&self.settings.paths, source.folder.as_deref(), &executable, venv, &runtime);
        let sandbox = confine::level(asked, self.settings.sandbox, sandbox::usual());
        let packages = environment.as_ref().map(Python::packages_of);
        let file = FileIdentity::of(&executable);
        if let Some(file) = file {
            let compile = || self.later(compiled::compile(executable.clone(), runtime.clone(), file));
            self.compiled.get_or_init(compile);
        }
        Ok(Python { executable, file, packages, runtime, readable, sandbox })
    }

    /// A process for a run, and in words how it was started. Nobody waits for a fork server that one run alone would use:
    /// the first is cold unless [`Engine::warm`] was asked for.
    async fn process(
        &self,
        run: RunId,
        python: &Python,
        request: &RunRequest,
        job: Vec<u8>,
        folder: &Path,
    ) -> Result<(Started, String), Failure> {
        if request.start == Start::Cold {
            return Ok((self.cold(python, request, job, folder)?, "cold".to_owned()));
        }
        if run == RunId(1) && self.server.lock().await.is_none() {
            return Ok((self.cold(python, request, job, folder)?, "cold (first run)".to_owned()));
        }
        let warm = match self.fork_server(python).await {
            Ok(server) => process::warm(server, &request.stdin, &job).await,
            Err(failure) => Err(failure),
        };
        match warm {
            Ok(started) => Ok((started, "warm".to_owned())),
            Err(failure) => Ok((self.cold(python, request, job, folder)?, format!("cold ({})", failure.message))),
        }
    }

    fn cold(&self, python: &Python, request: &RunRequest, job: Vec<u8>, folder: &Path) -> Result<Started, Failure> {
        let confined = confine::confine(&self.settings, python, folder, Role::Script)?;
        process::cold(python, &request.stdin, job, folder, confined)
    }

    /// The fork server for `python`; an earlier one for another Python serves its runs to their ends.
    async fn fork_server(&self, python: &Python) -> Result<Arc<ForkServer>, Failure> {
        let mut server = self.server.lock().await;
        if let Some(server) = server.as_ref().filter(|server| server.serves(python)) {
            return Ok(Arc::clone(server));
        }
        *server = None;
        let scratch = self.scratch()?;
        let confined = confine::confine(&self.settings, python, scratch.folder(), Role::ForkServer)?;
        let fresh = ForkServer::start(python.clone(), scratch.folder(), &limits::resources(self.limits()), confined).await?;
        scratch.make_ahead();
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

    fn scratch(&self) -> Result<Arc<Scratch>, Failure> {
        let mut scratch = self.lock_scratch();
        if let Some(scratch) = scratch.as_ref() {
            return Ok(Arc::clone(scratch));
        }
        Ok(Arc::clone(scratch.insert(Arc::new(Scratch::new()?))))
    }

    /// Removes the folder of a run that has ended and, where the fork server waits for more, makes one for another: nobody
    /// waits for the disk.
    fn renew_scratch(&self, old: RunScratch, process: &Process) {
        let next = if process.is_warm() { self.scratch().ok() } else { None };
        let renew = move || {
            drop(old);
            if let Some(scratch) = next {
                scratch.make_ahead();
            }
        };
        self.later(async move { drop(tokio::task::spawn_blocking(renew).await) });
    }

    fn broker(&self, run: RunId, context: Value, answering: Option<Answering>) -> Arc<Broker> {
        Broker::new(Arc::clone(&self.calls), Arc::clone(&self.catalog), Arc::clone(&self.board), run, context, answering)
    }

    /// Tokens of the definitions of all tools that are known now.
    fn offered_tokens(&self) -> u64 {
        self.catalog.offers().values().map(|offer| offer.tokens).sum()
    }

    /// Has the tokens of a run that has ended counted, if somebody asked for it.
    fn count_tokens(&self, run: RunId, script: &str) {
        if let Some(counter) = self.calls.counter() {
            let offers = self.catalog.offers();
            let tools = offers.values().flat_map(|offer| offer.tools.iter().cloned()).collect();
            counter.run(run, script, tools);
        }
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

    /// Where scripts leave files.
    fn output(&self) -> PathBuf {
        self.workspace().join(confine::OUTPUT)
    }

    /// Where the full copies of a run's long output go: out of reach of scripts.
    fn output_folder(&self, run: RunId) -> PathBuf {
        self.settings.paths.state.join("output").join(self.journal.session().to_string()).join(run.0.to_string())
    }

    fn masker(&self) -> &Arc<Masker> {
        self.calls.masker()
    }

    /// What one run may use.
    fn limits(&self) -> &LimitSettings {
        &self.settings.limits
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

    fn lock_scratch(&self) -> MutexGuard<'_, Option<Arc<Scratch>>> {
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
