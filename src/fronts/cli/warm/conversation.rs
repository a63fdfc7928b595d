//! What goes to and fro while a studio does an errand.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::frame::{self, Kind};
use super::{Outbox, Stream, signal};
use crate::fronts::cli::errand::Stop;
use crate::ops::Streams;
use crate::types::limits::{CLIENT_FRAME_BYTES, CLIENT_FRAMES_WAITING, CLIENT_STOPS};

/// The studio's end of it.
pub(super) struct Conversation {
    reader: OwnedReadHalf,
    speech: Speech,
    tell: mpsc::Sender<Stop>,
    closed: Closed,
}

/// What is on its way to the client.
struct Speech {
    writer: OwnedWriteHalf,
    outbox: Arc<Outbox>,
    stdout: mpsc::Receiver<Vec<u8>>,
    stderr: mpsc::Receiver<Vec<u8>>,
}

/// Streams of the client that nobody reads any more.
#[derive(Clone, Default)]
struct Closed {
    output: CancellationToken,
    error: CancellationToken,
}

impl Conversation {
    /// With where a script's output goes, and what the client says to stop it.
    pub(super) fn begin(stream: UnixStream) -> (Self, Streams, mpsc::Receiver<Stop>) {
        let (reader, writer) = stream.into_split();
        let (tell, stops) = mpsc::channel(CLIENT_STOPS);
        let (to_stdout, stdout) = mpsc::channel(CLIENT_FRAMES_WAITING);
        let (to_stderr, stderr) = mpsc::channel(CLIENT_FRAMES_WAITING);
        let speech = Speech { writer, outbox: Arc::default(), stdout, stderr };
        let streams = Streams { stdout: to_stdout, stderr: to_stderr };
        (Self { reader, speech, tell, closed: Closed::default() }, streams, stops)
    }

    /// Takes what verbs say.
    pub(super) fn outbox(&self) -> Arc<Outbox> {
        Arc::clone(&self.speech.outbox)
    }

    /// Hands over what `work` says while it says it, and its exit code at the end. A client that vanishes, and `closing`,
    /// terminate the work; it is waited for all the same.
    pub(super) async fn hold(self, work: impl Future<Output = u8>, closing: &CancellationToken) {
        let Self { reader, speech, tell, closed } = self;
        let (finish, finished) = oneshot::channel();
        let mut work = pin!(work);
        let mut speaking = pin!(speech.speak(closed.clone(), finished));
        let mut hearing = pin!(hear(reader, tell.clone(), closed));
        let (mut spoken, mut heard, mut told) = (false, false, false);
        let code = loop {
            tokio::select! {
                code = &mut work => break code,
                _ = &mut speaking, if !spoken => spoken = true,
                () = &mut hearing, if !heard => heard = true,
                () = closing.cancelled(), if !told => {
                    told = true;
                    let _ = tell.try_send(Stop::Terminate);
                }
            }
        };
        let _ = finish.send(code);
        if !spoken {
            let _ = speaking.await;
        }
    }
}

impl Speech {
    /// Hands everything over as it comes, the code last. A script's output comes first: what is told of its end follows it.
    async fn speak(mut self, closed: Closed, mut finished: oneshot::Receiver<u8>) -> io::Result<()> {
        loop {
            let (kind, bytes) = tokio::select! {
                biased;
                () = closed.output.cancelled(), if !self.stdout.is_closed() => {
                    self.stdout.close();
                    continue;
                }
                () = closed.error.cancelled(), if !self.stderr.is_closed() => {
                    self.stderr.close();
                    continue;
                }
                Some(bytes) = self.stdout.recv() => (Kind::Output, bytes),
                Some(bytes) = self.stderr.recv() => (Kind::Error, bytes),
                (stream, bytes) = self.outbox.next() => (of(stream), bytes),
                Ok(code) = &mut finished => return frame::write(&mut self.writer, Kind::Exit, &[code]).await,
            };
            for piece in bytes.chunks(CLIENT_FRAME_BYTES) {
                frame::write(&mut self.writer, kind, piece).await?;
            }
        }
    }
}

/// Passes on what the client says until it is gone.
async fn hear(mut reader: OwnedReadHalf, tell: mpsc::Sender<Stop>, closed: Closed) {
    // More stops than the queue holds would say nothing new.
    let stop = |stop| {
        let _ = tell.try_send(stop);
    };
    loop {
        match reader.read_u8().await {
            Ok(signal::INTERRUPT) => stop(Stop::Interrupt),
            Ok(signal::TERMINATE) => stop(Stop::Terminate),
            Ok(signal::OUTPUT_CLOSED) => closed.output.cancel(),
            Ok(signal::ERROR_CLOSED) => closed.error.cancel(),
            Ok(_) => {}
            Err(_) => {
                closed.output.cancel();
                closed.error.cancel();
                return stop(Stop::Terminate);
            }
        }
    }
}

fn of(stream: Stream) -> Kind {
    match stream {
        Stream::Output => Kind::Output,
        Stream::Error => Kind::Error,
    }
}
