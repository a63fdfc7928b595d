//! What interpreters said of themselves, kept in the project's state: starting one to ask costs more than a short script.
//!
//! Only an interpreter that is the very file it was asked under is remembered, with that file's time and size. What a
//! shim of a version manager leads to may change without the shim changing, so shims are asked each time.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::interpreter::Answer;
use crate::sys::files::write_atomic;
use crate::types::limits::INTERPRETERS_REMEMBERED;

/// The file, and what was in it when it was opened.
#[derive(Debug)]
pub(super) struct Memory {
    file: PathBuf,
    entries: BTreeMap<PathBuf, Entry>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    identity: Identity,
    answer: Answer,
}

/// What changes when a file is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Identity {
    file: PathBuf,
    seconds: i64,
    nanoseconds: i64,
    bytes: u64,
}

impl Memory {
    /// The memory in the state folder; empty where there is none or it cannot be read.
    pub(super) fn open(state: &Path) -> Self {
        let file = state.join("interpreters.json");
        let text = std::fs::read(&file).unwrap_or_default();
        Self { file, entries: serde_json::from_slice(&text).unwrap_or_default() }
    }

    /// What the program at `path` said when it was asked, if it is still the same file.
    pub(super) fn recall(&self, path: &Path) -> Option<Answer> {
        let entry = self.entries.get(path)?;
        (identity(path)? == entry.identity).then(|| entry.answer.clone())
    }

    /// Keeps an answer. A memory that cannot be written only costs the next start its time.
    pub(super) fn remember(mut self, path: &Path, answer: &Answer) {
        let Some(identity) = identity(path).filter(|identity| answer.path.canonicalize().is_ok_and(|real| real == identity.file))
        else {
            return;
        };
        if self.entries.len() >= INTERPRETERS_REMEMBERED {
            self.entries.clear();
        }
        self.entries.insert(path.to_owned(), Entry { identity, answer: answer.clone() });
        if let Ok(text) = serde_json::to_vec(&self.entries) {
            let _ = write_atomic(&self.file, &text);
        }
    }
}

fn identity(path: &Path) -> Option<Identity> {
    let file = path.canonicalize().ok()?;
    let facts = std::fs::metadata(&file).ok()?;
    Some(Identity { file, seconds: facts.mtime(), nanoseconds: facts.mtime_nsec(), bytes: facts.size() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(path: &Path) -> Answer {
        Answer { name: "cpython".to_owned(), version: (3, 12, 1), path: path.to_owned() }
    }

    #[test]
    fn an_answer_holds_while_the_file_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (python, link) = (folder.path().join("python3.12"), folder.path().join("python"));
        std::fs::write(&python, "one").unwrap();
        std::os::unix::fs::symlink(&python, &link).unwrap();
        Memory::open(folder.path()).remember(&link, &answer(&python));
        let memory = Memory::open(folder.path());
        assert_eq!(memory.recall(&link).map(|answer| answer.version), Some((3, 12, 1)));
        assert!(memory.recall(&python).is_none());
        std::fs::write(&python, "another").unwrap();
        assert!(memory.recall(&link).is_none());
    }

    #[test]
    fn what_a_shim_leads_to_is_not_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let (python, shim) = (folder.path().join("python3.12"), folder.path().join("shim"));
        std::fs::write(&python, "one").unwrap();
        std::fs::write(&shim, "exec python3.12").unwrap();
        Memory::open(folder.path()).remember(&shim, &answer(&python));
        assert!(Memory::open(folder.path()).recall(&shim).is_none());
    }
}
