//! Messages over a WebSocket, one text frame each.

use std::sync::Arc;

use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use http::header::SEC_WEBSOCKET_PROTOCOL;
use http::{HeaderMap, HeaderValue};
use rmcp::model::ServerJsonRpcMessage;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::error::{ProtocolError, SubProtocolError};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::channel::{Carrier, Channel, channel};
use super::tls::{self, chain};
use super::wire::Wire;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Connects to `url` with the subprotocol `mcp`, or without one where the server knows none.
/// Fails with the reason in one line.
pub(super) async fn over_websocket(url: &str, headers: &HeaderMap, wire: &Arc<Wire>) -> Result<Channel, String> {
    tls::install();
    let socket = match open(url, headers, Some("mcp"), wire.message_bytes).await {
        Err(Error::Protocol(ProtocolError::SecWebSocketSubProtocolError(SubProtocolError::NoSubProtocol))) => {
            wire.tap().note("the server names no subprotocol; connecting without one");
            open(url, headers, None, wire.message_bytes).await
        }
        other => other,
    };
    let (sink, stream) = socket.map_err(|error| chain(&error))?.split();
    let (ours, Carrier { incoming, outgoing }) = channel(Arc::clone(wire));
    tokio::spawn(read(stream, incoming, Arc::clone(wire)));
    tokio::spawn(write(sink, outgoing, Arc::clone(wire)));
    Ok(ours)
}

async fn open(url: &str, headers: &HeaderMap, subprotocol: Option<&'static str>, limit: usize) -> Result<Socket, Error> {
    let mut request = url.into_client_request()?;
    for (name, value) in headers {
        request.headers_mut().append(name.clone(), value.clone());
    }
    if let Some(subprotocol) = subprotocol {
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(subprotocol));
    }
    let config = WebSocketConfig::default().max_message_size(Some(limit)).max_frame_size(Some(limit));
    connect_async_with_config(request, Some(config), true).await.map(|(socket, _)| socket)
}

async fn read(mut stream: SplitStream<Socket>, incoming: mpsc::Sender<ServerJsonRpcMessage>, wire: Arc<Wire>) {
    loop {
        let frame = tokio::select! {
            frame = stream.next() => frame,
            () = wire.closed.cancelled() => None,
        };
        let messages = match frame {
            Some(Ok(Message::Text(text))) => wire.received(text.as_bytes()),
            Some(Ok(Message::Binary(bytes))) => wire.received(&bytes),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Vec::new(),
            Some(Ok(Message::Close(frame))) => {
                let words = frame.map_or_else(String::new, |frame| format!(": {} {}", frame.code, frame.reason));
                wire.end(&format!("it closed the WebSocket{words}"));
                return;
            }
            Some(Err(error)) => {
                wire.end(&format!("the WebSocket broke: {}", chain(&error)));
                return;
            }
            None => return,
        };
        if !Carrier::deliver(&incoming, messages).await {
            return;
        }
    }
}

async fn write(mut sink: SplitSink<Socket, Message>, mut outgoing: mpsc::Receiver<Vec<u8>>, wire: Arc<Wire>) {
    let writing = async {
        while let Some(message) = outgoing.recv().await {
            let Ok(text) = String::from_utf8(message) else { continue };
            if sink.send(Message::text(text)).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = writing => {}
        () = wire.closed.cancelled() => {}
    }
    let closing = tokio::time::timeout(crate::types::limits::CLOSE_GRACE, sink.close()).await;
    if !matches!(closing, Ok(Ok(()))) {
        tracing::debug!("a WebSocket was closed without goodbye");
    }
}
