//! `mcp-studio serve` as agents meet it: driven by the Python SDK, on both transports and both eras of the protocol.

mod http;
mod metrics;
mod node;
mod sdk;

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Ended, Project, RawServer};

/// A project with one small server, whose tools anybody may call, and a script that fails.
fn project() -> Project {
    project_with(&json!({"default": "allow"}))
}

/// The same under another policy.
fn project_with(policy: &Value) -> Project {
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/agents.py");
    let config = json!({
        "mcpServers": {"plain": {"command": "python3", "args": [server]}},
        "studio": {"limits": {"script_timeout_seconds": 60}, "policy": policy},
    });
    let plan = json!({"servers": {"plain": {
        "echo": {"safe": true, "samples": [{"number": 1}]},
        "slow": {"samples": [{"file": "x"}]},
    }}});
    let bad = ("workspace/bad.py", "x = 1\nraise ValueError('no')\n");
    let project = Project::new(&config, &[bad, ("outside.py", ""), ("discovery_config.json", &plan.to_string())]);
    std::os::unix::fs::symlink("../outside.py", project.path("workspace/outside.py")).unwrap();
    project
}

#[test]
fn the_python_sdk_is_served_on_stdio() {
    let Some(python) = sdk::python() else { return };
    for (mode, protocol) in sdk::MODES {
        let project = project();
        assert_eq!(sdk::drive(&python, &project, mode, &["stdio", crate::support::BINARY]), sdk::held(protocol));
    }
}

#[test]
fn the_python_sdk_is_served_over_http() {
    let Some(python) = sdk::python() else { return };
    for (mode, protocol) in sdk::MODES {
        let project = project();
        let door = http::Door::open(&project);
        assert_eq!(sdk::drive(&python, &project, mode, &["http", &door.url(), http::TOKEN]), sdk::held(protocol));
    }
}

#[test]
fn a_studio_never_starts_itself() {
    let own = json!({"command": "mcp-studio", "args": ["serve"]});
    let project = Project::new(&json!({"mcpServers": {"own": own}}), &[]);
    let ended = project.run(&["list-tools"]);
    let config = project.path("mcp_config.json").display().to_string();
    let refusal = format!("  stderr: [ERROR] a studio of {config} was started by that studio itself\n");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(ended.stderr.starts_with("[ERROR] server \"own\" exited with status 1 while connecting\n"), "{}", ended.stderr);
    assert!(ended.stderr.contains(&refusal), "{}", ended.stderr);
}

#[test]
fn a_door_is_not_opened_where_the_project_itself_would_go_through_it() {
    let port = http::free_port();
    let servers = json!({"door": {"url": format!("http://localhost:{port}/mcp")}});
    let project = Project::new(&json!({"mcpServers": servers}), &[]);
    let ended = project.run(&["serve", "--http", &format!("127.0.0.1:{port}")]);
    let stderr = "[ERROR] mcp_config.json:3: server \"door\" of this project is the address that is to be served\n\
                  hint: serve another address, or remove that server\n";
    assert_eq!(ended, Ended::new(1, "", stderr));
}

#[test]
fn an_open_door_needs_a_token() {
    let project = Project::new(&json!({"mcpServers": {}}), &[]);
    let ended = Ended::of(project.command(&["serve", "--http", "0.0.0.0:0"]).env_remove("MCP_STUDIO_TOKEN").output().unwrap());
    let stderr = "[ERROR] 0.0.0.0:0 can be reached from other machines, so a token is needed\nhint: set MCP_STUDIO_TOKEN\n";
    assert_eq!(ended, Ended::new(2, "", stderr));
}

/// Serves `project` and greets the server.
pub(crate) fn greeted(project: &Project) -> RawServer {
    let mut server = RawServer::start(&mut project.command(&["serve"]));
    let client = json!({"name": "test", "version": "1"});
    server.request(0, "initialize", &json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}));
    server.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    server
}

#[test]
fn the_policy_of_the_project_holds_for_agents_and_nobody_is_asked() {
    let project = project_with(&json!({"default": "ask"}));
    let mut server = greeted(&project);
    let source = "from mcp_execution import PolicyDeniedError, call_tool, set_result\n\
                  try:\n    call_tool('plain__echo', {})\n\
                  except PolicyDeniedError as refusal:\n    set_result(str(refusal).splitlines()[0])\n";
    let (answer, _) = server.request(1, "tools/call", &json!({"name": "execute_script", "arguments": {"source": source}}));
    let found = &answer["result"]["structuredContent"];
    assert_eq!(found["value"], json!("plain__echo needs a person's approval, and nobody is here to ask"), "{answer}");
    assert_eq!((&found["steps"]["count"], &found["steps"]["failed"]), (&json!(1), &json!(1)));
    assert_eq!(server.close(), Some(0));
}

