//! Servers that others wrote, and the embedded one: listed, called, cancelled, and gone afterwards.
//!
//! They come from `PyPI` (`uvx`, out of the studio's own environment) and npm (`npx`). Where those cannot be reached a test
//! says so and passes over it, except under `CI`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream, ToSocketAddrs as _};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

use mcp_studio::ops::{DiscoverRequest, Location, ServerState, StepState, Studio};
use mcp_studio::types::{Caller, FailureKind, ServerName, ToolId};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::{BINARY, Project, alive, below, program};

/// The workspace whose environment all these tests share, so that it is downloaded once.
pub(crate) fn shared_workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("real-servers/workspace")
}

/// A studio on one server called `real`.
struct Real {
    studio: Studio,
    server: ServerName,
    project: Project,
}

impl Real {
    fn open(config: &Value) -> Self {
        let project = Project::new(&json!({"mcpServers": {"real": config}, "studio": {"policy": {"default": "allow"}}}), &[]);
        let location = Location { config: Some(project.path("mcp_config.json")), workspace: Some(shared_workspace()) };
        let studio = Studio::open(&location, "test").unwrap();
        Self { studio, server: ServerName::new("real").unwrap(), project }
    }

    /// Names of its tools, sorted.
    async fn tools(&self) -> Vec<String> {
        let offer = self.studio.connect(&self.server).await.unwrap_or_else(|failure| panic!("{failure}"));
        assert_eq!(offer.rejected, Vec::<String>::new());
        let mut names: Vec<String> = offer.tools.iter().map(|tool| tool.id.tool.to_string()).collect();
        names.sort();
        names
    }

    async fn call(&self, tool: &str, arguments: Value) -> Value {
        let id = format!("{}__{tool}", self.server);
        let reply = self.studio.call_tool(&id, Some(arguments), Caller::CommandLine, CancellationToken::new()).await;
        reply.outcome.unwrap_or_else(|failure| panic!("{failure}")).value
    }

    /// Calls a long tool, cancels it at its first progress, and answers that progress.
    async fn cancelled_at_first_progress(&self, tool: &str, arguments: Value) -> String {
        let cancel = CancellationToken::new();
        let id = format!("{}__{tool}", self.server);
        let call = self.studio.call_tool(&id, Some(arguments), Caller::CommandLine, cancel.clone());
        let watch = async {
            let progress = self.first_progress().await;
            cancel.cancel();
            progress
        };
        let (reply, progress) = tokio::join!(call, watch);
        assert_eq!(reply.outcome.unwrap_err().kind, FailureKind::Cancelled);
        progress
    }

    async fn first_progress(&self) -> String {
        let mut seen = 0;
        loop {
            let steps = self.studio.board().steps(None, 0..u64::MAX);
            let last = steps.last().map(|step| step.state.clone());
            if let Some(StepState::Running { progress: Some(progress), .. }) = last {
                return progress;
            }
            seen = self.studio.pulse().changed_since(seen).await;
        }
    }

    /// Discovers tools as planned and checks that each model loads the replies it was made from, and no other tool was called.
    async fn discover(&self, plan: &Value, models: &[(&str, &str)]) {
        let servers = json!({"servers": {"real": plan}});
        self.project.write("discovery_config.json", &servers.to_string());
        let discovered = self.studio.discover(&DiscoverRequest::default(), Caller::CommandLine, &|_| ()).await.unwrap().remove(0);
        assert!(discovered.failure.is_none() && discovered.refused.is_empty(), "{discovered:?}");
        for (tool, head) in models {
            let shown = self.studio.shown_model(&ToolId::new(self.server.clone(), tool)).unwrap().unwrap();
            assert!(shown.source.starts_with(head), "{tool}: {}", shown.source);
        }
        let again = self.studio.discover(&DiscoverRequest::default(), Caller::CommandLine, &|_| ()).await.unwrap().remove(0);
        let warned = self.studio.board().steps(None, 0..u64::MAX).into_iter().any(|step| match step.state {
            StepState::Done(record) => !record.warnings.is_empty(),
            StepState::Running { .. } => true,
        });
        assert!(!warned && again.diff.is_empty(), "the same replies fit what was discovered: {}", again.diff);
    }

