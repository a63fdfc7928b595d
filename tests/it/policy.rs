//! Tests of the guards on the one path of a tool call, against a real server.

use std::sync::Arc;
use std::time::Duration;

use mcp_studio::calls::{Answer, Answering, CallReply, CallRequest, Question, Reach};
use mcp_studio::config::{JudgingSettings, Location, load};
use mcp_studio::journal::StepState;
use mcp_studio::types::{
    Caller, Decision, ExternalProvider, ExternalReach, Failure, FailureKind, GuardrailMode, GuardrailSettings, Label, Place,
    Policy, RuleRef, RunId, Stage, StepNumber, ToolId,
};
use serde_json::{Value, json};

use crate::calls::{Desk, request};
use crate::catalog::{Project, listed};
use crate::connections::bench::name;

pub(crate) fn tools() -> Value {
    let reads = json!({"readOnlyHint": true, "openWorldHint": false});
    let path = json!({"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]});
    json!([
        {"name": "read", "annotations": reads, "inputSchema": path},
        {"name": "look", "annotations": reads},
        {"name": "browse", "annotations": {"readOnlyHint": true}},
        {"name": "write"},
        {"name": "post", "annotations": {"destructiveHint": false, "openWorldHint": true}},
        {"name": "seen", "annotations": reads},
        {"name": "hold", "annotations": reads}
    ])
}

/// The policy that a person would write as `text`.
pub(crate) fn policy(text: &Value) -> Policy {
    Policy::clone(&read(&json!({"studio": {"policy": text}}).to_string()).unwrap())
}

fn read(config: &str) -> Result<Arc<Policy>, Failure> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mcp_config.json"), config).unwrap();
    Ok(load(&Location::default(), folder.path(), &|_| None)?.settings.policy)
}

pub(crate) fn desk(text: &Value) -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let server = listed(folder.path(), "s", &tools());
    Desk::of(Project::under(policy(text), folder, vec![server]))
}

fn by_run(tool: &str, arguments: Value, run: u64) -> CallRequest {
    CallRequest { caller: Caller::Script(RunId(run)), ..request(tool, Some(arguments)) }
}

pub(crate) fn decided(reply: &CallReply) -> (Decision, String) {
    let record = reply.record.as_ref().unwrap();
    (record.decision, record.rule.as_ref().map_or(String::new(), |rule| rule.id.to_string()))
}

fn why(reply: &CallReply) -> String {
    reply.record.as_ref().unwrap().rule.as_ref().unwrap().why.to_string()
}

/// Waits for the first open question.
pub(crate) async fn question(desk: &Desk) -> Question {
    let mut seen = desk.project.pulse.revision();
    loop {
        if let Some(question) = desk.calls.approvals().questions().into_iter().next() {
            return question;
        }
        seen = desk.project.pulse.changed_since(seen).await;
    }
}

/// Makes a call that asks, and answers it.
async fn answered(desk: &Desk, request: CallRequest, answer: Answer) -> CallReply {
    let (reply, ()) = tokio::join!(desk.calls.call(request), async {
        let question = question(desk).await;
        desk.calls.approvals().answer(question.id, answer).unwrap();
    });
    reply
}

#[tokio::test]
async fn rules_decide_and_say_where_they_stand() {
    let desk = desk(&json!({
        "deny": [{"tools": "s__read", "arguments": {"path": {"glob": "/etc/*"}}, "why": "system files", "id": "system"}],
        "allow": ["s__write"],
        "read_only": false
    }));
    let reply = desk.call("s__read", json!({"path": "/etc/passwd"})).await;
    let failure = reply.outcome.clone().unwrap_err();
    assert_eq!(failure.kind, FailureKind::PolicyDenied);
    assert_eq!(failure.message, "s__read is denied by the policy: system files");
    let place = Place { file: "mcp_config.json".into(), line: 1 };
    let rule = RuleRef { id: "system".into(), place: Some(place), why: "system files".into() };
    assert_eq!((reply.record.as_ref().unwrap().rule.clone(), decided(&reply).0), (Some(rule), Decision::DeniedPolicy));
    assert!(!desk.project.contacted() || desk.seen("calls").await == json!(1), "a denied call is not sent");
    assert_eq!(decided(&desk.call("s__read", json!({"path": "a"})).await), (Decision::Ok, "default".to_owned()));
    assert_eq!(decided(&desk.call("s__read", json!({})).await).0, Decision::DeniedSchema);
    assert_eq!(decided(&desk.call("s__write", json!({})).await), (Decision::Ok, "allow[0]".to_owned()));
    desk.close().await;
}

