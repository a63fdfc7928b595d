//! The crate as a library: what the examples show, they do.

use mcp_studio::ops::Location;
use serde_json::json;

use crate::support::{BINARY, Project};

#[expect(dead_code, reason = "its `main` is for `cargo run --example`")]
#[path = "../../examples/studio.rs"]
mod studio;

#[tokio::test(flavor = "multi_thread")]
async fn the_example_searches_calls_and_runs() {
    let files = json!({"command": BINARY, "args": ["file-server", "--root", "data"]});
    let project = Project::new(&json!({"mcpServers": {"files": files}}), &[("data/a.txt", "one\n"), ("data/b.txt", "two\n")]);
    let found = studio::look(Location { config: Some(project.path("mcp_config.json")), workspace: None }).await.unwrap();
    assert_eq!((&found.counted, &found.names), (&json!(2), &Some(json!(["a.txt", "b.txt"]))));
    let signature = found.tools.first().and_then(|tool| tool.as_str()).unwrap_or_default();
    assert!(signature.starts_with("files__list_directory(") && found.tools.len() == 1, "{:?}", found.tools);
    assert!(found.saved_percent.is_some_and(|percent| percent > 0.0), "{found:?}");
}
