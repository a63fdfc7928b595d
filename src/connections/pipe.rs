//! Messages as lines over a pair of byte streams: stdio of a child process, or anything like it.

use std::sync::Arc;

use rmcp::model::ServerJsonRpcMessage;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;

use super::channel::{Carrier, Channel, channel};
use super::lines::{Line, Lines};
use super::wire::Wire;

/// Carries messages over `reader` and `writer`. Both are let go of when the wire is closed.
pub(super) fn over_pipe<R, W>(reader: R, writer: W, wire: &Arc<Wire>) -> Channel
where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let (ours, Carrier { incoming, outgoing }) = channel(Arc::clone(wire));
    tokio::spawn(read(Lines::new(reader, wire.message_bytes), incoming, Arc::clone(wire)));
    tokio::spawn(write(writer, outgoing, Arc::clone(wire)));
    ours
}

async fn read<R: AsyncRead + Unpin>(mut lines: Lines<R>, incoming: mpsc::Sender<ServerJsonRpcMessage>, wire: Arc<Wire>) {
    loop {
        let line = tokio::select! {
            line = lines.next() => line,
            () = wire.closed.cancelled() => None,
        };
        let messages = match line {
            Some(Line::Whole(line)) => wire.received(&line),
            Some(Line::Oversized(id)) => wire.oversized(id).into_iter().collect(),
            None => return,
        };
        if !Carrier::deliver(&incoming, messages).await {
            return;
        }
    }
}

async fn write<W: AsyncWrite + Unpin>(mut writer: W, mut outgoing: mpsc::Receiver<Vec<u8>>, wire: Arc<Wire>) {
    let writing = async {
        while let Some(mut message) = outgoing.recv().await {
            message.push(b'\n');
            if writer.write_all(&message).await.is_err() || writer.flush().await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = writing => {}
        () = wire.closed.cancelled() => {}
    }
}
