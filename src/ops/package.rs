//! Generated packages on disk: compared, written, and cleared of what nobody generates any more.
//!
//! Only files that bear the generator's mark at their head are ever changed or removed; everything else there belongs to the user.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use similar::TextDiff;

use crate::codegen::{DISCOVERED_MARK, GENERATED_MARK};
use crate::sys::files::{storage, write_atomic};
use crate::types::{Failure, FailureKind};

/// Lines at the head of a text that may hold the mark.
const HEAD_LINES: usize = 5;

/// What makes a folder equal to a generated package.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Paths relative to the folder whose text differs or is missing.
    pub(super) write: Vec<PathBuf>,
    /// Paths relative to the folder of generated files that are generated no more.
    pub(super) remove: Vec<PathBuf>,
    /// Paths relative to the folder that belong to the user though a generated file would stand there.
    pub(super) kept: Vec<PathBuf>,
    /// All of it as a unified difference.
    pub(super) diff: String,
}

/// Compares `folder` with `files`.
pub(super) fn compare(folder: &Path, files: &BTreeMap<String, String>) -> Result<Changes, Failure> {
    let mut changes = Changes::default();
    for (name, text) in files {
        let old = read(&folder.join(name))?;
        match old {
            Some(old) if old == *text => {}
            Some(old) if !is_ours(&old) => changes.kept.push(name.into()),
            old => {
                changes.diff.push_str(&difference(name, old.as_deref().unwrap_or_default(), text));
                changes.write.push(name.into());
            }
        }
    }
    for path in present(folder, folder)? {
        let generated = path.to_str().is_some_and(|name| files.contains_key(name));
        let Some(old) = read(&folder.join(&path))?.filter(|old| !generated && is_marked(old)) else {
            continue;
        };
        changes.diff.push_str(&difference(&path.to_string_lossy(), &old, ""));
        changes.remove.push(path);
    }
    Ok(changes)
}

/// Carries `changes` out.
pub(super) fn apply(folder: &Path, files: &BTreeMap<String, String>, changes: &Changes) -> Result<(), Failure> {
    for path in &changes.write {
        let text = path.to_str().and_then(|name| files.get(name)).map_or("", String::as_str);
        write_atomic(&folder.join(path), text.as_bytes())?;
    }
    for path in &changes.remove {
        let path = folder.join(path);
        std::fs::remove_file(&path).map_err(|error| storage("remove", &path, &error))?;
    }
    Ok(())
}

/// The text at `path`, if there is one. What is no text, or no file, belongs to the user: an empty unmarked text stands for it.
pub(super) fn read(path: &Path) -> Result<Option<String>, Failure> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8(bytes).unwrap_or_default())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::IsADirectory => {
            Err(Failure::new(FailureKind::Storage, format!("{} is a folder; a generated file belongs there", path.display())))
        }
        Err(error) => Err(storage("read", path, &error)),
    }
}

/// Whether a file is there that neither the generator nor discovery wrote.
pub(super) fn is_foreign(path: &Path) -> Result<bool, Failure> {
    Ok(read(path)?.is_some_and(|text| !is_ours(&text)))
}

/// Whether the text may be replaced.
pub(super) fn is_ours(text: &str) -> bool {
    is_marked(text) || has_head(text, DISCOVERED_MARK)
}

/// Whether the text may be removed. Discovered types stay until they are discovered anew.
fn is_marked(text: &str) -> bool {
    has_head(text, GENERATED_MARK)
}

fn has_head(text: &str, mark: &str) -> bool {
    text.lines().take(HEAD_LINES).any(|line| line.contains(mark))
}

/// Files below `folder`, relative to `top`; links and what Python caches are passed over.
fn present(top: &Path, folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(storage("read", folder, &error)),
    };
    let mut found = Vec::new();
    for entry in entries.flatten().filter(|entry| entry.file_name() != "__pycache__") {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(present(top, &entry.path())?),
            Ok(kind) if kind.is_file() => found.extend(entry.path().strip_prefix(top).map(Path::to_path_buf)),
            Ok(_) | Err(_) => {}
        }
    }
    found.sort();
    Ok(found)
}

/// A unified difference between two texts of one file.
pub(super) fn difference(name: &str, old: &str, new: &str) -> String {
    let before = if old.is_empty() { "/dev/null" } else { name };
    let after = if new.is_empty() { "/dev/null" } else { name };
    TextDiff::from_lines(old, new).unified_diff().header(before, after).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(body: &str) -> String {
        format!("# {GENERATED_MARK}\n{body}\n")
    }

    #[test]
    fn only_changed_files_are_written_and_only_generated_ones_removed() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        put("same.py", &marked("same"));
        put("changed.py", &marked("old"));
        put("sync/gone.py", &marked("gone"));
        put("utils.py", "mine");
        put("mine.py", "mine");
        put("__pycache__/gone.pyc", &marked("cache"));
        let files: BTreeMap<String, String> =
            [("same.py", "same"), ("changed.py", "new"), ("added.py", "added"), ("mine.py", "theirs")]
                .map(|(name, body)| (name.to_owned(), marked(body)))
                .into();
        let changes = compare(folder.path(), &files).unwrap();
        let mark = format!("# {GENERATED_MARK}");
        assert_eq!(
            changes,
            Changes {
                write: vec!["added.py".into(), "changed.py".into()],
                remove: vec!["sync/gone.py".into()],
                kept: vec!["mine.py".into()],
                diff: format!(
                    "--- /dev/null\n+++ added.py\n@@ -0,0 +1,2 @@\n+{mark}\n+added\n\
                     --- changed.py\n+++ changed.py\n@@ -1,2 +1,2 @@\n {mark}\n-old\n+new\n\
                     --- sync/gone.py\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-{mark}\n-gone\n"
                ),
            }
        );
        apply(folder.path(), &files, &changes).unwrap();
        let again = compare(folder.path(), &files).unwrap();
        assert_eq!(again, Changes { kept: vec!["mine.py".into()], ..Changes::default() });
        assert_eq!(std::fs::read_to_string(folder.path().join("utils.py")).unwrap(), "mine");
        assert!(!folder.path().join("sync/gone.py").exists());
    }

    #[test]
    fn a_folder_in_the_way_is_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a.py")).unwrap();
        let failure = compare(folder.path(), &BTreeMap::from([("a.py".to_owned(), marked("x"))])).unwrap_err();
        assert_eq!(
            failure.message,
            format!("{} is a folder; a generated file belongs there", folder.path().join("a.py").display())
        );
    }
}
