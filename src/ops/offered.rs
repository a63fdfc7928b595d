//! `read-resource` and `get-prompt`: what servers offer beside tools. A person asks; scripts and agents cannot.

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::studio::Studio;
use crate::types::{Failure, FailureKind, ServerName};

impl Studio {
    /// Reads a resource and answers the server's result (`contents`) as sent. Dropping the future cancels it.
    pub async fn read_resource(&self, server: &ServerName, uri: &str) -> Result<Value, Failure> {
        self.configured(server)?;
        let read = self.connections().read_resource(server, uri, CancellationToken::new()).await;
        read.map_err(|failure| refused(failure, "list-resources", server))
    }

    /// Fills a prompt in and answers the server's result (`messages`) as sent. Fails with `PolicyDenied` where it is not
    /// what it was when it was first used. Dropping the future cancels it.
    pub async fn get_prompt(&self, server: &ServerName, name: &str, arguments: Map<String, Value>) -> Result<Value, Failure> {
        self.configured(server)?;
        let filled = self.calls().prompt(server, name, arguments).await;
        filled.map_err(|failure| refused(failure, "list-prompts", server))
    }
}

/// With the verb that shows what there is, where the server refused what was asked for.
fn refused(failure: Failure, verb: &str, server: &ServerName) -> Failure {
    if failure.kind == FailureKind::ToolExecution && failure.hint.is_none() {
        return failure.hint(format!("\"mcp-studio {verb} {server}\" shows what it offers"));
    }
    failure
}

/// The result of a resource or a prompt as lines of text: whose message or which resource, then its text. What is no
/// text is told as its type and size.
pub fn content_text(result: &Value) -> Vec<String> {
    let list = |key: &str| result.get(key).and_then(Value::as_array).into_iter().flatten();
    let message = |message: &Value| {
        let role = message.get("role").and_then(Value::as_str).unwrap_or("message");
        let blocks = match message.get("content") {
            Some(Value::Array(blocks)) => blocks.iter().flat_map(block_lines).collect(),
            Some(block) => block_lines(block),
            None => Vec::new(),
        };
        std::iter::once(format!("[{role}]")).chain(blocks).collect::<Vec<String>>()
    };
    list("contents").flat_map(block_lines).chain(list("messages").flat_map(message)).collect()
}

/// One piece of content: its text, or what it is.
fn block_lines(block: &Value) -> Vec<String> {
    let block = block.get("resource").unwrap_or(block);
    let text = |key: &str| block.get(key).and_then(Value::as_str);
    if let Some(text) = text("text") {
        return text.lines().map(str::to_owned).collect();
    }
    let what = text("mimeType").or_else(|| text("type")).unwrap_or("unknown content");
    match text("blob").or_else(|| text("data")) {
        Some(encoded) => vec![format!("{what}, {} bytes", encoded.trim_end_matches('=').len() * 3 / 4)],
        None => vec![text("uri").map_or_else(|| what.to_owned(), |uri| format!("{what}: {uri}"))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn contents_and_messages_are_told_as_text() {
        let contents =
            json!({"contents": [{"uri": "a:b", "text": "one\ntwo"}, {"uri": "a:c", "mimeType": "image/png", "blob": "AAAA"}]});
        assert_eq!(content_text(&contents), ["one", "two", "image/png, 3 bytes"]);
        let messages = json!({"messages": [
            {"role": "user", "content": {"type": "text", "text": "Hi"}},
            {"role": "assistant", "content": [{"type": "resource_link", "uri": "a:b"}, {"type": "resource", "resource": {"uri": "a:c", "text": "x"}}]},
        ]});
        assert_eq!(content_text(&messages), ["[user]", "Hi", "[assistant]", "resource_link: a:b", "x"]);
        assert_eq!(content_text(&json!(null)), [""; 0]);
    }
}
