//! What the workbench and `health` show of guards, pins and the way of a call, as plain values, from a real server.

use std::path::Path;

use mcp_studio::ops::{GuardOutcome, Location, PinRow, Studio, guard_path};
use mcp_studio::types::{Caller, FailureKind, StepRecord};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::catalog::offer_now;
use crate::connections::bench::name;
use crate::support::Project;

fn tools() -> Value {
    let reads = json!({"readOnlyHint": true, "openWorldHint": false});
    let path = json!({"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]});
    json!([
        {"name": "read_file", "annotations": reads, "inputSchema": path},
        {"name": "reed_file", "annotations": reads},
        {"name": "write"}
    ])
}

fn project(policy: &Value, guardrails: &Value) -> Project {
    let project = Project::empty();
    let file = offer_now(&project.folder(), "s", &tools());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/listed.py");
    let config = json!({"mcpServers": {"s": {"command": "python3", "args": [script, file]}},
        "studio": {"policy": policy, "guardrails": guardrails}});
    project.write("mcp_config.json", &config.to_string());
    project
}

fn open(project: &Project) -> Studio {
    Studio::open(&Location { config: Some(project.path("mcp_config.json")), workspace: None }, "test").unwrap()
}

async fn call(studio: &Studio, tool: &str, arguments: Value) -> StepRecord {
    let reply = studio.call_tool(tool, Some(arguments), Caller::Form, CancellationToken::new()).await;
    StepRecord::clone(&reply.record.unwrap())
}

#[tokio::test]
async fn a_policy_is_shown_with_what_is_used_of_it() {
    let policy = json!({
        "deny": [{"tools": "s__*", "arguments": {"path": {"glob": "/etc/*"}}, "why": "system files", "id": "system"}],
        "allow": ["s__write"], "max_steps": 4, "rates": [{"tools": "s__read*", "calls": 2, "seconds": 60}],
        "labels": {"s__reed_file": ["private"]}
    });
    let guardrails = json!({"mode": "mixed", "external": {"judge": {"command": "sh", "args": ["-c", "exit 3"]}}});
    let project = project(&policy, &guardrails);
    let studio = open(&project);
    assert_eq!(studio.policy_view(None).tools, []);
    call(&studio, "s__read_file", json!({"path": "a"})).await;
    let view = studio.policy_view(None);
    let rules: Vec<String> = view
        .rules
        .iter()
        .map(|row| format!("{} {} {} {}", row.id, row.says, row.why, row.place.as_ref().map_or(0, |place| place.line)))
        .collect();
    assert_eq!(
        rules,
        [
            "system deny system files 1",
            "read_only off  0",
            "no_network off  0",
            "allow[0] allow s__write is allowed 1",
            "default ask_writes  0",
            "flows content  0",
            "pins enforce  0",
            "dry_run off  0"
        ]
    );
    assert_eq!(view.rules[0].of, "s__* where path fits \"/etc/*\"");
    let limits: Vec<String> =
        view.limits.iter().map(|limit| format!("{}: {} of {} {}", limit.id, limit.used, limit.limit, limit.unit)).collect();
    assert_eq!(limits, ["max_steps: 1 of 4 steps", "rates[0]: 1 of 2 calls of s__read* within 60 s"]);
    let tools: Vec<String> = view
        .tools
        .iter()
        .map(|row| {
            format!(
                "{} {} {}",
                row.tool,
                row.decision.word(),
                row.labels.iter().map(|note| note.label.word()).collect::<Vec<_>>().join(" ")
            )
        })
        .collect();
    assert_eq!(
        tools,
        [
            "s__read_file allow read local",
            "s__reed_file allow read local private",
            "s__write allow destructive open_world untrusted"
        ]
    );
    let states: Vec<String> =
        view.providers.iter().map(|provider| format!("{} {} {}", provider.name, provider.kind, provider.state)).collect();
    assert_eq!(
        states,
        [
            "pii built in ready",
            "secrets built in ready",
            "injection built in ready",
            "toxicity built in ready",
            "size built in ready",
            "judge command failed"
        ]
    );
    let judge = view.providers.last().unwrap();
    assert_eq!((judge.asked, judge.failed, judge.failure.as_deref()), (2, 2, Some("exited with status 3")));
    assert_eq!((view.mode.word(), view.rules_hash.len()), ("mixed", 64));
    studio.shutdown().await;
}

fn row<'a>(rows: &'a [PinRow], target: &str) -> &'a PinRow {
    rows.iter().find(|row| row.target == target).unwrap()
}

