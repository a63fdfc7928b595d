//! The process of a stdio server: its stderr kept, its tree ended.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::task::JoinHandle;

use super::Direction;
use super::diagnosis::Ending;
use super::launch::Plan;
use super::traffic::{StderrRing, Tap};
use crate::sys::process::{Exit, Tree};
use crate::types::limits::{CLOSE_GRACE, STDERR_LINE_BYTES, TERM_GRACE};
use crate::types::{Failure, FailureKind};

/// How long the stderr of a process that has ended is still read.
const STDERR_DRAIN: Duration = Duration::from_millis(100);

/// A started server. Dropping it kills its tree.
pub(super) struct Process {
    tree: Tree,
    stderr: Arc<StderrRing>,
    reading: JoinHandle<()>,
    words: String,
}

impl Process {
    /// Starts it; answers its output and input beside it.
    pub(super) fn start(plan: Plan, tap: &Arc<Tap>) -> Result<(Self, Receiver, Sender), Failure> {
        let mut tree = Tree::start(plan.launch).map_err(|mut failure| {
            failure.kind = FailureKind::Connection;
            failure
        })?;
        let (Some(stdin), Some(stdout), Some(stderr)) = (tree.stdin.take(), tree.stdout.take(), tree.stderr.take()) else {
            return Err(Failure::new(FailureKind::Internal, "a server was started without pipes"));
        };
        let ring = Arc::<StderrRing>::default();
        let reading = tokio::spawn(keep_stderr(stderr, Arc::clone(&ring), Arc::clone(tap)));
        Ok((Self { tree, stderr: ring, reading, words: plan.words }, stdout, stdin))
    }

    /// Its process id.
    pub(super) fn id(&self) -> u32 {
        self.tree.id()
    }

    /// What was started, for people.
    pub(super) fn words(&self) -> &str {
        &self.words
    }

    /// Waits for its end.
    pub(super) async fn exit(&self) -> Exit {
        self.tree.wait().await
    }

    /// What a failure says of it. Waits a moment for the last words of a process that has ended.
    pub(super) async fn ending(&mut self, exit: Option<Exit>) -> Ending {
        if exit.is_some() && tokio::time::timeout(STDERR_DRAIN, &mut self.reading).await.is_err() {
            tracing::debug!("something still holds the stderr of a server that has ended");
        }
        Ending { exit, stderr: self.stderr.tail(), command: Some(self.words.clone()), epitaph: None }
    }

    /// Ends it and everything it started. Its input must be closed already: that is the polite way to ask.
    pub(super) async fn end(self) -> Exit {
        if tokio::time::timeout(CLOSE_GRACE, self.tree.wait()).await.is_err() {
            tracing::debug!("a server ignores the end of its input");
        }
        let exit = self.tree.end(TERM_GRACE).await;
        self.reading.abort();
        exit
    }
}

/// Reads stderr to its end, line by line. A line over the bound is broken up.
async fn keep_stderr<R: AsyncRead + Unpin>(mut stderr: R, ring: Arc<StderrRing>, tap: Arc<Tap>) {
    let mut chunk = vec![0; STDERR_LINE_BYTES];
    let mut line = Vec::new();
    while let Ok(read) = stderr.read(&mut chunk).await {
        if read == 0 {
            break;
        }
        for part in chunk[..read].split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(part);
            if part.ends_with(b"\n") || line.len() >= STDERR_LINE_BYTES {
                keep(&line, &ring, &tap);
                line.clear();
            }
        }
    }
    keep(&line, &ring, &tap);
}

fn keep(line: &[u8], ring: &StderrRing, tap: &Tap) {
    let line = line.trim_ascii_end();
    if !line.is_empty() {
        tap.record(Direction::Stderr, line);
        ring.push(String::from_utf8_lossy(line).into_owned());
    }
}
