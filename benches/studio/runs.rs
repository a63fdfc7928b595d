//! Runs of scripts: cold against a bare interpreter, warm against a bare fork, many at once, with a tool call, interrupted.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::memory;
use crate::support::{Sample, head, row, text, times};
use mcp_studio::ops::{Folder, Input, Location, Output, Run, RunRequest, Script, Start, Studio};
use serde_json::Value;
use tokio::runtime::Runtime;

/// Cold runs timed; `RUNS=20` for a try.
const COLD: usize = 100;
/// Between two warm runs of a person: the pool is full again.
const PAUSE: Duration = Duration::from_millis(20);
/// Warm runs timed.
const WARM: usize = 1_000;
/// Forks of the baseline, in a Python of its own.
const FORKS: &str = "import os, sys, time
times = []
for _ in range(int(sys.argv[1])):
    start = time.perf_counter_ns()
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    times.append(time.perf_counter_ns() - start)
print(*times)";
/// Waits to be interrupted, and says so.
pub(crate) const SLEEPER: &str = "import time\nprint('on', flush=True)\ntime.sleep(60)\n";
/// One tool call.
const CALLER: &str = "from mcp_execution import call_tool\ncall_tool('files__file_info', {'path': 'a.txt'})\n";

pub(crate) fn run() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let project = tempfile::tempdir().expect("a folder");
    std::fs::write(project.path().join("a.txt"), "x".repeat(60)).expect("a file");
    let config = project.path().join("mcp_config.json");
    let server = serde_json::json!({"command": env!("CARGO_BIN_EXE_mcp-studio"), "args": ["file-server", "--root", "."]});
    let policy = serde_json::json!({"default": "allow"});
    let configuration = serde_json::json!({"mcpServers": {"files": server}, "studio": {"policy": policy}});
    std::fs::write(&config, configuration.to_string()).expect("a configuration");
    let location = Location { config: Some(config), workspace: None };
    let _within = runtime.enter();
    let studio = Studio::open(&location, "bench").expect("a studio");
    runtime.block_on(studio.warm());
    whole(project.path());
    warm(&runtime, &studio);
    throughput(&runtime, &studio);
    interrupts(&runtime, &studio);
    memory::run(&runtime, &studio);
    runtime.block_on(studio.shutdown());
}

pub(crate) fn request(source: &str) -> RunRequest {
    RunRequest {
        script: Script::Text { name: "bench.py".to_owned(), source: source.to_owned() },
        arguments: Vec::new(),
        context: Value::Null,
        timeout: None,
        start: Start::Warm,
        stdin: Input::Null,
        output: Output::Board,
        sandbox: None,
        answering: None,
        folder: Folder::Current,
    }
}

/// The program from its start to its exit code, against an interpreter that does nothing.
fn whole(project: &std::path::Path) {
    let script = project.join("pass.py");
    std::fs::write(&script, "pass\n").expect("a script");
    let python = interpreter();
    let bare = timed(times(COLD), || status(&python, &["-I", "-S", "-c", "pass"], project));
    let path = script.to_str().expect("a name");
    let cold = timed(times(COLD), || status(env!("CARGO_BIN_EXE_mcp-studio"), &["exec", "--cold", path], project));
    head("Simple script, cold, whole program", "python3 -I -S -c pass");
    row("baseline", &bare, &bare);
    row("mcp-studio exec", &cold, &bare);
}

fn warm(runtime: &Runtime, studio: &Studio) {
    let count = times(WARM);
    let forks = forks(count);
    let rest = || runtime.block_on(tokio::time::sleep(PAUSE));
    let pass = timed_apart(count, rest, || finish(runtime, studio, "pass\n"));
    finish(runtime, studio, CALLER);
    let caller = timed_apart(count, rest, || finish(runtime, studio, CALLER));
    let at_once = timed(count, || finish(runtime, studio, "pass\n"));
    head("Warm script, confined, request to exit code", "fork + _exit + wait in Python");
    row("baseline", &forks, &forks);
    row("pass, 20 ms apart", &pass, &forks);
    row("one tool call, 20 ms apart", &caller, &forks);
    row("pass, one right after the other", &at_once, &forks);
}

fn throughput(runtime: &Runtime, studio: &Studio) {
    let count = times(WARM);
    let start = Instant::now();
    runtime.block_on(async {
        let half = || async {
            for _ in 0..count / 2 {
                studio.run_script(request("pass\n")).await.expect("a run").finished().await;
            }
        };
        futures::future::join(half(), half()).await;
    });
    println!("two at a time: {:.0} scripts/s", (count / 2 * 2) as f64 / start.elapsed().as_secs_f64());
}

/// From the request to stop until the run is over, when the script has its own way to go and when it has none.
fn interrupts(runtime: &Runtime, studio: &Studio) {
    let count = times(COLD);
    let one = |stop: fn(&Run)| {
        runtime.block_on(async {
            let run = studio.run_script(request(SLEEPER)).await.expect("a run");
            while studio.board().run(run.id()).is_none_or(|view| view.output_lines == 0) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let start = Instant::now();
            stop(&run);
            run.finished().await;
            start.elapsed()
        })
    };
    let measure = |stop: fn(&Run)| -> Sample { (0..count).map(|_| one(stop)).collect::<Vec<_>>().into() };
    let honoured = measure(Run::interrupt);
    let killed = measure(|run| {
        run.interrupt();
        run.interrupt();
    });
    println!("interrupt to gone: {} (p99 {})", text(honoured.median()), text(honoured.quantile(0.99)));
    println!("kill to gone: {} (p99 {})", text(killed.median()), text(killed.quantile(0.99)));
}

fn timed(count: usize, work: impl FnMut()) -> Sample {
    timed_apart(count, || {}, work)
}

/// As [`timed`], with something before each that is not timed.
fn timed_apart(count: usize, mut before: impl FnMut(), mut work: impl FnMut()) -> Sample {
    let one = |_| {
        before();
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..count).map(one).collect::<Vec<_>>().into()
}

fn finish(runtime: &Runtime, studio: &Studio, source: &str) {
    let result = runtime.block_on(async { studio.run_script(request(source)).await.expect("a run").finished().await });
    assert_eq!(result.exit_code, 0, "{result:?}");
}

#[expect(clippy::disallowed_methods, reason = "a benchmark starts what it measures, outside the studio")]
pub(crate) fn command(program: &str) -> Command {
    Command::new(program)
}

fn status(program: &str, arguments: &[&str], folder: &std::path::Path) {
    let mut command = command(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    assert!(command.status().expect("a program").success(), "{program} {arguments:?}");
}

/// The interpreter itself: a version manager's `python3` in front of it takes many times as long.
pub(crate) fn interpreter() -> String {
    let output = command("python3").args(["-I", "-S", "-c", "import sys; print(sys.executable)"]).output().expect("a Python");
    String::from_utf8(output.stdout).expect("a name").trim().to_owned()
}

fn forks(count: usize) -> Sample {
    let output = command("python3").args(["-I", "-S", "-c", FORKS, &count.to_string()]).output().expect("a Python");
    let printed = String::from_utf8(output.stdout).expect("figures");
    let times = printed.split_ascii_whitespace().map(|word| Duration::from_nanos(word.parse().expect("a figure")));
    times.collect::<Vec<_>>().into()
}