#[tokio::test]
async fn a_server_that_the_policy_denies_is_not_even_started() {
    let desk = desk(&json!({"deny": ["s__*"]}));
    desk.project.catalog.fresh(&name("s")).await.unwrap();
    desk.project.connections.shutdown().await;
    let folder = desk.project.folder;
    let server = listed(folder.path(), "s", &tools());
    let desk = Desk::of(Project::under(policy(&json!({"deny": ["s__*"]})), folder, vec![server]));
    assert_eq!(decided(&desk.call("s__look", json!({})).await), (Decision::DeniedPolicy, "deny[0]".to_owned()));
    assert!(!desk.project.contacted());
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_200_calls_at_once_exactly_max_steps_are_made() {
    let desk = desk(&json!({"max_steps": 5}));
    let replies =
        futures::future::join_all((0..200).map(|number| desk.calls.call(by_run("s__look", json!({"n": number}), 1)))).await;
    let count = |decision| replies.iter().filter(|reply| decided(reply).0 == decision).count();
    assert_eq!((count(Decision::Ok), count(Decision::DeniedPolicy)), (5, 195));
    assert_eq!(desk.calls.call(by_run("s__look", json!({}), 2)).await.record.unwrap().decision, Decision::Ok, "another run");
    assert_eq!(desk.seen("calls").await, json!(7));
    desk.close().await;
}

#[tokio::test]
async fn modes_forbid_what_the_server_does_not_vouch_for() {
    let offline = desk(&json!({"no_network": true, "default": "allow"}));
    assert_eq!(decided(&offline.call("s__look", json!({})).await).0, Decision::Ok);
    assert_eq!(decided(&offline.call("s__browse", json!({})).await), (Decision::DeniedPolicy, "no_network".to_owned()));
    offline.close().await;
    let reading = desk(&json!({"read_only": true, "default": "allow", "labels": {"s__look": ["destructive"]}}));
    for (tool, decision) in
        [("s__browse", Decision::Ok), ("s__look", Decision::DeniedPolicy), ("s__post", Decision::DeniedPolicy)]
    {
        assert_eq!(decided(&reading.call(tool, json!({})).await).0, decision, "{tool}");
    }
    reading.close().await;
}

#[tokio::test]
async fn a_dry_run_does_everything_but_the_call() {
    let desk = desk(&json!({"dry_run": true}));
    let reply = desk.call("s__write", json!({"n": 1})).await;
    let value = json!({"dry_run": true, "tool": "s__write", "arguments": {"n": 1}});
    assert_eq!((reply.outcome.as_ref().unwrap().value.clone(), decided(&reply).0), (value, Decision::DryRun));
    assert_eq!(why(&reply), "it may destroy something: readOnlyHint and destructiveHint are missing; would have asked");
    assert_eq!(decided(&desk.call("s__read", json!({})).await).0, Decision::DeniedSchema);
    desk.close().await;
}

#[tokio::test]
async fn without_a_person_what_asks_is_refused_and_can_be_approved_beforehand() {
    let desk = desk(&json!({}));
    let reply = desk.call("s__write", json!({})).await;
    assert_eq!(decided(&reply), (Decision::DeniedUser, "default".to_owned()));
    let failure = reply.outcome.unwrap_err();
    assert_eq!(failure.message, "s__write needs a person's approval, and nobody is here to ask");
    let reason = "default: it may destroy something: readOnlyHint and destructiveHint are missing";
    assert_eq!(failure.notes, [("ask".to_owned(), reason.to_owned())]);
    let hint = "run it in the workbench, pass --approve, or add \"s__write\" to \"allow\" of the policy";
    assert_eq!(failure.hint.as_deref(), Some(hint));
    desk.calls.approvals().answered_by(Answering::Approved);
    let reply = desk.call("s__write", json!({})).await;
    assert_eq!(decided(&reply).0, Decision::Ok);
    assert!(why(&reply).ends_with("; approved by --approve"));
    desk.close().await;
}

#[tokio::test]
async fn a_waiting_question_holds_up_no_other_call_and_goes_with_its_caller() {
    let desk = desk(&json!({}));
    desk.calls.approvals().answered_by(Answering::Person);
    let asking = by_run("s__write", json!({"n": 1}), 7);
    let cancel = asking.cancel.clone();
    let (reply, ()) = tokio::join!(desk.calls.call(asking), async {
        let question = question(&desk).await;
        assert_eq!((&*question.arguments, question.caller, question.line), (&json!({"n": 1}), Caller::Script(RunId(7)), Some(7)));
        assert_eq!((question.step, &question.tool.id), (StepNumber(1), &ToolId::parse("s__write").unwrap()));
        assert_eq!(decided(&desk.call("s__look", json!({})).await).0, Decision::Ok);
        cancel.cancel();
    });
    assert_eq!(decided(&reply).0, Decision::Cancelled);
    assert!(desk.calls.approvals().questions().is_empty());
    tokio::select! {
        _ = desk.call("s__write", json!({})) => panic!("nobody answers"),
        _ = question(&desk) => {}
    }
    assert!(desk.calls.approvals().questions().is_empty(), "a dropped call takes its question along");
    assert!(
        matches!(desk.board.step(StepNumber(3)).unwrap().state, StepState::Done(record) if record.decision == Decision::Cancelled)
    );
    desk.close().await;
}

#[tokio::test]
async fn answers_hold_as_far_as_they_say() {
    let desk = desk(&json!({}));
    desk.calls.approvals().answered_by(Answering::Person);
    let write = |n: u64, run: u64| by_run("s__write", json!({"n": n}), run);
    assert_eq!(decided(&answered(&desk, write(1, 1), Answer::Once).await).0, Decision::Ok);
    let denied = answered(&desk, write(1, 1), Answer::Deny).await;
    assert_eq!(decided(&denied).0, Decision::DeniedUser);
    assert_eq!(denied.outcome.unwrap_err().message, "s__write was denied by a person");
    assert_eq!(decided(&answered(&desk, write(1, 1), Answer::ThisRun(Reach::TheseArguments)).await).0, Decision::Ok);
    assert_eq!(decided(&desk.calls.call(write(1, 1)).await).0, Decision::Ok, "the same again");
    assert_eq!(decided(&answered(&desk, write(2, 1), Answer::ThisRun(Reach::AnyArguments)).await).0, Decision::Ok);
    assert_eq!(decided(&desk.calls.call(write(3, 1)).await).0, Decision::Ok);
    assert_eq!(decided(&answered(&desk, write(1, 2), Answer::Deny).await).0, Decision::DeniedUser, "another run asks");
    let edited = answered(&desk, write(1, 2), Answer::Edited(json!({"n": 99}))).await;
    assert_eq!(edited.outcome.as_ref().unwrap().value, json!({"n": 99}));
    assert_eq!(edited.record.unwrap().bytes_in, 8);
    desk.close().await;
}

#[tokio::test]
async fn what_is_approved_for_always_is_exactly_that_also_tomorrow() {
    let desk = desk(&json!({}));
    desk.calls.approvals().answered_by(Answering::Person);
    let secret = json!({"token": "tell-nobody"});
    assert_eq!(
        decided(&answered(&desk, request("s__write", Some(secret.clone())), Answer::Always(Reach::TheseArguments)).await).0,
        Decision::Ok
    );
    let file = desk.project.folder.path().join("state/approvals.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let kept: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (kept[0]["tool"].clone(), kept[0]["rule"].clone(), text.contains("tell-nobody")),
        (json!("s__write"), json!("default"), false)
    );
    desk.project.connections.shutdown().await;
    let folder = desk.project.folder;
    let server = listed(folder.path(), "s", &tools());
    let desk = Desk::of(Project::under(policy(&json!({})), folder, vec![server]));
    let again = desk.call("s__write", secret).await;
    assert_eq!(decided(&again).0, Decision::Ok);
    assert!(why(&again).ends_with("; approved for always before"));
    assert_eq!(decided(&desk.call("s__write", json!({"token": "other"})).await).0, Decision::DeniedUser);
    assert_eq!(decided(&desk.call("s__post", json!({})).await).0, Decision::Ok, "a write that destroys nothing");
    desk.close().await;
}

#[tokio::test]
async fn data_of_a_private_source_reaches_a_sink_only_when_a_person_agrees() {
    let desk = desk(&json!({"labels": {"s__look": ["private"]}, "allow": ["s__post"]}));
    let note = "The board meets on Thursday in the blue room.";
    let reply = desk.calls.call(by_run("s__look", json!({"note": note}), 1)).await;
    let labels: Vec<Label> = reply.record.unwrap().labels.iter().map(|note| note.label).collect();
    assert_eq!(labels, [Label::Read, Label::Local, Label::Private]);
    let post = |text: &str, run: u64| by_run("s__post", json!({"text": text}), run);
    assert_eq!(decided(&desk.calls.call(post("Good morning everybody!", 1)).await).0, Decision::Ok);
    let leaking = desk.calls.call(post("btw: the Board meets on thursday in the blue room", 1)).await;
    assert_eq!(decided(&leaking), (Decision::DeniedUser, "flows".to_owned()));
    let expected = "it is a sink (it writes, and openWorldHint is true), and its arguments hold text of step 1 \
                    (s__look, private: labelled in mcp_config.json:1)";
    assert_eq!(why(&leaking), expected);
    assert_eq!(decided(&desk.calls.call(post(note, 2)).await).0, Decision::Ok, "another run has read nothing");
    desk.close().await;
}

#[tokio::test]
async fn an_equal_read_is_answered_by_the_first_where_the_policy_says_so() {
    let desk = desk(&json!({"reuse": ["s__look", "s__write"], "default": "allow"}));
    let look = |n: u64, run: u64| by_run("s__look", json!({"n": n, "m": 1}), run);
    let first = desk.calls.call(look(1, 1)).await;
    let again = desk.calls.call(by_run("s__look", json!({"m": 1, "n": 1}), 1)).await;
    assert_eq!((again.outcome.clone(), decided(&again).0), (first.outcome, Decision::Reused));
    assert_eq!(again.record.as_ref().unwrap().reused_from, Some(StepNumber(1)));
    let totals = desk.board.summary();
    assert_eq!((totals.steps, totals.tokens_in), (2, first.record.unwrap().tokens_in), "reused work costs nothing");
    for other in [look(2, 1), look(1, 2)] {
        assert_eq!(decided(&desk.calls.call(other).await).0, Decision::Ok);
    }
    assert_eq!(decided(&desk.calls.call(by_run("s__write", json!({}), 1)).await).0, Decision::Ok);
    assert_eq!(decided(&desk.calls.call(by_run("s__write", json!({}), 1)).await).0, Decision::Ok, "never a write");
    assert_eq!(decided(&desk.calls.call(look(1, 1)).await).0, Decision::Ok, "a write in between");
    desk.close().await;
}

#[tokio::test]
async fn an_answer_that_is_used_again_uses_up_no_budget() {
    let desk = desk(&json!({"reuse": true, "budgets": {"tokens": 12}}));
    let look = |n: u64| by_run("s__look", json!({"text": "some twenty characters", "n": n}), 1);
    let first = desk.calls.call(look(1)).await.record.unwrap();
    assert_eq!((first.decision, first.tokens_in, first.tokens_out), (Decision::Ok, 10, 10));
    assert_eq!(decided(&desk.calls.call(look(1)).await), (Decision::DeniedPolicy, "budgets.tokens".to_owned()));
    desk.close().await;
    let desk = self::desk(&json!({"reuse": true, "budgets": {"tokens": 40}}));
    assert_eq!(decided(&desk.calls.call(look(1)).await).0, Decision::Ok);
    for _ in 0..20 {
        assert_eq!(decided(&desk.calls.call(look(1)).await).0, Decision::Reused);
    }
    assert_eq!(decided(&desk.calls.call(look(2)).await).0, Decision::Ok, "only what was made counts");
    desk.close().await;
}

#[tokio::test]
async fn encoded_data_of_a_private_source_does_not_reach_a_sink_unasked() {
    let desk = desk(&json!({"labels": {"s__look": ["private"]}, "allow": ["s__post"]}));
    desk.call("s__look", json!({"note": "The board meets on Thursday in the blue room."})).await;
    for sent in
        ["VGhlIGJvYXJkIG1lZXRzIG9uIFRodXJzZGF5IGluIHRoZSBibHVlIHJvb20u", "q=The%20board%20meets%20on%20Thursday%20in%20the"]
    {
        assert_eq!(
            decided(&desk.call("s__post", json!({"text": sent})).await),
            (Decision::DeniedUser, "flows".to_owned()),
            "{sent}"
        );
    }
    let own = json!({"text": "R29vZCBtb3JuaW5nLCBldmVyeWJvZHkh"});
    assert_eq!(decided(&desk.call("s__post", own).await).0, Decision::Ok);
    desk.close().await;
}

#[tokio::test]
async fn a_rate_lets_so_many_calls_through_whoever_makes_them() {
    let desk = desk(&json!({"rates": [{"tools": "s__look", "calls": 2, "seconds": 3600}]}));
    for run in 1..=2 {
        assert_eq!(decided(&desk.calls.call(by_run("s__look", json!({}), run)).await).0, Decision::Ok);
    }
    assert_eq!(decided(&desk.call("s__look", json!({})).await), (Decision::DeniedPolicy, "rates[0]".to_owned()));
    assert_eq!(decided(&desk.call("s__browse", json!({})).await).0, Decision::Ok);
    desk.close().await;
}

/// A project under guardrails in this mode, with one provider outside.
fn guarded(mode: GuardrailMode, command: &[&str]) -> Desk {
    let provider = ExternalProvider {
        reach: ExternalReach::Command {
            command: command[0].to_owned(),
            arguments: command[1..].iter().map(|&argument| argument.to_owned()).collect(),
        },
        stages: vec![Stage::Arguments],
        timeout: Duration::from_secs(60),
        threshold: 0.5,
        gate: true,
        sees_raw: false,
    };
    let external = std::iter::once(("checker".to_owned(), provider)).collect();
    let guardrails = GuardrailSettings { mode, external, ..GuardrailSettings::default() };
    let judging = JudgingSettings { guardrails, ..JudgingSettings::default() };
    let folder = tempfile::tempdir().unwrap();
    let server = listed(folder.path(), "s", &tools());
    Desk::of(Project::configured(policy(&json!({"default": "allow"})), judging, folder, vec![server]))
}

#[tokio::test]
async fn a_provider_that_fails_denies_in_hard_gate_and_is_told_in_mixed() {
    let strict = guarded(GuardrailMode::HardGate, &["sh", "-c", "exit 3"]);
    let reply = strict.call("s__look", json!({})).await;
    assert_eq!(decided(&reply), (Decision::DeniedGuardrail, "guardrails".to_owned()));
    let message = "a guardrail refused the arguments of s__look: provider checker failed: exited with status 3";
    assert_eq!(reply.outcome.unwrap_err().message, message);
    assert!(!strict.project.contacted() || strict.recorded().len() == 1);
    strict.close().await;
    let mixed = guarded(GuardrailMode::Mixed, &["sh", "-c", "exit 3"]);
    let reply = mixed.call("s__look", json!({})).await;
    assert_eq!(decided(&reply).0, Decision::Ok);
    assert_eq!(reply.record.unwrap().warnings, ["guardrail: provider checker failed: exited with status 3"]);
    mixed.close().await;
}

#[tokio::test]
async fn a_provider_outside_judges_what_is_masked_and_its_score_is_recorded() {
    let script = r#"read line; case "$line" in *canary@example.org*) score=1;; *) score=0.4;; esac
                    echo "{\"signals\": [{\"metric\": \"odd\", \"score\": $score}]}""#;
    let desk = guarded(GuardrailMode::HardGate, &["sh", "-c", script]);
    let reply = desk.call("s__look", json!({"text": "x"})).await;
    assert_eq!(decided(&reply).0, Decision::Ok);
    let signals: Vec<(String, f64)> = reply
        .record
        .unwrap()
        .signals
        .iter()
        .map(|signal| (format!("{}.{}", signal.provider, signal.metric), signal.score))
        .collect();
    assert_eq!(signals, [("checker.odd".to_owned(), 0.4)]);
    let record = desk.call("s__look", json!({"to": "canary@example.org"})).await.record.unwrap();
    assert_eq!(record.decision, Decision::DeniedGuardrail, "an address is personal data");
    assert_eq!(record.input.as_ref().unwrap().preview, r#"{"to":"[masked email]"}"#);
    assert!(!std::fs::read_to_string(desk.journal.path()).unwrap().contains("canary"));
    desk.close().await;
}

const PRICES_HINT: &str =
    "add \"usd_per_million_tokens_in\" and \"usd_per_million_tokens_out\", or a \"model\" with a price to \"studio\"";

#[test]
fn a_budget_of_money_has_the_prices_of_the_model_or_is_an_error() {
    let config = |model: &str, input: f64| {
        let prices = json!({"own": {"input_usd_per_million": input, "output_usd_per_million": 8}});
        json!({"studio": {"model": model, "prices": prices, "policy": {"budgets": {"usd": 2}}}}).to_string()
    };
    let of = |policy: &Policy| {
        let budget = policy.cost.clone().unwrap().value;
        (budget.usd, budget.usd_per_million_tokens_in, budget.usd_per_million_tokens_out)
    };
    let own = read(&config("own", 1.5)).unwrap();
    assert_eq!(of(&own), (2.0, 8.0, 1.5), "the model writes arguments and reads results");
    assert_eq!(of(&read(&config("gpt-5", 1.5)).unwrap()), (2.0, 10.0, 1.25), "built in");
    assert_ne!(own.hash, read(&config("own", 1.0)).unwrap().hash, "another price is another rule");
    let failure = read(&config("nobody-knows", 1.0)).unwrap_err();
    assert_eq!(failure.message, "the policy: \"budgets\": \"usd\": there is no known price of the model \"nobody-knows\"");
    assert_eq!(failure.hint.as_deref(), Some(PRICES_HINT));
}

#[tokio::test]
async fn budgets_of_time_tokens_and_money_end_a_run_and_no_other() {
    for (budgets, rule) in [
        (json!({"seconds": 0.001}), "budgets.seconds"),
        (json!({"tokens": 5}), "budgets.tokens"),
        (json!({"usd": 0.000_01, "usd_per_million_tokens_in": 1, "usd_per_million_tokens_out": 2}), "budgets.usd"),
    ] {
        let desk = desk(&json!({"budgets": budgets}));
        let look = |run: u64| by_run("s__look", json!({"text": "some twenty characters"}), run);
        let first = desk.calls.call(look(1)).await;
        assert_eq!(decided(&first).0, Decision::Ok, "nothing was used before it");
        let mut last = decided(&first);
        while last.0 == Decision::Ok {
            last = decided(&desk.calls.call(look(1)).await);
        }
        assert_eq!(last, (Decision::DeniedPolicy, rule.to_owned()));
        assert_eq!(decided(&desk.calls.call(look(2)).await).0, Decision::Ok, "another run");
        desk.close().await;
    }
}

#[test]
fn whatever_is_wrong_with_a_policy_is_an_error_with_its_place() {
    let config = |policy: &str| format!("{{\"studio\": {{\"policy\":\n{policy}\n}}}}");
    for (text, message, hint) in [
        (r#"{"denny": []}"#, "the policy: unknown key \"denny\"", "did you mean \"deny\"?"),
        (r#"{"block_list": []}"#, "the policy: unknown key \"block_list\"", "it is called \"deny\" here"),
        (
            r#"{"deny": ["git"]}"#,
            "the policy: \"deny[0]\": \"git\" names no tools",
            "write server__tool; all tools of a server are git__*",
        ),
        (r#"{"deny": [{"tools": "a__b", "when": 1}]}"#, "the policy: \"deny[0]\": unknown key \"when\"", "did you mean \"why\"?"),
        (r#"{"labels": {"a__b": ["privat"]}}"#, "the policy: \"labels\": unknown label \"privat\"", "did you mean \"private\"?"),
        (r#"{"default": "maybe"}"#, "the policy: unknown \"default\" \"maybe\"", "use one of ask_writes, allow, ask, deny"),
        (
            r#"{"budgets": {"usd": 1}}"#,
            "the policy: \"budgets\": \"usd\" needs what tokens cost, and no model is named",
            PRICES_HINT,
        ),
        (
            r#"{"budgets": {"usd": 1, "usd_per_million_tokens_in": 1}}"#,
            "the policy: \"budgets\": \"usd\" needs both prices of tokens, or none",
            PRICES_HINT,
        ),
        (
            r#"{"deny": [{"tools": "a__b", "arguments": {"p": {"regex": "x"}}}]}"#,
            "the policy: \"deny[0]\": \"arguments\": \"p\": unknown key \"regex\"",
            "it is called \"matches\" here",
        ),
    ] {
        let failure = read(&config(text)).unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Configuration, message), "{text}");
        assert_eq!(failure.hint.as_deref(), Some(hint), "{text}");
        assert_eq!(failure.place, Some(Place { file: "mcp_config.json".into(), line: 2 }), "{text}");
    }
}

#[test]
fn a_policy_may_stand_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mcp_config.json"), r#"{"studio": {"policy": "rules/policy.json"}}"#).unwrap();
    let load = || load(&Location::default(), folder.path(), &|_| None);
    let message = load().unwrap_err().message;
    assert!(message.starts_with("\"studio\": cannot read the policy rules/policy.json: "), "{message}");
    std::fs::create_dir(folder.path().join("rules")).unwrap();
    std::fs::write(folder.path().join("rules/policy.json"), "{\n  \"max_steps\": 5,\n  \"denied\": 1\n}").unwrap();
    let place = |line| Some(Place { file: "rules/policy.json".into(), line });
    assert_eq!(load().unwrap_err().place, place(3));
    std::fs::write(folder.path().join("rules/policy.json"), "{\n  \"max_steps\": 5\n}").unwrap();
    let steps = load().unwrap().settings.policy.max_steps.clone().unwrap();
    assert_eq!((steps.value, steps.place), (5, place(2)));
}
