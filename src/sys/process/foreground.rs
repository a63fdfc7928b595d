//! A program of the person's that gets the terminal, such as an editor. It belongs to the terminal, not to us: it is not
//! marked, and it sees our whole environment.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::Command;

use super::Exit;

/// Runs a program on our own terminal and waits for its end. Keys that stop the program do not end us meanwhile.
/// Blocks: the terminal must have been given back before.
#[expect(clippy::disallowed_methods, unsafe_code, reason = "the one place that starts processes")]
pub fn foreground(program: &Path, arguments: &[OsString], folder: &Path) -> io::Result<Exit> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    let defaults = || {
        super::spawn::default_signals();
        Ok(())
    };
    // SAFETY: the closure only makes system calls and neither allocates nor locks.
    unsafe { command.pre_exec(defaults) };
    let _deaf = Deaf::to(&[libc::SIGINT, libc::SIGQUIT]);
    let status = command.spawn()?.wait()?;
    Ok(match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code(code),
        (None, signal) => Exit::Signal(signal.unwrap_or(0)),
    })
}

/// Signals that are ignored until this is dropped.
struct Deaf(Vec<(libc::c_int, libc::sighandler_t)>);

impl Deaf {
    #[expect(unsafe_code, reason = "the standard library cannot ignore a signal")]
    fn to(signals: &[libc::c_int]) -> Self {
        // SAFETY: sets an action that runs no code; the former one is put back on drop.
        Self(signals.iter().map(|signal| (*signal, unsafe { libc::signal(*signal, libc::SIG_IGN) })).collect())
    }
}

impl Drop for Deaf {
    #[expect(unsafe_code, reason = "puts back what was there")]
    fn drop(&mut self) {
        for (signal, former) in &self.0 {
            // SAFETY: the value came from the same call.
            unsafe { libc::signal(*signal, *former) };
        }
    }
}
