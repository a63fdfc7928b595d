//! The decision itself.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::{conditions, limits};
use crate::guards::labels::{Doing, Traits};
use crate::types::{Effect, Fallback, Label, Place, Policy, RuleRef, ToolId};

/// What the rules of flows are called in records.
pub(crate) const FLOWS: &str = "flows";

/// What was used so far by the run of the call, or by the session where it belongs to none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Used<'a> {
    /// Calls let through.
    pub steps: u64,
    /// Time of those that are over.
    pub time: Duration,
    /// Estimated tokens of their arguments.
    pub tokens_in: u64,
    /// Estimated tokens of their results.
    pub tokens_out: u64,
    /// For each rate of the policy, the calls within its period, over the whole session.
    pub rates: &'a [u64],
}

/// What a person has already said of the very call.
#[derive(Debug, Clone, Copy)]
pub enum Approved<'a> {
    /// Nothing.
    No,
    /// Yes, where one of these rules asks.
    Rules(&'a [Arc<str>]),
}

impl Approved<'_> {
    fn of(self, rule: &RuleRef) -> bool {
        match self {
            Self::No => false,
            Self::Rules(rules) => rules.contains(&rule.id),
        }
    }
}

/// What a decision depends on beside the call and the policy.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What was used.
    pub used: Used<'a>,
    /// Why data that must not leave unasked would reach a sink with this call.
    pub flow: Option<&'a str>,
    /// What a person has said.
    pub approved: Approved<'a>,
}

/// The decision, with the rule it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// Allow, ask or deny.
    pub effect: Effect,
    /// Which rule, where it stands and why it applies.
    pub rule: RuleRef,
    /// Further rules that say the same: all of them are reasons for a question.
    pub also: Vec<RuleRef>,
}

/// Whether the call of `id` with `arguments` may be made. `traits` are those of the tool under the same policy.
pub fn decide(id: &ToolId, arguments: &Value, traits: &Traits, policy: &Policy, facts: &Facts<'_>) -> Ruling {
    let matching = |effect| {
        let rules = policy.rules.iter().filter(move |rule| rule.effect == effect);
        rules.filter(|rule| conditions::matches(rule, id, arguments)).map(|rule| rule.name.clone())
    };
    let forbidden = matching(Effect::Deny).next().or_else(|| switches(traits, policy));
    if let Some(rule) = forbidden.or_else(|| limits::reached(id, policy, &facts.used)) {
        return Ruling { effect: Effect::Deny, rule, also: Vec::new() };
    }
    let mut asking: Vec<RuleRef> = matching(Effect::Ask).collect();
    let (effect, rule) = match (asking.first(), matching(Effect::Allow).next()) {
        (Some(asks), _) => (Effect::Allow, asks.clone()),
        (None, Some(allows)) => (Effect::Allow, allows),
        (None, None) => fallback(traits, policy),
    };
    match effect {
        Effect::Deny => return Ruling { effect, rule, also: Vec::new() },
        Effect::Ask => asking.push(rule.clone()),
        Effect::Allow => {}
    }
    asking.extend(facts.flow.map(|why| built_in(FLOWS, policy.flows.place.clone(), why)));
    let mut open = asking.into_iter().filter(|rule| !facts.approved.of(rule));
    match open.next() {
        Some(rule) => Ruling { effect: Effect::Ask, rule, also: open.collect() },
        None => Ruling { effect: Effect::Allow, rule, also: Vec::new() },
    }
}

/// Modes that forbid.
fn switches(traits: &Traits, policy: &Policy) -> Option<RuleRef> {
    if policy.read_only.value && !traits.reads_only() {
        let label = if traits.doing == Doing::Write { Label::Write } else { Label::Destructive };
        let why = format!("only reads are allowed, and this may write: {}", traits.why(label));
        return Some(built_in("read_only", policy.read_only.place.clone(), &why));
    }
    if policy.no_network.value && traits.open_world {
        let why = format!("no network is allowed, and this is open world: {}", traits.why(Label::OpenWorld));
        return Some(built_in("no_network", policy.no_network.place.clone(), &why));
    }
    None
}

/// What holds where no rule matches.
fn fallback(traits: &Traits, policy: &Policy) -> (Effect, RuleRef) {
    let rule = |why: &str| built_in("default", policy.default.place.clone(), why);
    match (policy.default.value, traits.doing) {
        (Fallback::Allow, _) => (Effect::Allow, rule("no rule matches, and all else is allowed")),
        (Fallback::Ask, _) => (Effect::Ask, rule("no rule matches, and all else asks")),
        (Fallback::Deny, _) => (Effect::Deny, rule("no rule allows it, and all else is denied")),
        (Fallback::AskWrites, Doing::Read) => (Effect::Allow, rule(&format!("it only reads: {}", traits.why(Label::Read)))),
        (Fallback::AskWrites, Doing::Write) => {
            (Effect::Allow, rule(&format!("it destroys nothing: {}", traits.why(Label::Write))))
        }
        (Fallback::AskWrites, Doing::Destructive) => {
            (Effect::Ask, rule(&format!("it may destroy something: {}", traits.why(Label::Destructive))))
        }
    }
}

fn built_in(id: &str, place: Option<Place>, why: &str) -> RuleRef {
    RuleRef { id: id.into(), place, why: why.into() }
}

#[cfg(test)]
mod tests;
