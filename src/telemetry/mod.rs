//! Traces for an OpenTelemetry collector: a span for each run and transcript, and one for each tool call.
//!
//! Off unless an endpoint is configured. Spans follow the conventions for generative AI and for MCP; they hold names, times
//! and outcomes, never arguments, results, output or messages. A collector that is away costs a line in the log.

mod export;
mod span;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use opentelemetry::trace::SpanContext;

use self::export::Pipeline;
pub use self::span::{CallSpan, Peer, WorkSpan};
use crate::config::TelemetrySettings;
use crate::types::RunId;
use crate::types::limits::TELEMETRY_WORK;

/// Where traces go unless the configuration says so.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const DISABLED: &str = "OTEL_SDK_DISABLED";
const EXPORTER: &str = "OTEL_TRACES_EXPORTER";

/// Where traces go.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    /// The whole address.
    address: String,
    /// Sent with each request.
    headers: HashMap<String, String>,
}

/// What a span belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Work {
    /// A script.
    Run(RunId),
    /// The transcript under way.
    Transcript,
}

/// The telemetry of one studio. Everything it does is nothing while it is off.
#[derive(Debug)]
pub struct Telemetry {
    target: Option<Target>,
    session: String,
    pipeline: OnceLock<Pipeline>,
    counts: Arc<Counts>,
    /// The spans of what is under way, for those below them.
    parents: Mutex<HashMap<Work, SpanContext>>,
}

/// What became of spans.
#[derive(Debug, Default)]
struct Counts {
    exported: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
    failure: Mutex<Option<String>>,
}

/// What `health` says of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TelemetryState {
    /// Where traces go; absent while it is off.
    pub endpoint: Option<String>,
    /// Spans that a collector has taken.
    pub exported: u64,
    /// Spans that found the queue full.
    pub dropped: u64,
    /// Spans that the collector did not take.
    pub failed: u64,
    /// Why it did not take the last of them.
    pub failure: Option<String>,
}

impl Telemetry {
    /// As configured, else as the standard variables say, which `lookup` knows. Contacts nobody. `session` names the studio's
    /// session in each span.
    pub fn new(settings: &TelemetrySettings, session: &str, lookup: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            target: target(settings, lookup),
            session: session.to_owned(),
            pipeline: OnceLock::new(),
            counts: Arc::default(),
            parents: Mutex::default(),
        }
    }

    /// Begins the span of a run or a transcript. None while it is off, and beyond the bound of what is under way; then
    /// nobody asks for the name.
    pub fn work(self: &Arc<Self>, work: Work, name: impl FnOnce() -> String) -> Option<WorkSpan> {
        let pipeline = self.pipeline()?;
        let mut parents = self.parents();
        if parents.len() >= TELEMETRY_WORK {
            return None;
        }
        let span = WorkSpan::begin(Arc::clone(self), pipeline.tracer(), work, &name(), &self.session);
        parents.insert(work, span.context());
        Some(span)
    }

    /// Begins the span of a call, below what it belongs to. None while it is off.
    pub fn call(&self, work: Option<Work>, tool: &str) -> Option<CallSpan> {
        let tracer = self.pipeline()?.tracer();
        let parent = work.and_then(|work| self.parents().get(&work).cloned());
        Some(CallSpan::begin(tracer, parent, tool, &self.session))
    }

    /// What became of spans so far.
    pub fn state(&self) -> TelemetryState {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        TelemetryState {
            endpoint: self.target.as_ref().map(|target| target.address.clone()),
            exported: count(&self.counts.exported),
            dropped: count(&self.counts.dropped),
            failed: count(&self.counts.failed),
            failure: self.counts.failure.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Hands over what is left, within `limit`.
    pub async fn shutdown(&self, limit: Duration) {
        if let Some(pipeline) = self.pipeline.get() {
            pipeline.close(limit).await;
        }
    }

    fn pipeline(&self) -> Option<&Pipeline> {
        let target = self.target.as_ref()?;
        Some(self.pipeline.get_or_init(|| Pipeline::start(target.clone(), Arc::clone(&self.counts))))
    }

    fn parents(&self) -> MutexGuard<'_, HashMap<Work, SpanContext>> {
        self.parents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn target(settings: &TelemetrySettings, lookup: impl Fn(&str) -> Option<String>) -> Option<Target> {
    let said = |name: &str| lookup(name).filter(|text| !text.trim().is_empty());
    if settings.off
        || said(DISABLED).is_some_and(|text| text.eq_ignore_ascii_case("true"))
        || said(EXPORTER).as_deref() == Some("none")
    {
        return None;
    }
    let below = |base: &str| format!("{}/v1/traces", base.trim_end_matches('/'));
    let configured = settings.endpoint.as_deref().map(below);
    let address = configured.or_else(|| said(TRACES_ENDPOINT)).or_else(|| said(ENDPOINT).map(|base| below(&base)))?;
    let headers = settings.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    Some(Target { address, headers })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(configured: Option<&str>, variables: &[(&str, &str)]) -> Option<String> {
        let settings = TelemetrySettings { endpoint: configured.map(str::to_owned), ..TelemetrySettings::default() };
        let lookup = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        target(&settings, lookup).map(|target| target.address)
    }

    #[test]
    fn traces_go_where_it_is_said_and_nowhere_otherwise() {
        let there = Some("http://c:4318/v1/traces".to_owned());
        assert_eq!(address(None, &[]), None);
        assert_eq!(address(None, &[(ENDPOINT, " ")]), None);
        assert_eq!(address(Some("http://c:4318/"), &[(ENDPOINT, "http://other")]), there);
        assert_eq!(address(None, &[(ENDPOINT, "http://c:4318")]), there);
        assert_eq!(address(None, &[(ENDPOINT, "http://c"), (TRACES_ENDPOINT, "http://t/x")]), Some("http://t/x".to_owned()));
        assert_eq!(address(Some("http://c:4318"), &[(DISABLED, "true")]), None);
        assert_eq!(address(Some("http://c:4318"), &[(EXPORTER, "none")]), None);
        let off = TelemetrySettings { off: true, ..TelemetrySettings::default() };
        assert_eq!(target(&off, |name| (name == ENDPOINT).then(|| "http://c:4318".to_owned())), None);
    }

    #[test]
    fn nothing_begins_while_it_is_off() {
        let telemetry = Arc::new(Telemetry::new(&TelemetrySettings::default(), "s", |_| None));
        assert!(
            telemetry.work(Work::Transcript, || unreachable!("nobody needs a name")).is_none()
                && telemetry.call(None, "t").is_none()
        );
        assert_eq!(telemetry.state(), TelemetryState { endpoint: None, exported: 0, dropped: 0, failed: 0, failure: None });
    }
}
