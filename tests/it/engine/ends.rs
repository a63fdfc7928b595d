//! How runs end: on request, at limits, by violence, and what is left then.

use std::path::Path;
use std::time::Duration;

use mcp_studio::engine::{Output, Start};
use mcp_studio::journal::RunState;

use super::bench::{Bench, STARTS, begun, request, seen, wait_for, written};

/// Whether the process whose number the file holds is gone. A zombie is gone.
fn is_gone(path: &Path) -> bool {
    let id = std::fs::read_to_string(path).unwrap();
    match std::fs::read_to_string(format!("/proc/{}/stat", id.trim())) {
        Ok(stat) => stat.rsplit_once(')').unwrap().1.trim_start().starts_with('Z'),
        Err(_) => true,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_script_prints_one_line() {
    let bench = Bench::new();
    for start in STARTS {
        let run = begun(&bench, start, "import time\nprint('on\\n', end=''); time.sleep(30)\n").await;
        run.interrupt();
        let result = run.finished().await;
        assert_eq!(seen(&result), (130, "interrupted", "on\n", "interrupted at a.py:2\n"), "{start:?}");
        let line = result.error.as_ref().unwrap().line;
        let duration = match bench.board.run(run.id()).unwrap().state {
            RunState::Ended { exit_code: 130, outcome, duration, line: shown } if outcome == "interrupted" && shown == line => {
                duration
            }
            other @ (RunState::Starting(_) | RunState::Running | RunState::Interrupting | RunState::Ended { .. }) => {
                panic!("{other:?}")
            }
        };
        assert!(duration > Duration::ZERO);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_may_answer_an_interrupt() {
    let bench = Bench::new();
    let source = "import sys, time\ntry:\n    print('on\\n', end='')\n    time.sleep(30)\nexcept KeyboardInterrupt:\n    print('tidy')\n    sys.exit(7)\n";
    for start in STARTS {
        let run = begun(&bench, start, source).await;
        run.interrupt();
        assert_eq!(seen(&*run.finished().await), (7, "interrupted, exit 7", "on\ntidy\n", ""), "{start:?}");
    }
}

/// As when the signal comes between Python's last look for one and the system call: the thread that waits does not notice.
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_that_does_not_end_a_wait_is_followed_by_a_nudge() {
    let bench = Bench::new();
    let source = "import signal, sys, threading, time\n\
                  threading.Thread(target=time.sleep, args=(30,), daemon=True).start()\n\
                  signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])\n\
                  try:\n    print('on\\n', end=''); time.sleep(30)\nexcept KeyboardInterrupt:\n    print('tidy')\n    sys.exit(7)\n";
    for start in STARTS {
        let run = begun(&bench, start, source).await;
        run.interrupt();
        assert_eq!(seen(&*run.finished().await), (7, "interrupted, exit 7", "on\ntidy\n", ""), "{start:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deaf_script_is_killed_by_the_second_request() {
    let bench = Bench::new();
    let deaf = "import signal, time\nfor n in (signal.SIGINT, signal.SIGTERM):\n    signal.signal(n, signal.SIG_IGN)\nprint('on\\n', end='')\nwhile True:\n    time.sleep(60)\n";
    for start in STARTS {
        let run = begun(&bench, start, deaf).await;
        run.interrupt();
        run.interrupt();
        assert_eq!(seen(&*run.finished().await), (130, "interrupted", "on\n", ""), "{start:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ladder_ends_a_script_that_hears_nothing_or_has_stopped_itself() {
    let bench = Bench::new();
    let spin = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('on\\n', end='')\n(1 << 3_000_000_000) % 7\nwhile True: pass\n";
    let stopped = "import os, signal\nprint('on\\n', end='')\nos.kill(os.getpid(), signal.SIGSTOP)\nsignal.pause()\n";
    for source in [spin, stopped] {
        for start in STARTS {
            let run = begun(&bench, start, source).await;
            run.interrupt();
            let result = run.finished().await;
            assert_eq!((result.exit_code, result.outcome.as_str()), (130, "interrupted"), "{start:?} {source}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn termination_and_timeout_have_codes_of_their_own() {
    let bench = Bench::new();
    let path = bench.write("a.py", "import time\nprint('on\\n', end='')\ntime.sleep(60)\n");
    for start in STARTS {
        let run = bench.start(request(&path, start)).await;
        written(&bench, &run, "on").await;
        run.terminate();
        assert_eq!(seen(&*run.finished().await), (143, "terminated", "on\n", ""), "{start:?}");
        let mut limited = request(&path, start);
        limited.timeout = Some(Duration::from_millis(500));
        let result = bench.run(limited).await;
        assert_eq!(seen(&result), (124, "timeout after 500 ms", "on\n", "interrupted at a.py:3\n"), "{start:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_script_started_outlives_it() {
    // A child, one in a session of its own, and one that is daemonised, holds the pipes and hears nothing.
    let source = r"
import os, signal, subprocess, sys, time
def note(name):
    path = os.path.join(os.path.dirname(__file__), 'output', name)
    with open(path + '.new', 'w') as file:
        file.write(str(os.getpid()))
    os.rename(path + '.new', path)
def daemon(name):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(n, signal.SIG_IGN)
            note(name)
            time.sleep(600)
        os._exit(0)
    os.wait()
daemon('daemon')
if os.fork() == 0:
    note('child')
    time.sleep(600)
while not all(os.path.exists(os.path.join(os.path.dirname(__file__), 'output', n)) for n in ('daemon', 'child')):
    time.sleep(0.01)
print('on')
";
    for bench in [Bench::new(), Bench::unconfined()] {
        for (end, code) in [("", 0), ("time.sleep(600)\n", 130), ("os.kill(os.getpid(), signal.SIGKILL)\n", 137)] {
            for start in STARTS {
                let run = begun(&bench, start, &format!("{source}{end}")).await;
                if code == 130 {
                    run.interrupt();
                }
                assert_eq!(run.finished().await.exit_code, code, "{start:?} {end}");
                for name in ["daemon", "child"] {
                    let file = bench.workspace.join("output").join(name);
                    wait_for(|| is_gone(&file)).await;
                    std::fs::remove_file(file).unwrap();
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_closes_all_its_descriptors_runs_on_and_ends() {
    let bench = Bench::new();
    for start in STARTS {
        let source = "import os, sys\nos.closerange(0, 256)\nos._exit(6)\n";
        let result = bench.run_source(start, source).await;
        assert_eq!(seen(&result), (6, "exit 6", "", ""), "{start:?}");
        let result = bench.run_source(start, "import os\nos.closerange(3, 256)\nprint('still')\n").await;
        assert_eq!(seen(&result), (0, "ok", "still\n", ""), "{start:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_says_its_end_and_runs_on_is_killed() {
    let bench = Bench::new();
    let source = "import os, time\nfrom _mcp_studio import link\nopen(os.path.dirname(__file__) + '/output/id', 'w').write(str(os.getpid()))\nlink.send({'ended': {'code': 0, 'error': None, 'peak_memory': 1, 'cpu': 0}})\nwhile True:\n    time.sleep(60)\n";
    for start in STARTS {
        let result = bench.run_source(start, source).await;
        assert_eq!(seen(&result), (0, "ok", "", ""), "{start:?}");
        wait_for(|| is_gone(&bench.workspace.join("output/id"))).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_read_to_its_end_and_bounded_where_it_is_kept() {
    let bench = Bench::new();
    let path = bench.write("a.py", "for n in range(100_000):\n    print('x' * 99)\nprint('done')\n");
    for (output, captured) in [(Output::Board, false), (Output::Capture, true)] {
        let mut flood = request(&path, Start::Warm);
        flood.output = output;
        let run = bench.start(flood).await;
        let result = run.finished().await;
        assert_eq!((result.exit_code, bench.board.run(run.id()).unwrap().output_lines), (0, 100_002));
        let kept = result.stdout.as_ref().map(|text| (text.contains("[1611397 bytes omitted]"), text.ends_with("done\n")));
        assert_eq!(kept, captured.then_some((true, true)));
        let [whole] = result.full_output.as_slice() else { panic!("{:?}", result.full_output) };
        let bytes = std::fs::read(&whole.path).unwrap();
        assert_eq!((whole.stream, whole.bytes, bytes.len()), ("stdout", 10_000_005, 10_000_005));
        assert!(bytes.starts_with(b"xx") && bytes.ends_with(b"x\ndone\n"));
        let digest = crate::support::program("sha256sum").arg(&whole.path).output().unwrap().stdout;
        assert!(String::from_utf8(digest).unwrap().starts_with(&whole.sha256));
        let last = bench.board.output(run.id(), 100_001..100_002);
        assert!(last.iter().any(|line| line.text.contains(&whole.sha256)), "{last:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_fork_server_is_replaced_and_its_run_reported() {
    let bench = Bench::unconfined();
    let result = bench
        .run_source(Start::Warm, "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nimport time\ntime.sleep(60)\n")
        .await;
    assert_eq!((result.exit_code, result.outcome.as_str()), (1, "the fork server died"));
    let result = bench.run_source(Start::Warm, "print('again')\n").await;
    assert_eq!((seen(&result), result.started.as_str()), ((0, "ok", "again\n", ""), "warm"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_run_does_not_wait_for_a_fork_server() {
    let bench = Bench::new();
    let path = bench.write("a.py", "print('on')\n");
    for how in ["cold (first run)", "warm", "warm"] {
        let result = bench.engine.start(request(&path, Start::Warm)).await.unwrap().finished().await;
        assert_eq!((seen(&result), result.started.as_str()), ((0, "ok", "on\n", ""), how));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_runs_at_once_keep_apart() {
    let bench = Bench::new();
    let path =
        bench.write("a.py", "import sys\nfrom mcp_execution import set_result\nset_result(sys.argv[1])\nprint(sys.argv[1])\n");
    let runs = (0..40).map(|number| {
        let mut one = request(&path, Start::Warm);
        one.arguments = vec![number.to_string()];
        bench.run(one)
    });
    for (number, result) in futures::future::join_all(runs).await.iter().enumerate() {
        assert_eq!(seen(result), (0, "ok", format!("{number}\n").as_str(), ""));
        assert_eq!(result.value, Some(number.to_string().into()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_the_engine_ends_its_runs() {
    let bench = Bench::unconfined();
    let path = bench
        .write("a.py", "import os, time\nopen('pid', 'w').write(str(os.getpid()))\nprint('on\\n', end='')\ntime.sleep(60)\n");
    let mut runs = Vec::new();
    for start in STARTS {
        let source = std::fs::read_to_string(&path)
            .unwrap()
            .replace("'pid'", &format!("{:?}", bench.workspace.join(format!("{start:?}"))));
        let path = bench.write(&format!("{start:?}.py"), &source);
        let run = bench.start(request(&path, start)).await;
        written(&bench, &run, "on").await;
        runs.push(run);
    }
    bench.engine.shutdown().await;
    for (run, start) in runs.iter().zip(STARTS) {
        let result = run.finished().await;
        assert_eq!((result.exit_code, result.outcome.as_str()), (143, "the studio was closed"));
        assert!(is_gone(&bench.workspace.join(format!("{start:?}"))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_forks_without_end_is_stopped_and_named() {
    let bench = Bench::new();
    let source = "import os, time\nfor _ in range(700):\n    if os.fork() == 0:\n        time.sleep(600)\ntime.sleep(600)\n";
    for start in STARTS {
        let result = bench.run_source(start, source).await;
        assert_eq!((result.exit_code, result.outcome.as_str()), (1, "limit of 512 processes"), "{start:?}");
        assert_eq!(seen(&*bench.run_source(start, "print('next')").await), (0, "ok", "next\n", ""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_looked_at_while_a_script_runs() {
    let bench = Bench::new();
    let path = bench.write("a.py", "import time\nkept = b'x' * 50_000_000\ntime.sleep(600)\n");
    for start in STARTS {
        let run = bench.start(request(&path, start)).await;
        wait_for(|| bench.board.run(run.id()).unwrap().usage.is_some_and(|usage| usage.resident_bytes > 50_000_000)).await;
        run.interrupt();
        assert!(run.finished().await.peak_memory.unwrap() > 50_000_000, "{start:?}");
    }
}
