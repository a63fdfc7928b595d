//! The process of one run, warm or cold: starting it, signalling it, waiting for it, leaving nothing of it behind.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::net::unix::pipe::Receiver;

use super::forkserver::ForkServer;
use super::python::{Python, environment};
use super::request::Input;
use crate::sys::channel;
use crate::sys::process::{Exit, Handle, Launch, Mark, Stdio, Tree};
use crate::sys::sandbox::Prepared;
use crate::sys::signals;
use crate::types::limits::LEAVE_GRACE;
use crate::types::{Failure, FailureKind};

/// Number of the tool channel in a cold process.
const CHANNEL: i32 = 3;

/// A process with its streams.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) process: Process,
    pub(super) channel: UnixStream,
    /// What it must still be told to do; none if it has been told.
    pub(super) job: Option<Vec<u8>>,
    pub(super) stdout: Receiver,
    pub(super) stderr: Receiver,
}

/// A run's process.
#[derive(Debug, Clone)]
pub(super) enum Process {
    /// A child of the fork server.
    Warm {
        /// Kept alive as long as its children run.
        server: Arc<ForkServer>,
        /// The process.
        id: u32,
        /// What it and all it starts carry.
        mark: Mark,
        /// For killing it at once.
        handle: Option<Arc<Handle>>,
        /// Its end.
        exited: futures::future::Shared<futures::future::BoxFuture<'static, Option<Exit>>>,
    },
    /// An interpreter of its own.
    Cold(Arc<Tree>),
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// With this status.
    Exit(Exit),
    /// The fork server died, and with it the news of it.
    Lost,
}

/// Takes a child of `server` and gives it its streams and its job, in one message: it need only wake once.
pub(super) async fn warm(server: Arc<ForkServer>, stdin: &Input, job: &[u8]) -> Result<Started, Failure> {
    let child = server.child().await?;
    let give = async {
        let (stdout, their_stdout) = pipe()?;
        let (stderr, their_stderr) = pipe()?;
        let stdin = input(stdin)?;
        let streams = [stdin.as_fd(), their_stdout.as_fd(), their_stderr.as_fd()];
        let message = [b"s", job].concat();
        channel::send_with_descriptors(&child.channel, &message, &streams).await?;
        Ok((stdout, stderr))
    };
    let (stdout, stderr) = give.await.map_err(|error| not_started(&error))?;
    let exited = futures::FutureExt::shared(futures::FutureExt::boxed(child.exited()));
    let process = Process::Warm { mark: child.mark, server, id: child.id, handle: child.handle, exited };
    Ok(Started { process, channel: child.channel, job: None, stdout, stderr })
}

/// Starts an interpreter of its own. Its job is left to be sent: it reads it when it has started.
pub(super) fn cold(
    python: &Python,
    stdin: &Input,
    job: Vec<u8>,
    folder: &std::path::Path,
    sandbox: Prepared,
) -> Result<Started, Failure> {
    let (ours, theirs) = channel::pair().map_err(|error| not_started(&error))?;
    let mut arguments = python.arguments("cold.py");
    arguments.push(CHANNEL.to_string().into());
    let stdin = Stdio::Descriptor(input(stdin).map_err(|error| not_started(&error))?);
    let launch = Launch {
        program: python.executable.clone(),
        arguments,
        environment: environment(),
        folder: folder.to_owned(),
        stdio: [stdin, Stdio::Pipe, Stdio::Pipe],
        descriptors: vec![(theirs, CHANNEL)],
        sandbox: Some(sandbox),
    };
    let mut tree = Tree::start(launch)?;
    let (Some(stdout), Some(stderr)) = (tree.stdout.take(), tree.stderr.take()) else {
        return Err(not_started(&io::ErrorKind::BrokenPipe.into()));
    };
    Ok(Started { process: Process::Cold(Arc::new(tree)), channel: ours, job: Some(job), stdout, stderr })
}

impl Process {
    /// Whether it is a child of the fork server.
    pub(super) fn is_warm(&self) -> bool {
        matches!(self, Self::Warm { .. })
    }

    /// Its number.
    pub(super) fn id(&self) -> u32 {
        match self {
            Self::Warm { id, .. } => *id,
            Self::Cold(tree) => tree.id(),
        }
    }

    /// What it and all it starts carry.
    pub(super) fn mark(&self) -> Mark {
        match self {
            Self::Warm { mark, .. } => *mark,
            Self::Cold(tree) => tree.mark(),
        }
    }

    /// Waits for its end. May be called again and concurrently.
    pub(super) async fn wait(&self) -> End {
        match self {
            Self::Warm { server, exited, .. } => tokio::select! {
                biased;
                exited = exited.clone() => exited.map_or(End::Lost, End::Exit),
                () = server.gone() => End::Lost,
            },
            Self::Cold(tree) => End::Exit(tree.wait().await),
        }
    }

    /// Signals its group. A stopped process is woken first, so that it hears.
    pub(super) async fn signal(&self, signal: i32) {
        if let Self::Warm { handle: Some(handle), .. } = self
            && signal == signals::KILL
        {
            handle.kill();
        }
        let alone = matches!(signal, signals::KILL | signals::NUDGE);
        let numbers = if alone { vec![signal] } else { vec![signal, signals::CONTINUE] };
        for number in numbers {
            match self {
                Self::Warm { server, id, .. } => server.signal(*id, number).await,
                Self::Cold(tree) => tree.signal(number),
            }
        }
    }

    /// Kills whatever is left of it, daemonised descendants included. Returns when none is left.
    pub(super) async fn sweep(&self) {
        match self {
            Self::Warm { mark, .. } => mark.end(Duration::ZERO).await,
            Self::Cold(tree) => drop(tree.end(Duration::ZERO).await),
        }
    }

    /// After an orderly end: waits a little for the process, which ends by itself, and sweeps what it has left behind.
    pub(super) async fn leave(&self) {
        let ended = tokio::time::timeout(LEAVE_GRACE, self.wait()).await;
        match self {
            Self::Warm { server, .. } if matches!(ended, Ok(End::Exit(_))) && !server.has_orphans() => {}
            Self::Warm { .. } | Self::Cold(_) => self.sweep().await,
        }
    }
}

fn pipe() -> io::Result<(Receiver, OwnedFd)> {
    let (ours, theirs) = std::io::pipe()?;
    Ok((Receiver::from_owned_fd(ours.into())?, theirs.into()))
}

fn input(input: &Input) -> io::Result<OwnedFd> {
    match input {
        Input::Null => Ok(std::fs::File::open("/dev/null")?.into()),
        Input::Inherit => std::io::stdin().as_fd().try_clone_to_owned(),
        Input::File(path) => Ok(std::fs::File::open(path)?.into()),
        Input::Given(descriptor) => descriptor.try_clone(),
    }
}

fn not_started(error: &io::Error) -> Failure {
    Failure::new(FailureKind::Environment, format!("cannot start a process for the script: {error}"))
}
