//! Tests of mcp_files.
