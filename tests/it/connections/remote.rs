//! HTTP and WebSocket servers: rmcp's own on both eras, and hand-made ones that behave badly.

use std::future::IntoFuture as _;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::{SinkExt as _, StreamExt as _};
use indexmap::IndexMap;
use mcp_studio::config::{ServerSettings, TransportSettings};
use mcp_studio::connections::{CallOptions, Direction, Progress};
use mcp_studio::types::{Failure, FailureKind};
use rmcp::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResult, ContentBlock, ListToolsResult, PaginatedRequestParams, ProgressNotificationParam,
    ProtocolVersion, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response as Upgrade};

use super::bench::{Bench, name, none, server, text_result};

fn http(url: String) -> ServerSettings {
    let headers = IndexMap::from([("X-Secret".to_owned(), "s3cret".to_owned()), ("Accept".to_owned(), "image/png".to_owned())]);
    server("s", TransportSettings::Http { url, headers })
}

/// A server of rmcp that speaks the revisions up to `newest`.
#[derive(Clone)]
struct Rmcp {
    newest: ProtocolVersion,
}

impl ServerHandler for Rmcp {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    fn supported_protocol_versions(&self) -> std::borrow::Cow<'static, [ProtocolVersion]> {
        ProtocolVersion::known_up_to(&self.newest).into()
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, rmcp::ErrorData> {
        let schema = rmcp::model::object(json!({"type": "object"}));
        Ok(ListToolsResult::with_all_items(vec![Tool::new("echo", "Echoes", schema)]))
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<rmcp::model::CallToolResponse, rmcp::ErrorData> {
        if let Some(token) = context.meta.get_progress_token() {
            context.peer.notify_progress(ProgressNotificationParam::new(token, 1.0)).await.unwrap();
        }
        let text = Value::Object(call.arguments.unwrap_or_default()).to_string();
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

async fn serve(router: axum::Router) -> String {
    let (listener, address) = listen().await;
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/mcp")
}

async fn rmcp_server(newest: ProtocolVersion) -> String {
    let handler = Rmcp { newest };
    let service = StreamableHttpService::new(
        move || Ok(handler.clone()),
        Arc::<LocalSessionManager>::default(),
        StreamableHttpServerConfig::default(),
    );
    serve(axum::Router::new().nest_service("/mcp", service)).await
}

#[tokio::test]
async fn both_eras_work_over_http_with_progress_and_traffic() {
    for version in [ProtocolVersion::V_2025_06_18, ProtocolVersion::V_2025_11_25, ProtocolVersion::V_2026_07_28] {
        let bench = Bench::new(vec![http(rmcp_server(version.clone()).await)]);
        let info = bench.connections.connect(&name("s"), false).await.unwrap();
        assert_eq!(info.protocol, version.as_str());
        let tools = bench.connections.list(&name("s")).await.unwrap().tools;
        assert_eq!(tools.iter().map(|tool| &*tool.id.tool).collect::<Vec<_>>(), ["echo"]);
        let (sender, mut heard) = tokio::sync::mpsc::channel(8);
        let on_progress = Arc::new(move |progress: Progress| sender.try_send(progress.progress).unwrap());
        let options = CallOptions { on_progress: Some(on_progress), ..CallOptions::default() };
        let result = bench.call_with("echo", json!({"a": 1}), options).await.unwrap();
        assert_eq!(result["content"], text_result("{\"a\":1}")["content"]);
        assert_eq!(heard.recv().await, Some(1.0));
        let traffic = bench.connections.traffic(&name("s"));
        for direction in [Direction::Sent, Direction::Received] {
            assert!(traffic.iter().any(|message| message.direction == direction && message.text.contains("{\\\"a\\\":1}")
                || message.text.contains("{\"a\":1}")));
        }
        bench.connections.shutdown().await;
    }
}

/// What the hand-made server does with a call.
async fn badly(headers: HeaderMap, body: Bytes) -> Response {
    let message: Value = serde_json::from_slice(&body).unwrap();
    let id = &message["id"];
    let json_type = [("content-type", "application/json")];
    let event_type = [("content-type", "text/event-stream")];
    match message["method"].as_str() {
        Some("initialize") => {
            let result = json!({"protocolVersion": "2025-03-26", "capabilities": {"tools": {}}, "serverInfo": {"name": "bad", "version": "0"}});
            ([("mcp-session-id", "one")], axum::Json(json!({"jsonrpc": "2.0", "id": id, "result": result}))).into_response()
        }
        Some("tools/call") => match message["params"]["name"].as_str().unwrap() {
            "headers" => {
                let text = format!("{} {}", headers["x-secret"].to_str().unwrap(), headers["mcp-session-id"].to_str().unwrap());
                axum::Json(json!({"jsonrpc": "2.0", "id": id, "result": text_result(&text)})).into_response()
            }
            "odd" => axum::Json(json!({"jsonrpc": "2.0", "id": id, "result": {"x": [{"unknown": 1}]}})).into_response(),
            "nan" => {
                (json_type, format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"structuredContent":NaN}}}}"#)).into_response()
            }
            "nan_event" => {
                (event_type, format!("data: {{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{\"x\":NaN}}}}\n\n")).into_response()
            }
            "large" => {
                axum::Json(json!({"jsonrpc": "2.0", "id": id, "result": text_result(&"x".repeat(200_000))})).into_response()
            }
            "large_event" => (event_type, format!("data: {}\n\n", "x".repeat(200_000))).into_response(),
            "no_reply_with_ids" => (event_type, "id: 1\ndata:\n\n").into_response(),
            "large_event_with_ids" => (event_type, format!("id: 1\ndata:\n\ndata: {}\n\n", "x".repeat(200_000))).into_response(),
            "no_reply" => (event_type, ": nothing\n\n").into_response(),
            "endless" => {
                let chunks = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 4096])));
                (event_type, Body::from_stream(chunks)).into_response()
            }
            "html" => ([("content-type", "text/html")], "<h1>Hello</h1>").into_response(),
            "broken" => (json_type, "{oops").into_response(),
            "error" => (StatusCode::INTERNAL_SERVER_ERROR, "the kitchen is on fire").into_response(),
            "accepted" => StatusCode::ACCEPTED.into_response(),
            other => panic!("{other}"),
        },
        Some(method) if method.starts_with("notifications/") => StatusCode::ACCEPTED.into_response(),
        _ => (StatusCode::BAD_REQUEST, "Bad Request: no session").into_response(),
    }
}

