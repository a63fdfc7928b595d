//! Sessions made of steps that were written down before: `start_session -> execute_step* -> close`.
//!
//! ```text
//! start_session -> [transcript started] -> execute_step -> [call's step] [transcript step] -> ... -> close -> [transcript ended]
//! ```
//!
//! In brackets stands what the journal gets. Each call goes the one guarded way of all calls. A session that is dropped
//! before it is closed has no end in the journal, and reports say so.

mod expect;
mod references;
mod transcript;
mod validate;

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use self::expect::Seen;
pub use self::expect::{Demand, Expectation, Kind};
use self::references::Results;
pub use self::transcript::{AfterFailure, Step as SessionStep, Transcript};
use super::studio::Studio;
use crate::calls::{CallRequest, Matter};
use crate::journal::Event;
use crate::telemetry::{Work, WorkSpan};
use crate::types::limits::{REASON_BYTES, STEP_REASONS};
use crate::types::{
    CallOutcome, Caller, Channel, Check, Decision, Failure, LatencyClass, Masker, Role, RunId, SessionId, StepRecord, ToolId,
    TranscriptStep, neutralise_line,
};

/// What a session is told at its start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionStart {
    /// What it is called in records.
    pub name: String,
    /// The model it was made for: its calls have the prices of that one, or none.
    pub model: Option<String>,
    /// SHA-256 of the file it was read from, hexadecimal.
    pub sha256: Option<String>,
    /// Whether steps after a failed one are executed.
    pub after_failure: AfterFailure,
    /// Tools it will call, `server__tool`: what is known of their servers' tools is judged before it begins.
    pub tools: Vec<String>,
    /// What will be said in it, to be judged before it begins.
    pub texts: Vec<String>,
}

/// How a step went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepResult {
    /// Its place, counted from 1.
    pub ordinal: u64,
    /// What its author called it.
    pub name: Option<String>,
    /// Who spoke.
    pub role: Role,
    /// To whom.
    pub channel: Channel,
    /// The tool it called.
    pub tool: Option<String>,
    /// How what was expected went.
    pub check: Check,
    /// Why it did not.
    pub reasons: Vec<String>,
    /// The record of its call.
    pub record: Option<Arc<StepRecord>>,
}

/// How a session went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionResult {
    /// The journal it stands in.
    pub session: SessionId,
    /// Which transcript of that session, counted from 1.
    pub transcript: u64,
    /// What it was called.
    pub name: String,
    /// Steps that went as expected, or of which nothing was expected.
    pub passed: u64,
    /// Steps that did not.
    pub failed: u64,
    /// Steps that were not executed.
    pub skipped: u64,
    /// From start to end, milliseconds.
    pub milliseconds: u64,
    /// Each step.
    pub steps: Vec<StepResult>,
}

/// A session under way.
#[derive(Debug)]
pub struct Session {
    studio: Studio,
    start: SessionStart,
    transcript: u64,
    began: Instant,
    steps: Vec<StepResult>,
    masker: Masker,
    /// The latest call, which a `tool_to_llm` step looks at.
    latest: Option<Called>,
    /// What later steps can refer to.
    results: Results,
    /// Its span, if traces go anywhere.
    span: Option<WorkSpan>,
}

/// A call and what came of it.
#[derive(Debug)]
struct Called {
    tool: String,
    arguments: Value,
    outcome: CallOutcome,
    record: Option<Arc<StepRecord>>,
}

impl Called {
    fn decision(&self) -> Decision {
        self.record.as_ref().map_or(Decision::Error, |record| record.decision)
    }

    fn latency(&self) -> LatencyClass {
        self.record.as_ref().map_or(LatencyClass::Instant, |record| LatencyClass::of(record.latency.total()))
    }
}

