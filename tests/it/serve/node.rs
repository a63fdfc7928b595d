//! Clients that others wrote for Node: the official inspector's command line, and the official conformance suite.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::http::{Door, TOKEN};
use crate::support::{BINARY, Ended, Project, program};

/// The programs, in versions that run with Node 20.
const PACKAGES: [&str; 2] = ["@modelcontextprotocol/inspector@0.17.5", "@modelcontextprotocol/conformance@0.1.13"];

/// The scenarios of the suite that a server without the suite's own tools, resources and prompts can hold.
/// docs/serve.md lists the others.
const SCENARIOS: [&str; 9] = [
    "server-initialize",
    "ping",
    "tools-list",
    "resources-list",
    "prompts-list",
    "completion-complete",
    "server-sse-multiple-streams",
    "server-sse-polling",
    "dns-rebinding-protection",
];

/// The folder of the installed programs, or `None` (said on stderr) where they cannot be had. Under `CI` they must.
fn programs() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let folder = target.join("test-node");
    let ready = folder.join("ready");
    let lock = File::create(target.join("test-node.lock")).unwrap();
    lock.lock().unwrap();
    if std::fs::read_to_string(&ready).ok() != Some(PACKAGES.join(" ")) {
        std::fs::create_dir_all(&folder).unwrap();
        let mut install = program("npm");
        install.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]).arg(&folder).args(PACKAGES);
        if !install.output().is_ok_and(|output| output.status.success()) {
            assert!(std::env::var_os("CI").is_none(), "{PACKAGES:?} cannot be had");
            eprintln!("passed over: npm cannot install {PACKAGES:?} here");
            return None;
        }
        std::fs::write(&ready, PACKAGES.join(" ")).unwrap();
    }
    Some(folder.join("node_modules/.bin"))
}

/// What the inspector prints for a request.
fn inspected(command: &mut Command, project: &Project) -> Value {
    let ended = Ended::of(command.current_dir(project.folder()).output().unwrap());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    serde_json::from_str(&ended.stdout).unwrap()
}

#[test]
fn the_inspector_finds_its_way_on_stdio() {
    let Some(programs) = programs() else { return };
    let project = super::project();
    let ask = |request: &[&str]| {
        let mut command = program(programs.join("mcp-inspector"));
        inspected(command.args(["--cli", BINARY, "serve", "--method"]).args(request), &project)
    };
    let names: Vec<Value> = ask(&["tools/list"])["tools"].as_array().unwrap().iter().map(|tool| tool["name"].clone()).collect();
    assert_eq!(names, ["discover_schemas", "execute_script", "generate_wrappers", "get_tool", "search_tools"].map(Value::from));
    let source = "source=from mcp_execution import call_tool\nprint(call_tool('plain__echo', {'number': 3}))";
    let ran = ask(&["tools/call", "--tool-name", "execute_script", "--tool-arg", source]);
    let found = &ran["structuredContent"];
    assert_eq!((&found["stdout"]["head"], &found["steps"]["count"]), (&json!("{'number': 3}\n"), &json!(1)), "{ran}");
    assert_eq!(ask(&["prompts/list"])["prompts"][0]["name"], json!("write_script"));
    let first = &ask(&["resources/list"])["resources"][0]["uri"];
    assert_eq!(first, &json!("mcp-studio://readme/plain"));
}

#[test]
fn the_inspector_finds_its_way_over_http() {
    let Some(programs) = programs() else { return };
    let project = super::project();
    let door = Door::open_to_all(&project);
    let mut command = program(programs.join("mcp-inspector"));
    command.args(["--cli", &door.url(), "--transport", "http", "--method", "tools/call"]);
    let found = inspected(command.args(["--tool-name", "get_tool", "--tool-arg", "tool=plain__fail"]), &project);
    assert_eq!(found["structuredContent"], json!({"tool": "plain__fail", "signature": "plain__fail()\n  does fail"}));
}

#[test]
fn the_inspector_comes_in_with_the_right_token_only() {
    let Some(programs) = programs() else { return };
    let project = super::project();
    let door = Door::open(&project);
    let ask = |headers: &[&str]| {
        let mut command = program(programs.join("mcp-inspector"));
        command.args(["--cli", &door.url(), "--transport", "http"]).args(headers);
        command.args(["--method", "tools/call", "--tool-name", "search_tools", "--tool-arg", "query=echo", "detail=name"]);
        command.current_dir(project.folder());
        command
    };
    let bearer = format!("Authorization: Bearer {TOKEN}");
    let found = inspected(&mut ask(&["--header", &bearer]), &project);
    assert_eq!(found["structuredContent"], json!({"tools": ["plain__echo"], "unknown": []}));
    let refusal = "Failed to connect to MCP server: Streamable HTTP error: Error POSTing to endpoint: \
                   the bearer token is missing or wrong";
    for headers in [&["--header", "Authorization: Bearer another-token-of-these"][..], &[]] {
        let ended = Ended::of(ask(headers).output().unwrap());
        assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.lines().next()), (Some(1), "", Some(refusal)), "{headers:?}");
    }
}

#[test]
fn the_conformance_suite_holds_as_far_as_it_applies() {
    let Some(programs) = programs() else { return };
    let project = super::project();
    let door = Door::open_to_all(&project);
    for scenario in SCENARIOS {
        let mut command = program(programs.join("conformance"));
        command.args(["server", "--url", &door.url(), "--scenario", scenario]).current_dir(project.folder());
        let ended = Ended::of(command.output().unwrap());
        let passed = ended.stdout.lines().any(|line| line.starts_with("Passed: ") && line.contains(", 0 failed"));
        assert!(ended.code == Some(0) && passed, "{scenario}: {ended:?}");
    }
}
