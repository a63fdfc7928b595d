//! Integration tests: one binary, so that the tree is linked once. (`cfg(test)` tells clippy that helpers are tests too.)
#![expect(clippy::disallowed_methods, reason = "tests start programs of their own, outside the studio")]

#[cfg(test)]
mod bench;
#[cfg(test)]
mod calls;
#[cfg(test)]
mod catalog;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod codegen;
#[cfg(test)]
mod config;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod crashes;
#[cfg(test)]
mod daemon;
#[cfg(test)]
mod discovery;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod environment;
#[cfg(test)]
mod example;
#[cfg(test)]
mod journal;
#[cfg(test)]
mod library;
#[cfg(test)]
mod mcp_files;
#[cfg(test)]
mod offered;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod policy_binary;
#[cfg(test)]
mod policy_pins;
#[cfg(test)]
mod policy_preflight;
#[cfg(test)]
mod policy_prompts;
#[cfg(test)]
mod policy_views;
#[cfg(test)]
mod privacy;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod pty;
#[cfg(test)]
mod real_servers;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod sandbox;
#[cfg(test)]
mod serve;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod support;
#[cfg(test)]
mod telemetry;
#[cfg(test)]
mod tui;
#[cfg(test)]
mod walkthrough;
#[cfg(test)]
mod watchdog;
