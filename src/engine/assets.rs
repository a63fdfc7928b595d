//! The Python that ships inside the binary, written beside the project on first need.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::confine::RUNTIME;
use super::source::hexadecimal;
use crate::sys::files::write_atomic;
use crate::types::Failure;

/// Path below `assets/python` and text of each file.
macro_rules! python {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../assets/python/", $path)))),*]
    };
}

pub(super) const FILES: &[(&str, &str)] = python![
    "_mcp_studio/__init__.py",
    "_mcp_studio/codec.py",
    "_mcp_studio/cold.py",
    "_mcp_studio/forkserver.py",
    "_mcp_studio/link.py",
    "_mcp_studio/report.py",
    "_mcp_studio/run.py",
    "mcp_execution/__init__.py",
    "mcp_execution/_channel.py",
    "mcp_execution/_context.py",
    "mcp_execution/errors.py",
    "mcp_execution/py.typed",
    "mcp_execution/wrappers.py",
    "runtime/__init__.py",
    "runtime/mcp_client.py",
    "runtime/py.typed",
];

/// Characters of the folder's name: enough of a SHA-256 that two versions never meet.
const NAME_CHARACTERS: usize = 16;

/// Written last; a folder without it is incomplete.
const COMPLETE: &str = ".complete";

/// The folder with the runtime, written below `state` if it is not there. Its name is made from its content, so that
/// studios of different versions share a project, and one that is complete never changes.
pub(super) fn install(state: &Path) -> Result<PathBuf, Failure> {
    let folder = state.join(RUNTIME).join(digest());
    if !folder.join(COMPLETE).exists() {
        for (path, text) in FILES {
            write_atomic(&folder.join(path), text.as_bytes())?;
        }
        write_atomic(&folder.join(COMPLETE), b"")?;
    }
    Ok(folder)
}

fn digest() -> String {
    let mut hash = Sha256::new();
    for (path, text) in FILES {
        for part in [path, text] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
    }
    hexadecimal(&hash.finalize())[..NAME_CHARACTERS].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_ships() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/python");
        let mut found = Vec::new();
        for package in std::fs::read_dir(&root).unwrap().flatten() {
            for file in std::fs::read_dir(package.path()).unwrap().flatten() {
                if file.file_type().unwrap().is_file() {
                    found.push(file.path().strip_prefix(&root).unwrap().to_string_lossy().into_owned());
                }
            }
        }
        found.sort();
        assert_eq!(found, FILES.iter().map(|(path, _)| (*path).to_owned()).collect::<Vec<_>>());
    }

    #[test]
    fn an_interrupted_installation_is_completed_and_a_complete_one_is_left_alone() {
        let state = tempfile::tempdir().unwrap();
        let folder = install(state.path()).unwrap();
        let errors = folder.join("mcp_execution/errors.py");
        std::fs::remove_file(&errors).unwrap();
        std::fs::remove_file(folder.join(COMPLETE)).unwrap();
        assert_eq!(install(state.path()).unwrap(), folder);
        assert!(errors.exists());
        std::fs::remove_file(&errors).unwrap();
        install(state.path()).unwrap();
        assert!(!errors.exists());
    }
}
