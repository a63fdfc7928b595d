//! One MCP client session per server: connected lazily, kept warm, supervised, bounded.
//!
//! ```text
//! Idle -> Connecting -> Ready -> Degraded
//!   ^         |           |        |
//!   |         v           v        v
//!   +------ Failed <------+--------+      Failed -> Connecting on next use, after a backoff, within a budget
//! ```

mod attempt;
mod call;
mod changes;
mod channel;
mod content;
mod diagnosis;
mod events;
mod greeting;
mod handler;
mod handshake;
mod http;
mod launch;
mod ledger;
mod lines;
mod lists;
mod live;
mod message;
mod pipe;
mod process;
mod reach;
mod restarts;
mod scan;
mod server;
mod session;
mod sse;
mod tls;
mod traffic;
mod websocket;
mod wire;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use indexmap::IndexMap;

use serde::Serialize;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use crate::config::Settings;
use crate::environment::Environment;
use crate::sys::clock::Timestamp;
use crate::sys::pulse::Pulse;
use crate::types::limits::NOTE_BYTES;
use crate::types::{Failure, FailureKind, ServerName, ToolId, ToolSpec, nearest};
pub use launch::ANCESTORS;
use server::Server;
use session::{Ask, Limits};
pub use tls::client as http_client;

/// Log target of the protocol crate that calls ordinary refusals errors.
pub const NOISY_TARGET: &str = "rmcp::transport::worker";

/// What a server is doing.
#[derive(Debug, Clone)]
pub enum State {
    /// Not contacted yet, or closed.
    Idle,
    /// `disabled` in the configuration.
    Disabled,
    /// Being started and asked; the text says what is under way.
    Connecting {
        /// Since when.
        since: Instant,
        /// Such as `starting uvx`, `creating workspace/.venv`, `initialize`.
        doing: String,
    },
    /// Answering.
    Ready(Peer),
    /// Answering, with something wrong (bad tools, stderr noise, broken messages).
    Degraded(Peer, String),
    /// Not answering; the failure says exit status, last stderr lines and a hint.
    Failed {
        /// Why.
        failure: Failure,
        /// When it may be tried again by itself; a person may try at once.
        retry_at: Option<Instant>,
    },
}

/// What a connected server said of itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Peer {
    /// `serverInfo.name`.
    pub name: String,
    /// `serverInfo.version`.
    pub version: String,
    /// Negotiated protocol revision, such as `2025-11-25`.
    pub protocol: String,
    /// `instructions`.
    pub instructions: Option<String>,
    /// Capabilities it declared, as sent.
    pub capabilities: Value,
    /// Process id, for stdio.
    pub process: Option<u32>,
    /// From start to ready.
    pub connect_time: Duration,
    /// Which connection to the server this is, counted from 1: it may be another program each time.
    #[serde(skip)]
    pub connection: u64,
}

/// What a server lists.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Tools in the server's order.
    pub tools: Vec<ToolSpec>,
    /// Resources, as sent (`resources/list`).
    pub resources: Vec<Value>,
    /// Resource templates, as sent.
    pub resource_templates: Vec<Value>,
    /// Prompts, as sent.
    pub prompts: Vec<Value>,
    /// Definitions that could not be read or kept, each with the reason.
    pub rejected: Vec<String>,
    /// The connection that listed them, as in [`Peer::connection`].
    pub connection: u64,
    /// Changes that the server had announced before; for [`Connections::listed`].
    pub announced: u64,
}

/// One message on the wire, for the traffic view.
#[derive(Debug, Clone, Serialize)]
pub struct WireMessage {
    /// When.
    pub at: Timestamp,
    /// To or from the server.
    pub direction: Direction,
    /// Bytes of the whole message.
    pub bytes: usize,
    /// Its text, cut to a bound. Not for logs or journals.
    pub text: String,
}

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From us to the server.
    Sent,
    /// From the server to us.
    Received,
    /// A line on its stderr.
    Stderr,
    /// What we noticed: a broken message, a substitution, an exit.
    Note,
}

impl Direction {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Received => "received",
            Self::Stderr => "stderr",
            Self::Note => "note",
        }
    }
}

