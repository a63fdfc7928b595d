//! Looks at the open script's file, so that edits by other programs are seen, also those that swap the file.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tokio::sync::watch::Receiver;

use super::effects::{Replies, read_script};
use super::message::Reply;
use crate::types::limits::SCRIPT_WATCH;

/// What tells one state of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    length: u64,
    modified: Option<SystemTime>,
}

/// Watches whichever script is open, until the workbench is gone.
pub(super) async fn watch(mut open: Receiver<Option<PathBuf>>, replies: Replies) {
    let mut seen: Option<(PathBuf, Option<Stamp>)> = None;
    loop {
        let waited = tokio::time::timeout(SCRIPT_WATCH, open.changed()).await;
        if matches!(waited, Ok(Err(_))) {
            return;
        }
        let Some(path) = open.borrow().clone() else { continue };
        let looked = tokio::task::spawn_blocking(move || {
            let stamp = stamp(&path);
            (path, stamp)
        });
        let Ok(now) = looked.await else { return };
        let same_file = seen.as_ref().is_some_and(|(path, _)| *path == now.0);
        if same_file && seen.as_ref() != Some(&now) {
            tell(&now.0, &replies).await;
        }
        seen = Some(now);
    }
}

async fn tell(path: &Path, replies: &Replies) {
    let (path, replies) = (path.to_owned(), replies.clone());
    let told = tokio::task::spawn_blocking(move || {
        if let Ok(text) = read_script(&path) {
            replies.send(Reply::ScriptChanged(path, text));
        }
    });
    // A file that cannot be read now will be looked at again when it changes.
    let _ = told.await;
}

fn stamp(path: &Path) -> Option<Stamp> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = std::fs::metadata(path).ok()?;
    Some(Stamp { inode: metadata.ino(), length: metadata.len(), modified: metadata.modified().ok() })
}
