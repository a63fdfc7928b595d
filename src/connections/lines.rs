//! Lines of a byte stream, each bounded.

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use super::scan::IdScanner;

/// Bytes read at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// What a stream of lines yields.
#[derive(Debug)]
pub(super) enum Line {
    /// A line without its end.
    Whole(Vec<u8>),
    /// A line over the bound was dropped; this is its JSON id, if it was seen. Reported once, as soon as the id is known.
    Oversized(Option<i64>),
}

/// Reads lines of at most `limit` bytes. Longer ones cost no more memory than that.
pub(super) struct Lines<R> {
    source: BufReader<R>,
    limit: usize,
    kept: Vec<u8>,
    skipping: Option<Skip>,
}

/// A line that is being skipped.
#[derive(Default)]
struct Skip {
    scanner: IdScanner,
    reported: bool,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(source: R, limit: usize) -> Self {
        Self { source: BufReader::with_capacity(CHUNK_BYTES, source), limit, kept: Vec::new(), skipping: None }
    }

    /// The next line; nothing at the end of the stream or when reading fails. A last line without an end counts.
    /// Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Option<Line> {
        loop {
            let chunk = self.source.fill_buf().await.ok()?;
            if chunk.is_empty() {
                return self.finish();
            }
            let end = memchr::memchr(b'\n', chunk);
            let part = &chunk[..end.unwrap_or(chunk.len())];
            if let Some(skip) = &mut self.skipping {
                skip.scanner.feed(part);
            } else if self.kept.len() + part.len() > self.limit {
                let mut skip = Skip::default();
                skip.scanner.feed(&self.kept);
                skip.scanner.feed(part);
                self.kept = Vec::new();
                self.skipping = Some(skip);
            } else {
                self.kept.extend_from_slice(part);
            }
            let taken = part.len() + usize::from(end.is_some());
            self.source.consume(taken);
            if let Some(line) = self.due(end.is_some()) {
                return Some(line);
            }
        }
    }

    /// What can be reported now.
    fn due(&mut self, ended: bool) -> Option<Line> {
        let Some(skip) = &mut self.skipping else {
            return ended.then(|| Line::Whole(std::mem::take(&mut self.kept)));
        };
        let id = skip.scanner.id();
        let report = !skip.reported && (ended || id.is_some());
        skip.reported |= report;
        if ended {
            self.skipping = None;
        }
        report.then_some(Line::Oversized(id))
    }

    fn finish(&mut self) -> Option<Line> {
        if self.skipping.is_none() && self.kept.is_empty() {
            return None;
        }
        self.due(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(text: &[u8], limit: usize) -> Vec<String> {
        let mut lines = Lines::new(text, limit);
        let mut found = Vec::new();
        while let Some(line) = lines.next().await {
            found.push(match line {
                Line::Whole(bytes) => String::from_utf8(bytes).unwrap(),
                Line::Oversized(id) => format!("oversized {id:?}"),
            });
        }
        found
    }

    #[tokio::test]
    async fn long_lines_are_skipped_and_the_rest_is_read() {
        let long = format!("{{\"id\":3,\"x\":\"{}\"}}", "y".repeat(200_000));
        let last = format!("{{\"x\":\"{}\",\"id\":4}}", "y".repeat(200_000));
        let text = format!("a\n\n{long}\nb\n{last}\n{}\nc", "z".repeat(200_000));
        let expected = ["a", "", "oversized Some(3)", "b", "oversized Some(4)", "oversized None", "c"];
        assert_eq!(all(text.as_bytes(), 1000).await, expected);
        assert_eq!(all(b"", 10).await, Vec::<String>::new());
    }
}
