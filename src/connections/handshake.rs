//! Which era a server speaks, found by asking; and its answer to the handshake, with defaults for what it leaves out.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use rmcp::model::{DiscoverResult, ErrorCode, ProtocolVersion, ServerJsonRpcMessage, ServerResult};
use serde::Deserialize as _;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::ledger::{Outcome, locked};
use super::message::{error, read, response};

/// The probe of the newer era.
pub(super) const DISCOVER: &str = "server/discover";
/// The request of the newer era that stays open for a whole connection.
pub(super) const LISTEN: &str = "subscriptions/listen";
/// The handshake of the older era.
pub(super) const INITIALIZE: &str = "initialize";

/// How the question which era a server speaks has gone so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Probe {
    /// Not asked.
    Unasked,
    /// Asked at that time, no answer yet.
    Asked(Instant),
    /// Answered in time, or with a refusal.
    Answered,
    /// No answer in time, so the older handshake was tried.
    GivenUp,
    /// The answer came after the older handshake was tried: it speaks the newer protocol after all.
    Late,
}

/// The handshake of one connection.
pub(super) struct Handshake {
    probe: Mutex<Probe>,
    greeting: Mutex<Option<Value>>,
    /// How long the probe may stay unanswered; for ever where there is no other handshake to try.
    limit: Option<Duration>,
}

impl Handshake {
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self { probe: Mutex::new(Probe::Unasked), greeting: Mutex::default(), limit }
    }

    /// How the probe went.
    pub(super) fn probe(&self) -> Probe {
        *locked(&self.probe)
    }

    /// The server's answer, as sent.
    pub(super) fn greeting(&self) -> Option<Value> {
        locked(&self.greeting).clone()
    }

    /// A request is about to be sent.
    pub(super) fn sending(&self, method: &str) {
        let mut probe = locked(&self.probe);
        match (method, *probe) {
            (DISCOVER, _) => *probe = Probe::Asked(Instant::now()),
            (INITIALIZE, Probe::Asked(_)) => *probe = Probe::GivenUp,
            _ => {}
        }
    }

    /// Ends when the probe has waited long enough.
    pub(super) async fn overdue(&self) {
        match (self.probe(), self.limit) {
            (Probe::Asked(since), Some(limit)) => tokio::time::sleep_until((since + limit).into()).await,
            (Probe::Asked(_) | Probe::Unasked | Probe::Answered | Probe::GivenUp | Probe::Late, _) => {
                std::future::pending::<()>().await;
            }
        }
    }

    /// The probe's answer. What only a server of the newer era can say goes on as it is; all else means an older one.
    pub(super) fn discovered(&self, id: i64, outcome: &Outcome) -> Option<ServerJsonRpcMessage> {
        let found = match outcome {
            Outcome::Result(result) => read(result).ok().and_then(|raw| Some((DiscoverResult::deserialize(&raw).ok()?, raw))),
            Outcome::Error { .. } | Outcome::Broken(_) => None,
        };
        let mut probe = locked(&self.probe);
        if *probe == Probe::GivenUp {
            *probe = if found.is_some() { Probe::Late } else { Probe::Answered };
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

    /// The answer to `initialize`. Older servers leave out much; we need only the revision.
    pub(super) fn initialized(&self, id: i64, result: &RawValue) -> ServerJsonRpcMessage {
        let internal = |why: String| error(id, i64::from(ErrorCode::INTERNAL_ERROR.0), why, None);
        let Some(greeting) = read(result).ok().filter(Value::is_object) else {
            return internal("unreadable answer to initialize".to_owned());
        };
        let protocol = greeting.get("protocolVersion").and_then(Value::as_str).unwrap_or("2024-11-05");
        let lenient = json!({"protocolVersion": protocol, "capabilities": {}, "serverInfo": {"name": "", "version": ""}});
        *locked(&self.greeting) = Some(greeting);
        match serde_json::from_value(lenient) {
            Ok(typed) => response(id, ServerResult::InitializeResult(typed)),
            Err(fault) => internal(fault.to_string()),
        }
    }
}

/// Makes the protocol crate go on with the older handshake.
pub(super) fn older(id: i64, why: &str) -> ServerJsonRpcMessage {
    error(id, i64::from(ErrorCode::METHOD_NOT_FOUND.0), why.to_owned(), None)
}

/// Whether the handshake of the older era is the one to try: revisions we know, none of the newer era.
fn only_older(supported: &[ProtocolVersion]) -> bool {
    let mut known = supported.iter().filter(|version| ProtocolVersion::KNOWN_VERSIONS.contains(version)).peekable();
    known.peek().is_some() && known.all(ProtocolVersion::has_initialize)
}

/// A refusal of the probe. Only one that negotiates the revision, and offers one of the newer era, goes on as it is.
fn refused_probe(id: i64, code: i64, message: &str, data: Option<&RawValue>) -> ServerJsonRpcMessage {
    let data = data.and_then(|data| read(data).ok());
    let supported = data.as_ref().and_then(|data| data.get("supported"));
    let supported = supported.and_then(|versions| Vec::<ProtocolVersion>::deserialize(versions).ok());
    match supported {
        Some(supported) if only_older(&supported) => older(id, message),
        None if is_negotiation(code) => older(id, message),
        Some(_) | None => error(id, code, message.to_owned(), data),
    }
}

/// Codes by which a server of the newer era negotiates the revision.
fn is_negotiation(code: i64) -> bool {
    [ErrorCode::UNSUPPORTED_PROTOCOL_VERSION, ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY, ErrorCode::HEADER_MISMATCH]
        .iter()
        .any(|known| i64::from(known.0) == code)
}
