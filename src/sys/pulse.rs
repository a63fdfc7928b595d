//! One revision number for everything a front shows. Producers fold facts into shared state and bump it;
//! a front compares numbers and rereads what it paints. No event ever waits in a queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

/// A shared revision counter that can be waited on. Cloning shares it.
#[derive(Debug, Clone, Default)]
pub struct Pulse(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    revision: AtomicU64,
    changed: Notify,
}

impl Pulse {
    /// Says that something a front may show has changed.
    pub fn bump(&self) {
        self.0.revision.fetch_add(1, Ordering::Release);
        self.0.changed.notify_one();
    }

    /// The number of changes so far.
    pub fn revision(&self) -> u64 {
        self.0.revision.load(Ordering::Acquire)
    }

    /// Waits until the revision differs from `seen`. One waiter at a time: the front.
    pub async fn changed_since(&self, seen: u64) -> u64 {
        loop {
            let now = self.revision();
            if now != seen {
                return now;
            }
            self.0.changed.notified().await;
        }
    }
}
