//! Integration tests: one binary, so that the tree is linked once.

mod calls;
mod catalog;
mod cli;
mod codegen;
mod config;
mod connections;
mod engine;
mod environment;
mod journal;
mod mcp_files;
mod processes;
mod pty;
mod real_servers;
mod sandbox;
mod support;
mod tui;
mod watchdog;