impl Studio {
    /// Begins a session, after the guardrails have judged what is known of it. Fails with `PolicyDenied` where their mode
    /// refuses that, and with `Storage` where the journal cannot be written.
    pub async fn start_session(&self, mut start: SessionStart) -> Result<Session, Failure> {
        let name = format!("transcript {}", start.name);
        let servers = start.tools.iter().filter_map(|tool| ToolId::parse(tool).ok().map(|id| id.server)).collect();
        let texts = std::mem::take(&mut start.texts);
        let said = (!texts.is_empty()).then(|| Matter::Transcript(start.name.clone(), texts));
        let matters = std::iter::once(Matter::Policy).chain(said).chain(self.definitions(&servers)).collect();
        self.calls().preflight(&name, matters).await?;
        let masker = Masker::new(self.settings().secrets());
        let transcript = self.next_transcript();
        self.journal().record(&Event::TranscriptStarted {
            transcript,
            name: one_line(&masker, &start.name),
            sha256: start.sha256.clone(),
            model: start.model.as_ref().map(|model| one_line(&masker, model)),
        })?;
        let span = self.calls().telemetry().work(Work::Transcript, || one_line(&masker, &start.name));
        let (studio, began) = (self.clone(), Instant::now());
        Ok(Session {
            studio,
            start,
            transcript,
            began,
            steps: Vec::new(),
            masker,
            latest: None,
            results: Results::default(),
            span,
        })
    }

    /// Executes a whole transcript, telling each step as it is over. A step that fails is no failure of this function.
    pub async fn run_transcript(
        &self,
        transcript: Transcript,
        cancel: CancellationToken,
        mut told: impl FnMut(&StepResult),
    ) -> Result<SessionResult, Failure> {
        let Transcript { name, model, after_failure, steps, sha256 } = transcript;
        let tools = steps.iter().filter_map(|step| step.tool.clone()).collect();
        let texts = steps.iter().filter_map(|step| step.text.clone()).collect();
        let start = SessionStart { name, model, sha256, after_failure, tools, texts };
        let mut session = self.start_session(start).await?;
        for step in steps {
            told(session.execute_step(step, cancel.clone()).await?);
        }
        session.close()
    }
}

impl Session {
    /// Executes the next step, or skips it where an earlier one failed and that ends the session.
    /// Fails with `Storage` where the journal cannot be written; how the step went is in the answer.
    pub async fn execute_step(&mut self, step: SessionStep, cancel: CancellationToken) -> Result<&StepResult, Failure> {
        let failed_before = self.steps.iter().any(|step| step.check == Check::Failed);
        if failed_before && self.start.after_failure == AfterFailure::Stop {
            let reason = "a step before it failed".to_owned();
            return self.over(&step, Check::Skipped, vec![reason], None);
        }
        if step.tool.is_some() {
            self.latest = None;
            let arguments = step.arguments.clone().unwrap_or_else(|| Value::Object(Map::new()));
            match self.results.resolve(&arguments) {
                Ok(arguments) => self.latest = Some(self.call(&step, arguments, cancel).await),
                Err(why) => return self.over(&step, Check::Failed, vec![format!("it was not called: arguments: {why}")], None),
            }
        }
        if step.tool.is_none() && step.expect.is_none() && step.validate.is_none() {
            return self.over(&step, Check::Unchecked, Vec::new(), None);
        }
        let Some(called) = &self.latest else {
            return self.over(&step, Check::Failed, vec!["there is no call before it to look at".to_owned()], None);
        };
        let mut reasons = self.unmet(&step, called);
        let mut validation = None;
        if let Some(script) = &step.validate {
            let verdict = validate::run(&self.studio, script, self.context(&step, called)).await;
            validation = verdict.run;
            reasons.extend(verdict.reasons);
        }
        let expected = step.expect.is_some() || step.validate.is_some();
        let check = match (reasons.is_empty(), expected) {
            (false, _) => Check::Failed,
            (true, true) => Check::Passed,
            (true, false) => Check::Unchecked,
        };
        self.over(&step, check, reasons, validation)
    }

    /// Ends the session. Fails with `Storage` where the journal cannot be written.
    pub fn close(self) -> Result<SessionResult, Failure> {
        let count = |wanted: &[Check]| self.steps.iter().filter(|step| wanted.contains(&step.check)).count() as u64;
        let (failed, skipped) = (count(&[Check::Failed]), count(&[Check::Skipped]));
        let passed = count(&[Check::Passed, Check::Unchecked]);
        let milliseconds = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let ended = Event::TranscriptEnded { transcript: self.transcript, passed, failed, skipped, milliseconds };
        self.studio.journal().record(&ended)?;
        if let Some(span) = self.span {
            span.end((failed > 0).then_some("not_as_expected"));
        }
        Ok(SessionResult {
            session: self.studio.journal().session().clone(),
            transcript: self.transcript,
            name: self.start.name,
            passed,
            failed,
            skipped,
            milliseconds,
            steps: self.steps,
        })
    }

