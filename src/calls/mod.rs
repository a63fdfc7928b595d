//! The one guarded, recorded path of a tool call, whoever makes it:
//!
//! ```text
//! resolve -> policy outlook -> connect -> pins -> guardrails on the definition -> schema guard -> policy guard
//!     -> approval -> guardrails on the arguments -> dry run, reuse or server
//!     -> unwrap -> normalize -> check result -> guardrails on the result -> step record
//! ```
//!
//! Responsible for the order of these and for the record. Not responsible for what each of them decides.

mod approvals;
mod discoveries;
mod judge;
mod ledger;
mod permit;
mod pinning;
mod preflight;
mod prompts;
mod reuse;
mod step;
mod unwrap;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

pub use self::approvals::{Answer, Answering, Approvals, Question, Reach};
pub use self::discoveries::Discoveries;
use self::ledger::Ledger;
use self::permit::Permit;
pub use self::pinning::{PinBook, identity};
use self::preflight::Judged;
pub use self::preflight::Matter;
use self::reuse::Reuse;
use self::step::Step;
pub use self::unwrap::unwrap;
use crate::catalog::Catalog;
use crate::config::Settings;
use crate::connections::{CallOptions, Connections, OnProgress, Progress};
use crate::guards::Schemas;
use crate::guards::guardrails::{self, Guardrails};
use crate::guards::policy::{Limit, limits};
use crate::journal::{Board, CallTexts, Counter, Event, Journal, NoticeLevel};
use crate::normalize;
use crate::telemetry::Telemetry;
use crate::types::{
    ArgumentNames, CallOutcome, CallValue, Caller, Decision, Failure, FailureKind, FieldNames, Masker, Policy, RunId, Stage,
    StepRecord, ToolId, ToolSpec,
};

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
    /// Who answers what the policy asks about it; whoever answers all others when absent.
    pub answering: Option<Answering>,
    /// The model that it is made for; `studio.model` when absent.
    pub model: Option<Arc<str>>,
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
    settings: Arc<Settings>,
    catalog: Arc<Catalog>,
    connections: Arc<Connections>,
    schemas: Schemas,
    policy: Arc<Policy>,
    masker: Arc<Masker>,
    guardrails: Guardrails,
    judged: Judged,
    pins: PinBook,
    approvals: Approvals,
    ledger: Ledger,
    reuse: Reuse,
    discoveries: Discoveries,
    /// Counts tokens exactly, if it is asked for.
    counter: Option<Counter>,
    telemetry: Arc<Telemetry>,
    journal: Arc<Journal>,
    board: Arc<Board>,
    /// What could not be written is said once, not at each step.
    in_trouble: AtomicBool,
}

impl Calls {
    /// Joins the layers below. Pins and lasting approvals are in the state folder of `settings`.
    pub fn new(
        settings: Arc<Settings>,
        catalog: Arc<Catalog>,
        connections: Arc<Connections>,
        journal: Arc<Journal>,
        board: Arc<Board>,
    ) -> Arc<Self> {
        let state = &settings.paths.state;
        let judging = &settings.judging;
        let session = journal.session().to_string();
        let telemetry = Arc::new(Telemetry::new(&settings.telemetry, &session, |name| std::env::var(name).ok()));
        let counter = Counter::new(judging.tokenizer, &journal, &board, &judging.prices);
        Arc::new(Self {
            schemas: Schemas::default(),
            policy: Arc::clone(&settings.policy),
            masker: Arc::new(Masker::new(settings.secrets())),
            guardrails: rails(&settings),
            judged: Judged::default(),
            pins: PinBook::new(&state.join("pins.json")),
            approvals: Approvals::new(&state.join("approvals.json"), board.pulse().clone()),
            ledger: Ledger::default(),
            reuse: Reuse::default(),
            discoveries: Discoveries::new(state.join("discovery")),
            in_trouble: AtomicBool::new(false),
            counter,
            telemetry,
            settings,
            catalog,
            connections,
            journal,
            board,
        })
    }

    /// The calls that wait for a person.
    pub fn approvals(&self) -> &Approvals {
        &self.approvals
    }

    /// What masks everything that is recorded.
    pub fn masker(&self) -> &Arc<Masker> {
        &self.masker
    }

