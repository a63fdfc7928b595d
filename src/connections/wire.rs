//! One connection's messages, whatever carries them: registers what is sent, judges what arrives.
//!
//! Results never pass through the protocol crate: they go to the [`Ledger`] byte for byte, and the crate gets a
//! stub that only wakes the caller. So no shape of a result can be lost, and nothing unreadable can leave a call
//! waiting. Responsibilities: correlation, mending, bounds, progress, change marks. Not: carrying bytes, time limits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, CustomRequest, DiscoverResult, ErrorCode, ErrorData, GetExtensions, GetMeta,
    NumberOrString, ProtocolVersion, ServerJsonRpcMessage, ServerRequest, ServerResult,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::changes::Changes;
use super::ledger::{Ledger, Outcome, Pending, Ticket, locked};
use super::scan::{self, IdScanner};
use super::traffic::{Tap, cut};
use super::{Direction, Progress};
use crate::types::limits::{MESSAGE_DEPTH, NOTE_BYTES, SERVER_REQUESTS};

/// The request that stays open for a whole connection.
pub(super) const LISTEN: &str = "subscriptions/listen";
/// The probe of the newer era.
pub(super) const DISCOVER: &str = "server/discover";
const INITIALIZE: &str = "initialize";

/// How the question which era a server speaks has gone so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Probe {
    /// Not asked.
    Unasked,
    /// Asked at that time, no answer yet.
    Asked(Instant),
    /// Answered in time.
    Answered,
    /// No answer in time, so the older handshake was tried.
    GivenUp,
    /// The answer came after the older handshake was tried: it speaks the newer protocol after all.
    Late,
}

/// See the module.
pub(super) struct Wire {
    ledger: Ledger,
    tap: Arc<Tap>,
    changes: Arc<Changes>,
    probe: Mutex<Probe>,
    greeting: Mutex<Option<Value>>,
    answering: AtomicUsize,
    epitaph: Mutex<Option<String>>,
    /// Cancelled when nothing more will arrive.
    pub(super) closed: CancellationToken,
    /// Bytes of one message from the server.
    pub(super) message_bytes: usize,
    /// How long the probe may stay unanswered; for ever where there is no other handshake to try.
    probe_limit: Option<Duration>,
}

/// The outer shape of a message. What is inside stays unread, however deep.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// Tells `null` from absent.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

impl Wire {
    pub(super) fn new(tap: Arc<Tap>, changes: Arc<Changes>, message_bytes: usize, probe_limit: Option<Duration>) -> Arc<Self> {
        Arc::new(Self {
            ledger: Ledger::default(),
            tap,
            changes,
            probe: Mutex::new(Probe::Unasked),
            greeting: Mutex::default(),
            answering: AtomicUsize::new(0),
            epitaph: Mutex::default(),
            closed: CancellationToken::new(),
            message_bytes,
            probe_limit,
        })
    }

    /// The server's tap.
    pub(super) fn tap(&self) -> &Tap {
        &self.tap
    }

    /// How the probe went.
    pub(super) fn probe(&self) -> Probe {
        *locked(&self.probe)
    }

    /// The result of the handshake, as sent.
    pub(super) fn greeting(&self) -> Option<Value> {
        locked(&self.greeting).clone()
    }

    /// The carrier ends; the text says why.
    pub(super) fn end(&self, why: &str) {
        self.tap.note(why);
        *locked(&self.epitaph) = Some(why.to_owned());
    }

    /// Why the carrier ended, where it knows.
    pub(super) fn epitaph(&self) -> Option<String> {
        locked(&self.epitaph).clone()
    }

    /// Registers a message that is about to be sent, and answers its text.
    pub(super) fn sending(&self, message: &ClientJsonRpcMessage) -> Result<Vec<u8>, serde_json::Error> {
        let text = serde_json::to_vec(message)?;
        if let ClientJsonRpcMessage::Request(request) = message
            && let NumberOrString::Number(id) = request.id
        {
            self.open(id, &request.request);
        }
        self.tap.record(Direction::Sent, &text);
        Ok(text)
    }

