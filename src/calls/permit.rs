//! The guards before a call: is the tool what it was, do the arguments fit, does the policy allow it, does a person?

use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;

use super::approvals::Question;
use super::step::Step;
use super::{CallRequest, Calls, cancellable};
use crate::guards::Verdict;
use crate::guards::labels::{Traits, traits};
use crate::guards::policy::{Approved, FLOWS, Facts, Ruling, decide};
use crate::types::{Decision, Effect, Failure, FailureKind, PinMode, RuleRef, RunId, ToolSpec};

/// A call that may be made.
#[derive(Debug)]
pub(super) struct Permit {
    /// The tool as its server defines it now.
    pub(super) tool: Arc<ToolSpec>,
    /// What it is.
    pub(super) traits: Traits,
    /// The arguments, as a person may have edited them.
    pub(super) arguments: Value,
    /// The connection that has listed the tool so.
    pub(super) connection: u64,
}

impl Calls {
    /// Takes a call through the guards. A tool that the policy denies has its server not even started.
    pub(super) async fn permit(
        &self,
        tool: Arc<ToolSpec>,
        arguments: Value,
        request: &CallRequest,
        step: &mut Step<'_>,
    ) -> Result<Permit, Failure> {
        let known = self.traits(&tool);
        let scope = request.caller.run();
        let outlook = self.ledger.look(scope, &self.policy, |used| {
            let facts = Facts { used, flow: None, approved: Approved::No };
            decide(&tool.id, &arguments, &known, &self.policy, &facts)
        });
        step.lap(|latency| &mut latency.guard);
        if outlook.effect == Effect::Deny {
            step.labelled(&known);
            return Err(self.denied(&tool, &outlook, scope, step));
        }
        let (tool, connection) = cancellable(&request.cancel, self.as_pinned(tool, request, step)).await?;
        let traits = self.traits(&tool);
        step.labelled(&traits);
        cancellable(&request.cancel, self.known_to_be_harmless(&tool, step)).await?;
        step.lap(|latency| &mut latency.guard);
        let arguments = cancellable(&request.cancel, self.allowed(&tool, &traits, arguments, request, step)).await?;
        Ok(Permit { tool, traits, arguments, connection })
    }

    fn traits(&self, tool: &ToolSpec) -> Traits {
        traits(&tool.id, tool.annotations, &self.policy)
    }

    /// The tool as its server defines it now, compared with its pin, and the connection that says so. A server that was
    /// restarted may be another program: it is listed again before anything of it is called.
    async fn as_pinned(
        &self,
        tool: Arc<ToolSpec>,
        request: &CallRequest,
        step: &mut Step<'_>,
    ) -> Result<(Arc<ToolSpec>, u64), Failure> {
        let peer = self.connections.connect(&tool.id.server, false).await?;
        step.connected(&tool.id.server, &peer);
        let offer = self.catalog.listed_by(&tool.id.server, peer.connection).await?;
        let current = match offer.tools.named(&tool.id.tool) {
            Some(current) => Arc::clone(current),
            None => self.catalog.tool(&request.tool).await?,
        };
        step.lap(|latency| &mut latency.queue);
        let Some(server) = self.settings.servers.get(&tool.id.server) else { return Ok((current, offer.connection)) };
        let checked = self.pins.check(&current, server, &offer, peer.instructions.as_deref());
        step.lap(|latency| &mut latency.guard);
        match (checked, self.policy.pins.value) {
            (Ok(None), _) => {}
            (Ok(Some(unwritten)), _) => self.trouble(&unwritten),
            (Err(failure), PinMode::Warn) => step.warn(&[failure.message]),
            (Err(failure), PinMode::Enforce) => {
                let place = self.policy.pins.place.clone();
                step.ruled(&RuleRef { id: "pins".into(), place, why: failure.message.as_str().into() });
                step.denied(Decision::DeniedPolicy);
                return Err(Failure { kind: FailureKind::PolicyDenied, ..failure });
            }
        }
        Ok((current, offer.connection))
    }

