//! Looks at the files that other programs may change: the open script (also where it is swapped), the folders of scripts
//! and of saved calls, and the configuration.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tokio::sync::watch::Receiver;

use super::effects::{Replies, read_script};
use super::message::Reply;
use crate::ops::{NoticeLevel, Studio};
use crate::types::limits::{SAVED_CALLS, SCRIPT_WATCH};

/// What tells one state of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    length: u64,
    modified: Option<SystemTime>,
}

/// What was seen at the last look.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    open: Option<(PathBuf, Option<Stamp>)>,
    scripts: Option<Stamp>,
    /// The folder of saved calls, and each file in it.
    calls: Vec<Option<Stamp>>,
    configuration: Option<Stamp>,
}

/// Watches until the workbench is gone.
pub(super) async fn watch(studio: Studio, mut open: Receiver<Option<PathBuf>>, replies: Replies) {
    let mut seen: Option<Seen> = None;
    loop {
        let waited = tokio::time::timeout(SCRIPT_WATCH, open.changed()).await;
        if matches!(waited, Ok(Err(_))) {
            return;
        }
        let path = open.borrow().clone();
        let (studio, replies) = (studio.clone(), replies.clone());
        let looked = tokio::task::spawn_blocking(move || {
            let now = look(&studio, path);
            if let Some(before) = &seen {
                tell(&studio, before, &now, &replies);
            }
            now
        });
        let Ok(now) = looked.await else { return };
        seen = Some(now);
    }
}

fn look(studio: &Studio, open: Option<PathBuf>) -> Seen {
    let paths = &studio.settings().paths;
    let folder = studio.calls_folder();
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten().take(SAVED_CALLS);
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    Seen {
        open: open.map(|path| (path.clone(), stamp(&path))),
        scripts: stamp(&paths.workspace),
        calls: std::iter::once(&folder).chain(&files).map(|path| stamp(path)).collect(),
        configuration: stamp(&paths.config),
    }
}

/// Tells what is another one than before. A file that cannot be read now will be looked at again when it changes.
fn tell(studio: &Studio, before: &Seen, now: &Seen, replies: &Replies) {
    if let (Some((path, old)), Some((same, new))) = (&before.open, &now.open)
        && path == same
        && old != new
        && let Ok(text) = read_script(path)
    {
        replies.send(Reply::ScriptChanged(path.clone(), text));
    }
    if before.scripts != now.scripts {
        replies.send(Reply::Scripts(studio.scripts()));
    }
    if before.calls != now.calls {
        replies.send(Reply::SavedCalls(studio.saved_calls()));
    }
    if before.configuration != now.configuration {
        let (level, text) = changed(studio);
        studio.board().notice(level, text.clone());
        replies.send(Reply::ConfigurationChanged(level, text));
    }
}

/// What is said of a configuration that is another one than was read.
fn changed(studio: &Studio) -> (NoticeLevel, String) {
    let name = studio.settings().paths.config.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match studio.check_configuration() {
        Ok(()) => (NoticeLevel::Warning, format!("{name} has changed; start again to go by it")),
        Err(failure) => (NoticeLevel::Error, format!("{name} has changed and is wrong: {failure}")),
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = std::fs::metadata(path).ok()?;
    Some(Stamp { inode: metadata.ino(), length: metadata.len(), modified: metadata.modified().ok() })
}
