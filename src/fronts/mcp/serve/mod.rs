//! The studio as an MCP server: the door for agents.
//!
//! Responsible for: a handful of tools over the verbs of [`crate::ops`], bounded, with schemas both ways; resources and
//! prompts that teach their use; who may come in over HTTP. Not responsible for: what a script may do. Policy, limits and
//! sandbox are those of the project, fixed when it is opened, and nothing here changes them.

mod execute;
mod gate;
mod guides;
mod http;
mod metrics;
mod progress;
mod reply;
mod schemas;
mod server;
mod shapes;
mod uri;

use std::net::SocketAddr;

use super::serve_on_streams;
use crate::ops::Studio;
use crate::types::Failure;
pub use http::{HttpDoor, Metrics};
use server::AgentServer;

/// The variable that holds the bearer token of the HTTP door: command lines can be read by others.
pub const TOKEN_VARIABLE: &str = "MCP_STUDIO_TOKEN";

/// Serves agents on standard input and output until end of file.
pub async fn serve_agents(studio: &Studio) -> Result<(), Failure> {
    studio.refuse_to_serve_itself(None)?;
    let _following = studio.follow_changes();
    serve_on_streams(AgentServer::new(studio.clone())).await
}

/// Serves agents over Streamable HTTP for ever. `announce` gets the address once it listens.
pub async fn serve_agents_over_http(studio: &Studio, door: HttpDoor, announce: impl FnOnce(SocketAddr)) -> Result<(), Failure> {
    let _following = studio.follow_changes();
    http::serve(studio, door, announce).await
}
