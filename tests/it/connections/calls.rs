//! Calls, whatever the server makes of them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mcp_studio::connections::{CallOptions, Progress};
use mcp_studio::types::{Failure, FailureKind};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::bench::{Bench, hostile, none, text_result};

fn broken(why: &str, tool: &str) -> Failure {
    Failure::new(FailureKind::Connection, format!("server \"s\": tool \"{tool}\" failed: {why}"))
}

#[tokio::test]
async fn results_arrive_as_sent_in_any_shape() {
    let bench = Bench::of("plain");
    for odd in [
        json!([]),
        json!("text"),
        json!(null),
        json!(7),
        json!({"content": "not a list", "isError": "maybe", "x": {"y": [1.50, 1e300]}}),
    ] {
        assert_eq!(bench.call("odd", json!({"result": odd})).await, Ok(odd));
    }
    let error = json!({"content": [{"type": "text", "text": "it broke"}], "isError": true});
    assert_eq!(bench.call("is_error", none()).await, Ok(error));
    let big: Value = serde_json::from_str("123456789012345678901234567890").unwrap();
    assert_eq!(bench.call("odd", json!({"result": {"number": big}})).await, Ok(json!({"number": big})));
    assert_eq!(bench.text("echo", json!({"ä": "\u{1b}"})).await, "{\"\\u00e4\": \"\\u001b\"}");
}

#[tokio::test]
async fn a_json_rpc_error_is_a_tool_failure_with_its_code() {
    let bench = Bench::of("plain");
    let failure = Failure::new(
        FailureKind::ToolExecution,
        "server \"s\": tool \"refuse\" was refused: Unknown tool: refuse (JSON-RPC error -32602)",
    );
    assert_eq!(bench.call("refuse", none()).await, Err(failure.note("code", "-32602")));
}

#[tokio::test]
async fn what_python_writes_is_read_and_noted() {
    let bench = Bench::of("plain");
    assert_eq!(bench.call("nan", none()).await, Ok(json!({"content": [], "structuredContent": {"value": null, "high": null}})));
    assert_eq!(bench.notes(), ["it sent invalid JSON (such as NaN); what could not be read became null or U+FFFD"]);
    assert!(bench.state().contains("degraded"), "{}", bench.state());
    assert_eq!(bench.call("surrogate", none()).await, Ok(text_result("a\u{fffd}b")));
    assert_eq!(bench.call("latin1", none()).await, Ok(text_result("caf\u{fffd}")));
    assert_eq!(bench.call("batch", none()).await, Ok(text_result("batched")));
    assert_eq!(bench.call("garbage_then_answer", none()).await, Ok(text_result("fine")));
}

#[tokio::test]
async fn an_unreadable_answer_fails_its_call_at_once() {
    let bench = Bench::of("plain");
    let at_25 = "a message is not valid JSON: expected value at line 1 column";
    for tool in ["broken_json", "broken_json_id_last"] {
        let failure = bench.call(tool, none()).await.unwrap_err();
        assert!(failure.message.starts_with(&broken(at_25, tool).message), "{failure}");
    }
    assert_eq!(bench.call("neither", none()).await, Err(broken("the reply has neither a result nor an error", "neither")));
    let deep = Failure::new(
        FailureKind::Connection,
        "server \"s\": the result of tool \"deep\" cannot be read: it nests deeper than 100 levels",
    );
    assert_eq!(bench.call("deep", none()).await, Err(deep));
    assert_eq!(bench.text("echo", none()).await, "{}");
}

#[tokio::test]
async fn ids_of_another_type_are_understood_or_fail_the_only_call() {
    let bench = Bench::of("ids_as_text");
    assert_eq!(bench.call("id_as_text", none()).await, Ok(text_result("fine")));
    assert_eq!(bench.call("id_as_float", none()).await, Ok(json!({"content": []})));
    assert_eq!(bench.call("result_and_error", none()).await, Ok(text_result("both")));
    for tool in ["id_null", "id_object"] {
        assert_eq!(bench.call(tool, none()).await, Err(broken("the reply has no usable id", tool)));
    }
    let failure = bench.call("id_missing", none()).await.unwrap_err();
    assert_eq!(failure.message, "server \"s\": tool \"id_missing\" was refused: no idea who asked (JSON-RPC error -32000)");
}

#[tokio::test]
async fn an_oversized_answer_fails_its_call_and_the_next_one_works() {
    let mut settings = hostile("plain");
    settings.message_bytes = 100_000;
    let bench = Bench::new(vec![settings]);
    let why = "a message of more than 100000 bytes was refused (the limit of this server)";
    for tool in ["large", "large_id_last"] {
        assert_eq!(bench.call(tool, json!({"bytes": 300_000})).await, Err(broken(why, tool)));
    }
    assert_eq!(bench.text("large", json!({"bytes": 3})).await, "xxx");
}

#[tokio::test]
async fn twenty_megabytes_arrive_whole() {
    let bench = Bench::of("plain");
    assert_eq!(bench.text("large", json!({"bytes": 20_000_000})).await.len(), 20_000_000);
}

