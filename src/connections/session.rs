//! One live connection as its callers see it: requests with limits, cancelled when nobody waits for them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rmcp::model::{CancelledNotification, CancelledNotificationParam, ClientRequest, GetExtensions as _, RequestId};
use rmcp::service::{PeerRequestOptions, RoleClient, ServiceError};
use serde_json::value::RawValue;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::ledger::{Outcome, Ticket};
use super::message;
use super::tls::chain;
use super::wire::Wire;
use super::{OnProgress, OnSent, Peer, Sent};
use crate::types::limits::OBITUARY_WAIT;
use crate::types::{Failure, FailureKind, ServerName};

/// A connection. Shared by all callers; it may have ended.
pub(super) struct Session {
    /// The server.
    pub(super) server: ServerName,
    /// What the server said of itself.
    pub(super) info: Peer,
    /// The protocol crate's end.
    pub(super) peer: rmcp::Peer<RoleClient>,
    /// Its messages.
    pub(super) wire: Arc<Wire>,
    /// Why it ended, once it has.
    pub(super) obituary: watch::Receiver<Option<Failure>>,
}

/// How long a request may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// In all.
    pub(super) total: Duration,
    /// Without a sign of life.
    pub(super) idle: Duration,
}

/// What a request is, beside its parameters.
pub(super) struct Ask {
    /// For messages: `the call of "x"`.
    pub(super) what: String,
    /// Its limits.
    pub(super) limits: Limits,
    /// Cancels it.
    pub(super) cancel: CancellationToken,
    /// Hears of its progress.
    pub(super) on_progress: Option<OnProgress>,
    /// The trace it belongs to, for the server.
    pub(super) traceparent: Option<String>,
    /// Hears what it was on the wire.
    pub(super) on_sent: Option<OnSent>,
}

impl Session {
    /// Sends a request and answers its `result`, byte for byte. Dropping the future cancels the request.
    pub(super) async fn request(&self, mut request: ClientRequest, ask: &Ask) -> Result<Box<RawValue>, Failure> {
        let ticket = Ticket::new(ask.on_progress.clone());
        request.extensions_mut().insert(ticket.clone());
        tokio::select! {
            biased;
            outcome = self.exchange(request, &ticket, ask) => outcome,
            () = ask.cancel.cancelled() => Err(self.failure(FailureKind::Cancelled, format!("{} was cancelled", ask.what))),
            why = expiry(&ticket, ask.limits) => Err(self.timeout(&ask.what, why)),
            failure = self.ended() => Err(failure),
        }
    }

    /// A failure that names the server.
    pub(super) fn failure(&self, kind: FailureKind, message: impl Into<String>) -> Failure {
        Failure::new(kind, format!("server \"{}\": {}", self.server, message.into()))
    }

    /// Waits for the end of the connection and answers why.
    async fn ended(&self) -> Failure {
        let mut obituary = self.obituary.clone();
        match obituary.wait_for(Option::is_some).await {
            Ok(failure) => failure.clone().unwrap_or_else(|| self.lost()),
            Err(_) => self.lost(),
        }
    }

    async fn exchange(&self, request: ClientRequest, ticket: &Ticket, ask: &Ask) -> Result<Box<RawValue>, Failure> {
        let what = ask.what.as_str();
        let handle = match self.peer.send_request_with_option(request, PeerRequestOptions::no_options()).await {
            Ok(handle) => handle,
            Err(error) => return Err(self.not_carried(&error).await),
        };
        if let Some(on_sent) = &ask.on_sent {
            on_sent(Sent { request: handle.id.to_string(), session: self.wire.transport_session() });
        }
        let mut abandoned = Abandoned { session: self, id: Some(handle.id.clone()) };
        let reply = handle.await_response().await;
        if let Some(id) = abandoned.id.take() {
            self.wire.forget(&id);
        }
        match (ticket.take(), reply) {
            (Some(Outcome::Result(result)), _) => Ok(result),
            (Some(Outcome::Error { code, message, data }), _) => Err(self.refused(what, code, &message, data.as_deref())),
            (Some(Outcome::Broken(why)), _) => Err(self.failure(FailureKind::Connection, format!("{what} failed: {why}"))),
            (None, Err(ServiceError::McpError(error))) => Err(self.refused(what, i64::from(error.code.0), &error.message, None)),
            (None, Err(error)) => Err(self.not_carried(&error).await),
            (None, Ok(_)) => Err(self.failure(FailureKind::Internal, format!("{what} was answered without a result"))),
        }
    }

