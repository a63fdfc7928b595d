//! MCP servers in this binary: the embedded read-only file server, and the studio itself as agents see it.

mod files;
mod serve;

pub use files::serve_files;
pub use serve::{HttpDoor, Metrics, TOKEN_VARIABLE, serve_agents, serve_agents_over_http};
