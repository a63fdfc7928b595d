//! What the limits of a policy say of one more call.

use super::decide::Used;
use crate::types::{Placed, Policy, RuleRef, ToolId};

/// Tokens that a price is given for.
const PRICED_TOKENS: f64 = 1_000_000.0;

/// The limit that is reached, if one is.
pub(super) fn reached(id: &ToolId, policy: &Policy, used: &Used<'_>) -> Option<RuleRef> {
    steps(policy, used)
        .or_else(|| time(policy, used))
        .or_else(|| tokens(policy, used))
        .or_else(|| cost(policy, used))
        .or_else(|| rate(id, policy, used))
}

fn steps(policy: &Policy, used: &Used<'_>) -> Option<RuleRef> {
    let limit = policy.max_steps.as_ref()?;
    let why = || format!("{} of {} steps are used", used.steps, limit.value);
    (used.steps >= limit.value).then(|| rule("max_steps", limit, why()))
}

fn time(policy: &Policy, used: &Used<'_>) -> Option<RuleRef> {
    let limit = policy.time.as_ref()?;
    let (spent, whole) = (used.time.as_secs_f64(), limit.value.as_secs_f64());
    (used.time >= limit.value).then(|| rule("budgets.seconds", limit, format!("{spent:.3} s of {whole} s of calls are used")))
}

fn tokens(policy: &Policy, used: &Used<'_>) -> Option<RuleRef> {
    let limit = policy.tokens.as_ref()?;
    let spent = used.tokens_in.saturating_add(used.tokens_out);
    (spent >= limit.value).then(|| rule("budgets.tokens", limit, format!("{spent} of {} tokens are used", limit.value)))
}

fn cost(policy: &Policy, used: &Used<'_>) -> Option<RuleRef> {
    let limit = policy.cost.as_ref()?;
    let budget = &limit.value;
    let spent = (used.tokens_in as f64 * budget.usd_per_million_tokens_in
        + used.tokens_out as f64 * budget.usd_per_million_tokens_out)
        / PRICED_TOKENS;
    (spent >= budget.usd).then(|| rule("budgets.usd", limit, format!("${spent:.4} of ${} are used", budget.usd)))
}

fn rate(id: &ToolId, policy: &Policy, used: &Used<'_>) -> Option<RuleRef> {
    let reached = policy
        .rates
        .iter()
        .enumerate()
        .find(|(index, rate)| rate.tools.matches(id) && used.rates.get(*index).is_some_and(|calls| *calls >= rate.calls));
    let (index, rate) = reached?;
    let why = format!("{} calls within {} s are used", rate.calls, rate.period.as_secs_f64());
    Some(RuleRef { id: format!("rates[{index}]").into(), place: rate.place.clone(), why: why.into() })
}

fn rule<T>(id: &str, limit: &Placed<T>, why: String) -> RuleRef {
    RuleRef { id: id.into(), place: limit.place.clone(), why: why.into() }
}
