//! One MCP client session per server: connected lazily, kept warm, supervised, bounded.
//!
//! ```text
//! Idle -> Connecting -> Ready -> Degraded
//!   ^         |           |        |
//!   |         v           v        v
//!   +------ Failed <------+--------+      Failed -> Connecting on next use, after a backoff, within a budget
//! ```

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use crate::config::Settings;
use crate::environment::Environment;
use crate::sys::clock::Timestamp;
use crate::sys::pulse::Pulse;
use crate::types::{Failure, ServerName, ToolId, ToolSpec};

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
}

/// One message on the wire, for the traffic view.
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// How one call is made.
#[derive(Clone, Default)]
pub struct CallOptions {
    /// Whole time; the server's configured value when absent.
    pub timeout: Option<Duration>,
    /// Cancelling sends `notifications/cancelled`.
    pub cancel: CancellationToken,
    /// Progress notifications.
    pub on_progress: Option<OnProgress>,
}

/// All connections of a studio.
#[derive(Debug)]
pub struct Connections {}

impl Connections {
    /// Contacts nobody.
    pub fn new(settings: Arc<Settings>, environment: Arc<Environment>, pulse: Pulse) -> Arc<Self> {
        let _ = (settings, environment, pulse);
        todo!()
    }

    /// What each configured server is doing, in the order of the configuration. Never waits.
    pub fn states(&self) -> Vec<(ServerName, State)> {
        todo!()
    }

    /// Connects if not connected; concurrent callers share one attempt.
    /// A person's request (`force`) ignores backoff and budget.
    pub async fn connect(&self, server: &ServerName, force: bool) -> Result<Peer, Failure> {
        let _ = (server, force);
        todo!()
    }

    /// Everything the server lists, connecting if need be. A failing list is a failure, never "no tools".
    pub async fn list(&self, server: &ServerName) -> Result<Listing, Failure> {
        let _ = server;
        todo!()
    }

    /// Calls a tool and answers the `result` object as sent (`isError` included).
    /// Fails with `Connection`, `Timeout`, `Cancelled` or, for a JSON-RPC error, `ToolExecution`.
    pub async fn call(&self, tool: &ToolId, arguments: Map<String, Value>, options: CallOptions) -> Result<Value, Failure> {
        let _ = (tool, arguments, options);
        todo!()
    }

    /// Servers whose lists changed since they were listed (debounced `list_changed`); taking clears the mark.
    pub fn take_changed(&self) -> Vec<ServerName> {
        todo!()
    }

    /// The kept traffic of a server, oldest first.
    pub fn traffic(&self, server: &ServerName) -> VecDeque<WireMessage> {
        let _ = server;
        todo!()
    }

    /// Closes one server; the next use connects again.
    pub async fn disconnect(&self, server: &ServerName) {
        let _ = server;
        todo!()
    }

    /// Closes all servers in parallel, also those still connecting; no process of theirs is left.
    pub async fn shutdown(&self) {
        todo!()
    }
}
