//! The key `studio.policy`: an object, or the name of a JSON file with that object.
//!
//! Unknown keys are errors here, as are values that mean nothing: a policy holds whole or not at all.

mod rules;

use std::path::Path;
use std::sync::Arc;

use super::JudgingSettings;
use super::document::{self, Node, Value};
use super::fields::{Complaints, Fields, Keys};
use crate::types::limits::{POLICY_COUNT_MAX, RATE_CALLS_MAX};
use crate::types::{CostBudget, Effect, Fallback, Flows, PinMode, Placed, Policy, Rate, content_hash, text_hash};

const KEYS: Keys = Keys {
    known: &[
        "deny",
        "ask",
        "allow",
        "default",
        "labels",
        "no_network",
        "read_only",
        "dry_run",
        "max_steps",
        "budgets",
        "rates",
        "flows",
        "reuse",
        "pins",
    ],
    foreign: &["$schema"],
    advice: &[
        ("block", "it is called \"deny\" here"),
        ("blocklist", "it is called \"deny\" here"),
        ("block_list", "it is called \"deny\" here"),
        ("allowlist", "it is called \"allow\" here; with \"default\": \"deny\" nothing else is allowed"),
        ("allow_list", "it is called \"allow\" here; with \"default\": \"deny\" nothing else is allowed"),
        ("rules", "rules stand under \"deny\", \"ask\" and \"allow\""),
    ],
};
const BUDGET_KEYS: Keys = Keys {
    known: &["seconds", "tokens", "usd", "usd_per_million_tokens_in", "usd_per_million_tokens_out"],
    foreign: &[],
    advice: &[],
};
const RATE_KEYS: Keys = Keys { known: &["tools", "calls", "seconds"], foreign: &[], advice: &[] };

/// Reads the value of `studio.policy`. A budget of money has its prices from `judging`, where it names none itself.
pub(super) fn read(node: &Node, project: &Path, judging: &JudgingSettings, complaints: &mut Complaints) -> Policy {
    let Value::String(name) = &node.value else { return object(node, judging, complaints) };
    let path = project.join(name);
    let mut elsewhere = Complaints::about(complaints.beside(name));
    let policy = match std::fs::read_to_string(&path) {
        Err(error) => {
            complaints.error(node.line, format!("\"studio\": cannot read the policy {name}: {error}"), "");
            return Policy::default();
        }
        Ok(text) => match document::parse(&text) {
            Ok(node) => object(&node, judging, &mut elsewhere),
            Err(error) => {
                elsewhere.error(error.line, error.message, error.hint.unwrap_or_default());
                Policy::default()
            }
        },
    };
    complaints.take(elsewhere);
    policy
}

fn object(node: &Node, judging: &JudgingSettings, complaints: &mut Complaints) -> Policy {
    let mut policy = Policy::default();
    let Some(fields) = Fields::of(node, "the policy", None, complaints) else { return policy };
    fields.refuse_unknown(KEYS, complaints);
    for (key, effect) in [("deny", Effect::Deny), ("ask", Effect::Ask), ("allow", Effect::Allow)] {
        policy.rules.extend(rules::rules(&fields, key, effect, complaints));
    }
    policy.labels = rules::labels(&fields, complaints);
    policy.reuse = rules::reuse(&fields, complaints);
    for (key, switch) in
        [("no_network", &mut policy.no_network), ("read_only", &mut policy.read_only), ("dry_run", &mut policy.dry_run)]
    {
        if let Some(value) = fields.flag(key, complaints) {
            *switch = placed(&fields, key, value, complaints);
        }
    }
    modes(&fields, &mut policy, complaints);
    policy.max_steps =
        count(&fields, "max_steps", POLICY_COUNT_MAX, complaints).map(|steps| placed(&fields, "max_steps", steps, complaints));
    if let Some(member) = fields.get("budgets") {
        budgets(&member.node, &mut policy, judging, complaints);
    }
    policy.rates = rates(&fields, complaints);
    policy.hash = hash(node, &policy);
    policy
}

fn modes(fields: &Fields<'_>, policy: &mut Policy, complaints: &mut Complaints) {
    let default =
        [("ask_writes", Fallback::AskWrites), ("allow", Fallback::Allow), ("ask", Fallback::Ask), ("deny", Fallback::Deny)];
    if let Some(word) = word(fields, "default", &default, complaints) {
        policy.default = placed(fields, "default", word, complaints);
    }
    if let Some(word) =
        word(fields, "flows", &[("content", Flows::Content), ("any", Flows::Any), ("off", Flows::Off)], complaints)
    {
        policy.flows = placed(fields, "flows", word, complaints);
    }
    if let Some(word) = word(fields, "pins", &[("enforce", PinMode::Enforce), ("warn", PinMode::Warn)], complaints) {
        policy.pins = placed(fields, "pins", word, complaints);
    }
}

