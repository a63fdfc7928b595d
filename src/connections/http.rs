//! Streamable HTTP: the protocol crate keeps sessions and streams, we carry the requests.
//!
//! Every body and every event is judged by the [`Wire`] before the crate sees it, so bounds, traffic and exact
//! results are the same as on a pipe; and a request whose answer breaks off fails at once.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use futures::StreamExt as _;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, NumberOrString, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_client::{
    AuthRequiredError, StreamableHttpClient, StreamableHttpClientTransport, StreamableHttpClientTransportConfig,
    StreamableHttpError, StreamableHttpPostResponse,
};
use sse_stream::SseStream;

use super::events::{Events, judged};
use super::ledger::locked;
use super::sse::bounded;
use super::tls::{self, chain};
use super::traffic::cut;
use super::wire::Wire;
use crate::types::Failure;
use crate::types::limits::NOTE_BYTES;

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const ACCEPTED: &str = "text/event-stream, application/json";
/// Headers the transport sets itself.
const RESERVED: [&str; 6] = ["accept", "content-type", "host", "mcp-session-id", "mcp-protocol-version", "last-event-id"];

type Failed = StreamableHttpError<reqwest::Error>;

/// The last thing that went wrong with a request, for the failure a person reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HttpFault {
    /// No answer at all.
    Unreachable(String),
    /// An answer that refuses, with its beginning.
    Status(u16, String),
}

/// Carries the requests of one connection.
#[derive(Clone)]
pub(super) struct HttpCarrier {
    client: reqwest::Client,
    wire: Arc<Wire>,
    fault: Arc<Mutex<Option<HttpFault>>>,
}

impl HttpCarrier {
    pub(super) fn new(wire: Arc<Wire>) -> Result<Self, Failure> {
        Ok(Self { client: tls::client()?, wire, fault: Arc::default() })
    }

    /// What went wrong last.
    pub(super) fn fault(&self) -> Option<HttpFault> {
        locked(&self.fault).clone()
    }

    /// The transport to `url`. Headers that the transport sets itself are left out and noted.
    pub(super) fn transport(&self, url: &str, headers: &HeaderMap) -> StreamableHttpClientTransport<Self> {
        let mut custom = HashMap::new();
        for (name, value) in headers {
            if RESERVED.contains(&name.as_str()) {
                self.wire.tap().note(&format!("the configured header {name} is not sent: the protocol sets it"));
            } else {
                custom.insert(name.clone(), value.clone());
            }
        }
        let mut config = StreamableHttpClientTransportConfig::with_uri(url)
            .custom_headers(custom)
            .max_sse_event_size(self.wire.message_bytes)
            .max_concurrent_requests(crate::types::limits::CALLS_IN_FLIGHT);
        let mut retry = rmcp::transport::common::client_side_sse::FixedInterval::default();
        retry.max_times = Some(3);
        config.retry_config = Arc::new(retry);
        StreamableHttpClientTransport::with_client(self.clone(), config)
    }

    /// Whether a GET of `url` opens an event stream: the mark of a server of the first HTTP transport.
    pub(super) async fn answers_get(&self, url: &str, headers: &HeaderMap) -> bool {
        let answer = self.client.get(url).headers(headers.clone()).header(ACCEPT, "text/event-stream").send().await;
        answer.is_ok_and(|response| response.status().is_success() && is_type(response.headers(), "text/event-stream"))
    }

    fn blame(&self, fault: HttpFault) {
        let text = match &fault {
            HttpFault::Unreachable(why) => why.clone(),
            HttpFault::Status(status, body) => format!("HTTP {status}: {body}"),
        };
        self.wire.tap().note(&text);
        *locked(&self.fault) = Some(fault);
    }

    /// What the answer to a POST means to the protocol crate.
    async fn interpret(
        &self,
        message: &ClientJsonRpcMessage,
        had_session: bool,
        response: reqwest::Response,
    ) -> Result<StreamableHttpPostResponse, Failed> {
        let status = response.status();
        let session = response.headers().get(SESSION).and_then(|id| id.to_str().ok()).map(str::to_owned);
        let ClientJsonRpcMessage::Request(request) = message else {
            return if status.is_success() {
                Ok(StreamableHttpPostResponse::Accepted)
            } else {
                Err(self.refused(response).await)
            };
        };
        let reply = if status == StatusCode::NOT_FOUND && had_session {
            return Err(StreamableHttpError::SessionExpired);
        } else if status.is_success() && is_type(response.headers(), "text/event-stream") {
            let events = SseStream::from_bytes_stream(bounded(response.bytes_stream(), self.wire.message_bytes)).boxed();
            return Ok(StreamableHttpPostResponse::Sse(
                judged(events, Arc::clone(&self.wire), Some(request.id.clone())),
                session,
            ));
        } else if is_type(response.headers(), "application/json") && status != StatusCode::UNAUTHORIZED {
            self.body_reply(&request.id, response).await
        } else if matches!(request.request, ClientRequest::DiscoverRequest(_)) && is_plain_refusal(status) {
            let error = self.refused(response).await;
            self.wire.fail(&request.id, &error.to_string())
        } else if status.is_success() {
            self.wire.fail(&request.id, &format!("HTTP {status} without a reply"))
        } else {
            return Err(self.refused(response).await);
        };
        match reply {
            Some(reply) => Ok(StreamableHttpPostResponse::Json(reply, session)),
            None => Err(StreamableHttpError::UnexpectedServerResponse(Cow::Borrowed("nobody waits for the reply"))),
        }
    }

