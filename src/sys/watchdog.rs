//! What remains to clean up when the core is killed: a child of our own binary that waits for the end of a pipe.
//!
//! ```text
//! core --(pipe whose write end only the core has)--> watchdog: end of file -> kill every process with the core's mark -> exit
//! ```
//! A process between fork and exec still holds the pipe, and it is marked before exec closes it: none slips through.
//! Not responsible for orderly shutdown ([`super::process::Tree::end`]). A program that is not `mcp-studio` (library use) has
//! no watchdog unless it names an executable to [`start`].

use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use super::process::{core_number, members};
use crate::types::{Failure, FailureKind};

/// The hidden argument of `mcp-studio` that makes it a watchdog; the core's number follows.
pub const ARGUMENT: &str = "watchdog";

/// The write end of the pipe, open as long as this process lives; nothing is ever written. None: there is no watchdog.
static LIFELINE: OnceLock<Option<ChildStdin>> = OnceLock::new();

/// Starts the watchdog from `executable`, a `mcp-studio`, unless there is one already.
pub fn start(executable: &Path) -> Result<(), Failure> {
    let mut failure = None;
    LIFELINE.get_or_init(|| spawn(executable).map_err(|error| failure = Some(error)).ok());
    failure.map_or(Ok(()), |error| {
        let message = format!("cannot start the watchdog {}: {error}", executable.display());
        Err(Failure::new(FailureKind::Internal, message))
    })
}

/// Starts the watchdog if this program is `mcp-studio` itself, unless there is one already. Every start of a process sees
/// to it; who knows that one will come may call this before, on another thread: it takes a millisecond or two.
pub fn ensure() {
    LIFELINE.get_or_init(|| {
        let own = std::env::current_exe().ok()?;
        (own.file_name()? == "mcp-studio").then(|| spawn(&own).ok()).flatten()
    });
}

/// The watchdog itself. `main` calls it before anything else when the first argument is [`ARGUMENT`].
pub fn run() -> std::process::ExitCode {
    let number = std::env::args().nth(2).and_then(|text| text.parse().ok());
    let Some(number) = number else { return std::process::ExitCode::from(2) };
    // No folder may be kept in use by a process that nobody sees.
    let _ = std::env::set_current_dir("/");
    let mut nothing = [0; 1];
    while matches!(std::io::stdin().read(&mut nothing), Ok(1)) {}
    members::sweep(members::Owner::Core(number), Duration::ZERO);
    std::process::ExitCode::SUCCESS
}

#[expect(clippy::disallowed_methods, reason = "the watchdog belongs to no tree: it must outlive them all")]
fn spawn(executable: &Path) -> std::io::Result<ChildStdin> {
    let mut command = Command::new(executable);
    command.arg(ARGUMENT).arg(core_number().to_string()).env_clear();
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // A group of its own, which Ctrl+C in the terminal does not reach. A session would need a fork of this whole process.
    command.process_group(0);
    command.spawn()?.stdin.ok_or_else(|| std::io::ErrorKind::BrokenPipe.into())
}