#[tokio::test]
async fn bad_http_answers_fail_their_call_at_once_and_nothing_else() {
    let mut settings = http(serve(axum::Router::new().route("/mcp", axum::routing::post(badly))).await);
    settings.message_bytes = 100_000;
    let bench = Bench::new(vec![settings]);
    assert_eq!(bench.text("headers", none()).await, "s3cret one");
    assert_eq!(bench.call("odd", none()).await, Ok(json!({"x": [{"unknown": 1}]})));
    assert_eq!(bench.call("nan", none()).await, Ok(json!({"structuredContent": null})));
    assert_eq!(bench.call("nan_event", none()).await, Ok(json!({"x": null})));
    for (tool, why) in [
        ("large", "the reply is longer than 100000 bytes (the limit of this server)"),
        (
            "large_event",
            "the stream of the reply broke off: body error: an event is longer than 100000 bytes (the limit of this server)",
        ),
        (
            "large_event_with_ids",
            "the stream of the reply broke off: body error: an event is longer than 100000 bytes (the limit of this server)",
        ),
        ("no_reply", "the server ended the stream before the reply"),
        (
            "endless",
            "the stream of the reply broke off: body error: an event is longer than 100000 bytes (the limit of this server)",
        ),
        ("html", "HTTP 200 OK without a reply"),
        ("broken", "a message is not valid JSON: key must be a string at line 1 column 2"),
        ("accepted", "HTTP 202 Accepted without a reply"),
    ] {
        let failure = Failure::new(FailureKind::Connection, format!("server \"s\": tool \"{tool}\" failed: {why}"));
        assert_eq!(bench.call(tool, none()).await, Err(failure));
    }
    let failure = bench.call("no_reply_with_ids", none()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Connection);
    let failure = bench.call("error", none()).await.unwrap_err();
    assert!(failure.message.ends_with("HTTP 500 Internal Server Error: the kitchen is on fire"), "{failure}");
    assert_eq!(bench.text("headers", none()).await, "s3cret one");
    assert!(!format!("{:?}", bench.connections).contains("s3cret"));
}

async fn refusal(url: String) -> String {
    Bench::new(vec![http(url)]).connections.connect(&name("s"), false).await.unwrap_err().to_string()
}

#[tokio::test]
async fn servers_that_cannot_be_used_say_what_to_do() {
    use axum::routing::{get, post};
    let events = || async { ([("content-type", "text/event-stream")], "event: endpoint\ndata: /messages\n\n") };
    let url = serve(axum::Router::new().route("/mcp", get(events))).await;
    assert_eq!(
        refusal(url.clone()).await,
        format!(
            "server \"s\" speaks only the HTTP+SSE transport of 2024-11-05, which mcp-studio does not\n\
             hint: ask for its Streamable HTTP address (often ending in /mcp), or set \"command\": \"npx\", \
             \"args\": [\"-y\", \"mcp-remote\", \"{url}\"] in mcp_config.json:7"
        )
    );
    let locked = || async { (StatusCode::UNAUTHORIZED, [("www-authenticate", "Bearer")], "") };
    let url = serve(axum::Router::new().route("/mcp", post(locked))).await;
    assert!(refusal(url).await.starts_with("server \"s\" asks for authorization\nhint: set \"headers\""));
    let url = serve(axum::Router::new()).await;
    assert_eq!(
        refusal(url).await,
        "server \"s\" refuses the connection with HTTP 404\nhint: check \"url\" in mcp_config.json:7; MCP endpoints often end in /mcp"
    );
    let (listener, address) = listen().await;
    drop(listener);
    let failure = refusal(format!("http://{address}/mcp")).await;
    assert!(failure.starts_with("server \"s\" cannot be reached: ") && failure.contains("Connection refused"), "{failure}");
}

