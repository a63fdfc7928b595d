//! What a server says of itself, and asking a server of the newer era for its change notifications.

use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{
    ClientRequest, ProtocolVersion, SubscriptionFilter, SubscriptionsListenRequest, SubscriptionsListenRequestParams,
};
use rmcp::service::PeerRequestOptions;
use serde_json::{Value, json};

use super::Peer;
use super::session::Session;
use super::traffic::cut;
use crate::types::json_bytes;
use crate::types::limits::{ERROR_BYTES, NOTE_BYTES};

/// Reads the result of `initialize` or `server/discover`, as sent.
pub(super) fn peer(greeting: &Value, protocol: &str) -> Peer {
    let newer = greeting.get("_meta").and_then(|meta| meta.get("io.modelcontextprotocol/serverInfo"));
    let server = greeting.get("serverInfo").or(newer);
    let text = |key: &str| server.and_then(|server| server.get(key)).and_then(Value::as_str).unwrap_or_default();
    let capabilities = greeting.get("capabilities").filter(|capabilities| capabilities.is_object());
    Peer {
        name: cut(text("name").as_bytes(), NOTE_BYTES),
        version: cut(text("version").as_bytes(), NOTE_BYTES),
        protocol: cut(protocol.as_bytes(), NOTE_BYTES),
        instructions: greeting.get("instructions").and_then(Value::as_str).map(|text| cut(text.as_bytes(), ERROR_BYTES)),
        capabilities: capabilities.map_or_else(|| json!({}), bounded),
        process: None,
        connect_time: Duration::ZERO,
        connection: 0,
    }
}

/// Capabilities as sent; of excessive ones only what we use.
fn bounded(capabilities: &Value) -> Value {
    if json_bytes(capabilities) <= ERROR_BYTES as u64 {
        return capabilities.clone();
    }
    let kept = ["tools", "resources", "prompts"].into_iter().filter(|name| capabilities.get(*name).is_some_and(Value::is_object));
    kept.map(|name| (name.to_owned(), json!({}))).collect::<serde_json::Map<_, _>>().into()
}

/// Servers of the newer era send changes only to who listens: one request that stays open.
pub(super) fn listen(session: &Arc<Session>, protocol: &ProtocolVersion) {
    let changes =
        |list: &str| session.info.capabilities.get(list).and_then(|list| list.get("listChanged")) == Some(&Value::Bool(true));
    let mut filter = SubscriptionFilter::new();
    filter.tools_list_changed = changes("tools").then_some(true);
    filter.resources_list_changed = changes("resources").then_some(true);
    filter.prompts_list_changed = changes("prompts").then_some(true);
    if protocol.has_initialize() || filter == SubscriptionFilter::new() {
        return;
    }
    let request = SubscriptionsListenRequest::new(SubscriptionsListenRequestParams::new(filter));
    let (peer, closed) = (session.peer.clone(), session.wire.closed.clone());
    tokio::spawn(async move {
        let request = ClientRequest::SubscriptionsListenRequest(request);
        if let Ok(open) = peer.send_request_with_option(request, PeerRequestOptions::no_options()).await {
            tokio::select! {
                _ = open.await_response() => {}
                () = closed.cancelled() => {}
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_eras_introduce_themselves() {
        let info = json!({"name": "n", "version": "1"});
        let older = json!({"serverInfo": info, "capabilities": {"tools": {}}, "instructions": "use it"});
        let newer = json!({"_meta": {"io.modelcontextprotocol/serverInfo": info}, "capabilities": {"tools": {}}, "instructions": "use it"});
        assert_eq!(peer(&older, "2025-11-25"), peer(&newer, "2025-11-25"));
        assert_eq!(peer(&older, "2025-11-25").name, "n");
        let silent = peer(&json!({"capabilities": []}), "x");
        assert_eq!((silent.name, silent.capabilities), (String::new(), json!({})));
    }
}
