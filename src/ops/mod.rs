//! One typed function per user verb. [`Studio`] owns the layers and the order in which they are shut down;
//! [`OPERATIONS`] names the verbs once for every front.

pub mod bench;
mod discover;
mod dump;
mod facts;
mod generate;
mod health;
mod history;
mod logs;
mod metrics;
mod offered;
mod operations;
mod outside;
mod package;
mod pins;
mod policy;
mod progress;
mod report;
mod rules;
mod run;
mod saved;
mod search;
mod serve;
mod session;
mod shown;
mod step_guards;
mod studio;
mod warm_core;

pub use crate::calls::{Answer as ApprovalAnswer, Answering, CallReply, CallRequest, Question, Reach};
pub use crate::catalog::{Hit, Offer, Offers};
pub use crate::codegen::{Detail, Wrapper, disclose, signature};
pub use crate::config::{KeySettings, Loaded, Location, ServerSettings, Settings, TransportSettings};
pub use crate::connections::{Direction, Peer, State as ServerState, WireMessage};
pub use crate::engine::{Folder, Input, Output, Run, RunRequest, RunResult, RunTimes, Script, ScriptError, Start, Streams};
pub use crate::environment::State as EnvironmentState;
pub use crate::guards::guardrails::ProviderView;
pub use crate::guards::pins::NameFlag;
pub use crate::guards::policy::Limit;
pub use crate::journal::{
    Board, ContextFigures, ContextLedger, DirectContext, Notice, NoticeLevel, OutputLine, OutputStream, RunState, RunView,
    ScriptedContext, SessionSummary, StepState, StepView, StepsSummary, ToolContext,
};
pub use crate::reports::{Format as ReportFormat, Report};
pub use crate::sys::beneath;
pub use crate::sys::channel::{receive_with_descriptor, send_with_descriptors};
pub use crate::sys::files::write_atomic;
pub use crate::sys::private_socket::{Listening, Place};
pub use crate::sys::process::Usage;
pub use crate::sys::pulse::Pulse;
pub use crate::sys::sandbox::Level as SandboxLevel;
pub use crate::telemetry::TelemetryState;
pub use discover::{DiscoverRequest, DiscoveredServer};
pub use generate::{GenerateRequest, GeneratedServer};
pub use health::{GuardHealth, Health, ModelHealth, RecordHealth, ServerHealth};
pub use history::{History, PastEntry, PastRun, PastSession, Recalled, SessionEnd, recalled};
pub use offered::content_text;
pub use operations::{AGENT_TOOLS, AgentTool, OPERATIONS, Operation, Parameter, operation};
pub use outside::Piped;
pub use pins::{PinKind, PinReport, PinRow};
pub use policy::{Explained, Tested};
pub use progress::{OnProgress, Progress};
pub use report::{RecordedStep, VerifiedJournal};
pub use rules::{PolicyRow, PolicyView, ToolRow};
pub use saved::SavedCall;
pub use search::{SearchRequest, detail};
pub use serve::Door;
pub use session::{
    AfterFailure, Demand, Expectation, Kind as JsonKind, Session, SessionResult, SessionStart, SessionStep, StepResult,
    Transcript,
};
pub use shown::{ShownModel, ShownWrapper, WrapperState};
pub use step_guards::{GuardOutcome, GuardStage, guard_path};
pub use studio::{ScriptFile, Studio};
pub use warm_core::Surroundings;
