//! The door over Streamable HTTP: who may come in, and from where.
//!
//! A request passes only with the bearer token, where there is one; with a `Host` that names this door (a web page that
//! rebinds a name to this machine has another); and without an `Origin`, unless it is this door's own or that web page is allowed.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::serve::ListenerExt as _;
use rmcp::transport::streamable_http_server::session::local::{LocalSessionManager, SessionConfig};
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::TOKEN_VARIABLE;
use super::metrics;
use super::server::AgentServer;
use crate::ops::{Door, Studio};
use crate::types::limits::{SERVE_REQUEST_BYTES, SERVE_SESSION_IDLE, SERVE_TOKEN_CHARS};
use crate::types::{Failure, FailureKind};

/// Where requests go.
const PATH: &str = "/mcp";

/// How the door over HTTP is opened.
#[derive(Clone)]
pub struct HttpDoor {
    /// Where it listens. Port 0 takes a free one.
    pub address: SocketAddr,
    /// The bearer token that requests must carry; needed where the address can be reached from elsewhere.
    pub token: Option<String>,
    /// Names in `Host` beyond those of this machine's loopback and the address.
    pub hosts: Vec<String>,
    /// Web pages that may come in, as `https://app.example.com:443`.
    pub origins: Vec<String>,
    /// Whether counters are shown beside the door.
    pub metrics: Metrics,
}

/// Whether counters are shown at `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metrics {
    /// They are not.
    Off,
    /// To whoever may come in.
    On,
}

/// Serves for ever.
pub(super) async fn serve(studio: &Studio, door: HttpDoor, announce: impl FnOnce(SocketAddr)) -> Result<(), Failure> {
    check(&door)?;
    let broken = |error: std::io::Error| {
        Failure::new(FailureKind::Connection, format!("cannot listen on {}: {error}", door.address))
            .hint("choose another address")
    };
    let listener = TcpListener::bind(door.address).await.map_err(broken)?;
    let address = listener.local_addr().map_err(broken)?;
    studio.refuse_to_serve_itself(Some(Door { address }))?;
    let stop = CancellationToken::new();
    let _stopped_when_dropped = stop.clone().drop_guard();
    let router = router(studio, &door, address, stop);
    announce(address);
    // Without it, every answer that comes in two pieces waits for the client's acknowledgement.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, router)
        .await
        .map_err(|error| Failure::new(FailureKind::Connection, format!("the server on {address} stopped: {error}")))
}

fn check(door: &HttpDoor) -> Result<(), Failure> {
    let usage = |message: String| Failure::new(FailureKind::Usage, message).hint(format!("set {TOKEN_VARIABLE}"));
    match &door.token {
        None if !door.address.ip().is_loopback() => {
            Err(usage(format!("{} can be reached from other machines, so a token is needed", door.address)))
        }
        Some(token) if token.chars().count() < SERVE_TOKEN_CHARS || token.contains(char::is_whitespace) => {
            Err(usage(format!("the token has fewer than {SERVE_TOKEN_CHARS} characters, or a space in it")))
        }
        None | Some(_) => Ok(()),
    }
}

fn router(studio: &Studio, door: &HttpDoor, address: SocketAddr, stop: CancellationToken) -> Router {
    let server = AgentServer::new(studio.clone());
    let mut sessions = SessionConfig::default();
    sessions.keep_alive = Some(SERVE_SESSION_IDLE);
    let mut manager = LocalSessionManager::default();
    manager.session_config = sessions;
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts(hosts(door, address))
        .with_allowed_origins(origins(door, address))
        .enforce_origin_validation()
        .with_max_request_body_bytes(SERVE_REQUEST_BYTES)
        .with_cancellation_token(stop);
    let service = StreamableHttpService::new(move || Ok(server.clone()), Arc::new(manager), config);
    let counters = match door.metrics {
        Metrics::Off => Router::new(),
        Metrics::On => metrics::route(studio, hosts(door, address)),
    };
    let router = Router::new().nest_service(PATH, service).merge(counters).layer(middleware::from_fn(said_done));
    match &door.token {
        None => router,
        Some(token) => router.layer(middleware::from_fn_with_state(digest(token), authorize)),
    }
}

/// What `Host` may say.
fn hosts(door: &HttpDoor, address: SocketAddr) -> Vec<String> {
    let own = ["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned(), address.ip().to_string()];
    own.into_iter().chain(door.hosts.iter().cloned()).collect()
}

/// What `Origin` may say. This door itself serves no pages, so its own origin is nobody else's.
fn origins(door: &HttpDoor, address: SocketAddr) -> Vec<String> {
    let own = ["localhost".to_owned(), "127.0.0.1".to_owned(), "[::1]".to_owned(), address.ip().to_string()];
    let own = own.into_iter().map(|host| format!("http://{host}:{}", address.port()));
    own.chain(door.origins.iter().cloned()).collect()
}

/// Lets a request pass that carries the token.
async fn authorize(State(expected): State<[u8; 32]>, request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = given.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    // Digests differ in unforeseeable places, so the time of comparing tells nothing of the token.
    if token.is_some_and(|(_, token)| digest(token.trim()) == expected) {
        return next.run(request).await;
    }
    let challenge = [(header::WWW_AUTHENTICATE, "Bearer realm=\"mcp-studio\"")];
    (StatusCode::UNAUTHORIZED, challenge, "the bearer token is missing or wrong\n").into_response()
}

/// Answers the end of a session as done: the Python SDK takes "accepted" for a failure, and says so to its user.
async fn said_done(request: Request, next: Next) -> Response {
    let ends_session = request.method() == Method::DELETE;
    let mut response = next.run(request).await;
    if ends_session && response.status() == StatusCode::ACCEPTED {
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    response
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(address: &str, token: Option<&str>) -> Option<String> {
        let token = token.map(str::to_owned);
        let door =
            HttpDoor { address: address.parse().unwrap(), token, hosts: Vec::new(), origins: Vec::new(), metrics: Metrics::Off };
        check(&door).err().map(|failure| failure.message)
    }

    #[test]
    fn a_door_to_the_outside_needs_a_good_token() {
        assert_eq!(refusal("127.0.0.1:0", None), None);
        assert_eq!(refusal("[::1]:0", None), None);
        assert_eq!(refusal("0.0.0.0:80", Some("0123456789abcdef")), None);
        let open = "0.0.0.0:80 can be reached from other machines, so a token is needed";
        assert_eq!(refusal("0.0.0.0:80", None).as_deref(), Some(open));
        let weak = "the token has fewer than 16 characters, or a space in it";
        assert_eq!(refusal("127.0.0.1:0", Some("short")).as_deref(), Some(weak));
        assert_eq!(refusal("127.0.0.1:0", Some("0123456789 abcdef")).as_deref(), Some(weak));
    }
}
