//! Policy, pins, approval and guardrails as a person or a program meets them: whole outputs of the built binary, and what
//! its records say.

use std::path::Path;

use mcp_studio::types::StepRecord;
use serde_json::{Value, json};

use crate::catalog::offer_now;
use crate::policy_preflight::recorded;
use crate::support::{Ended, Project};

fn tools() -> Value {
    let reads = json!({"readOnlyHint": true, "openWorldHint": false});
    let path = json!({"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]});
    json!([
        {"name": "read_file", "annotations": reads, "inputSchema": path},
        {"name": "re\u{430}d_file", "annotations": reads},
        {"name": "look", "annotations": reads},
        {"name": "browse", "annotations": {"readOnlyHint": true}},
        {"name": "write"},
        {"name": "judge"},
        {"name": "hold"},
        {"name": "seen", "annotations": reads}
    ])
}

pub(crate) fn listed(tools: &Path) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/listed.py");
    json!({"command": "python3", "args": [script, tools]})
}

/// A project whose server `s` offers [`tools`], with these keys under `studio`.
fn project(studio: &Value) -> Project {
    let project = Project::empty();
    let file = offer_now(&project.folder(), "s", &tools());
    let mut config = json!({"mcpServers": {"s": listed(&file)}, "studio": {"sandbox": "off"}});
    for (key, value) in studio.as_object().into_iter().flatten() {
        config["studio"][key] = value.clone();
    }
    project.write("mcp_config.json", &config.to_string());
    project
}

fn policy(policy: &Value) -> Project {
    project(&json!({"policy": policy}))
}

/// Decisions of the latest session, each with the rule that made it.
fn decisions(project: &Project) -> Vec<(String, String)> {
    let rule = |step: &StepRecord| step.rule.as_ref().map_or(String::new(), |rule| rule.id.to_string());
    recorded(project).1.iter().map(|step| (step.decision.word().to_owned(), rule(step))).collect()
}

fn decided(decision: &str, rule: &str) -> (String, String) {
    (decision.to_owned(), rule.to_owned())
}

const RULES: &str = r#"{
  "deny": [
    { "tools": "s__*", "arguments": { "path": { "glob": "/etc/*" } }, "why": "system files", "id": "system" }
  ],
  "ask": ["s__read_file"],
  "allow": ["s__read_file", "s__browse"]
}"#;

#[test]
fn a_decision_is_explained() {
    let project = project(&json!({"policy": "policy.json"}));
    project.write("policy.json", RULES);
    let told = |arguments: &[&str]| project.run(&[&["policy", "explain"], arguments].concat());
    let denied = "\
s__read_file: deny
  rule: system (at policy.json:3)
  why: system files
  label: read (readOnlyHint is true)
  label: local (openWorldHint is false)
";
    assert_eq!(told(&["s__read_file", "path=/etc/passwd"]), Ended::new(0, denied, ""));
    let asks = "\
s__read_file: ask
  rule: ask[0] (at policy.json:5)
  why: s__read_file asks
  label: read (readOnlyHint is true)
  label: local (openWorldHint is false)
  refused before: arguments of s__read_file do not fit its schema: path is missing, expected string
";
    assert_eq!(told(&["s__read_file"]), Ended::new(0, asks, ""));
    let json = told(&["s__write", "--json"]);
    let explained: Value = serde_json::from_str(&json.stdout).unwrap();
    let why = "it may destroy something: readOnlyHint and destructiveHint are missing";
    assert_eq!(
        (&explained["decision"], &explained["rule"], &explained["dry_run"]),
        (&json!("ask"), &json!({"id": "default", "why": why}), &json!(false))
    );
    let unknown = "[ERROR] server \"s\" offers no tool \"raed_file\"\nhint: did you mean s__read_file?\n";
    assert_eq!(told(&["s__raed_file"]), Ended::new(1, "", unknown));
    assert_eq!(decisions_anywhere(&project), 0, "nothing was called");
}

/// How many journals there are.
fn decisions_anywhere(project: &Project) -> usize {
    std::fs::read_dir(project.path(".mcp-studio/journal")).map_or(0, Iterator::count)
}

