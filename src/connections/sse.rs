//! A bound on the events of an event stream, counted before they are put together.

use futures::{Stream, StreamExt as _};

/// An event is longer than the bound.
#[derive(Debug, thiserror::Error)]
#[error("an event is longer than {0} bytes (the limit of this server)")]
pub(super) struct TooLarge(usize);

/// Why a bounded stream of bytes ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum StreamFault {
    /// See [`TooLarge`].
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The connection broke.
    #[error(transparent)]
    Source(Box<dyn std::error::Error + Send + Sync>),
}

/// Passes chunks on until one event takes more than `limit` bytes; an event ends at an empty line.
pub(super) fn bounded<S, B, E>(stream: S, limit: usize) -> impl Stream<Item = Result<B, StreamFault>> + Send
where
    S: Stream<Item = Result<B, E>> + Send,
    B: AsRef<[u8]> + Send,
    E: std::error::Error + Send + Sync + 'static,
{
    let mut counter = Counter::default();
    stream.map(move |chunk| {
        let chunk = chunk.map_err(|error| StreamFault::Source(Box::new(error)))?;
        if counter.longest_after(chunk.as_ref()) > limit {
            return Err(TooLarge(limit).into());
        }
        Ok(chunk)
    })
}

/// Counts the bytes since the last empty line.
#[derive(Debug, Default)]
struct Counter {
    event: usize,
    line: usize,
}

impl Counter {
    /// Reads on; answers the length of the longest event seen in this chunk so far.
    fn longest_after(&mut self, chunk: &[u8]) -> usize {
        let mut longest = self.event;
        for &byte in chunk {
            match byte {
                b'\n' if self.line == 0 => self.event = 0,
                b'\n' => self.line = 0,
                b'\r' => {}
                _ => {
                    self.line += 1;
                    self.event += 1;
                }
            }
            longest = longest.max(self.event);
        }
        longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_counted_across_chunks_and_ends_at_an_empty_line() {
        let mut counter = Counter::default();
        assert_eq!(counter.longest_after(b"data: 12345\r\n"), 11);
        assert_eq!(counter.longest_after(b"data: 12345\r\n\r"), 22);
        assert_eq!(counter.longest_after(b"\nid: 1\n"), 22);
        assert_eq!(counter.longest_after(b"x"), 6);
    }
}
