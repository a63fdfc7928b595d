//! The example of progressive disclosure on this very repository, its ledger compared with a count of our own.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Project, RawServer};

const EXAMPLE: &str = include_str!("../../workspace/example_progressive_disclosure.py");

/// Tokens as the studio estimates them, said once more: four bytes each.
fn tokens(text: &str) -> u64 {
    text.len().div_ceil(4) as u64
}

/// What the calls of the example answer, asked of the server itself: tokens of definitions, of arguments and of results.
fn counted(root: &Path) -> (u64, u64, u64) {
    let mut server = RawServer::files(root);
    let client = json!({"name": "test", "version": "1"});
    server.request(0, "initialize", &json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}));
    server.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    let listed = server.request(1, "tools/list", &json!({})).0;
    let definitions = listed["result"]["tools"].as_array().unwrap().iter().map(|tool| tokens(&tool.to_string())).sum();
    let (mut given, mut answered) = (0, 0);
    let mut call = |tool: &str, arguments: Value| {
        given += tokens(&arguments.to_string());
        let value =
            server.request(2, "tools/call", &json!({"name": tool, "arguments": arguments})).0["result"]["structuredContent"]
                .clone();
        answered += tokens(&value.to_string());
        value
    };
    let tree = call("list_directory", json!({"path": "src", "recursive": true, "limit": 10_000}));
    let paths = tree["entries"].as_array().unwrap().iter().filter_map(|entry| entry["path"].as_str());
    for path in paths.filter(|path| Path::new(path).extension().is_some_and(|ending| ending == "rs")) {
        call("read_text", json!({"path": path}));
    }
    (definitions, given, answered)
}

#[test]
fn the_ledger_of_the_example_is_what_a_count_of_our_own_finds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = json!({"command": "mcp-studio", "args": ["file-server", "--root", root]});
    let project = Project::new(&json!({"mcpServers": {"files": files}}), &[("workspace/example.py", EXAMPLE)]);
    let ended = project.run(&["exec", "--json", "workspace/example.py"]);
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    let stdout = json["result"]["stdout"].as_str().unwrap();
    assert_eq!((ended.code, stdout.lines().count()), (Some(0), 1), "{ended:?}");
    let ledger = &json["ledger"];
    let figure = |side: &str, name: &str| ledger[side][name].as_u64().unwrap();
    let (definitions, arguments, results) = counted(root);
    // Sources may change while the test runs; its own count cannot be off by more than that.
    let near = |name: &str, found: u64, expected: u64| {
        assert!(found.abs_diff(expected) * 50 <= expected, "{name}: {found} is not within 2 % of {expected}: {ledger}");
    };
    near("definitions", figure("direct", "definitions"), definitions);
    near("arguments", figure("direct", "arguments"), arguments);
    near("results", figure("direct", "results"), results);
    near("direct", figure("direct", "total"), definitions + arguments + results);
    assert_eq!(figure("scripted", "script"), tokens(EXAMPLE));
    assert_eq!(figure("scripted", "printed"), tokens(stdout));
    assert!(figure("scripted", "definitions") < definitions, "{ledger}");
    let (direct, scripted) = (figure("direct", "total") as f64, figure("scripted", "total") as f64);
    let saved = 100.0 * (1.0 - scripted / direct);
    let told = ledger["saved_percent"].as_f64().unwrap();
    assert!((told - saved).abs() < 0.1 && told > 99.0, "{told} is not {saved}");
}
