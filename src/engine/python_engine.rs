//! Scripts from a program: text and context in, result out. A thin face of [`Engine`], with the tools of the project at hand.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};
use thiserror::Error;

use super::limits::Limit;
use super::request::Entry;
use super::{Engine, Output, RunRequest, RunResult, RunTimes, Script, ScriptError};
use crate::calls::{Calls, Matter, rules_hash};
use crate::catalog::Catalog;
use crate::config::{LimitSettings, Location, Settings, load};
use crate::connections::Connections;
use crate::environment::Environment;
use crate::journal::{Board, Journal, OutputStream, Terms};
use crate::sys::pulse::Pulse;
use crate::sys::sandbox::Level;
use crate::types::{Failure, FailureKind, RunId};

/// The name that a script given as text goes by in tracebacks.
const NAME: &str = "script.py";
/// Exit code of a run whose limit of time has passed.
const TIMED_OUT: i32 = 124;

/// How scripts are run. What is absent is as `mcp_config.json` in the folder says, or else as usual.
#[derive(Debug, Clone, Default)]
pub struct ScriptConfig {
    /// The project: its `mcp_config.json`, if there is one, names the servers whose tools scripts may call.
    pub folder: PathBuf,
    /// The interpreter: a path, or a name to look for.
    pub interpreter: Option<PathBuf>,
    /// How far scripts are confined.
    pub sandbox: Option<Level>,
    /// What scripts may use.
    pub limits: Option<LimitSettings>,
}

/// What a script is told as `context`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScriptContext {
    /// `context.request`.
    pub request: Value,
    /// `context.response`.
    pub response: Value,
    /// `context.metadata.test_name`.
    pub test_name: Option<String>,
    /// `context.metadata.tool_name`.
    pub tool_name: Option<String>,
    /// `context.metadata.server_info`.
    pub server_info: Value,
    /// `sys.argv[1:]`.
    pub arguments: Vec<String>,
}

/// A script whose code the engine keeps, by content and interpreter; should it make room for others, it is compiled anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompiledScript {
    source: String,
    function: Option<String>,
}

/// How a script ended.
#[derive(Debug, Clone, PartialEq)]
pub struct ScriptResult {
    /// Whether it ended as it should: exit code 0.
    pub success: bool,
    /// Its exit code; 124 timeout, 130 interrupted, 128 and the number of the signal that killed it.
    pub exit_code: i32,
    /// Argument of `set_result`, or what the called function returned.
    pub value: Option<Value>,
    /// Standard output; of a flood, head and tail.
    pub stdout: String,
    /// Standard error; of a flood, head and tail.
    pub stderr: String,
    /// What it wrote by `log`, each line with its level.
    pub logs: Vec<String>,
    /// Waiting, starting and running, in milliseconds.
    pub duration: RunTimes,
    /// The most memory that was resident, bytes.
    pub peak_memory: Option<u64>,
    /// The memory that was resident when the engine looked last, bytes; none for a short run.
    pub live_memory: Option<u64>,
    /// Processor time, seconds.
    pub cpu_seconds: Option<f64>,
    /// Why it did not succeed.
    pub error: Option<PythonError>,
}

/// Why a script did not start, or did not succeed.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PythonError {
    /// There is no interpreter, or none that can be used.
    #[error("no interpreter: {0}")]
    InterpreterNotFound(Failure),
    /// The project cannot be opened, or the script cannot be started.
    #[error("not started: {0}")]
    NotStarted(Failure),
    /// The script is not Python.
    #[error("{} (line {:?}, column {:?})", .0.message, .0.line, .0.column)]
    Syntax(ScriptError),
    /// A module could not be imported.
    #[error("cannot import {module}: {}", .error.message)]
    Import {
        /// Its name, as far as the exception says it.
        module: String,
        /// The exception.
        error: ScriptError,
    },
    /// An exception that the script did not catch.
    #[error("{0}")]
    Runtime(ScriptError),
    /// Its wall-clock limit passed; in words.
    #[error("{0}")]
    Timeout(String),
    /// Its limit of memory was met; in words.
    #[error("{0}")]
    MemoryLimit(String),
    /// It wrote more than it may; in words.
    #[error("{0}")]
    OutputLimit(String),
    /// Another limit was met; in words.
    #[error("{0}")]
    Limit(String),
    /// It ended with this code, or by a signal, which the words name.
    #[error("{outcome}")]
    Process {
        /// Its exit code; 128 and the number of the signal.
        code: i32,
        /// In words.
        outcome: String,
    },
}

