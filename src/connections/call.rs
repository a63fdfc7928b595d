//! Tool calls: the request, and the rounds in which a server of the newer era asks for further input.

use std::collections::BTreeMap;

use rmcp::model::{CallToolRequest, CallToolRequestParams, ClientRequest, RequestParamsMeta as _};
use serde_json::{Map, Value};

use super::handler::Client;
use super::message::read;
use super::session::{Ask, Session};
use crate::types::limits::INPUT_ROUNDS;
use crate::types::{Failure, FailureKind};

/// Results of at least this size are read on a thread of their own: reading takes milliseconds.
const LARGE_RESULT_BYTES: usize = 1024 * 1024;

/// Calls `tool` and answers its `result` as sent.
pub(super) async fn call(
    session: &Session,
    client: &Client,
    tool: &str,
    arguments: Map<String, Value>,
    ask: &Ask,
) -> Result<Value, Failure> {
    let mut first = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
    if let Some(traceparent) = &ask.traceparent {
        first.set_traceparent(traceparent);
    }
    let mut params = first.clone();
    for _ in 0..INPUT_ROUNDS {
        let raw = session.request(ClientRequest::CallToolRequest(CallToolRequest::new(params)), ask).await?;
        let read = if raw.get().len() < LARGE_RESULT_BYTES {
            read(&raw)
        } else {
            tokio::task::spawn_blocking(move || read(&raw)).await.unwrap_or_else(|error| Err(error.to_string()))
        };
        let result = read.map_err(|why| {
            session.failure(FailureKind::Connection, format!("the result of {} cannot be read: {why}", ask.what))
        })?;
        if result.get("resultType").and_then(Value::as_str) != Some("input_required") {
            return Ok(result);
        }
        params = first.clone().with_input_responses(responses(session, client, &result, &ask.what)?);
        if let Some(state) = result.get("requestState").and_then(Value::as_str) {
            params = params.with_request_state(state);
        }
    }
    Err(session.failure(FailureKind::ToolExecution, format!("{} asked for further input {INPUT_ROUNDS} times", ask.what)))
}

/// Our answers to what the server asks before it goes on.
fn responses(session: &Session, client: &Client, result: &Value, what: &str) -> Result<BTreeMap<String, Value>, Failure> {
    let none = Map::new();
    let requests = result.get("inputRequests").and_then(Value::as_object).unwrap_or(&none);
    let answer = |(key, request): (&String, &Value)| {
        let method = request.get("method").and_then(Value::as_str).unwrap_or_default();
        match client.answer(method) {
            Ok(response) => Ok((key.clone(), response)),
            Err(error) => {
                let message = format!("{what} asks for what cannot be given: {}", error.message);
                Err(session.failure(FailureKind::ToolExecution, message))
            }
        }
    };
    requests.iter().map(answer).collect()
}
