//! How far a run's process is confined: the level, and what it may touch.
//!
//! It reads the interpreter, its packages, the runtime, the workspace and the script's own folder; it writes below
//! `workspace/output` and in its scratch folder. It has no sockets but its tool channel.

use std::path::{Path, PathBuf};

use super::python::Python;
use crate::config::{Paths, Settings};
use crate::sys::files::storage;
use crate::sys::sandbox::{Level, Policy, Prepared, Role, prepare};
use crate::types::Failure;
use crate::types::limits::{SCRIPT_DESCRIPTORS, SCRIPT_FILE_BYTES};

/// Folder of the workspace that scripts write to.
pub(super) const OUTPUT: &str = "output";
/// The one part of the state folder that scripts read.
pub(super) const RUNTIME: &str = "runtime";

/// The level of a run. What a run or the configuration asks for by name is asked for in full, and refused later where it
/// cannot be had; the default takes what there is.
pub(super) fn level(asked: Option<Level>, configured: Option<Level>, usual: Level) -> Level {
    asked.or(configured).unwrap_or(usual.min(Level::Standard))
}

/// What a script in `folder` may read beside the system's own files.
pub(super) fn readable(
    paths: &Paths,
    folder: Option<&Path>,
    python: &Path,
    environment: Option<&Path>,
    runtime: &Path,
) -> Vec<PathBuf> {
    let real = python.canonicalize().unwrap_or_else(|_| python.to_owned());
    let installation = real.parent().and_then(Path::parent).map(Path::to_owned);
    let home = std::env::home_dir();
    // A script that lies in the home folder does not open it.
    let own = folder.filter(|folder| !folder.starts_with(&paths.workspace) && !home.is_some_and(|home| home.starts_with(folder)));
    let given = [Some(paths.workspace.as_path()), Some(runtime), environment, own];
    installation.into_iter().chain(given.into_iter().flatten().map(Path::to_owned)).collect()
}

/// The rules for a process that is started from `python` and writes to `scratch`.
pub(super) fn confine(settings: &Settings, python: &Python, scratch: &Path, role: Role) -> Result<Prepared, Failure> {
    let (paths, limits) = (&settings.paths, &settings.limits);
    let output = paths.workspace.join(OUTPUT);
    std::fs::create_dir_all(&output).map_err(|error| storage("create", &output, &error))?;
    let policy = Policy {
        read: python.readable.clone(),
        hidden: hidden(paths),
        write: vec![output, scratch.to_owned()],
        role,
        memory_bytes: None,
        open_files: Some(limits.open_files.max(SCRIPT_DESCRIPTORS)),
        file_bytes: Some(limits.file_bytes.max(SCRIPT_FILE_BYTES)),
    };
    prepare(&policy, python.sandbox)
}

/// The configuration, and all of the state folder but the runtime.
fn hidden(paths: &Paths) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(&paths.state).into_iter().flatten().flatten();
    let state = entries.filter(|entry| entry.file_name() != RUNTIME).map(|entry| entry.path());
    std::iter::once(paths.config.clone()).chain(state).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_by_name_is_never_lowered() {
        for (asked, configured, usual, expected) in [
            (None, None, Level::Standard, Level::Standard),
            (None, None, Level::Off, Level::Off),
            (None, Some(Level::Standard), Level::Off, Level::Standard),
            (None, Some(Level::Strict), Level::Off, Level::Strict),
            (None, Some(Level::Off), Level::Standard, Level::Off),
            (Some(Level::Standard), Some(Level::Off), Level::Off, Level::Standard),
            (Some(Level::Off), Some(Level::Strict), Level::Standard, Level::Off),
        ] {
            assert_eq!(level(asked, configured, usual), expected, "{asked:?} {configured:?} {usual:?}");
        }
    }
}
