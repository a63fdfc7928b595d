//! Answers of reads that may stand for equal later calls, where the policy says so.
//!
//! An answer belongs to a run, a tool's definition, the rules and the exact arguments. A call that is no read forgets the
//! answers of its server.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::ledger::Scope;
use crate::guards::labels::Traits;
use crate::types::limits::{REUSE_BYTES, REUSE_ENTRIES};
use crate::types::{CallValue, Policy, ServerName, StepNumber, ToolSpec, content_hash, json_bytes, text_hash};

/// What makes two calls equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    scope: Scope,
    server: ServerName,
    hash: String,
}

impl Key {
    /// The key of a call whose answer may be used again; none where it must be made.
    pub(super) fn of(scope: Scope, tool: &ToolSpec, traits: &Traits, arguments: &Value, policy: &Policy) -> Option<Self> {
        let repeatable = traits.reads_only() && tool.annotations.idempotent != Some(false);
        if !repeatable || !policy.reuse.iter().any(|tools| tools.matches(&tool.id)) {
            return None;
        }
        let parts = [&*policy.hash, &tool.id.to_string(), &content_hash(&tool.raw), &content_hash(arguments)].join("\n");
        Some(Self { scope, server: tool.id.server.clone(), hash: text_hash(&parts) })
    }
}

/// The kept answers, oldest first.
#[derive(Debug, Default)]
pub(super) struct Reuse {
    kept: Mutex<VecDeque<(Key, StepNumber, CallValue)>>,
}

impl Reuse {
    /// The answer of an equal earlier call, and the step it was made in.
    pub(super) fn find(&self, key: &Key) -> Option<(StepNumber, CallValue)> {
        self.lock().iter().find(|(kept, _, _)| kept == key).map(|(_, step, value)| (*step, value.clone()))
    }

    /// Keeps an answer, if it is not too large.
    pub(super) fn keep(&self, key: Key, step: StepNumber, value: &CallValue) {
        if json_bytes(&value.raw) > REUSE_BYTES {
            return;
        }
        let mut kept = self.lock();
        if kept.len() == REUSE_ENTRIES {
            kept.pop_front();
        }
        kept.push_back((key, step, value.clone()));
    }

    /// Forgets what a server answered: it may be another thing now.
    pub(super) fn forget(&self, server: &ServerName) {
        self.lock().retain(|(key, _, _)| key.server != *server);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Key, StepNumber, CallValue)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
