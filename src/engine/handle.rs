//! What the one who started a run holds of it.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::ladder::Cause;
use super::result::RunResult;
use crate::types::RunId;

/// A run under way. Dropping the handle does not stop it.
#[derive(Debug, Clone)]
pub struct Run {
    pub(super) id: RunId,
    pub(super) stops: mpsc::Sender<Cause>,
    pub(super) result: watch::Receiver<Option<Arc<RunResult>>>,
}

impl Run {
    /// Its id on the board.
    pub fn id(&self) -> RunId {
        self.id
    }

    /// Asks it to stop; a second time kills at once.
    pub fn interrupt(&self) {
        self.stop(Cause::Interrupted);
    }

    /// Asks it to stop as SIGTERM does (exit code 143).
    pub fn terminate(&self) {
        self.stop(Cause::Terminated);
    }

    /// Waits for its end.
    pub async fn finished(&self) -> Arc<RunResult> {
        let mut result = self.result.clone();
        match result.wait_for(Option::is_some).await.map(|result| result.clone()) {
            Ok(Some(result)) => result,
            Ok(None) | Err(_) => Arc::new(RunResult::unknown(self.id)),
        }
    }

    /// The queue is longer than the ladder: what does not fit could change nothing.
    pub(super) fn stop(&self, cause: Cause) {
        let _ = self.stops.try_send(cause);
    }
}