    /// The request or its reply was not carried: the end of the connection says why, or the error itself.
    async fn not_carried(&self, error: &ServiceError) -> Failure {
        let gone = self.wire.closed.is_cancelled() || matches!(error, ServiceError::TransportClosed);
        if gone && let Ok(failure) = tokio::time::timeout(OBITUARY_WAIT, self.ended()).await {
            return failure;
        }
        let why = if let ServiceError::TransportSend(inner) = error { chain(inner.error.as_ref()) } else { chain(error) };
        self.failure(FailureKind::Connection, why).hint("check that the server is running, then call again")
    }

    fn refused(&self, what: &str, code: i64, message: &str, data: Option<&RawValue>) -> Failure {
        let failure = self.failure(FailureKind::ToolExecution, format!("{what} was refused: {message} (JSON-RPC error {code})"));
        let failure = failure.note("code", code.to_string());
        match data.map(message::read) {
            Some(Ok(data)) => {
                failure.note("data", super::traffic::cut(data.to_string().as_bytes(), crate::types::limits::NOTE_BYTES))
            }
            Some(Err(_)) | None => failure,
        }
    }

    fn timeout(&self, what: &str, why: Expiry) -> Failure {
        let (message, key) = match why {
            Expiry::Total(limit) => {
                (format!("{what} took longer than {} s and was cancelled", limit.as_secs_f64()), "call_timeout_seconds")
            }
            Expiry::Idle(limit) => {
                (format!("{what} gave no sign of life for {} s and was cancelled", limit.as_secs_f64()), "idle_timeout_seconds")
            }
        };
        self.failure(FailureKind::Timeout, message).hint(format!("if it needs longer, raise \"{key}\" under \"studio.limits\""))
    }

    fn lost(&self) -> Failure {
        self.failure(FailureKind::Connection, "the connection was closed")
    }
}

/// Which limit passed.
#[derive(Debug, Clone, Copy)]
enum Expiry {
    Total(Duration),
    Idle(Duration),
}

/// Ends when a limit has passed. Progress moves the idle limit.
async fn expiry(ticket: &Ticket, limits: Limits) -> Expiry {
    let end = Instant::now() + limits.total;
    loop {
        let silent_until = ticket.active() + limits.idle;
        tokio::time::sleep_until(end.min(silent_until).into()).await;
        if Instant::now() >= end {
            return Expiry::Total(limits.total);
        }
        if ticket.active() + limits.idle <= silent_until {
            return Expiry::Idle(limits.idle);
        }
    }
}

/// A request that is waited for. Dropped before its reply, it tells the server so.
struct Abandoned<'a> {
    session: &'a Session,
    id: Option<RequestId>,
}

impl Drop for Abandoned<'_> {
    fn drop(&mut self) {
        let Some(id) = self.id.take() else { return };
        self.session.wire.forget(&id);
        let peer = self.session.peer.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let closed = self.session.wire.closed.clone();
            runtime.spawn(async move {
                tokio::select! {
                    _ = peer.send_notification(cancelled(id).into()) => {}
                    () = closed.cancelled() => {}
                }
            });
        }
    }
}

fn cancelled(id: RequestId) -> CancelledNotification {
    CancelledNotification::new(CancelledNotificationParam::new(Some(id), Some("nobody waits for the reply any more".to_owned())))
}
