//! The library behind `mcp-studio`: a workbench for code execution with MCP.
//!
//! [`ops::Studio`] is the way in: it opens a project, knows its servers and tools, calls tools, generates typed
//! Python wrappers and runs scripts. The layers below it, and which may know which, are in `docs/architecture.md`.
//!
//! ```no_run
//! use mcp_studio::ops::{Location, Studio};
//! use mcp_studio::types::{Caller, Failure};
//! use tokio_util::sync::CancellationToken;
//!
//! # async fn count() -> Result<(), Failure> {
//! let studio = Studio::open(&Location::default(), "my-program")?;
//! let arguments = Some(serde_json::json!({"path": "src"}));
//! let reply = studio.call_tool("files__count", arguments, Caller::CommandLine, CancellationToken::new()).await;
//! println!("{}", reply.outcome?.value);
//! studio.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! Scripts without any server need [`engine::PythonEngine`] only. `examples/studio.rs` searches, calls and runs;
//! `examples/run_script.rs` hands a script a context and takes its result. Scripts have the package `mcp_execution` on their
//! path in every way they are run; it is part of the program and needs no installation.

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