    async fn call(&self, step: &SessionStep, arguments: Value, cancel: CancellationToken) -> Called {
        let tool = step.tool.clone().unwrap_or_default();
        let request = CallRequest {
            tool: tool.clone(),
            arguments: Some(arguments.clone()),
            caller: Caller::Session,
            line: None,
            timeout: None,
            answering: None,
            model: self.start.model.as_deref().map(Arc::from),
            cancel,
        };
        let reply = self.studio.call(request).await;
        Called { tool, arguments, outcome: reply.outcome, record: reply.record }
    }

    /// What a validation script gets as `context`.
    fn context(&self, step: &SessionStep, called: &Called) -> Value {
        let (result, error) = match &called.outcome {
            Ok(found) => (&found.value, Value::Null),
            Err(failure) => (&Value::Null, json!(failure)),
        };
        let latency = called.record.as_ref().map(|record| record.latency.total().as_secs_f64() * 1_000.0);
        json!({
            "request": {"tool": called.tool, "arguments": called.arguments},
            "response": {"decision": called.decision(), "result": result, "error": error},
            "metadata": {
                "test_name": step.name.as_ref().unwrap_or(&self.start.name),
                "tool_name": called.tool,
                "server_info": self.studio.server_info(&called.tool),
                "session": self.studio.journal().session(),
                "ordinal": self.steps.len() + 1,
                "latency_ms": latency,
                "latency_class": called.latency(),
            },
        })
    }

    /// Why a call is not as expected. Of one of which nothing is expected it is that it was made.
    fn unmet(&self, step: &SessionStep, called: &Called) -> Vec<String> {
        let expectation = match &step.expect {
            Some(expectation) => match self.results.expected(expectation) {
                Ok(expectation) => expectation,
                Err(why) => return vec![format!("expect: {why}")],
            },
            None if step.tool.is_some() => Expectation::default(),
            None => return Vec::new(),
        };
        let outcome = called.outcome.as_ref().map(|found| &found.value);
        let mut reasons = expectation.unmet(Seen { decision: called.decision(), latency: called.latency(), outcome });
        if let (Err(failure), None, false) = (&called.outcome, &called.record, reasons.is_empty()) {
            reasons.push(format!("the call was not made: {}", failure.message));
        }
        reasons
    }

    /// Records how a step went.
    fn over(
        &mut self,
        step: &SessionStep,
        check: Check,
        reasons: Vec<String>,
        validation: Option<RunId>,
    ) -> Result<&StepResult, Failure> {
        let (role, channel) = step.speaks();
        let ordinal = self.steps.len() as u64 + 1;
        let reasons: Vec<String> = reasons.into_iter().take(STEP_REASONS).map(|reason| one_line(&self.masker, &reason)).collect();
        let name = step.name.as_ref().map(|name| one_line(&self.masker, name));
        let level = self.studio.settings().judging.record;
        let input = step.text.as_ref().map(|text| self.masker.payload(&Value::String(text.clone()), level));
        let called = self.latest.as_ref().filter(|_| step.tool.is_some() && check != Check::Skipped);
        let record = called.and_then(|called| called.record.clone());
        self.studio.journal().record(&Event::TranscriptStep(Box::new(TranscriptStep {
            transcript: self.transcript,
            ordinal,
            name: name.clone(),
            role,
            channel,
            call: record.as_ref().map(|record| record.step),
            validation,
            input,
            check,
            reasons: reasons.clone(),
        })))?;
        let result = match called.map(|called| (called.decision(), &called.outcome)) {
            Some((_, Ok(answer))) => Ok(&answer.value),
            Some((decision, Err(_))) => Err(format!("has no result: its decision is {}", decision.word())),
            None => Err("has no result: it made no call".to_owned()),
        };
        self.results.add(step.name.as_ref(), result);
        let (place, tool) = (self.steps.len(), step.tool.clone());
        self.steps.push(StepResult { ordinal, name, role, channel, tool, check, reasons, record });
        Ok(&self.steps[place])
    }
}

/// Masked before it is cut, so that no part of a secret is left.
fn one_line(masker: &Masker, text: &str) -> String {
    let text = masker.text(text);
    let end = text.floor_char_boundary(REASON_BYTES);
    let more = if end < text.len() { "…" } else { "" };
    format!("{}{more}", neutralise_line(&text[..end]))
}
