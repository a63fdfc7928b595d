//! The one guarded, recorded path of a tool call, whoever makes it:
//! resolve -> schema guard -> server -> unwrap -> normalize -> check result -> step record.
//!
//! Responsible for the order of these and for the record. Not responsible for what each of them decides.

mod step;
mod unwrap;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use self::step::Step;
pub use self::unwrap::unwrap;
use crate::catalog::Catalog;
use crate::connections::{CallOptions, Connections, OnProgress, Progress};
use crate::guards::{Schemas, Verdict};
use crate::journal::{Board, Event, Journal, NoticeLevel};
use crate::normalize::{self, Strategy};
use crate::types::{CallOutcome, CallValue, Caller, Decision, Failure, FailureKind, StepRecord, ToolId, ToolSpec, json_bytes};

/// A call as asked for.
#[derive(Debug, Clone)]
pub struct CallRequest {
    /// `server__tool`, as typed. A wrong name is answered with suggestions, never corrected.
    pub tool: String,
    /// The arguments; anything but an object is refused, absent means `{}`.
    pub arguments: Option<Value>,
    /// Who asks.
    pub caller: Caller,
    /// Line of the script that asks.
    pub line: Option<u32>,
    /// Whole time; the server's configured limit when absent.
    pub timeout: Option<Duration>,
    /// Cancels it.
    pub cancel: CancellationToken,
}

/// A call's answer with its record. `record` is absent only where no tool of that name exists.
#[derive(Debug, Clone)]
pub struct CallReply {
    /// The value, or the typed failure.
    pub outcome: CallOutcome,
    /// What was recorded.
    pub record: Option<Arc<StepRecord>>,
}

/// The path. Shared by form, scripts, command line and agents.
#[derive(Debug)]
pub struct Calls {
    catalog: Arc<Catalog>,
    connections: Arc<Connections>,
    schemas: Schemas,
    journal: Arc<Journal>,
    board: Arc<Board>,
    /// A journal that cannot be written is said once, not at each step.
    journal_failed: AtomicBool,
}

impl Calls {
    /// Joins the layers below.
    pub fn new(
        catalog: Arc<Catalog>,
        connections: Arc<Connections>,
        schemas: Schemas,
        journal: Arc<Journal>,
        board: Arc<Board>,
    ) -> Arc<Self> {
        Arc::new(Self { catalog, connections, schemas, journal, board, journal_failed: AtomicBool::new(false) })
    }

    /// Makes one call. Never panics, never hangs longer than its limits; a step record exists for each.
    /// Dropping the future cancels the call at its server and records it as cancelled.
    pub async fn call(&self, request: CallRequest) -> CallReply {
        let began = step::Clock::start();
        let resolved = cancellable(&request.cancel, self.catalog.tool(&request.tool)).await;
        let (id, tool) = match (resolved, ToolId::parse(&request.tool)) {
            (Ok(tool), _) => (tool.id.clone(), Ok(tool)),
            (Err(failure), Ok(id)) if failure.kind != FailureKind::ToolNotFound => (id, Err(failure)),
            (Err(failure), _) => return CallReply { outcome: Err(failure), record: None },
        };
        let mut step = Step::begin(self, id, &request, began);
        let outcome = match tool {
            Ok(tool) => self.guarded(tool, request, &mut step).await,
            Err(failure) => Err(failure),
        };
        let record = step.finish(&outcome);
        CallReply { outcome, record }
    }

    /// The call of a known tool, behind the guards.
    async fn guarded(&self, tool: Arc<ToolSpec>, request: CallRequest, step: &mut Step<'_>) -> CallOutcome {
        let arguments = request.arguments.unwrap_or_else(|| Value::Object(Map::new()));
        step.sent(json_bytes(&arguments));
        let tool = cancellable(&request.cancel, self.check(tool, &arguments, step)).await?;
        let Value::Object(arguments) = arguments else {
            return Err(Failure::new(FailureKind::Internal, "arguments that are no object passed the guard"));
        };
        cancellable(&request.cancel, self.connections.connect(&tool.id.server, false)).await?;
        step.lap(|latency| &mut latency.queue);
        let options = CallOptions { timeout: request.timeout, cancel: request.cancel, on_progress: Some(self.on_progress(step)) };
        let answered = self.connections.call(&tool.id, arguments, options).await;
        step.lap(|latency| &mut latency.server);
        let outcome = answered.and_then(|result| self.decode(&tool, result, step));
        step.lap(|latency| &mut latency.decode);
        outcome
    }

