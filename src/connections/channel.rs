//! The transport the protocol crate sees: two bounded queues. Tasks behind them carry the bytes.

use std::sync::Arc;

use rmcp::RoleClient;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::Transport;
use tokio::sync::mpsc;

use super::wire::Wire;
use crate::types::limits::CONNECTION_QUEUE;

/// A message could not be sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    /// Nobody carries it any more.
    #[error("the connection is closed")]
    Closed,
    /// It is no JSON, which is a defect of ours.
    #[error("the message cannot be written: {0}")]
    Unwritable(serde_json::Error),
}

/// Our end.
pub(super) struct Channel {
    incoming: mpsc::Receiver<ServerJsonRpcMessage>,
    outgoing: mpsc::Sender<Vec<u8>>,
    wire: Arc<Wire>,
}

/// The carrier's end.
pub(super) struct Carrier {
    /// What arrived, judged.
    pub(super) incoming: mpsc::Sender<ServerJsonRpcMessage>,
    /// What is to be sent, one message each.
    pub(super) outgoing: mpsc::Receiver<Vec<u8>>,
}

/// Both ends.
pub(super) fn channel(wire: Arc<Wire>) -> (Channel, Carrier) {
    let (incoming_sender, incoming) = mpsc::channel(CONNECTION_QUEUE);
    let (outgoing, outgoing_receiver) = mpsc::channel(CONNECTION_QUEUE);
    (Channel { incoming, outgoing, wire }, Carrier { incoming: incoming_sender, outgoing: outgoing_receiver })
}

impl Carrier {
    /// Passes messages on. Answers false when nobody takes them any more.
    pub(super) async fn deliver(
        incoming: &mpsc::Sender<ServerJsonRpcMessage>,
        messages: impl IntoIterator<Item = ServerJsonRpcMessage>,
    ) -> bool {
        for message in messages {
            if incoming.send(message).await.is_err() {
                return false;
            }
        }
        true
    }
}

impl Transport<RoleClient> for Channel {
    type Error = SendError;

    fn send(&mut self, message: ClientJsonRpcMessage) -> impl Future<Output = Result<(), SendError>> + Send + 'static {
        let (wire, outgoing) = (Arc::clone(&self.wire), self.outgoing.clone());
        let text = wire.sending(&message);
        async move {
            let sent = match text {
                Ok(text) => outgoing.send(text).await.map_err(|_| SendError::Closed),
                Err(error) => Err(SendError::Unwritable(error)),
            };
            wire.sent(&message);
            sent
        }
    }

    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        let message = loop {
            tokio::select! {
                biased;
                message = self.incoming.recv() => break message,
                () = self.wire.handshake.overdue() => {
                    if let Some(message) = self.wire.give_up_probe() {
                        break Some(message);
                    }
                }
                () = self.wire.closed.cancelled() => break None,
            }
        };
        if message.is_none() {
            self.wire.closed.cancel();
        }
        message
    }

    async fn close(&mut self) -> Result<(), SendError> {
        self.wire.closed.cancel();
        Ok(())
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.wire.closed.cancel();
    }
}
