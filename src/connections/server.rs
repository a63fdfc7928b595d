//! The owner of one server's connection: one task, one state machine, whatever many callers want.
//!
//! ```text
//! Idle --connect--> Connecting --ok--> Up --ended--> Failed --connect, after the backoff--> Connecting
//!   ^                  | close           | close        |
//!   +------------------+-----------------+--------------+ close
//! ```
//! Callers share an attempt; a caller that goes away does not end it. Only `close` does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::State;
use super::attempt::{Era, attempt};
use super::changes::Changes;
use super::handler::Client;
use super::ledger::locked;
use super::live::Live;
use super::restarts::{Permit, Restarts};
use super::session::Session;
use super::traffic::Tap;
use crate::config::{ServerSettings, Settings};
use crate::environment::{self, Environment};
use crate::sys::pulse::Pulse;
use crate::types::limits::{CONNECTION_QUEUE, RESTART_PATIENCE};
use crate::types::{Failure, FailureKind};

type Reply = oneshot::Sender<Result<Arc<Session>, Failure>>;

/// What callers want of the owner.
enum Command {
    /// A connection.
    Connect { force: bool, reply: Reply },
    /// None.
    Close(oneshot::Sender<()>),
}

/// What came of one attempt, who waits for it, and who wants it closed.
struct Attempted {
    outcome: Result<Box<Live>, Failure>,
    waiters: Vec<Reply>,
    closers: Vec<oneshot::Sender<()>>,
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

    async fn own(self: Arc<Self>, mut commands: mpsc::Receiver<Command>) {
        let mut restarts = Restarts::default();
        let mut late = Vec::new();
        while let Some(command) = next(&mut late, &mut commands).await {
            match command {
                Command::Close(done) => {
                    self.set(Status::Idle);
                    answer(done, ());
                }
                Command::Connect { force, reply } => {
                    if force {
                        restarts.forgive();
                    }
                    match self.refusal(restarts.permit(Instant::now())) {
                        Some(failure) => answer(reply, Err(failure)),
                        None => late.extend(self.serve(reply, &mut commands, &mut restarts).await),
                    }
                }
            }
        }
    }

    /// From an attempt to the end of the connection. Answers the callers who came too late for it.
    async fn serve(&self, first: Reply, commands: &mut mpsc::Receiver<Command>, restarts: &mut Restarts) -> Vec<Command> {
        self.tap.forgive();
        self.set(Status::Connecting { since: Instant::now(), doing: Doing::Text("starting".to_owned()) });
        let Attempted { outcome, waiters, closers } = self.connect(first, commands, restarts).await;
        let closed = !closers.is_empty();
        let mut live = None;
        let result = match outcome {
            Ok(made) if closed => {
                made.close(self.closed_by_us()).await;
                Err(self.closed_by_us())
            }
            Ok(made) => {
                self.set(Status::Up(Arc::clone(&made.session)));
                Ok(Arc::clone(&live.insert(made).session))
            }
            Err(failure) => Err(failure),
        };
        match &result {
            Err(failure) if !closed => self.fail(failure.clone(), restarts),
            Err(_) => self.set(Status::Idle),
            Ok(_) => {}
        }
        for reply in waiters {
            answer(reply, result.clone());
        }
        for done in closers {
            answer(done, ());
        }
        match live {
            Some(live) => self.hold(*live, commands, restarts).await,
            None => Vec::new(),
        }
    }

    /// Runs one attempt while listening to callers.
    async fn connect(&self, first: Reply, commands: &mut mpsc::Receiver<Command>, restarts: &mut Restarts) -> Attempted {
        let cancel = CancellationToken::new();
        let (mut waiters, mut closers) = (vec![first], Vec::new());
        let permit = restarts.permit(Instant::now());
        let mut attempt = std::pin::pin!(async {
            self.wait_for(permit, &cancel).await;
            attempt(self, &cancel).await
        });
        loop {
            tokio::select! {
                outcome = &mut attempt => return Attempted { outcome, waiters, closers },
                command = commands.recv(), if !commands.is_closed() => match command {
                    Some(Command::Connect { reply, .. }) => waiters.push(reply),
                    Some(Command::Close(done)) => {
                        closers.push(done);
                        cancel.cancel();
                    }
                    None => cancel.cancel(),
                },
            }
        }
    }

    async fn wait_for(&self, permit: Permit, cancel: &CancellationToken) {
        if let Permit::At(at) = permit {
            self.doing(Doing::Text("waiting before it is started again".to_owned()));
            tokio::select! {
                () = tokio::time::sleep_until(at.into()) => {}
                () = cancel.cancelled() => {}
            }
        }
    }

    /// Holds a live connection until it ends or is closed. Callers who come between its end and the end of its
    /// processes are answered: they want the next connection.
    async fn hold(&self, mut live: Live, commands: &mut mpsc::Receiver<Command>, restarts: &mut Restarts) -> Vec<Command> {
        let session = Arc::clone(&live.session);
        let mut late = Vec::new();
        loop {
            tokio::select! {
                biased;
                failure = live.ended(self) => {
                    self.fail(failure.clone(), restarts);
                    live.close(failure).await;
                    return late;
                }
                command = commands.recv() => match command {
                    Some(Command::Connect { reply, .. }) if !session.wire.closed.is_cancelled() => answer(reply, Ok(Arc::clone(&session))),
                    Some(connect @ Command::Connect { .. }) => late.push(connect),
                    Some(Command::Close(done)) => {
                        self.set(Status::Idle);
                        live.close(self.closed_by_us()).await;
                        answer(done, ());
                        return late;
                    }
                    None => {
                        live.close(self.closed_by_us()).await;
                        return late;
                    }
                },
            }
        }
    }

    fn fail(&self, failure: Failure, restarts: &mut Restarts) {
        let now = Instant::now();
        restarts.failed(now);
        let retry_at = match restarts.permit(now) {
            Permit::Now => Some(now),
            Permit::At(at) => Some(at),
            Permit::Spent => None,
        };
        self.set(Status::Failed { failure, retry_at });
    }

    /// Why no attempt is made now: the last failure, with what to do about it.
    fn refusal(&self, permit: Permit) -> Option<Failure> {
        if self.retired.load(Ordering::Acquire) {
            return Some(self.closed_by_us());
        }
        let why = match permit {
            Permit::Now => return None,
            Permit::At(at) => {
                let wait = at.saturating_duration_since(Instant::now());
                if wait <= RESTART_PATIENCE {
                    return None;
                }
                format!("it is not tried again for another {:.1} s, unless you connect it yourself", wait.as_secs_f64())
            }
            Permit::Spent => "it failed too often and is left alone until you connect it yourself".to_owned(),
        };
        match &*locked(&self.status) {
            Status::Failed { failure, .. } => Some(failure.clone().note("retry", why)),
            Status::Idle | Status::Connecting { .. } | Status::Up(_) => None,
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

/// The next command; callers who came too late for the last connection go first.
async fn next(late: &mut Vec<Command>, commands: &mut mpsc::Receiver<Command>) -> Option<Command> {
    match late.pop() {
        Some(command) => Some(command),
        None => commands.recv().await,
    }
}

/// Answers a caller, who may have gone.
fn answer<T>(reply: oneshot::Sender<T>, value: T) {
    if reply.send(value).is_err() {
        tracing::trace!("a caller went away before its answer");
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
