//! The studio's end: lets command lines of the same project in, and does their errands side by side.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::UnixStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::conversation::Conversation;
use super::frame::{self, Kind as Piece};
use super::{Ask, Request, Status, signal};
use crate::fronts::cli::answer::Answer;
use crate::fronts::cli::errand::{Asker, Client};
use crate::fronts::cli::narration::Narrator;
use crate::ops::{Listening, ServerState, Studio, receive_with_descriptor};
use crate::types::limits::{CLIENT_HANDSHAKE, CLIENT_REQUEST_BYTES, CLIENTS_AT_ONCE, SHUTDOWN};

/// What kind of studio lets command lines in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A person works with it.
    Workbench,
    /// It is there for command lines.
    Daemon,
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Workbench => "workbench",
            Self::Daemon => "daemon",
        }
    }
}

/// A studio that lets command lines in.
#[derive(Debug)]
pub struct Host {
    studio: Studio,
    kind: Kind,
    since: Instant,
    served: AtomicUsize,
    stop: CancellationToken,
    /// Those who asked for our end; they learn of it when these are closed.
    waiting: Mutex<Vec<UnixStream>>,
}

impl Host {
    /// Nobody is let in yet. `stop` ends it, and is told when a command line asks for the end.
    pub fn new(studio: Studio, kind: Kind, stop: CancellationToken) -> Arc<Self> {
        let (since, served, waiting) = (Instant::now(), AtomicUsize::new(0), Mutex::default());
        Arc::new(Self { studio, kind, since, served, stop, waiting })
    }

    /// Lets command lines in where no other studio of the project does, until told to stop. One that cannot is no worse for it.
    pub async fn open(self: Arc<Self>) {
        match self.studio.meeting_place().listen() {
            Ok(Some(listening)) => self.attend(listening, None).await,
            Ok(None) => tracing::info!("another studio serves the command lines of this project"),
            Err(failure) => tracing::warn!("command lines are not served: {failure}"),
        }
    }

    /// Lets command lines in until told to stop, or until nobody has come for `idle`.
    pub(super) async fn attend(self: Arc<Self>, listening: Listening, idle: Option<Duration>) {
        let mut clients = JoinSet::new();
        let mut used = Instant::now();
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                Some(_) = clients.join_next() => used = Instant::now(),
                accepted = listening.accept(), if clients.len() < CLIENTS_AT_ONCE => match accepted {
                    Ok(stream) => drop(clients.spawn(Arc::clone(&self).receive(stream))),
                    Err(error) => {
                        tracing::warn!("a command line could not be let in: {error}");
                        tokio::time::sleep(CLIENT_HANDSHAKE).await;
                    }
                },
                () = until_idle(used, idle), if clients.is_empty() => break,
            }
        }
        drop(listening);
        self.stop.cancel();
        // Whoever reads no more is left; its work has ended all the same.
        let _ = timeout(SHUTDOWN, async { while clients.join_next().await.is_some() {} }).await;
    }

    async fn receive(self: Arc<Self>, mut stream: UnixStream) {
        let asked = timeout(CLIENT_HANDSHAKE, frame::read(&mut stream, CLIENT_REQUEST_BYTES)).await;
        let Ok(Ok((Piece::Ask, bytes))) = asked else { return };
        // One that breaks off has nobody left to tell.
        let _ = match serde_json::from_slice(&bytes) {
            Ok(Ask::Errand(request)) => self.errand(stream, *request).await,
            Ok(Ask::Status) => self.accept(&mut stream).await,
            Ok(Ask::Stop) => self.leave(stream).await,
            Err(_) => decline(&mut stream, "it is another version of the program").await,
        };
    }

    async fn accept(&self, stream: &mut UnixStream) -> io::Result<()> {
        frame::write_json(stream, Piece::Accepted, &self.status()).await
    }

    async fn leave(&self, mut stream: UnixStream) -> io::Result<()> {
        match self.kind {
            Kind::Workbench => decline(&mut stream, "it is a workbench: Ctrl+Q leaves it").await,
            Kind::Daemon => {
                self.accept(&mut stream).await?;
                self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
                self.stop.cancel();
                Ok(())
            }
        }
    }

    async fn errand(&self, mut stream: UnixStream, request: Request) -> io::Result<()> {
        if self.stop.is_cancelled() {
            return decline(&mut stream, "it is about to end").await;
        }
        if let Some(reason) = self.studio.misfit(&request.surroundings) {
            return decline(&mut stream, &reason).await;
        }
        self.accept(&mut stream).await?;
        let (byte, stdin) = timeout(CLIENT_HANDSHAKE, receive_with_descriptor(&stream)).await??;
        if byte != signal::GO {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.served.fetch_add(1, Ordering::Relaxed);
        let (conversation, streams, stops) = Conversation::begin(stream);
        let Request { surroundings, json, verbose, terminal, errand } = request;
        let (stdin, answering) = (stdin.map(Arc::new), errand.answering());
        let asker = Asker::Client(Client { folder: surroundings.folder, stdin, streams, answering });
        let answer = Answer::through(conversation.outbox(), json, terminal);
        let work = errand.run(&self.studio, &asker, &answer, stops);
        let narrator = Narrator::new(&self.studio, verbose, &answer);
        conversation.hold(narrator.beside(work), &self.stop).await;
        self.served.fetch_sub(1, Ordering::Relaxed);
        Ok(())
    }

    fn status(&self) -> Status {
        let connected = self.studio.servers().into_iter().filter_map(|(name, state)| match state {
            ServerState::Ready(_) | ServerState::Degraded(..) => Some(name.to_string()),
            ServerState::Idle | ServerState::Disabled | ServerState::Connecting { .. } | ServerState::Failed { .. } => None,
        });
        Status {
            process: std::process::id(),
            kind: self.kind,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config: self.studio.settings().paths.config.display().to_string(),
            session: self.studio.session().to_string(),
            up_seconds: self.since.elapsed().as_secs(),
            clients: self.served.load(Ordering::Relaxed),
            connected: connected.collect(),
        }
    }
}

async fn until_idle(used: Instant, idle: Option<Duration>) {
    match idle {
        Some(idle) => tokio::time::sleep_until(used + idle).await,
        None => std::future::pending().await,
    }
}

async fn decline(stream: &mut UnixStream, reason: &str) -> io::Result<()> {
    frame::write(stream, Piece::Declined, reason.as_bytes()).await
}
