//! `list_changed` notifications of one server, debounced into one mark.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::sys::pulse::Pulse;
use crate::types::limits::LIST_CHANGED_DEBOUNCE;

/// Whether the lists of a server changed since they were listed.
#[derive(Debug)]
pub(super) struct Changes {
    scheduled: AtomicBool,
    marked: AtomicBool,
    pulse: Pulse,
}

impl Changes {
    pub(super) fn new(pulse: Pulse) -> Arc<Self> {
        Arc::new(Self { scheduled: AtomicBool::new(false), marked: AtomicBool::new(false), pulse })
    }

    /// A notification came. However many come, one mark is made per span, by one task.
    pub(super) fn happened(self: &Arc<Self>) {
        if self.scheduled.swap(true, Ordering::AcqRel) {
            return;
        }
        let changes = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(LIST_CHANGED_DEBOUNCE).await;
            changes.scheduled.store(false, Ordering::Release);
            changes.marked.store(true, Ordering::Release);
            changes.pulse.bump();
        });
    }

    /// Whether it is marked.
    pub(super) fn is_marked(&self) -> bool {
        self.marked.load(Ordering::Acquire)
    }

    /// Takes the mark.
    pub(super) fn take(&self) -> bool {
        self.marked.swap(false, Ordering::AcqRel)
    }
}
