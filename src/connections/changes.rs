//! `list_changed` notifications of one server, debounced into one announcement.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::Notify;

use crate::sys::pulse::Pulse;
use crate::types::limits::LIST_CHANGED_DEBOUNCE;

/// Whether the lists of a server changed since they were listed.
#[derive(Debug)]
pub(super) struct Changes {
    scheduled: AtomicBool,
    /// Announcements so far.
    announced: AtomicU64,
    /// Those before the latest listing that is known.
    listed: AtomicU64,
    next: Notify,
    pulse: Pulse,
}

impl Changes {
    pub(super) fn new(pulse: Pulse) -> Arc<Self> {
        let (announced, listed) = (AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Self { scheduled: AtomicBool::new(false), announced, listed, next: Notify::new(), pulse })
    }

    /// A notification came. However many come, one announcement is made per span, by one task.
    pub(super) fn happened(self: &Arc<Self>) {
        if self.scheduled.swap(true, Ordering::AcqRel) {
            return;
        }
        let changes = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(LIST_CHANGED_DEBOUNCE).await;
            changes.scheduled.store(false, Ordering::Release);
            changes.announced.fetch_add(1, Ordering::AcqRel);
            changes.next.notify_one();
            changes.pulse.bump();
        });
    }

    /// Announcements so far.
    pub(super) fn announced(&self) -> u64 {
        self.announced.load(Ordering::Acquire)
    }

    /// What was listed after so many announcements is known now. What was announced during the listing stays so.
    pub(super) fn listed(&self, announced: u64) {
        self.listed.fetch_max(announced, Ordering::AcqRel);
    }

    /// Whether something was announced that no listing knows of.
    pub(super) fn is_marked(&self) -> bool {
        self.announced() > self.listed.load(Ordering::Acquire)
    }

    /// Waits for an announcement since it was waited for last. One waiter at a time.
    pub(super) async fn next(&self) {
        self.next.notified().await;
    }
}
