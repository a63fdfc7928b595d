//! What a verb has said and its client has not yet got.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::types::limits::CLIENT_NARRATION_BYTES;

/// One of the two streams of a command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fronts::cli) enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

/// Takes whatever is said without waiting. Data of a verb is one answer, so it ends by itself; narration has a limit.
#[derive(Debug, Default)]
pub(in crate::fronts::cli) struct Outbox {
    waiting: Mutex<Waiting>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    pieces: VecDeque<(Stream, Vec<u8>)>,
    narration: usize,
}

impl Outbox {
    /// Keeps `bytes` for the client.
    pub(in crate::fronts::cli) fn put(&self, stream: Stream, bytes: &[u8]) {
        let mut waiting = self.lock();
        if stream == Stream::Error {
            if waiting.narration + bytes.len() > CLIENT_NARRATION_BYTES {
                return;
            }
            waiting.narration += bytes.len();
        }
        waiting.pieces.push_back((stream, bytes.to_vec()));
        drop(waiting);
        self.news.notify_one();
    }

    /// The oldest piece, once there is one.
    pub(in crate::fronts::cli) async fn next(&self) -> (Stream, Vec<u8>) {
        loop {
            if let Some(piece) = self.take() {
                return piece;
            }
            self.news.notified().await;
        }
    }

    /// The oldest piece, if there is one.
    pub(super) fn take(&self) -> Option<(Stream, Vec<u8>)> {
        let mut waiting = self.lock();
        let piece = waiting.pieces.pop_front()?;
        if piece.0 == Stream::Error {
            waiting.narration -= piece.1.len();
        }
        Some(piece)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pieces_keep_their_order_and_only_narration_is_dropped() {
        let outbox = Outbox::default();
        let long = vec![b'x'; CLIENT_NARRATION_BYTES];
        outbox.put(Stream::Error, b"a");
        outbox.put(Stream::Error, &long);
        outbox.put(Stream::Output, &long);
        outbox.put(Stream::Output, b"b");
        assert_eq!(outbox.next().await, (Stream::Error, b"a".to_vec()));
        outbox.put(Stream::Error, b"c");
        assert_eq!(outbox.next().await, (Stream::Output, long));
        assert_eq!(outbox.next().await, (Stream::Output, b"b".to_vec()));
        assert_eq!((outbox.take(), outbox.take()), (Some((Stream::Error, b"c".to_vec())), None));
    }
}