    /// The schema guard. A refusal by a definition out of the cache counts only once the server has confirmed it.
    async fn check(&self, tool: Arc<ToolSpec>, arguments: &Value, step: &mut Step<'_>) -> Result<Arc<ToolSpec>, Failure> {
        step.lap(|latency| &mut latency.queue);
        let (verdict, warnings) = self.schemas.check_arguments(&tool, arguments);
        step.lap(|latency| &mut latency.guard);
        let Verdict::Deny(decision, failure) = verdict else {
            step.warn(&warnings);
            return Ok(tool);
        };
        let confirmed = match self.catalog.fresh(&tool.id.server).await {
            Ok(offer) => offer.tools.named(&tool.id.tool).cloned(),
            Err(_) => None,
        };
        step.lap(|latency| &mut latency.queue);
        let (verdict, warnings, tool) = match confirmed.filter(|confirmed| !Arc::ptr_eq(confirmed, &tool)) {
            None => (Verdict::Deny(decision, failure), warnings, tool),
            Some(confirmed) => {
                let (verdict, warnings) = self.schemas.check_arguments(&confirmed, arguments);
                (verdict, warnings, confirmed)
            }
        };
        step.lap(|latency| &mut latency.guard);
        step.warn(&warnings);
        match verdict {
            Verdict::Allow => Ok(tool),
            Verdict::Deny(decision, failure) => {
                step.denied(decision);
                Err(failure)
            }
        }
    }

    /// What the server's answer means.
    fn decode(&self, tool: &Arc<ToolSpec>, result: Value, step: &mut Step<'_>) -> CallOutcome {
        let CallValue { value, raw } = unwrap(result).map_err(|failure| of_tool(&tool.id, failure))?;
        match (raw.get("structuredContent"), &tool.output_schema) {
            (Some(structured), _) => step.warn(&self.schemas.check_result(tool, structured)),
            (None, Some(_)) => step.warn(&["the tool has an output schema but sent no structuredContent".to_owned()]),
            (None, None) => {}
        }
        let value = normalize::apply(Strategy::default(), value);
        step.received(json_bytes(&value));
        Ok(CallValue { value, raw })
    }

    fn on_progress(&self, step: &Step<'_>) -> OnProgress {
        let (board, number) = (Arc::clone(&self.board), step.number());
        Arc::new(move |progress| board.step_progress(number, progress_text(&progress)))
    }

    /// Puts a finished step on the board and into the journal.
    fn keep(&self, record: StepRecord) -> Arc<StepRecord> {
        let record = Arc::new(record);
        let event = Event::Step(Box::new(StepRecord::clone(&record)));
        if let Err(failure) = self.journal.record(&event)
            && !self.journal_failed.swap(true, Ordering::Relaxed)
        {
            self.board.notice(NoticeLevel::Error, failure.to_string());
        }
        self.board.step_done(Arc::clone(&record));
        record
    }
}

/// `future`, unless the caller cancels first.
async fn cancellable<T>(cancel: &CancellationToken, future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Failure::new(FailureKind::Cancelled, "the call was cancelled before it was sent")),
        result = future => result,
    }
}

/// A failure that a tool answered, with the tool's name before its words.
fn of_tool(id: &ToolId, failure: Failure) -> Failure {
    Failure { message: format!("{id} failed: {}", failure.message), ..failure }
}

/// `3 of 10 · message`.
fn progress_text(progress: &Progress) -> String {
    let Progress { progress, total, message } = progress;
    let count = total.map_or(format!("{progress}"), |total| format!("{progress} of {total}"));
    message.as_ref().map_or(count.clone(), |message| format!("{count} · {message}"))
}

/// How a call that ended with this failure is recorded, where no guard has said it.
fn decision_of(failure: &Failure) -> Decision {
    match failure.kind {
        FailureKind::Timeout => Decision::Timeout,
        FailureKind::Cancelled => Decision::Cancelled,
        FailureKind::SchemaValidation => Decision::DeniedSchema,
        FailureKind::PolicyDenied => Decision::DeniedPolicy,
        FailureKind::Usage
        | FailureKind::Configuration
        | FailureKind::Environment
        | FailureKind::Connection
        | FailureKind::ToolNotFound
        | FailureKind::ToolExecution
        | FailureKind::Script
        | FailureKind::Storage
        | FailureKind::Internal => Decision::Error,
    }
}