    /// What counts tokens exactly, if it is asked for.
    pub fn counter(&self) -> Option<&Counter> {
        self.counter.as_ref()
    }

    /// Where traces go.
    pub fn telemetry(&self) -> &Arc<Telemetry> {
        &self.telemetry
    }

    /// What is pinned.
    pub fn pins(&self) -> &PinBook {
        &self.pins
    }

    /// What was discovered of servers' replies.
    pub fn discoveries(&self) -> &Discoveries {
        &self.discoveries
    }

    /// The limits of the policy, with what `run` has used of them; where there is none, with what the session has used
    /// outside of runs.
    pub fn limits(&self, run: Option<RunId>) -> Vec<Limit> {
        self.ledger.look(run, &self.policy, |used| limits(&self.policy, &used))
    }

    /// What judges texts.
    pub fn guardrails(&self) -> &Guardrails {
        &self.guardrails
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
        step.lap(|latency| &mut latency.queue);
        let outcome = match tool {
            Ok(tool) => self.guarded(tool, request, &mut step).await,
            Err(failure) => Err(failure),
        };
        let record = step.finish(&outcome).await;
        CallReply { outcome, record }
    }

    /// The call of a known tool, behind the guards.
    async fn guarded(&self, tool: Arc<ToolSpec>, request: CallRequest, step: &mut Step<'_>) -> CallOutcome {
        let arguments = request.arguments.clone().unwrap_or_else(|| Value::Object(Map::new()));
        let arguments = self.named_as_sent(&tool, arguments, step);
        step.sent(&arguments);
        step.defined(&tool);
        step.lap(|latency| &mut latency.guard);
        let permit = self.permit(tool, arguments, &request, step).await?;
        if let Some(input) = step.input() {
            let judged = self.judge(Stage::Arguments, &permit.tool.id, &permit.arguments, &input, step);
            cancellable(&request.cancel, judged).await?;
        }
        if self.policy.dry_run.value {
            return Ok(dry_run(&permit, step));
        }
        let outcome = self.made(&permit, request, step).await;
        if let Ok(answer) = &outcome {
            let scope = step.caller().run();
            self.ledger.has_read(scope, step.number(), &permit.tool.id, &permit.traits, &self.policy, &answer.value);
        }
        step.lap(|latency| &mut latency.decode);
        outcome
    }

    /// The call itself, or the answer of an equal earlier one.
    async fn made(&self, permit: &Permit, request: CallRequest, step: &mut Step<'_>) -> CallOutcome {
        let Permit { tool, traits, arguments, connection } = permit;
        let key = reuse::Key::of(request.caller.run(), tool, traits, arguments, &self.policy);
        if let Some((from, answer)) = key.as_ref().and_then(|key| self.reuse.find(key)) {
            step.reused(from);
            step.received(&answer.value);
            return Ok(answer);
        }
        if !traits.reads_only() {
            step.has_side_effects();
            self.reuse.forget(&tool.id.server);
        }
        let Value::Object(arguments) = arguments.clone() else {
            return Err(Failure::new(FailureKind::Internal, "arguments that are no object passed the guard"));
        };
        let options = CallOptions {
            timeout: request.timeout,
            cancel: request.cancel,
            on_progress: Some(self.on_progress(step)),
            connection: Some(*connection),
            traceparent: step.traceparent(),
            on_sent: step.on_sent(),
        };
        self.journal.prepare().map_err(|failure| unrecorded(&tool.id, &failure))?;
        step.lap(|latency| &mut latency.guard);
        let answered = self.connections.call(&tool.id, arguments, options).await;
        step.lap(|latency| &mut latency.server);
        let outcome = match answered.and_then(|result| self.decode(tool, result, step)) {
            Ok(answer) => {
                let output = step.received(&answer.value);
                step.lap(|latency| &mut latency.decode);
                let judged = self.judge(Stage::Result, &tool.id, &answer.value, &output, step).await;
                step.lap(|latency| &mut latency.guard);
                judged.map(|()| answer)
            }
            Err(failure) => Err(failure),
        };
        if let (Some(key), Ok(answer)) = (key, &outcome) {
            self.reuse.keep(key, step.number(), answer);
        }
        outcome
    }

