//! The embedded file server, spoken to in raw JSON-RPC lines.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use serde_json::{Value, json};

use crate::support::{Project, RawServer};

/// A server for a small tree, after the handshake of 2025-06-18.
fn started() -> (Project, RawServer) {
    let project = Project::empty();
    project.write("notes/a.txt", "one\ntwo\nthree\n");
    project.write("notes/b.txt", "two halves\n");
    project.write("binary", "\0\u{1}");
    fs::set_permissions(project.path("binary"), fs::Permissions::from_mode(0o600)).unwrap();
    let mut server = RawServer::files(&project.folder());
    let client = json!({"name": "test", "version": "1"});
    let (answer, _) =
        server.request(0, "initialize", &json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}));
    assert_eq!(
        answer["result"],
        json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "mcp-studio-files", "version": env!("CARGO_PKG_VERSION")},
            "instructions": "Reads files below one directory. Paths are relative to it; nothing can be changed.",
        })
    );
    server.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    (project, server)
}

/// The whole `result` of a call.
fn call(server: &mut RawServer, tool: &str, arguments: &Value) -> Value {
    let (answer, notifications) = server.request(7, "tools/call", &json!({"name": tool, "arguments": arguments}));
    assert_eq!(notifications, Vec::<Value>::new(), "nobody asked for progress");
    answer["result"].clone()
}

/// The structured content of a call that succeeds, which must also stand in its text block.
fn structured(server: &mut RawServer, tool: &str, arguments: &Value) -> Value {
    let result = call(server, tool, arguments);
    let value = result["structuredContent"].clone();
    let text = result["content"][0]["text"].as_str().unwrap_or_default();
    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), value, "{result}");
    assert_eq!(result["isError"], json!(false));
    value
}

fn refusal(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}], "isError": true})
}

#[test]
fn every_tool_has_both_schemas_and_says_that_it_only_reads() {
    let (_project, mut server) = started();
    let (answer, _) = server.request(1, "tools/list", &json!({}));
    let tools = answer["result"]["tools"].as_array().unwrap();
    let mut names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["count", "file_info", "list_directory", "read_text", "search_text"]);
    for tool in tools {
        assert_eq!(
            tool["annotations"],
            json!({"readOnlyHint": true, "destructiveHint": false, "idempotentHint": true, "openWorldHint": false})
        );
        assert_eq!((&tool["inputSchema"]["type"], &tool["outputSchema"]["type"]), (&json!("object"), &json!("object")), "{tool}");
        assert_eq!(tool["inputSchema"]["additionalProperties"], json!(false), "{tool}");
    }
    assert_eq!(server.close(), Some(0));
}

