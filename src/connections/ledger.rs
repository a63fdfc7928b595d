//! What is under way on one connection: every request we sent, until its reply or until nobody waits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::value::RawValue;

use super::handshake::{DISCOVER, LISTEN};
use super::{OnProgress, Progress};

/// What came of a request.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The `result`, byte for byte.
    Result(Box<RawValue>),
    /// The server answered with a JSON-RPC error.
    Error {
        /// Its code.
        code: i64,
        /// Its message.
        message: String,
        /// Its data.
        data: Option<Box<RawValue>>,
    },
    /// The answer cannot be used; the text says why.
    Broken(String),
}

/// The caller's side of one request. It travels with the request to the transport (as an extension of the
/// message), so that nothing that arrives early is missed.
#[derive(Clone)]
pub(super) struct Ticket(Arc<TicketInner>);

struct TicketInner {
    on_progress: Option<OnProgress>,
    active: Mutex<Instant>,
    outcome: Mutex<Option<Outcome>>,
}

impl Ticket {
    pub(super) fn new(on_progress: Option<OnProgress>) -> Self {
        Self(Arc::new(TicketInner { on_progress, active: Mutex::new(Instant::now()), outcome: Mutex::new(None) }))
    }

    /// When the server last gave a sign of life for this request.
    pub(super) fn active(&self) -> Instant {
        *locked(&self.0.active)
    }

    /// The outcome, once.
    pub(super) fn take(&self) -> Option<Outcome> {
        locked(&self.0.outcome).take()
    }

    fn settle(&self, outcome: Outcome) {
        *locked(&self.0.outcome) = Some(outcome);
    }

    fn progress(&self, progress: Progress) {
        *locked(&self.0.active) = Instant::now();
        if let Some(on_progress) = &self.0.on_progress {
            on_progress(progress);
        }
    }
}

/// One request under way.
#[derive(Clone)]
pub(super) struct Pending {
    /// Its method.
    pub(super) method: String,
    /// Its progress token.
    pub(super) token: Option<i64>,
    /// Who waits; nobody for the requests of the handshake.
    pub(super) ticket: Option<Ticket>,
}

impl Pending {
    /// Hands the outcome to who waits.
    pub(super) fn settle(self, outcome: Outcome) {
        if let Some(ticket) = self.ticket {
            ticket.settle(outcome);
        }
    }
}

/// All requests under way on one connection. Bounded by the callers: one entry for each.
#[derive(Default)]
pub(super) struct Ledger(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    pending: HashMap<i64, Pending>,
    tokens: HashMap<i64, i64>,
}

impl Ledger {
    /// Enters a request that is about to be sent.
    pub(super) fn open(&self, id: i64, pending: Pending) {
        let mut entries = locked(&self.0);
        if let Some(token) = pending.token {
            entries.tokens.insert(token, id);
        }
        entries.pending.insert(id, pending);
    }

    /// Takes a request out: it has its reply, or nobody waits any more.
    pub(super) fn close(&self, id: i64) -> Option<Pending> {
        let mut entries = locked(&self.0);
        let pending = entries.pending.remove(&id)?;
        if let Some(token) = pending.token {
            entries.tokens.remove(&token);
        }
        Some(pending)
    }

    /// Whether a request still waits for its reply.
    pub(super) fn contains(&self, id: i64) -> bool {
        locked(&self.0).pending.contains_key(&id)
    }

    /// The one request a reply without a usable id can belong to, if there is but one. The request that stays open
    /// is not waited for, and a probe that was given up only if it is alone.
    pub(super) fn only(&self) -> Option<i64> {
        let entries = locked(&self.0);
        let single = |left_out: &[&str]| {
            let mut ids =
                entries.pending.iter().filter(|(_, pending)| !left_out.contains(&pending.method.as_str())).map(|(id, _)| *id);
            let first = ids.next()?;
            ids.next().is_none().then_some(first)
        };
        single(&[LISTEN]).or_else(|| single(&[LISTEN, DISCOVER]))
    }

    /// Passes progress on. Late progress, for a request that is done, is dropped.
    pub(super) fn progress(&self, token: i64, progress: Progress) {
        let ticket = {
            let entries = locked(&self.0);
            let pending = entries.tokens.get(&token).and_then(|id| entries.pending.get(id));
            pending.and_then(|pending| pending.ticket.clone())
        };
        if let Some(ticket) = ticket {
            ticket.progress(progress);
        }
    }
}

/// The content of a lock, also after a panic of another holder.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
