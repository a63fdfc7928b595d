//! What is asked of the engine.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::sys::sandbox::Level;

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

/// Standard input of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Empty.
    Null,
    /// Ours.
    Inherit,
}

/// Output of a script beside the board, which always gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// The board only.
    Board,
    /// Also to our own stdout and stderr, byte for byte, as it comes.
    PassThrough,
    /// Also kept (head and tail, within limits) in the [`super::RunResult`].
    Capture,
}

/// Working folder of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    /// Ours, as with `python script.py`.
    Current,
    /// The workspace, for those who do not know where we were started.
    Workspace,
}