    /// A message has left, or could not.
    pub(super) fn sent(&self, message: &ClientJsonRpcMessage) {
        if matches!(message, ClientJsonRpcMessage::Response(_) | ClientJsonRpcMessage::Error(_)) {
            self.answering.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Nobody waits for this request any more: its reply and progress are dropped from now on.
    pub(super) fn forget(&self, id: &NumberOrString) {
        if let NumberOrString::Number(id) = id {
            self.ledger.close(*id);
        }
    }

    fn open(&self, id: i64, request: &ClientRequest) {
        let method = request.method().to_owned();
        let mut probe = locked(&self.probe);
        if method == DISCOVER {
            *probe = Probe::Asked(Instant::now());
        } else if let (INITIALIZE, Probe::Asked(_)) = (method.as_str(), *probe) {
            *probe = Probe::GivenUp;
        }
        let token = match request.get_meta().get_progress_token() {
            Some(token) => match token.0 {
                NumberOrString::Number(token) => Some(token),
                NumberOrString::String(_) => None,
            },
            None => None,
        };
        self.ledger.open(id, Pending { method, token, ticket: request.extensions().get::<Ticket>().cloned() });
    }

    /// Ends when the probe has waited long enough.
    pub(super) async fn probe_overdue(&self) {
        match (self.probe(), self.probe_limit) {
            (Probe::Asked(since), Some(limit)) => tokio::time::sleep_until((since + limit).into()).await,
            (Probe::Asked(_) | Probe::Unasked | Probe::Answered | Probe::GivenUp | Probe::Late, _) => {
                std::future::pending().await
            }
        }
    }

    /// Stops waiting for an answer to the probe: the handshake goes on as with an older server.
    pub(super) fn give_up_probe(&self) -> Option<ServerJsonRpcMessage> {
        let id = self.ledger.only()?;
        self.tap.note("no answer to server/discover; trying the older handshake");
        Some(older(id, "no answer"))
    }

    /// Judges one message (or batch) and answers what the protocol crate is to see of it.
    pub(super) fn received(&self, bytes: &[u8]) -> Vec<ServerJsonRpcMessage> {
        let bytes = bytes.trim_ascii();
        if bytes.is_empty() {
            return Vec::new();
        }
        self.tap.record(Direction::Received, bytes);
        match bytes[0] {
            b'{' => self.one(bytes).into_iter().collect(),
            b'[' => self.batch(bytes),
            _ => {
                let shown = cut(bytes, NOTE_BYTES);
                self.tap.trouble(&format!("it wrote something that is no message to its output: {shown}"));
                Vec::new()
            }
        }
    }

    /// A message longer than the bound; `id` is its id if that was seen.
    pub(super) fn oversized(&self, id: Option<i64>) -> Option<ServerJsonRpcMessage> {
        let why = format!("a message of more than {} bytes was refused (the limit of this server)", self.message_bytes);
        self.broken(id, &why)
    }

    /// Revision 2025-03-26 allows several messages in one array.
    fn batch(&self, bytes: &[u8]) -> Vec<ServerJsonRpcMessage> {
        match serde_json::from_slice::<Vec<&RawValue>>(bytes) {
            Ok(messages) => messages.iter().filter_map(|message| self.one(message.get().as_bytes())).collect(),
            Err(error) => self.broken(None, &format!("a message is not valid JSON: {error}")).into_iter().collect(),
        }
    }

    fn one(&self, bytes: &[u8]) -> Option<ServerJsonRpcMessage> {
        let error = match serde_json::from_slice(bytes) {
            Ok(envelope) => return self.judge(&envelope),
            Err(error) => error,
        };
        let text = String::from_utf8_lossy(bytes);
        let text = scan::mended(&text).unwrap_or_else(|| text.into_owned());
        if let Ok(envelope) = serde_json::from_str(&text) {
            self.tap.trouble("it sent invalid JSON (such as NaN); what could not be read became null or U+FFFD");
            return self.judge(&envelope);
        }
        let mut scanner = IdScanner::default();
        scanner.feed(bytes);
        self.broken(scanner.id(), &format!("a message is not valid JSON: {error}"))
    }

    fn judge(&self, envelope: &Envelope<'_>) -> Option<ServerJsonRpcMessage> {
        if let Some(method) = envelope.method {
            let Ok(method) = serde_json::from_str::<String>(method.get()) else {
                self.tap.trouble("a message has a method that is no text");
                return None;
            };
            return match envelope.id {
                Some(id) => self.request(id, method, envelope.params),
                None => self.notification(&method, envelope.params),
            };
        }
        let error = envelope.error.filter(|error| error.get() != "null");
        let outcome = match (error, envelope.result) {
            (Some(error), _) => error_outcome(error),
            (None, Some(result)) => Outcome::Result(result.to_owned()),
            (None, None) => Outcome::Broken("the reply has neither a result nor an error".to_owned()),
        };
        self.reply(envelope.id, outcome)
    }

    fn reply(&self, raw_id: Option<&RawValue>, outcome: Outcome) -> Option<ServerJsonRpcMessage> {
        if let Some(id) = raw_id.and_then(|raw| number(raw.get())) {
            if raw_id.is_some_and(|raw| raw.get().parse::<i64>().is_err()) {
                self.tap.trouble("it answers with ids of another type than those of the requests");
            }
            return self.settle(id, outcome);
        }
        let outcome = match outcome {
            Outcome::Error { .. } => outcome,
            Outcome::Result(_) | Outcome::Broken(_) => Outcome::Broken("the reply has no usable id".to_owned()),
        };
        self.tap.trouble("a reply has no usable id");
        self.settle(self.ledger.only()?, outcome)
    }

    /// A message that cannot be read: its request fails now, if it can be told which that is.
    fn broken(&self, id: Option<i64>, why: &str) -> Option<ServerJsonRpcMessage> {
        self.tap.trouble(why);
        let id = id.or_else(|| self.ledger.only())?;
        self.settle(id, Outcome::Broken(why.to_owned()))
    }

    /// Fails the request `id` from our side.
    pub(super) fn fail(&self, id: &NumberOrString, why: &str) -> Option<ServerJsonRpcMessage> {
        match id {
            NumberOrString::Number(id) => self.settle(*id, Outcome::Broken(why.to_owned())),
            NumberOrString::String(_) => None,
        }
    }

    /// Whether the request `id` still waits for its reply.
    pub(super) fn waits(&self, id: &NumberOrString) -> bool {
        matches!(id, NumberOrString::Number(id) if self.ledger.contains(*id))
    }

    fn settle(&self, id: i64, outcome: Outcome) -> Option<ServerJsonRpcMessage> {
        let Some(pending) = self.ledger.close(id) else {
            self.tap.note("a reply nobody waits for was dropped");
            return None;
        };
        let message = match (pending.method.as_str(), &outcome) {
            (DISCOVER, _) => self.discovered(id, &outcome)?,
            (INITIALIZE, Outcome::Result(result)) => self.initialized(id, result),
            (_, Outcome::Result(result)) => response(id, stub(&pending.method, result)),
            (_, Outcome::Error { code, message, .. }) => error(id, *code, message.clone()),
            (_, Outcome::Broken(why)) => error(id, i64::from(ErrorCode::INTERNAL_ERROR.0), why.clone()),
        };
        pending.settle(outcome);
        Some(message)
    }

    /// The probe's answer. What only a server of the newer era can say goes on as it is; all else means an older one.
    fn discovered(&self, id: i64, outcome: &Outcome) -> Option<ServerJsonRpcMessage> {
        let found = match outcome {
            Outcome::Result(result) => serde_json::from_str::<DiscoverResult>(result.get()).ok().zip(read(result).ok()),
            Outcome::Error { .. } | Outcome::Broken(_) => None,
        };
        let mut probe = locked(&self.probe);
        if *probe == Probe::GivenUp {
            if found.is_some() {
                *probe = Probe::Late;
            }
            return None;
        }
        *probe = Probe::Answered;
        Some(match (found, outcome) {
            (Some((discovered, _)), _) if only_older(&discovered.supported_versions) => {
                older(id, "it lists older revisions only")
            }
            (Some((discovered, raw)), _) => {
                *locked(&self.greeting) = Some(raw);
                response(id, ServerResult::DiscoverResult(discovered))
            }
            (None, Outcome::Error { code, message, data }) => refused_probe(id, *code, message, data.as_deref()),
            (None, Outcome::Result(_) | Outcome::Broken(_)) => older(id, "unreadable answer to server/discover"),
        })
    }

    /// The answer to `initialize`, with defaults for what older servers leave out.
    fn initialized(&self, id: i64, result: &RawValue) -> ServerJsonRpcMessage {
        let greeting = match read(result) {
            Ok(Value::Object(greeting)) => Value::Object(greeting),
            Ok(_) | Err(_) => {
                return error(id, i64::from(ErrorCode::INTERNAL_ERROR.0), "unreadable answer to initialize".to_owned());
            }
        };
        let protocol = greeting.get("protocolVersion").and_then(Value::as_str).unwrap_or("2024-11-05");
        let lenient = json!({
            "protocolVersion": protocol,
            "capabilities": {},
            "serverInfo": {"name": text(&greeting, "/serverInfo/name"), "version": text(&greeting, "/serverInfo/version")},
        });
        let typed = serde_json::from_value(lenient);
        *locked(&self.greeting) = Some(greeting);
        match typed {
            Ok(typed) => response(id, ServerResult::InitializeResult(typed)),
            Err(fault) => error(id, i64::from(ErrorCode::INTERNAL_ERROR.0), fault.to_string()),
        }
    }

    /// A request of the server. All are handled as custom ones, so that no odd parameter makes them unreadable.
    fn request(&self, id: &RawValue, method: String, params: Option<&RawValue>) -> Option<ServerJsonRpcMessage> {
        let Ok(id) = serde_json::from_str::<NumberOrString>(id.get()) else {
            self.tap.trouble("a request of the server has an id that is neither a number nor a text");
            return None;
        };
        if self.answering.fetch_add(1, Ordering::Relaxed) >= SERVER_REQUESTS {
            self.answering.fetch_sub(1, Ordering::Relaxed);
            self.tap.trouble("it sends requests faster than it reads the answers; some were dropped");
            return None;
        }
        let params = params.and_then(|params| read(params).ok());
        Some(ServerJsonRpcMessage::request(ServerRequest::CustomRequest(CustomRequest::new(method, params)), id))
    }

    /// Notifications are dealt with here, in the order of their arrival; the rest is for the traffic view only.
    fn notification(&self, method: &str, params: Option<&RawValue>) -> Option<ServerJsonRpcMessage> {
        match method {
            "notifications/progress" => self.progress(params),
            "notifications/tools/list_changed"
            | "notifications/resources/list_changed"
            | "notifications/prompts/list_changed" => {
                self.changes.happened();
            }
            _ => {}
        }
        None
    }

    fn progress(&self, params: Option<&RawValue>) {
        let Some(params) = params.and_then(|params| read(params).ok()) else { return };
        let token = params.get("progressToken").and_then(|token| number(&token.to_string()));
        let progress = params.get("progress").and_then(Value::as_f64);
        if let (Some(token), Some(progress)) = (token, progress) {
            let total = params.get("total").and_then(Value::as_f64);
            let message = params.get("message").and_then(Value::as_str).map(|text| cut(text.as_bytes(), NOTE_BYTES));
            self.ledger.progress(token, Progress { progress, total, message });
        }
    }
}

/// Reads a part of a message that may be too deep or not quite JSON.
pub(super) fn read(raw: &RawValue) -> Result<Value, String> {
    let text = raw.get();
    if scan::deeper_than(text, MESSAGE_DEPTH) {
        return Err(format!("it nests deeper than {MESSAGE_DEPTH} levels"));
    }
    serde_json::from_str(text).or_else(|error| match scan::mended(text) {
        Some(mended) => serde_json::from_str(&mended).map_err(|error| error.to_string()),
        None => Err(error.to_string()),
    })
}

fn error_outcome(raw: &RawValue) -> Outcome {
    #[derive(Deserialize)]
    struct Fault<'a> {
        #[serde(default)]
        code: i64,
        #[serde(default)]
        message: String,
        #[serde(borrow, default)]
        data: Option<&'a RawValue>,
    }
    match serde_json::from_str::<Fault<'_>>(raw.get()) {
        Ok(fault) => Outcome::Error { code: fault.code, message: fault.message, data: fault.data.map(ToOwned::to_owned) },
        Err(_) => Outcome::Error { code: 0, message: cut(raw.get().as_bytes(), NOTE_BYTES), data: None },
    }
}

