//! What a front reads from the board: steps, totals, runs, output, notices.

use std::time::{Duration, Instant};

use crate::sys::clock::Timestamp;
use crate::sys::process::Usage;
use crate::types::{Caller, Estimator, RunId, StepNumber, StepRecord, ToolId};

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
    /// Tokens of arguments.
    pub tokens_in: u64,
    /// Tokens of results.
    pub tokens_out: u64,
    /// What counted them.
    pub estimator: Estimator,
    /// What their tokens would have cost in US dollars; absent where the session's model has no known price.
    pub cost_usd: Option<f64>,
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
    /// Memory and processor time of all its processes together, five times a second.
    pub usage: Option<Usage>,
    /// Lines of output so far, including those no longer kept.
    pub output_lines: u64,
    /// Bytes the script printed and logged so far, including those no longer kept.
    pub printed_bytes: u64,
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
