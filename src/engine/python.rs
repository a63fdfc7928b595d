//! The Python that runs a script: interpreter, packages, runtime, environment variables.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
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
    /// The virtual environment's packages, with when they last changed.
    pub(super) packages: Option<(PathBuf, Option<SystemTime>)>,
    /// The runtime that ships with us.
    pub(super) runtime: PathBuf,
    /// What its processes may read.
    pub(super) readable: Vec<PathBuf>,
    /// How far they are confined.
    pub(super) sandbox: Level,
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
