//! Limits of runs: each is kept, and named when it is met.

use mcp_studio::config::{Location, load};
use mcp_studio::engine::{Input, RunResult, Start};
use serde_json::json;

use super::bench::{Bench, STARTS, request, seen};

/// A project with these `studio.limits`.
fn limited(limits: &serde_json::Value) -> Bench {
    Bench::with_config(&json!({"studio": {"limits": limits}}).to_string())
}

fn end(result: &RunResult) -> (i32, &str) {
    (result.exit_code, &result.outcome)
}

/// Expects `source` to meet a limit, and the next run not to notice.
async fn expect(limits: serde_json::Value, source: &str, code: i32, outcome: &str) {
    let bench = limited(&limits);
    for start in STARTS {
        let result = bench.run_source(start, source).await;
        assert_eq!(end(&result), (code, outcome), "{start:?} {:?}", result.stderr);
        assert_eq!(seen(&*bench.run_source(start, "print('next')\n").await), (0, "ok", "next\n", ""), "{start:?}");
    }
    bench.engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_ends_by_an_exception_that_names_the_limit() {
    let limits = json!({"script_memory_bytes": 256 << 20});
    let source = "kept = []\nwhile True:\n    kept.append(bytes(1 << 20))\n";
    expect(limits.clone(), source, 1, "memory limit of 256 MiB").await;
    let handled = "try:\n    bytes(1 << 30)\nexcept MemoryError:\n    print('handled')\n";
    assert_eq!(seen(&*limited(&limits).run_source(Start::Cold, handled).await), (0, "ok", "handled\n", ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn processor_time_ends_a_script_that_spins_and_not_one_that_sleeps() {
    let limits = json!({"script_cpu_seconds": 0.3});
    let deaf = "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass\n";
    expect(limits.clone(), deaf, 1, "limit of 300 ms of processor time").await;
    let idle = limited(&limits).run_source(Start::Cold, "import time\ntime.sleep(1)\n").await;
    assert_eq!(end(&idle), (0, "ok"));
}

#[tokio::test(flavor = "multi_thread")]
async fn descriptors_and_file_sizes_end_by_exceptions_that_name_the_limit() {
    let open = "kept = [open('/dev/null') for _ in range(100)]\n";
    expect(json!({"script_open_files": 64}), open, 1, "limit of 64 open files").await;
    let write = "import os\nwith open(os.environ['TMPDIR'] + '/a', 'wb', buffering=0) as file:\n    for _ in range(9):\n        file.write(b'x' * 1024)\n";
    expect(json!({"script_file_bytes": 4096}), write, 1, "limit of 4 KiB in one file").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn output_is_cut_at_its_last_byte() {
    let bench = limited(&json!({"script_output_bytes": 1000}));
    let exact = "import sys\nsys.stdout.write('x' * 600)\nsys.stdout.flush()\nsys.stderr.write('y' * 400)\n";
    let flood = "while True:\n    print('x' * 99)\n";
    for start in STARTS {
        assert_eq!(end(&*bench.run_source(start, exact).await), (0, "ok"), "{start:?}");
        let brief = bench.run_source(start, "print('x' * 1000)\n").await;
        assert_eq!(end(&brief), (1, "output limit of 1000 bytes"), "{start:?}");
        let result = bench.run_source(start, flood).await;
        assert_eq!(end(&result), (1, "output limit of 1000 bytes"), "{start:?}");
        assert_eq!(result.stdout.as_ref().map(String::len), Some(1000));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_multiply_are_stopped() {
    let bomb = "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass\n";
    expect(json!({"script_processes": 20}), bomb, 1, "limit of 20 processes").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_counted_over_all_processes_and_once_where_they_share_it() {
    let limits = json!({"script_memory_bytes": 256 << 20});
    let each_within =
        "import os, time\nfor _ in range(3):\n    if os.fork() == 0:\n        break\nkept = b'x' * (120 << 20)\ntime.sleep(30)\n";
    expect(limits, each_within, 1, "memory limit of 256 MiB").await;
    let shared = "import os, time\nkept = b'x' * (150 << 20)\nfor _ in range(3):\n    if os.fork() == 0:\n        time.sleep(1)\n        os._exit(0)\nfor _ in range(3):\n    os.wait()\n";
    let bench = limited(&json!({"script_memory_bytes": 350 << 20}));
    assert_eq!(end(&*bench.run_source(Start::Cold, shared).await), (0, "ok"));
}

#[tokio::test(flavor = "multi_thread")]
async fn processor_time_is_counted_over_all_processes_also_those_that_have_ended() {
    let waited = "import os, time\nwhile True:\n    if os.fork() == 0:\n        end = time.process_time() + 0.1\n        while time.process_time() < end: pass\n        os._exit(0)\n    os.wait()\n";
    expect(json!({"script_cpu_seconds": 1}), waited, 1, "limit of 1 s of processor time").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_all_files_hold_and_how_many_there_are_is_counted() {
    let many = "import os, time\nfor n in range(60):\n    open(f'{os.environ[\"TMPDIR\"]}/{n}', 'w').close()\ntime.sleep(30)\n";
    expect(json!({"script_files": 50}), many, 1, "limit of 50 new files").await;
    let large = "import os, time\nfor n in range(20):\n    with open(f'{os.environ[\"TMPDIR\"]}/{n}', 'wb') as file:\n        file.write(b'x' * 100_000)\ntime.sleep(30)\n";
    expect(json!({"script_written_bytes": 1 << 20}), large, 1, "limit of 1 MiB in all files").await;
}

#[test]
fn a_limit_out_of_range_is_refused_with_its_place_and_its_range() {
    let most = 1_099_511_627_776_u64;
    let counts = [
        ("script_memory_bytes", 134_217_728),
        ("script_processes", 1),
        ("script_open_files", 32),
        ("script_output_bytes", 1),
        ("script_file_bytes", 1),
        ("script_written_bytes", 1),
        ("script_files", 1),
    ];
    let refused = |key: &str, value: &serde_json::Value| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mcp_config.json");
        let text = json!({"studio": {"limits": {key: value}}}).to_string();
        std::fs::write(&file, text.replacen("{\"limits\"", "{\n\"limits\"", 1)).unwrap();
        let failure = load(&Location::default(), folder.path(), &|_| None).unwrap_err();
        (failure.message, failure.place.unwrap().line)
    };
    for (key, least) in counts {
        for value in [json!(least - 1), json!(-1), json!(most + 1)] {
            let expected = format!("\"studio.limits\": \"{key}\" must be a number from {least} to {most}, but is {value}");
            let (message, line) = refused(key, &value);
            assert_eq!((message, line), (expected, 2), "{key}");
        }
        let expected = format!("\"studio.limits\": \"{key}\" must be a number from {least} to {most}, but is a text");
        assert_eq!(refused(key, &json!("1")), (expected, 2));
    }
    for key in ["script_timeout_seconds", "script_cpu_seconds"] {
        let expected = format!("\"studio.limits\": \"{key}\" must be a number of seconds from 0.001 to 2678400, but is 0");
        assert_eq!(refused(key, &json!(0)), (expected, 2));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_are_limited_exactly_though_made_at_once() {
    let server = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/plain.py");
    let config = json!({
        "mcpServers": {"plain": {"command": "python3", "args": [server]}},
        "studio": {"policy": {"max_steps": 7}},
    });
    let bench = Bench::with_config(&config.to_string());
    let source = r"
import asyncio
from mcp_execution import PolicyDeniedError, acall_tool
made = await asyncio.gather(*(acall_tool('plain__echo', {'n': n}) for n in range(40)), return_exceptions=True)
refused = [error for error in made if isinstance(error, PolicyDeniedError)]
print(len(made) - len(refused), all('max_steps' in str(error) for error in refused))
";
    let result = bench.run_source(Start::Warm, source).await;
    assert_eq!(seen(&result), (0, "ok (max_steps: 7 of 7 steps are used)", "7 True\n", ""));
    bench.engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn standard_input_comes_from_a_file_and_a_missing_one_is_refused() {
    let bench = Bench::new();
    let script = bench.write("a.py", "print(input(), input())\n");
    let input = bench.write("input.txt", "one\ntwo\n");
    for start in STARTS {
        let mut asked = request(&script, start);
        asked.stdin = Input::File(input.clone());
        assert_eq!(seen(&*bench.run(asked).await), (0, "ok", "one two\n", ""), "{start:?}");
    }
    for (path, why) in
        [(bench.workspace.join("none"), "there is no such file"), (bench.workspace.clone(), "it is no regular file")]
    {
        let mut asked = request(&script, Start::Cold);
        asked.stdin = Input::File(path.clone());
        let failure = bench.engine.start(asked).await.unwrap_err();
        assert_eq!(failure.message, format!("cannot read standard input from {}: {why}", path.display()));
    }
}
