//! What is left after many runs, and after the core is killed in the midst of them: nothing.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use mcp_studio::engine::Start;
use mcp_studio::journal::{self, Event};
use serde_json::json;

use super::bench::{Bench, STARTS, request, seen, wait_for};
use crate::support::Project;

/// Times the core is killed; `KILLS=200` for the long test.
const KILLS: usize = 25;
/// Short runs of each kind; `RUNS=5000` for the long test.
const RUNS: usize = 100;

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
        core.kill().unwrap();
        core.wait().unwrap();
        let killed = Instant::now();
        while !living(&folder).is_empty() {
            assert!(killed.elapsed() < Duration::from_secs(10), "turn {turn} left {:?}", living(&folder));
            std::thread::yield_now();
        }
        longest = longest.max(killed.elapsed());
        let size = |name: &str| std::fs::metadata(project.path(name)).map_or(0, |facts| facts.len());
        let acknowledged = size("workspace/output/a") + size("workspace/output/b");
        assert!(recorded(&folder) >= acknowledged, "turn {turn}: {} of {acknowledged}", recorded(&folder));
        calls += acknowledged;
    }
    assert!(calls > 0, "no script was at work when its core was killed");
    println!("{calls} calls; the last process was gone after {longest:?} at the most");
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
        for _ in 0..times("RUNS", RUNS) {
            assert_eq!(seen(&*bench.run(request(&path, start)).await), (0, "ok", "on\n", ""), "{start:?}");
        }
        wait_for(|| {
            let now = held(&bench);
            now.0 <= first.0 && now.1 <= first.1 && now.2 <= first.2
        })
        .await;
    }
    bench.engine.shutdown().await;
    wait_for(|| living(bench.workspace.parent().unwrap()).is_empty()).await;
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
    let venv = bench.workspace.join(".venv");
    let made = crate::support::program("python3").args(["-m", "venv", "--without-pip"]).arg(&venv).status().unwrap();
    assert!(made.success());
    // What the studio looks for in an environment that it takes for finished.
    let version = std::fs::read_dir(venv.join("lib")).unwrap().next().unwrap().unwrap().path();
    std::fs::create_dir(version.join("site-packages/pydantic")).unwrap();
    std::fs::write(venv.join("bin/uvx"), "").unwrap();
    std::fs::write(venv.join(".mcp-studio"), "pydantic>=2 uv\ninterpreter found\n").unwrap();
    let fresh = told(bench.run_source(Start::Warm, source).await.stdout.clone());
    assert_ne!(fresh.0, first.0);
    assert_eq!(fresh.1, "True");
    bench.engine.shutdown().await;
}
