//! The open project: its layers, joined once, and the verbs that need no more than one of them.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::shown::Shown;
use super::warm_core::Origins;
use super::{facts, logs};
use crate::calls::{Approvals, CallReply, CallRequest, Calls, rules_hash};
use crate::catalog::{Catalog, Hit, Offer, Offers};
use crate::codegen::Wrapper;
use crate::config::{self, JudgingSettings, Location, Settings};
use crate::connections::{Connections, State as ServerState, WireMessage};
use crate::engine::Engine;
use crate::environment::{Environment, State as EnvironmentState};
use crate::journal::{self, Board, Journal, SessionSummary, Terms};
use crate::sys::files::storage;
use crate::sys::pulse::Pulse;
use crate::sys::sandbox::Level;
use crate::telemetry::TelemetryState;
use crate::types::limits::{COUNTED_WAIT, SHUTDOWN, SHUTDOWN_RUNS, TELEMETRY_FLUSH};
use crate::types::{Caller, Failure, FailureKind, Masker, RecordLevel, ServerName, SessionId, ToolId, nearest};

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
pub struct Studio(Arc<Layers>);

/// The layers of a studio, lowest first.
#[derive(Debug)]
struct Layers {
    settings: Arc<Settings>,
    warnings: Vec<Failure>,
    pulse: Pulse,
    environment: Arc<Environment>,
    connections: Arc<Connections>,
    catalog: Arc<Catalog>,
    board: Arc<Board>,
    journal: Arc<Journal>,
    calls: Arc<Calls>,
    engine: Arc<Engine>,
    /// Transcripts begun in this session.
    transcripts: AtomicU64,
    veil: Arc<Masker>,
    shown: Shown,
    origins: Origins,
}

impl Studio {
    /// Opens a project: reads the configuration and the catalog cache; contacts and starts nothing.
    /// `front` names the caller in the journal. Must be called within a tokio runtime.
    pub fn open(location: &Location, front: &str) -> Result<Self, Failure> {
        Self::open_recording(location, front, None)
    }

    /// The same, with another level of recording than configured. `RecordLevel::Raw` records secrets, and reports say so.
    pub fn open_recording(location: &Location, front: &str, record: Option<RecordLevel>) -> Result<Self, Failure> {
        let current = std::env::current_dir()
            .map_err(|error| Failure::new(FailureKind::Storage, format!("cannot find the current folder: {error}")))?;
        let asked = RefCell::new(Vec::new());
        let lookup = |name: &str| {
            asked.borrow_mut().push(name.to_owned());
            std::env::var(name).ok()
        };
        let loaded = config::load(location, &current, &lookup)?;
        let origins = Origins::new(location, asked.take())?;
        let mut settings = loaded.settings;
        if let Some(record) = record {
            settings.judging = Arc::new(JudgingSettings { record, ..JudgingSettings::clone(&settings.judging) });
        }
        let settings = Arc::new(settings);
        let state = &settings.paths.state;
        let pulse = Pulse::default();
        let environment = Arc::new(Environment::new(Arc::clone(&settings), pulse.clone()));
        let connections = Connections::new(Arc::clone(&settings), Arc::clone(&environment), pulse.clone());
        let catalog = Catalog::open(&state.join("catalog"), Arc::clone(&settings), Arc::clone(&connections), pulse.clone());
        let board = Arc::new(Board::new(pulse.clone()));
        let journal = Arc::new(Journal::new(&state.join("journal"), front).under(Terms {
            rules_hash: rules_hash(&settings),
            model: settings.judging.model.clone(),
            limits: facts::limits(&settings),
        }));
        let calls = Calls::new(
            Arc::clone(&settings),
            Arc::clone(&catalog),
            Arc::clone(&connections),
            Arc::clone(&journal),
            Arc::clone(&board),
        );
        let engine = Engine::new(
            Arc::clone(&settings),
            Arc::clone(&environment),
            Arc::clone(&calls),
            Arc::clone(&catalog),
            Arc::clone(&journal),
            Arc::clone(&board),
        );
        let warnings = loaded.warnings;
        let transcripts = AtomicU64::new(0);
        let veil = Arc::new(calls.masker().of_known_secrets());
        Ok(Self(Arc::new(Layers {
            settings,
            warnings,
            pulse,
            environment,
            connections,
            catalog,
            board,
            journal,
            calls,
            engine,
            transcripts,
            veil,
            shown: Shown::default(),
            origins,
        })))
    }

