//! Which Python: the first of the places where a person would expect it that is a CPython of 3.10 or newer.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::memory::Memory;
use super::tool::{Said, Tool, run};
use super::{Interpreter, virtual_environment};
use crate::config::Settings;
use crate::sys::process::{Exit, exit_words, find_program};
use crate::types::limits::PROBE_TIMEOUT;
use crate::types::{Failure, FailureKind};

/// The oldest Python that scripts and wrappers are written for.
const OLDEST: (u32, u32) = (3, 10);
/// What Pythons are called on `PATH`, in the order they are tried.
const NAMES: &[&str] = &["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"];
/// The interpreter itself knows best what it is, also behind the shims of version managers.
const QUESTION: &str = "import json, sys
print(json.dumps({'name': sys.implementation.name, 'version': list(sys.version_info[:3]), 'path': sys.executable}))";

/// A Python that may do, and why it is asked.
#[derive(Debug, PartialEq, Eq)]
struct Candidate {
    path: PathBuf,
    found_by: &'static str,
}

/// What an interpreter says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Answer {
    pub(super) name: String,
    pub(super) version: (u32, u32, u32),
    pub(super) path: PathBuf,
}

/// The first candidate that fits. `variables` is our environment: shims and version managers read theirs from it.
pub(super) async fn find(settings: &Settings, variables: &BTreeMap<OsString, OsString>) -> Result<Interpreter, Failure> {
    let path = variables.get(OsStr::new("PATH")).cloned().unwrap_or_default();
    if let Some(configured) = &settings.python.interpreter {
        return configured_one(configured, settings, &path, variables).await;
    }
    let mut skipped = Vec::new();
    for candidate in candidates(settings, variables, &path) {
        match ask(&candidate, settings, variables).await {
            Ok(interpreter) => return Ok(interpreter),
            Err(why) => skipped.push(why),
        }
    }
    let message = format!("no CPython {}.{} or newer was found", OLDEST.0, OLDEST.1);
    let failure = Failure::new(FailureKind::Environment, message);
    let failure = skipped.into_iter().fold(failure, |failure, why| failure.note("skipped", why));
    Err(failure.hint("install Python, or name one in mcp_config.json: \"studio\": {\"python\": {\"interpreter\": PATH}}"))
}

/// What a person has named is taken or refused, never replaced by another.
async fn configured_one(
    configured: &Path,
    settings: &Settings,
    path: &OsStr,
    variables: &BTreeMap<OsString, OsString>,
) -> Result<Interpreter, Failure> {
    let refused = |why: String| {
        Failure::new(FailureKind::Environment, format!("the configured interpreter cannot be used: {why}"))
            .hint("correct \"studio\": {\"python\": {\"interpreter\": ...}} in mcp_config.json, or leave it out")
    };
    let found = find_program(&configured.to_string_lossy(), path)
        .ok_or_else(|| refused(format!("{} is no program", configured.display())))?;
    ask(&Candidate { path: found, found_by: "config" }, settings, variables).await.map_err(refused)
}

fn candidates(settings: &Settings, variables: &BTreeMap<OsString, OsString>, path: &OsStr) -> Vec<Candidate> {
    let active = variables.get(OsStr::new("VIRTUAL_ENV")).map(|folder| Path::new(folder).join("bin/python"));
    let active = active.map(|path| Candidate { path, found_by: "VIRTUAL_ENV" });
    let own = virtual_environment::existing(settings);
    let own = own.map(|own| Candidate { path: own.python, found_by: "workspace/.venv" });
    let on_path = NAMES.iter().filter_map(|name| find_program(name, path));
    let mut all: Vec<Candidate> = active.into_iter().chain(own).collect();
    all.extend(on_path.map(|path| Candidate { path, found_by: "PATH" }));
    all
}

/// What a candidate is, as remembered or asked now; else why it will not do.
async fn ask(
    candidate: &Candidate,
    settings: &Settings,
    variables: &BTreeMap<OsString, OsString>,
) -> Result<Interpreter, String> {
    let shown = candidate.path.display();
    let memory = Memory::open(&settings.paths.state);
    let answer = match memory.recall(&candidate.path) {
        Some(answer) => answer,
        None => {
            let answer = ask_now(&candidate.path, variables).await?;
            memory.remember(&candidate.path, &answer);
            answer
        }
    };
    let (major, minor, micro) = answer.version;
    if answer.name != "cpython" {
        return Err(format!("{shown} is {}, not CPython", answer.name));
    }
    if (major, minor) < OLDEST {
        return Err(format!("{shown} is CPython {major}.{minor}.{micro}"));
    }
    Ok(Interpreter { path: answer.path, version: answer.version, found_by: candidate.found_by })
}

async fn ask_now(program: &Path, variables: &BTreeMap<OsString, OsString>) -> Result<Answer, String> {
    let tool = Tool {
        program,
        arguments: ["-I", "-S", "-c", QUESTION].map(OsString::from).to_vec(),
        environment: variables,
        folder: Path::new("/"),
        limit: PROBE_TIMEOUT,
    };
    let said = run(tool, |_| {}).await.map_err(|failure| failure.message)?;
    answer(&said).ok_or_else(|| format!("{} {}", program.display(), refusal(&said)))
}

fn answer(said: &Said) -> Option<Answer> {
    let line = said.lines.iter().find(|line| line.starts_with('{'))?;
    serde_json::from_str(line).ok().filter(|answer: &Answer| answer.path.is_absolute() && said.exit == Some(Exit::Code(0)))
}

fn refusal(said: &Said) -> String {
    match said.exit {
        None => format!("did not answer within {} s", PROBE_TIMEOUT.as_secs()),
        Some(Exit::Code(0)) => "does not answer like a Python".to_owned(),
        Some(exit) => exit_words(exit),
    }
}
