//! Folders for what runs write on the side: one below the system's temporary folder for the studio, one in it for each run.

use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::sys::files::storage;
use crate::types::{Failure, RunId};

/// Names tried before giving up; others only exist if an earlier studio with our process id was killed.
const ATTEMPTS: u32 = 1_000;

/// The studio's folder, private, removed on drop. Not below the project: paths of Unix sockets, which Python's
/// `multiprocessing` makes here, may have 107 characters.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new() -> Result<Self, Failure> {
        let parent = std::env::temp_dir();
        let process = std::process::id();
        let names = (0..ATTEMPTS).map(|number| parent.join(format!("mcp-studio-{process}-{number}")));
        for folder in names {
            match private(&folder) {
                Ok(()) => return Ok(Self(folder)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(storage("create", &folder, &error)),
            }
        }
        Err(storage("create a folder in", &parent, &io::ErrorKind::AlreadyExists.into()))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    /// A fresh folder for a run.
    pub(super) fn of(&self, run: RunId) -> Result<RunScratch, Failure> {
        let folder = self.0.join(format!("{}", run.0));
        private(&folder).map_err(|error| storage("create", &folder, &error))?;
        Ok(RunScratch(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A run's folder, removed on drop.
#[derive(Debug)]
pub(super) struct RunScratch(PathBuf);

impl RunScratch {
    pub(super) fn folder(&self) -> &Path {
        &self.0
    }
}

impl Drop for RunScratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn private(folder: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().mode(0o700).create(folder)
}
