//! `.mcp-studio/output`: full copies of long output, one folder for each session, the oldest removed as new ones come.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::journal;
use crate::types::limits::{OUTPUT_KEPT_BYTES, OUTPUT_KEPT_DAYS, OUTPUT_KEPT_SESSIONS};

/// One session's copies.
#[derive(Debug)]
struct Kept {
    folder: PathBuf,
    bytes: u64,
    age: Duration,
}

/// Removes what is too much beside the copies of the run whose folder is `run` (`output/SESSION/RUN`). Sessions that are still being
/// written, by whichever studio, stay. What cannot be removed stays too: nobody waits for the room.
pub(super) fn prune(run: &Path) {
    let Some((session, output)) = run.parent().and_then(|session| Some((session, session.parent()?))) else { return };
    for folder in surplus(sessions(output, session)) {
        let _ = std::fs::remove_dir_all(folder);
    }
}

/// The sessions below `output` that are over, newest first: their names sort by time.
fn sessions(output: &Path, current: &Path) -> Vec<Kept> {
    let journals = output.with_file_name("journal");
    let entries = std::fs::read_dir(output).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|folder| folder != current).collect();
    folders.sort();
    let over = folders.into_iter().rev().filter(|folder| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        !journal::is_being_written(&journals.join(format!("{name}.jsonl")))
    });
    let kept = over.map(|folder| Kept { bytes: bytes_below(&folder), age: age(&folder), folder });
    kept.collect()
}

/// Those of `sessions`, newest first, that are too many, too old or too large together.
fn surplus(sessions: Vec<Kept>) -> Vec<PathBuf> {
    let mut bytes = 0;
    let mut surplus = Vec::new();
    // The current session is one of those that are kept.
    for (index, session) in sessions.into_iter().enumerate() {
        bytes += session.bytes;
        if index + 1 >= OUTPUT_KEPT_SESSIONS || bytes > OUTPUT_KEPT_BYTES || session.age > OUTPUT_KEPT_DAYS {
            surplus.push(session.folder);
        }
    }
    surplus
}

/// Two levels: runs, and a file for each of their streams.
fn bytes_below(session: &Path) -> u64 {
    let inside = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = inside(session).flat_map(|run| inside(&run.path()).collect::<Vec<_>>());
    files.filter_map(|file| file.metadata().ok()).map(|facts: Metadata| facts.len()).sum()
}

fn age(folder: &Path) -> Duration {
    let changed = std::fs::metadata(folder).and_then(|facts| facts.modified()).ok();
    changed.and_then(|changed| changed.elapsed().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_by_number_bytes_and_age() {
        let kept = |index: usize, bytes, age| Kept { folder: PathBuf::from(index.to_string()), bytes, age };
        let many = (0..=OUTPUT_KEPT_SESSIONS).map(|index| kept(index, 1, Duration::ZERO)).collect();
        let last = OUTPUT_KEPT_SESSIONS;
        assert_eq!(surplus(many), [(last - 1).to_string(), last.to_string()].map(PathBuf::from));
        let sizes = [OUTPUT_KEPT_BYTES - 1, 1, 1];
        let large = sizes.into_iter().enumerate().map(|(index, bytes)| kept(index, bytes, Duration::ZERO)).collect();
        assert_eq!(surplus(large), [PathBuf::from("2")]);
        let old = vec![kept(0, 1, OUTPUT_KEPT_DAYS), kept(1, 1, OUTPUT_KEPT_DAYS + Duration::from_secs(1))];
        assert_eq!(surplus(old), [PathBuf::from("1")]);
    }

    #[test]
    fn the_current_session_stays_whatever_lies_there() {
        let state = tempfile::tempdir().unwrap();
        let output = state.path().join("output");
        for number in 0..OUTPUT_KEPT_SESSIONS + 5 {
            std::fs::create_dir_all(output.join(format!("{number:03}/1"))).unwrap();
        }
        prune(&output.join("000/2"));
        let mut left: Vec<_> = std::fs::read_dir(&output).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!((left.len(), left[0].to_str(), left[1].to_str()), (OUTPUT_KEPT_SESSIONS, Some("000"), Some("006")));
    }
}