#[tokio::test]
async fn an_http_server_that_goes_away_is_connected_again_when_it_is_back() {
    let (listener, address) = listen().await;
    let stop = tokio_util::sync::CancellationToken::new();
    let router = || axum::Router::new().route("/mcp", axum::routing::post(badly));
    let serving =
        tokio::spawn(axum::serve(listener, router()).with_graceful_shutdown(stop.clone().cancelled_owned()).into_future());
    let bench = Bench::new(vec![http(format!("http://{address}/mcp"))]);
    assert_eq!(bench.text("headers", none()).await, "s3cret one");
    stop.cancel();
    serving.await.unwrap().unwrap();
    let failure = bench.call("headers", none()).await.unwrap_err();
    assert!(failure.message.starts_with("server \"s\" ended: it cannot be reached: "), "{failure}");
    assert_eq!(bench.state(), "{\"s\": \"failed\"}");
    let back = TcpListener::bind(&address).await.unwrap();
    tokio::spawn(axum::serve(back, router()).into_future());
    assert_eq!(bench.text("headers", none()).await, "s3cret one");
}

#[tokio::test]
async fn an_http_server_that_never_answers_fails_at_the_limit() {
    let (listener, address) = listen().await;
    let mut settings = http(format!("http://{address}/mcp"));
    settings.connect_timeout = Duration::from_millis(300);
    let failure = Bench::new(vec![settings]).connections.connect(&name("s"), false).await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        "server \"s\" gave no answer to server/discover within 0.3 s\nhint: check \"url\" in mcp_config.json:7"
    );
    drop(listener);
}

/// A WebSocket server for one connection; the subprotocol is answered where `polite`.
async fn websocket(polite: bool) -> ServerSettings {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                #[expect(clippy::result_large_err, reason = "the library's signature")]
                let upgrade = move |request: &Request, mut response: Upgrade| {
                    assert_eq!(request.headers()["x-secret"], "s3cret");
                    if polite {
                        response.headers_mut().insert("sec-websocket-protocol", "mcp".parse().unwrap());
                    }
                    Ok(response)
                };
                if let Ok(socket) = tokio_tungstenite::accept_hdr_async(stream, upgrade).await {
                    converse(socket).await;
                }
            });
        }
    });
    let headers = IndexMap::from([("X-Secret".to_owned(), "s3cret".to_owned())]);
    let mut settings = server("s", TransportSettings::WebSocket { url: format!("ws://{address}/mcp"), headers });
    settings.message_bytes = 100_000;
    settings
}

async fn converse(mut socket: tokio_tungstenite::WebSocketStream<tokio::net::TcpStream>) {
    while let Some(Ok(Message::Text(text))) = socket.next().await {
        let message: Value = serde_json::from_str(&text).unwrap();
        let result = match (message["method"].as_str().unwrap(), message["params"]["name"].as_str()) {
            ("initialize", _) => {
                json!({"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "ws", "version": "1"}})
            }
            ("tools/call", Some("large")) => text_result(&"x".repeat(200_000)),
            ("tools/call", Some("leave")) => return,
            ("tools/call", _) => message["params"]["arguments"].clone(),
            ("server/discover", _) => {
                let error = json!({"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32601, "message": "no"}});
                socket.send(Message::text(error.to_string())).await.unwrap();
                continue;
            }
            _ => continue,
        };
        let reply = json!({"jsonrpc": "2.0", "id": message["id"], "result": result});
        socket.send(Message::text(reply.to_string())).await.unwrap();
    }
}

#[tokio::test]
async fn a_websocket_server_works_with_and_without_the_subprotocol() {
    for polite in [true, false] {
        let bench = Bench::new(vec![websocket(polite).await]);
        assert_eq!(bench.connections.connect(&name("s"), false).await.unwrap().name, "ws");
        assert_eq!(bench.call("echo", json!({"a": [1, 2]})).await, Ok(json!({"a": [1, 2]})));
        bench.connections.disconnect(&name("s")).await;
        assert_eq!(bench.call("echo", json!({"a": 3})).await, Ok(json!({"a": 3})));
    }
}

#[tokio::test]
async fn a_websocket_that_breaks_fails_its_calls_and_is_connected_again() {
    let bench = Bench::new(vec![websocket(true).await]);
    for tool in ["leave", "large"] {
        let failure = bench.call(tool, none()).await.unwrap_err();
        assert!(failure.message.starts_with("server \"s\" ended: the WebSocket broke: "), "{failure}");
        assert_eq!(bench.state(), "{\"s\": \"failed\"}");
    }
    assert_eq!(bench.call("echo", json!({})).await, Ok(json!({})));
    let nowhere = TransportSettings::WebSocket { url: "ws://127.0.0.1:1/".to_owned(), headers: IndexMap::new() };
    let failure = Bench::new(vec![server("s", nowhere)]).connections.connect(&name("s"), false).await.unwrap_err();
    assert!(failure.message.starts_with("server \"s\" cannot be reached: "), "{failure}");
}
