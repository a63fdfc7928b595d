//! The events of a stream, judged before the protocol crate sees them.

use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use rmcp::model::{NumberOrString, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_client::SseError;
use sse_stream::Sse;

use super::sse::StreamFault;
use super::tls::chain;
use super::wire::Wire;

/// A stream of events.
pub(super) type Events = BoxStream<'static, Result<Sse, SseError>>;

/// The events with their data judged. When the stream of one request ends without its reply and cannot be
/// resumed, the request fails.
pub(super) fn judged(events: Events, wire: Arc<Wire>, request: Option<NumberOrString>) -> Events {
    let judging = Judging { events, wire, request, resumable: false, ended: false };
    stream::unfold(judging, |mut judging| async move { judging.next().await.map(|events| (stream::iter(events), judging)) })
        .flatten()
        .boxed()
}

struct Judging {
    events: Events,
    wire: Arc<Wire>,
    request: Option<NumberOrString>,
    resumable: bool,
    ended: bool,
}

impl Judging {
    async fn next(&mut self) -> Option<Vec<Result<Sse, SseError>>> {
        if self.ended {
            return None;
        }
        match self.events.next().await {
            Some(Ok(event)) => Some(self.event(event)),
            Some(Err(error)) => Some(self.broke(error)),
            None => self.finished(),
        }
    }

    fn event(&mut self, mut event: Sse) -> Vec<Result<Sse, SseError>> {
        self.resumable |= event.id.is_some();
        let is_message = matches!(event.event.as_deref(), None | Some("" | "message"));
        let data = if is_message { event.data.take() } else { None };
        let mut judged = vec![Ok(event)];
        judged.extend(self.wire.received(data.unwrap_or_default().as_bytes()).iter().map(as_event).map(Ok));
        judged
    }

    fn broke(&mut self, error: SseError) -> Vec<Result<Sse, SseError>> {
        let too_large = matches!(&error, SseError::Body(cause) if matches!(cause.downcast_ref(), Some(StreamFault::TooLarge(_))));
        match &self.request {
            Some(id) if too_large || !self.resumable => {
                self.ended = true;
                let failed = self.wire.fail(id, &format!("the stream of the reply broke off: {}", chain(&error)));
                failed.iter().map(as_event).map(Ok).collect()
            }
            Some(_) | None => vec![Err(error)],
        }
    }

    fn finished(&mut self) -> Option<Vec<Result<Sse, SseError>>> {
        let id = self.request.as_ref().filter(|id| !self.resumable && self.wire.waits(id))?;
        self.ended = true;
        let failed = self.wire.fail(id, "the server ended the stream before the reply")?;
        Some(vec![Ok(as_event(&failed))])
    }
}

fn as_event(message: &ServerJsonRpcMessage) -> Sse {
    Sse::default().data(serde_json::to_string(message).unwrap_or_default())
}
