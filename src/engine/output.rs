//! What a script writes, read as it comes and handed to the board, to our own streams, or kept.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::unix::pipe::Receiver;
use tokio_util::sync::CancellationToken;

use super::full_copy::{FullCopy, OutputFile};
use super::request::{Output, Streams};
use crate::journal::{Board, OutputStream};
use crate::types::RunId;
use crate::types::limits::{CAPTURE_HEAD_BYTES, CAPTURE_TAIL_BYTES, DRAIN_BYTES, OUTPUT_READ_BYTES};

/// How much a run may still write, both streams together.
#[derive(Debug)]
pub(super) struct Allowance {
    left: AtomicU64,
    spent: CancellationToken,
}

impl Allowance {
    pub(super) fn of(bytes: u64) -> Arc<Self> {
        Arc::new(Self { left: bytes.into(), spent: CancellationToken::new() })
    }

    /// Completes when the run has wanted to write more than it may.
    pub(super) async fn spent(&self) {
        self.spent.cancelled().await;
    }

    pub(super) fn is_spent(&self) -> bool {
        self.spent.is_cancelled()
    }

    /// How many of `wanted` bytes may be written.
    fn take(&self, wanted: usize) -> usize {
        let after = |left: u64| Some(left.saturating_sub(wanted as u64));
        let (Ok(left) | Err(left)) = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, after);
        let given = usize::try_from(left).map_or(wanted, |left| left.min(wanted));
        if given < wanted {
            self.spent.cancel();
        }
        given
    }
}

/// Where one stream of a run goes.
pub(super) struct Pump {
    pub(super) board: Arc<Board>,
    pub(super) run: RunId,
    pub(super) stream: OutputStream,
    pub(super) output: Output,
    pub(super) allowance: Arc<Allowance>,
    /// Takes all of it, in case there is more than anybody keeps.
    pub(super) copy: FullCopy,
    /// Ends the reading though something still holds the pipe.
    pub(super) stop: CancellationToken,
}

/// What became of a stream.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// What was kept of it, if it was to be kept.
    pub(super) kept: Option<String>,
    /// The file with all of it, if it was long.
    pub(super) whole: Option<OutputFile>,
}

impl Pump {
    /// Reads `pipe` to its end. A reader of ours that has gone ends the
    /// reading too, so that the script learns of it as under a shell.
    pub(super) async fn run(mut self, mut pipe: Receiver) -> Written {
        let mut kept = Kept::default();
        let mut buffer = vec![0; OUTPUT_READ_BYTES];
        let mut still = DRAIN_BYTES;
        loop {
            let read = tokio::select! {
                biased;
                read = pipe.read(&mut buffer) => read,
                () = self.stop.cancelled() => break,
            };
            let Ok(count @ 1..) = read else { break };
            // What is beyond the limit is read, so that nobody waits, and dropped.
            let bytes = &buffer[..self.allowance.take(count)];
            if self.stop.is_cancelled() {
                still = still.saturating_sub(count);
            }
            self.board.run_output(self.run, self.stream, bytes);
            if matches!(self.output, Output::Board | Output::Capture) {
                self.copy.add(bytes).await;
            }
            match &self.output {
                _ if still == 0 => break,
                Output::Board => {}
                Output::Capture => kept.add(bytes),
                Output::PassThrough if self.pass(bytes).await => {}
                Output::Given(streams) if self.give(streams, bytes).await => {}
                Output::PassThrough | Output::Given(_) => break,
            }
        }
        let kept = matches!(self.output, Output::Capture).then(|| kept.text());
        let whole = self.copy.finish().await.unwrap_or_else(|error| {
            let words = format!("the full copy of the output could not be written: {error}\n");
            self.board.run_output(self.run, OutputStream::Studio, words.as_bytes());
            None
        });
        if let Some(file) = &whole {
            self.board.run_output(self.run, OutputStream::Studio, format!("{}\n", file.words()).as_bytes());
        }
        Written { kept, whole }
    }

    /// Hands to whoever asked; says whether anybody still takes it.
    async fn give(&self, streams: &Streams, bytes: &[u8]) -> bool {
        let queue = match self.stream {
            OutputStream::Stderr => &streams.stderr,
            OutputStream::Stdout | OutputStream::Log | OutputStream::Studio => &streams.stdout,
        };
        queue.send(bytes.to_vec()).await.is_ok()
    }

    /// Writes to our own stream; says whether anybody still reads it.
    async fn pass(&self, bytes: &[u8]) -> bool {
        match self.stream {
            OutputStream::Stderr => write(tokio::io::stderr(), bytes).await,
            OutputStream::Stdout | OutputStream::Log | OutputStream::Studio => write(tokio::io::stdout(), bytes).await,
        }
    }
}

async fn write(mut stream: impl AsyncWrite + Unpin, bytes: &[u8]) -> bool {
    stream.write_all(bytes).await.is_ok() && stream.flush().await.is_ok()
}

/// Beginning and end of a stream.
#[derive(Debug, Default)]
struct Kept {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    omitted: u64,
}

impl Kept {
    fn add(&mut self, bytes: &[u8]) {
        let (first, rest) = bytes.split_at(bytes.len().min(CAPTURE_HEAD_BYTES - self.head.len()));
        self.head.extend_from_slice(first);
        self.tail.extend(rest);
        let excess = self.tail.len().saturating_sub(CAPTURE_TAIL_BYTES);
        self.tail.drain(..excess);
        self.omitted += excess as u64;
    }

    fn text(self) -> String {
        let Self { mut head, tail, omitted } = self;
        if omitted > 0 {
            head.extend_from_slice(format!("\n[{omitted} bytes omitted]\n").as_bytes());
        }
        head.extend(tail);
        String::from_utf8(head).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_a_flood_is_omitted_and_counted() {
        let mut kept = Kept::default();
        kept.add(&vec![b'a'; CAPTURE_HEAD_BYTES - 1]);
        kept.add(b"bc");
        kept.add(&vec![b'd'; CAPTURE_TAIL_BYTES]);
        kept.add(b"ef");
        let text = kept.text();
        let (head, rest) = text.split_once('\n').unwrap();
        let (note, tail) = rest.split_once('\n').unwrap();
        assert_eq!((head.len(), &head[head.len() - 2..]), (CAPTURE_HEAD_BYTES, "ab"));
        assert_eq!(note, "[3 bytes omitted]");
        assert_eq!((tail.len(), &tail[tail.len() - 3..]), (CAPTURE_TAIL_BYTES, "def"));
    }

    #[test]
    fn an_allowance_is_spent_to_the_last_byte() {
        let allowance = Allowance::of(10);
        assert_eq!((allowance.take(4), allowance.take(6), allowance.is_spent()), (4, 6, false));
        assert_eq!((allowance.take(1), allowance.is_spent()), (0, true));
        assert_eq!(Allowance::of(3).take(5), 3);
    }

    #[test]
    fn small_output_is_kept_as_it_is() {
        let mut kept = Kept::default();
        kept.add("grün\n".as_bytes());
        assert_eq!(kept.text(), "grün\n");
    }
}
