//! Tables of calls and what is decided about them.

use serde_json::json;

use super::*;
use crate::guards::labels::traits;
use crate::types::{Condition, CostBudget, Glob, Labelled, Placed, Rate, Rule, ServerName, Test, ToolAnnotations, ToolPattern};

const READS: ToolAnnotations = ToolAnnotations { read_only: Some(true), destructive: None, idempotent: None, open_world: None };
const LOCAL: ToolAnnotations = ToolAnnotations { open_world: Some(false), ..READS };
const ADDS: ToolAnnotations = ToolAnnotations { read_only: Some(false), destructive: Some(false), ..SILENT };
const SILENT: ToolAnnotations = ToolAnnotations { read_only: None, destructive: None, idempotent: None, open_world: None };

#[expect(clippy::unnecessary_wraps, reason = "rules hold an optional place")]
fn place(line: u32) -> Option<Place> {
    Some(Place { file: "policy.json".into(), line })
}

fn placed<T>(value: T) -> Placed<T> {
    Placed { value, place: place(9) }
}

fn rule(effect: Effect, tools: &str, conditions: Vec<Condition>) -> Rule {
    let name = RuleRef { id: format!("{}:{tools}", effect.word()).into(), place: place(3), why: "as written".into() };
    Rule { effect, name, tools: ToolPattern::parse(tools).unwrap(), conditions }
}

fn rules(rules: &[(Effect, &str)]) -> Policy {
    Policy { rules: rules.iter().map(|(effect, tools)| rule(*effect, tools, Vec::new())).collect(), ..Policy::default() }
}

fn ruling(policy: &Policy, tool: &str, hints: ToolAnnotations, facts: &Facts<'_>) -> Ruling {
    let id = ToolId::new(ServerName::new("git").unwrap(), tool);
    decide(&id, &json!({}), &traits(&id, hints, policy), policy, facts)
}

const NOTHING: Facts<'static> = Facts {
    used: Used { steps: 0, time: Duration::ZERO, tokens_in: 0, tokens_out: 0, rates: &[] },
    flow: None,
    approved: Approved::No,
};

fn decided(policy: &Policy, tool: &str, hints: ToolAnnotations) -> (Effect, String) {
    let ruling = ruling(policy, tool, hints, &NOTHING);
    (ruling.effect, ruling.rule.id.to_string())
}

#[test]
fn deny_comes_before_ask_and_ask_before_allow_whatever_the_order() {
    let (allow, ask, deny) = ((Effect::Allow, "git__*"), (Effect::Ask, "git__push*"), (Effect::Deny, "*__push_force"));
    for order in [[allow, ask, deny], [deny, ask, allow], [ask, deny, allow]] {
        let policy = rules(&order);
        assert_eq!(decided(&policy, "status", SILENT), (Effect::Allow, "allow:git__*".to_owned()));
        assert_eq!(decided(&policy, "push", READS), (Effect::Ask, "ask:git__push*".to_owned()));
        assert_eq!(decided(&policy, "push_force", READS), (Effect::Deny, "deny:*__push_force".to_owned()));
    }
}

#[test]
fn by_default_reads_go_and_what_may_destroy_asks() {
    let policy = Policy::default();
    for (hints, effect, why) in [
        (READS, Effect::Allow, "it only reads: readOnlyHint is true"),
        (ADDS, Effect::Allow, "it destroys nothing: destructiveHint is false"),
        (SILENT, Effect::Ask, "it may destroy something: readOnlyHint and destructiveHint are missing"),
        (ToolAnnotations { destructive: Some(true), ..READS }, Effect::Ask, "it may destroy something: destructiveHint is true"),
    ] {
        let rule = RuleRef { id: "default".into(), place: None, why: why.into() };
        assert_eq!(ruling(&policy, "t", hints, &NOTHING), Ruling { effect, rule, also: Vec::new() });
    }
}

#[test]
fn what_no_rule_matches_is_left_to_the_default() {
    for (default, effect) in [(Fallback::Allow, Effect::Allow), (Fallback::Ask, Effect::Ask), (Fallback::Deny, Effect::Deny)] {
        let policy = Policy { default: placed(default), ..rules(&[(Effect::Allow, "git__status")]) };
        assert_eq!(decided(&policy, "status", SILENT).0, Effect::Allow);
        for near in ["statuss", "Status", "st\u{430}tus", "status\u{200b}"] {
            assert_eq!(decided(&policy, near, READS), (effect, "default".to_owned()), "{near}");
        }
    }
}

#[test]
fn a_condition_narrows_its_rule() {
    let condition = Condition { path: vec!["path".to_owned()], test: Test::Glob(Glob::new("/etc/*")) };
    let policy = Policy { rules: vec![rule(Effect::Deny, "git__read", vec![condition])], ..Policy::default() };
    let id = ToolId::new(ServerName::new("git").unwrap(), "read");
    let traits = traits(&id, READS, &policy);
    for (arguments, effect) in
        [(json!({}), Effect::Allow), (json!({"path": "/tmp"}), Effect::Allow), (json!({"path": "/etc/x"}), Effect::Deny)]
    {
        assert_eq!(decide(&id, &arguments, &traits, &policy, &NOTHING).effect, effect, "{arguments}");
    }
}