    /// The server's process and everything below it.
    fn processes(&self) -> Vec<u32> {
        let states = self.studio.servers();
        let process = states.iter().find_map(|(_, state)| match state {
            ServerState::Ready(peer) | ServerState::Degraded(peer, _) => peer.process,
            ServerState::Idle | ServerState::Disabled | ServerState::Connecting { .. } | ServerState::Failed { .. } => None,
        });
        let process = process.expect("a stdio server has a process");
        [vec![process], below(process)].concat()
    }

    async fn shut_down(self, processes: &[u32]) {
        assert!(processes.iter().all(|process| alive(*process)), "they live until then");
        self.studio.shutdown().await;
        let left: Vec<&u32> = processes.iter().filter(|process| alive(**process)).collect();
        assert_eq!(left, Vec::<&u32>::new());
    }
}

/// Whether a test that needs what `command` or `host` gives can run; under `CI` it must.
fn can_use(what: &str, there: bool) -> bool {
    let can = there || std::env::var_os("CI").is_some();
    if !can {
        eprintln!("passed over: {what} cannot be reached");
    }
    can
}

pub(crate) fn npm() -> bool {
    let npx = program("npx").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    can_use(
        "npx with its registry",
        npx.is_ok_and(|status| status.success()) && online("registry.npmjs.org:443", "npm_config_registry"),
    )
}

pub(crate) fn pypi() -> bool {
    can_use("PyPI", online("pypi.org:443", "PIP_INDEX_URL") || std::env::var_os("UV_INDEX_URL").is_some())
}

/// Whether `host` answers, or the machine names a registry of its own.
fn online(host: &str, own_registry: &str) -> bool {
    let limit = Duration::from_secs(2);
    std::env::var_os(own_registry).is_some()
        || host.to_socket_addrs().is_ok_and(|mut all| all.any(|address| TcpStream::connect_timeout(&address, limit).is_ok()))
}

#[tokio::test]
async fn the_embedded_file_server() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::File::create(folder.path().join("endless")).unwrap().set_len(1 << 42).unwrap();
    let real = Real::open(&json!({"command": BINARY, "args": ["file-server", "--root", folder.path()]}));
    assert_eq!(real.tools().await, ["count", "file_info", "list_directory", "read_text", "search_text"]);
    assert_eq!(real.call("list_directory", json!({})).await["entries"][0]["path"], json!("endless"));
    assert_eq!(real.cancelled_at_first_progress("count", json!({})).await, "0 of 1 · 0 of 1 files");
    assert_eq!(real.call("file_info", json!({"path": "endless"})).await["kind"], json!("file"));
    let plan = json!({"list_directory": {"samples": [{}]}, "file_info": {"samples": [{"path": "endless"}]}});
    let models = [("list_directory", "class Entry(OpenModel):\n"), ("file_info", "class FileInfoResult(OpenModel):\n")];
    real.discover(&plan, &models).await;
    let processes = real.processes();
    real.shut_down(&processes).await;
}

#[tokio::test]
async fn the_git_server() {
    if !pypi() {
        return;
    }
    let repository = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| program("git").args(arguments).current_dir(&repository).output().unwrap();
    assert!(git(&["init", "-b", "main"]).status.success());
    std::fs::write(repository.path().join("new.txt"), "x").unwrap();
    let real = Real::open(&json!({"command": "uvx", "args": ["mcp-server-git"], "connect_timeout_seconds": 300}));
    assert!(real.tools().await.contains(&"git_status".to_owned()));
    let status = real.call("git_status", json!({"repo_path": repository.path()})).await;
    assert!(status.to_string().contains("new.txt"), "{status}");
    let samples = json!([{"repo_path": repository.path()}]);
    let plan = json!({"git_status": {"samples": samples}, "git_diff_unstaged": {"samples": samples}});
    let models =
        [("git_status", "GitStatusResult: TypeAlias = str\n"), ("git_diff_unstaged", "GitDiffUnstagedResult: TypeAlias = str\n")];
    real.discover(&plan, &models).await;
    let processes = real.processes();
    real.shut_down(&processes).await;
}