#[test]
fn a_client_that_leaves_takes_its_script_with_it() {
    let project = project();
    let mut server = greeted(&project);
    let arguments = json!({"source": "print('begun', flush=True)\nwhile True: pass"});
    let params = json!({"name": "execute_script", "arguments": arguments, "_meta": {"progressToken": 1}});
    server.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}));
    while server.receive()["params"]["message"] != "0 steps, 1 line; begun" {}
    let below = crate::support::below(server.id());
    assert_ne!(below, Vec::<u32>::new(), "the script runs");
    assert_eq!(server.close(), Some(0));
    // The watchdog goes last, and by itself.
    while below.iter().any(|process| crate::support::alive(*process)) {
        std::thread::yield_now();
    }
}

#[test]
fn the_command_line_searches_and_shows() {
    let project = project();
    assert_eq!(project.run(&["search", "echo", "--detail", "name"]), Ended::new(0, "plain__echo\n", ""));
    assert_eq!(project.run(&["search", "does file"]), Ended::new(0, "plain__slow  does slow\n", ""), "a parameter counts");
    let signature = "plain__slow(file: str) [destructive]\n  does slow\n  file: Written when the call is cancelled\n";
    assert_eq!(project.run(&["get-tool", "plain__slow"]), Ended::new(0, signature, ""));
    assert_eq!(
        project.run(&["--json", "search", "fail", "--detail", "signature"]),
        Ended::new(0, "[\"plain__fail()\\n  does fail\"]\n", "")
    );
    let unknown = "[ERROR] \"all\" is no detail\nhint: one of name, summary, signature, schema\n";
    assert_eq!(project.run(&["search", "--detail", "all"]), Ended::new(2, "", unknown));
    let one = ["search", "--server", "plain", "--detail", "name", "--limit", "1"];
    assert_eq!(project.run(&one), Ended::new(0, "plain__echo\n", ""));
    let nobody = "[ERROR] no server \"plane\" is configured\nhint: did you mean \"plain\"?\n";
    assert_eq!(project.run(&["search", "--server", "plane"]), Ended::new(1, "", nobody));
}

#[test]
fn scripts_the_command_line_and_agents_are_answered_the_same() {
    let project = project();
    let mut server = greeted(&project);
    let mut number = 0;
    let mut door = |name: &str, arguments: Value| {
        number += 1;
        server.request(number, "tools/call", &json!({"name": name, "arguments": arguments})).0["result"]["structuredContent"]
            .clone()
    };
    for detail in ["name", "summary", "signature", "schema"] {
        let told = project.run(&["search", "slow", "--detail", detail, "--json"]);
        let command_line: Value = serde_json::from_str(&told.stdout).unwrap();
        assert_eq!(command_line.as_array().map(Vec::len), Some(1), "{told:?}");
        let agent = door("search_tools", json!({"query": "slow", "detail": detail}));
        assert_eq!(agent["tools"], command_line, "{detail}");
        let source =
            format!("from mcp_execution import search_tools, set_result\nset_result(search_tools('slow', detail={detail:?}))\n");
        assert_eq!(door("execute_script", json!({"source": source}))["value"], command_line, "{detail}");
        let listed: Value = serde_json::from_str(&project.run(&["list-tools", "--detail", detail, "--json"]).stdout).unwrap();
        assert_eq!(listed[0]["tools"][2], command_line[0], "{detail}");
        let source = format!("from mcp_execution import list_tools, set_result\nset_result(list_tools(detail={detail:?}))\n");
        assert_eq!(door("execute_script", json!({"source": source}))["value"], listed[0]["tools"], "{detail}");
        let agent = door("search_tools", json!({"server": "plain", "detail": detail}));
        assert_eq!(agent, json!({"tools": listed[0]["tools"], "unknown": []}), "{detail}");
    }
    let names = "plain__echo\nplain__fail\nplain__slow\n";
    assert_eq!(project.run(&["list-tools", "--detail", "name"]), Ended::new(0, names, ""));
}
