//! Integration tests: one binary, so that the tree is linked once. (`cfg(test)` tells clippy that helpers are tests too.)

mod calls;
mod catalog;
#[cfg(test)]
mod cli;
mod codegen;
mod config;
mod connections;
mod engine;
mod environment;
mod journal;
#[cfg(test)]
mod mcp_files;
mod processes;
mod pty;
#[cfg(test)]
mod real_servers;
mod sandbox;
#[cfg(test)]
mod support;
mod tui;
mod watchdog;
