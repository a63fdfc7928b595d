//! A look at what a run's processes use.

use super::process::Process;
use crate::sys::process::{Usage, usage};

/// What was seen of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sample {
    /// Memory and processor time of the script's own process; none once it has ended.
    pub(super) usage: Option<Usage>,
    /// Processes, its own included.
    pub(super) processes: usize,
}

impl Sample {
    /// Looks at `process` and all it has started, off the run time's threads: all of `/proc` is read.
    pub(super) async fn take(process: &Process) -> Option<Self> {
        let (id, mark) = (process.id(), process.mark());
        let look = move || Self { usage: usage(id), processes: mark.count() };
        tokio::task::spawn_blocking(look).await.ok()
    }
}
