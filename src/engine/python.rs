//! The Python that runs a script: interpreter, packages, runtime, environment variables.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::environment::Virtual;
use crate::sys::sandbox::Level;

/// Variables of ours that a script gets. All others may hold secrets.
const VARIABLES: [&str; 12] =
    ["HOME", "LANG", "LANGUAGE", "LOGNAME", "NO_COLOR", "PATH", "SHELL", "TERM", "TZ", "USER", "SSL_CERT_DIR", "SSL_CERT_FILE"];

/// Prefix of further variables that a script gets.
const LOCALE: &str = "LC_";

/// What a process is started from. A fork server serves as long as this stays equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Python {
    /// The interpreter.
    pub(super) executable: PathBuf,
    /// The file it is, which an upgrade replaces at the same path.
    pub(super) file: Option<FileIdentity>,
    /// The virtual environment's packages, with when they last changed.
    pub(super) packages: Option<(PathBuf, Option<SystemTime>)>,
    /// The runtime that ships with us.
    pub(super) runtime: PathBuf,
    /// What its processes may read.
    pub(super) readable: Vec<PathBuf>,
    /// How far they are confined.
    pub(super) sandbox: Level,
}

/// What changes when a file is replaced: device, number, and when it last changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileIdentity(u64, u64, i64, i64);

impl FileIdentity {
    /// As part of a file's name.
    pub(super) fn word(self) -> String {
        let Self(device, number, seconds, nanoseconds) = self;
        format!("{device:x}-{number:x}-{seconds:x}-{nanoseconds:x}")
    }

    /// Of the file that `path` leads to; none if there is none.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let facts = std::fs::metadata(path).ok()?;
        Some(Self(facts.dev(), facts.ino(), facts.mtime(), facts.mtime_nsec()))
    }
}

impl Python {
    /// The packages of a virtual environment, with when they last changed.
    pub(super) fn packages_of(environment: &Virtual) -> (PathBuf, Option<SystemTime>) {
        let changed = std::fs::metadata(&environment.site_packages).and_then(|data| data.modified()).ok();
        (environment.site_packages.clone(), changed)
    }

    /// Arguments that run `file` of the runtime with nothing of the surroundings: no `PYTHON*` variables, no user site.
    pub(super) fn arguments(&self, file: &str) -> Vec<OsString> {
        let program = self.runtime.join("_mcp_studio").join(file);
        let mut arguments: Vec<OsString> = ["-I", "-S", "-u", "-X", "utf8"].map(OsString::from).to_vec();
        arguments.push(program.into());
        arguments
    }

    /// The packages' folder as Python gets it.
    pub(super) fn packages(&self) -> Option<&str> {
        self.packages.as_ref().and_then(|(folder, _)| folder.to_str())
    }
}

/// The environment that every script starts with.
pub(super) fn environment() -> BTreeMap<OsString, OsString> {
    script_environment(std::env::vars_os())
}

/// What a script gets of our environment `ours`.
pub fn script_environment(ours: impl IntoIterator<Item = (OsString, OsString)>) -> BTreeMap<OsString, OsString> {
    ours.into_iter()
        .filter(|(name, _)| name.to_str().is_some_and(|name| VARIABLES.contains(&name) || name.starts_with(LOCALE)))
        .collect()
}
