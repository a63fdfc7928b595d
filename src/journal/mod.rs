//! What happened: the append-only record on disk, and the [`Board`], the folded view of it that screens read.

mod board;
mod counter;
mod ledger;
mod line;
mod metrics;
mod output;
mod read;
mod record;
mod totals;
mod views;

use std::ops::Range;

pub use board::Board;
pub use counter::{CallTexts, Counter};
pub use ledger::{CallTokens, ContextFigures, ContextLedger, DirectContext, Ledger, RunTokens, ScriptedContext, ToolContext};
pub use line::Entry;
pub use metrics::{LATENCY_BUCKETS, Metrics, ToolMetrics};
pub use read::{SessionSummary, Verified, files, is_being_written, read, seal, sessions, verify};
pub use record::{CallCounted, Event, Journal, ServerSeen, Terms};
pub use views::{Notice, NoticeLevel, OutputLine, OutputStream, RunState, RunView, StepState, StepView, StepsSummary};

/// The indices, within a ring that holds the positions `kept`, of the positions in `window`.
fn kept_part(window: &Range<u64>, kept: &Range<u64>) -> Range<usize> {
    let start = window.start.clamp(kept.start, kept.end);
    let end = window.end.clamp(start, kept.end);
    let index = |position: u64| usize::try_from(position - kept.start).unwrap_or(usize::MAX);
    index(start)..index(end)
}
