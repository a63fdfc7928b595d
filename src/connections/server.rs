//! The owner of one server's connection: one task, one state machine, whatever many callers want.
//!
//! ```text
//! Idle --connect--> Connecting --ok--> Up --ended--> Failed --connect, after the backoff--> Connecting
//!   ^                  | close           | close        |
//!   +------------------+-----------------+--------------+ close
//! ```
//! Callers share an attempt; a caller that goes away does not end it. Only `close` does.

mod owner;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};

use super::State;
use super::attempt::Era;
use super::changes::Changes;
use super::handler::Client;
use super::ledger::locked;
use super::session::Session;
use super::traffic::Tap;
use crate::config::{ServerSettings, Settings};
use crate::environment::{self, Environment};
use crate::sys::pulse::Pulse;
use crate::types::limits::CONNECTION_QUEUE;
use crate::types::{Failure, FailureKind};

type Reply = oneshot::Sender<Result<Arc<Session>, Failure>>;

/// What callers want of the owner.
enum Command {
    /// A connection.
    Connect { force: bool, reply: Reply },
    /// None.
    Close(oneshot::Sender<()>),
}

/// What is under way while connecting.
#[derive(Debug, Clone)]
pub(super) enum Doing {
    /// In words.
    Text(String),
    /// The virtual environment is being made; it says how far it is.
    Environment,
}

enum Status {
    Idle,
    Connecting { since: Instant, doing: Doing },
    Up(Arc<Session>),
    Failed { failure: Failure, retry_at: Option<Instant> },
}

/// One configured server.
pub(super) struct Server {
    settings: ServerSettings,
    environment: Arc<Environment>,
    client: Client,
    tap: Arc<Tap>,
    changes: Arc<Changes>,
    era: Mutex<Era>,
    status: Mutex<Status>,
    commands: mpsc::Sender<Command>,
    waiting: Mutex<Option<mpsc::Receiver<Command>>>,
    /// Connections made so far.
    connections: AtomicU64,
    /// No connection is made any more.
    retired: AtomicBool,
    pulse: Pulse,
}

impl Server {
    pub(super) fn new(settings: ServerSettings, all: &Settings, environment: Arc<Environment>, pulse: Pulse) -> Arc<Self> {
        let (commands, waiting) = mpsc::channel(CONNECTION_QUEUE);
        Arc::new(Self {
            settings,
            environment,
            client: Client::new(&all.paths.project),
            tap: Arc::new(Tap::new(pulse.clone())),
            changes: Changes::new(pulse.clone()),
            era: Mutex::new(Era::Either),
            status: Mutex::new(Status::Idle),
            commands,
            waiting: Mutex::new(Some(waiting)),
            connections: AtomicU64::new(0),
            retired: AtomicBool::new(false),
            pulse,
        })
    }

    pub(super) fn settings(&self) -> &ServerSettings {
        &self.settings
    }

    pub(super) fn environment(&self) -> &Environment {
        &self.environment
    }

    pub(super) fn client(&self) -> Client {
        self.client.clone()
    }

    pub(super) fn tap(&self) -> &Arc<Tap> {
        &self.tap
    }

    pub(super) fn changes(&self) -> &Arc<Changes> {
        &self.changes
    }

    /// The number of a connection that was made now.
    pub(super) fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The handshake that is tried first.
    pub(super) fn era(&self) -> Era {
        *locked(&self.era)
    }

    /// Only that handshake works.
    pub(super) fn remember(&self, era: Era) {
        *locked(&self.era) = era;
    }

    /// What it is doing now. Never waits.
    pub(super) fn state(&self) -> State {
        if self.settings.disabled {
            return State::Disabled;
        }
        match &*locked(&self.status) {
            Status::Idle => State::Idle,
            Status::Connecting { since, doing } => State::Connecting { since: *since, doing: self.words(doing) },
            Status::Up(session) => match self.tap.current_trouble() {
                None => State::Ready(session.info.clone()),
                Some(trouble) => State::Degraded(session.info.clone(), trouble),
            },
            Status::Failed { failure, retry_at } => State::Failed { failure: failure.clone(), retry_at: *retry_at },
        }
    }

    /// Says what the attempt is doing.
    pub(super) fn doing(&self, doing: Doing) {
        if let Status::Connecting { doing: old, .. } = &mut *locked(&self.status) {
            *old = doing;
        }
        self.pulse.bump();
    }

    /// A live connection, made if need be.
    pub(super) async fn session(self: &Arc<Self>, force: bool) -> Result<Arc<Session>, Failure> {
        if self.settings.disabled {
            return Err(self.disabled());
        }
        if let Some(session) = self.ready() {
            return Ok(session);
        }
        self.ensure_owner();
        let (reply, answer) = oneshot::channel();
        if self.commands.send(Command::Connect { force, reply }).await.is_err() {
            return Err(self.closed_by_us());
        }
        answer.await.unwrap_or_else(|_| Err(self.closed_by_us()))
    }

    /// Closes the connection, or stops the attempt. Returns when nothing of it is left.
    pub(super) async fn close(&self) {
        if locked(&self.waiting).is_some() {
            return;
        }
        let (done, ended) = oneshot::channel();
        if self.commands.send(Command::Close(done)).await.is_ok() && ended.await.is_err() {
            tracing::debug!("the owner of a connection ended first");
        }
    }

    /// As [`Server::close`], for good.
    pub(super) async fn retire(&self) {
        self.retired.store(true, Ordering::Release);
        self.close().await;
    }

    /// The failure of who used a connection that we closed.
    pub(super) fn closed_by_us(&self) -> Failure {
        Failure::new(FailureKind::Connection, format!("the connection to server \"{}\" was closed", self.settings.name))
    }

    /// Makes sure that a failure names the server.
    pub(super) fn named(&self, mut failure: Failure) -> Failure {
        let name = format!("\"{}\"", self.settings.name);
        if !failure.message.contains(&name) {
            failure.message = format!("server {name}: {}", failure.message);
        }
        failure
    }

    fn ready(&self) -> Option<Arc<Session>> {
        match &*locked(&self.status) {
            Status::Up(session) if !session.wire.closed.is_cancelled() => Some(Arc::clone(session)),
            Status::Up(_) | Status::Idle | Status::Connecting { .. } | Status::Failed { .. } => None,
        }
    }

    /// Starts the owner on first use.
    fn ensure_owner(self: &Arc<Self>) {
        if let Some(commands) = locked(&self.waiting).take() {
            tokio::spawn(Arc::clone(self).own(commands));
        }
    }

    fn disabled(&self) -> Failure {
        Failure::new(FailureKind::Connection, format!("server \"{}\" is disabled", self.settings.name))
            .hint(format!("remove \"disabled\" in {}", self.settings.place))
    }

    fn words(&self, doing: &Doing) -> String {
        match (doing, self.environment.state()) {
            (Doing::Text(text), _) => text.clone(),
            (Doing::Environment, environment::State::Preparing(step)) => format!("preparing workspace/.venv: {step}"),
            (Doing::Environment, _) => "preparing workspace/.venv".to_owned(),
        }
    }

    fn set(&self, status: Status) {
        *locked(&self.status) = status;
        self.pulse.bump();
    }
}

/// One word for a state.
pub(super) fn state_word(state: &State) -> &'static str {
    match state {
        State::Idle => "idle",
        State::Disabled => "disabled",
        State::Connecting { .. } => "connecting",
        State::Ready(_) => "ready",
        State::Degraded(..) => "degraded",
        State::Failed { .. } => "failed",
    }
}