    /// The reply in a JSON body, or a failure of the request in its place.
    async fn body_reply(&self, id: &NumberOrString, response: reqwest::Response) -> Option<ServerJsonRpcMessage> {
        let status = response.status();
        let mut body = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            match chunk {
                Ok(chunk) if body.len() + chunk.len() <= self.wire.message_bytes => body.extend_from_slice(&chunk),
                Ok(_) => {
                    return self.wire.fail(
                        id,
                        &format!("the reply is longer than {} bytes (the limit of this server)", self.wire.message_bytes),
                    );
                }
                Err(error) => return self.wire.fail(id, &format!("the reply broke off: {}", chain(&error.without_url()))),
            }
        }
        let messages = self.wire.received(&body);
        let reply = messages.into_iter().find(|message| !matches!(message, ServerJsonRpcMessage::Request(_)));
        reply.or_else(|| self.wire.fail(id, &format!("HTTP {status} without a JSON-RPC reply: {}", cut(&body, NOTE_BYTES))))
    }

    /// The error for an answer that refuses.
    async fn refused(&self, response: reqwest::Response) -> Failed {
        let status = response.status();
        let challenge = response.headers().get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let start = match response.bytes_stream().next().await {
            Some(Ok(chunk)) => cut(&chunk, NOTE_BYTES),
            Some(Err(_)) | None => String::new(),
        };
        self.blame(HttpFault::Status(status.as_u16(), start.clone()));
        match challenge {
            Some(challenge) if status == StatusCode::UNAUTHORIZED => {
                StreamableHttpError::AuthRequired(AuthRequiredError::new(challenge))
            }
            Some(_) | None => StreamableHttpError::UnexpectedServerResponse(Cow::Owned(format!("HTTP {status}: {start}"))),
        }
    }
}

impl StreamableHttpClient for HttpCarrier {
    type Error = reqwest::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<StreamableHttpPostResponse, Failed> {
        if let Some(session) = &session_id {
            self.wire.in_transport_session(session);
        }
        let text = self.wire.sending(&message)?;
        let mut headers: HeaderMap = custom_headers.into_iter().collect();
        headers.insert(ACCEPT, HeaderValue::from_static(ACCEPTED));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(id) = session_id.as_deref().and_then(|id| HeaderValue::from_str(id).ok()) {
            headers.insert(SESSION, id);
        }
        if let Some(token) = auth_header.and_then(|token| HeaderValue::try_from(format!("Bearer {token}")).ok()) {
            headers.insert(AUTHORIZATION, token);
        }
        headers.remove(HOST);
        let answer = self.client.post(uri.as_ref()).headers(headers).body(text).send().await;
        self.wire.sent(&message);
        match answer {
            Ok(response) => self.interpret(&message, session_id.is_some(), response).await,
            Err(error) => {
                let error = error.without_url();
                let why = chain(&error);
                if error.is_connect() {
                    self.wire.end(&format!("it cannot be reached: {why}"));
                    self.wire.closed.cancel();
                }
                self.blame(HttpFault::Unreachable(why));
                Err(StreamableHttpError::Client(error))
            }
        }
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session_id: Arc<str>,
        auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<(), Failed> {
        self.client.delete_session(uri, session_id, auth_header, custom_headers).await
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<Events, Failed> {
        let limit = self.wire.message_bytes;
        let events = self
            .client
            .get_stream_with_max_sse_event_size(uri, session_id, last_event_id, auth_header, custom_headers, limit)
            .await?;
        Ok(judged(events, Arc::clone(&self.wire), None))
    }
}

/// A refusal by which an older server, or what stands before it, answers a request it does not know.
fn is_plain_refusal(status: StatusCode) -> bool {
    status.is_client_error() && status != StatusCode::UNAUTHORIZED && status != StatusCode::FORBIDDEN
}

fn is_type(headers: &HeaderMap, wanted: &str) -> bool {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| value.trim().starts_with(wanted))
}
