//! Reaching servers that already run: Streamable HTTP and WebSocket.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use indexmap::IndexMap;
use rmcp::RoleClient;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::Transport;

use super::attempt::{Era, Obstacle, Service, greet};
use super::http::{HttpCarrier, HttpFault};
use super::server::Server;
use super::websocket::over_websocket;
use super::wire::Wire;
use crate::config::TransportSettings;
use crate::types::{Failure, FailureKind};

/// How long the exit status of a process whose output has ended is waited for.
const STATUS_WAIT: Duration = Duration::from_millis(200);

/// Connects and shakes hands.
pub(super) async fn greet_remote(server: &Server, wire: &Arc<Wire>, era: Era) -> Result<Service, Obstacle> {
    match &server.settings().transport {
        TransportSettings::Http { url, headers } => {
            let headers = header_map(server, headers).map_err(Obstacle::Known)?;
            greet_http(server, wire, era, url, &headers).await
        }
        TransportSettings::WebSocket { url, headers } => {
            let headers = header_map(server, headers).map_err(Obstacle::Known)?;
            let channel = over_websocket(url, &headers, wire).await.map_err(|why| Obstacle::Known(unreachable(server, &why)))?;
            greet(server.client(), channel, era).await
        }
        TransportSettings::Stdio { .. } => {
            Err(Obstacle::Known(Failure::new(FailureKind::Internal, "a stdio server is not remote")))
        }
    }
}

async fn greet_http(server: &Server, wire: &Arc<Wire>, era: Era, url: &str, headers: &HeaderMap) -> Result<Service, Obstacle> {
    let carrier = HttpCarrier::new(Arc::clone(wire)).map_err(Obstacle::Known)?;
    let transport = Watched { inner: carrier.transport(url, headers), wire: Arc::clone(wire) };
    let obstacle = match greet(server.client(), transport, era).await {
        Ok(service) => return Ok(service),
        Err(obstacle) => obstacle,
    };
    Err(match carrier.fault() {
        Some(HttpFault::Unreachable(why)) => Obstacle::Known(unreachable(server, &why)),
        Some(HttpFault::Status(401 | 403, _)) => Obstacle::Known(unauthorized(server)),
        Some(HttpFault::Status(404 | 405, _)) if carrier.answers_get(url, headers).await => {
            Obstacle::Known(sse_only(server, url))
        }
        Some(HttpFault::Status(status, body)) => Obstacle::Known(refusing(server, status, &body)),
        None => obstacle,
    })
}

fn unreachable(server: &Server, why: &str) -> Failure {
    let settings = server.settings();
    Failure::new(FailureKind::Connection, format!("server \"{}\" cannot be reached: {why}", settings.name))
        .hint(format!("check that it is running and that \"url\" in {} is right", settings.place))
}

fn unauthorized(server: &Server) -> Failure {
    let settings = server.settings();
    Failure::new(FailureKind::Connection, format!("server \"{}\" asks for authorization", settings.name)).hint(format!(
        "set \"headers\": {{\"Authorization\": \"Bearer ${{TOKEN}}\"}} for \"{}\" in {}",
        settings.name, settings.place
    ))
}

fn refusing(server: &Server, status: u16, body: &str) -> Failure {
    let settings = server.settings();
    let failure =
        Failure::new(FailureKind::Connection, format!("server \"{}\" refuses the connection with HTTP {status}", settings.name));
    let failure = if body.trim().is_empty() { failure } else { failure.note("answer", body) };
    failure.hint(format!("check \"url\" in {}; MCP endpoints often end in /mcp", settings.place))
}

fn sse_only(server: &Server, url: &str) -> Failure {
    let settings = server.settings();
    let url = url.split('?').next().unwrap_or_default();
    let message =
        format!("server \"{}\" speaks only the HTTP+SSE transport of 2024-11-05, which mcp-studio does not", settings.name);
    Failure::new(FailureKind::Connection, message).hint(format!(
        "ask for its Streamable HTTP address (often ending in /mcp), or set \"command\": \"npx\", \"args\": [\"-y\", \"mcp-remote\", \"{url}\"] in {}",
        settings.place
    ))
}

/// The configured headers. What cannot be one is a failure that names it, never its value.
fn header_map(server: &Server, headers: &IndexMap<String, String>) -> Result<HeaderMap, Failure> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let (Ok(header), Ok(mut value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else {
            let settings = server.settings();
            let message = format!("server \"{}\": the header \"{name}\" cannot be sent", settings.name);
            return Err(Failure::new(FailureKind::Configuration, message)
                .at(settings.place.clone())
                .hint("names hold letters, digits and dashes, values no control characters"));
        };
        value.set_sensitive(true);
        map.append(header, value);
    }
    Ok(map)
}

/// The result of something that should be there any moment.
pub(super) async fn soon<T>(what: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(STATUS_WAIT, what).await.ok()
}

/// Tells the wire when the transport ends.
struct Watched<T> {
    inner: T,
    wire: Arc<Wire>,
}

impl<T: Transport<RoleClient>> Transport<RoleClient> for Watched<T> {
    type Error = T::Error;

    fn send(&mut self, message: ClientJsonRpcMessage) -> impl Future<Output = Result<(), T::Error>> + Send + 'static {
        self.inner.send(message)
    }

    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        let message = self.inner.receive().await;
        if message.is_none() {
            self.wire.closed.cancel();
        }
        message
    }

    async fn close(&mut self) -> Result<(), T::Error> {
        self.wire.closed.cancel();
        self.inner.close().await
    }
}
