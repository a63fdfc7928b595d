//! The library behind `mcp-studio`: a workbench for code execution with MCP.
//!
//! [`ops::Studio`] is the way in: it opens a project, knows its servers and tools, calls tools, generates typed
//! Python wrappers and runs scripts. The layers below it, and which may know which, are in `docs/architecture.md`.

pub mod calls;
pub mod catalog;
pub mod codegen;
pub mod config;
pub mod connections;
pub mod discovery;
pub mod engine;
pub mod environment;
pub mod fronts;
pub mod guards;
pub mod journal;
pub mod normalize;
pub mod ops;
pub mod python;
pub mod reports;
pub mod sys;
pub mod telemetry;
pub mod types;
