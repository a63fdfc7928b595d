//! How a run ended.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::full_copy::OutputFile;
use crate::sys::sandbox::Level;
use crate::types::{Failure, RunId};

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunResult {
    /// Which run.
    pub run: RunId,
    /// As `mcp-studio exec` exits: 0, 1, the script's own, 124 timeout, 130 interrupted, 143 terminated.
    pub exit_code: i32,
    /// In words: `ok`, `exit 3`, `interrupted`, `timeout after 5 s`, `killed by signal 9`; behind it in brackets the limits of
    /// the policy that have refused calls of it.
    pub outcome: String,
    /// Argument of `set_result`, if called.
    pub value: Option<Value>,
    /// The exception or syntax error that ended it, or what kept it from starting.
    pub error: Option<ScriptError>,
    /// Captured standard output ([`super::Output::Capture`]).
    pub stdout: Option<String>,
    /// Captured standard error ([`super::Output::Capture`]).
    pub stderr: Option<String>,
    /// Files with all of a stream that was too long to be kept.
    pub full_output: Vec<OutputFile>,
    /// Waiting for an interpreter, starting it, running; milliseconds.
    pub milliseconds: RunTimes,
    /// The most memory that was resident, bytes: of the script's process, or of all its processes together when they were looked at.
    pub peak_memory: Option<u64>,
    /// Processor time of the script and of the processes it waited for, seconds; of a run that was killed, when it was looked at last.
    pub cpu_seconds: Option<f64>,
    /// `warm` or `cold`, with the reason where it is not what was asked.
    pub started: String,
    /// How far it was confined.
    pub sandbox: Level,
    /// Tool calls it made.
    pub steps: u64,
}

impl RunResult {
    /// Of a run that nobody drives any more: the program's run time is being torn down.
    pub(super) fn unknown(run: RunId) -> Self {
        Self {
            run,
            exit_code: 1,
            outcome: "abandoned".to_owned(),
            value: None,
            error: None,
            stdout: None,
            stderr: None,
            full_output: Vec::new(),
            milliseconds: RunTimes::default(),
            peak_memory: None,
            cpu_seconds: None,
            started: String::new(),
            sandbox: Level::Off,
            steps: 0,
        }
    }
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The traceback as Python prints it, without frames of ours. Empty where no script ran.
    pub traceback: String,
}

/// As Python words the last line of a traceback: the class alone where there is no message.
impl fmt::Display for ScriptError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { class, message, .. } = self;
        if message.is_empty() { to.write_str(class) } else { write!(to, "{class}: {message}") }
    }
}

/// Class of what kept a script from starting.
const NOT_STARTED: &str = "NotStarted";

impl ScriptError {
    /// Whether it kept the script from starting, so that nothing else tells of it.
    pub fn is_before_start(&self) -> bool {
        self.class == NOT_STARTED
    }

    /// What kept a script from starting.
    pub(super) fn not_started(failure: &Failure) -> Self {
        let (message, traceback) = (failure.to_string(), String::new());
        Self { class: NOT_STARTED.to_owned(), message, line: None, column: None, traceback }
    }
}
