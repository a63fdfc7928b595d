//! One connection's messages, whatever carries them: registers what is sent, judges what arrives.
//!
//! Results never pass through the protocol crate: they go to the [`Ledger`] byte for byte, and the crate gets a
//! stub that only wakes the caller. So no shape of a result can be lost, and nothing unreadable can leave a call
//! waiting. Responsibilities: correlation, mending, bounds, progress, change marks. Not: carrying bytes, time limits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, CustomRequest, ErrorCode, GetExtensions as _, GetMeta as _, NumberOrString,
    ServerJsonRpcMessage, ServerRequest,
};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use super::changes::Changes;
use super::handshake::{DISCOVER, Handshake, INITIALIZE, older};
use super::ledger::{Ledger, Outcome, Pending, Ticket, locked};
use super::message::{self, Envelope, Items, number, read};
use super::scan::{self, IdScanner};
use super::traffic::{Tap, cut};
use super::{Direction, Progress};
use crate::types::limits::{NOTE_BYTES, SERVER_REQUESTS};

/// See the module.
pub(super) struct Wire {
    /// How the handshake went.
    pub(super) handshake: Handshake,
    /// Cancelled when nothing more will arrive.
    pub(super) closed: CancellationToken,
    /// Bytes of one message from the server.
    pub(super) message_bytes: usize,
    ledger: Ledger,
    tap: Arc<Tap>,
    changes: Arc<Changes>,
    answering: AtomicUsize,
    epitaph: Mutex<Option<String>>,
    /// The transport's session, where it has one.
    transport_session: Mutex<Option<Arc<str>>>,
}

impl Wire {
    pub(super) fn new(tap: Arc<Tap>, changes: Arc<Changes>, message_bytes: usize, handshake: Handshake) -> Arc<Self> {
        let (ledger, closed, answering, epitaph, transport_session) = Default::default();
        Arc::new(Self { handshake, closed, message_bytes, ledger, tap, changes, answering, epitaph, transport_session })
    }

    /// The server's tap.
    pub(super) fn tap(&self) -> &Tap {
        &self.tap
    }

    /// The messages belong to that session of the transport (`Mcp-Session-Id`).
    pub(super) fn in_transport_session(&self, session: &Arc<str>) {
        *locked(&self.transport_session) = Some(Arc::clone(session));
    }

    /// The session of the transport that messages belong to now.
    pub(super) fn transport_session(&self) -> Option<Arc<str>> {
        locked(&self.transport_session).clone()
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

    /// Whether the request `id` still waits for its reply.
    pub(super) fn waits(&self, id: &NumberOrString) -> bool {
        matches!(id, NumberOrString::Number(id) if self.ledger.contains(*id))
    }

    /// Fails the request `id` from our side.
    pub(super) fn fail(&self, id: &NumberOrString, why: &str) -> Option<ServerJsonRpcMessage> {
        match id {
            NumberOrString::Number(id) => self.settle(*id, Outcome::Broken(why.to_owned())),
            NumberOrString::String(_) => None,
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
        let Some(first) = bytes.first() else { return Vec::new() };
        self.tap.record(Direction::Received, bytes);
        match first {
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

    fn open(&self, id: i64, request: &ClientRequest) {
        let method = request.method().to_owned();
        self.handshake.sending(&method);
        let token = match request.get_meta().get_progress_token().map(|token| token.0) {
            Some(NumberOrString::Number(token)) => Some(token),
            Some(NumberOrString::String(_)) | None => None,
        };
        self.ledger.open(id, Pending { method, token, ticket: request.extensions().get::<Ticket>().cloned() });
    }

    /// Revision 2025-03-26 allows several messages in one array.
    fn batch(&self, bytes: &[u8]) -> Vec<ServerJsonRpcMessage> {
        match serde_json::from_slice::<Items<'_>>(bytes) {
            Ok(items) => items.kept.iter().filter_map(|message| self.one(message.get().as_bytes())).collect(),
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
        let Some(method) = envelope.method else {
            return self.reply(envelope.id, envelope.outcome());
        };
        let Ok(method) = serde_json::from_str::<String>(method.get()) else {
            self.tap.trouble("a message has a method that is no text");
            return None;
        };
        if let Some(id) = envelope.id {
            return self.request(id, method, envelope.params);
        }
        self.notification(&method, envelope.params);
        None
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

    fn settle(&self, id: i64, outcome: Outcome) -> Option<ServerJsonRpcMessage> {
        let Some(pending) = self.ledger.close(id) else {
            self.tap.note("a reply nobody waits for was dropped");
            return None;
        };
        let message = match (pending.method.as_str(), &outcome) {
            (DISCOVER, _) => self.handshake.discovered(id, &outcome)?,
            (INITIALIZE, Outcome::Result(result)) => self.handshake.initialized(id, result),
            (_, Outcome::Result(result)) => message::response(id, message::stub(&pending.method, result)),
            (_, Outcome::Error { code, message, .. }) => message::error(id, *code, message.clone(), None),
            (_, Outcome::Broken(why)) => message::error(id, i64::from(ErrorCode::INTERNAL_ERROR.0), why.clone(), None),
        };
        pending.settle(outcome);
        Some(message)
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
    fn notification(&self, method: &str, params: Option<&RawValue>) {
        match method {
            "notifications/progress" => self.progress(params),
            "notifications/tools/list_changed"
            | "notifications/resources/list_changed"
            | "notifications/prompts/list_changed" => {
                self.changes.happened();
            }
            _ => {}
        }
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