    /// What the server's answer means.
    fn decode(&self, tool: &Arc<ToolSpec>, result: Value, step: &mut Step<'_>) -> CallOutcome {
        let CallValue { value, raw } = unwrap(result).map_err(|failure| of_tool(&tool.id, failure))?;
        match (raw.get("structuredContent"), &tool.output_schema) {
            (Some(structured), _) => step.warn(&self.schemas.check_result(tool, structured)),
            (None, Some(_)) => step.warn(&["the tool has an output schema but sent no structuredContent".to_owned()]),
            (None, None) => {}
        }
        let value = match self.settings.normalization.get(&tool.id.server) {
            None => value,
            Some(names) => {
                let normalized = normalize::apply(&names.results, &value);
                step.warn(&normalized.collisions);
                normalized.value
            }
        };
        if tool.output_schema.is_none()
            && let Some(seen) = self.discoveries.seen(&tool.id)
        {
            step.warn(&self.schemas.check_discovered(&seen, &value));
        }
        Ok(CallValue { value, raw })
    }

    /// The arguments with the field names that the server knows, where that is configured.
    fn named_as_sent(&self, tool: &ToolSpec, arguments: Value, step: &mut Step<'_>) -> Value {
        let Some(names) = self.settings.normalization.get(&tool.id.server).filter(|names| **names != FieldNames::default())
        else {
            return arguments;
        };
        step.names_changed(names);
        match names.arguments {
            ArgumentNames::AsWritten => arguments,
            ArgumentNames::ChangedBack => {
                let restored = normalize::restored(&names.results, &tool.input_schema, &arguments);
                step.warn(&restored.collisions);
                restored.value
            }
        }
    }

    fn on_progress(&self, step: &Step<'_>) -> OnProgress {
        let (board, masker, number) = (Arc::clone(&self.board), Arc::clone(&self.masker), step.number());
        Arc::new(move |progress| board.step_progress(number, masker.text(&progress_text(&progress)).into_owned()))
    }

    /// Puts a finished step into the journal and on the board.
    fn keep(&self, record: StepRecord, texts: Option<CallTexts>) -> Arc<StepRecord> {
        let record = Arc::new(record);
        self.ledger.settle(&record);
        let event = Event::Step(Box::new(StepRecord::clone(&record)));
        if let Err(failure) = self.journal.record(&event) {
            self.trouble(&failure);
        }
        self.board.step_done(Arc::clone(&record));
        if let (Some(counter), Some(texts)) = (&self.counter, texts) {
            counter.call(&record, texts);
        }
        record
    }

    /// The limits of the policy that have refused calls of a run: `max_steps: 5 of 5 steps are used`.
    pub fn limits_spent(&self, run: RunId) -> Vec<String> {
        self.ledger.spent(Some(run))
    }

    /// Returns when what was recorded so far is on the disk. Many calls at once share one wait.
    async fn on_disk(&self) {
        let journal = Arc::clone(&self.journal);
        let synced = tokio::task::spawn_blocking(move || journal.sync()).await;
        if let Ok(Err(failure)) = synced {
            self.trouble(&failure);
        }
    }

    fn trouble(&self, failure: &Failure) {
        if !self.in_trouble.swap(true, Ordering::Relaxed) {
            self.board.notice(NoticeLevel::Error, failure.to_string());
        }
    }
}

/// What cannot be recorded is not done.
fn unrecorded(tool: &ToolId, failure: &Failure) -> Failure {
    Failure::new(FailureKind::Storage, format!("{tool} was not called, because it cannot be recorded: {}", failure.message))
        .hint("let .mcp-studio, beside the configuration file, be written")
}

/// The hash of everything that guards calls, as sessions record it.
pub fn rules_hash(settings: &Settings) -> String {
    guardrails::rules_hash(&settings.judging.guardrails, &settings.policy.hash)
}

fn rails(settings: &Settings) -> Guardrails {
    Guardrails::new(Arc::new(settings.judging.guardrails.clone()), &settings.policy.hash)
}

/// What a dry run answers instead of the server.
fn dry_run(permit: &Permit, step: &mut Step<'_>) -> CallValue {
    let value = json!({"dry_run": true, "tool": permit.tool.id, "arguments": permit.arguments});
    step.not_made();
    step.received(&value);
    CallValue { raw: json!({"structuredContent": value}), value }
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
