//! The protocol of 2026-07-28: no handshake, input asked for in rounds, changes only to who listens.

use mcp_studio::config::TransportSettings;
use mcp_studio::types::FailureKind;
use serde_json::{Value, json};

use super::bench::{Bench, hostile, name};

#[tokio::test]
async fn a_server_of_the_newer_era_is_recognised_and_listened_to() {
    let bench = Bench::of("modern");
    let info = bench.connections.connect(&name("s"), false).await.unwrap();
    assert_eq!((info.protocol.as_str(), info.name.as_str(), info.version.as_str()), ("2026-07-28", "modern", "2"));
    assert_eq!(info.capabilities, json!({"tools": {"listChanged": true}}));
    bench.until(|| bench.connections.is_changed(&name("s"))).await;
    assert_eq!(bench.connections.list(&name("s")).await.unwrap().tools.len(), 1);
}

#[tokio::test]
async fn input_asked_for_in_rounds_is_given_or_refused() {
    let bench = Bench::of("modern");
    let shown: Value = serde_json::from_str(&bench.text("wants_input", json!({"a": 1})).await).unwrap();
    let roots = json!({"roots": [{"uri": "file:///project", "name": "project"}]});
    assert_eq!(shown, json!([{"e": {"action": "decline"}, "r": roots}, "s1", {"a": 1}]));
    let failure = bench.call("wants_model", json!({})).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::ToolExecution);
    assert_eq!(
        failure.message,
        "server \"s\": tool \"wants_model\" asks for what cannot be given: mcp-studio offers no sampling"
    );
}

#[tokio::test]
async fn an_answer_to_the_probe_that_comes_too_late_still_counts() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = hostile("late_modern");
    if let TransportSettings::Stdio { arguments, .. } = &mut settings.transport {
        arguments.push(folder.path().join("started").display().to_string());
    }
    let bench = Bench::new(vec![settings]);
    let info = bench.connections.connect(&name("s"), false).await.unwrap();
    assert_eq!(info.protocol, "2026-07-28");
}
