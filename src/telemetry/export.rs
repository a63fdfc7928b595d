//! From ended spans to the collector: a bounded queue, a task that sends what has gathered, and counts of what it could not.

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use http::{Request, Response};
use opentelemetry::Context;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, Span, SpanData, SpanExporter as _, SpanProcessor};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Counts, Target};
use crate::connections::http_client;
use crate::types::limits::{TELEMETRY_ANSWER_BYTES, TELEMETRY_BATCH, TELEMETRY_PAUSE, TELEMETRY_QUEUE, TELEMETRY_TIMEOUT};

/// The way from spans to the collector.
pub(super) struct Pipeline {
    tracer: SdkTracer,
    closing: CancellationToken,
    sender: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline").finish_non_exhaustive()
    }
}

impl Pipeline {
    /// Starts the task that sends. Contacts nobody before the first span has ended.
    pub(super) fn start(target: Target, counts: Arc<Counts>) -> Self {
        let resource = resource();
        let (spans, ended) = mpsc::channel(TELEMETRY_QUEUE);
        let queue = Queue { spans, counts: Arc::clone(&counts) };
        let provider = SdkTracerProvider::builder().with_resource(resource.clone()).with_span_processor(queue).build();
        let tracer = provider.tracer("mcp-studio");
        let closing = CancellationToken::new();
        let sending = Sending { target, resource, ended, counts, closing: closing.clone(), provider };
        Self { tracer, closing, sender: Mutex::new(Some(tokio::spawn(sending.run()))) }
    }

    pub(super) fn tracer(&self) -> &SdkTracer {
        &self.tracer
    }

    /// Sends what is left, within `limit`.
    pub(super) async fn close(&self, limit: Duration) {
        self.closing.cancel();
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(sender) = sender
            && tokio::time::timeout(limit, sender).await.is_err()
        {
            tracing::warn!("the collector took too long for the last spans");
        }
    }
}

/// Who speaks. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` go before.
fn resource() -> Resource {
    let named = std::env::var_os("OTEL_SERVICE_NAME").is_some()
        || std::env::var("OTEL_RESOURCE_ATTRIBUTES").is_ok_and(|attributes| attributes.contains("service.name="));
    let version = opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let builder = Resource::builder().with_attribute(version);
    if named { builder.build() } else { builder.with_service_name("mcp-studio").build() }
}

/// Takes spans as they end; never waits.
#[derive(Debug)]
struct Queue {
    spans: mpsc::Sender<SpanData>,
    counts: Arc<Counts>,
}

impl SpanProcessor for Queue {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.spans.try_send(span).is_err() {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The task that sends.
struct Sending {
    target: Target,
    resource: Resource,
    ended: mpsc::Receiver<SpanData>,
    counts: Arc<Counts>,
    closing: CancellationToken,
    /// Spans are recorded as long as it lives.
    provider: SdkTracerProvider,
}

impl Sending {
    async fn run(mut self) {
        let exporter = self.exporter();
        if let Err(why) = &exporter {
            self.counts.failed(0, why);
        }
        while let Some(batch) = self.gather().await {
            let spans = batch.len() as u64;
            let sent = match &exporter {
                Ok(exporter) => match tokio::time::timeout(TELEMETRY_TIMEOUT, exporter.export(batch)).await {
                    Ok(sent) => sent.map_err(|error| error.to_string()),
                    Err(_) => Err(format!("no answer within {TELEMETRY_TIMEOUT:?}")),
                },
                Err(why) => Err(why.clone()),
            };
            match sent {
                Ok(()) => self.counts.exported(spans),
                Err(why) => self.counts.failed(spans, &why),
            }
        }
        drop(self.provider);
    }

    /// The next spans: what comes within a moment, or fills a batch. None when the studio closes and nothing is left.
    async fn gather(&mut self) -> Option<Vec<SpanData>> {
        let mut batch = Vec::new();
        tokio::select! {
            count = self.ended.recv_many(&mut batch, TELEMETRY_BATCH) => {
                if count == 0 {
                    return None;
                }
            }
            () = self.closing.cancelled() => {}
        }
        let pause = tokio::time::sleep(TELEMETRY_PAUSE);
        tokio::pin!(pause);
        while batch.len() < TELEMETRY_BATCH && !self.closing.is_cancelled() {
            let left = TELEMETRY_BATCH - batch.len();
            tokio::select! {
                () = &mut pause => break,
                () = self.closing.cancelled() => break,
                count = self.ended.recv_many(&mut batch, left) => if count == 0 { break },
            }
        }
        while batch.len() < TELEMETRY_BATCH
            && let Ok(span) = self.ended.try_recv()
        {
            batch.push(span);
        }
        (!batch.is_empty()).then_some(batch)
    }

    fn exporter(&self) -> Result<SpanExporter, String> {
        let client = Client(http_client().map_err(|failure| failure.message)?);
        let builder = SpanExporter::builder().with_http().with_http_client(client).with_protocol(Protocol::HttpJson);
        let builder = builder.with_endpoint(&self.target.address).with_headers(self.target.headers.clone());
        let mut exporter = builder.build().map_err(|error| error.to_string())?;
        exporter.set_resource(&self.resource);
        Ok(exporter)
    }
}

impl Counts {
    fn exported(&self, spans: u64) {
        self.exported.fetch_add(spans, Ordering::Relaxed);
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Counts, and says why once until it goes well again.
    fn failed(&self, spans: u64, why: &str) {
        self.failed.fetch_add(spans, Ordering::Relaxed);
        let before = self.failure.lock().unwrap_or_else(PoisonError::into_inner).replace(why.to_owned());
        if before.is_none() {
            tracing::warn!("traces are not taken: {why}");
        }
    }
}

/// Carries the exporter's requests.
#[derive(Debug)]
struct Client(reqwest::Client);

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let mut answer = self.0.execute(request.try_into()?).await?;
        let (status, mut body) = (answer.status(), Vec::new());
        while let Some(piece) = answer.chunk().await? {
            body.extend_from_slice(&piece);
            if body.len() > TELEMETRY_ANSWER_BYTES {
                return Err("the collector's answer is too long".into());
            }
        }
        Ok(Response::builder().status(status).body(body.into())?)
    }
}
