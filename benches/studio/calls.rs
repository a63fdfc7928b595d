//! One tool call through the studio (guards, record, catalog) against the same call by `rmcp` alone.
//!
//! Both sides speak to a file server of this binary of their own, over stdio.

use std::process::Stdio;

use crate::support::{Sample, head, row, text};
use mcp_studio::ops::{Location, Studio};
use mcp_studio::types::Caller;
use rmcp::ServiceExt as _;
use rmcp::model::CallToolRequestParams;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// Calls timed one after the other.
const CALLS: usize = 3_000;
/// Calls in flight at once in the second part.
const IN_FLIGHT: usize = 32;

pub(crate) fn run() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let project = tempfile::tempdir().expect("a folder");
    std::fs::write(project.path().join("a.txt"), "x".repeat(60)).expect("a file");
    let config = project.path().join("mcp_config.json");
    let server = serde_json::json!({"command": env!("CARGO_BIN_EXE_mcp-studio"), "args": ["file-server", "--root", "."]});
    std::fs::write(&config, serde_json::json!({"mcpServers": {"files": server}}).to_string()).expect("a configuration");
    let direct = direct(&runtime, project.path());
    let (studio, burst) = studio(&runtime, &config);
    head("Tool call, 100 B result, one at a time", "rmcp client on the same server program");
    row("baseline", &direct, &direct);
    row("through the studio", &studio, &direct);
    let added = studio.median().saturating_sub(direct.median());
    println!("added by guards, record and board: {}", text(added));
    println!("{IN_FLIGHT} in flight: {burst:.0} calls/s");
}

fn arguments() -> serde_json::Map<String, serde_json::Value> {
    serde_json::json!({"path": "a.txt"}).as_object().cloned().expect("an object")
}

#[expect(clippy::disallowed_methods, reason = "the baseline starts its own server, outside the studio")]
fn direct(runtime: &Runtime, project: &std::path::Path) -> Sample {
    runtime.block_on(async {
        let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_mcp-studio"))
            .args(["file-server", "--root", "."])
            .current_dir(project)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the file server");
        let pipes = (child.stdout.take().expect("its output"), child.stdin.take().expect("its input"));
        let client = ().serve(pipes).await.expect("a session");
        let mut times = Vec::with_capacity(CALLS);
        for turn in 0..CALLS + 200 {
            let start = std::time::Instant::now();
            client.call_tool(CallToolRequestParams::new("file_info").with_arguments(arguments())).await.expect("an answer");
            if turn >= 200 {
                times.push(start.elapsed());
            }
        }
        times.into()
    })
}

fn studio(runtime: &Runtime, config: &std::path::Path) -> (Sample, f64) {
    runtime.block_on(async {
        let location = Location { config: Some(config.to_owned()), workspace: None };
        let studio = Studio::open(&location, "bench").expect("a studio");
        let call =
            || studio.call_tool("files__file_info", Some(arguments().into()), Caller::CommandLine, CancellationToken::new());
        let mut times = Vec::with_capacity(CALLS);
        for turn in 0..CALLS + 200 {
            let start = std::time::Instant::now();
            call().await.outcome.expect("an answer");
            if turn >= 200 {
                times.push(start.elapsed());
            }
        }
        let start = std::time::Instant::now();
        for _ in 0..CALLS / IN_FLIGHT {
            futures::future::join_all((0..IN_FLIGHT).map(|_| call())).await;
        }
        let burst = (CALLS / IN_FLIGHT * IN_FLIGHT) as f64 / start.elapsed().as_secs_f64();
        studio.shutdown().await;
        (times.into(), burst)
    })
}
