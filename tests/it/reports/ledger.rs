//! The context ledger is the same wherever it is shown.

use serde_json::{Value, json};

use crate::support::Project;

/// A project with the file server, and a script that calls it twice and prints a line.
pub(super) fn project(studio: &Value) -> Project {
    let files = json!({"command": "mcp-studio", "args": ["file-server", "--root", "data"]});
    let script = "from mcp_execution import call_tool\nfor _ in range(2):\n    call_tool('files__read_text', {'path': 'a.txt'})\nprint('two files')\n";
    Project::new(
        &json!({"mcpServers": {"files": files}, "studio": studio}),
        &[("data/a.txt", &"some words in a file\n".repeat(40)), ("workspace/two.py", script)],
    )
}

/// What `exec --json` says of a run, and the JSON report of its session.
pub(super) fn both(project: &Project) -> (Value, Value) {
    let ended = project.run(&["--json", "exec", "workspace/two.py"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let report = project.run(&["report", "latest"]);
    assert_eq!(report.code, Some(0), "{report:?}");
    (serde_json::from_str(&ended.stdout).unwrap(), serde_json::from_str(&report.stdout).unwrap())
}

#[test]
fn the_command_line_and_the_report_show_the_same_ledger() {
    let (run, report) = both(&project(&json!({})));
    let ledger = &run["ledger"];
    assert_eq!((&report["context"], &report["mcp_details"]["sessions"][0]["context"]), (ledger, ledger));
    let tool = &ledger["tools"][0];
    assert_eq!((&tool["tool"], &tool["calls"]), (&json!("files__read_text"), &json!(2)));
    let (direct, scripted) = (&ledger["direct"], &ledger["scripted"]);
    // `two files` and its newline are ten bytes: three tokens by the estimate.
    assert_eq!((&scripted["printed"], &ledger["estimator"]), (&json!(3), &json!("bytes/4")));
    let script = std::fs::metadata(project(&json!({})).path("workspace/two.py")).unwrap().len().div_ceil(4);
    assert_eq!(scripted["script"], json!(script));
    assert_eq!((&direct["results"], &scripted["definitions"]), (&tool["results"], &tool["definition"]));
    let sum = |side: &Value, parts: [&str; 3]| parts.iter().map(|part| side[part].as_u64().unwrap()).sum::<u64>();
    assert_eq!(direct["total"], json!(sum(direct, ["definitions", "arguments", "results"])));
    assert_eq!(scripted["total"], json!(sum(scripted, ["definitions", "script", "printed"])));
}

#[test]
fn a_tokenizer_replaces_the_estimate_everywhere() {
    let project = project(&json!({"tokenizer": "o200k_base", "model": "gpt-4o", "policy": {"default": "allow"}}));
    let (run, report) = both(&project);
    let ledger = &run["ledger"];
    assert_eq!((&report["context"], &ledger["estimator"]), (ledger, &json!("o200k_base")));
    assert_eq!(ledger["scripted"]["printed"], json!(3));
    let step = &report["mcp_details"]["steps"][0];
    assert_eq!((&step["token_estimator"], &step["tokens_in"]), (&json!("o200k_base"), &json!(6)));
    assert_eq!(report["mcp_details"]["totals"]["token_estimator"], json!("o200k_base"));
    // gpt-4o: 10 US dollars for a million tokens written, 2.5 for a million read.
    let tokens_out = step["tokens_out"].as_f64().unwrap();
    let cost = (6.0 * 10.0 + tokens_out * 2.5) / 1e6;
    assert!((step["cost"]["usd"].as_f64().unwrap() - cost).abs() < 1e-12, "{step}");
    assert_eq!(run["steps"][0]["estimator"], json!("o200k_base"));
}
