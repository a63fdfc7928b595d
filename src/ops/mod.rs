//! One typed function per user verb. [`Studio`] owns the layers and the order in which they are shut down;
//! [`OPERATIONS`] names the verbs once for every front.

mod context;
mod discover;
mod dump;
mod generate;
mod health;
mod logs;
mod operations;
mod package;
mod report;
mod run;
mod session;
mod studio;

pub use crate::calls::CallReply;
pub use crate::catalog::{Hit, Offer, Offers};
pub use crate::codegen::Wrapper;
pub use crate::config::{Loaded, Location, ServerSettings, Settings, TransportSettings};
pub use crate::connections::{Direction, Peer, State as ServerState, WireMessage};
pub use crate::engine::{Input, Output, Run, RunRequest, RunResult, RunTimes, Script, ScriptError, Start};
pub use crate::environment::State as EnvironmentState;
pub use crate::journal::{
    Board, Notice, NoticeLevel, OutputLine, OutputStream, RunState, RunView, SessionSummary, StepState, StepView, StepsSummary,
};
pub use crate::reports::{Format as ReportFormat, Report};
pub use crate::sys::beneath;
pub use crate::sys::files::write_atomic;
pub use crate::sys::pulse::Pulse;
pub use crate::sys::sandbox::Level as SandboxLevel;
pub use context::{ContextFigures, ContextLedger, DirectContext, ScriptedContext, context_ledger};
pub use discover::DiscoveredServer;
pub use generate::{GenerateRequest, GeneratedServer};
pub use health::{Health, ServerHealth};
pub use operations::{OPERATIONS, Operation, Parameter, operation};
pub use report::VerifiedJournal;
pub use session::{
    AfterFailure, Demand, Expectation, Kind as JsonKind, Session, SessionResult, SessionStart, SessionStep, StepResult,
    Transcript,
};
pub use studio::{ScriptFile, Studio};
