//! A real CPython with Pydantic and the type checkers, made once under `target`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Packages that the tests need from the Python package index.
const PACKAGES: &[&str] = &["pydantic>=2.11", "mypy", "jsonschema"];

/// The interpreter of the test environment, or `None` (said on stderr) where it cannot be had.
pub(super) fn python() -> Option<PathBuf> {
    let environment = target().join("test-venv");
    let interpreter = environment.join("bin/python");
    let ready = environment.join("ready");
    let _lock = lock("test-venv.lock");
    if !ready.exists() {
        let made = run(command("python3").args(["-m", "venv"]).arg(&environment))
            && run(command(&interpreter).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES));
        if !made {
            eprintln!("passed over: no Python environment with {PACKAGES:?} can be made here");
            return None;
        }
        fs::write(&ready, "").unwrap();
    }
    Some(interpreter)
}

/// The pyright command, or `None` (said on stderr) where it cannot be had.
pub(super) fn pyright() -> Option<PathBuf> {
    let folder = target().join("pyright");
    let program = folder.join("node_modules/.bin/pyright");
    let _lock = lock("pyright.lock");
    if !program.exists() {
        fs::create_dir_all(&folder).unwrap();
        if !run(command("npm").args(["install", "--silent", "--prefix"]).arg(&folder).arg("pyright")) {
            eprintln!("passed over: pyright cannot be installed here");
            return None;
        }
    }
    Some(program)
}

/// A clean folder below `target` that holds the runtime: the shipped wrapper support on an echoing stand-in.
pub(super) fn workspace(name: &str) -> PathBuf {
    let folder = workspace_folder(name);
    let _ = fs::remove_dir_all(&folder);
    let runtime = folder.join("mcp_execution");
    fs::create_dir_all(&runtime).unwrap();
    fs::create_dir_all(folder.join("servers")).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::copy(root.join("assets/python/mcp_execution/wrappers.py"), runtime.join("wrappers.py")).unwrap();
    fs::copy(root.join("tests/python/echo/mcp_execution/__init__.py"), runtime.join("__init__.py")).unwrap();
    for marker in ["mcp_execution/py.typed", "servers/__init__.py"] {
        fs::write(folder.join(marker), "").unwrap();
    }
    folder
}

/// Where [`workspace`] makes its folder.
pub(super) fn workspace_folder(name: &str) -> PathBuf {
    target().join("test-wrappers").join(name)
}

/// Fails with what `mypy --strict` says of the wrappers in `workspace`.
pub(super) fn assert_mypy_is_content(interpreter: &Path, workspace: &Path) {
    let mut mypy = command(interpreter);
    mypy.args(["-m", "mypy", "--strict", "--no-error-summary", "servers", "mcp_execution"]).current_dir(workspace);
    assert_eq!(text(&mypy.output().unwrap(), "mypy"), "");
}

/// Fails with what pyright says of the wrappers in `workspace`.
pub(super) fn assert_pyright_is_content(pyright: &Path, interpreter: &Path, workspace: &Path) {
    let mut pyright = command(pyright);
    pyright.arg("--pythonpath").arg(interpreter).args(["servers", "mcp_execution"]).current_dir(workspace);
    let printed = text(&pyright.output().unwrap(), "pyright");
    assert_eq!(printed.lines().next_back(), Some("0 errors, 0 warnings, 0 informations"), "{printed}");
}

/// Runs a script of `tests/python` in `workspace` and returns what it printed.
pub(super) fn script(interpreter: &Path, workspace: &Path, name: &str, arguments: &[&str]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(name);
    let mut command = command(interpreter);
    command.arg(path).args(arguments).current_dir(workspace).env("PYTHONPATH", workspace).env("PYTHONDONTWRITEBYTECODE", "1");
    text(&command.output().unwrap(), name)
}

/// Standard output of a command that must have succeeded.
fn text(output: &Output, what: &str) -> String {
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{what}: {}\n{printed}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    printed
}

/// A command of the tests.
#[expect(clippy::disallowed_methods, reason = "a test starts the tools it checks with, and waits for them")]
pub(super) fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    Command::new(program)
}

fn run(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target")
}

/// Holds a lock file below `target` until it is dropped.
pub(super) fn lock(name: &str) -> File {
    let file = File::create(target().join(name)).unwrap();
    file.lock().unwrap();
    file
}
