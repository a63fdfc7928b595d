//! The tool pane: wrapper, discovered models, wire traffic.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use mcp_studio::fronts::tui::{Effect, Pane, Reply, Subject, TerminalEffect, ToolEffect};
use mcp_studio::ops::{Direction, DiscoveredServer, Progress, ShownModel, WireMessage, WrapperState};
use mcp_studio::types::{Failure, FailureKind};
use serde_json::json;

use super::bench::{Bench, server, shown_wrapper, tool_id};

/// The tool `demo__echo`, opened, on the tab so many to the right of its schema.
fn on_tab(columns: u16, rows: u16, tab: usize) -> Bench {
    let mut bench = Bench::new(columns, rows);
    bench.keys(&format!("<Enter><Down><Down><Enter>{}", "]".repeat(tab)));
    bench.reply(Reply::Wrapped(tool_id("demo__no_arguments"), None));
    bench
}

fn wrapper_tab(columns: u16, rows: u16, state: WrapperState) -> Bench {
    let mut bench = on_tab(columns, rows, 1);
    bench.reply(Reply::Wrapped(tool_id("demo__echo"), Some(shown_wrapper(state))));
    bench
}

fn outdated() -> WrapperState {
    let diff = "--- echo.py\n+++ echo.py now\n@@ -1,2 +1,2 @@\n-async def echo(*, words: str) -> str:\n+async def echo(*, text: str) -> str:\n     return 1\n";
    WrapperState::Outdated { diff: diff.to_owned() }
}

#[test]
fn the_wrapper_shows_its_signature_its_cost_and_its_module() {
    let screens: Vec<String> = [(120, 40), (80, 24), (60, 18)]
        .into_iter()
        .map(|(columns, rows)| wrapper_tab(columns, rows, WrapperState::Current).screen())
        .collect();
    insta::assert_snapshot!(screens.join("\n"));
}

#[test]
fn a_changed_wrapper_is_marked_on_its_tab_and_shows_the_difference() {
    let mut bench = wrapper_tab(80, 24, outdated());
    let whole = bench.screen();
    let elsewhere = bench.keys("[").screen();
    assert!(elsewhere.contains("[Schema]!Wrapper "), "{elsewhere}");
    insta::assert_snapshot!(whole);
}

#[test]
fn a_server_with_old_wrappers_is_marked_in_the_tree() {
    for (columns, rows) in [(120, 40), (80, 24), (60, 18)] {
        let mut bench = Bench::new(columns, rows);
        assert!(!bench.screen().contains("old wrappers"));
        bench.reply(Reply::Outdated([server("git")].into()));
        let screen = bench.screen();
        let line = screen.lines().find(|line| line.contains("old wrappers"));
        assert!(line.is_some_and(|line| line.contains("git")), "{screen}");
        bench.reply(Reply::Outdated(BTreeSet::new()));
        assert!(!bench.screen().contains("old wrappers"));
    }
}

#[test]
fn one_key_generates_the_wrappers_of_the_shown_server_and_they_are_looked_at_anew() {
    let mut bench = wrapper_tab(120, 40, outdated());
    bench.asked();
    bench.keys("g");
    assert_eq!(bench.asked(), [Effect::Generate(Some(server("demo")))]);
    bench.reply(Reply::Generated(Ok(Vec::new())));
    assert_eq!(bench.all_asked(), [Effect::Wrap(tool_id("demo__echo"))]);
    bench.reply(Reply::Wrapped(tool_id("demo__echo"), Some(shown_wrapper(WrapperState::Current))));
    assert!(bench.screen().contains("✓ up to date"));
}

#[test]
fn wrappers_are_asked_for_one_at_a_time() {
    let mut bench = Bench::new(120, 40);
    bench.keys("<Enter><Down><Down><Down>");
    assert_eq!(bench.all_asked(), [Effect::Wrap(tool_id("demo__no_arguments"))]);
    bench.reply(Reply::Wrapped(tool_id("demo__no_arguments"), None));
    assert_eq!(bench.all_asked(), [Effect::Wrap(tool_id("demo__drop_all"))], "those passed over are not made");
}

