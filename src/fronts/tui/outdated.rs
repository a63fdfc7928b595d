//! Looks for servers whose generated wrappers are not what would be generated now: their definitions, or what was
//! discovered of them, have changed since. Making a package takes a while, so only what may have changed is made.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::SystemTime;

use super::effects::Replies;
use super::message::Reply;
use crate::ops::{Offer, Studio};
use crate::types::ServerName;
use crate::types::limits::WRAPPERS_WATCH;

/// What was found of one server, and on what it rests.
#[derive(Debug)]
struct Found {
    offer: Arc<Offer>,
    written: Option<SystemTime>,
    outdated: bool,
}

/// Looks until the workbench is gone, and tells of each change.
pub(super) async fn watch(studio: Studio, replies: Replies) {
    let mut found = BTreeMap::new();
    let mut told = BTreeSet::new();
    loop {
        let studio = studio.clone();
        let looked = tokio::task::spawn_blocking(move || look(&studio, found)).await;
        let Ok(now) = looked else { return };
        let outdated: BTreeSet<ServerName> =
            now.iter().filter(|(_, found)| found.outdated).map(|(server, _)| server.clone()).collect();
        if outdated != told {
            replies.send(Reply::Outdated(outdated.clone()));
            told = outdated;
        }
        found = now;
        tokio::time::sleep(WRAPPERS_WATCH).await;
    }
}

/// Servers without a generated package are left out.
fn look(studio: &Studio, mut before: BTreeMap<ServerName, Found>) -> BTreeMap<ServerName, Found> {
    let mut now = BTreeMap::new();
    for (server, offer) in studio.offers().iter() {
        let Ok(facts) = std::fs::metadata(studio.package_folder(server)) else { continue };
        let written = facts.modified().ok();
        let known = before.remove(server).filter(|found| Arc::ptr_eq(&found.offer, offer) && found.written == written);
        let found = known.unwrap_or_else(|| Found {
            offer: Arc::clone(offer),
            written,
            outdated: studio.wrappers_are_outdated(server, offer),
        });
        now.insert(server.clone(), found);
    }
    now
}
