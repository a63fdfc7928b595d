//! What happened: the append-only record on disk, and the [`Board`], the folded view of it that screens read.

mod board;
mod record;

pub use board::{Board, Notice, NoticeLevel, OutputLine, OutputStream, RunState, RunView, StepState, StepView, StepsSummary};
pub use record::{Event, Journal, SessionSummary, sessions};