#[tokio::test]
async fn pins_are_shown_accepted_as_shown_and_forgotten() {
    let project = project(&json!({"default": "allow"}), &json!({}));
    let studio = open(&project);
    let report = studio.known_pins().unwrap();
    assert_eq!(report.rows.iter().map(|row| row.standing).collect::<Vec<_>>(), ["new"], "nothing was asked yet");
    call(&studio, "s__read_file", json!({"path": "a"})).await;
    let report = studio.known_pins().unwrap();
    let told: Vec<String> =
        report.rows.iter().map(|row| format!("{} {} {}", row.target, row.standing, row.flags.join(";"))).collect();
    assert_eq!(
        told,
        ["s same ", "s__read_file same ", "s__reed_file same is one character away from s__read_file", "s__write same "]
    );
    assert!(report.rows.iter().all(|row| row.pinned.as_ref().map(String::len) == Some(64) && row.pinned == row.now));

    let mut changed = tools();
    changed[2]["description"] = json!("Writes\u{200b}.");
    offer_now(&project.folder(), "s", &changed);
    studio.connect(&name("s")).await.unwrap();
    let shown = row(&studio.known_pins().unwrap().rows, "s__write").clone();
    assert_eq!((shown.standing, shown.pinned == shown.now), ("changed", false));
    assert!(shown.difference.contains("+  \"description\": \"Writes<U+200B>.\""), "{}", shown.difference);
    changed[2]["description"] = json!("Writes, and sends.");
    offer_now(&project.folder(), "s", &changed);
    studio.connect(&name("s")).await.unwrap();
    let failure = studio.approve_pin(&shown).await.unwrap_err();
    assert_eq!(failure.message, "s__write is no longer what was shown");
    let shown = row(&studio.known_pins().unwrap().rows, "s__write").clone();
    studio.approve_pin(&shown).await.unwrap();
    assert_eq!(row(&studio.known_pins().unwrap().rows, "s__write").standing, "same");

    assert_eq!(studio.forget_pins(&["s__none".to_owned()]).unwrap_err().kind, FailureKind::Usage);
    studio.forget_pins(&["s__write".to_owned()]).unwrap();
    assert_eq!(row(&studio.known_pins().unwrap().rows, "s__write").standing, "new");
    studio.forget_pins(&["s".to_owned()]).unwrap();
    assert!(studio.known_pins().unwrap().rows.iter().all(|row| row.standing == "new"));
    studio.shutdown().await;
}

#[tokio::test]
async fn the_way_of_a_call_through_the_guards_is_told() {
    let policy = json!({"deny": [{"tools": "s__reed_file", "why": "misspelled"}], "default": "ask_writes"});
    let project = project(&policy, &json!({"mode": "mixed"}));
    let studio = open(&project);
    let way = |record: &StepRecord| {
        let path = guard_path(record);
        let end = path.iter().find(|stage| stage.outcome == GuardOutcome::Refused).cloned();
        let passed = path.iter().filter(|stage| stage.outcome == GuardOutcome::Passed).count();
        (passed, end.map(|stage| format!("{}: {}", stage.guard, stage.why)))
    };
    let of = async |tool, arguments| way(&call(&studio, tool, arguments).await);
    assert_eq!(of("s__read_file", json!({"path": "a"})).await, (9, None));
    assert_eq!(of("s__reed_file", json!({})).await, (0, Some("policy: deny[0]: misspelled".to_owned())));
    let misfit = "schema: arguments of s__read_file do not fit its schema: path: expected string, got integer";
    assert_eq!(of("s__read_file", json!({"path": 1})).await, (4, Some(misfit.to_owned())));
    let asks = "approval: s__write needs a person's approval, and nobody is here to ask";
    assert_eq!(of("s__write", json!({})).await, (5, Some(asks.to_owned())));
    let card = of("s__read_file", json!({"path": "4111 1111 1111 1111"})).await;
    assert_eq!(card, (6, Some("guardrails on arguments: pii.card 0.95 of 0.50".to_owned())));
    studio.shutdown().await;
}
