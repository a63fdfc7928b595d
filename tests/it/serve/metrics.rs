//! The counters beside the door, asked for over a real connection.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;

use serde_json::json;

use super::http::TOKEN;
use crate::support::{Project, program};

/// One request, whole: status line, head, body.
fn get(authority: &str, path: &str, headers: &str) -> (String, String) {
    let mut stream = TcpStream::connect(authority).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

#[test]
fn counters_are_shown_to_whoever_may_come_in_and_only_where_asked_for() {
    let files = json!({"command": "mcp-studio", "args": ["file-server", "--root", "data"]});
    let script = "from mcp_execution import call_tool\ncall_tool('files__read_text', {'path': 'a.txt'})\n";
    let project = Project::new(&json!({"mcpServers": {"files": files}}), &[("data/a.txt", "x"), ("workspace/a.py", script)]);
    for (arguments, shown) in
        [(&["serve", "--http", "127.0.0.1:0", "--metrics"][..], true), (&["serve", "--http", "127.0.0.1:0"], false)]
    {
        let mut command = project.command(arguments);
        let mut server = command.env("MCP_STUDIO_TOKEN", TOKEN).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stderr.take().unwrap()).read_line(&mut line).unwrap();
        let authority = line.strip_prefix("[INFO] listening on http://").unwrap().strip_suffix("/mcp\n").unwrap().to_owned();
        let ask = |host: &str, more: &str| get(&authority, "/metrics", &format!("Host: {host}\r\n{more}"));
        let bearer = format!("Authorization: Bearer {TOKEN}\r\n");
        assert_eq!(ask(&authority, "").0, "HTTP/1.1 401 Unauthorized");
        if shown {
            assert_eq!(ask("evil.example", &bearer).0, "HTTP/1.1 403 Forbidden");
            assert_eq!(ask(&authority, &format!("{bearer}Origin: https://evil.example\r\n")).0, "HTTP/1.1 403 Forbidden");
            run_as_agent(&authority);
            let (status, body) = ask(&authority, &bearer);
            assert_eq!(status, "HTTP/1.1 200 OK");
            for expected in [
                "mcp_studio_calls_total{server=\"files\",tool=\"read_text\",decision=\"ok\"} 1",
                "mcp_studio_call_duration_seconds_bucket{server=\"files\",tool=\"read_text\",le=\"+Inf\"} 1",
                "mcp_studio_call_duration_seconds_count{server=\"files\",tool=\"read_text\"} 1",
                "mcp_studio_runs_total{outcome=\"ok\"} 1",
                "mcp_studio_server_up{server=\"files\"} 1",
                "mcp_studio_calls_under_way 0",
            ] {
                assert!(body.lines().any(|line| line == expected), "{expected} in\n{body}");
            }
            check(&body);
        } else {
            assert_eq!(ask(&authority, &bearer).0, "HTTP/1.1 404 Not Found");
        }
        server.kill().unwrap();
        server.wait().unwrap();
    }
}

/// Has the script run through the door, by the plain protocol.
fn run_as_agent(authority: &str) {
    let script = r#"
import json, sys, urllib.request
url, token = sys.argv[1:]
session = None
def post(body):
    headers = {"content-type": "application/json", "accept": "application/json, text/event-stream", "authorization": "Bearer " + token}
    if session: headers["mcp-session-id"] = session
    request = urllib.request.Request(url, json.dumps({"jsonrpc": "2.0", **body}).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return answer.headers.get("mcp-session-id"), answer.read().decode()
hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
session, _ = post({"id": 1, "method": "initialize", "params": hello})
post({"method": "notifications/initialized"})
_, answer = post({"id": 2, "method": "tools/call", "params": {"name": "execute_script", "arguments": {"path": "a.py"}}})
assert '"isError":true' not in answer, answer
"#;
    let url = format!("http://{authority}/mcp");
    let ended = program("python3").args(["-c", script, &url, TOKEN]).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

/// Every line is a comment or a sample of the text form, and every sample has a type.
fn check(body: &str) {
    let sample =
        regex::Regex::new(r#"^(mcp_studio_[a-z_]+?)(_bucket|_sum|_count)?(\{([a-z]+="([^"\\\n]|\\.)*",?)+\})? [0-9.e-]+$"#)
            .unwrap();
    let typed: Vec<&str> = body.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    for line in body.lines().filter(|line| !line.starts_with('#')) {
        let found = sample.captures(line).unwrap_or_else(|| panic!("{line}"));
        let whole = format!("{}{}", &found[1], found.get(2).map_or("", |part| part.as_str()));
        assert!(typed.contains(&&found[1]) || typed.contains(&whole.as_str()), "{line}");
    }
}
