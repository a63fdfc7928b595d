//! Processes and process trees.
//!
//! ```text
//! start -> running -> leader ended (kept as a zombie, so that its number stays ours) -> end | drop -> none left
//! ```

mod children;
mod foreground;
mod handle;
mod leader;
mod mark;
pub(super) mod members;
mod program;
mod spawn;
mod tally;
mod usage;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use children::children;
pub use foreground::foreground;
pub use handle::Handle;
use leader::Leader;
pub use mark::Mark;
pub(super) use mark::core_number;
pub use program::{exit_words, find_program};
pub use tally::{Tally, TreeUsage};
pub use usage::Usage;

use crate::types::Failure;

/// What to start. The environment is complete: nothing is inherited.
#[derive(Debug)]
pub struct Launch {
    /// Absolute path of the program.
    pub program: PathBuf,
    /// Arguments after the program's name.
    pub arguments: Vec<OsString>,
    /// The whole environment.
    pub environment: BTreeMap<OsString, OsString>,
    /// Working folder.
    pub folder: PathBuf,
    /// Standard input, output and error. Descriptors not named here are closed in the child.
    pub stdio: [Stdio; 3],
    /// Further descriptors the child gets, as (ours, its number there, 3 or more).
    pub descriptors: Vec<(OwnedFd, i32)>,
    /// Confinement applied between fork and exec.
    pub sandbox: Option<super::sandbox::Prepared>,
}

/// Where one of the standard streams goes.
#[derive(Debug)]
pub enum Stdio {
    /// `/dev/null`.
    Null,
    /// A pipe to us.
    Pipe,
    /// Our own stream of the same number.
    Inherit,
    /// This descriptor.
    Descriptor(OwnedFd),
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It returned this status.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

/// A started process that leads a session (so a group) of its own, with everything it started.
/// Dropping it kills the whole tree.
#[derive(Debug)]
pub struct Tree {
    /// Our end of the child's standard input, where piped.
    pub stdin: Option<tokio::net::unix::pipe::Sender>,
    /// Our end of the child's standard output, where piped.
    pub stdout: Option<tokio::net::unix::pipe::Receiver>,
    /// Our end of the child's standard error, where piped.
    pub stderr: Option<tokio::net::unix::pipe::Receiver>,
    leader: Leader,
    mark: Mark,
    gone: AtomicBool,
}

impl Tree {
    /// Starts `launch`. Must be called within a tokio runtime. The failure's kind is `Environment`; a caller that
    /// starts a server says so by changing it.
    pub fn start(launch: Launch) -> Result<Self, Failure> {
        super::watchdog::ensure();
        let mark = Mark::fresh();
        let spawned = spawn::spawn(launch, mark)?;
        let leader = Leader::watch(spawned.process).map_err(|error| program::not_watched(&error))?;
        Ok(Self { stdin: spawned.stdin, stdout: spawned.stdout, stderr: spawned.stderr, leader, mark, gone: false.into() })
    }

    /// The process id of the leader.
    pub fn id(&self) -> u32 {
        self.leader.id().as_raw_nonzero().get().unsigned_abs()
    }

    /// What all processes of this tree carry. A process that forks on our behalf gives its children a [`Mark::part`].
    pub fn mark(&self) -> Mark {
        self.mark
    }

    /// Waits for the leader alone; its descendants may live on. May be called again and concurrently.
    pub async fn wait(&self) -> Exit {
        self.leader.wait().await
    }

    /// Sends `signal` to the leader's group.
    pub fn signal(&self, signal: i32) {
        self.leader.signal_group(signal);
    }

    /// Asks the tree to end (SIGTERM), and after `grace` ends it (SIGKILL), daemonised descendants included.
    /// Returns when none is left; a process the kernel itself cannot end is given up after a few seconds.
    pub async fn end(&self, grace: Duration) -> Exit {
        self.signal(libc::SIGTERM);
        if cfg!(target_os = "linux") {
            members::end(self.owner(), grace).await;
        } else {
            let _ = tokio::time::timeout(grace, self.wait()).await;
        }
        self.signal(libc::SIGKILL);
        let exit = tokio::time::timeout(crate::types::limits::SWEEP_LIMIT, self.wait()).await;
        self.gone.store(true, Ordering::Release);
        exit.unwrap_or(Exit::Signal(libc::SIGKILL))
    }

    fn owner(&self) -> members::Owner {
        members::Owner::Tree { mark: self.mark, session: self.leader.id() }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if !self.gone.load(Ordering::Acquire) {
            self.signal(libc::SIGKILL);
            members::kill(self.owner());
        }
    }
}
