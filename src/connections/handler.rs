//! Our side of what servers may ask of a client. Everything is answered at once, so that nothing blocks a call.

use std::path::Path;

use rmcp::ClientHandler;
use rmcp::model::{ClientConfig, CustomRequest, CustomResult, ErrorCode, ErrorData, Implementation, ProtocolVersion};
use rmcp::service::{RequestContext, RoleClient};
use serde_json::{Value, json};

/// Roots are offered; sampling and elicitation are not, and are declined.
#[derive(Debug, Clone)]
pub(super) struct Client {
    roots: Value,
}

impl Client {
    /// Offers `project` as the one root.
    pub(super) fn new(project: &Path) -> Self {
        let name = project.file_name().map(|name| name.to_string_lossy().into_owned());
        Self { roots: json!({"roots": [{"uri": file_uri(project), "name": name}]}) }
    }

    /// The answer to a request of a server.
    pub(super) fn answer(&self, method: &str) -> Result<Value, ErrorData> {
        match method {
            "ping" => Ok(json!({})),
            "roots/list" => Ok(self.roots.clone()),
            "elicitation/create" => Ok(json!({"action": "decline"})),
            "sampling/createMessage" => Err(ErrorData::new(ErrorCode(-1), "mcp-studio offers no sampling", None)),
            _ => Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, format!("mcp-studio does not answer {method}"), None)),
        }
    }
}

impl ClientHandler for Client {
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _context: RequestContext<RoleClient>,
    ) -> Result<CustomResult, ErrorData> {
        self.answer(&request.method).map(CustomResult::new)
    }

    #[expect(deprecated, reason = "older servers ask for roots")]
    async fn list_roots(&self, _context: RequestContext<RoleClient>) -> Result<rmcp::model::ListRootsResult, ErrorData> {
        serde_json::from_value(self.roots.clone()).map_err(|error| ErrorData::internal_error(error.to_string(), None))
    }

    #[expect(deprecated, reason = "older servers ask for sampling")]
    async fn create_message(
        &self,
        _params: rmcp::model::CreateMessageRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<rmcp::model::CreateMessageResult, ErrorData> {
        Err(ErrorData::new(ErrorCode(-1), "mcp-studio offers no sampling", None))
    }

    fn get_info(&self) -> ClientConfig {
        let capabilities = serde_json::from_value(json!({"roots": {}})).unwrap_or_default();
        let client = Implementation::new("mcp-studio", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(capabilities, client).with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
    }
}

/// A path as a `file:` address.
fn file_uri(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt as _;
    let mut uri = String::from("file://");
    for &byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push('%');
            uri.extend([byte >> 4, byte & 15].map(|half| char::from(b"0123456789ABCDEF"[usize::from(half)])));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_an_address_and_the_rest_is_declined() {
        let client = Client::new(Path::new("/home/ä b/project"));
        assert_eq!(
            client.answer("roots/list"),
            Ok(json!({"roots": [{"uri": "file:///home/%C3%A4%20b/project", "name": "project"}]}))
        );
        assert_eq!(client.answer("elicitation/create"), Ok(json!({"action": "decline"})));
        assert!(client.answer("sampling/createMessage").is_err() && client.answer("x").is_err());
        let declared = serde_json::to_value(client.get_info()).unwrap();
        assert_eq!(declared["capabilities"], json!({"roots": {}}));
    }
}
