//! Script runs: a warm fork server of CPython, one fresh child per run, one private channel for its tool calls.
//!
//! ```text
//! Queued -> Starting -> Running -> Draining -> Ended
//!              |           |  SIGINT -> grace -> SIGTERM -> grace -> SIGKILL of the tree
//!              +-----------+----------------> Ended
//! ```

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::calls::Calls;
use crate::config::Settings;
use crate::environment::Environment;
use crate::journal::{Board, Journal};
use crate::sys::sandbox::Level;
use crate::types::{Failure, RunId};

/// A script to run.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// Where its source is.
    pub script: Script,
    /// `sys.argv[1:]`.
    pub arguments: Vec<String>,
    /// `context` of the script: an object, or null.
    pub context: Value,
    /// Wall-clock limit.
    pub timeout: Option<Duration>,
    /// Which interpreter process.
    pub start: Start,
    /// Where its standard input comes from.
    pub stdin: Input,
    /// Where its output goes beside the board.
    pub output: Output,
}

/// The source of a script.
#[derive(Debug, Clone)]
pub enum Script {
    /// A file.
    File(PathBuf),
    /// A text, with the name it goes by in tracebacks.
    Text {
        /// Shown instead of a path.
        name: String,
        /// Its source.
        source: String,
    },
}

/// How the interpreter is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// From the warm fork server; cold where that cannot serve, with the reason shown.
    Warm,
    /// A fresh interpreter.
    Cold,
}

/// Standard input of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Empty.
    Null,
    /// Ours.
    Inherit,
}

/// Output of a script beside the board, which always gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// The board only.
    Board,
    /// Also to our own stdout and stderr, byte for byte, as it comes.
    PassThrough,
    /// Also kept whole (within limits) in the [`RunResult`].
    Capture,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunResult {
    /// Which run.
    pub run: RunId,
    /// As `mcp-studio exec` exits: 0, 1, the script's own, 124 timeout, 130 interrupted, 143 terminated.
    pub exit_code: i32,
    /// In words: `ok`, `exit 3`, `interrupted`, `timeout after 5 s`, `killed by signal 9`.
    pub outcome: String,
    /// Argument of `set_result`, if called.
    pub value: Option<Value>,
    /// The exception or syntax error that ended it.
    pub error: Option<ScriptError>,
    /// Captured standard output ([`Output::Capture`]).
    pub stdout: Option<String>,
    /// Captured standard error ([`Output::Capture`]).
    pub stderr: Option<String>,
    /// Waiting for an interpreter, starting it, running; milliseconds.
    pub milliseconds: RunTimes,
    /// Peak resident memory of the script's process, bytes.
    pub peak_memory: Option<u64>,
    /// `warm` or `cold`, with the reason where it is not what was asked.
    pub started: String,
    /// Tool calls it made.
    pub steps: u64,
}

/// Where a run's time went, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct RunTimes {
    /// Preparing the environment and waiting for a place.
    pub queue: f64,
    /// Until the script's first statement.
    pub start: f64,
    /// The script itself.
    pub run: f64,
}

/// What ended a script badly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScriptError {
    /// Class name of the exception, such as `ValueError`, `SyntaxError`, `ToolExecutionError`.
    #[serde(rename = "type")]
    pub class: String,
    /// `str(exception)`.
    pub message: String,
    /// Line of the script, counted from 1.
    pub line: Option<u32>,
    /// Column, counted from 1, for syntax errors.
    pub column: Option<u32>,
    /// The traceback as Python prints it, without frames of ours.
    pub traceback: String,
}

/// A run under way. Dropping the handle does not stop it.
#[derive(Debug, Clone)]
pub struct Run {}

impl Run {
    /// Its id on the board.
    pub fn id(&self) -> RunId {
        todo!()
    }

    /// Asks it to stop; a second time kills at once.
    pub fn interrupt(&self) {
        todo!()
    }

    /// Asks it to stop as SIGTERM does (exit code 143).
    pub fn terminate(&self) {
        todo!()
    }

    /// Waits for its end.
    pub async fn finished(&self) -> Arc<RunResult> {
        todo!()
    }
}

/// The engine. Nothing is started before the first run.
#[derive(Debug)]
pub struct Engine {}

impl Engine {
    /// Joins the layers below.
    pub fn new(
        settings: Arc<Settings>,
        environment: Arc<Environment>,
        calls: Arc<Calls>,
        journal: Arc<Journal>,
        board: Arc<Board>,
    ) -> Arc<Self> {
        let _ = (settings, environment, calls, journal, board);
        todo!()
    }

    /// Starts a run. Fails before a run exists: the script cannot be read (`Script`), is not Python (`Script`, with line and
    /// column), or no interpreter can be had (`Environment`).
    pub async fn start(self: &Arc<Self>, request: RunRequest) -> Result<Run, Failure> {
        let _ = request;
        todo!()
    }

    /// The sandbox level this machine allows scripts now.
    pub fn sandbox_level(&self) -> Level {
        todo!()
    }

    /// Starts the fork server ahead of need, if an environment is there; failures are left for the run to report.
    pub async fn warm(&self) {
        todo!()
    }

    /// Ends all runs and the fork server; no process of theirs is left.
    pub async fn shutdown(&self) {
        todo!()
    }
}
