//! A step under way: its times and sizes, and the record it leaves however it ends.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{CallRequest, Calls, decision_of};
use crate::config::TransportSettings;
use crate::connections::{self, OnSent};
use crate::guards::labels::Traits;
use crate::journal::CallTexts;
use crate::telemetry::{self, CallSpan, Work};
use crate::types::limits::{STEP_ERROR_BYTES, STEP_WARNINGS};
use crate::types::{
    CallOutcome, Caller, Cost, Decision, FieldNames, Latency, Payload, RecordLevel, RuleRef, ServerName, Signal, StepNumber,
    StepRecord, ToolId, ToolSpec, estimate_tokens, json_bytes, neutralise_line,
};

/// Times the parts of a call one after the other.
#[derive(Debug)]
pub(super) struct Clock(Instant);

impl Clock {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the last lap.
    fn lap(&mut self) -> Duration {
        let now = Instant::now();
        now.duration_since(std::mem::replace(&mut self.0, now))
    }
}

/// A begun step. Dropped before it is finished, it is recorded as cancelled.
#[derive(Debug)]
pub(super) struct Step<'a> {
    calls: &'a Calls,
    clock: Clock,
    /// Taken when it is recorded.
    record: Option<StepRecord>,
    number: StepNumber,
    /// What a guard has said instead of `ok` or of what the failure means.
    said: Option<Decision>,
    durable: Durable,
    /// The model that the call is made for, if there is one.
    model: Option<Arc<str>>,
    /// What the tokenizer is to count, if there is one.
    texts: Option<CallTexts>,
    /// Its span, if traces go anywhere.
    span: Option<CallSpan>,
}

/// What is recorded of arguments or of a result.
#[derive(Debug)]
pub(super) struct Recorded {
    /// Bytes of its compact JSON.
    pub(super) bytes: u64,
    pub(super) payload: Payload,
}

/// Whether the record must be on the disk before the caller hears of the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durable {
    /// The call changes nothing.
    NeedNot,
    /// It may have changed something: a crash must not make it unknown.
    Must,
}

impl<'a> Step<'a> {
    /// Begins a step whose call was asked for when `clock` was started.
    pub(super) fn begin(calls: &'a Calls, tool: ToolId, request: &CallRequest, clock: Clock) -> Self {
        let number = calls.board.step_begun(tool.clone(), request.caller, request.line);
        let record = StepRecord { line: request.line, ..StepRecord::begun(number, request.caller, tool) };
        let texts = calls.counter.as_ref().map(|_| CallTexts::default());
        let work = match request.caller {
            Caller::Script(run) => Some(Work::Run(run)),
            Caller::Session => Some(Work::Transcript),
            Caller::Form | Caller::CommandLine | Caller::Agent => None,
        };
        let span = calls.telemetry.call(work, &record.tool.tool);
        let model = request.model.clone().or_else(|| calls.settings.judging.model.as_deref().map(Arc::from));
        Self { calls, clock, record: Some(record), number, said: None, durable: Durable::NeedNot, model, texts, span }
    }

    pub(super) fn number(&self) -> StepNumber {
        self.number
    }

    /// The model that the call is made for, if there is one.
    pub(super) fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// The server that will do it is connected.
    pub(super) fn connected(&mut self, server: &ServerName, peer: &connections::Peer) {
        let Some(span) = &mut self.span else { return };
        let transport = match self.calls.settings.servers.get(server).map(|server| &server.transport) {
            Some(TransportSettings::Stdio { .. }) | None => "pipe",
            Some(TransportSettings::Http { .. } | TransportSettings::WebSocket { .. }) => "tcp",
        };
        span.peer(&telemetry::Peer { server: server.as_str(), protocol: &peer.protocol, transport });
    }

    /// The trace it belongs to, for the server.
    pub(super) fn traceparent(&self) -> Option<String> {
        self.span.as_ref().map(CallSpan::traceparent)
    }

    /// Hears what the request is on the wire, for its span.
    pub(super) fn on_sent(&self) -> Option<OnSent> {
        self.span.as_ref().map(CallSpan::on_sent)
    }

    /// Adds the time since the last lap to a part of the latency.
    pub(super) fn lap(&mut self, part: impl FnOnce(&mut Latency) -> &mut Duration) {
        let time = self.clock.lap();
        if let Some(record) = &mut self.record {
            *part(&mut record.latency) += time;
        }
    }

    pub(super) fn caller(&self) -> Caller {
        self.record.as_ref().map_or(Caller::Form, |record| record.caller)
    }

    /// The arguments, as they are sent or would be.
    pub(super) fn sent(&mut self, arguments: &Value) {
        let Recorded { bytes, payload } = self.recorded(arguments, self.input_level());
        if let Some(record) = &mut self.record {
            (record.bytes_in, record.tokens_in) = (bytes, estimate_tokens(bytes));
            record.input = Some(payload);
        }
        if let Some(texts) = &mut self.texts {
            texts.arguments = arguments.to_string();
        }
    }

    /// What is recorded of the arguments.
    pub(super) fn input(&self) -> Option<Recorded> {
        let record = self.record.as_ref()?;
        Some(Recorded { bytes: record.bytes_in, payload: record.input.clone()? })
    }