/// Precedence, empty arguments, missing schema, names that look like others, hints that narrow and never widen.
const TABLE: &str = r#"[
  {"call": "s__read_file", "arguments": {"path": "/etc/passwd"}, "expect": "deny", "rule": "system"},
  {"call": "s__read_file", "arguments": {"path": "a"}, "expect": "ask", "rule": "ask[0]"},
  {"call": "s__read_file", "expect": "ask", "rule": "ask[0]"},
  {"call": "s__read_file", "arguments": {"path": ["a", "/etc/passwd"]}, "expect": "deny", "rule": "system"},
  {"call": "s__browse", "expect": "allow", "rule": "allow[0]"},
  {"call": "s__brows", "expect": "ask", "rule": "default"},
  {"call": "s__Browse", "expect": "ask", "rule": "default"},
  {"call": "s__br\u043ewse", "expect": "ask", "rule": "default"},
  {"call": "s__browse\u200b", "expect": "ask", "rule": "default"},
  {"call": "t__browse", "expect": "ask", "rule": "default"},
  {"call": "s__new", "annotations": {}, "expect": "ask", "rule": "default"},
  {"call": "s__new", "annotations": {"read_only": true}, "expect": "allow", "rule": "default"},
  {"call": "s__new", "annotations": {"read_only": true, "destructive": true}, "expect": "ask", "rule": "default"},
  {"call": "s__new", "annotations": {"destructive": false}, "expect": "allow", "rule": "default"},
  {"call": "s__wiped", "annotations": {"read_only": true, "destructive": false}, "expect": "ask", "rule": "default"},
  {"call": "s__new", "arguments": {"path": "/etc/x"}, "annotations": {"read_only": true}, "expect": "deny", "rule": "system"},
  {"call": "s__browse", "steps": 9, "expect": "allow", "rule": "allow[0]"},
  {"call": "s__browse", "steps": 10, "expect": "deny", "rule": "max_steps"}
]"#;

