//! The live board: producers fold events in under a short lock, a front copies the window it shows once a frame.

use std::ops::Range;
use std::time::{Duration, Instant};

use crate::sys::clock::Timestamp;
use crate::sys::pulse::Pulse;
use crate::types::{Caller, RunId, StepNumber, StepRecord, ToolId};

/// One step, finished or under way.
#[derive(Debug, Clone)]
pub struct StepView {
    /// Its number.
    pub step: StepNumber,
    /// What was called.
    pub tool: ToolId,
    /// By whom.
    pub caller: Caller,
    /// Wall-clock start.
    pub at: Timestamp,
    /// Line of the script that made the call.
    pub line: Option<u32>,
    /// Where it is.
    pub state: StepState,
}

/// Where a step is.
#[derive(Debug, Clone)]
pub enum StepState {
    /// Not answered yet; the text is the last progress message.
    Running {
        /// Since when.
        since: Instant,
        /// Last progress, as "3 of 10 · message".
        progress: Option<String>,
    },
    /// Over.
    Done(std::sync::Arc<StepRecord>),
}

/// Totals of the steps of a session or of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StepsSummary {
    /// Steps begun.
    pub steps: u64,
    /// Steps under way.
    pub running: u64,
    /// Steps that ended in anything but ok, reused or `dry_run`.
    pub failed: u64,
    /// Sum of the whole latencies of finished steps.
    pub time: Duration,
    /// Median of them, from a histogram (error below 5 %).
    pub p50: Duration,
    /// 95th percentile.
    pub p95: Duration,
    /// Estimated tokens of arguments.
    pub tokens_in: u64,
    /// Estimated tokens of results.
    pub tokens_out: u64,
    /// Whole latencies of the latest steps, oldest first, for a sparkline.
    pub recent: Vec<Duration>,
}

/// Which stream a line of output came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// `log(level, message)` of the script.
    Log,
    /// A line of the studio about the run.
    Studio,
}

/// A line of output, neutralised and cut to a bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputLine {
    /// Where it came from.
    pub stream: OutputStream,
    /// Its text without the newline.
    pub text: String,
}

/// Where a run is.
#[derive(Debug, Clone, PartialEq)]
pub enum RunState {
    /// The text says what: `preparing the environment`, `starting`.
    Starting(String),
    /// The script runs.
    Running,
    /// Somebody asked it to stop.
    Interrupting,
    /// Over. The words are those of the exit: `ok`, `exit 3`, `interrupted`, `timeout`, `killed by signal 9`.
    Ended {
        /// Exit code as for `mcp-studio exec`.
        exit_code: i32,
        /// In words.
        outcome: String,
        /// From request to end.
        duration: Duration,
        /// Line of the script that failed, where an error names one.
        line: Option<u32>,
    },
}

/// One run.
#[derive(Debug, Clone)]
pub struct RunView {
    /// Its id.
    pub id: RunId,
    /// The script's name as shown.
    pub script: String,
    /// Wall-clock start.
    pub at: Timestamp,
    /// Since when, for elapsed time.
    pub since: Instant,
    /// Where it is.
    pub state: RunState,
    /// Process id while it runs.
    pub process: Option<u32>,
    /// Lines of output so far, including those no longer kept.
    pub output_lines: u64,
    /// Totals of its steps.
    pub steps: StepsSummary,
}

/// How important a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeLevel {
    /// Good to know.
    Info,
    /// Odd.
    Warning,
    /// Wrong.
    Error,
}

/// A line about the studio itself: a server died, a configuration key is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// When.
    pub at: Timestamp,
    /// How important.
    pub level: NoticeLevel,
    /// The rendered text; may have several lines.
    pub text: String,
}

/// The board of one studio. All methods are short and take `&self`; readers copy only what they ask for.
#[derive(Debug)]
pub struct Board {}

impl Board {
    /// An empty board that bumps `pulse` on each change.
    pub fn new(pulse: Pulse) -> Self {
        let _ = pulse;
        todo!()
    }

    /// A step begins; answers its number.
    pub fn step_begun(&self, tool: ToolId, caller: Caller, line: Option<u32>) -> StepNumber {
        let _ = (tool, caller, line);
        todo!()
    }

    /// Progress of a running step.
    pub fn step_progress(&self, step: StepNumber, progress: String) {
        let _ = (step, progress);
        todo!()
    }

    /// A step is over.
    pub fn step_done(&self, record: StepRecord) {
        let _ = record;
        todo!()
    }

    /// A run begins; answers its id.
    pub fn run_begun(&self, script: &str) -> RunId {
        let _ = script;
        todo!()
    }

    /// A run's state or process changes.
    pub fn run_state(&self, run: RunId, state: RunState, process: Option<u32>) {
        let _ = (run, state, process);
        todo!()
    }

    /// Bytes a run wrote. Split into lines here; an unfinished line is shown and continued.
    pub fn run_output(&self, run: RunId, stream: OutputStream, bytes: &[u8]) {
        let _ = (run, stream, bytes);
        todo!()
    }

    /// A notice.
    pub fn notice(&self, level: NoticeLevel, text: String) {
        let _ = (level, text);
        todo!()
    }

    /// Number of steps begun so far (of `run`, or of the session).
    pub fn step_count(&self, run: Option<RunId>) -> u64 {
        let _ = run;
        todo!()
    }

    /// Steps by position from the oldest (of `run`, or of the session), clipped to what is kept.
    pub fn steps(&self, run: Option<RunId>, window: Range<u64>) -> Vec<StepView> {
        let _ = (run, window);
        todo!()
    }

    /// Totals of the session's steps.
    pub fn summary(&self) -> StepsSummary {
        todo!()
    }

    /// All kept runs, oldest first.
    pub fn runs(&self) -> Vec<RunView> {
        todo!()
    }

    /// One run.
    pub fn run(&self, run: RunId) -> Option<RunView> {
        let _ = run;
        todo!()
    }

    /// Output lines of a run by position from its first line, clipped to what is kept.
    pub fn output(&self, run: RunId, window: Range<u64>) -> Vec<OutputLine> {
        let _ = (run, window);
        todo!()
    }

    /// The latest notices, oldest first.
    pub fn notices(&self) -> Vec<Notice> {
        todo!()
    }
}
