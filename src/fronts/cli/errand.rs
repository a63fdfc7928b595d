//! The verbs that a running studio may do for a command line, and for whom they are done.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::answer::Answer;
use super::arguments::{Call, Command, Exec, GetTool, ListTools, Search, Traffic};
use super::{call, code, exec, list, search, traffic};
use crate::ops::{Answering, Streams, Studio};
use crate::types::limits::CLIENT_STOPS;
use crate::types::{Failure, FailureKind};

/// A verb that needs nothing of the process it was typed in but what [`Asker`] has.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Errand {
    Exec(Exec),
    ListTools(ListTools),
    Call(Call),
    Search(Search),
    GetTool(GetTool),
    Traffic(Traffic),
}

/// For whom a verb is done.
#[derive(Debug, Clone)]
pub(super) enum Asker {
    /// Whoever has our own streams and folder, and typed our command line.
    Own,
    /// A command line elsewhere.
    Client(Client),
}

/// A command line elsewhere.
#[derive(Debug, Clone)]
pub(super) struct Client {
    /// Its working folder.
    pub(super) folder: PathBuf,
    /// Its standard input, for a script that reads it.
    pub(super) stdin: Option<Arc<OwnedFd>>,
    /// Take what a script writes.
    pub(super) streams: Streams,
    /// What it says to questions of the policy.
    pub(super) answering: Answering,
}

impl Asker {
    /// The file that was typed as `path`.
    pub(super) fn file(&self, path: &Path) -> PathBuf {
        match self {
            Self::Own => path.to_owned(),
            Self::Client(client) => client.folder.join(path),
        }
    }

    /// Who answers what the policy asks; none where the studio knows.
    pub(super) fn answering(&self) -> Option<Answering> {
        match self {
            Self::Own => None,
            Self::Client(client) => Some(client.answering),
        }
    }
}

/// What ends a verb early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// Ctrl+C.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

impl Stop {
    /// What to exit with.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Interrupt => code::INTERRUPTED,
            Self::Terminate => code::TERMINATED,
        }
    }
}

impl Errand {
    /// The errand that `command` is, if it is one.
    pub(super) fn of(command: &Command) -> Option<Self> {
        match command {
            Command::Exec(arguments) => Some(Self::Exec(arguments.clone())),
            Command::ListTools(arguments) => Some(Self::ListTools(arguments.clone())),
            Command::Call(arguments) => Some(Self::Call(arguments.clone())),
            Command::Search(arguments) => Some(Self::Search(arguments.clone())),
            Command::GetTool(arguments) => Some(Self::GetTool(arguments.clone())),
            Command::Traffic(arguments) => Some(Self::Traffic(arguments.clone())),
            Command::ListResources(_)
            | Command::ReadResource(_)
            | Command::ListPrompts(_)
            | Command::GetPrompt(_)
            | Command::Generate(_)
            | Command::Discover(_)
            | Command::Health
            | Command::Bench(_)
            | Command::Sessions(_)
            | Command::Session(_)
            | Command::Steps(_)
            | Command::Report(_)
            | Command::Journal(_)
            | Command::Policy(_)
            | Command::Pins(_)
            | Command::Serve(_)
            | Command::Daemon(_)
            | Command::FileServer(_) => None,
        }
    }

    /// What its command line says to questions of the policy.
    pub(super) fn answering(&self) -> Answering {
        let approved = match self {
            Self::Exec(exec) => exec.approve,
            Self::Call(call) => call.approve,
            Self::ListTools(_) | Self::Search(_) | Self::GetTool(_) | Self::Traffic(_) => false,
        };
        if approved { Answering::Approved } else { Answering::Nobody }
    }

    /// Whether a script of it reads the standard input of its command line.
    pub(super) fn reads_stdin(&self) -> bool {
        matches!(self, Self::Exec(exec) if exec.stdin.is_none() && exec.scripts.len() == 1)
    }

    /// Does it, and answers the exit code.
    pub(super) async fn run(self, studio: &Studio, asker: &Asker, answer: &Answer, mut stops: mpsc::Receiver<Stop>) -> u8 {
        match self {
            // A script is interrupted, not abandoned: it has its own way with signals.
            Self::Exec(arguments) => Box::pin(exec::run(studio, &arguments, asker, answer, stops)).await,
            Self::ListTools(arguments) => until_stopped(Box::pin(list::run(studio, &arguments, answer)), &mut stops).await,
            Self::Call(arguments) => until_stopped(Box::pin(call::run(studio, arguments, asker, answer)), &mut stops).await,
            Self::Search(arguments) => until_stopped(Box::pin(search::run(studio, arguments, answer)), &mut stops).await,
            Self::GetTool(arguments) => until_stopped(Box::pin(search::get(studio, &arguments, answer)), &mut stops).await,
            Self::Traffic(arguments) => until_stopped(Box::pin(traffic::run(studio, &arguments, answer)), &mut stops).await,
        }
    }
}

/// The code of `work`, or that of what stopped it.
pub(super) async fn until_stopped(work: impl Future<Output = u8>, stops: &mut mpsc::Receiver<Stop>) -> u8 {
    tokio::select! {
        code = work => code,
        Some(stop) = stops.recv() => stop.code(),
    }
}

/// Ctrl+C and SIGTERM of this process, from now on.
pub(super) fn signals() -> Result<mpsc::Receiver<Stop>, Failure> {
    let cannot = |error| Failure::new(FailureKind::Internal, format!("cannot listen to signals: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
    let (tell, stops) = mpsc::channel(CLIENT_STOPS);
    tokio::spawn(async move {
        loop {
            let stop = tokio::select! {
                _ = interrupt.recv() => Stop::Interrupt,
                _ = terminate.recv() => Stop::Terminate,
            };
            // More than the queue holds would say nothing new.
            if let Err(mpsc::error::TrySendError::Closed(_)) = tell.try_send(stop) {
                break;
            }
        }
    });
    Ok(stops)
}
