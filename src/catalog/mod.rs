//! What servers offer: cached on disk, refreshed from the server, searched.
//!
//! Opening reads one line of each cache file, nothing else; the definitions of a server are read when somebody looks at
//! them, and a server is asked when somebody needs a tool that is not known.

mod cache;
mod find;
mod search;
mod store;
mod tools;

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

pub use store::Catalog;
pub use tools::Tools;

use crate::sys::clock::Timestamp;
use crate::types::{ServerName, ToolSpec};

/// What is known of one server's offer.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    /// Tools in the server's order.
    pub tools: Tools,
    /// Resources, as sent.
    pub resources: Vec<Value>,
    /// Resource templates, as sent.
    pub resource_templates: Vec<Value>,
    /// Prompts, as sent.
    pub prompts: Vec<Value>,
    /// Definitions that were refused, each with the reason.
    pub rejected: Vec<String>,
    /// Estimated tokens of all tool definitions.
    pub tokens: u64,
    /// When the server listed it.
    pub listed_at: Option<Timestamp>,
    /// From the cache and not confirmed by the server in this session.
    pub stale: bool,
    /// The connection that listed it, as in `Peer::connection`; 0 for the cache.
    pub connection: u64,
}

/// The offers of all configured servers, in the order of the configuration. Servers never listed are absent.
pub type Offers = IndexMap<ServerName, Arc<Offer>>;

/// A search hit.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The tool.
    pub tool: Arc<ToolSpec>,
    /// Higher is better.
    pub score: u32,
}
