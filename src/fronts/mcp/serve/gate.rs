//! How often and how many at once: an agent in a loop must not take the machine from the person.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::types::limits::{SERVE_BURST, SERVE_CALLS_PER_SECOND, SERVE_SCRIPTS, SERVE_WAITING};

/// Counts the calls of all clients together.
#[derive(Debug)]
pub(super) struct Gate {
    bucket: Mutex<Bucket>,
    places: Semaphore,
    waiting: AtomicUsize,
}

impl Default for Gate {
    fn default() -> Self {
        Self { bucket: Mutex::default(), places: Semaphore::new(SERVE_SCRIPTS), waiting: AtomicUsize::new(0) }
    }
}

impl Gate {
    /// Lets one call pass, or says when to come again.
    pub(super) fn admit(&self) -> Result<(), String> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner).take(Instant::now())
    }

    /// Waits for a place for a script. Fails at once where too many wait already.
    pub(super) async fn place(&self) -> Result<SemaphorePermit<'_>, String> {
        if let Ok(place) = self.places.try_acquire() {
            return Ok(place);
        }
        let _waits = Waits::enter(&self.waiting)?;
        self.places.acquire().await.map_err(|_| "the studio is closing".to_owned())
    }
}

/// One that waits, counted until it is dropped.
struct Waits<'a>(&'a AtomicUsize);

impl<'a> Waits<'a> {
    fn enter(waiting: &'a AtomicUsize) -> Result<Self, String> {
        let entered = Self(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) < SERVE_WAITING {
            return Ok(entered);
        }
        Err(format!("busy: {SERVE_SCRIPTS} scripts run and {SERVE_WAITING} wait; try again when some have ended"))
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A token bucket.
#[derive(Debug)]
struct Bucket {
    calls: f64,
    filled: Option<Instant>,
}

impl Default for Bucket {
    fn default() -> Self {
        Self { calls: f64::from(SERVE_BURST), filled: None }
    }
}

impl Bucket {
    fn take(&mut self, now: Instant) -> Result<(), String> {
        let passed = self.filled.map_or(0.0, |filled| now.saturating_duration_since(filled).as_secs_f64());
        self.filled = Some(now);
        self.calls = (self.calls + passed * f64::from(SERVE_CALLS_PER_SECOND)).min(f64::from(SERVE_BURST));
        if self.calls < 1.0 {
            return Err(format!("too many calls: at most {SERVE_CALLS_PER_SECOND} a second in the long run; wait a second"));
        }
        self.calls -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_passes_and_then_the_rate_holds() {
        let mut bucket = Bucket::default();
        let start = Instant::now();
        let passed = (0..2 * SERVE_BURST).filter(|_| bucket.take(start).is_ok()).count();
        assert_eq!(passed, SERVE_BURST as usize);
        let later = start + Duration::from_secs(2);
        let passed = (0..2 * SERVE_BURST).filter(|_| bucket.take(later).is_ok()).count();
        assert_eq!(passed, 2 * SERVE_CALLS_PER_SECOND as usize);
        assert!(bucket.take(start).is_err(), "a clock that goes back fills nothing");
    }

    #[tokio::test]
    async fn scripts_beyond_the_places_wait_and_beyond_that_are_refused() {
        let gate = Gate::default();
        let mut places = Vec::new();
        for _ in 0..SERVE_SCRIPTS {
            places.push(gate.place().await.unwrap());
        }
        let mut waiting: Vec<_> = (0..SERVE_WAITING).map(|_| Box::pin(gate.place())).collect();
        for one in &mut waiting {
            assert!(futures::poll!(one.as_mut()).is_pending());
        }
        let refused = gate.place().await.unwrap_err();
        assert_eq!(refused, "busy: 16 scripts run and 128 wait; try again when some have ended");
        drop(places.pop());
        let first = waiting.remove(0).await;
        assert!(first.is_ok());
        drop(waiting);
        assert_eq!(gate.waiting.load(Ordering::Relaxed), 0);
    }
}
