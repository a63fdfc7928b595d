//! Processes and process trees.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::Duration;

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
    /// Further descriptors the child gets, as (ours, its number there).
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
}

impl Tree {
    /// Starts `launch`.
    pub fn start(launch: Launch) -> Result<Self, Failure> {
        let _ = launch;
        todo!()
    }

    /// The process id of the leader.
    pub fn id(&self) -> u32 {
        todo!()
    }

    /// Waits for the leader alone; its descendants may live on. May be called again and concurrently.
    pub async fn wait(&self) -> Exit {
        todo!()
    }

    /// Sends `signal` to the leader's group.
    pub fn signal(&self, signal: i32) {
        let _ = signal;
        todo!()
    }

    /// Asks the tree to end (SIGTERM), and after `grace` ends it (SIGKILL), daemonised descendants included.
    /// Returns when none is left.
    pub async fn end(&self, grace: Duration) -> Exit {
        let _ = grace;
        todo!()
    }
}
