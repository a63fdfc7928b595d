//! Looks at what a run's processes use together and leave on the disk.

use std::path::PathBuf;

use super::process::Process;
use super::scratch::RunScratch;
use super::traces;
use crate::sys::process::{Tally, TreeUsage};
use crate::types::limits::LOOKS_PER_COUNT;

/// What was seen of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sample {
    /// What its processes use, all of them together.
    pub(super) tree: TreeUsage,
    /// Files and folders that it has made.
    pub(super) files: u64,
    /// Bytes it has written to a disk, or that lie in what it has made.
    pub(super) written_bytes: u64,
}

/// Looks at one run, again and again.
#[derive(Debug)]
pub(super) struct Sampler {
    tally: Tally,
    traces: traces::Traces,
    looks: u64,
    last: Sample,
}

impl Sampler {
    /// Of a run that writes to `scratch`, which is its own, and to `output`, which others write to as well.
    pub(super) fn new(scratch: &RunScratch, output: PathBuf) -> Self {
        let traces = traces::Traces::new([scratch.folder().to_owned(), output], scratch.since());
        Self { tally: Tally::default(), traces, looks: 0, last: Sample::default() }
    }

    /// Looks at `process` and all it has started, off the run time's threads: all of `/proc` is read. Memory above
    /// `exact_above` bytes is counted with care.
    pub(super) async fn look(mut self, process: &Process, exact_above: u64) -> Option<(Self, Sample)> {
        let mark = process.mark();
        let look = move || {
            let tree = self.tally.look(mark, exact_above);
            self.looks += 1;
            if self.looks % LOOKS_PER_COUNT == 1 {
                let made = self.traces.count();
                self.last.files = made.files;
                self.last.written_bytes = made.bytes;
            }
            let written_bytes = self.last.written_bytes.max(tree.written_bytes);
            self.last = Sample { tree, files: self.last.files, written_bytes };
            let sample = self.last;
            (self, sample)
        };
        tokio::task::spawn_blocking(look).await.ok()
    }
}
