//! Tool calls of a script through the studio against the same calls by the Python SDK, both of the same server program.
//!
//! The SDK lives in an environment that is made once below `target`; without a package index the comparison is passed over.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use crate::runs::{command, interpreter, request};
use crate::support::{Sample, head, row, times};
use mcp_studio::ops::{Location, Script, Studio};
use serde_json::{Value, json};

/// The SDK that is compared with.
const PACKAGE: &str = "mcp>=2.3,<3";
/// Calls one after the other, and again with several in flight; `RUNS=100` for a try.
const CALLS: usize = 3_000;
/// Calls in flight at once.
const IN_FLIGHT: usize = 32;
/// Large results.
const LARGE: usize = 50;
/// Calls before those that are timed.
const WARM_UP: usize = 100;
/// Bytes of the large text. The server sends it as text and as structured content: a result of 1 MB.
const LARGE_BYTES: usize = 500_000;

pub(crate) fn run() {
    let Some(python) = sdk() else {
        println!("\npassed over: no Python environment with {PACKAGE} can be made here");
        return;
    };
    let project = tempfile::tempdir().expect("a folder");
    let binary = env!("CARGO_BIN_EXE_mcp-studio");
    std::fs::write(project.path().join("a.txt"), "x".repeat(60)).expect("a file");
    std::fs::write(project.path().join("large.txt"), "x".repeat(99).repeat(LARGE_BYTES / 99)).expect("a file");
    let server = json!({"command": binary, "args": ["file-server", "--root", "."]});
    let configuration = json!({"mcpServers": {"files": server}, "studio": {"policy": {"default": "allow"}}});
    std::fs::write(project.path().join("mcp_config.json"), configuration.to_string()).expect("a configuration");
    let counts = json!([times(CALLS).max(IN_FLIGHT), IN_FLIGHT, times(LARGE).min(LARGE), WARM_UP]);
    let theirs = by_sdk(&python, project.path(), &counts);
    let ours = by_script(project.path(), &counts);
    head("Tool calls of a script, seen by the script", "Python SDK on the same server program");
    for (key, title) in [("single", "one at a time"), ("large", "result of 1 MB")] {
        let [theirs, ours] = [&theirs, &ours].map(|figures| sample(&figures[key]));
        row(&format!("{title}, baseline"), &theirs, &theirs);
        row(&format!("{title}, script"), &ours, &theirs);
    }
    let calls = counts[0].as_u64().expect("a number") as usize / IN_FLIGHT * IN_FLIGHT;
    let rate = |figures: &Value| calls as f64 / figures["burst"].as_f64().expect("a time");
    let (theirs, ours) = (rate(&theirs), rate(&ours));
    println!("{IN_FLIGHT} in flight: {ours:.0} calls/s; SDK {theirs:.0} calls/s; {:.2} x", ours / theirs);
}

/// The interpreter that has the SDK.
fn sdk() -> Option<PathBuf> {
    let environment = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-sdk");
    let python = environment.join("bin/python");
    let runs = |program: &str, arguments: &[&str]| {
        let mut command = command(program);
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let (program, folder) = (python.to_str()?, environment.to_str()?);
    let there = || runs(program, &["-c", "import mcp.client"]);
    let made = || runs(&interpreter(), &["-m", "venv", folder]) && runs(program, &["-m", "pip", "install", "--quiet", PACKAGE]);
    (there() || (made() && there())).then_some(python)
}

fn by_sdk(python: &Path, project: &Path, counts: &Value) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/studio/sdk.py");
    let mut command = command(python.to_str().expect("a name"));
    command.arg(script).args([env!("CARGO_BIN_EXE_mcp-studio"), &counts.to_string()]).current_dir(project);
    let output = command.stderr(Stdio::inherit()).output().expect("the SDK");
    serde_json::from_slice(&output.stdout).expect("figures")
}

fn by_script(project: &Path, counts: &Value) -> Value {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let location = Location { config: Some(project.join("mcp_config.json")), workspace: None };
        let studio = Studio::open(&location, "bench").expect("a studio");
        studio.warm().await;
        let mut asked = request("");
        asked.script = Script::Text { name: "script.py".to_owned(), source: include_str!("script.py").to_owned() };
        asked.arguments = vec![counts.to_string()];
        let result = studio.run_script(asked).await.expect("a run").finished().await;
        assert_eq!(result.exit_code, 0, "{result:?}");
        studio.shutdown().await;
        result.value.clone().expect("figures")
    })
}

fn sample(seconds: &Value) -> Sample {
    let seconds = seconds.as_array().expect("a list").iter();
    seconds.map(|time| Duration::from_secs_f64(time.as_f64().expect("a time"))).collect::<Vec<_>>().into()
}