#[test]
fn a_table_of_decisions_is_tested_without_a_server() {
    let rules = json!({
        "deny": [{"tools": "s__*", "arguments": {"path": {"glob": "/etc/*"}}, "why": "system files", "id": "system"}],
        "ask": ["s__read_file"], "allow": ["s__browse", "s__read_file"], "labels": {"s__wiped": ["destructive"]}, "max_steps": 10
    });
    let project = policy(&rules);
    project.write("decisions.json", TABLE);
    let tested = project.run(&["policy", "test", "decisions.json"]);
    assert_eq!((tested.code, tested.stderr.as_str()), (Some(0), "[INFO] 18 decisions, 0 not as expected\n"), "{}", tested.stdout);
    assert!(
        tested.stdout.starts_with("ok    s__read_file: deny by system\nok    s__read_file: ask by ask[0]\n"),
        "{}",
        tested.stdout
    );
    project.write(
        "decisions.json",
        r#"[{"call": "s__browse", "expect": "deny"}, {"call": "s__browse", "expect": "allow", "rule": "x"}]"#,
    );
    let wrong = "FAIL  s__browse: allow by allow[0], expected deny\nFAIL  s__browse: allow by allow[0], expected allow\n";
    assert_eq!(
        project.run(&["policy", "test", "decisions.json"]),
        Ended::new(1, wrong, "[INFO] 2 decisions, 2 not as expected\n")
    );
    project.write("decisions.json", r#"[{"call": "s__browse", "expects": "deny"}]"#);
    let broken = project.run(&["policy", "test", "decisions.json"]);
    assert_eq!(broken.code, Some(2));
    assert!(
        broken.stderr.starts_with("[ERROR] decisions.json is no table of expected decisions: unknown field `expects`"),
        "{broken:?}"
    );
    assert!(!project.path(".mcp-studio/catalog").join("s.json").exists(), "no server was asked");
}

#[test]
fn what_is_empty_or_has_no_schema_or_no_such_name_is_refused_before_anything_is_sent() {
    let project = policy(&json!({"default": "allow"}));
    let called = |arguments: &[&str]| {
        let ended = project.run(&[&["call"], arguments].concat());
        (ended.code, ended.stderr.lines().next().unwrap_or_default().to_owned())
    };
    let misfit = "[ERROR] arguments of s__read_file do not fit its schema: path is missing, expected string";
    assert_eq!(called(&["s__read_file"]), (Some(1), misfit.to_owned()));
    assert_eq!(called(&["s__read_file", "{}"]), (Some(1), misfit.to_owned()));
    assert_eq!(decisions(&project), [decided("denied_schema", "")]);
    assert_eq!(called(&["s__look"]), (Some(0), String::new()), "a tool without a schema takes any object");
    let list = "[ERROR] arguments of s__look do not fit its schema: expected object, got array";
    assert_eq!(called(&["s__look", "[]"]), (Some(1), list.to_owned()));
    assert_eq!(called(&["s__loook"]), (Some(1), "[ERROR] server \"s\" offers no tool \"loook\"".to_owned()));
    assert_eq!(called(&["s__LOOK"]), (Some(1), "[ERROR] server \"s\" offers no tool \"LOOK\"".to_owned()));
    let flags = project.run(&["pins"]).stdout;
    assert!(flags.contains("flagged  s__re\u{430}d_file looks like s__read_file, with U+0430\n"), "{flags}");
}

#[test]
fn pins_are_listed_compared_approved_and_forgotten() {
    let project = policy(&json!({"default": "allow"}));
    assert_eq!(project.run(&["call", "s__look"]).code, Some(0));
    let mut changed = tools();
    changed[2]["description"] = json!("Looks\u{202e} away.");
    offer_now(&project.folder(), "s", &changed);
    let difference = "--- pinned\n+++ now\n@@ -3,5 +3,6 @@\n     \"openWorldHint\": false,\n     \"readOnlyHint\": true\n   },\n\
                      +  \"description\": \"Looks<U+202E> away.\",\n   \"name\": \"look\"\n }\n";
    let one = "[INFO] 1 changed; \"mcp-studio pins approve TARGET\" accepts one\n";
    assert_eq!(project.run(&["pins", "diff"]), Ended::new(1, &format!("changed s__look\n{difference}"), one));
    let refused = project.run(&["call", "s__look"]);
    let hint = "see \"mcp-studio pins diff s__look\"; \"mcp-studio pins approve s__look\" accepts it";
    let message = format!("[ERROR] the definition of s__look is not the one it was first used with\nhint: {hint}\n");
    assert_eq!(refused, Ended::new(1, "", &message));
    assert_eq!(decisions(&project), [decided("denied_policy", "pins")]);
    assert_eq!(project.run(&["call", "s__browse"]).code, Some(0), "others go on");
    assert_eq!(project.run(&["pins", "approve"]).code, Some(2));
    assert_eq!(project.run(&["pins", "approve", "s__look"]), Ended::new(0, &format!("approved s__look\n{difference}"), ""));
    assert_eq!(project.run(&["call", "s__look"]).code, Some(0));
    let listed = project.run(&["pins", "list", "s__look", "--json"]);
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    let row = &listed["rows"][0];
    assert_eq!((&row["standing"], row["pinned"] == row["now"], &row["difference"]), (&json!("same"), true, &json!("")));
    let unknown = Ended::new(2, "", "[ERROR] \"s__none\" names nothing that is pinned\n");
    assert_eq!(project.run(&["pins", "forget", "s__look", "s__none"]), unknown);
    assert!(project.run(&["pins", "list", "s__look"]).stdout.starts_with("same     s__look\n"), "all or nothing");
    assert_eq!(project.run(&["pins", "forget", "s__look"]), Ended::new(0, "", ""));
    assert!(project.run(&["pins", "list", "s__look"]).stdout.starts_with("new      s__look\n"));
}

#[test]
fn headless_refuses_what_asks_unless_it_is_approved_beforehand() {
    let project = policy(&json!({"deny": ["s__browse"]}));
    project.write("write.py", "from mcp_execution import call_tool\ncall_tool('s__write', {})\n");
    project.write("t.yaml", "steps: [{tool: s__write}]\n");
    project.write("browse.py", "from mcp_execution import call_tool\ncall_tool('s__browse', {})\n");
    for verb in [&["call", "s__write"][..], &["exec", "write.py"], &["session", "run", "t.yaml"]] {
        assert_eq!(project.run(verb).code, Some(1), "{verb:?}");
        assert_eq!(decisions(&project), [decided("denied_user", "default")], "{verb:?}");
        assert_eq!(project.run(&[verb, &["--approve"]].concat()).code, Some(0), "{verb:?}");
        assert_eq!(decisions(&project), [decided("ok", "default")], "{verb:?}");
        let why = recorded(&project).1[0].rule.as_ref().unwrap().why.to_string();
        assert!(why.ends_with("; approved by --approve"), "{why}");
    }
    assert_eq!(project.run(&["exec", "browse.py", "--approve"]).code, Some(1), "nothing approves what is denied");
    assert_eq!(decisions(&project), [decided("denied_policy", "deny[0]")]);
}

const MANY: &str = "\
import asyncio
from mcp_execution import PolicyDeniedError, acall_tool, call_tool

async def one(number):
    try:
        await acall_tool('s__look', {'n': number})
        return 1
    except PolicyDeniedError:
        return 0

async def main():
    return sum(await asyncio.gather(*(one(number) for number in range(200))))

print(asyncio.run(main()))
";

#[test]
fn of_200_calls_of_a_script_at_once_exactly_max_steps_reach_the_server() {
    let project = policy(&json!({"max_steps": 5}));
    project.write("many.py", MANY);
    let ended = project.run(&["exec", "many.py"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "5\n"), "{}", ended.stderr);
    let decisions = decisions(&project);
    let count = |wanted: &(String, String)| decisions.iter().filter(|decision| *decision == wanted).count();
    assert_eq!((count(&decided("ok", "default")), count(&decided("denied_policy", "max_steps"))), (5, 195));
}

#[test]
fn modes_hold_for_scripts_as_for_any_call() {
    let script = "from mcp_execution import call_tool\nfor tool in ('s__look', 's__browse', 's__write'):\n    try:\n        \
                  print(call_tool(tool, {'n': 1}))\n    except Exception as error:\n        print(type(error).__name__)\n";
    let ran = |rules: &Value| {
        let project = policy(rules);
        project.write("a.py", script);
        let ended = project.run(&["exec", "a.py"]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        (ended.stdout, decisions(&project))
    };
    let dry = |tool: &str| format!("{{'dry_run': True, 'tool': '{tool}', 'arguments': {{'n': 1}}}}\n");
    let (printed, decisions) = ran(&json!({"dry_run": true}));
    assert_eq!(printed, ["s__look", "s__browse", "s__write"].map(dry).concat());
    assert!(decisions.iter().all(|(decision, _)| decision == "dry_run"), "{decisions:?}");
    let (printed, decisions) = ran(&json!({"no_network": true, "default": "allow"}));
    assert_eq!(printed, "{'n': 1}\nPolicyDeniedError\nPolicyDeniedError\n");
    assert_eq!(
        decisions,
        [decided("ok", "default"), decided("denied_policy", "no_network"), decided("denied_policy", "no_network")]
    );
    let (_, decisions) = ran(&json!({"read_only": true, "default": "allow"}));
    assert_eq!(decisions, [decided("ok", "default"), decided("ok", "default"), decided("denied_policy", "read_only")]);
    let (_, decisions) = ran(&json!({"default": "allow", "rates": [{"tools": "s__*", "calls": 1, "seconds": 3600}]}));
    assert_eq!(decisions[1..], [decided("denied_policy", "rates[0]"), decided("denied_policy", "rates[0]")]);
}

#[test]
fn equal_calls_are_answered_once_and_others_are_not_taken_for_equal() {
    let project = policy(&json!({"reuse": true, "default": "allow"}));
    let calls = "from mcp_execution import call_tool\nfor n in (1, 1, 2, '1', 1.5, None, True):\n    call_tool('s__look', {'n': n})\n\
                 call_tool('s__look', {})\nprint(call_tool('s__seen', {})['calls'])\n";
    project.write("a.py", calls);
    let ended = project.run(&["exec", "a.py"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "8\n"), "{}", ended.stderr);
    let reused: Vec<Option<u64>> = recorded(&project).1.iter().map(|step| step.reused_from.map(|from| from.0)).collect();
    assert_eq!(reused, [None, Some(1), None, None, None, None, None, None, None]);
}

/// A project under `hard_gate` with one provider outside.
fn judged_by(provider: &Value) -> Project {
    let project =
        project(&json!({"policy": {"default": "allow"}, "guardrails": {"mode": "hard_gate", "external": {"checker": provider}}}));
    let mut config: Value = serde_json::from_str(&std::fs::read_to_string(project.path("mcp_config.json")).unwrap()).unwrap();
    config["mcpServers"]["judges"] = config["mcpServers"]["s"].clone();
    project.write("mcp_config.json", &config.to_string());
    project
}

#[test]
fn a_provider_outside_is_a_program_or_a_tool_and_refuses_what_it_scores() {
    let program = r#"read line; case "$line" in *'very odd'*) score=1;; *) score=0.2;; esac
                     echo "{\"signals\": [{\"metric\": \"odd\", \"score\": $score}]}""#;
    for provider in [json!({"command": "sh", "args": ["-c", program]}), json!({"tool": "judges__judge"})] {
        let project = judged_by(&provider);
        assert_eq!(project.run(&["call", "s__look", "text=plain"]).code, Some(0), "{provider}");
        let (_, steps) = recorded(&project);
        let scores: Vec<String> =
            steps[0].signals.iter().map(|signal| format!("{}.{} {}", signal.provider, signal.metric, signal.score)).collect();
        assert_eq!((steps.len(), scores), (1, vec!["checker.odd 0.2".to_owned(); 2]), "a guard's own call is no step");
        let refused = project.run(&["call", "s__look", "text=very odd"]);
        let message = "[ERROR] a guardrail refused the arguments of s__look: checker.odd 1.00 (threshold 0.50)\nhint: raise the threshold \
                       of \"checker.odd\" under \"guardrails\" in \"studio\", or choose another mode\n";
        assert_eq!(refused, Ended::new(1, "", message), "{provider}");
        assert_eq!(decisions(&project), [decided("denied_guardrail", "guardrails")]);
    }
}

#[test]
fn a_provider_that_fails_or_is_late_denies_in_hard_gate_and_says_so() {
    for (provider, why) in [
        (json!({"command": "sh", "args": ["-c", "exit 3"]}), "exited with status 3"),
        (json!({"command": "sh", "args": ["-c", "echo no JSON"]}), "its answer is not JSON: expected ident at line 1 column 2"),
        (json!({"command": "sh", "args": ["-c", "echo '{}'"]}), "its answer has no list \"signals\""),
        (json!({"command": "no-such-program"}), "there is no program \"no-such-program\""),
        (json!({"command": "sleep", "args": ["60"], "timeout_seconds": 0.2}), "no answer within 0.2 s"),
        (json!({"tool": "judges__hold", "timeout_seconds": 0.5}), "no answer within 0.5 s"),
        (json!({"tool": "judges__look"}), "its answer has no list \"signals\""),
        (json!({"tool": "nobody__look"}), "no server \"nobody\" is configured"),
    ] {
        let project = judged_by(&provider);
        let ended = project.run(&["call", "s__look"]);
        let message = format!(
            "[ERROR] a guardrail refused the arguments of s__look: provider checker failed: {why}\n\
             hint: mode hard_gate refuses what a provider cannot judge; mend the provider or choose another mode\n"
        );
        assert_eq!(ended, Ended::new(1, "", &message));
        let (_, steps) = recorded(&project);
        assert_eq!(
            (decisions(&project), steps[0].signals[0].failed.as_deref()),
            (vec![decided("denied_guardrail", "guardrails")], Some(why))
        );
    }
}

#[test]
fn a_run_says_itself_that_its_steps_were_used_up_and_which_limit_was_its_own() {
    let project = policy(&json!({"default": "allow", "max_steps": 2}));
    let script = "from mcp_execution import PolicyDeniedError, call_tool\nfor _ in range(4):\n    try:\n        \
                  call_tool('s__look', {})\n    except PolicyDeniedError:\n        pass\n";
    project.write("loop.py", script);
    let ended = project.run(&["exec", "loop.py", "--timeout", "45.5", "--json"]);
    let result: Value = serde_json::from_str::<Value>(&ended.stdout).unwrap()["result"].clone();
    let outcome = "ok (max_steps: 2 of 2 steps are used)";
    assert_eq!((&result["exit_code"], &result["outcome"]), (&json!(0), &json!(outcome)));
    let report: Value = serde_json::from_str(&project.run(&["report", "latest"]).stdout).unwrap();
    let session = &report["mcp_details"]["sessions"][0];
    assert_eq!((&session["outcome"], &session["limits"]), (&json!(outcome), &json!({"script_timeout_seconds": "45.5"})));
    project.write("once.py", "from mcp_execution import call_tool\ncall_tool('s__look', {})\n");
    let within: Value = serde_json::from_str(&project.run(&["exec", "once.py", "--json"]).stdout).unwrap();
    assert_eq!(within["result"]["outcome"], json!("ok"), "what is used up and refuses nothing is not worth a word");
}
