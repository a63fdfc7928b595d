//! How a long operation says how far it is, and learns that nobody waits for it any more.

use std::cell::Cell;
use std::io::{self, Read};
use std::time::Instant;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::types::limits::FILES_PROGRESS_PAUSE;
use crate::types::{Failure, FailureKind};

/// How far an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Progress {
    /// Files done.
    pub(super) done: u64,
    /// Files in all.
    pub(super) total: u64,
}

/// Given to each operation. Only the latest progress is kept, so a slow client costs nothing.
#[derive(Debug)]
pub(super) struct Pace {
    cancel: CancellationToken,
    progress: watch::Sender<Progress>,
    told: Cell<Option<Instant>>,
}

impl Pace {
    /// An operation that `cancel` stops and that reports to `progress`.
    pub(super) fn new(cancel: CancellationToken, progress: watch::Sender<Progress>) -> Self {
        Self { cancel, progress, told: Cell::new(None) }
    }

    /// Says how far it is: at once at the start and the end, in between not more often than anybody could read.
    pub(super) fn reached(&self, progress: Progress) {
        let due = self.told.get().is_none_or(|told| told.elapsed() >= FILES_PROGRESS_PAUSE);
        if due || progress.done == progress.total {
            self.told.set(Some(Instant::now()));
            self.progress.send_replace(progress);
        }
    }

    /// Fails when the caller has cancelled.
    pub(super) fn go_on(&self) -> Result<(), Failure> {
        if self.cancel.is_cancelled() {
            return Err(Failure::new(FailureKind::Cancelled, "cancelled by the client"));
        }
        Ok(())
    }

    /// A reader that stops when the caller cancels, however long the file is.
    pub(super) fn reader<R: Read>(&self, inner: R) -> PacedReader<'_, R> {
        PacedReader { inner, pace: self }
    }
}

/// See [`Pace::reader`].
#[derive(Debug)]
pub(super) struct PacedReader<'a, R> {
    inner: R,
    pace: &'a Pace,
}

impl<R: Read> Read for PacedReader<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.pace.go_on().map_err(io::Error::other)?;
        self.inner.read(buffer)
    }
}

#[cfg(test)]
pub(super) fn unhurried() -> Pace {
    Pace::new(CancellationToken::new(), watch::Sender::default())
}
