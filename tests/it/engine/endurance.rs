//! What is left after many runs, and after the core is killed in the midst of them: nothing.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use mcp_studio::engine::Start;
use mcp_studio::journal::{self, Event};
use mcp_studio::types::limits::{BOARD_RUNS, SPARE_SCRATCH};
use serde_json::json;

use super::bench::{Bench, STARTS, request, seen, wait_for};
use crate::support::Project;

/// Times the core is killed; `KILLS=200` for the long test.
const KILLS: usize = 25;
/// Short runs of each kind; `RUNS=5000` for the long test. All three: see docs/performance.md.
const RUNS: usize = 50;

/// Long runs; `LONG_RUNS=100` for the long test.
const LONG_RUNS: usize = 2;
/// What memory may have grown by, MiB: a leak of a kilobyte a run would show in ten thousand.
const GROWTH_MIB: u64 = 8;

/// Works for two seconds, prints, and leaves a daemon behind.
const LONG: &str = r"
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
end = time.monotonic() + 2
while time.monotonic() < end:
    print('x' * 200, flush=True)
    time.sleep(0.01)
";

/// Calls without end, writes down each answered call, and has a daemon that hears nothing.
const BUSY: &str = r"
import os, signal, sys, time
from mcp_execution import call_tool
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        time.sleep(600)
    os._exit(0)
done = os.open(os.path.join(os.path.dirname(__file__), 'output', sys.argv[0][-4]), os.O_CREAT | os.O_APPEND | os.O_WRONLY)
while True:
    call_tool('plain__echo', {'n': 1})
    os.write(done, b'.')
";

fn times(variable: &str, usual: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Processes whose command line names `folder`: servers, fork servers, scripts and what they have forked.
fn living(folder: &Path) -> Vec<String> {
    let name = folder.to_str().unwrap();
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).filter(|line| line.contains(name)).collect()
}

/// Steps in the journal of the one session below `folder`, all of it proved.
fn recorded(folder: &Path) -> u64 {
    let mut steps = 0;
    for path in journal::files(&folder.join(".mcp-studio/journal")).unwrap() {
        journal::read(&path, |entry| steps += u64::from(matches!(entry.event, Event::Step(_)))).unwrap();
    }
    steps
}