/// Progress of a call (`notifications/progress`).
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// So far.
    pub progress: f64,
    /// Of how much.
    pub total: Option<f64>,
    /// In the server's words.
    pub message: Option<String>,
}

/// Called with each progress notification of one call. Must not wait.
pub type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

/// What a request was on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Its JSON-RPC id.
    pub request: String,
    /// The session of the transport, where it has one (`Mcp-Session-Id`).
    pub session: Option<Arc<str>>,
}

/// Called when a request is sent. Must not wait.
pub type OnSent = Arc<dyn Fn(Sent) + Send + Sync>;

/// How one call is made.
#[derive(Clone, Default)]
pub struct CallOptions {
    /// Whole time; the server's configured value when absent.
    pub timeout: Option<Duration>,
    /// Cancelling sends `notifications/cancelled`.
    pub cancel: CancellationToken,
    /// Progress notifications.
    pub on_progress: Option<OnProgress>,
    /// The connection that must carry it, as in [`Peer::connection`]; whichever there is when absent.
    pub connection: Option<u64>,
    /// The trace the call belongs to (W3C `traceparent`), sent in `_meta`.
    pub traceparent: Option<String>,
    /// Called with each request that the call takes, once it is sent.
    pub on_sent: Option<OnSent>,
}

/// All connections of a studio.
pub struct Connections {
    servers: IndexMap<ServerName, Arc<Server>>,
}

impl Connections {
    /// Contacts nobody.
    #[expect(clippy::needless_pass_by_value, reason = "the caller hands over its shares")]
    pub fn new(settings: Arc<Settings>, environment: Arc<Environment>, pulse: Pulse) -> Arc<Self> {
        let server =
            |one: &crate::config::ServerSettings| Server::new(one.clone(), &settings, Arc::clone(&environment), pulse.clone());
        let servers = settings.servers.iter().map(|(name, one)| (name.clone(), server(one))).collect();
        Arc::new(Self { servers })
    }

    /// What each configured server is doing, in the order of the configuration. Never waits.
    pub fn states(&self) -> Vec<(ServerName, State)> {
        self.servers.iter().map(|(name, server)| (name.clone(), server.state())).collect()
    }

    /// Connects if not connected; concurrent callers share one attempt.
    /// A person's request (`force`) ignores backoff and budget.
    pub async fn connect(&self, server: &ServerName, force: bool) -> Result<Peer, Failure> {
        Ok(self.server(server)?.session(force).await?.info.clone())
    }

    /// Everything the server lists, connecting if need be. A failing list is a failure, never "no tools".
    pub async fn list(&self, server: &ServerName) -> Result<Listing, Failure> {
        let server = self.server(server)?;
        let session = server.session(false).await?;
        let announced = server.changes().announced();
        let listing = Box::pin(lists::list(&session, limits_of(server, None))).await?;
        Ok(Listing { connection: session.info.connection, announced, ..listing })
    }

    /// Calls a tool and answers the `result` object as sent (`isError` included).
    /// Fails with `Connection`, `Timeout`, `Cancelled` or, for a JSON-RPC error, `ToolExecution`.
    /// Dropping the future cancels the call.
    pub async fn call(&self, tool: &ToolId, arguments: Map<String, Value>, options: CallOptions) -> Result<Value, Failure> {
        let server = self.server(&tool.server)?;
        let session = tokio::select! {
            biased;
            () = options.cancel.cancelled() => return Err(cancelled_early(tool)),
            session = server.session(false) => session?,
        };
        if options.connection.is_some_and(|connection| connection != session.info.connection) {
            return Err(restarted(&tool.server, &format!("the call of {tool}")));
        }
        let ask = Ask {
            what: format!("tool \"{}\"", tool.tool),
            limits: limits_of(server, options.timeout),
            cancel: options.cancel,
            on_progress: options.on_progress,
            traceparent: options.traceparent,
            on_sent: options.on_sent,
        };
        call::call(&session, &server.client(), &tool.tool, arguments, &ask).await
    }

    /// A listing, made after so many announcements, is what everybody gets from now on: they are dealt with.
    pub fn listed(&self, server: &ServerName, announced: u64) {
        if let Some(server) = self.servers.get(server) {
            server.changes().listed(announced);
        }
    }

