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

#[cfg(test)]
mod tests {
    use super::super::attempt::{Era, greet};
    use super::super::changes::Changes;
    use super::super::handler::Client;
    use super::super::handshake::Handshake;
    use super::super::traffic::Tap;
    use super::*;
    use crate::sys::pulse::Pulse;
    use rmcp::model::ProtocolVersion;
    use rmcp::{ServerHandler, ServiceExt as _};
    use std::path::Path;

    struct Server;
    impl ServerHandler for Server {}

    async fn negotiated(era: Era) -> ProtocolVersion {
        let (ours, theirs) = tokio::io::duplex(1024);
        tokio::spawn(async move { Server.serve(theirs).await.unwrap().waiting().await });
        let pulse = Pulse::default();
        let wire = Wire::new(Arc::new(Tap::new(pulse.clone())), Changes::new(pulse), 1024 * 1024, Handshake::new(None));
        let (reader, writer) = tokio::io::split(ours);
        let service = greet(Client::new(Path::new("/project")), over_pipe(reader, writer, &wire), era).await.unwrap();
        service.peer_info().unwrap().protocol_version.clone()
    }

    #[tokio::test]
    async fn each_era_is_spoken_over_any_pair_of_streams() {
        assert_eq!(negotiated(Era::Either).await, ProtocolVersion::V_2026_07_28);
        assert_eq!(negotiated(Era::Newer).await, ProtocolVersion::V_2026_07_28);
        assert_eq!(negotiated(Era::Older).await, ProtocolVersion::V_2025_11_25);
    }
}
