//! A project with an engine, for tests.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mcp_studio::calls::Calls;
use mcp_studio::catalog::Catalog;
use mcp_studio::config::{Location, Settings, load};
use mcp_studio::connections::Connections;
use mcp_studio::engine::{Engine, Output, Run, RunRequest, RunResult, Script, Start};
use mcp_studio::environment::Environment;
use mcp_studio::journal::{Board, Journal, OutputStream};
use mcp_studio::sys::pulse::Pulse;
use mcp_studio::types::{Fallback, Placed, Policy};

/// Both ways to start an interpreter.
pub(crate) const STARTS: [Start; 2] = [Start::Warm, Start::Cold];

/// An engine in a project of its own.
pub(crate) struct Bench {
    pub engine: Arc<Engine>,
    pub board: Arc<Board>,
    pub workspace: PathBuf,
    _folder: tempfile::TempDir,
}

impl Bench {
    /// A project without servers.
    pub(crate) fn new() -> Self {
        Self::with_config("{}")
    }

    /// A project whose scripts are not confined.
    pub(crate) fn unconfined() -> Self {
        Self::with_config(r#"{"studio": {"sandbox": "off"}}"#)
    }

    /// A project with this `mcp_config.json`.
    pub(crate) fn with_config(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().canonicalize().unwrap();
        let workspace = project.join("workspace");
        std::fs::create_dir_all(workspace.join("output")).unwrap();
        std::fs::write(project.join("mcp_config.json"), config).unwrap();
        let loaded = load(&Location::default(), &project, &|_| None).unwrap().settings;
        let policy = Policy { default: Placed::built_in(Fallback::Allow), ..Policy::clone(&loaded.policy) };
        let settings = Arc::new(Settings { policy: Arc::new(policy), ..loaded });
        let pulse = Pulse::default();
        let board = Arc::new(Board::new(pulse.clone()));
        let journal = Arc::new(Journal::new(&settings.paths.state.join("journal"), "test"));
        let environment = Arc::new(Environment::new(Arc::clone(&settings), pulse.clone()));
        let connections = Connections::new(Arc::clone(&settings), Arc::clone(&environment), pulse.clone());
        let cache = settings.paths.state.join("catalog");
        let catalog = Catalog::open(&cache, Arc::clone(&settings), Arc::clone(&connections), pulse);
        let recorded = Arc::clone(&journal);
        let calls = Calls::new(Arc::clone(&settings), Arc::clone(&catalog), connections, recorded, Arc::clone(&board));
        let engine = Engine::new(settings, environment, calls, catalog, journal, Arc::clone(&board));
        Self { engine, board, workspace, _folder: folder }
    }

    /// Writes a file of the workspace.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.workspace.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Starts a script and gives its handle.
    pub(crate) async fn start(&self, request: RunRequest) -> Run {
        if request.start == Start::Warm {
            self.engine.warm().await;
        }
        self.engine.start(request).await.unwrap()
    }

    /// Runs a script to its end.
    pub(crate) async fn run(&self, request: RunRequest) -> Arc<RunResult> {
        self.start(request).await.finished().await
    }

    /// Writes `source` as `script.py` and runs it.
    pub(crate) async fn run_source(&self, start: Start, source: &str) -> Arc<RunResult> {
        let path = self.write("script.py", source);
        self.run(request(&path, start)).await
    }
}

/// A request to run the file at `path`, its output captured.
pub(crate) fn request(path: &Path, start: Start) -> RunRequest {
    RunRequest { start, output: Output::Capture, ..RunRequest::of(Script::File(path.to_owned())) }
}

/// Exit code, outcome, standard output and error.
pub(crate) fn seen(result: &RunResult) -> (i32, &str, &str, &str) {
    let text = |text: &'_ Option<String>| -> &'static str { String::leak(text.clone().unwrap_or_default()) };
    (result.exit_code, &result.outcome, text(&result.stdout), text(&result.stderr))
}

/// Waits until the run has written `line` to its standard output.
pub(crate) async fn written(bench: &Bench, run: &Run, line: &str) {
    let there = || {
        let end = bench.board.run(run.id()).unwrap().output_lines;
        bench.board.output(run.id(), 0..end).iter().any(|shown| shown.stream == OutputStream::Stdout && shown.text == line)
    };
    wait_for(there).await;
}

/// Starts a script that prints `on` when it is ready, and waits until it has.
pub(crate) async fn begun(bench: &Bench, start: Start, source: &str) -> Run {
    let path = bench.write("a.py", source);
    let run = bench.start(request(&path, start)).await;
    written(bench, &run, "on").await;
    run
}

/// Waits for a condition.
pub(crate) async fn wait_for(mut condition: impl FnMut() -> bool) {
    let mut tick = tokio::time::interval(Duration::from_millis(5));
    let waiting = async {
        while !condition() {
            tick.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("the condition comes true");
}
