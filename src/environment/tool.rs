//! Running a program to its end for what it says: an interpreter that is asked about itself, an installer.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe::Receiver;

use crate::sys::process::{Exit, Launch, Stdio, Tree};
use crate::types::Failure;
use crate::types::limits::{DRAIN_TIMEOUT, TOOL_LINE_BYTES, TOOL_LINES};

/// A program to run, and how long it may take.
pub(super) struct Tool<'a> {
    pub(super) program: &'a Path,
    pub(super) arguments: Vec<OsString>,
    pub(super) environment: &'a BTreeMap<OsString, OsString>,
    pub(super) folder: &'a Path,
    pub(super) limit: Duration,
}

/// How it ended, and its last lines from both streams in the order of arrival.
pub(super) struct Said {
    /// None: it took longer than its limit.
    pub(super) exit: Option<Exit>,
    pub(super) lines: Vec<String>,
}

/// Runs `tool`, calling `on_line` for each line it writes. Nothing of it is left afterwards.
pub(super) async fn run(tool: Tool<'_>, mut on_line: impl FnMut(&str)) -> Result<Said, Failure> {
    let mut tree = Tree::start(Launch {
        program: tool.program.to_owned(),
        arguments: tool.arguments,
        environment: tool.environment.clone(),
        folder: tool.folder.to_owned(),
        stdio: [Stdio::Null, Stdio::Pipe, Stdio::Pipe],
        descriptors: Vec::new(),
        sandbox: None,
    })?;
    let (mut stdout, mut stderr) = (Lines::of(tree.stdout.take()), Lines::of(tree.stderr.take()));
    let mut last = VecDeque::new();
    let mut keep = |line: String| {
        on_line(&line);
        last.push_back(line);
        if last.len() > TOOL_LINES {
            last.pop_front();
        }
    };
    let ended = {
        let listen = async {
            loop {
                tokio::select! {
                    Some(line) = stdout.next() => keep(line),
                    Some(line) = stderr.next() => keep(line),
                    else => break,
                }
            }
        };
        tokio::time::timeout(tool.limit, until_silent(&tree, listen)).await
    };
    let exit = tree.end(Duration::ZERO).await;
    Ok(Said { exit: ended.ok().map(|()| exit), lines: last.into() })
}

/// Waits for the end of the program and of its output; a descendant that holds the pipes open delays it only a little.
async fn until_silent(tree: &Tree, listen: impl Future<Output = ()>) {
    tokio::pin!(listen);
    tokio::select! {
        () = &mut listen => {}
        _ = tree.wait() => {
            let _ = tokio::time::timeout(DRAIN_TIMEOUT, listen).await;
            return;
        }
    }
    tree.wait().await;
}

/// The lines of a pipe, each cut to [`TOOL_LINE_BYTES`]. A carriage return ends a line too: that is how progress is drawn.
struct Lines {
    pipe: Option<Receiver>,
    pending: Vec<u8>,
}

impl Lines {
    fn of(pipe: Option<Receiver>) -> Self {
        Self { pipe, pending: Vec::new() }
    }

    /// The next line that is not blank. Cancelling loses nothing.
    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(line) = self.take_line() {
                return Some(line);
            }
            let pipe = self.pipe.as_mut()?;
            if !matches!(pipe.read_buf(&mut self.pending).await, Ok(1..)) {
                self.pipe = None;
                self.pending.push(b'\n');
            }
        }
    }

    fn take_line(&mut self) -> Option<String> {
        loop {
            let break_at = self.pending.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let end = break_at.or_else(|| (self.pending.len() > TOOL_LINE_BYTES).then_some(TOOL_LINE_BYTES))?;
            let text = String::from_utf8_lossy(&self.pending[..end]).trim().to_owned();
            self.pending.drain(..end + usize::from(break_at.is_some()));
            if !text.is_empty() {
                return Some(text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_and_blank_ones_left_out() {
        let mut lines = Lines { pipe: None, pending: b"one\r\n\n  \r 50 %\r100 %\n".to_vec() };
        lines.pending.extend([b'x'; TOOL_LINE_BYTES + 3]);
        let taken: Vec<String> = std::iter::from_fn(|| lines.take_line()).collect();
        assert_eq!(taken, ["one", "50 %", "100 %", "x".repeat(TOOL_LINE_BYTES).as_str()]);
        assert_eq!(lines.pending, b"xxx");
    }
}