#[test]
fn modes_forbid_over_every_allow_rule() {
    let allow = || rules(&[(Effect::Allow, "*")]);
    let read_only = Policy { read_only: placed(true), ..allow() };
    assert_eq!(decided(&read_only, "t", READS).0, Effect::Allow);
    assert_eq!(decided(&read_only, "t", ADDS), (Effect::Deny, "read_only".to_owned()));
    assert_eq!(
        ruling(&read_only, "t", SILENT, &NOTHING).rule,
        RuleRef {
            id: "read_only".into(),
            place: place(9),
            why: "only reads are allowed, and this may write: readOnlyHint and destructiveHint are missing".into()
        }
    );
    let no_network = Policy { no_network: placed(true), ..allow() };
    assert_eq!(decided(&no_network, "t", LOCAL).0, Effect::Allow);
    assert_eq!(decided(&no_network, "t", READS), (Effect::Deny, "no_network".to_owned()));
    let why = ruling(&no_network, "t", READS, &NOTHING).rule.why;
    assert_eq!(&*why, "no network is allowed, and this is open world: openWorldHint is missing");
    let labelled = |labels: &[Label]| Policy {
        labels: vec![Labelled { tools: ToolPattern::parse("*").unwrap(), labels: labels.to_vec(), why: "labelled".into() }],
        no_network: placed(true),
        ..allow()
    };
    assert_eq!(decided(&labelled(&[Label::Local]), "t", READS).0, Effect::Allow);
    assert_eq!(decided(&labelled(&[Label::OpenWorld]), "t", LOCAL).0, Effect::Deny);
}

#[test]
fn limits_are_reached_exactly() {
    let cost = CostBudget { usd: 0.5, usd_per_million_tokens_in: 1.0, usd_per_million_tokens_out: 4.0 };
    let rate = |tools: &str| Rate {
        tools: ToolPattern::parse(tools).unwrap(),
        calls: 2,
        period: Duration::from_secs(60),
        place: place(7),
    };
    let policy = Policy {
        max_steps: Some(placed(5)),
        time: Some(placed(Duration::from_secs(2))),
        tokens: Some(placed(300_000)),
        cost: Some(placed(cost)),
        rates: vec![rate("other__*"), rate("git__*")],
        ..rules(&[(Effect::Allow, "*")])
    };
    let used = Used { steps: 4, time: Duration::from_millis(1_999), tokens_in: 100_000, tokens_out: 99_999, rates: &[9, 1] };
    let of = |used: Used<'_>| {
        let ruling = ruling(&policy, "t", READS, &Facts { used, ..NOTHING });
        (ruling.effect, ruling.rule.id.to_string(), ruling.rule.why.to_string())
    };
    let denied = |id: &str, why: &str| (Effect::Deny, id.to_owned(), why.to_owned());
    assert_eq!(of(used).0, Effect::Allow);
    assert_eq!(of(Used { steps: 5, ..used }), denied("max_steps", "5 of 5 steps are used"));
    let late = Used { time: Duration::from_secs(2), ..used };
    assert_eq!(of(late), denied("budgets.seconds", "2.000 s of 2 s of calls are used"));
    let many = Used { tokens_in: 200_001, ..used };
    assert_eq!(of(many), denied("budgets.tokens", "300000 of 300000 tokens are used"));
    assert_eq!(of(Used { tokens_out: 100_000, ..used }), denied("budgets.usd", "$0.5000 of $0.5 are used"));
    assert_eq!(of(Used { rates: &[9, 2], ..used }), denied("rates[1]", "2 calls within 60 s are used"));
}

#[test]
fn a_flow_asks_over_an_allow_rule_and_never_softens_a_denial() {
    let flowing = Facts { flow: Some("it holds text of step 1"), ..NOTHING };
    let allowed = rules(&[(Effect::Allow, "*")]);
    let asks = ruling(&allowed, "t", READS, &flowing);
    assert_eq!((asks.effect, &*asks.rule.id, &*asks.rule.why), (Effect::Ask, "flows", "it holds text of step 1"));
    let both = ruling(&Policy::default(), "t", SILENT, &flowing);
    assert_eq!((both.effect, &*both.rule.id, &*both.also[0].id), (Effect::Ask, "default", "flows"));
    let closed = Policy { default: placed(Fallback::Deny), ..Policy::default() };
    let everything: [Arc<str>; 2] = [FLOWS.into(), "default".into()];
    assert_eq!(ruling(&closed, "t", READS, &Facts { approved: Approved::Rules(&everything), ..flowing }).effect, Effect::Deny);
}

#[test]
fn an_approval_counts_for_the_rule_that_asked_and_no_other() {
    let flow = Facts { flow: Some("x"), ..NOTHING };
    let policy = rules(&[(Effect::Ask, "git__push"), (Effect::Deny, "git__force")]);
    let (ask, flows): ([Arc<str>; 1], [Arc<str>; 1]) = (["ask:git__push".into()], [FLOWS.into()]);
    let of = |tool: &str, approved| {
        let ruling = ruling(&policy, tool, READS, &Facts { approved, ..flow });
        (ruling.effect, ruling.rule.id.to_string())
    };
    assert_eq!(of("push", Approved::Rules(&ask)), (Effect::Ask, "flows".to_owned()));
    assert_eq!(of("push", Approved::Rules(&flows)), (Effect::Ask, "ask:git__push".to_owned()));
    let both: Vec<Arc<str>> = ask.iter().chain(&flows).cloned().collect();
    assert_eq!(of("push", Approved::Rules(&both)), (Effect::Allow, "ask:git__push".to_owned()));
    assert_eq!(of("force", Approved::Rules(&both)).0, Effect::Deny);
}
