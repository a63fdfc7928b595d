//! Folders for what runs write on the side: one below the system's temporary folder for the studio, one in it for each run.

use std::fs::File;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::sys::clock;
use crate::sys::files::storage;
use crate::types::Failure;
use crate::types::limits::{SCRATCH_WITHOUT_LOCK, SPARE_SCRATCH};

/// Names tried before giving up; others only exist if an earlier studio with our process id was killed.
const ATTEMPTS: u32 = 1_000;

/// Beginning of the names of all studios' folders.
const PREFIX: &str = "mcp-studio-";
/// File that a living studio holds locked in its folder.
const LOCK: &str = ".lock";

/// The studio's folder, private, removed on drop. Not below the project: paths of Unix sockets, which Python's
/// `multiprocessing` makes here, may have 107 characters.
#[derive(Debug)]
pub(crate) struct Scratch {
    /// Dropped before the folder that they lie in.
    spare: Mutex<Vec<RunScratch>>,
    folder: PathBuf,
    last: AtomicU64,
    _lock: File,
}

impl Scratch {
    /// Makes the folder, and removes those of studios that were killed.
    pub(crate) fn new() -> Result<Self, Failure> {
        Self::below(&std::env::temp_dir())
    }

    fn below(parent: &Path) -> Result<Self, Failure> {
        remove_abandoned(parent);
        let process = std::process::id();
        for number in 0..ATTEMPTS {
            let folder = parent.join(format!("{PREFIX}{process}-{number}"));
            match private(&folder).and_then(|()| locked(&folder)) {
                Ok(lock) => return Ok(Self { spare: Mutex::default(), folder, last: AtomicU64::default(), _lock: lock }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(storage("create", &folder, &error)),
            }
        }
        Err(storage("create a folder in", parent, &io::ErrorKind::AlreadyExists.into()))
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A fresh folder for a run: one that was made ahead, if there is one.
    pub(super) fn fresh(&self) -> Result<RunScratch, Failure> {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut fresh = spare.map_or_else(|| self.made(), Ok)?;
        fresh.since = clock::now().into();
        Ok(fresh)
    }

    /// Makes folders ahead of need until there are enough; blocking. One that cannot be made is for the next run to tell.
    pub(super) fn make_ahead(&self) {
        let has_enough = || self.spare.lock().unwrap_or_else(PoisonError::into_inner).len() >= SPARE_SCRATCH;
        while !has_enough() {
            let Ok(fresh) = self.made() else { return };
            self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(fresh);
        }
    }

    fn made(&self) -> Result<RunScratch, Failure> {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let folder = self.folder.join(number.to_string());
        private(&folder).map_err(|error| storage("create", &folder, &error))?;
        Ok(RunScratch { folder, since: clock::now().into() })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A run's folder, removed on drop, which may take a while.
#[derive(Debug)]
pub(super) struct RunScratch {
    folder: PathBuf,
    since: SystemTime,
}

impl RunScratch {
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// When the run was given it.
    pub(super) fn since(&self) -> SystemTime {
        self.since
    }
}

impl Drop for RunScratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn private(folder: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().mode(0o700).create(folder)
}

/// Takes the lock before it has its name, so that nobody finds it free.
fn locked(folder: &Path) -> io::Result<File> {
    let unnamed = folder.join(".lock.new");
    let file = File::create_new(&unnamed)?;
    file.lock()?;
    std::fs::rename(unnamed, folder.join(LOCK))?;
    Ok(file)
}

fn remove_abandoned(parent: &Path) {
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if ours && is_abandoned(&entry.path()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// A lock that can be taken belongs to nobody any more. Nor does a folder that has been without one for a while: the fork
/// server of a killed studio empties its folder, and is not let out of it to remove it.
fn is_abandoned(folder: &Path) -> bool {
    match File::open(folder.join(LOCK)) {
        Ok(lock) => lock.try_lock().is_ok(),
        Err(error) if error.kind() != io::ErrorKind::NotFound => false,
        Err(_) => {
            let changed = std::fs::symlink_metadata(folder).and_then(|facts| facts.modified());
            changed.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > SCRATCH_WITHOUT_LOCK))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_killed_studios_are_removed_and_those_of_living_ones_are_not() {
        let parent = tempfile::tempdir().unwrap();
        let living = Scratch::below(parent.path()).unwrap();
        let run = living.fresh().unwrap();
        let killed = parent.path().join(format!("{PREFIX}1-0"));
        std::fs::create_dir(&killed).unwrap();
        std::fs::write(killed.join(LOCK), "").unwrap();
        let foreign = parent.path().join("other");
        std::fs::create_dir(&foreign).unwrap();
        std::fs::write(foreign.join(LOCK), "").unwrap();
        let [emptied, young] = ["2-0", "3-0"].map(|name| parent.path().join(format!("{PREFIX}{name}")));
        std::fs::create_dir(&emptied).unwrap();
        std::fs::create_dir(&young).unwrap();
        File::open(&emptied).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        let second = Scratch::below(parent.path()).unwrap();
        assert_eq!((killed.exists(), foreign.exists(), run.folder().exists()), (false, true, true));
        assert_eq!((emptied.exists(), young.exists()), (false, true));
        let folders = [living.folder().to_owned(), second.folder().to_owned()];
        assert_ne!(folders[0], folders[1]);
        drop((run, living, second));
        assert_eq!(folders.map(|folder| folder.exists()), [false, false]);
    }

    #[test]
    fn a_folder_made_ahead_is_given_once() {
        let parent = tempfile::tempdir().unwrap();
        let scratch = Scratch::below(parent.path()).unwrap();
        (0..2).for_each(|_| scratch.make_ahead());
        let runs: Vec<RunScratch> = (0..2 * SPARE_SCRATCH).map(|_| scratch.fresh().unwrap()).collect();
        let names: std::collections::BTreeSet<&Path> = runs.iter().map(RunScratch::folder).collect();
        assert_eq!((names.len(), scratch.last.load(Ordering::Relaxed)), (runs.len(), 2 * SPARE_SCRATCH as u64));
        assert!(names.iter().all(|folder| folder.is_dir()));
    }
}
