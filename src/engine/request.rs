//! What is asked of the engine.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;

use crate::calls::Answering;
use crate::sys::sandbox::Level;
use crate::types::{Failure, FailureKind};

/// A script to run.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// Where its source is.
    pub script: Script,
    /// `sys.argv[1:]`.
    pub arguments: Vec<String>,
    /// `context` of the script: an object, or null.
    pub context: Value,
    /// Wall-clock limit; the configured one when absent.
    pub timeout: Option<Duration>,
    /// Which interpreter process.
    pub start: Start,
    /// Where its standard input comes from.
    pub stdin: Input,
    /// Where its output goes beside the board.
    pub output: Output,
    /// Its working folder.
    pub folder: Folder,
    /// How far it is confined; as configured when absent. A level that this machine cannot give is refused.
    pub sandbox: Option<Level>,
    /// Who answers what the policy asks about its calls; whoever answers all others when absent.
    pub answering: Option<Answering>,
}

impl RunRequest {
    /// The script alone, warm: no arguments, no context, no input, its output on the board, in our folder.
    pub fn of(script: Script) -> Self {
        Self {
            script,
            arguments: Vec::new(),
            context: Value::Null,
            timeout: None,
            start: Start::Warm,
            stdin: Input::Null,
            output: Output::Board,
            folder: Folder::Current,
            sandbox: None,
            answering: None,
        }
    }
}

/// The source of a script.
#[derive(Debug, Clone)]
pub enum Script {
    /// A file.
    File(PathBuf),
    /// A text, with the name it goes by in tracebacks.
    Text {
        /// Shown instead of a path.
        name: String,
        /// Its source.
        source: String,
    },
}

/// How the interpreter is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// From the warm fork server; cold where that cannot serve, with the reason shown.
    Warm,
    /// A fresh interpreter.
    Cold,
}

/// What is done with a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// It runs.
    Script,
    /// It is compiled and kept; none of it runs.
    Compile,
    /// It runs, and then this function of it is called with the context; what it returns is the run's value.
    Function(String),
}

/// Standard input of a script.
#[derive(Debug, Clone)]
pub enum Input {
    /// Empty.
    Null,
    /// Ours.
    Inherit,
    /// A file, from its beginning.
    File(PathBuf),
    /// What somebody else's standard input is.
    Given(Arc<OwnedFd>),
}

impl Input {
    /// Fails for a file that cannot be read, and for a named pipe or a socket: opening one could wait for ever.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let Self::File(path) = self else { return Ok(()) };
        let refuse = |why: &str| {
            let message = format!("cannot read standard input from {}: {why}", path.display());
            Err(Failure::new(FailureKind::Usage, message))
        };
        match std::fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => refuse("there is no such file"),
            Err(error) => refuse(&error.to_string()),
            Ok(facts) if !facts.is_file() => refuse("it is no regular file"),
            Ok(_) => std::fs::File::open(path).map(drop).or_else(|error| refuse(&error.to_string())),
        }
    }
}

/// Output of a script beside the board, which always gets it.
#[derive(Debug, Clone)]
pub enum Output {
    /// The board only.
    Board,
    /// Also to our own stdout and stderr, byte for byte, as it comes.
    PassThrough,
    /// Also kept (head and tail, within limits) in the [`super::RunResult`].
    Capture,
    /// Also to somebody else, byte for byte, as it comes; a queue that is dropped is a stream that was closed.
    Given(Streams),
}

/// Where standard output and standard error go.
#[derive(Debug, Clone)]
pub struct Streams {
    /// Takes standard output.
    pub stdout: mpsc::Sender<Vec<u8>>,
    /// Takes standard error.
    pub stderr: mpsc::Sender<Vec<u8>>,
}

/// Working folder of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Folder {
    /// Ours, as with `python script.py`.
    Current,
    /// The workspace, for those who do not know where we were started.
    Workspace,
    /// That of whoever asked.
    At(PathBuf),
}
