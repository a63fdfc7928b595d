//! One tool call through the studio (guards, record, catalog) against the same call by `rmcp` alone.
//!
//! Both sides speak to a file server of this binary of their own, over stdio.

use std::process::Stdio;
use std::time::Instant;

use crate::support::{BINARY, head, row, runtime, timed, times, trial};
use mcp_studio::ops::bench::{Sample, Trial, Turns, burst, duration_words};
use mcp_studio::types::limits::BENCH_IN_FLIGHT;
use rmcp::ServiceExt as _;
use rmcp::model::CallToolRequestParams;

/// Calls timed one after the other.
const CALLS: usize = 3_000;
/// Calls before them.
const WARM_UP: usize = 200;

pub(crate) fn run() {
    runtime().block_on(async {
        let trial = trial().await;
        let direct = direct(&trial).await;
        timed(WARM_UP, async || trial.call().await).await;
        let ours = timed(CALLS, async || trial.call().await).await;
        let (rate, _) = burst(&trial, Turns::counted(times(CALLS) / BENCH_IN_FLIGHT)).await.expect("calls");
        trial.close().await;
        head("Tool call, 100 B result, one at a time", "rmcp client on the same server program");
        row("baseline", &direct, &direct);
        row("through the studio", &ours, &direct);
        let added = ours.median().saturating_sub(direct.median());
        println!("added by guards, record and board: {}", duration_words(added));
        println!("{BENCH_IN_FLIGHT} in flight: {rate:.0} calls/s");
    });
}

#[expect(clippy::disallowed_methods, reason = "the baseline starts its own server, outside the studio")]
async fn direct(trial: &Trial) -> Sample {
    let mut child = tokio::process::Command::new(BINARY)
        .args(["file-server", "--root", "."])
        .current_dir(trial.folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the file server");
    let pipes = (child.stdout.take().expect("its output"), child.stdin.take().expect("its input"));
    let client = ().serve(pipes).await.expect("a session");
    let arguments = trial.arguments().as_object().cloned().expect("an object");
    let call = async || {
        let start = Instant::now();
        client.call_tool(CallToolRequestParams::new("file_info").with_arguments(arguments.clone())).await.expect("an answer");
        Ok(start.elapsed())
    };
    timed(WARM_UP, &call).await;
    timed(CALLS, &call).await
}