#[test]
fn tools_answer_structured_values() {
    let (project, mut server) = started();
    let modified = |path: &str| {
        let time = fs::metadata(project.path(path)).unwrap().modified().unwrap();
        jiff::Timestamp::try_from(time).unwrap().to_string()
    };
    let entry = |path: &str, kind: &str, permissions: &str| {
        let size = fs::metadata(project.path(path)).unwrap().len();
        json!({"path": path, "kind": kind, "size": size, "modified": modified(path), "permissions": permissions})
    };
    fs::set_permissions(project.path("notes"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(
        structured(&mut server, "list_directory", &json!({})),
        json!({"entries": [entry("binary", "file", "600"), entry("notes", "directory", "755")], "truncated": false})
    );
    assert_eq!(structured(&mut server, "file_info", &json!({"path": "binary"})), entry("binary", "file", "600"));
    assert_eq!(
        structured(&mut server, "read_text", &json!({"path": "notes/a.txt", "offset": 1, "limit": 1})),
        json!({"text": "two\n", "size": 14, "next_offset": 2, "lossy": false})
    );
    assert_eq!(
        structured(&mut server, "search_text", &json!({"pattern": "two", "path": "notes", "limit": 1})),
        json!({
            "matches": [{"path": "notes/a.txt", "line": 2, "column": 1, "text": "two"}],
            "files": 1, "skipped": 0, "truncated": true,
        })
    );
    assert_eq!(
        structured(&mut server, "count", &json!({"pattern": "^t", "regex": true})),
        json!({"files": 3, "lines": 5, "bytes": 27, "matching_lines": 3, "skipped": 0, "truncated": false})
    );
}

#[test]
fn nothing_outside_is_told_and_errors_are_results() {
    let (project, mut server) = started();
    symlink("/etc/passwd", project.path("link")).unwrap();
    symlink("/", project.path("top")).unwrap();
    for path in ["/etc/passwd", "../x", "link", "top/etc/passwd", "notes/../../x"] {
        let text = format!("{path:?} leads out of the folder that is served: give a path relative to that folder");
        assert_eq!(call(&mut server, "read_text", &json!({"path": path})), refusal(&text));
        assert_eq!(call(&mut server, "count", &json!({"path": path})), refusal(&text));
    }
    assert_eq!(
        call(&mut server, "list_directory", &json!({"path": "missing"})),
        refusal("cannot read \"missing\": no such file or directory")
    );
    assert_eq!(
        call(&mut server, "list_directory", &json!({"path": "binary"})),
        refusal("cannot read \"binary\": not a directory")
    );
    assert_eq!(call(&mut server, "read_text", &json!({"path": "binary"})), refusal("\"binary\" is not a text file"));
    let misspelt = call(&mut server, "read_text", &json!({"path": "a", "ofset": 1}));
    assert_eq!(misspelt["isError"], json!(true), "{misspelt}");
}

#[test]
fn progress_is_told_to_those_who_ask_and_ends_with_the_total() {
    let (_project, mut server) = started();
    let params = json!({"name": "count", "arguments": {}, "_meta": {"progressToken": "p"}});
    let (answer, notifications) = server.request(3, "tools/call", &params);
    assert_eq!(answer["result"]["structuredContent"]["files"], json!(3));
    // Notifications and the answer take separate ways out, so the last may come after it.
    let last = notifications.last().cloned().unwrap_or_else(|| server.receive());
    let last = if last["params"]["progress"] == json!(3.0) { last } else { server.receive() };
    assert_eq!(
        last,
        json!({
            "jsonrpc": "2.0",
            "method": "notifications/progress",
            "params": {"progressToken": "p", "progress": 3.0, "total": 3.0, "message": "3 of 3 files"},
        })
    );
}

#[test]
fn a_cancelled_count_stops_working() {
    let (project, mut server) = started();
    let endless = fs::File::create(project.path("endless")).unwrap();
    endless.set_len(1 << 42).unwrap();
    let params = json!({"name": "count", "arguments": {"path": "endless"}, "_meta": {"progressToken": 1}});
    server.send(&json!({"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": params}));
    assert_eq!(server.receive()["params"]["message"], json!("0 of 1 files"));
    wait_until(|| working(server.id()));
    server.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 5}}));
    wait_until(|| !working(server.id()));
    let (answer, _) = server.request(6, "tools/call", &json!({"name": "file_info", "arguments": {"path": "endless"}}));
    assert_eq!(answer["result"]["structuredContent"]["size"], json!(1_u64 << 42));
}

/// Whether a thread of the process is using a processor.
fn working(process: u32) -> bool {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    tasks.flatten().any(|task| {
        let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('R'))
    })
}

fn wait_until(condition: impl Fn() -> bool) {
    while !condition() {
        std::thread::yield_now();
    }
}

#[test]
fn a_client_of_2026_07_28_needs_no_handshake() {
    let project = Project::empty();
    project.write("a.txt", "x\n");
    let mut server = RawServer::files(&project.folder());
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let (discovered, _) = server.request(1, "server/discover", &json!({"_meta": meta}));
    assert_eq!(
        discovered["result"]["_meta"]["io.modelcontextprotocol/serverInfo"],
        json!({"name": "mcp-studio-files", "version": env!("CARGO_PKG_VERSION")})
    );
    let params = json!({"name": "read_text", "arguments": {"path": "a.txt"}, "_meta": meta});
    let (answer, _) = server.request(2, "tools/call", &params);
    assert_eq!(answer["result"]["structuredContent"], json!({"text": "x\n", "size": 2, "next_offset": null, "lossy": false}));
    assert_eq!(server.close(), Some(0));
}

#[test]
fn a_client_that_leaves_at_once_is_no_failure() {
    let project = Project::empty();
    assert_eq!(RawServer::files(&project.folder()).close(), Some(0));
}