fn model() -> ShownModel {
    ShownModel {
        name: "EchoResult".to_owned(),
        source: "class EchoResult(OpenModel):\n    said: str | Unset = UNSET\n    times: int | None | Unset = UNSET\n".to_owned(),
        path: "/project/workspace/servers/demo/discovered_types.py".into(),
        date: "2026-01-02".to_owned(),
        samples: 3,
        arguments: vec![json!({"text": "hello"}), json!({"text": "a\u{1b}[2J"})],
        returned: true,
    }
}

fn found(refused: Option<Failure>, diff: &str) -> Box<DiscoveredServer> {
    let observed = if refused.is_none() { BTreeMap::from([("echo".to_owned(), 2)]) } else { BTreeMap::new() };
    Box::new(DiscoveredServer {
        server: server("demo"),
        path: "/project/workspace/servers/demo/discovered_types.py".into(),
        observed,
        refused: refused.map(|failure| ("echo".to_owned(), failure)).into_iter().collect(),
        diff: diff.to_owned(),
        failure: None,
    })
}

#[test]
fn discovered_models_come_from_nothing_through_a_discovery_to_a_difference() {
    let mut bench = on_tab(100, 30, 3);
    assert!(bench.asked().contains(&ToolEffect::Discovered(tool_id("demo__echo")).into()));
    bench.reply(Reply::Discovered(tool_id("demo__echo"), Ok(None)));
    let mut screens = vec![bench.screen()];
    bench.asked();
    bench.keys("d");
    assert_eq!(bench.asked(), [ToolEffect::Discover(Subject::Tool(tool_id("demo__echo"), None)).into()]);
    let (doing, server_asked) = ("demo__echo".to_owned(), server("demo"));
    bench.reply(Reply::Discovering(Progress { server: server_asked, doing, failed: false, done: 1, total: 2 }));
    screens.push(bench.wait(Duration::from_millis(1_500)).screen());
    bench.keys("d");
    assert_eq!(bench.asked(), [], "one at a time");
    let diff = "--- before\n+++ now\n@@ -1 +1,2 @@\n     said: str | Unset = UNSET\n+    times: int | None | Unset = UNSET\n";
    bench.reply(Reply::Discovery(server("demo"), Ok(found(None, diff))));
    assert!(bench.asked().contains(&ToolEffect::Discovered(tool_id("demo__echo")).into()), "what is known is asked for anew");
    bench.reply(Reply::Discovered(tool_id("demo__echo"), Ok(Some(Arc::new(model())))));
    screens.push(bench.screen());
    bench.keys("y");
    assert!(bench.asked().contains(&TerminalEffect::Copy(model().source).into()));
    insta::assert_snapshot!(screens.join("\n"));
}

#[test]
fn a_refused_tool_says_why() {
    let mut bench = on_tab(100, 30, 3);
    bench.reply(Reply::Discovered(tool_id("demo__echo"), Ok(None)));
    bench.keys("d");
    let refused = Failure::new(FailureKind::PolicyDenied, "demo__echo was not called: nothing says that it only reads")
        .hint("label it \"read\" in studio.policy, or say \"safe\": true in discovery_config.json");
    bench.reply(Reply::Discovery(server("demo"), Ok(found(Some(refused), ""))));
    insta::assert_snapshot!(bench.screen());
}

fn message(second: i64, direction: Direction, text: &str) -> WireMessage {
    WireMessage { at: jiff::Timestamp::from_second(second).unwrap(), direction, bytes: text.len(), text: text.to_owned() }
}

fn wire() -> Vec<WireMessage> {
    vec![
        message(
            1,
            Direction::Sent,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hi"}}}"#,
        ),
        message(2, Direction::Stderr, "careful: \u{1b}[31mred"),
        message(3, Direction::Received, r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"hi"}]}}"#),
    ]
}

#[test]
fn traffic_is_a_list_to_filter_and_each_message_opens() {
    let mut bench = on_tab(100, 30, 4);
    bench.reply(Reply::Traffic(server("demo"), Arc::new(wire())));
    let mut screens = vec![bench.screen()];
    screens.push(bench.keys("/call<Enter>").screen());
    screens.push(bench.keys("<Enter>").screen());
    insta::assert_snapshot!(screens.join("\n"));
    bench.keys("<Esc><Esc>");
    let screen = bench.screen();
    assert!(screen.contains("stderr") && bench.model.focus == Pane::Tool, "Esc shows everything again:\n{screen}");
    bench.asked();
    bench.keys("<Home>y");
    assert!(bench.asked().contains(&TerminalEffect::Copy(wire()[0].text.clone()).into()));
}
