//! What each run has used and read so far, so that limits are exact and data can be followed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::guards::flows::{Prints, Trace};
use crate::guards::labels::Traits;
use crate::guards::policy::{Ruling, Used, is_limit};
use crate::types::limits::{FLOW_SOURCES, LEDGER_RUNS};
use crate::types::{Decision, Effect, Flows, Label, Policy, RuleRef, RunId, StepNumber, StepRecord, ToolId};

/// A run, or the session outside of runs.
pub(super) type Scope = Option<RunId>;

/// The ledger of one studio.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    spent: BTreeMap<Scope, Spent>,
    /// For each rate of the policy, when its calls within the period were let through, oldest first.
    rates: Vec<VecDeque<Instant>>,
}

#[derive(Debug, Default)]
struct Spent {
    steps: u64,
    time: Duration,
    tokens_in: u64,
    tokens_out: u64,
    prints: Prints,
    sources: Vec<Source>,
    /// The limits of the policy that have refused a call, each with its words.
    limits: BTreeMap<Arc<str>, Arc<str>>,
}

/// A step that read something private or untrusted.
#[derive(Debug, Clone)]
struct Source {
    step: StepNumber,
    tool: ToolId,
    label: Label,
    why: String,
}

impl Ledger {
    /// Decides with what is used now, and counts the call in the same breath if it is allowed: `max_steps` calls at once
    /// never become more.
    pub(super) fn judge(&self, scope: Scope, id: &ToolId, policy: &Policy, decide: impl FnOnce(Used<'_>) -> Ruling) -> Ruling {
        let mut state = self.lock();
        let ruling = state.look(scope, policy, decide);
        if ruling.effect == Effect::Allow {
            state.count(scope, id, policy);
        }
        ruling
    }

    /// Decides with what is used now, and counts nothing.
    pub(super) fn look<T>(&self, scope: Scope, policy: &Policy, decide: impl FnOnce(Used<'_>) -> T) -> T {
        self.lock().look(scope, policy, decide)
    }

    /// Adds what a finished call has used. An answer that was used again costs nothing.
    pub(super) fn settle(&self, record: &StepRecord) {
        if record.decision == Decision::Reused {
            return;
        }
        let mut state = self.lock();
        if let Some(spent) = state.spent.get_mut(&record.caller.run()) {
            spent.time = spent.time.saturating_add(record.latency.server + record.latency.decode);
            spent.tokens_in = spent.tokens_in.saturating_add(record.tokens_in);
            spent.tokens_out = spent.tokens_out.saturating_add(record.tokens_out);
        }
    }

    /// Remembers that a rule has refused a call, if it is a limit.
    pub(super) fn refused(&self, scope: Scope, rule: &RuleRef, policy: &Policy) {
        if is_limit(&rule.id, policy) {
            let mut state = self.lock();
            let spent = state.spent.entry(scope).or_default();
            spent.limits.insert(Arc::clone(&rule.id), Arc::clone(&rule.why));
        }
    }

    /// The limits of the policy that have refused a call: `max_steps: 5 of 5 steps are used`.
    pub(super) fn spent(&self, scope: Scope) -> Vec<String> {
        let state = self.lock();
        let limits = state.spent.get(&scope).into_iter().flat_map(|spent| &spent.limits);
        limits.map(|(id, why)| format!("{id}: {why}")).collect()
    }

    /// Remembers what a call has read, if it is private or untrusted.
    pub(super) fn has_read(&self, scope: Scope, step: StepNumber, id: &ToolId, traits: &Traits, policy: &Policy, value: &Value) {
        let label = if traits.private {
            Label::Private
        } else if traits.untrusted {
            Label::Untrusted
        } else {
            return;
        };
        if policy.flows.value == Flows::Off {
            return;
        }
        let mut state = self.lock();
        let spent = state.spent.entry(scope).or_default();
        if spent.sources.len() < FLOW_SOURCES {
            spent.sources.push(Source { step, tool: id.clone(), label, why: traits.why(label).to_owned() });
        }
        let source = u32::try_from(spent.sources.len().saturating_sub(1)).unwrap_or(u32::MAX);
        if policy.flows.value == Flows::Content {
            spent.prints.add(value, source);
        }
    }

    /// Why `arguments` would bring something private or untrusted to a sink, if they would.
    pub(super) fn flow(&self, scope: Scope, traits: &Traits, policy: &Policy, arguments: &Value) -> Option<String> {
        if !traits.sink || policy.flows.value == Flows::Off {
            return None;
        }
        let state = self.lock();
        let spent = state.spent.get(&scope)?;
        let sink = traits.why(Label::Sink);
        let of = |source: &Source| format!("step {} ({}, {}: {})", source.step.0, source.tool, source.label.word(), source.why);
        if policy.flows.value == Flows::Any {
            return Some(format!("it is a sink ({sink}), and {} was read before", of(spent.sources.first()?)));
        }
        let trace = spent.prints.trace(arguments);
        let found = if let Trace::From(source) = trace { spent.sources.get(source as usize) } else { None };
        match found {
            Some(source) => Some(format!("it is a sink ({sink}), and its arguments hold text of {}", of(source))),
            None if trace == Trace::Unclear => {
                Some(format!("it is a sink ({sink}), and its arguments hold more encoded text than can be looked through"))
            }
            None if spent.prints.is_full() => {
                Some(format!("it is a sink ({sink}), and more private or untrusted text was read than can be compared"))
            }
            None => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn look<T>(&mut self, scope: Scope, policy: &Policy, decide: impl FnOnce(Used<'_>) -> T) -> T {
        let now = Instant::now();
        self.rates.resize_with(policy.rates.len(), VecDeque::new);
        for (calls, rate) in self.rates.iter_mut().zip(&policy.rates) {
            while calls.front().is_some_and(|at| now.duration_since(*at) >= rate.period) {
                calls.pop_front();
            }
        }
        let rates: Vec<u64> = self.rates.iter().map(|calls| calls.len() as u64).collect();
        let used = self.spent.get(&scope).map_or(Used::default(), |spent| Used {
            steps: spent.steps,
            time: spent.time,
            tokens_in: spent.tokens_in,
            tokens_out: spent.tokens_out,
            rates: &[],
        });
        decide(Used { rates: &rates, ..used })
    }

    fn count(&mut self, scope: Scope, id: &ToolId, policy: &Policy) {
        let now = Instant::now();
        for (calls, _) in self.rates.iter_mut().zip(&policy.rates).filter(|(_, rate)| rate.tools.matches(id)) {
            calls.push_back(now);
        }
        self.spent.entry(scope).or_default().steps += 1;
        while self.spent.len() > LEDGER_RUNS {
            // The oldest run; the session outside of runs sorts before all and stays.
            let oldest = self.spent.keys().find(|scope| scope.is_some()).copied();
            self.spent.remove(&oldest.flatten());
        }
    }
}
