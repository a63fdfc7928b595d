//! Traces, as a small collector of our own gets them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::{Project, odd_server};

/// A request as the collector got it: its head and its body.
type Got = (String, Value);

/// Takes traces until the test ends.
pub(crate) struct Collector {
    pub(crate) address: String,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let got = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&got);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let request = receive(&stream);
                kept.lock().unwrap().push(request);
                answer(stream);
            }
        });
        Self { address, got }
    }

    /// The heads of the requests.
    fn heads(&self) -> Vec<String> {
        self.got.lock().unwrap().iter().map(|(head, _)| head.clone()).collect()
    }

    /// Everything that came, as text.
    pub(crate) fn text(&self) -> String {
        self.got.lock().unwrap().iter().map(|(head, body)| format!("{head}{body}")).collect()
    }

    /// All spans, in the order of their ends.
    fn spans(&self) -> Vec<Value> {
        let got = self.got.lock().unwrap();
        let scopes =
            got.iter().flat_map(|(_, body)| list(&body["resourceSpans"])).flat_map(|resource| list(&resource["scopeSpans"]));
        scopes.flat_map(|scope| list(&scope["spans"])).collect()
    }
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn receive(stream: &TcpStream) -> Got {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = text.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line.to_ascii_lowercase());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (head, serde_json::from_slice(&body).unwrap_or_default())
}

fn answer(mut stream: TcpStream) {
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
        .unwrap();
}

/// The attributes of a span as an object.
fn attributes(span: &Value) -> Value {
    let pairs = list(&span["attributes"]).into_iter().map(|pair| {
        let value = pair["value"].as_object().and_then(|value| value.values().next()).cloned();
        (pair["key"].as_str().unwrap().to_owned(), value.unwrap_or_default())
    });
    Value::Object(pairs.collect())
}

fn project(servers: &Value, script: &str) -> Project {
    let config = json!({"mcpServers": servers, "studio": {"policy": {"default": "allow"}}});
    Project::new(&config, &[("data/a.txt", "text of the file\n"), ("workspace/a.py", script)])
}

fn files() -> Value {
    json!({"files": {"command": "mcp-studio", "args": ["file-server", "--root", "data"]}})
}

const SCRIPT: &str = "from mcp_execution import call_tool, McpExecutionError\ncall_tool('files__read_text', {'path': 'a.txt'})\n\
    try:\n    call_tool('files__read_text', {'path': 'nowhere'})\nexcept McpExecutionError:\n    raise SystemExit(3)\n";

#[test]
fn a_run_and_its_calls_are_one_trace_without_payloads() {
    let collector = Collector::start();
    let project = project(&files(), SCRIPT);
    let mut command = project.command(&["exec", "workspace/a.py"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.address).env("OTEL_EXPORTER_OTLP_HEADERS", "x-team=blue");
    assert_eq!(command.output().unwrap().status.code(), Some(3));

    let spans = collector.spans();
    let (name, id) = (|span: &Value| span["name"].clone(), |span: &Value| span["spanId"].clone());
    assert_eq!(spans.iter().map(name).collect::<Vec<_>>(), ["tools/call read_text", "tools/call read_text", "run a.py"]);
    assert!(spans.iter().all(|span| span["traceId"] == spans[2]["traceId"]), "{spans:?}");
    assert!(spans[..2].iter().all(|span| span["parentSpanId"] == id(&spans[2])), "{spans:?}");
    let session = attributes(&spans[2])["session.id"].clone();
    let request = |span: &Value| attributes(span)["jsonrpc.request.id"].as_str().unwrap().parse::<u64>().unwrap();
    assert!(request(&spans[0]) < request(&spans[1]), "{spans:?}");
    let call = |span: &Value, decision: &str| {
        json!({
            "jsonrpc.request.id": request(span).to_string(),
            "mcp.method.name": "tools/call",
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "read_text",
            "session.id": session,
            "mcp.protocol.version": "2026-07-28",
            "network.transport": "pipe",
            "mcp_studio.server": "files",
            "mcp_studio.decision": decision,
        })
    };
    let mut failed = call(&spans[1], "error");
    failed["error.type"] = json!("tool_error");
    assert_eq!((attributes(&spans[0]), attributes(&spans[1])), (call(&spans[0], "ok"), failed));
    assert_eq!(attributes(&spans[2])["error.type"], json!("script_error"));
    let heads = collector.heads();
    assert!(heads.iter().all(|head| head.starts_with("post /v1/traces ") && head.contains("x-team: blue")), "{heads:?}");
    for payload in ["a.txt", "nowhere", "text of the file"] {
        assert!(!collector.text().contains(payload), "{payload}");
    }
}

#[test]
fn a_server_hears_of_the_trace_and_only_then() {
    let collector = Collector::start();
    let script = "from mcp_execution import call_tool\nprint(call_tool('odd__meta', {}))\n";
    let project = project(&json!({"odd": odd_server("meta", &json!({}))}), script);
    let mut command = project.command(&["exec", "workspace/a.py"]);
    let traced = command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.address).output().unwrap();
    let heard = String::from_utf8(traced.stdout).unwrap();
    let span = collector.spans().into_iter().find(|span| span["name"] == "tools/call meta").unwrap();
    let (trace, id) = (span["traceId"].as_str().unwrap(), span["spanId"].as_str().unwrap());
    assert_eq!(heard.trim(), format!("00-{trace}-{id}-01"));
    let untraced = project.run(&["exec", "workspace/a.py"]);
    assert_eq!(untraced.stdout.trim(), "None");
}

