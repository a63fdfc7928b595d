//! HTTP and WebSocket servers.