    /// Whether the server is connected now.
    pub fn is_connected(&self, server: &ServerName) -> bool {
        self.servers.get(server).is_some_and(|server| matches!(server.state(), State::Ready(_) | State::Degraded(..)))
    }

    /// Waits until the server says again that its lists changed (debounced). One waiter for each server.
    pub async fn change_announced(&self, server: &ServerName) {
        match self.servers.get(server) {
            Some(server) => server.changes().next().await,
            None => std::future::pending().await,
        }
    }

    /// Whether the server said that its lists changed since they were listed.
    pub fn is_changed(&self, server: &ServerName) -> bool {
        self.servers.get(server).is_some_and(|server| server.changes().is_marked())
    }

    /// Reads a resource and answers the `result` as sent. Fails as [`Connections::call`] does.
    pub async fn read_resource(&self, server: &ServerName, uri: &str, cancel: CancellationToken) -> Result<Value, Failure> {
        let server = self.server(server)?;
        let session = server.session(false).await?;
        let what = format!("resource \"{}\"", traffic::cut(uri.as_bytes(), NOTE_BYTES));
        let ask = Ask { what, limits: limits_of(server, None), cancel, on_progress: None, traceparent: None, on_sent: None };
        content::read_resource(&session, uri, &ask).await
    }

    /// Fills a prompt in over that connection and answers the `result` as sent. Fails as [`Connections::call`] does.
    pub async fn get_prompt(
        &self,
        server: &ServerName,
        name: &str,
        arguments: Map<String, Value>,
        connection: u64,
        cancel: CancellationToken,
    ) -> Result<Value, Failure> {
        let what = format!("prompt \"{}\"", traffic::cut(name.as_bytes(), NOTE_BYTES));
        let session = self.server(server)?.session(false).await?;
        if connection != session.info.connection {
            return Err(restarted(server, &what));
        }
        let server = self.server(server)?;
        let ask = Ask { what, limits: limits_of(server, None), cancel, on_progress: None, traceparent: None, on_sent: None };
        content::get_prompt(&session, name, arguments, &ask).await
    }

    /// The kept traffic of a server, oldest first.
    pub fn traffic(&self, server: &ServerName) -> VecDeque<WireMessage> {
        self.servers.get(server).map(|server| server.tap().messages()).unwrap_or_default()
    }

    /// Closes one server; the next use connects again.
    pub async fn disconnect(&self, server: &ServerName) {
        if let Some(server) = self.servers.get(server) {
            server.close().await;
        }
    }

    /// Closes all servers in parallel and for good, also those still connecting; no process of theirs is left.
    pub async fn shutdown(&self) {
        join_all(self.servers.values().map(|server| server.retire())).await;
    }

    fn server(&self, name: &ServerName) -> Result<&Arc<Server>, Failure> {
        self.servers.get(name).ok_or_else(|| {
            let failure = Failure::new(FailureKind::Connection, format!("no server \"{name}\" is configured"));
            match nearest(name.as_str(), self.servers.keys().map(ServerName::as_str)) {
                Some(near) => failure.hint(format!("did you mean \"{near}\"?")),
                None => failure.hint("see the servers with: mcp-studio health"),
            }
        })
    }
}

/// Names and states only: settings hold secrets.
impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let states = self.servers.iter().map(|(name, server)| (name.as_str(), server::state_word(&server.state())));
        f.debug_map().entries(states).finish()
    }
}

fn limits_of(server: &Server, timeout: Option<Duration>) -> Limits {
    let settings = server.settings();
    let total = timeout.unwrap_or(settings.call_timeout);
    Limits { total, idle: settings.idle_timeout }
}

/// The failure of what was judged by what another connection has listed. It was not sent.
fn restarted(server: &ServerName, what: &str) -> Failure {
    let message = format!("server \"{server}\" was restarted while {what} was judged; it was not sent");
    Failure::new(FailureKind::Connection, message).hint("call it again: what the server offers now is looked at first")
}

fn cancelled_early(tool: &ToolId) -> Failure {
    Failure::new(
        FailureKind::Cancelled,
        format!("server \"{}\": tool \"{}\" was cancelled before it was called", tool.server, tool.tool),
    )
}
