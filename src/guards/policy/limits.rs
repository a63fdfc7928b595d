//! What the limits of a policy say of one more call.

use std::borrow::Cow;

use serde::Serialize;

use super::decide::Used;
use crate::types::{CostBudget, Place, Policy, Rate, RuleRef, ToolId};

/// Tokens that a price is given for.
const PRICED_TOKENS: f64 = 1_000_000.0;

/// A limit of a policy and how much of it is used.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Limit {
    /// As in records: `max_steps`, `budgets.seconds`, `rates[0]`.
    pub id: Cow<'static, str>,
    /// What is used.
    pub used: f64,
    /// What may be used.
    pub limit: f64,
    /// What is counted: `steps`, `s`, `tokens`, `USD`, or `calls of git__* within 60 s`.
    pub unit: Cow<'static, str>,
    /// Where it stands.
    pub place: Option<Place>,
}

impl Limit {
    /// Whether nothing is left.
    pub fn is_reached(&self) -> bool {
        self.used >= self.limit
    }

    fn rule(&self, why: String) -> RuleRef {
        RuleRef { id: (*self.id).into(), place: self.place.clone(), why: why.into() }
    }
}

/// All limits, in the order in which they are looked at.
pub fn limits(policy: &Policy, used: &Used<'_>) -> Vec<Limit> {
    let parts = [steps(policy, used), time(policy, used), tokens(policy, used), cost(policy, used)];
    parts.into_iter().flatten().chain(rates(policy, used)).collect()
}

/// Whether a rule of that id is one of the policy's limits, not one that a person has written.
pub fn is_limit(id: &str, policy: &Policy) -> bool {
    limits(policy, &Used::default()).iter().any(|limit| limit.id == id)
}

/// The limit that is reached, if one is.
pub(super) fn reached(id: &ToolId, policy: &Policy, used: &Used<'_>) -> Option<RuleRef> {
    let full = |limit: Option<Limit>| limit.filter(Limit::is_reached);
    if let Some(limit) = full(steps(policy, used)) {
        return Some(limit.rule(format!("{} of {} steps are used", used.steps, limit.limit)));
    }
    if let Some(limit) = full(time(policy, used)) {
        return Some(limit.rule(format!("{:.3} s of {} s of calls are used", limit.used, limit.limit)));
    }
    if let Some(limit) = full(tokens(policy, used)) {
        return Some(limit.rule(format!("{} of {} tokens are used", limit.used, limit.limit)));
    }
    if let Some(limit) = full(cost(policy, used)) {
        return Some(limit.rule(format!("${:.4} of ${} are used", limit.used, limit.limit)));
    }
    rate(id, policy, used)
}

fn steps(policy: &Policy, used: &Used<'_>) -> Option<Limit> {
    let limit = policy.max_steps.as_ref()?;
    Some(of("max_steps", used.steps as f64, limit.value as f64, "steps", limit.place.as_ref()))
}

fn time(policy: &Policy, used: &Used<'_>) -> Option<Limit> {
    let limit = policy.time.as_ref()?;
    Some(of("budgets.seconds", used.time.as_secs_f64(), limit.value.as_secs_f64(), "s", limit.place.as_ref()))
}

fn tokens(policy: &Policy, used: &Used<'_>) -> Option<Limit> {
    let limit = policy.tokens.as_ref()?;
    let spent = used.tokens_in.saturating_add(used.tokens_out);
    Some(of("budgets.tokens", spent as f64, limit.value as f64, "tokens", limit.place.as_ref()))
}

fn cost(policy: &Policy, used: &Used<'_>) -> Option<Limit> {
    let limit = policy.cost.as_ref()?;
    Some(of("budgets.usd", spent(&limit.value, used), limit.value.usd, "USD", limit.place.as_ref()))
}

fn spent(budget: &CostBudget, used: &Used<'_>) -> f64 {
    let written = used.tokens_in as f64 * budget.usd_per_million_tokens_in;
    let read = used.tokens_out as f64 * budget.usd_per_million_tokens_out;
    (written + read) / PRICED_TOKENS
}

fn rates(policy: &Policy, used: &Used<'_>) -> impl Iterator<Item = Limit> {
    policy.rates.iter().enumerate().map(|(index, limit)| rate_limit(index, limit, used))
}

fn rate_limit(index: usize, rate: &Rate, used: &Used<'_>) -> Limit {
    Limit {
        id: format!("rates[{index}]").into(),
        used: used.rates.get(index).copied().unwrap_or_default() as f64,
        limit: rate.calls as f64,
        unit: format!("calls of {} within {} s", rate.tools, rate.period.as_secs_f64()).into(),
        place: rate.place.clone(),
    }
}

fn rate(id: &ToolId, policy: &Policy, used: &Used<'_>) -> Option<RuleRef> {
    let meant = policy.rates.iter().enumerate().filter(|(_, rate)| rate.tools.matches(id));
    let reached = |(index, rate): &(usize, &Rate)| used.rates.get(*index).is_some_and(|calls| *calls >= rate.calls);
    let (index, rate) = meant.into_iter().find(reached)?;
    let why = format!("{} calls within {} s are used", rate.calls, rate.period.as_secs_f64());
    Some(rate_limit(index, rate, used).rule(why))
}

fn of(id: &'static str, used: f64, limit: f64, unit: &'static str, place: Option<&Place>) -> Limit {
    Limit { id: id.into(), used, limit, unit: unit.into(), place: place.cloned() }
}