fn budgets(node: &Node, policy: &mut Policy, judging: &JudgingSettings, complaints: &mut Complaints) {
    let Some(fields) = Fields::of(node, "the policy: \"budgets\"", None, complaints) else { return };
    fields.refuse_unknown(BUDGET_KEYS, complaints);
    policy.time = fields.seconds("seconds", complaints).map(|time| placed(&fields, "seconds", time, complaints));
    policy.tokens =
        count(&fields, "tokens", POLICY_COUNT_MAX, complaints).map(|tokens| placed(&fields, "tokens", tokens, complaints));
    let mut dollars = |key| fields.number(key, &(0.0..=1.0e9), "a number of US dollars from 0 to 1000000000", complaints);
    let usd = dollars("usd");
    let prices = (dollars("usd_per_million_tokens_in"), dollars("usd_per_million_tokens_out"));
    let Some(usd) = usd else { return };
    let prices = match prices {
        (Some(arguments), Some(results)) => Ok((arguments, results)),
        (None, None) => prices_of_model(judging),
        (Some(_), None) | (None, Some(_)) => Err("\"usd\" needs both prices of tokens, or none".to_owned()),
    };
    match prices {
        Ok((usd_per_million_tokens_in, usd_per_million_tokens_out)) => {
            let budget = CostBudget { usd, usd_per_million_tokens_in, usd_per_million_tokens_out };
            policy.cost = Some(placed(&fields, "usd", budget, complaints));
        }
        Err(why) => complaints.error(
            fields.get("usd").map_or(node.line, |member| member.line),
            format!("the policy: \"budgets\": {why}"),
            "add \"usd_per_million_tokens_in\" and \"usd_per_million_tokens_out\", or a \"model\" with a price to \"studio\"",
        ),
    }
}

/// What a million tokens of arguments and of results cost in the context of the session's model, which writes the ones and
/// reads the others. Without a known price there is no budget rather than a guess.
fn prices_of_model(judging: &JudgingSettings) -> Result<(f64, f64), String> {
    let model = judging.model.as_deref().ok_or("\"usd\" needs what tokens cost, and no model is named")?;
    let price = judging.prices.of(model).ok_or_else(|| format!("\"usd\": there is no known price of the model \"{model}\""))?;
    Ok((price.output, price.input))
}

/// Of what is written, and of prices that come from elsewhere.
fn hash(node: &Node, policy: &Policy) -> Arc<str> {
    let written = content_hash(&node.to_json());
    match &policy.cost {
        None => written.into(),
        Some(Placed { value: CostBudget { usd_per_million_tokens_in, usd_per_million_tokens_out, .. }, .. }) => {
            text_hash(&format!("{written} {usd_per_million_tokens_in} {usd_per_million_tokens_out}")).into()
        }
    }
}

fn rates(fields: &Fields<'_>, complaints: &mut Complaints) -> Vec<Rate> {
    let mut rates = Vec::new();
    for (index, node) in rules::list(fields, "rates", complaints).iter().enumerate() {
        let owner = format!("the policy: \"rates[{index}]\"");
        let Some(rate) = Fields::of(node, owner.clone(), None, complaints) else { continue };
        rate.refuse_unknown(RATE_KEYS, complaints);
        let tools = rate.text("tools", complaints).and_then(|text| rules::pattern(&owner, text, complaints));
        let parts = (tools, count(&rate, "calls", RATE_CALLS_MAX, complaints), rate.seconds("seconds", complaints));
        let (Some(tools), Some(calls), Some(period)) = parts else {
            let missing = RATE_KEYS.known.iter().any(|key| rate.get(key).is_none());
            if missing {
                complaints.error(node.line, format!("{owner} needs \"tools\", \"calls\" and \"seconds\""), "");
            }
            continue;
        };
        rates.push(Rate { tools, calls, period, place: Some(complaints.place(node.line)) });
    }
    rates
}

/// A whole number from 0 to `most`.
fn count(fields: &Fields<'_>, key: &str, most: f64, complaints: &mut Complaints) -> Option<u64> {
    let expected = format!("a whole number from 0 to {most}");
    let number = fields.number(key, &(0.0..=most), &expected, complaints)?;
    if number.fract() != 0.0 {
        let line = fields.get(key).map_or(0, |member| member.line);
        complaints.error(line, format!("{}: \"{key}\" must be {expected}, but is {number}", fields.owner()), "");
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number within the range above")]
    Some(number as u64)
}

/// One of some words.
fn word<T: Copy>(fields: &Fields<'_>, key: &str, words: &[(&str, T)], complaints: &mut Complaints) -> Option<T> {
    let (typed, line) = fields.text(key, complaints)?;
    if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == typed) {
        return Some(*meaning);
    }
    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let hint = format!("use one of {}", known.join(", "));
    complaints.error(line, format!("{}: unknown \"{key}\" \"{typed}\"", fields.owner()), hint);
    None
}

fn placed<T>(fields: &Fields<'_>, key: &str, value: T, complaints: &Complaints) -> Placed<T> {
    Placed { value, place: fields.get(key).map(|member| complaints.place(member.line)) }
}
