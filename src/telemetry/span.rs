//! Spans: what they are called and what they say. Conventions: OpenTelemetry `gen-ai/mcp.md` and `gen-ai/execute-tool.md`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::trace::{Span as _, SpanContext, SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SdkTracer, Span};

use super::{Telemetry, Work};
use crate::connections::{OnSent, Sent};
use crate::types::limits::TELEMETRY_NAME_CHARS;
use crate::types::{Decision, FailureKind, neutralise_line};

/// The server of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer<'a> {
    /// Its name in the configuration.
    pub server: &'a str,
    /// The revision of the protocol it speaks.
    pub protocol: &'a str,
    /// As the conventions call it: `pipe` or `tcp`.
    pub transport: &'static str,
}

/// The span of a run or a transcript. Dropped before it is ended, it says that nobody saw its end.
#[derive(Debug)]
pub struct WorkSpan {
    telemetry: Arc<Telemetry>,
    work: Work,
    span: Span,
    ended: bool,
}

impl WorkSpan {
    pub(super) fn begin(telemetry: Arc<Telemetry>, tracer: &SdkTracer, work: Work, name: &str, session: &str) -> Self {
        let (kind, number) = match work {
            Work::Run(run) => ("run", Some(run.0)),
            Work::Transcript => ("session", None),
        };
        let mut attributes = vec![KeyValue::new("session.id", session.to_owned())];
        attributes.extend(number.and_then(|number| Some(KeyValue::new("mcp_studio.run", i64::try_from(number).ok()?))));
        let builder = tracer.span_builder(format!("{kind} {}", short(name))).with_kind(SpanKind::Internal);
        let span = builder.with_attributes(attributes).start_with_context(tracer, &Context::new());
        Self { telemetry, work, span, ended: false }
    }

    pub(super) fn context(&self) -> SpanContext {
        self.span.span_context().clone()
    }

    /// Ends it; `failure` is a word of ours, never a message.
    pub fn end(mut self, failure: Option<&'static str>) {
        self.finish(failure);
    }

    fn finish(&mut self, failure: Option<&'static str>) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        self.telemetry.parents().remove(&self.work);
        failed(&mut self.span, failure);
        self.span.end();
    }
}

impl Drop for WorkSpan {
    fn drop(&mut self) {
        self.finish(Some("abandoned"));
    }
}

/// The span of a call. Dropped before it is ended, the call was cancelled.
#[derive(Debug)]
pub struct CallSpan {
    span: Span,
    /// Its request, once it is sent.
    sent: Arc<Mutex<Option<Sent>>>,
    ended: bool,
}

impl CallSpan {
    pub(super) fn begin(tracer: &SdkTracer, parent: Option<SpanContext>, tool: &str, session: &str) -> Self {
        let tool = short(tool);
        let attributes = vec![
            KeyValue::new("mcp.method.name", "tools/call"),
            KeyValue::new("gen_ai.operation.name", "execute_tool"),
            KeyValue::new("gen_ai.tool.name", tool.clone()),
            KeyValue::new("session.id", session.to_owned()),
        ];
        let context = parent.map_or_else(Context::new, |parent| Context::new().with_remote_span_context(parent));
        let builder = tracer.span_builder(format!("tools/call {tool}")).with_kind(SpanKind::Client);
        let span = builder.with_attributes(attributes).start_with_context(tracer, &context);
        Self { span, sent: Arc::default(), ended: false }
    }

    /// Says who is called.
    pub fn peer(&mut self, peer: &Peer<'_>) {
        self.span.set_attribute(KeyValue::new("mcp.protocol.version", short(peer.protocol)));
        self.span.set_attribute(KeyValue::new("network.transport", peer.transport));
        self.span.set_attribute(KeyValue::new("mcp_studio.server", peer.server.to_owned()));
    }

    /// Hears what the request is on the wire. Of a call that takes several, the last one counts.
    pub fn on_sent(&self) -> OnSent {
        let kept = Arc::clone(&self.sent);
        Arc::new(move |sent| *locked(&kept) = Some(sent))
    }

    /// The trace context for the server, as W3C writes it.
    pub fn traceparent(&self) -> String {
        let context = self.span.span_context();
        format!("00-{}-{}-{:02x}", context.trace_id(), context.span_id(), context.trace_flags().to_u8())
    }

    /// Ends it as the record of the call says.
    pub fn end(mut self, decision: Decision, failure: Option<FailureKind>) {
        self.span.set_attribute(KeyValue::new("mcp_studio.decision", decision.word()));
        let error = match (decision, failure) {
            (Decision::Ok | Decision::Reused | Decision::DryRun, _) => None,
            (Decision::Error, Some(FailureKind::ToolExecution)) => Some("tool_error"),
            (Decision::Error, Some(FailureKind::Connection)) => Some("connection"),
            (decision, _) => Some(decision.word()),
        };
        self.finish(error);
    }

    fn finish(&mut self, error: Option<&'static str>) {
        if !std::mem::replace(&mut self.ended, true) {
            if let Some(Sent { request, session }) = locked(&self.sent).take() {
                self.span.set_attribute(KeyValue::new("jsonrpc.request.id", short(&request)));
                let session = session.map(|session| KeyValue::new("mcp.session.id", short(&session)));
                session.into_iter().for_each(|session| self.span.set_attribute(session));
            }
            failed(&mut self.span, error);
            self.span.end();
        }
    }
}

impl Drop for CallSpan {
    fn drop(&mut self) {
        self.finish(Some(Decision::Cancelled.word()));
    }
}

/// Says why something failed. Messages may hold what servers and scripts said, so there is none.
fn failed(span: &mut Span, error: Option<&'static str>) {
    if let Some(error) = error {
        span.set_attribute(KeyValue::new("error.type", error));
        span.set_status(Status::error(""));
    }
}

fn locked<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn short(name: &str) -> String {
    neutralise_line(&name.chars().take(TELEMETRY_NAME_CHARS).collect::<String>()).into_owned()
}
