//! `list_directory` and `file_info`.

use super::pace::Pace;
use super::shapes::{Entry, InfoRequest, ListReply, ListRequest};
use super::walk::{Bounds, walk};
use crate::ops::beneath::Beneath;
use crate::types::Failure;
use crate::types::limits::{FILES_DEPTH, FILES_ENTRIES};

pub(super) fn list_directory(files: &Beneath, request: &ListRequest, pace: &Pace) -> Result<ListReply, Failure> {
    let depth = if request.recursive { request.depth.clamp(1, FILES_DEPTH) } else { 1 };
    let bounds = Bounds { depth, entries: request.limit.clamp(1, FILES_ENTRIES), hidden: request.hidden };
    let walked = walk(files, &request.path, bounds, pace)?;
    let entries = walked.found.into_iter().map(|(path, facts)| Entry::new(path, &facts)).collect();
    Ok(ListReply { entries, truncated: walked.truncated })
}

pub(super) fn file_info(files: &Beneath, request: &InfoRequest) -> Result<Entry, Failure> {
    Ok(Entry::new(request.path.clone(), &files.facts(&request.path)?))
}