/// Runs Python scripts.
///
/// ```
/// use mcp_studio::engine::{PythonEngine, ScriptConfig, ScriptContext};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let config = ScriptConfig { folder: folder.path().to_owned(), ..ScriptConfig::default() };
/// let engine = PythonEngine::new(&config)?;
/// let script = "def double(context):\n    return context.request['n'] * 2\n";
/// let double = engine.precompile_script(script, Some("double")).await?;
/// for n in 0..3 {
///     let context = ScriptContext { request: serde_json::json!({ "n": n }), ..ScriptContext::default() };
///     let result = engine.execute_precompiled(&double, context).await?;
///     assert_eq!(result.value, Some((n * 2).into()));
/// }
/// engine.shutdown().await;
/// # Ok(())
/// # })
/// # }
/// ```
#[derive(Debug)]
pub struct PythonEngine {
    engine: Arc<Engine>,
    calls: Arc<Calls>,
    connections: Arc<Connections>,
    board: Arc<Board>,
}

impl PythonEngine {
    /// Opens the project; starts nothing. Must be called within a tokio runtime.
    pub fn new(config: &ScriptConfig) -> Result<Self, PythonError> {
        let loaded = load(&Location::default(), &config.folder, &|name| std::env::var(name).ok());
        let mut settings = loaded.map_err(PythonError::NotStarted)?.settings;
        if config.interpreter.is_some() {
            settings.python.interpreter.clone_from(&config.interpreter);
        }
        settings.sandbox = config.sandbox.or(settings.sandbox);
        settings.limits = config.limits.unwrap_or(settings.limits);
        Ok(Self::over(settings))
    }

    fn over(settings: Settings) -> Self {
        let (settings, pulse) = (Arc::new(settings), Pulse::default());
        let state = &settings.paths.state;
        let environment = Arc::new(Environment::new(Arc::clone(&settings), pulse.clone()));
        let connections = Connections::new(Arc::clone(&settings), Arc::clone(&environment), pulse.clone());
        let catalog = Catalog::open(&state.join("catalog"), Arc::clone(&settings), Arc::clone(&connections), pulse.clone());
        let board = Arc::new(Board::new(pulse));
        let terms = Terms { rules_hash: rules_hash(&settings), ..Terms::default() };
        let journal = Arc::new(Journal::new(&state.join("journal"), "library").under(terms));
        let of_calls = (Arc::clone(&connections), Arc::clone(&journal), Arc::clone(&board));
        let calls = Calls::new(Arc::clone(&settings), Arc::clone(&catalog), of_calls.0, of_calls.1, of_calls.2);
        let engine = Engine::new(settings, environment, Arc::clone(&calls), catalog, journal, Arc::clone(&board));
        Self { engine, calls, connections, board }
    }

    /// Runs `script` to its end. A script that fails is a result too; an error is what kept it from starting.
    pub async fn execute_script(&self, script: &str, context: ScriptContext) -> Result<ScriptResult, PythonError> {
        self.execute(script, Entry::Script, context).await
    }

    /// Compiles `script` without running any of it. With `function_name`, runs of it end by calling that function with
    /// the context, and its return value is the result.
    pub async fn precompile_script(&self, script: &str, function_name: Option<&str>) -> Result<CompiledScript, PythonError> {
        let result = self.execute(script, Entry::Compile, ScriptContext::default()).await?;
        match result.error {
            Some(error) => Err(error),
            None => Ok(CompiledScript { source: script.to_owned(), function: function_name.map(str::to_owned) }),
        }
    }

    /// Runs a compiled script to its end, as [`PythonEngine::execute_script`] does.
    pub async fn execute_precompiled(
        &self,
        script: &CompiledScript,
        context: ScriptContext,
    ) -> Result<ScriptResult, PythonError> {
        let entry = script.function.clone().map_or(Entry::Script, Entry::Function);
        self.execute(&script.source, entry, context).await
    }

    /// Ends all scripts, the interpreter that waits for more, and the servers.
    pub async fn shutdown(&self) {
        self.engine.shutdown().await;
        self.connections.shutdown().await;
    }