/// A JSON-RPC id as the number we sent, also where it came back as a text or a float.
fn number(raw: &str) -> Option<i64> {
    let raw = raw.trim_matches('"');
    raw.parse().ok().or_else(|| raw.strip_suffix(".0").and_then(|whole| whole.parse().ok()))
}

fn text<'a>(greeting: &'a Value, pointer: &str) -> &'a str {
    greeting.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Whether the handshake of the older era is the one to try: revisions we know, none of the newer era.
fn only_older(supported: &[ProtocolVersion]) -> bool {
    let known = |version: &&ProtocolVersion| ProtocolVersion::KNOWN_VERSIONS.contains(version);
    supported.iter().any(|version| known(&version)) && supported.iter().filter(known).all(ProtocolVersion::has_initialize)
}

/// A refusal of the probe. Only one that negotiates the revision, and offers one of the newer era, goes on as it is.
fn refused_probe(id: i64, code: i64, message: &str, data: Option<&RawValue>) -> ServerJsonRpcMessage {
    let data = data.and_then(|data| read(data).ok());
    let supported = data.as_ref().and_then(|data| data.get("supported")).cloned();
    let supported: Option<Vec<ProtocolVersion>> = supported.and_then(|versions| serde_json::from_value(versions).ok());
    match supported {
        Some(supported) if only_older(&supported) => older(id, message),
        None if is_negotiation(code) => older(id, message),
        Some(_) | None => error_with(id, code, message.to_owned(), data),
    }
}

