//! What servers offer: cached on disk, refreshed from the server, searched.

use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use crate::config::Settings;
use crate::connections::Connections;
use crate::sys::clock::Timestamp;
use crate::sys::pulse::Pulse;
use crate::types::{Failure, ServerName, ToolId, ToolSpec};

/// What is known of one server's offer.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    /// Tools in the server's order.
    pub tools: Vec<Arc<ToolSpec>>,
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

/// The catalog. Reading never waits; refreshing asks the server.
#[derive(Debug)]
pub struct Catalog {}

impl Catalog {
    /// Opens the catalog whose cache is in `folder`. Reads the cache files of the configured servers only.
    pub fn open(folder: &Path, settings: Arc<Settings>, connections: Arc<Connections>, pulse: Pulse) -> Arc<Self> {
        let _ = (folder, settings, connections, pulse);
        todo!()
    }

    /// What is known now.
    pub fn offers(&self) -> Arc<Offers> {
        todo!()
    }

    /// Asks one server anew and writes its cache.
    pub async fn refresh(&self, server: &ServerName) -> Result<Arc<Offer>, Failure> {
        let _ = server;
        todo!()
    }

    /// The offer confirmed in this session, asking the server if need be.
    pub async fn fresh(&self, server: &ServerName) -> Result<Arc<Offer>, Failure> {
        let _ = server;
        todo!()
    }

    /// All servers' confirmed offers, asked concurrently; a failing server does not hold up or hide the others.
    pub async fn fresh_all(&self) -> Vec<(ServerName, Result<Arc<Offer>, Failure>)> {
        todo!()
    }

    /// The tool of that name. Fails with `ToolNotFound` and suggestions; never corrects.
    /// A stale cached definition answers at once; a tool missing from it asks the server.
    pub async fn tool(&self, id: &str) -> Result<Arc<ToolSpec>, Failure> {
        let _ = id;
        todo!()
    }

    /// The tool of that id, from what is known now.
    pub fn known(&self, id: &ToolId) -> Option<Arc<ToolSpec>> {
        let _ = id;
        todo!()
    }

    /// Fuzzy search over names, titles, descriptions of all known tools, best first.
    pub fn search(&self, query: &str, limit: usize) -> Vec<Hit> {
        let _ = (query, limit);
        todo!()
    }
}
