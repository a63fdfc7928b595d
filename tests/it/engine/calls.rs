//! Tool calls of scripts: every style, every failure, and what becomes of them when the run ends.

use mcp_studio::engine::Start;
use mcp_studio::journal::{OutputStream, StepState};
use mcp_studio::types::{Caller, Decision};
use serde_json::json;

use super::bench::{Bench, STARTS, request, seen, wait_for};

/// A project with one server, `plain`.
fn bench() -> Bench {
    let server = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/plain.py");
    Bench::with_config(&json!({"mcpServers": {"plain": {"command": "python3", "args": [server]}}}).to_string())
}

/// Runs `source` warm and cold against the server and expects this output of a good end.
async fn expect(source: &str, stdout: &str) {
    let bench = bench();
    for start in STARTS {
        let result = bench.run_source(start, source).await;
        assert_eq!(seen(&result), (0, "ok", stdout, ""), "{start:?}: {source}");
    }
    bench.engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_answers_the_value_and_leaves_a_step_with_its_line() {
    let bench = bench();
    let source = "from mcp_execution import call_tool\n\nprint(call_tool('plain__echo', {'a': [1, None, 'ü', 1.5]}))\n";
    let path = bench.write("a.py", source);
    for start in STARTS {
        let run = bench.start(request(&path, start)).await;
        let result = run.finished().await;
        assert_eq!((seen(&result), result.steps), ((0, "ok", "{'a': [1, None, 'ü', 1.5]}\n", ""), 1), "{start:?}");
        let steps = bench.board.steps(Some(run.id()), 0..10);
        let [step] = steps.as_slice() else { panic!("{steps:?}") };
        let StepState::Done(record) = &step.state else { panic!("{step:?}") };
        assert_eq!((record.caller, record.line, record.decision), (Caller::Script(run.id()), Some(3), Decision::Ok));
        assert_eq!(record.tool.to_string(), "plain__echo");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_work_in_every_style() {
    let blocking =
        "from mcp_execution import call_tool\nprint(sum(call_tool('plain__echo', {'n': n})['n'] for n in range(50)))\n";
    expect(blocking, "1225\n").await;
    let gathered = "import asyncio\nfrom mcp_execution import acall_tool\nasync def main():\n    answers = await asyncio.gather(*(acall_tool('plain__echo', {'n': n}) for n in range(600)))\n    print([a['n'] for a in answers] == list(range(600)))\nasyncio.run(main())\nasyncio.run(main())\n";
    expect(gathered, "True\nTrue\n").await;
    let mixed = r"
import asyncio, threading
from mcp_execution import acall_tool, call_tool
found = []
def work(base):
    for n in range(20):
        found.append(call_tool('plain__echo', {'n': base + n})['n'])
threads = [threading.Thread(target=work, args=(100 * t,)) for t in range(6)]
for thread in threads: thread.start()
answers = await asyncio.gather(*(acall_tool('plain__echo', {'n': n}) for n in range(60)))
print(call_tool('plain__echo', {'in': 'a running loop'}))
def loop_of_its_own():
    async def main():
        return await acall_tool('plain__echo', {'n': -1})
    found.append(asyncio.run(main())['n'])
thread = threading.Thread(target=loop_of_its_own)
thread.start()
for t in (*threads, thread): await asyncio.to_thread(t.join)
print(sorted(found) == sorted([-1] + [100 * t + n for t in range(6) for n in range(20)]), len(answers))
";
    expect(mixed, "{'in': 'a running loop'}\nTrue 60\n").await;
    let earlier = "import asyncio\nfrom runtime.mcp_client import call_mcp_tool\nprint(asyncio.run(call_mcp_tool('plain__echo', {'n': 1})))\n";
    expect(earlier, "{'n': 1}\n").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_typed_and_can_be_caught() {
    let source = r"
import pickle
from mcp_execution import *
from mcp_execution import McpExecutionError
def attempt(*call, **options):
    try:
        print(call_tool(*call, **options))
    except McpExecutionError as e:
        again = pickle.loads(pickle.dumps(e))
        assert (type(again), again.args, again.text) == (type(e), e.args, e.text)
        print(type(e).__name__, '|', e.server, e.tool, e.arguments, '|', e.text, '|', e.hint)
attempt('plain__fail', {'a': 1})
attempt('plain__ecko')
attempt('nowhere__echo')
attempt('plain')
attempt('plain__slow', {'file': '/dev/null'}, timeout=0.05)
for wrong in ({'a': {1}}, {'a': float('nan')}, {'a': '\ud800'}):
    try:
        call_tool('plain__echo', wrong)
    except (TypeError, ValueError) as e:
        print(type(e).__name__)
print(call_tool('plain__echo', {'after': 'all'}))
";
    let stdout = "ToolExecutionError | plain fail {'a': 1} | first line\nsecond line | None\n\
                  ToolNotFoundError | plain ecko None | None | did you mean plain__echo?\n";
    let bench = bench();
    for start in STARTS {
        let result = bench.run_source(start, source).await;
        let out = result.stdout.clone().unwrap();
        assert_eq!((result.exit_code, result.stderr.as_deref()), (0, Some("")), "{out}");
        assert!(out.starts_with(stdout), "{out}");
        let rest: Vec<&str> = out[stdout.len()..].lines().map(|line| line.split(" |").next().unwrap()).collect();
        let kinds = [
            "ToolNotFoundError",
            "ToolNotFoundError",
            "ToolTimeoutError",
            "TypeError",
            "ValueError",
            "UnicodeEncodeError",
            "{'after': 'all'}",
        ];
        assert_eq!(rest, kinds, "{start:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_results_and_all_blocks_reach_the_script_whole() {
    let source = "from mcp_execution import call_tool, call_tool_result\ntext = call_tool('plain__big', {'size': 12_000_000})\nprint(len(text), set(text))\n\
                  print(call_tool('plain__blocks'))\nprint(call_tool_result('plain__blocks')['content'][1]['type'])\n";
    let blocks = "[{'type': 'text', 'text': 'a'}, {'type': 'image', 'data': 'AA==', 'mimeType': 'image/png'}]";
    expect(source, &format!("12000000 {{'x'}}\n{blocks}\nimage\n")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_can_be_listed_and_searched() {
    let source = "from mcp_execution import list_tools, search_tools\nprint([t['id'] for t in list_tools()], [t['name'] for t in list_tools('plain')])\n\
                  print(search_tools('echo', 'name'), search_tools('echo', 'summary')[0]['description'], search_tools('echo', 'schema')[0]['input_schema'])\n\
                  print(list_tools('plain', 'name')[:2], list_tools(detail='signature')[1:2], list_tools(detail='schema')[1]['input_schema'])\n\
                  print(search_tools('', 'name', 1, 'plain'), search_tools('echo', limit=10**30)[0]['name'])\n";
    let all =
        "['plain__echo', 'plain__fail', 'plain__slow', 'plain__big', 'plain__blocks'] ['echo', 'fail', 'slow', 'big', 'blocks']";
    let found = "['plain__echo'] does echo {'type': 'object'}";
    let listed = "['plain__echo', 'plain__fail'] ['plain__fail()\\n  does fail'] {'type': 'object'}";
    expect(source, &format!("{all}\n{found}\n{listed}\n['plain__echo'] echo\n")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_listed_or_searched_is_refused_and_the_script_goes_on() {
    let source = r"
from mcp_execution import list_tools, search_tools
for attempt in [
    lambda: list_tools('plane'), lambda: list_tools('a/b'), lambda: list_tools(3), lambda: list_tools(detail='all'),
    lambda: search_tools('x', limit=-1), lambda: search_tools('x', limit=2.5), lambda: search_tools(3),
    lambda: search_tools('\ud800', server='plane'), lambda: search_tools('x', server=''),
]:
    try:
        print(attempt())
    except Exception as error:
        print(type(error).__name__, error)
print(len(list_tools()))
";
    let unknown = "ConfigurationError no server \"plane\" is configured";
    let said = [
        unknown,
        "ConfigurationError \"a/b\" is no server's name: a server name has no control characters, slashes or backslashes",
        "TypeError server is a text, not int",
        "ValueError detail is 'all', not one of 'name', 'summary', 'signature', 'schema'",
        "ValueError limit is -1, not a number of tools",
        "ValueError limit is 2.5, not a number of tools",
        "TypeError query is a text, not int",
        unknown,
        "ConfigurationError \"\" is no server's name: a server name has 1 to 64 characters",
        "5",
    ];
    expect(source, &format!("{}\n", said.join("\n"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_fails_is_left_out_of_the_list_and_said_so() {
    let server = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/plain.py");
    let bench = Bench::with_config(
        &json!({"mcpServers": {"broken": {"command": "false"}, "plain": {"command": "python3", "args": [server]}}}).to_string(),
    );
    let result = bench.run_source(Start::Cold, "from mcp_execution import list_tools\nprint(len(list_tools()))\n").await;
    assert_eq!(seen(&result), (0, "ok", "5\n", ""));
    let lines = bench.board.output(result.run, 0..10);
    let said = lines.iter().find(|line| line.stream == OutputStream::Studio).map(|line| line.text.as_str());
    assert_eq!(said, Some("not listed: server \"broken\" exited with status 1 while connecting"));
    bench.engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_under_way_are_cancelled_at_the_server_when_the_run_is_interrupted_or_ends() {
    let bench = bench();
    let begin = "import asyncio, os, threading, time\nfrom mcp_execution import acall_tool, call_tool\nslow = ('plain__slow', {'file': FILE})\n";
    let interrupted = "call_tool(*slow)\n";
    let ended = "threading.Thread(target=call_tool, args=slow, daemon=True).start()\nwhile not os.path.exists(FILE):\n    time.sleep(0.01)\n";
    let withdrawn = "task = asyncio.ensure_future(acall_tool(*slow))\nwhile not os.path.exists(FILE):\n    await asyncio.sleep(0.01)\n\
                     try:\n    await asyncio.wait_for(task, 0.05)\nexcept asyncio.TimeoutError:\n    pass\n";
    for (source, code) in [(interrupted, 130), (ended, 0), (withdrawn, 0)] {
        for start in STARTS {
            let file = bench.workspace.join("told");
            let told = |word: &str| std::fs::read_to_string(&file).is_ok_and(|text| text == word);
            let path = bench.write("a.py", &format!("{begin}{source}").replace("FILE", &format!("{:?}", file.to_str().unwrap())));
            let run = bench.start(request(&path, start)).await;
            if code == 130 {
                wait_for(|| told("waiting")).await;
                run.interrupt();
            }
            let result = run.finished().await;
            assert_eq!(result.exit_code, code, "{start:?} {source} {result:?}");
            wait_for(|| told("cancelled")).await;
            std::fs::remove_file(&file).unwrap();
            let steps = bench.board.steps(Some(run.id()), 0..10);
            let slow = steps.iter().find(|step| &*step.tool.tool == "slow").unwrap();
            let StepState::Done(record) = &slow.state else { panic!("{steps:?}") };
            assert_eq!(record.decision, Decision::Cancelled);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_script_itself_can_call() {
    let source = r"
import multiprocessing
from mcp_execution import ConfigurationError, call_tool
def attempt(_):
    try:
        return call_tool('plain__echo', {'n': 2})
    except ConfigurationError as e:
        return str(e)
if __name__ == '__main__':
    print(call_tool('plain__echo', {'n': 1}))
    for method in ('fork', 'spawn'):
        with multiprocessing.get_context(method).Pool(1) as pool:
            print(pool.map(attempt, [0])[0])
    print(call_tool('plain__echo', {'n': 3}))
";
    let stdout = "{'n': 1}\ntools can only be called from the script's own process, not from a process it started\n\
                  tools can only be called by a script that mcp-studio runs\n{'n': 3}\n";
    expect(source, stdout).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_can_call_after_the_run() {
    let bench = bench();
    let file = bench.workspace.join("said");
    let source = r"
import os, time
from mcp_execution import call_tool
call_tool('plain__echo')
import _mcp_studio.link as link
if os.fork() == 0:
    os.setsid()
    time.sleep(600)
link.tell({'ended': {'code': 0, 'error': None}})
try:
    call_tool('plain__echo', {'n': 2})
except Exception as e:
    open(FILE, 'w').write(type(e).__name__)
time.sleep(600)
";
    let path = bench.write("a.py", &source.replace("FILE", &format!("{:?}", file.to_str().unwrap())));
    let run = bench.start(request(&path, Start::Warm)).await;
    let result = run.finished().await;
    assert_eq!((result.exit_code, result.steps), (0, 1));
    bench.engine.shutdown().await;
    assert_eq!(bench.board.steps(Some(run.id()), 0..10).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_tool_hands_over_all_its_content() {
    let source = r"
from mcp_execution import ToolExecutionError, call_tool
for arguments in ({}, {'picture': 1}):
    try:
        call_tool('plain__fail', arguments)
    except ToolExecutionError as error:
        print(error.server, error.tool, [block['type'] for block in error.content], repr(error.content[0]['text']))
";
    expect(source, "plain fail ['text'] 'first line\\nsecond line'\nplain fail ['text', 'image'] 'a picture'\n").await;
}