/// Makes the protocol crate go on with the older handshake.
fn older(id: i64, why: &str) -> ServerJsonRpcMessage {
    error(id, ErrorCode::METHOD_NOT_FOUND.0, why.to_owned())
}

/// Codes by which a server of the newer era negotiates the revision.
fn is_negotiation(code: i64) -> bool {
    [ErrorCode::UNSUPPORTED_PROTOCOL_VERSION, ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY, ErrorCode::HEADER_MISMATCH]
        .iter()
        .any(|known| i64::from(known.0) == code)
}

/// What the protocol crate sees of a result. It needs tool lists itself only for header parameters over HTTP.
fn stub(method: &str, result: &RawValue) -> ServerResult {
    if method == "tools/list"
        && result.get().contains("x-mcp-header")
        && let Ok(list) = serde_json::from_str(result.get())
    {
        return ServerResult::ListToolsResult(list);
    }
    ServerResult::empty(())
}

fn response(id: i64, result: ServerResult) -> ServerJsonRpcMessage {
    ServerJsonRpcMessage::response(result, NumberOrString::Number(id))
}

fn error(id: i64, code: impl Into<i64>, message: String) -> ServerJsonRpcMessage {
    error_with(id, code.into(), message, None)
}

fn error_with(id: i64, code: i64, message: String, data: Option<Value>) -> ServerJsonRpcMessage {
    let code = ErrorCode(i32::try_from(code).unwrap_or(ErrorCode::INTERNAL_ERROR.0));
    ServerJsonRpcMessage::error(ErrorData::new(code, message, data), Some(NumberOrString::Number(id)))
}
