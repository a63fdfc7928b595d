//! Confinement of script processes. Part of the engine's ladder: probed, shown, fail-closed by policy.
//!
//! Rules are prepared before the fork and applied between fork and exec; whatever the process starts inherits them.
//! Not responsible for what a script may do through its tool channel: that is for the guards.

#[cfg(target_os = "linux")]
mod files;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(target_os = "linux")]
mod namespaces;
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod other;
#[cfg(target_os = "linux")]
mod privileges;
#[cfg(any(target_os = "macos", test))]
mod seatbelt;
#[cfg(target_os = "linux")]
mod system_calls;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

#[cfg(target_os = "linux")]
use self::linux as system;
#[cfg(target_os = "macos")]
use self::macos as system;
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
use self::other as system;
use crate::types::{Failure, FailureKind};
#[cfg(target_os = "macos")]
pub(in crate::sys) use seatbelt::PROGRAM as SANDBOX_PROGRAM;
pub use system::Prepared;

/// How far a script is confined. The order is the ladder: a higher level forbids more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// No confinement beyond a process of its own.
    #[default]
    Off,
    /// Files and sockets are confined.
    Standard,
    /// As `Standard`, with everything this kernel offers beside.
    Strict,
}

/// What this machine offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// The highest level it can give.
    pub level: Level,
    /// Why not more, and what the level lacks here; for a person.
    pub reasons: Vec<String>,
}

/// What a confined process may touch. Everything else of the file system is closed, save for what any program needs
/// (system libraries, certificates, time zones, `/dev/null`, shared memory).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// Files and folders it may read and execute: interpreter, environment, wrappers, scripts. Missing ones are passed over.
    pub read: Vec<PathBuf>,
    /// Never readable, also where it lies within `read`: `mcp_config.json`, `.mcp-studio`. Names within folders stay visible.
    pub hidden: Vec<PathBuf>,
    /// Folders it may write to. They must exist.
    pub write: Vec<PathBuf>,
    /// What kind of process it is.
    pub role: Role,
    /// Bytes of address space of each process.
    pub memory_bytes: Option<u64>,
    /// Open descriptors of each process.
    pub open_files: Option<u64>,
    /// Bytes of each file it writes.
    pub file_bytes: Option<u64>,
}

/// What kind of process is confined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// It runs a script itself.
    #[default]
    Script,
    /// It forks children that run scripts. Each child must close itself in by its [`Seal`] first: a server that was sealed
    /// could give its children neither sessions nor marks.
    ForkServer,
}

/// What a child of a fork server applies to itself once it leads a session and carries its mark: from then on it can leave
/// neither, nor signal anything outside. Both parts are for `prctl` and `syscall` of the C library:
/// `prctl(PR_SET_SECCOMP = 22, SECCOMP_MODE_FILTER = 2, &{len(filter) / 8 as u16, filter})`, and before it
/// `landlock_restrict_self(446)(landlock_create_ruleset(444)(scope, len(scope), 0), 0)` where `scope` is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// A classic BPF program, 8 bytes an instruction.
    pub filter: Vec<u8>,
    /// A `landlock_ruleset_attr` that closes signals and abstract sockets; empty where the kernel has no such thing.
    pub scope: Vec<u8>,
}

/// Finds out what this machine offers, by trying. Takes a few milliseconds; the answer does not change.
pub fn probe() -> Offer {
    system::probe()
}

/// The level that this machine gives without namespaces. Two system calls, no process.
pub fn usual() -> Level {
    system::usual()
}

/// Makes the rules of `level` ready. Fails where this machine cannot give it: nothing runs under less than was asked for.
pub fn prepare(policy: &Policy, level: Level) -> Result<Prepared, Failure> {
    if let Some(missing) = policy.write.iter().find(|folder| !folder.is_dir()) {
        let message = format!("cannot confine a script to {}: there is no such folder", missing.display());
        return Err(Failure::new(FailureKind::Storage, message));
    }
    system::prepare(policy, level)
}

/// What children of a confined fork server apply to themselves. None at [`Level::Off`] and where there is no such thing.
pub fn seal(level: Level) -> Option<Seal> {
    (level > Level::Off).then(system::seal).flatten()
}

fn refused(level: Level, why: &str) -> Failure {
    let message = format!("this machine cannot give the sandbox level {level:?}: {why}").replace("Standard", "standard");
    Failure::new(FailureKind::Environment, message.replace("Strict", "strict"))
        .hint("choose a lower level (\"sandbox\" under \"studio\", or --sandbox)")
}
