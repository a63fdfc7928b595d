//! Walking a tree of folders within bounds, without following links.

use std::ffi::OsStr;

use super::pace::Pace;
use crate::ops::beneath::{Beneath, Facts, Folder, Kind};
use crate::types::Failure;
use crate::types::limits::{FILES_DEPTH, FILES_ENTRIES};

/// How far a walk goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Levels below the start; 1 is the start alone.
    pub(super) depth: usize,
    /// Entries in all.
    pub(super) entries: usize,
    /// Whether names that start with a dot are seen.
    pub(super) hidden: bool,
}

impl Bounds {
    /// As far as this server ever goes.
    pub(super) fn widest(hidden: bool) -> Self {
        Self { depth: FILES_DEPTH, entries: FILES_ENTRIES, hidden }
    }
}

/// What a walk found, in the order of a tree.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// Paths relative to the served folder.
    pub(super) found: Vec<(String, Facts)>,
    /// Whether a bound cut it short.
    pub(super) truncated: bool,
}

/// Everything below the folder `path`. Folders that cannot be opened are listed but not entered.
pub(super) fn walk(files: &Beneath, path: &str, bounds: Bounds, pace: &Pace) -> Result<Walked, Failure> {
    let mut walked = Walked::default();
    let start = files.folder(path)?;
    enter(&start, &prefix(path), bounds, bounds.depth, pace, &mut walked)?;
    Ok(walked)
}

/// The regular files at or below `path`: itself if it is a file.
pub(super) fn files_at(files: &Beneath, path: &str, hidden: bool, pace: &Pace) -> Result<Walked, Failure> {
    if files.folder(path).is_err() {
        let (_, facts) = files.file(path)?;
        return Ok(Walked { found: vec![(path.to_owned(), facts)], truncated: false });
    }
    let mut walked = walk(files, path, Bounds::widest(hidden), pace)?;
    walked.found.retain(|(_, facts)| facts.kind == Kind::File);
    Ok(walked)
}

fn enter(folder: &Folder, prefix: &str, bounds: Bounds, levels: usize, pace: &Pace, walked: &mut Walked) -> Result<(), Failure> {
    pace.go_on()?;
    let Ok(entries) = folder.entries(FILES_ENTRIES) else {
        return Ok(());
    };
    walked.truncated |= !entries.whole;
    for (name, facts) in entries.list.into_iter().filter(|(name, _)| bounds.hidden || !name.starts_with('.')) {
        if walked.found.len() == bounds.entries {
            walked.truncated = true;
            return Ok(());
        }
        let path = format!("{prefix}{name}");
        let is_folder = facts.kind == Kind::Folder;
        walked.found.push((path.clone(), facts));
        if !is_folder {
            continue;
        }
        if levels <= 1 {
            // A listing that was asked to stay on its level is whole; one that hit the server's own bound is not.
            walked.truncated |= bounds.depth == FILES_DEPTH;
        } else if let Ok(inner) = folder.folder(OsStr::new(&name)) {
            enter(&inner, &format!("{path}/"), bounds, levels - 1, pace, walked)?;
        }
    }
    Ok(())
}

fn prefix(path: &str) -> String {
    match path.trim_end_matches('/').trim_start_matches("./") {
        "" | "." => String::new(),
        folder => format!("{folder}/"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::pace::unhurried;
    use super::*;

    fn paths(path: &str, bounds: Bounds) -> (Vec<String>, bool) {
        let folder = tempfile::tempdir().unwrap();
        for file in ["b/c/d.txt", "b/.hidden", "a.txt", ".git/config"] {
            let file = folder.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "x").unwrap();
        }
        std::os::unix::fs::symlink("b", folder.path().join("link")).unwrap();
        let files = Beneath::open(folder.path()).unwrap();
        let walked = walk(&files, path, bounds, &unhurried()).unwrap();
        (walked.found.into_iter().map(|(path, _)| path).collect(), walked.truncated)
    }

    #[test]
    fn a_tree_is_walked_in_order_without_links_and_within_bounds() {
        let all = Bounds::widest(false);
        let expected = |list: &[&str]| list.iter().map(|&path| path.to_owned()).collect::<Vec<_>>();
        assert_eq!(paths(".", all), (expected(&["a.txt", "b", "b/c", "b/c/d.txt", "link"]), false));
        assert_eq!(paths("./b/", Bounds { hidden: true, ..all }), (expected(&["b/.hidden", "b/c", "b/c/d.txt"]), false));
        assert_eq!(paths("", Bounds { depth: 1, ..all }), (expected(&["a.txt", "b", "link"]), false));
        assert_eq!(paths(".", Bounds { entries: 2, ..all }), (expected(&["a.txt", "b"]), true));
    }

    #[test]
    fn a_cancelled_walk_stops() {
        let folder = tempfile::tempdir().unwrap();
        let files = Beneath::open(folder.path()).unwrap();
        let cancel = tokio_util::sync::CancellationToken::new();
        cancel.cancel();
        let pace = Pace::new(cancel, tokio::sync::watch::Sender::default());
        let failure = walk(&files, ".", Bounds::widest(false), &pace).unwrap_err();
        assert_eq!(failure.message, "cancelled by the client");
    }
}
