//! The task that owns a connection: it alone starts, holds and ends it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{Command, Doing, Reply, Server, Status};
use crate::connections::attempt::attempt;
use crate::connections::ledger::locked;
use crate::connections::live::Live;
use crate::connections::restarts::{Permit, Restarts};
use crate::types::Failure;
use crate::types::limits::RESTART_PATIENCE;

/// What came of one attempt, who waits for it, and who wants it closed.
struct Attempted {
    outcome: Result<Box<Live>, Failure>,
    waiters: Vec<Reply>,
    closers: Vec<oneshot::Sender<()>>,
}

impl Server {
    /// Serves commands until the server is dropped.
    pub(super) async fn own(self: Arc<Self>, mut commands: mpsc::Receiver<Command>) {
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