#[tokio::test]
async fn the_fetch_server() {
    if !pypi() {
        return;
    }
    let url = serve_page("a page of our own");
    let arguments = ["mcp-server-fetch", "--ignore-robots-txt", "--allow-private-ips"];
    let real = Real::open(&json!({"command": "uvx", "args": arguments, "connect_timeout_seconds": 300}));
    assert_eq!(real.tools().await, ["fetch"]);
    let page = real.call("fetch", json!({"url": url, "raw": true})).await;
    assert!(page.to_string().contains("a page of our own"), "{page}");
    let processes = real.processes();
    real.shut_down(&processes).await;
}

/// Serves one page to whoever asks, for as long as the test runs.
fn serve_page(text: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                text.len()
            );
            let _ = stream.write_all(format!("{head}{text}").as_bytes());
        }
    });
    url
}

const EVERYTHING: &str = "@modelcontextprotocol/server-everything";

#[tokio::test]
async fn the_everything_server_over_stdio() {
    if !npm() {
        return;
    }
    let real = Real::open(&json!({"command": "npx", "args": ["-y", EVERYTHING], "connect_timeout_seconds": 300}));
    everything(&real).await;
    let plan = json!({"echo": {"samples": [{"message": "a"}, {"message": "b"}]}, "get-structured-content": {"samples": [{"location": "Chicago"}]}});
    let models =
        [("echo", "EchoResult: TypeAlias = str\n"), ("get-structured-content", "class GetStructuredContentResult(OpenModel):\n")];
    real.discover(&plan, &models).await;
    let processes = real.processes();
    assert!(processes.len() > 1, "npx starts the server below itself");
    real.shut_down(&processes).await;
}

#[tokio::test]
async fn the_everything_server_over_http() {
    if !npm() {
        return;
    }
    let server = HttpServer::start();
    let real = Real::open(&json!({"url": format!("http://127.0.0.1:{}/mcp", server.port)}));
    everything(&real).await;
    real.studio.shutdown().await;
}

/// Lists, calls and cancels what the reference server offers.
async fn everything(real: &Real) {
    let tools = real.tools().await;
    assert!(tools.contains(&"echo".to_owned()) && tools.contains(&"trigger-long-running-operation".to_owned()), "{tools:?}");
    assert_eq!(real.call("echo", json!({"message": "hi"})).await, json!("Echo: hi"));
    let structured = real.call("get-structured-content", json!({"location": "New York"})).await;
    assert!(structured["temperature"].is_number(), "{structured}");
    let long = json!({"duration": 60, "steps": 600});
    assert_eq!(real.cancelled_at_first_progress("trigger-long-running-operation", long).await, "1 of 600");
    assert_eq!(real.call("echo", json!({"message": "still here"})).await, json!("Echo: still here"));
}

/// The reference server as an HTTP server of its own.
struct HttpServer {
    child: Child,
    port: u16,
}

impl HttpServer {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = program("npx");
        command.args(["-y", EVERYTHING, "streamableHttp"]).env("PORT", port.to_string());
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(lines.any(|line| line.is_ok_and(|line| line.contains("listening on port"))), "it ended before it listened");
        // Its pipe must stay open and empty, or its next line would end it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, port }
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        let _ = program("kill").args(["-s", "KILL", "--", &group]).status();
        let _ = self.child.wait();
    }
}
