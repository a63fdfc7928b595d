//! One revision number for everything a front shows. Producers fold facts into shared state and bump it;
//! a front compares numbers and rereads what it paints. No event ever waits in a queue.

use std::pin::pin;
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
        self.0.changed.notify_waiters();
    }

    /// The number of changes so far.
    pub fn revision(&self) -> u64 {
        self.0.revision.load(Ordering::Acquire)
    }

    /// Waits until the revision differs from `seen`. Any number may wait: a workbench, and the command lines that it serves.
    pub async fn changed_since(&self, seen: u64) -> u64 {
        let mut changed = pin!(self.0.changed.notified());
        loop {
            // From here on no change is missed.
            changed.as_mut().enable();
            let now = self.revision();
            if now != seen {
                return now;
            }
            changed.as_mut().await;
            changed.set(self.0.changed.notified());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everybody_who_waits_hears_of_a_change() {
        let pulse = Pulse::default();
        let all = futures::future::join3(pulse.changed_since(0), pulse.changed_since(0), async {
            tokio::task::yield_now().await;
            pulse.bump();
        });
        assert_eq!(all.await, (1, 1, ()));
        assert_eq!(pulse.changed_since(0).await, 1, "what has changed already is not waited for");
    }
}
