//! MCP servers in this binary: the embedded read-only file server, and the studio itself as agents see it.

mod files;
mod serve;

use rmcp::service::ServerInitializeError;
use rmcp::transport::stdio_pipes;
use rmcp::{ServerHandler, ServiceExt as _};

use crate::types::{Failure, FailureKind};

pub use files::serve_files;
pub use serve::{HttpDoor, Metrics, TOKEN_VARIABLE, serve_agents, serve_agents_over_http};

/// Serves whoever is at our standard input and output, until end of file.
async fn serve_on_streams(server: impl ServerHandler) -> Result<(), Failure> {
    let running = match server.serve(stdio_pipes()).await {
        Ok(running) => running,
        // A client that leaves before it has said anything is no failure of ours.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => {
            return Err(Failure::new(FailureKind::Connection, format!("the client did not begin as MCP asks: {error}")));
        }
    };
    match running.waiting().await {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::new(FailureKind::Internal, format!("the server stopped: {error}"))),
    }
}