    /// Reads the configuration file as it is now, without going by it. Fails as [`Studio::open`] would.
    pub fn check_configuration(&self) -> Result<(), Failure> {
        let paths = &self.settings().paths;
        let location = Location { config: Some(paths.config.clone()), workspace: Some(paths.workspace.clone()) };
        config::load(&location, &paths.project, &|name| std::env::var(name).ok()).map(drop)
    }

    /// Sets the log up. Not part of [`Studio::open`], which stands between the person and the first frame.
    pub fn start_log(&self) {
        logs::start(self.settings().paths.state.join("logs"), std::env::var("MCP_STUDIO_LOG").ok().as_deref());
        tracing::info!("mcp-studio {} opened session {}", env!("CARGO_PKG_VERSION"), self.0.journal.session());
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Warnings of the configuration.
    pub fn warnings(&self) -> &[Failure] {
        &self.0.warnings
    }

    /// Bumped when anything a front may show has changed: board, connections, catalog, environment.
    pub fn pulse(&self) -> &Pulse {
        &self.0.pulse
    }

    /// Steps, runs, output, notices.
    pub fn board(&self) -> &Board {
        &self.0.board
    }

    /// Masks the secrets of servers that no screen shows.
    pub fn veil(&self) -> &Arc<Masker> {
        &self.0.veil
    }

    /// Calls that wait for a person. Nobody answers until a front says that somebody does.
    pub fn approvals(&self) -> &Approvals {
        self.0.calls.approvals()
    }

    /// What each configured server is doing. Never waits.
    pub fn servers(&self) -> Vec<(ServerName, ServerState)> {
        self.0.connections.states()
    }

    /// What is known of the servers' offers. Never waits.
    pub fn offers(&self) -> Arc<Offers> {
        self.0.catalog.offers()
    }

    /// The virtual environment's state. Never waits.
    pub fn environment(&self) -> EnvironmentState {
        self.0.environment.state()
    }

    /// The sandbox level scripts get.
    pub fn sandbox_level(&self) -> Level {
        self.0.engine.sandbox_level()
    }

    /// The kept wire traffic of a server, oldest first.
    pub fn traffic(&self, server: &ServerName) -> Vec<WireMessage> {
        self.0.connections.traffic(server).into()
    }

    /// Connects a server and refreshes its offer; a person asked, so backoff is ignored.
    pub async fn connect(&self, server: &ServerName) -> Result<Arc<Offer>, Failure> {
        self.0.connections.connect(server, true).await?;
        self.0.catalog.refresh(server).await
    }

    /// Closes a server; the next use starts it anew.
    pub async fn disconnect(&self, server: &ServerName) {
        self.0.connections.disconnect(server).await;
    }

    /// All servers' (or one's) offers, asked concurrently. Fails where no server of that name is configured.
    pub async fn list_tools(&self, only: Option<&ServerName>) -> Result<Vec<(ServerName, Result<Arc<Offer>, Failure>)>, Failure> {
        match only {
            None => Ok(self.0.catalog.fresh_all().await),
            Some(server) => {
                self.configured(server)?;
                Ok(vec![(server.clone(), self.0.catalog.fresh(server).await)])
            }
        }
    }

    /// Lists servers again that say that their lists have changed, until the answer is dropped. Once for each studio.
    #[must_use = "dropping it ends it"]
    pub fn follow_changes(&self) -> JoinSet<()> {
        let catalog = Arc::clone(&self.0.catalog);
        let mut following = JoinSet::new();
        following.spawn(async move { catalog.follow_changes().await });
        following
    }

    /// Fuzzy search over known tools. Never waits.
    pub fn search_tools(&self, query: &str, limit: usize) -> Vec<Hit> {
        self.0.catalog.search(query, limit)
    }

    /// Calls a tool through the one guarded path.
    pub async fn call_tool(&self, tool: &str, arguments: Option<Value>, caller: Caller, cancel: CancellationToken) -> CallReply {
        let tool = tool.to_owned();
        self.call(CallRequest { tool, arguments, caller, line: None, timeout: None, answering: None, model: None, cancel }).await
    }

    /// The same with everything said.
    pub async fn call(&self, request: CallRequest) -> CallReply {
        self.0.calls.call(request).await
    }

    /// The wrapper of a known tool as it would be generated now.
    pub fn wrapper(&self, tool: &ToolId) -> Option<Wrapper> {
        self.shown_wrapper(tool).map(|shown| shown.wrapper.clone())
    }

    /// Scripts of the workspace, sorted. Reads one folder.
    pub fn scripts(&self) -> Vec<ScriptFile> {
        let entries = std::fs::read_dir(&self.settings().paths.workspace).into_iter().flatten().flatten();
        let mut scripts: Vec<ScriptFile> = entries
            .filter_map(|entry| Some(ScriptFile { name: entry.file_name().into_string().ok()?, path: entry.path() }))
            .filter(|script| script.path.extension().is_some_and(|extension| extension == "py") && script.path.is_file())
            .collect();
        scripts.sort_by(|left, right| left.name.cmp(&right.name));
        scripts
    }

    /// The session that is recorded.
    pub fn session(&self) -> &SessionId {
        self.0.journal.session()
    }

    /// Recorded sessions, newest first.
    pub fn sessions(&self, limit: usize) -> Result<Vec<SessionSummary>, Failure> {
        let folder = self.journal_folder();
        match folder.try_exists() {
            Ok(true) => journal::sessions(&folder, limit),
            Ok(false) => Ok(Vec::new()),
            Err(error) => Err(storage("read", &folder, &error)),
        }
    }

    /// Ends runs, servers and the journal, in that order; no process of ours is left. At most [`SHUTDOWN`].
    pub async fn shutdown(&self) {
        let deadline = Instant::now() + SHUTDOWN;
        self.record_servers();
        let runs = timeout(SHUTDOWN_RUNS, self.0.engine.shutdown()).await;
        let servers = timeout_at(deadline, self.0.connections.shutdown()).await;
        if runs.is_err() || servers.is_err() {
            tracing::warn!("not everything had ended within {SHUTDOWN:?}");
        }
        self.settle_counts().await;
        self.0.calls.telemetry().shutdown(TELEMETRY_FLUSH).await;
        if let Err(failure) = self.0.journal.close() {
            tracing::warn!("{failure}");
        }
        tracing::info!("closed");
    }

    /// Where traces go, and what became of them.
    pub fn telemetry(&self) -> TelemetryState {
        self.0.calls.telemetry().state()
    }

    /// Waits a moment for the tokenizer, where one is at work: the ledger is exact after it.
    pub async fn settle_counts(&self) {
        if let Some(counter) = self.0.calls.counter() {
            counter.settled(COUNTED_WAIT).await;
        }
    }

    /// Fails where no server of that name is configured, with the nearest name that is.
    pub(super) fn configured(&self, server: &ServerName) -> Result<(), Failure> {
        let settings = self.settings();
        if settings.servers.contains_key(server) {
            return Ok(());
        }
        let failure =
            Failure::new(FailureKind::Configuration, format!("no server \"{server}\" in {}", settings.paths.config.display()));
        let known: Vec<&str> = settings.servers.keys().map(ServerName::as_str).collect();
        Err(match nearest(server.as_str(), known.iter().copied()) {
            Some(near) => failure.hint(format!("did you mean \"{near}\"?")),
            None if known.is_empty() => failure.hint("add it under \"mcpServers\""),
            None => failure.hint(format!("configured: {}", known.join(", "))),
        })
    }

    /// Where sessions are recorded.
    pub(super) fn journal_folder(&self) -> PathBuf {
        self.settings().paths.state.join("journal")
    }

    /// The record of this session.
    pub(super) fn journal(&self) -> &Journal {
        &self.0.journal
    }

    /// The number of a transcript that begins now.
    pub(super) fn next_transcript(&self) -> u64 {
        self.0.transcripts.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// What the connected server of a tool said of itself: name, version and protocol; else null.
    pub(super) fn server_info(&self, tool: &str) -> Value {
        let server = ToolId::parse(tool).ok().map(|id| id.server);
        let peer = self.servers().into_iter().find(|(name, _)| Some(name) == server.as_ref());
        peer.and_then(|(_, state)| super::health::peer_of(state)).map_or(
            Value::Null,
            |peer| serde_json::json!({"name": peer.name, "version": peer.version, "protocol": peer.protocol}),
        )
    }

    /// What screens were shown last of wrappers and discovered types.
    pub(super) fn shown(&self) -> &Shown {
        &self.0.shown
    }

    pub(super) fn origins(&self) -> &Origins {
        &self.0.origins
    }

    pub(super) fn calls(&self) -> &Calls {
        &self.0.calls
    }

    pub(super) fn connections(&self) -> &Connections {
        &self.0.connections
    }

    pub(super) fn catalog(&self) -> &Catalog {
        &self.0.catalog
    }

    pub(super) fn engine(&self) -> &Arc<Engine> {
        &self.0.engine
    }

    pub(super) fn interpreter_environment(&self) -> &Environment {
        &self.0.environment
    }
}