#[test]
fn a_core_killed_at_any_moment_leaves_no_process_and_a_journal_that_proves_itself() {
    let server = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/plain.py")).unwrap();
    let policy = json!({"default": "allow"});
    let (mut calls, mut longest) = (0, Duration::ZERO);
    for turn in 0..times("KILLS", KILLS) {
        let project = Project::empty();
        let folder = project.folder();
        let server_file = project.path("plain.py");
        let plain = json!({"command": "python3", "args": [server_file]});
        project.write("mcp_config.json", &json!({"mcpServers": {"plain": plain}, "studio": {"policy": policy}}).to_string());
        for (name, text) in [("plain.py", server.as_str()), ("workspace/a.py", BUSY), ("workspace/b.py", BUSY)] {
            project.write(name, text);
        }
        let mut core = project
            .command(&["exec", "-j", "2", "workspace/a.py", "workspace/b.py"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Moments spread over start and work: a fixed walk, so that a failure can be repeated.
        std::thread::sleep(Duration::from_millis((turn as u64 * 137) % 1_500));
        let size = |name: &str| std::fs::metadata(project.path(name)).map_or(0, |facts| facts.len());
        // A busy machine has begun nothing by then: now and then the work is waited for.
        while turn % 5 == 4 && size("workspace/output/a") == 0 && core.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        core.kill().unwrap();
        core.wait().unwrap();
        let killed = Instant::now();
        while !living(&folder).is_empty() {
            assert!(killed.elapsed() < Duration::from_secs(10), "turn {turn} left {:?}", living(&folder));
            std::thread::yield_now();
        }
        longest = longest.max(killed.elapsed());
        let acknowledged = size("workspace/output/a") + size("workspace/output/b");
        assert!(recorded(&folder) >= acknowledged, "turn {turn}: {} of {acknowledged}", recorded(&folder));
        calls += acknowledged;
    }
    assert!(calls > 0, "no script was at work when its core was killed");
    println!("{calls} calls; the last process was gone after {longest:?} at the most");
}

/// Resident memory of this process, in MiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// Descriptors of this process, temporary files of the studio, processes of the project.
fn held(bench: &Bench) -> (usize, usize, usize) {
    let scratch: Vec<PathBuf> = std::fs::read_dir(std::env::temp_dir())
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().contains(&format!("mcp-studio-{}-", std::process::id())))
        .collect();
    let entries = |folder: &Path| std::fs::read_dir(folder).map_or(0, Iterator::count);
    let files = scratch.iter().map(|folder| entries(folder)).sum();
    (entries(Path::new("/proc/self/fd")), files, living(bench.workspace.parent().unwrap()).len())
}

/// Whether no more is held than before, but for the folders that are made ahead of warm runs.
fn is_no_more(now: (usize, usize, usize), before: (usize, usize, usize)) -> bool {
    now.0 <= before.0 && now.1 <= before.1 + SPARE_SCRATCH && now.2 <= before.2
}

#[tokio::test(flavor = "multi_thread")]
async fn many_runs_leave_no_more_than_a_few() {
    let bench = Bench::new();
    let path = bench.write("a.py", "import os\nopen(os.environ['TMPDIR'] + '/left', 'w').close()\nprint('on')\n");
    for start in STARTS {
        for _ in 0..5 {
            bench.run(request(&path, start)).await;
        }
        let mut first = held(&bench);
        // Idle children are forked behind the runs.
        wait_for(|| {
            let now = held(&bench);
            std::mem::replace(&mut first, now) == now && now.2 > 2
        })
        .await;
        // The board keeps the latest runs: memory is compared once it is full.
        for _ in 0..BOARD_RUNS.min(times("RUNS", RUNS)) {
            bench.run(request(&path, start)).await;
        }
        let memory = resident();
        let count = times("RUNS", RUNS);
        for _ in 0..count {
            assert_eq!(*bench.run(request(&path, start)).await.outcome, *"ok", "{start:?}");
        }
        wait_for(|| is_no_more(held(&bench), first)).await;
        let now = resident();
        println!("{start:?}: {count} runs; {first:?} then {:?}; memory {memory} MiB then {now} MiB", held(&bench));
        assert!(now <= memory + GROWTH_MIB, "{memory} MiB before, {now} MiB after {count} runs");
    }
    // Long ones, with output, calls for the clock and a daemon each.
    let long = bench.write("long.py", LONG);
    let (before, memory) = (held(&bench), resident());
    let count = times("LONG_RUNS", LONG_RUNS);
    for _ in 0..count {
        assert_eq!(*bench.run(request(&long, Start::Warm)).await.outcome, *"ok");
    }
    wait_for(|| is_no_more(held(&bench), before)).await;
    println!("{count} long runs; {before:?} then {:?}; memory {memory} MiB then {} MiB", held(&bench), resident());
    assert!(resident() <= memory + GROWTH_MIB, "{memory} MiB before, {} MiB after", resident());
    bench.engine.shutdown().await;
    wait_for(|| living(bench.workspace.parent().unwrap()).is_empty()).await;
}

/// Makes what the studio takes for a finished environment, with this in place of pydantic.
fn make_environment(bench: &Bench, pydantic: &str) {
    let venv = bench.workspace.join(".venv");
    let made = crate::support::program("python3").args(["-m", "venv", "--without-pip"]).arg(&venv).status().unwrap();
    assert!(made.success());
    let version = std::fs::read_dir(venv.join("lib")).unwrap().next().unwrap().unwrap().path();
    let package = version.join("site-packages/pydantic");
    std::fs::create_dir(&package).unwrap();
    std::fs::write(package.join("__init__.py"), pydantic).unwrap();
    std::fs::write(venv.join("bin/uvx"), "").unwrap();
    std::fs::write(venv.join(".mcp-studio"), "pydantic>=2 uv\ninterpreter found\n").unwrap();
}

/// Modules that a fork server has imported know of the fork: pydantic brings `random` along.
#[tokio::test(flavor = "multi_thread")]
async fn no_two_warm_runs_draw_the_same_random_numbers() {
    let bench = Bench::new();
    make_environment(&bench, "import random\n");
    let source = "import sys\nprint('random' in sys.modules)\nimport random\nprint(random.random())\n";
    let mut drawn = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let told = bench.run_source(Start::Warm, source).await.stdout.clone().unwrap();
        let (before, number) = told.split_once('\n').unwrap();
        assert_eq!(before, "True", "this test needs the module in the fork server");
        drawn.insert(number.to_owned());
    }
    assert_eq!(drawn.len(), 3, "{drawn:?}");
    bench.engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_environment_gets_another_fork_server() {
    let bench = Bench::new();
    let source = "import os, sys\nprint(os.getppid(), any('site-packages' in entry for entry in sys.path))\n";
    let told =
        |text: Option<String>| text.unwrap().trim().split_once(' ').map(|(id, found)| (id.to_owned(), found.to_owned())).unwrap();
    let first = told(bench.run_source(Start::Warm, source).await.stdout.clone());
    let same = told(bench.run_source(Start::Warm, source).await.stdout.clone());
    assert_eq!((&first, first.1.as_str()), (&same, "False"));
    make_environment(&bench, "");
    let fresh = told(bench.run_source(Start::Warm, source).await.stdout.clone());
    assert_ne!(fresh.0, first.0);
    assert_eq!(fresh.1, "True");
    bench.engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_interpreter_at_the_same_path_gets_another_fork_server() {
    let folder = tempfile::tempdir().unwrap();
    let python = folder.path().canonicalize().unwrap().join("bin/python");
    std::fs::create_dir(python.parent().unwrap()).unwrap();
    let install = || {
        let fresh = python.with_extension("new");
        std::fs::copy("/usr/bin/python3", &fresh).unwrap();
        std::fs::rename(&fresh, &python).unwrap();
    };
    install();
    let bench = Bench::with_config(&json!({"studio": {"python": {"interpreter": python}}}).to_string());
    let source = "import os\nprint(os.getppid())\n";
    let mut servers = Vec::new();
    for _ in 0..2 {
        servers.push(bench.run_source(Start::Warm, source).await.stdout.clone().unwrap());
    }
    install();
    servers.push(bench.run_source(Start::Warm, source).await.stdout.clone().unwrap());
    assert_eq!(servers[0], servers[1]);
    assert_ne!(servers[1], servers[2]);
    bench.engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_was_written_anew_is_read_anew() {
    let bench = Bench::new();
    for value in ["1", "2", "3"] {
        bench.write("wrapped/__init__.py", &format!("VALUE = {value}\n"));
        let result = bench.run_source(Start::Warm, "import wrapped\nprint(wrapped.VALUE)\n").await;
        assert_eq!((seen(&result), result.started.as_str()), ((0, "ok", format!("{value}\n").as_str(), ""), "warm"));
    }
}
