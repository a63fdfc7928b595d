//! Confined runs: what a script must not do fails, what it may do works, and the level is the one that was asked for.
#![cfg(target_os = "linux")]

use mcp_studio::engine::Start;
use mcp_studio::sys::sandbox::Level;
use serde_json::{Value, json};

use super::bench::{Bench, STARTS, request};

/// Each attempt's result is `done` or the name of its exception.
const ATTEMPTS: &str = r"
import json, os, resource, socket, sys, tempfile
from mcp_execution import set_result
here = os.path.dirname(os.path.abspath(__file__))
project = os.path.dirname(here)
def attempt(action):
    try:
        action()
        return 'done'
    except BaseException as error:
        return type(error).__name__
def write(path):
    with open(path, 'w') as file:
        file.write('x')
set_result({
    'network': attempt(lambda: socket.socket()),
    'configuration': attempt(lambda: open(os.path.join(project, 'mcp_config.json'))),
    'journal': attempt(lambda: os.listdir(os.path.join(project, '.mcp-studio', 'journal'))),
    'itself': attempt(lambda: write(__file__)),
    'neighbour': attempt(lambda: write(os.path.join(here, 'new.py'))),
    'runtime': attempt(lambda: write(sys.modules['mcp_execution'].__file__)),
    'parent': attempt(lambda: os.kill(os.getppid(), 0)),
    'session': attempt(lambda: os.setsid()) + (' kept' if os.getsid(0) == os.getpid() else ' left'),
    'output': attempt(lambda: write(os.path.join(here, 'output', 'a'))),
    'scratch': attempt(lambda: tempfile.TemporaryFile()),
    'read': attempt(lambda: open(__file__).read()),
})
";

#[tokio::test(flavor = "multi_thread")]
async fn a_script_is_confined_by_default() {
    let bench = Bench::new();
    let path = bench.write("a.py", ATTEMPTS);
    let confined = json!({
        "network": "PermissionError",
        "configuration": "PermissionError",
        "journal": "PermissionError",
        "itself": "PermissionError",
        "neighbour": "PermissionError",
        "runtime": "PermissionError",
        "parent": "PermissionError",
        "session": "done kept",
        "output": "done",
        "scratch": "done",
        "read": "done",
    });
    for start in STARTS {
        let result = bench.run(request(&path, start)).await;
        assert_eq!((result.exit_code, result.sandbox), (0, Level::Standard), "{result:?}");
        assert_eq!(result.value.as_ref(), Some(&confined), "{start:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_may_ask_for_another_level() {
    let bench = Bench::new();
    let path = bench.write("a.py", "import socket\nfrom mcp_execution import set_result\nset_result(bool(socket.socket()))\n");
    let offered = bench.engine.sandbox().await.level;
    for start in [Start::Warm, Start::Cold, Start::Warm] {
        let mut open = request(&path, start);
        open.sandbox = Some(Level::Off);
        let result = bench.run(open).await;
        assert_eq!((result.value.clone(), result.sandbox), (Some(Value::Bool(true)), Level::Off), "{start:?} {result:?}");
        let mut strict = request(&path, start);
        strict.sandbox = Some(Level::Strict);
        let result = bench.run(strict).await;
        let error = result.error.clone().unwrap().class;
        let expected = if offered == Level::Strict { "PermissionError" } else { "NotStarted" };
        assert_eq!((result.exit_code, error.as_str(), result.sandbox), (1, expected, Level::Strict), "{start:?}");
    }
}