    /// The result. Answers what is recorded of it.
    pub(super) fn received(&mut self, value: &Value) -> Recorded {
        let recorded = self.recorded(value, self.calls.settings.judging.record);
        if let Some(record) = &mut self.record {
            (record.bytes_out, record.tokens_out) = (recorded.bytes, estimate_tokens(recorded.bytes));
            record.output = Some(recorded.payload.clone());
        }
        if let Some(texts) = &mut self.texts {
            texts.result = value.to_string();
        }
        recorded
    }

    /// What a person has typed is kept whole, though masked: history opens it again.
    fn input_level(&self) -> RecordLevel {
        match (self.calls.settings.judging.record, self.caller()) {
            (RecordLevel::Default, Caller::Form | Caller::CommandLine) => RecordLevel::Full,
            (level, _) => level,
        }
    }

    fn recorded(&self, value: &Value, level: RecordLevel) -> Recorded {
        let bytes = json_bytes(value);
        Recorded { bytes, payload: self.calls.masker.payload_of(value, bytes, level) }
    }

    /// What guardrails have found.
    pub(super) fn signalled(&mut self, signals: Vec<Signal>) {
        if let Some(record) = &mut self.record {
            record.signals.extend(signals);
        }
    }

    pub(super) fn warn(&mut self, warnings: &[String]) {
        if let Some(record) = &mut self.record {
            record.warnings.extend(warnings.iter().map(|warning| self.calls.line(warning)));
            record.warnings.truncate(STEP_WARNINGS);
        }
    }

    /// Field names are not those of the server.
    pub(super) fn names_changed(&mut self, names: &FieldNames) {
        if let Some(record) = &mut self.record {
            record.field_names = Some(names.to_string());
        }
    }

    /// The tool that is called, as far as it is known.
    pub(super) fn defined(&mut self, tool: &Arc<ToolSpec>) {
        if let Some(record) = &mut self.record {
            record.tokens_definition = tool.tokens();
        }
        if let Some(texts) = &mut self.texts {
            texts.tool = Some(Arc::clone(tool));
        }
    }

    /// What the tool is.
    pub(super) fn labelled(&mut self, traits: &Traits) {
        if let Some(record) = &mut self.record {
            record.labels.clone_from(&traits.notes);
        }
    }

    /// The rule that has decided so far.
    pub(super) fn ruled(&mut self, rule: &RuleRef) {
        if let Some(record) = &mut self.record {
            record.rule = Some(RuleRef { why: self.calls.line(&rule.why).into(), ..rule.clone() });
        }
    }

    /// A guard has refused the call.
    pub(super) fn denied(&mut self, decision: Decision) {
        self.said = Some(decision);
    }

    /// The call is not made.
    pub(super) fn not_made(&mut self) {
        self.said = Some(Decision::DryRun);
    }

    /// The answer of an earlier step stands for this one's.
    pub(super) fn reused(&mut self, from: StepNumber) {
        self.said = Some(Decision::Reused);
        if let Some(record) = &mut self.record {
            record.reused_from = Some(from);
        }
    }

    /// The call is about to be made and may change something.
    pub(super) fn has_side_effects(&mut self) {
        self.durable = Durable::Must;
    }

    /// Records how the call ended, on the disk if it may have changed something.
    pub(super) async fn finish(mut self, outcome: &CallOutcome) -> Option<Arc<StepRecord>> {
        let (decision, error) = match outcome {
            Ok(_) => (self.said.unwrap_or(Decision::Ok), None),
            Err(failure) => (self.said.unwrap_or_else(|| decision_of(failure)), Some(self.calls.line(&failure.message))),
        };
        // Time that no lap has claimed: the call ended early.
        self.lap(|latency| &mut latency.queue);
        if let Some(span) = self.span.take() {
            span.end(decision, outcome.as_ref().err().map(|failure| failure.kind));
        }
        let texts = self.texts.take();
        let record = self.record.take().map(|record| {
            let cost = self.cost(decision, &record);
            self.calls.keep(StepRecord { decision, error, cost, ..record }, texts)
        });
        if self.durable == Durable::Must {
            self.calls.on_disk().await;
        }
        record
    }

    /// What the tokens of a call that was made would cost. An answer that was used again costs nothing.
    fn cost(&self, decision: Decision, record: &StepRecord) -> Option<Cost> {
        let prices = &self.calls.settings.judging.prices;
        match decision {
            Decision::Ok | Decision::Error | Decision::Timeout | Decision::Cancelled => {
                prices.cost(self.model()?, record.tokens_in, record.tokens_out)
            }
            Decision::Reused
            | Decision::DryRun
            | Decision::DeniedSchema
            | Decision::DeniedPolicy
            | Decision::DeniedGuardrail
            | Decision::DeniedUser => None,
        }
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        self.lap(|latency| &mut latency.server);
        if let Some(record) = self.record.take() {
            let texts = self.texts.take();
            self.calls.keep(StepRecord { error: Some("the caller went away".to_owned()), ..record }, texts);
        }
    }
}

impl Calls {
    /// What a record keeps of a text: one masked line, cut after it was masked.
    pub(super) fn line(&self, text: &str) -> String {
        let text = self.masker.text(text);
        let end = text.floor_char_boundary(STEP_ERROR_BYTES);
        let more = if end < text.len() { "…" } else { "" };
        format!("{}{more}", neutralise_line(&text[..end]))
    }
}
