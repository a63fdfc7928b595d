//! A live connection as its owner holds it.

use std::sync::Arc;

use tokio::sync::watch;

use super::attempt::Service;
use super::diagnosis::{self, Ending, Phase};
use super::process::Process;
use super::reach::soon;
use super::server::Server;
use super::session::Session;
use crate::types::Failure;
use crate::types::limits::{CLOSE_GRACE, EXIT_DRAIN};

/// Everything that has to be ended. Dropping it kills the process tree.
pub(super) struct Live {
    /// What callers share.
    pub(super) session: Arc<Session>,
    pub(super) service: Service,
    pub(super) process: Option<Process>,
    /// Tells callers why it ended.
    pub(super) death: watch::Sender<Option<Failure>>,
}

impl Live {
    /// Waits until the server ends by itself, and answers why. What it wrote before its end is still read.
    pub(super) async fn ended(&mut self, server: &Server) -> Failure {
        let closed = self.session.wire.closed.clone();
        let mut ending = if let Some(process) = &mut self.process {
            let exit = tokio::select! {
                exit = process.exit() => {
                    if tokio::time::timeout(EXIT_DRAIN, closed.cancelled()).await.is_err() {
                        server.tap().note("something still holds the output of the server, which has ended");
                    }
                    Some(exit)
                }
                () = closed.cancelled() => soon(process.exit()).await,
            };
            process.ending(exit).await
        } else {
            closed.cancelled().await;
            Ending::default()
        };
        ending.epitaph = self.session.wire.epitaph();
        diagnosis::ended(server.settings(), &ending, Phase::Answering)
    }

    /// Ends it: calls under way fail with `why`, the input of a process is closed, its tree is ended.
    pub(super) async fn close(mut self, why: Failure) {
        self.death.send_replace(Some(why));
        if let Some(process) = self.process.take() {
            self.session.wire.closed.cancel();
            process.end().await;
        } else if !matches!(self.service.close_with_timeout(CLOSE_GRACE * 2).await, Ok(Some(_))) {
            tracing::debug!("a server did not say goodbye in time");
        }
        self.session.wire.closed.cancel();
    }
}
