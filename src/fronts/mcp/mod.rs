//! MCP servers in this binary: the embedded read-only file server.

mod files;

pub use files::serve_files;