/// A server of the older era over HTTP, whose messages belong to the session `one-2-three`. Answers its address.
fn server_with_a_session() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/mcp", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (head, message) = receive(&stream);
            let result = match message["method"].as_str() {
                Some("initialize") => {
                    json!({"result": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "h", "version": "1"}}})
                }
                Some("tools/list") => json!({"result": {"tools": [{"name": "look", "inputSchema": {"type": "object"}}]}}),
                Some("tools/call") if head.contains("mcp-session-id: one-2-three") => json!({"result": {"content": []}}),
                Some(_) | None => json!({"error": {"code": -32601, "message": "unknown"}}),
            };
            let mut reply = json!({"jsonrpc": "2.0", "id": message["id"]});
            reply.as_object_mut().unwrap().extend(result.as_object().unwrap().clone());
            let (status, body) = match (head.starts_with("post"), message["id"].is_null()) {
                (false, _) => ("405 Method Not Allowed", String::new()),
                (true, true) => ("202 Accepted", String::new()),
                (true, false) => ("200 OK", reply.to_string()),
            };
            let session = if message["method"] == "initialize" { "mcp-session-id: one-2-three\r\n" } else { "" };
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{session}content-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    address
}

#[test]
fn a_call_over_http_names_the_session_of_its_transport() {
    let collector = Collector::start();
    let project = project(&json!({"h": {"url": server_with_a_session()}}), "");
    let mut command = project.command(&["call", "h__look"]);
    let ended = command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.address).output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let spans = collector.spans();
    let found = attributes(&spans[0]);
    assert_eq!((&found["mcp.session.id"], &found["network.transport"]), (&json!("one-2-three"), &json!("tcp")), "{found}");
    assert!(found["jsonrpc.request.id"].as_str().is_some_and(|id| id.parse::<u64>().is_ok()), "{found}");
}

#[test]
fn a_collector_that_is_away_costs_a_line_in_the_log() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut project =
        project(&files(), "from mcp_execution import call_tool\ncall_tool('files__read_text', {'path': 'a.txt'})\n");
    let config = json!({
        "mcpServers": files(),
        "studio": {"policy": {"default": "allow"}, "telemetry": {"endpoint": format!("http://{nobody}"), "headers": {"authorization": "Bearer ${NOT_SET:-canary}"}}},
    });
    project.write("mcp_config.json", &config.to_string());
    let project = &mut project;
    let ended = project.run(&["exec", "workspace/a.py"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), ""), "{ended:?}");
    let logs = std::fs::read_dir(project.path(".mcp-studio/logs")).unwrap().flatten();
    let log: String = logs.map(|file| std::fs::read_to_string(file.path()).unwrap()).collect();
    assert_eq!(log.matches("traces are not taken").count(), 1, "{log}");
    assert!(!log.contains("canary"), "{log}");
}
