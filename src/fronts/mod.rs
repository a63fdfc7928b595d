//! Faces over `ops`: command line, MCP, terminal. They never name each other.

pub mod cli;
pub mod mcp;
pub mod tui;