    async fn execute(&self, script: &str, entry: Entry, context: ScriptContext) -> Result<ScriptResult, PythonError> {
        let request = RunRequest {
            arguments: context.arguments.clone(),
            context: context.into(),
            output: Output::Capture,
            ..RunRequest::of(Script::Text { name: NAME.to_owned(), source: script.to_owned() })
        };
        let source = self.engine.read(&request.script).map_err(not_started)?;
        let matters = vec![Matter::Script(NAME.to_owned(), source.text().to_owned()), Matter::Policy];
        self.calls.preflight(NAME, matters).await.map_err(not_started)?;
        let run = self.engine.start_at(request, source, entry).await.map_err(not_started)?;
        let result = run.finished().await;
        Ok(self.told(&result))
    }

    fn told(&self, result: &RunResult) -> ScriptResult {
        let usage = self.board.run(result.run).and_then(|view| view.usage);
        ScriptResult {
            success: result.exit_code == 0,
            exit_code: result.exit_code,
            value: result.value.clone(),
            stdout: result.stdout.clone().unwrap_or_default(),
            stderr: result.stderr.clone().unwrap_or_default(),
            logs: self.logs(result.run),
            duration: result.milliseconds,
            peak_memory: result.peak_memory,
            live_memory: usage.map(|usage| usage.resident_bytes),
            cpu_seconds: result.cpu_seconds,
            error: error_of(result, self.engine.limits()),
        }
    }

    fn logs(&self, run: RunId) -> Vec<String> {
        let lines = self.board.run(run).map_or(0, |view| view.output_lines);
        let lines = self.board.output(run, 0..lines).into_iter();
        lines.filter(|line| line.stream == OutputStream::Log).map(|line| String::clone(&line.text)).collect()
    }
}

impl From<ScriptContext> for Value {
    fn from(context: ScriptContext) -> Self {
        let ScriptContext { request, response, test_name, tool_name, server_info, arguments: _ } = context;
        let metadata = json!({"test_name": test_name, "tool_name": tool_name, "server_info": server_info});
        json!({"request": request, "response": response, "metadata": metadata})
    }
}

fn not_started(failure: Failure) -> PythonError {
    if failure.kind == FailureKind::Environment {
        PythonError::InterpreterNotFound(failure)
    } else {
        PythonError::NotStarted(failure)
    }
}

fn error_of(result: &RunResult, limits: &LimitSettings) -> Option<PythonError> {
    let outcome = || result.outcome.clone();
    match Limit::named(&result.outcome, limits) {
        Some(Limit::Memory) => return Some(PythonError::MemoryLimit(outcome())),
        Some(Limit::OutputBytes) => return Some(PythonError::OutputLimit(outcome())),
        Some(Limit::Processor | Limit::Processes | Limit::OpenFiles | Limit::FileBytes | Limit::WrittenBytes | Limit::Files) => {
            return Some(PythonError::Limit(outcome()));
        }
        None => {}
    }
    match (result.exit_code, &result.error) {
        (0, _) => None,
        (TIMED_OUT, _) => Some(PythonError::Timeout(outcome())),
        (_, Some(error)) => Some(exception(error.clone())),
        (code, None) => Some(PythonError::Process { code, outcome: outcome() }),
    }
}

fn exception(error: ScriptError) -> PythonError {
    match error.class.as_str() {
        "SyntaxError" | "IndentationError" | "TabError" => PythonError::Syntax(error),
        "ImportError" | "ModuleNotFoundError" => PythonError::Import { module: module(&error.message), error },
        "NotStarted" => PythonError::NotStarted(Failure::new(FailureKind::Environment, error.message)),
        _ => PythonError::Runtime(error),
    }
}

/// The module in `No module named 'a.b'` or `cannot import name 'x' from 'a.b' (path)`.
fn module(message: &str) -> String {
    let from = message.split_once(" from '").or_else(|| message.split_once('\''));
    from.and_then(|(_, rest)| rest.split('\'').next()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_of_an_import_error_is_found() {
        for (message, name) in [
            ("No module named 'a.b'", "a.b"),
            ("cannot import name 'x' from 'a.b' (/a/b.py)", "a.b"),
            ("a message of its own", ""),
        ] {
            assert_eq!(module(message), name);
        }
    }
}