#[tokio::test]
async fn two_hundred_calls_find_their_answers_in_any_order() {
    let bench = Bench::of("shuffle");
    let calls = (0..200).map(|number| bench.text("echo", json!({"number": number})));
    let answers = futures::future::join_all(calls).await;
    assert_eq!(answers, (0..200).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn silence_ends_at_the_idle_limit_and_the_server_hears_of_it() {
    let mut settings = hostile("plain");
    settings.idle_timeout = Duration::from_millis(300);
    let bench = Bench::new(vec![settings]);
    let failure =
        Failure::new(FailureKind::Timeout, "server \"s\": tool \"silence\" gave no sign of life for 0.3 s and was cancelled")
            .hint("if it needs longer, raise \"idle_timeout_seconds\" under \"studio.limits\"");
    assert_eq!(bench.call("silence", none()).await, Err(failure));
    while bench.text("cancelled", none()).await == "[]" {}
    let failure = bench.call("progress_then_silence", none()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Timeout);
}

#[tokio::test]
async fn progress_moves_the_idle_limit_and_arrives_in_order_never_late() {
    let mut settings = hostile("plain");
    settings.idle_timeout = Duration::from_millis(400);
    let bench = Bench::new(vec![settings]);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hearing = Arc::clone(&heard);
    let on_progress = Arc::new(move |progress: Progress| hearing.lock().unwrap().push(progress.progress));
    let options = CallOptions { on_progress: Some(on_progress), ..CallOptions::default() };
    assert_eq!(bench.call_with("slow_with_progress", none(), options).await, Ok(text_result("done")));
    assert_eq!(bench.text("echo", none()).await, "{}");
    assert_eq!(*heard.lock().unwrap(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
}

#[tokio::test]
async fn the_whole_limit_holds_despite_progress() {
    let bench = Bench::of("plain");
    let options = CallOptions { timeout: Some(Duration::from_millis(350)), ..CallOptions::default() };
    let failure = bench.call_with("slow_with_progress", none(), options).await.unwrap_err();
    assert_eq!(failure.message, "server \"s\": tool \"slow_with_progress\" took longer than 0.35 s and was cancelled");
}

#[tokio::test]
async fn cancelling_and_dropping_tell_the_server() {
    let bench = Bench::of("plain");
    bench.text("echo", none()).await;
    let cancel = CancellationToken::new();
    let options = CallOptions { cancel: cancel.clone(), ..CallOptions::default() };
    let seen_by_server = |bench: &Bench| {
        bench.connections.traffic(&super::bench::name("s")).iter().any(|message| message.text.contains("\"silence\""))
    };
    let (result, ()) = tokio::join!(bench.call_with("silence", none(), options), async {
        bench.until(|| seen_by_server(&bench)).await;
        cancel.cancel();
    });
    assert_eq!(result, Err(Failure::new(FailureKind::Cancelled, "server \"s\": tool \"silence\" was cancelled")));
    let dropped = tokio::time::timeout(Duration::from_millis(100), bench.call("silence", none())).await;
    assert!(dropped.is_err());
    let heard = async || serde_json::from_str::<Vec<i64>>(&bench.text("cancelled", none()).await).unwrap().len();
    while heard().await < 2 {}
    assert_eq!(heard().await, 2);
}

#[tokio::test]
async fn requests_of_the_server_are_answered_within_the_call() {
    let bench = Bench::of("plain");
    let ask = async |method: &str| {
        let reply = bench.text("ask", json!({"method": method})).await;
        serde_json::from_str::<Value>(&reply).unwrap()
    };
    assert_eq!(ask("ping").await, json!({"result": {}}));
    assert_eq!(ask("roots/list").await, json!({"result": {"roots": [{"uri": "file:///project", "name": "project"}]}}));
    assert_eq!(ask("elicitation/create").await, json!({"result": {"action": "decline"}}));
    assert_eq!(ask("sampling/createMessage").await, json!({"error": {"code": -1, "message": "mcp-studio offers no sampling"}}));
    assert_eq!(ask("no/such").await["error"]["code"], -32601);
}

#[tokio::test]
async fn a_flood_of_requests_neither_blocks_nor_piles_up() {
    let bench = Bench::of("plain");
    assert_eq!(bench.text("flood_requests", none()).await, "flooded");
    let dropped = "it sends requests faster than it reads the answers; some were dropped";
    assert_eq!(bench.notes().first().map(String::as_str), Some(dropped));
    assert_eq!(bench.text("echo", none()).await, "{}");
}

#[tokio::test]
async fn a_server_that_stops_reading_holds_nobody_up() {
    let mut settings = hostile("deaf");
    settings.idle_timeout = Duration::from_millis(300);
    let bench = Bench::new(vec![settings]);
    let calls = (0..100).map(|_| bench.call("echo", json!({"much": "x".repeat(100_000)})));
    for result in futures::future::join_all(calls).await {
        assert_eq!(result.unwrap_err().kind, FailureKind::Timeout);
    }
    bench.connections.shutdown().await;
    assert_eq!(bench.state(), "{\"s\": \"idle\"}");
}
