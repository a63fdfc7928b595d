//! Judgements that are used again for equal texts.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::provider::Subject;
use crate::types::limits::SIGNALS_KEPT;
use crate::types::{Origin, Signal, Stage};

/// What makes two texts equal for a provider. Rules are the same as long as the guardrails live.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Content {
    stage: Stage,
    sha256: String,
    bytes: u64,
    model: String,
}

impl Content {
    /// None where the text was too large to be hashed: it is judged each time.
    pub(super) fn of(subject: &Subject<'_>) -> Option<Self> {
        let sha256 = subject.payload.sha256.clone()?;
        Some(Self { stage: subject.stage, sha256, bytes: subject.bytes, model: subject.model.to_owned() })
    }
}

/// The last judgements, bounded; the oldest go first.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Signals>);

#[derive(Debug, Default)]
struct Signals {
    by_content: HashMap<(String, Content), (Vec<Signal>, Origin)>,
    order: VecDeque<(String, Content)>,
}

impl Kept {
    /// The signals of an equal text, each marked with where it was made.
    pub(super) fn get(&self, provider: &str, content: Option<&Content>) -> Option<Vec<Signal>> {
        let key = (provider.to_owned(), content?.clone());
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (signals, origin) = kept.by_content.get(&key)?;
        Some(signals.iter().map(|signal| Signal { reused_from: Some(*origin), ..signal.clone() }).collect())
    }

    pub(super) fn put(&self, provider: &str, content: Option<&Content>, signals: &[Signal], origin: Origin) {
        let Some(content) = content else { return };
        let key = (provider.to_owned(), content.clone());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.by_content.insert(key.clone(), (signals.to_vec(), origin)).is_some() {
            return;
        }
        kept.order.push_back(key);
        if kept.order.len() > SIGNALS_KEPT
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.by_content.remove(&oldest);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> (usize, usize) {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (kept.by_content.len(), kept.order.len())
    }
}
