//! A look at what a run's processes use, and whether that is too much.

use super::ladder::Cause;
use super::process::Process;
use crate::sys::process::{Usage, usage};
use crate::types::limits::{SCRIPT_MEMORY_BYTES, SCRIPT_PROCESSES};

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

    /// The limit that has been passed, as a reason to stop the run.
    pub(super) fn excess(&self) -> Option<Cause> {
        let memory = self.usage.map_or(0, |usage| usage.resident_bytes);
        if memory > SCRIPT_MEMORY_BYTES {
            return Some(Cause::Limit(format!("memory limit of {} MiB", SCRIPT_MEMORY_BYTES / (1024 * 1024))));
        }
        let many = self.processes > SCRIPT_PROCESSES;
        many.then(|| Cause::Limit(format!("limit of {SCRIPT_PROCESSES} processes")))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_limit_that_has_been_passed_is_named() {
        let usage = |resident_bytes| Some(Usage { resident_bytes, peak_bytes: resident_bytes, cpu: Duration::ZERO });
        for (usage, processes, words) in [
            (usage(SCRIPT_MEMORY_BYTES), SCRIPT_PROCESSES, None),
            (usage(SCRIPT_MEMORY_BYTES + 1), 1, Some("memory limit of 8192 MiB")),
            (None, SCRIPT_PROCESSES + 1, Some("limit of 512 processes")),
        ] {
            let expected = words.map(|words| Cause::Limit(words.to_owned()));
            assert_eq!(Sample { usage, processes }.excess(), expected);
        }
    }
}
