//! The journal file: one JSON object a line, appended with one write each.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::sys::clock::Timestamp;
use crate::types::{Failure, RunId, SessionId, StepRecord};

/// What the journal records. Payloads are never in it; later levels of recording add masked previews.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// First line of each file.
    SessionStarted {
        /// Its id.
        session: SessionId,
        /// Version of this program.
        version: String,
        /// Which front: `tui`, `exec`, `call`, ...
        front: String,
    },
    /// A script begins.
    RunStarted {
        /// Which run.
        run: RunId,
        /// The script as named by the person.
        script: String,
        /// SHA-256 of its source, hexadecimal.
        sha256: String,
        /// Sandbox level reached.
        sandbox: String,
    },
    /// A step is over.
    Step(Box<StepRecord>),
    /// A script has ended.
    RunEnded {
        /// Which run.
        run: RunId,
        /// Its exit code.
        exit_code: i32,
        /// In words.
        outcome: String,
        /// From request to end, milliseconds.
        milliseconds: u64,
    },
    /// Last line of a file that was closed well.
    SessionEnded,
}

/// The open journal of this session.
#[derive(Debug)]
pub struct Journal {}

impl Journal {
    /// A journal that creates `folder/<session>.jsonl` with its first event, not before.
    pub fn new(folder: &Path, front: &str) -> Self {
        let _ = (folder, front);
        todo!()
    }

    /// This session.
    pub fn session(&self) -> &SessionId {
        todo!()
    }

    /// Appends one event with one write. Each line carries `seq`, `at` and the hash of the line before.
    pub fn record(&self, event: &Event) -> Result<(), Failure> {
        let _ = event;
        todo!()
    }

    /// Writes the last line.
    pub fn close(&self) -> Result<(), Failure> {
        todo!()
    }
}

/// A session on disk, for lists.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionSummary {
    /// Its id.
    pub session: SessionId,
    /// When it started.
    pub at: Timestamp,
    /// Steps in it.
    pub steps: u64,
    /// Scripts run in it.
    pub runs: u64,
    /// Whether it was closed well.
    pub closed: bool,
}

/// The sessions recorded in `folder`, newest first.
pub fn sessions(folder: &Path, limit: usize) -> Result<Vec<SessionSummary>, Failure> {
    let _ = (folder, limit);
    todo!()
}
