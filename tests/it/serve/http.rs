//! The door over HTTP, and who is turned away at it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::Project;

/// The token of the doors of these tests.
pub(super) const TOKEN: &str = "a-token-of-these-tests";

const DOOR: [&str; 5] = ["serve", "--http", "127.0.0.1:0", "--allow-origin", "https://app.example.com:443"];

/// A served project, closed when it is dropped.
pub(super) struct Door {
    server: Child,
    authority: String,
}

impl Door {
    /// Opens a door that needs [`TOKEN`] on a free port.
    pub(super) fn open(project: &Project) -> Self {
        Self::opened(project.command(&DOOR).env("MCP_STUDIO_TOKEN", TOKEN))
    }

    /// Opens one for anybody on this machine.
    pub(super) fn open_to_all(project: &Project) -> Self {
        Self::opened(project.command(&DOOR).env_remove("MCP_STUDIO_TOKEN"))
    }

    fn opened(command: &mut Command) -> Self {
        let mut server = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stderr.take().unwrap()).read_line(&mut line).unwrap();
        let authority = line.strip_prefix("[INFO] listening on http://").unwrap().strip_suffix("/mcp\n").unwrap().to_owned();
        Self { server, authority }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/mcp", self.authority)
    }

    /// Posts `initialize` with further header lines, and answers the status line and the body.
    fn post(&self, host: &str, headers: &str) -> (String, String) {
        let client = json!({"name": "test", "version": "1"});
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}).to_string();
        let head = format!(
            "POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
             {headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(&self.authority).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let mut status = String::new();
        reader.read_line(&mut status).unwrap();
        let mut rest = String::new();
        // A session's stream stays open; the events that matter come first.
        while !rest.contains("serverInfo") && reader.read_line(&mut rest).unwrap() > 0 {}
        if !status.contains("200") {
            reader.read_to_string(&mut rest).unwrap();
        }
        (status.trim_end().to_owned(), rest)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A port that nobody listened on a moment ago.
pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn only_those_come_in_who_may() {
    let project = super::project();
    let door = Door::open(&project);
    let bearer = format!("Authorization: Bearer {TOKEN}\r\n");
    let status = |host: &str, headers: String| door.post(host, &headers).0;
    let own = door.authority.clone();
    assert_eq!(status(&own, bearer.clone()), "HTTP/1.1 200 OK");
    assert_eq!(status(&own, String::new()), "HTTP/1.1 401 Unauthorized");
    for wrong in ["Bearer another-token-of-these", "Basic YTpi", "Bearer", &format!("Bearer {TOKEN}x")] {
        assert_eq!(status(&own, format!("Authorization: {wrong}\r\n")), "HTTP/1.1 401 Unauthorized", "{wrong}");
    }
    for foreign in ["https://evil.example", "null", "http://localhost:3000", "https://app.example.com:8443"] {
        assert_eq!(status(&own, format!("{bearer}Origin: {foreign}\r\n")), "HTTP/1.1 403 Forbidden", "{foreign}");
    }
    assert_eq!(status(&own, format!("{bearer}Origin: https://app.example.com\r\n")), "HTTP/1.1 200 OK");
    assert_eq!(status(&own, format!("{bearer}Origin: http://{own}\r\n")), "HTTP/1.1 200 OK");
    assert_eq!(status("evil.example", bearer.clone()), "HTTP/1.1 403 Forbidden");
    let (_, body) = door.post(&own, &bearer);
    let event = body.lines().find_map(|line| line.strip_prefix("data: {")).unwrap();
    let greeting: Value = serde_json::from_str(&format!("{{{event}")).unwrap();
    assert_eq!(greeting["result"]["serverInfo"]["name"], json!("mcp-studio"));
}
