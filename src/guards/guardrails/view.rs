//! The providers as people see them: what kind each is, and how it has answered so far.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::types::{ExternalProvider, ExternalReach, Stage};

/// A provider, for `health` and the workbench.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderView {
    /// Its name in signals and configuration.
    pub name: String,
    /// `built in`, `command` or `tool`.
    pub kind: &'static str,
    /// The date of its rules; empty where it has none of ours.
    pub rules_date: String,
    /// Where it looks.
    pub stages: Vec<Stage>,
    /// `ready`; of one outside also `not asked yet` and `failed`, as it answered last.
    pub state: &'static str,
    /// Questions to a provider outside so far.
    pub asked: u64,
    /// Those that came to nothing.
    pub failed: u64,
    /// Why the last one did; absent once it has answered again.
    pub failure: Option<String>,
}

impl ProviderView {
    pub(super) fn built_in(name: &str, rules_date: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: "built in",
            rules_date: rules_date.to_owned(),
            stages: Stage::ALL.to_vec(),
            state: "ready",
            asked: 0,
            failed: 0,
            failure: None,
        }
    }

    pub(super) fn external(name: &str, external: &ExternalProvider, answered: Answered) -> Self {
        let kind = match &external.reach {
            ExternalReach::Command { .. } => "command",
            ExternalReach::Tool(_) => "tool",
        };
        let state = match (&answered.failure, answered.asked) {
            (Some(_), _) => "failed",
            (None, 0) => "not asked yet",
            (None, _) => "ready",
        };
        let Answered { asked, failed, failure } = answered;
        let (name, stages) = (name.to_owned(), external.stages.clone());
        Self { name, kind, rules_date: String::new(), stages, state, asked, failed, failure }
    }
}

/// How one provider outside has answered.
#[derive(Debug, Clone, Default)]
pub(super) struct Answered {
    asked: u64,
    failed: u64,
    failure: Option<String>,
}

/// How the providers outside have answered, by name. As many as are configured.
#[derive(Debug, Default)]
pub(super) struct Answers(Mutex<BTreeMap<String, Answered>>);

impl Answers {
    pub(super) fn count(&self, provider: &str, failure: Option<String>) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answered = answers.entry(provider.to_owned()).or_default();
        answered.asked += 1;
        answered.failed += u64::from(failure.is_some());
        answered.failure = failure;
    }

    pub(super) fn of(&self, provider: &str) -> Answered {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(provider).cloned().unwrap_or_default()
    }
}
