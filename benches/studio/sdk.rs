//! Tool calls of a script through the studio against the same calls by the Python SDK, both of the same server program.
//!
//! The SDK lives in an environment that is made once below `target`; without a package index the comparison is passed over.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use crate::runs::command;
use crate::support::{BINARY, head, row, runtime, times, trial};
use mcp_studio::ops::bench::{Sample, Trial};
use mcp_studio::ops::{RunRequest, Script};
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
    let counts = json!([times(CALLS).max(IN_FLIGHT), IN_FLIGHT, times(LARGE).min(LARGE), WARM_UP]);
    let both = runtime().block_on(async {
        let trial = trial().await;
        let python = sdk(trial.python())?;
        std::fs::write(trial.folder().join("large.txt"), "x".repeat(99).repeat(LARGE_BYTES / 99)).expect("a file");
        let theirs = by_sdk(&python, trial.folder(), &counts);
        let ours = by_script(&trial, &counts).await;
        trial.close().await;
        Some((theirs, ours))
    });
    let Some((theirs, ours)) = both else {
        println!("\npassed over: no Python environment with {PACKAGE} can be made here");
        return;
    };
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
fn sdk(interpreter: &Path) -> Option<PathBuf> {
    let environment = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-sdk");
    let python = environment.join("bin/python");
    let runs = |program: &Path, arguments: &[&str]| {
        let mut command = command(program);
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let folder = environment.to_str()?;
    let there = || runs(&python, &["-c", "import mcp.client"]);
    let made = || runs(interpreter, &["-m", "venv", folder]) && runs(&python, &["-m", "pip", "install", "--quiet", PACKAGE]);
    (there() || (made() && there())).then(|| python.clone())
}

fn by_sdk(python: &Path, project: &Path, counts: &Value) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/studio/sdk.py");
    let mut command = command(python);
    command.arg(script).args([BINARY, &counts.to_string()]).current_dir(project);
    let output = command.stderr(Stdio::inherit()).output().expect("the SDK");
    serde_json::from_slice(&output.stdout).expect("figures")
}

async fn by_script(trial: &Trial, counts: &Value) -> Value {
    trial.studio().warm().await;
    let script = Script::Text { name: "script.py".to_owned(), source: include_str!("script.py").to_owned() };
    let request = RunRequest { arguments: vec![counts.to_string()], ..RunRequest::of(script) };
    let result = trial.studio().run_script(request).await.expect("a run").finished().await;
    assert_eq!(result.exit_code, 0, "{result:?}");
    result.value.clone().expect("figures")
}

fn sample(seconds: &Value) -> Sample {
    let seconds = seconds.as_array().expect("a list").iter();
    Sample::of(seconds.map(|time| Duration::from_secs_f64(time.as_f64().expect("a time"))).collect()).expect("times")
}
