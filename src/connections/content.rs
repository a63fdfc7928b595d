//! What a server has to be read: the contents of a resource, the messages of a prompt.

use rmcp::model::{ClientRequest, GetPromptRequest, GetPromptRequestParams, ReadResourceRequest, ReadResourceRequestParams};
use serde_json::{Map, Value};

use super::message::read;
use super::session::{Ask, Session};
use crate::types::{Failure, FailureKind};

/// Reads a resource and answers the `result` as sent.
pub(super) async fn read_resource(session: &Session, uri: &str, ask: &Ask) -> Result<Value, Failure> {
    let params = ReadResourceRequestParams::new(uri);
    answered(session, ClientRequest::ReadResourceRequest(ReadResourceRequest::new(params)), ask).await
}

/// Fills a prompt in and answers the `result` as sent.
pub(super) async fn get_prompt(session: &Session, name: &str, given: Map<String, Value>, ask: &Ask) -> Result<Value, Failure> {
    let params = GetPromptRequestParams::new(name).with_arguments(given);
    answered(session, ClientRequest::GetPromptRequest(GetPromptRequest::new(params)), ask).await
}

/// A server of the newer era may ask for further input first; for these nobody is asked.
async fn answered(session: &Session, request: ClientRequest, ask: &Ask) -> Result<Value, Failure> {
    let raw = session.request(request, ask).await?;
    let read = tokio::task::spawn_blocking(move || read(&raw)).await.unwrap_or_else(|error| Err(error.to_string()));
    let result = read.map_err(|why| session.failure(FailureKind::Connection, format!("{} cannot be read: {why}", ask.what)))?;
    match result.get("resultType").and_then(Value::as_str) {
        Some("input_required") => {
            Err(session.failure(FailureKind::ToolExecution, format!("{} asks for further input, which is not given", ask.what)))
        }
        Some(_) | None => Ok(result),
    }
}
