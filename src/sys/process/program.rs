//! Programs by name, and what people read when one does not start or has ended.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use super::Exit;
use crate::types::{Failure, FailureKind};

/// The executable called `name` in the folders of `path_variable` (the form of `PATH`). A name with a slash is taken
/// as a path.
pub fn find_program(name: &str, path_variable: &OsStr) -> Option<PathBuf> {
    which::which_in(name, Some(path_variable), "/").ok()
}

/// `exited with status 3`, `killed by signal 9 (SIGKILL)`.
pub fn exit_words(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("exited with status {code}"),
        Exit::Signal(number) => match signal_name(number) {
            Some(name) => format!("killed by signal {number} ({name})"),
            None => format!("killed by signal {number}"),
        },
    }
}

fn signal_name(number: i32) -> Option<&'static str> {
    Some(match number {
        libc::SIGHUP => "SIGHUP",
        libc::SIGINT => "SIGINT",
        libc::SIGQUIT => "SIGQUIT",
        libc::SIGILL => "SIGILL",
        libc::SIGTRAP => "SIGTRAP",
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGKILL => "SIGKILL",
        libc::SIGUSR1 => "SIGUSR1",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGUSR2 => "SIGUSR2",
        libc::SIGPIPE => "SIGPIPE",
        libc::SIGALRM => "SIGALRM",
        libc::SIGTERM => "SIGTERM",
        libc::SIGXCPU => "SIGXCPU",
        libc::SIGXFSZ => "SIGXFSZ",
        libc::SIGSYS => "SIGSYS",
        _ => return None,
    })
}

/// Why `program` could not be started in `folder`, told from the error and from what is on disk.
pub(super) fn not_started(program: &Path, folder: &Path, error: &io::Error) -> Failure {
    let failure = |why: String| Failure::new(FailureKind::Environment, format!("cannot start {}: {why}", program.display()));
    let missing = error.kind() == io::ErrorKind::NotFound;
    if !folder.is_dir() {
        failure(format!("its working folder {} does not exist", folder.display())).hint("create the folder or correct \"cwd\"")
    } else if missing && !program.exists() {
        failure("there is no such program".to_owned()).hint("install it, or give its full path")
    } else if missing {
        failure("the interpreter that its first line names does not exist".to_owned())
            .hint("correct the line that begins with #!, or install that interpreter")
    } else if program.is_dir() {
        failure("it is a folder".to_owned()).hint("name the program itself")
    } else if error.kind() == io::ErrorKind::PermissionDenied {
        failure("it may not be executed".to_owned()).hint(format!("make it executable: chmod +x {}", program.display()))
    } else {
        failure(error.to_string())
    }
}

/// A started process that cannot be watched; descriptors have run out.
pub(super) fn not_watched(error: &io::Error) -> Failure {
    Failure::new(FailureKind::Environment, format!("cannot watch a process that was started: {error}"))
        .hint("raise the limit on open files: ulimit -n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_in_words() {
        assert_eq!(exit_words(Exit::Code(3)), "exited with status 3");
        assert_eq!(exit_words(Exit::Signal(9)), "killed by signal 9 (SIGKILL)");
        assert_eq!(exit_words(Exit::Signal(40)), "killed by signal 40");
    }

    #[test]
    fn programs_are_found_in_the_given_path_only() {
        assert_eq!(find_program("sh", OsStr::new("/nowhere:/bin")), Some(PathBuf::from("/bin/sh")));
        assert_eq!(find_program("sh", OsStr::new("/nowhere")), None);
        assert_eq!(find_program("/bin/sh", OsStr::new("")), Some(PathBuf::from("/bin/sh")));
    }
}
