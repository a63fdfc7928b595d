//! Every style of script, warm and cold, as under `python script.py`.

use mcp_studio::engine::{Script, Start};
use serde_json::json;

use super::bench::{Bench, STARTS, request, seen};

/// Runs `source` warm and cold and expects the same of both. `{file}` stands for the script's path.
async fn expect(source: &str, (code, outcome, stdout, stderr): (i32, &str, &str, &str)) {
    let bench = Bench::new();
    for start in STARTS {
        let result = bench.run_source(start, source).await;
        let file = bench.workspace.join("script.py").display().to_string();
        let (stdout, stderr) = (stdout.replace("{file}", &file), stderr.replace("{file}", &file));
        assert_eq!(seen(&result), (code, outcome, stdout.as_str(), stderr.as_str()), "{start:?}: {source}");
    }
    bench.engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_is_a_true_main_module() {
    let bench = Bench::new();
    for start in STARTS {
        let source =
            "import sys\nprint(__name__, __file__, sys.argv, sys.path[0], __spec__, __doc__)\nprint(sorted(globals()))\n";
        let path = bench.write("a.py", source);
        let mut request = request(&path, start);
        request.arguments = vec!["-x".into(), "ü y".into()];
        let result = bench.run(request).await;
        let (file, folder) = (path.display(), bench.workspace.display());
        let names = "['__annotations__', '__builtins__', '__cached__', '__doc__', '__file__', '__loader__', '__name__', \
                     '__package__', '__spec__', 'sys']";
        let out = format!("__main__ {file} ['{file}', '-x', 'ü y'] {folder} None None\n{names}\n");
        assert_eq!(seen(&result), (0, "ok", out.as_str(), ""), "{start:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_statuses_are_those_of_python() {
    for (source, expected) in [
        ("", (0, "ok", "", "")),
        ("import sys\nsys.exit()", (0, "ok", "", "")),
        ("import sys\nsys.exit(3)", (3, "exit 3", "", "")),
        ("import sys\nsys.exit(256 + 7)", (7, "exit 7", "", "")),
        ("import sys\nsys.exit('no luck')", (1, "exit 1", "", "no luck\n")),
        ("exit(4)", (4, "exit 4", "", "")),
        ("raise SystemExit", (0, "ok", "", "")),
        ("import os\nos._exit(5)", (5, "exit 5", "", "")),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", (139, "killed by signal 11 (SIGSEGV)", "", "")),
    ] {
        expect(source, expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_traceback_shows_the_script_and_nothing_of_ours() {
    let source =
        "def f():\n    raise ValueError('no')\n\ntry:\n    f()\nexcept ValueError as e:\n    raise KeyError('k') from e\n";
    let trace = "Traceback (most recent call last):\n  File \"{file}\", line 5, in <module>\n    f()\n  File \"{file}\", line 2, in f\n    \
                 raise ValueError('no')\nValueError: no\n\nThe above exception was the direct cause of the following exception:\n\n\
                 Traceback (most recent call last):\n  File \"{file}\", line 7, in <module>\n    raise KeyError('k') from e\nKeyError: 'k'\n";
    expect(source, (1, "exit 1", "", trace)).await;
    let bench = Bench::new();
    let error = bench.run_source(Start::Warm, source).await.error.clone().unwrap();
    assert_eq!((error.class.as_str(), error.message.as_str(), error.line, error.column), ("KeyError", "'k'", Some(7), None));
    assert_eq!(error.traceback, trace.replace("{file}", bench.workspace.join("script.py").to_str().unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_python_is_told_as_python_tells_it() {
    let trace = "  File \"{file}\", line 2\n    x = (1,\n        ^\nSyntaxError: '(' was never closed\n";
    expect("print('never')\nx = (1,\n", (1, "exit 1", "", trace)).await;
    let bench = Bench::new();
    let error = bench.run_source(Start::Warm, "print('never')\nx = (1,\n").await.error.clone().unwrap();
    assert_eq!((error.class.as_str(), error.line, error.column), ("SyntaxError", Some(2), Some(5)));
}

#[tokio::test(flavor = "multi_thread")]
async fn event_loops_belong_to_the_script() {
    let twice =
        "import asyncio\nasync def f(n):\n    await asyncio.sleep(0)\n    print(n)\nasyncio.run(f(1))\nasyncio.run(f(2))\n";
    expect(twice, (0, "ok", "1\n2\n", "")).await;
    let top = "import asyncio\nasync def f(n):\n    await asyncio.sleep(0)\n    return n\nprint(await f(1))\n\
               print(await asyncio.gather(*(f(n) for n in range(3))))\n";
    expect(top, (0, "ok", "1\n[0, 1, 2]\n", "")).await;
    let failing = "import asyncio\nasync def f():\n    raise ValueError('no')\nawait f()\n";
    let trace = "Traceback (most recent call last):\n  File \"{file}\", line 4, in <module>\n    await f()\n  File \"{file}\", line 3, in f\n    \
                 raise ValueError('no')\nValueError: no\n";
    expect(failing, (1, "exit 1", "", trace)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn threads_processes_and_last_words_work() {
    let source = r"
import atexit, multiprocessing, os, subprocess, sys, threading
def square(x):
    return x * x
def main():
    atexit.register(print, 'last')
    thread = threading.Thread(target=lambda: print('thread'))
    thread.start(); thread.join()
    print(subprocess.run([sys.executable, '-c', 'print(6 * 7)'], capture_output=True, text=True).stdout.strip())
    for method in ('fork', 'spawn'):
        with multiprocessing.get_context(method).Pool(2) as pool:
            print(method, pool.map(square, range(4)))
    child = os.fork()
    if child == 0:
        sys.exit(9)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    threading.Timer(0.05, lambda: print('late')).start()
    print('end')
if __name__ == '__main__':
    main()
";
    expect(source, (0, "ok", "thread\n42\nfork [0, 1, 4, 9]\nspawn [0, 1, 4, 9]\nlast\n9\nend\nlate\nlast\n", "")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_what_a_child_did_while_it_waited() {
    let source = r"
import linecache, os, signal, sys
def is_open(number):
    try:
        return bool(os.fstat(number))
    except OSError:
        return False
print(list(linecache.cache), sys.argv[1:], os.listdir(os.environ['TMPDIR']))
print(len([number for number in range(99) if is_open(number)]), signal.getsignal(signal.SIGINT) is signal.default_int_handler)
";
    expect(source, (0, "ok", "[] [] []\n4 True\n", "")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_thread_is_this_process_and_ends_before_the_last_words() {
    let source = r"
import atexit, os, threading
print(threading.main_thread().native_id == os.getpid())
atexit.register(lambda: print('last', threading.main_thread().is_alive()))
threading._register_atexit(print, 'threads')
";
    expect(source, (0, "ok", "True\nthreads\nlast False\n", "")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn text_in_and_out_is_utf_8_and_input_ends_at_once() {
    let source = "import sys\nprint('grün ✓')\nprint('rot', file=sys.stderr)\nsys.stdout.buffer.write(b'raw\\n')\ntry:\n    input('? ')\nexcept EOFError:\n    print('eof')\n";
    expect(source, (0, "ok", "grün ✓\nraw\n? eof\n", "rot\n")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn neighbours_of_the_script_and_of_the_workspace_can_be_imported() {
    let bench = Bench::new();
    bench.write("shared.py", "name = 'workspace'\n");
    bench.write("deep/near.py", "name = 'near'\n");
    let path = bench.write("deep/a.py", "import near, shared\nprint(near.name, shared.name)\n");
    for start in STARTS {
        let result = bench.run(request(&path, start)).await;
        assert_eq!(seen(&result), (0, "ok", "near workspace\n", ""), "{start:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_without_a_file_runs_and_shows_its_lines() {
    let bench = Bench::new();
    for start in STARTS {
        let mut request = request(&bench.workspace, start);
        request.script = Script::Text { name: "<editor>".into(), source: "x = 1\nraise ValueError(x)\n".into() };
        let result = bench.run(request).await;
        let trace = "Traceback (most recent call last):\n  File \"<editor>\", line 2, in <module>\n    raise ValueError(x)\nValueError: 1\n";
        assert_eq!(seen(&result), (1, "exit 1", "", trace), "{start:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_state_of_one_run_is_visible_in_the_next() {
    let bench = Bench::new();
    let source = "import builtins, json, os, sys\nprint(hasattr(builtins, 'mark'), hasattr(json, 'mark'), 'MARK' in os.environ, 'mark' in globals())\n\
                  builtins.mark = json.mark = mark = True\nos.environ['MARK'] = '1'\nsys.path.append('x')\nos.chdir('/')\n";
    for _ in 0..5 {
        let result = bench.run_source(Start::Warm, source).await;
        assert_eq!(seen(&result), (0, "ok", "False False False False\n", ""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_and_a_context_cross_as_json() {
    let bench = Bench::new();
    let source = "from mcp_execution import context, set_result\nset_result({'saw': context.request['n'], 'test': context.metadata.test_name, \
                  'tool': context.metadata.tool_name, 'response': context.response, 'big': len(context.request.big)})\n";
    let path = bench.write("a.py", source);
    for start in STARTS {
        let mut request = request(&path, start);
        request.context = json!({"request": {"n": [1, "ü"], "big": "x".repeat(10_000_000)}, "metadata": {"test_name": "t"}});
        let result = bench.run(request).await;
        assert_eq!(seen(&result), (0, "ok", "", ""), "{start:?}");
        let value = json!({"saw": [1, "ü"], "test": "t", "tool": null, "response": null, "big": 10_000_000});
        assert_eq!(result.value, Some(value));
    }
    let result = bench.run_source(Start::Warm, "from mcp_execution import set_result\nset_result({1, 2})\n").await;
    let error = result.error.clone().unwrap();
    assert_eq!(
        (error.class.as_str(), error.message.as_str()),
        ("TypeError", "the result is not JSON: a value of type set is not JSON")
    );
    assert_eq!((result.value.clone(), error.line), (None, Some(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_sees_an_allow_list_of_variables() {
    let bench = Bench::new();
    let source = "import os\nfor name in sorted(os.environ): print(name)\nprint(os.path.isdir(os.environ['TMPDIR']))\n";
    for start in STARTS {
        let result = bench.run_source(start, source).await;
        let names: Vec<String> = result.stdout.clone().unwrap().lines().map(str::to_owned).collect();
        let allowed =
            ["HOME", "LANG", "LANGUAGE", "LOGNAME", "NO_COLOR", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER", "True"];
        let foreign: Vec<&String> = names
            .iter()
            .filter(|name| !allowed.contains(&name.as_str()) && !name.starts_with("LC_") && !name.starts_with("SSL_CERT_"))
            .collect();
        assert_eq!((foreign, names.last().map(String::as_str)), (Vec::new(), Some("True")), "{start:?}");
    }
}
