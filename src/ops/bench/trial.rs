//! A project of its own in a temporary folder, with the embedded file server, and a studio for it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::config::{Location, Paths, Settings};
use crate::engine::{Run, RunRequest, RunResult, Scratch, Script};
use crate::environment::Environment;
use crate::ops::Studio;
use crate::sys::files::write_atomic;
use crate::sys::process::{Exit, Launch, Stdio, Tree, exit_words};
use crate::sys::pulse::Pulse;
use crate::types::limits::BENCH_RUN_LIMIT;
use crate::types::{Caller, Failure, FailureKind};

/// The tool that is called, and what with: an answer of about 100 bytes.
pub(super) const TOOL: &str = "file_info";
const FILE: &str = "a.txt";

/// The project. Everything in it, its records too, goes with it.
#[derive(Debug)]
pub struct Trial {
    studio: Studio,
    program: PathBuf,
    python: PathBuf,
    environment: BTreeMap<OsString, OsString>,
    folder: PathBuf,
    _scratch: Scratch,
}

impl Trial {
    /// Makes it. `program` is mcp-studio itself; the interpreter and the sandbox are those of `like`, all else is as it is
    /// where nothing is configured, but that calls are allowed.
    pub async fn open(program: &Path, like: &Settings) -> Result<Self, Failure> {
        let scratch = Scratch::new()?;
        let folder = scratch.folder().to_owned();
        let python = interpreter(like, &folder).await?;
        let config = folder.join("mcp_config.json");
        write_atomic(&folder.join(FILE), "x".repeat(60).as_bytes())?;
        write_atomic(&folder.join("pass.py"), b"pass\n")?;
        write_atomic(&config, configuration(program, &python, like).to_string().as_bytes())?;
        let studio = Studio::open(&Location { config: Some(config), workspace: None }, "bench")?;
        let environment = std::env::vars_os().collect();
        Ok(Self { studio, program: program.to_owned(), python, environment, folder, _scratch: scratch })
    }

    /// Its studio.
    pub fn studio(&self) -> &Studio {
        &self.studio
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The interpreter itself, also where a version manager's program stands in front of it.
    pub fn python(&self) -> &Path {
        &self.python
    }

    /// Runs a script, and answers the time from the request to its end. It must end well.
    pub async fn script(&self, source: &str) -> Result<Duration, Failure> {
        let start = Instant::now();
        let result = self.begin(source).await?.finished().await;
        let took = start.elapsed();
        match result.exit_code {
            0 => Ok(took),
            _ => Err(ended(&result)),
        }
    }

    /// Begins a script.
    pub async fn begin(&self, source: &str) -> Result<Run, Failure> {
        let script = Script::Text { name: "bench.py".to_owned(), source: source.to_owned() };
        self.studio.run_script(RunRequest { timeout: Some(BENCH_RUN_LIMIT), ..RunRequest::of(script) }).await
    }

    /// Calls the tool through all guards, and answers how long it took.
    pub async fn call(&self) -> Result<Duration, Failure> {
        let start = Instant::now();
        let cancel = CancellationToken::new();
        let reply = self.studio.call_tool(&format!("files__{TOOL}"), Some(self.arguments()), Caller::CommandLine, cancel).await;
        let took = start.elapsed();
        reply.outcome.map(|_| took)
    }

    /// The arguments of the tool.
    pub fn arguments(&self) -> Value {
        json!({ "path": FILE })
    }

    /// Time of mcp-studio from its start to its end, for a script that does nothing in an interpreter that is started for it.
    pub async fn cold_run(&self) -> Result<Duration, Failure> {
        self.timed(&self.program, &["--no-daemon", "exec", "--cold", "pass.py"]).await
    }

    /// Time of the bare interpreter for the same.
    pub async fn bare_run(&self) -> Result<Duration, Failure> {
        self.timed(&self.python, &["-I", "-S", "-c", "pass"]).await
    }

    async fn timed(&self, program: &Path, arguments: &[&str]) -> Result<Duration, Failure> {
        let launch = self.launch(program, arguments, [Stdio::Null, Stdio::Null, Stdio::Null]);
        let start = Instant::now();
        let tree = Tree::start(launch)?;
        let exit = tree.wait().await;
        let took = start.elapsed();
        match exit {
            Exit::Code(0) => Ok(took),
            exit @ (Exit::Code(_) | Exit::Signal(_)) => {
                let message = format!("{} {} {}", program.display(), arguments.join(" "), exit_words(exit));
                Err(Failure::new(FailureKind::Environment, message))
            }
        }
    }

    /// How to start a program in the project.
    pub(super) fn launch(&self, program: &Path, arguments: &[&str], stdio: [Stdio; 3]) -> Launch {
        Launch {
            program: program.to_owned(),
            arguments: arguments.iter().map(OsString::from).collect(),
            environment: self.environment.clone(),
            folder: self.folder.clone(),
            stdio,
            descriptors: Vec::new(),
            sandbox: None,
        }
    }

    /// How to start another process of the embedded server.
    pub(super) fn server(&self) -> Launch {
        self.launch(&self.program, &["file-server", "--root", "."], [Stdio::Pipe, Stdio::Pipe, Stdio::Null])
    }

    /// Ends what is under way. The folder is removed when the rest is dropped.
    pub async fn close(self) {
        self.studio.shutdown().await;
    }
}

/// The failure of a script that ended otherwise than it should.
pub(super) fn ended(result: &RunResult) -> Failure {
    Failure::new(FailureKind::Script, format!("a script of the benchmark ended with: {}", result.outcome))
}

fn configuration(program: &Path, python: &Path, like: &Settings) -> Value {
    let server = json!({"command": program, "args": ["file-server", "--root", "."]});
    let mut studio = json!({
        "python": {"interpreter": python},
        "policy": {"default": "allow"},
        "telemetry": {"endpoint": "off"},
    });
    if let Some(level) = like.sandbox {
        studio["sandbox"] = json!(level);
    }
    json!({"mcpServers": {"files": server}, "studio": studio})
}

/// The interpreter that `like` leads to. What is remembered of it goes into `state` instead of the person's project.
async fn interpreter(like: &Settings, state: &Path) -> Result<PathBuf, Failure> {
    let paths = Paths { state: state.to_owned(), ..like.paths.clone() };
    let environment = Environment::new(Arc::new(Settings { paths, ..like.clone() }), Pulse::default());
    Ok(environment.interpreter().await?.path.clone())
}
