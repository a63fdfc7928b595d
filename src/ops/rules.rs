//! What is in force, as plain values for people: rules, limits and what is used of them, what each tool is, guardrails.

use serde::Serialize;
use serde_json::{Map, Value};

use super::studio::Studio;
use crate::guards::guardrails::ProviderView;
use crate::guards::labels::traits;
use crate::guards::policy::{Limit, rule_words};
use crate::types::{Effect, Fallback, Flows, GuardrailMode, LabelNote, PinMode, Place, Placed, Policy, RuleRef, RunId, ToolId};

/// Everything that guards calls.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PolicyView {
    /// Rules and modes, in the order in which they are asked.
    pub rules: Vec<PolicyRow>,
    /// Limits with what is used of them, in the order in which they are looked at.
    pub limits: Vec<Limit>,
    /// Every known tool: what it is, and what is said of a call with no arguments that comes first in its run.
    pub tools: Vec<ToolRow>,
    /// What follows from the signals of guardrails.
    pub mode: GuardrailMode,
    /// The guardrails.
    pub providers: Vec<ProviderView>,
    /// Hash of everything that guards calls, as sessions record it.
    pub rules_hash: String,
}

/// One rule, or one mode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyRow {
    /// As in records: `deny[0]`, the `id` of a rule, `read_only`, `default`.
    pub id: String,
    /// `deny`, `ask`, `allow`, or the value of a mode: `on`, `off`, `enforce`.
    pub says: &'static str,
    /// Of what: `files__* where path fits "/etc/*"`; for a mode, what it means.
    pub of: String,
    /// Its author's reason; empty for a mode.
    pub why: String,
    /// Where it stands; absent for what is built in.
    pub place: Option<Place>,
}

/// What a known tool is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToolRow {
    /// The tool.
    pub tool: ToolId,
    /// Allow, ask or deny.
    pub decision: Effect,
    /// The rule that decides.
    pub rule: RuleRef,
    /// Its labels, each with the reason.
    pub labels: Vec<LabelNote>,
}

impl Studio {
    /// What is in force, and what `run` has used of it; what the session has used outside of runs where there is none.
    /// Asks no server. Some milliseconds for thousands of tools: not for each frame.
    pub fn policy_view(&self, run: Option<RunId>) -> PolicyView {
        let rails = self.calls().guardrails();
        PolicyView {
            rules: rows(&self.settings().policy),
            limits: self.calls().limits(run),
            tools: self.tool_rows(),
            mode: rails.mode(),
            providers: rails.providers(),
            rules_hash: rails.rules_hash().to_owned(),
        }
    }

    fn tool_rows(&self) -> Vec<ToolRow> {
        let offers = self.offers();
        let mut servers: Vec<_> = offers.iter().collect();
        servers.sort_by_key(|(name, _)| *name);
        let nothing = Value::Object(Map::new());
        let tools = servers.into_iter().flat_map(|(_, offer)| offer.tools.iter());
        let row = |tool: &crate::types::ToolSpec| {
            let ruling = self.ruling(&tool.id, tool.annotations, &nothing, 0);
            let labels = traits(&tool.id, tool.annotations, &self.settings().policy).notes;
            ToolRow { tool: tool.id.clone(), decision: ruling.effect, rule: ruling.rule, labels }
        };
        tools.map(|tool| row(tool)).collect()
    }
}

fn rows(policy: &Policy) -> Vec<PolicyRow> {
    let rules = |effect: Effect| policy.rules.iter().filter(move |rule| rule.effect == effect);
    let row = |rule: &crate::types::Rule| PolicyRow {
        id: rule.name.id.to_string(),
        says: rule.effect.word(),
        of: rule_words(rule),
        why: rule.name.why.to_string(),
        place: rule.name.place.clone(),
    };
    let mut rows: Vec<PolicyRow> = rules(Effect::Deny).map(row).collect();
    rows.push(switch("read_only", &policy.read_only, "only tools that read may be called"));
    rows.push(switch("no_network", &policy.no_network, "no tool that is open world may be called"));
    rows.extend(rules(Effect::Ask).map(row));
    rows.extend(rules(Effect::Allow).map(row));
    rows.push(fallback(&policy.default));
    rows.push(flows(&policy.flows));
    rows.push(pins(&policy.pins));
    rows.push(switch("dry_run", &policy.dry_run, "everything but the call itself"));
    rows
}

fn switch(id: &str, switch: &Placed<bool>, of: &str) -> PolicyRow {
    mode(id, if switch.value { "on" } else { "off" }, of, switch.place.as_ref())
}

fn fallback(default: &Placed<Fallback>) -> PolicyRow {
    let (says, of) = match default.value {
        Fallback::AskWrites => ("ask_writes", "no rule matches: what may destroy something asks, all else is allowed"),
        Fallback::Allow => ("allow", "no rule matches"),
        Fallback::Ask => ("ask", "no rule matches"),
        Fallback::Deny => ("deny", "no rule matches"),
    };
    mode("default", says, of, default.place.as_ref())
}

fn flows(flows: &Placed<Flows>) -> PolicyRow {
    let (says, of) = match flows.value {
        Flows::Content => ("content", "a sink asks when its arguments hold private or untrusted text that was read"),
        Flows::Any => ("any", "a sink asks once anything private or untrusted was read"),
        Flows::Off => ("off", "data is not followed"),
    };
    mode("flows", says, of, flows.place.as_ref())
}

fn pins(pins: &Placed<PinMode>) -> PolicyRow {
    let (says, of) = match pins.value {
        PinMode::Enforce => ("enforce", "a tool whose definition has changed cannot be called until that is approved"),
        PinMode::Warn => ("warn", "a tool whose definition has changed can be called, with a warning"),
    };
    mode("pins", says, of, pins.place.as_ref())
}

fn mode(id: &str, says: &'static str, of: &str, place: Option<&Place>) -> PolicyRow {
    PolicyRow { id: id.to_owned(), says, of: of.to_owned(), why: String::new(), place: place.cloned() }
}