    /// Schema and policy, and a person where the policy asks, until the call may be made with the arguments answered.
    async fn allowed(
        &self,
        tool: &Arc<ToolSpec>,
        traits: &Traits,
        arguments: Value,
        request: &CallRequest,
        step: &mut Step<'_>,
    ) -> Result<Value, Failure> {
        let mut arguments = Arc::new(arguments);
        let mut approved: Vec<Arc<str>> = Vec::new();
        let mut how: Option<&'static str> = None;
        loop {
            self.fitting(tool, &arguments, step)?;
            let ruling = self.ruling(tool, traits, &arguments, request, &approved);
            step.ruled(&with_approval(&ruling.rule, how));
            step.lap(|latency| &mut latency.guard);
            match ruling.effect {
                Effect::Allow => return Ok(Arc::unwrap_or_clone(arguments)),
                Effect::Deny => return Err(self.denied(tool, &ruling, request.caller.run(), step)),
                Effect::Ask => {}
            }
            let rules: Arc<[RuleRef]> = std::iter::once(ruling.rule).chain(ruling.also).collect();
            approved.extend(rules.iter().map(|rule| Arc::clone(&rule.id)));
            if self.policy.dry_run.value {
                how = Some("would have asked");
                continue;
            }
            let question = Question {
                id: 0,
                step: step.number(),
                tool: Arc::clone(tool),
                arguments: Arc::clone(&arguments),
                caller: request.caller,
                line: request.line,
                rules,
                since: Instant::now(),
            };
            let answered = self.approvals.ask(question, request.answering).await;
            step.lap(|latency| &mut latency.queue);
            let yes = answered.inspect_err(|_| step.denied(Decision::DeniedUser))?;
            how = Some(yes.how);
            if let Some(edited) = yes.edited {
                step.sent(&edited);
                arguments = Arc::new(edited);
            }
        }
    }

    /// The schema guard.
    fn fitting(&self, tool: &Arc<ToolSpec>, arguments: &Value, step: &mut Step<'_>) -> Result<(), Failure> {
        let (verdict, warnings) = self.schemas.check_arguments(tool, arguments);
        step.warn(&warnings);
        match verdict {
            Verdict::Allow => Ok(()),
            Verdict::Deny(decision, failure) => {
                step.lap(|latency| &mut latency.guard);
                step.denied(decision);
                Err(failure)
            }
        }
    }

    fn denied(&self, tool: &ToolSpec, ruling: &Ruling, scope: Option<RunId>, step: &mut Step<'_>) -> Failure {
        step.ruled(&ruling.rule);
        step.denied(Decision::DeniedPolicy);
        self.ledger.refused(scope, &ruling.rule, &self.policy);
        let failure =
            Failure::new(FailureKind::PolicyDenied, format!("{} is denied by the policy: {}", tool.id, ruling.rule.why));
        let failure = failure.note("rule", ruling.rule.id.to_string());
        match &ruling.rule.place {
            Some(place) => failure.at(place.clone()),
            None => failure,
        }
    }

    /// The policy guard; a call it allows is counted.
    fn ruling(
        &self,
        tool: &ToolSpec,
        traits: &Traits,
        arguments: &Value,
        request: &CallRequest,
        approved: &[Arc<str>],
    ) -> Ruling {
        let scope = request.caller.run();
        let flow = self.ledger.flow(scope, traits, &self.policy, arguments);
        self.ledger.judge(scope, &tool.id, &self.policy, |used| {
            let facts = Facts { used, flow: flow.as_deref(), approved: Approved::Rules(approved) };
            decide(&tool.id, arguments, traits, &self.policy, &facts)
        })
    }
}

/// A rule as one line: `flows: why (policy.json:3)`.
pub(super) fn told(rule: &RuleRef) -> String {
    let place = rule.place.as_ref().map_or(String::new(), |place| format!(" ({place})"));
    let name = if &*rule.id == FLOWS { "data flow" } else { &*rule.id };
    format!("{name}: {}{place}", rule.why)
}

fn with_approval(rule: &RuleRef, how: Option<&str>) -> RuleRef {
    match how {
        None => rule.clone(),
        Some(how) => RuleRef { why: format!("{}; {how}", rule.why).into(), ..rule.clone() },
    }
}
