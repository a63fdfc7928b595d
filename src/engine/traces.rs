//! What a run has left on the disk so far: counted, since neither Landlock nor resource limits bound it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::types::limits::{FILE_TIME_LAG, TRACES_LOOKED_AT};

/// Bytes of a block in what `stat` tells.
const BLOCK_BYTES: u64 = 512;

/// The folders that a run writes to.
#[derive(Debug)]
pub(super) struct Traces {
    folders: [PathBuf; 2],
    since: SystemTime,
}

/// What lies in them that was made since the run began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Made {
    pub(super) files: u64,
    pub(super) bytes: u64,
}

impl Traces {
    /// The run began at `since`. What others make in `folders` at the same time is counted as well: nothing tells whose it is.
    pub(super) fn new(folders: [PathBuf; 2], since: SystemTime) -> Self {
        Self { folders, since: since - FILE_TIME_LAG }
    }

    /// Counts; blocking. Of very many entries only a part is looked at.
    pub(super) fn count(&self) -> Made {
        let mut made = Made::default();
        let mut left = TRACES_LOOKED_AT;
        for folder in &self.folders {
            walk(folder, self.since, &mut left, &mut made);
        }
        made
    }
}

fn walk(root: &Path, since: SystemTime, left: &mut usize, made: &mut Made) {
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if *left == 0 {
                return;
            }
            *left -= 1;
            let Ok(facts) = entry.metadata() else { continue };
            if facts.is_dir() {
                folders.push(entry.path());
            }
            if made_at(&facts) >= since {
                made.files += 1;
                made.bytes += facts.blocks() * BLOCK_BYTES;
            }
        }
    }
}

/// When a file was made; where the file system does not keep that, when it was changed last.
fn made_at(facts: &Metadata) -> SystemTime {
    facts.created().or_else(|_| facts.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::clock;

    #[test]
    fn what_was_there_before_is_not_counted_and_holes_weigh_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let [output, scratch] = ["output", "scratch"].map(|name| folder.path().join(name));
        std::fs::create_dir(&output).unwrap();
        std::fs::create_dir(&scratch).unwrap();
        std::fs::write(output.join("old"), vec![b'x'; 100_000]).unwrap();
        let before = made_at(&std::fs::metadata(output.join("old")).unwrap());
        while SystemTime::from(clock::now()) - FILE_TIME_LAG <= before {
            std::thread::yield_now();
        }
        let traces = Traces::new([scratch.clone(), output.clone()], clock::now().into());
        assert_eq!(traces.count(), Made::default());
        std::fs::create_dir(output.join("new")).unwrap();
        std::fs::File::create(output.join("new/hole")).unwrap().set_len(1 << 30).unwrap();
        std::fs::write(scratch.join("a"), vec![b'x'; 100_000]).unwrap();
        let made = traces.count();
        assert_eq!(made.files, 3);
        assert!((100_000..1 << 20).contains(&made.bytes), "{made:?}");
    }
}
