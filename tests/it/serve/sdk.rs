//! The Python SDK of the protocol, in an environment of its own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Ended, Project, program};

/// The SDK that the scenarios are written for.
const PACKAGE: &str = "mcp>=2.3,<3";

/// Modes of the SDK's client, each with the protocol it ends up with.
pub(super) const MODES: [(&str, &str); 2] = [("legacy", "2025-11-25"), ("auto", "2026-07-28")];

/// The interpreter that has the SDK, or `None` (said on stderr) where it cannot be had. Under `CI` it must.
pub(super) fn python() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let environment = target.join("test-sdk");
    let interpreter = environment.join("bin/python");
    let ready = environment.join("ready");
    let lock = File::create(target.join("test-sdk.lock")).unwrap();
    lock.lock().unwrap();
    if !ready.exists() {
        let made = runs(program("python3").args(["-m", "venv"]).arg(&environment))
            && runs(program(&interpreter).args(["-m", "pip", "install", "--quiet", PACKAGE]));
        if !made {
            assert!(std::env::var_os("CI").is_none(), "{PACKAGE} cannot be had");
            eprintln!("passed over: no Python environment with {PACKAGE} can be made here");
            return None;
        }
        std::fs::write(&ready, "").unwrap();
    }
    Some(interpreter)
}

/// Runs the scenarios in the folder of `project`.
pub(super) fn drive(python: &Path, project: &Project, mode: &str, transport: &[&str]) -> Ended {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/agent.py");
    let mut command = program(python);
    command.arg(script).arg(mode).args(transport).current_dir(project.folder());
    Ended::of(command.output().unwrap())
}

/// What the scenarios print when all of them hold.
pub(super) fn held(protocol: &str) -> Ended {
    let scenarios = [
        "greeting",
        "searching",
        "one_tool",
        "scripts",
        "mistakes",
        "cancelling",
        "together",
        "reading",
        "wrappers",
        "discovering",
    ];
    Ended::new(0, &format!("protocol {protocol}\n{}\n", scenarios.join("\n")), "")
}

fn runs(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}
