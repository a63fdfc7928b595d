//! The one place that frames are written from: a thread with room for one frame. While the terminal is slow no
//! further frame is made, so a stalled terminal costs frames and never keys.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// The writer. Dropping it ends its thread once the last frame is written.
#[derive(Debug)]
pub(super) struct Writer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    slot: Mutex<Slot>,
    changed: Condvar,
    freed: Notify,
}

#[derive(Debug)]
enum Slot {
    /// Nothing to write; the buffer of the last frame, to be used again.
    Free(Vec<u8>),
    /// A frame waits.
    Full(Vec<u8>),
    /// A frame is being written.
    Writing,
    /// No more frames.
    Closed,
}

impl Writer {
    /// Starts the thread. `write` may wait as long as it likes.
    pub(super) fn start(write: impl Fn(&[u8]) -> std::io::Result<()> + Send + 'static) -> std::io::Result<Self> {
        let shared = Arc::new(Shared { slot: Mutex::new(Slot::Free(Vec::new())), changed: Condvar::new(), freed: Notify::new() });
        let theirs = Arc::clone(&shared);
        std::thread::Builder::new().name("terminal writer".to_owned()).spawn(move || theirs.work(write))?;
        Ok(Self { shared })
    }

    /// The buffer for the next frame, if the writer is free.
    pub(super) fn buffer(&self) -> Option<Vec<u8>> {
        let mut slot = self.shared.lock();
        let Slot::Free(buffer) = &mut *slot else { return None };
        let mut buffer = std::mem::take(buffer);
        buffer.clear();
        Some(buffer)
    }

    /// Whether it is free.
    pub(super) fn is_free(&self) -> bool {
        matches!(*self.shared.lock(), Slot::Free(_))
    }

    /// Hands a frame over. Only after [`Self::buffer`] gave a buffer.
    pub(super) fn submit(&self, frame: Vec<u8>) {
        *self.shared.lock() = Slot::Full(frame);
        self.shared.changed.notify_all();
    }

    /// Waits until a frame was written. May return too often.
    pub(super) async fn freed(&self) {
        self.shared.freed.notified().await;
    }

    /// Waits, without letting the runtime go on, until the last frame is written, at most `limit`.
    pub(super) fn drain(&self, limit: Duration) {
        let slot = self.shared.lock();
        let busy = |slot: &mut Slot| matches!(slot, Slot::Full(_) | Slot::Writing);
        drop(self.shared.changed.wait_timeout_while(slot, limit, busy).unwrap_or_else(PoisonError::into_inner));
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        *self.shared.lock() = Slot::Closed;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread: takes a frame, writes it, is free again. A terminal that is gone takes everything.
    fn work(&self, write: impl Fn(&[u8]) -> std::io::Result<()>) {
        while let Some(frame) = self.next() {
            let _ = write(&frame);
            let mut slot = self.lock();
            if matches!(*slot, Slot::Writing) {
                *slot = Slot::Free(frame);
            }
            drop(slot);
            self.changed.notify_all();
            self.freed.notify_one();
        }
    }

    fn next(&self) -> Option<Vec<u8>> {
        let mut slot = self.lock();
        loop {
            match std::mem::replace(&mut *slot, Slot::Writing) {
                Slot::Full(frame) => return Some(frame),
                Slot::Closed => return None,
                waiting @ (Slot::Free(_) | Slot::Writing) => *slot = waiting,
            }
            slot = self.changed.wait(slot).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_stalled_terminal_holds_one_frame_and_blocks_nobody() {
        let (written, seen) = mpsc::channel();
        let (open, gate) = mpsc::channel::<()>();
        let writer = Writer::start(move |bytes: &[u8]| {
            gate.recv().unwrap();
            written.send(bytes.to_vec()).unwrap();
            Ok(())
        })
        .unwrap();
        assert!(writer.buffer().is_some());
        writer.submit(b"one".to_vec());
        assert!(writer.buffer().is_none() && !writer.is_free());
        open.send(()).unwrap();
        assert_eq!(seen.recv().unwrap(), b"one");
        writer.drain(Duration::from_secs(10));
        assert!(writer.is_free());
        assert_eq!(writer.buffer(), Some(Vec::new()));
    }
}
