//! Lists: complete, bounded, one bad definition never hides the others.

use mcp_studio::types::{Failure, FailureKind};

use super::bench::{Bench, name, none};

async fn listed(behaviour: &str) -> (Vec<String>, Vec<String>) {
    let listing = Bench::of(behaviour).connections.list(&name("s")).await.unwrap();
    (listing.tools.iter().map(|tool| tool.id.tool.to_string()).collect(), listing.rejected)
}

#[tokio::test]
async fn bad_definitions_are_refused_one_by_one_with_their_reason() {
    let (tools, rejected) = listed("bad_tools").await;
    assert_eq!(tools, ["good", "nan", "\u{1b}[31mred\u{1b}[0m"]);
    assert_eq!(
        rejected,
        [
            "tool \"deep\": it nests deeper than 100 levels",
            "tool 4: a tool definition is not an object",
            "tool 5: a tool has no name",
            "tool \"good\" is defined twice; the first definition holds",
        ]
    );
}

#[tokio::test]
async fn five_thousand_tools_are_five_thousand_tools() {
    let (tools, rejected) = listed("many").await;
    assert_eq!((tools.len(), tools[4999].as_str(), rejected), (5000, "tool_4999", Vec::new()));
}

#[tokio::test]
async fn endless_pages_and_repeated_cursors_are_cut_and_reported() {
    let (tools, rejected) = listed("pages").await;
    assert_eq!((tools.len(), rejected), (200, vec!["tools/list has more than 200 pages; it was cut there".to_owned()]));
    let (tools, rejected) = listed("loop").await;
    assert_eq!(tools, ["a", "b"]);
    assert_eq!(rejected, ["tools/list repeats the cursor again; it was cut there"]);
}

#[tokio::test]
async fn a_failing_list_is_a_failure_never_no_tools() {
    let failure = Bench::of("list_error").connections.list(&name("s")).await.unwrap_err();
    assert_eq!(failure.message, "server \"s\": tools/list was refused: the database is away (JSON-RPC error -32603)");
    let failure = Bench::of("no_list").connections.list(&name("s")).await.unwrap_err();
    assert_eq!(failure, Failure::new(FailureKind::Connection, "server \"s\": tools/list answered without a list of tools"));
}

#[tokio::test]
async fn only_what_is_declared_is_asked_for() {
    let bench = Bench::of("bare");
    let listing = bench.connections.list(&name("s")).await.unwrap();
    assert_eq!((listing.tools.len(), listing.rejected), (0, Vec::new()));
    assert!(!bench.connections.traffic(&name("s")).iter().any(|message| message.text.contains("tools/list")));
}

#[tokio::test]
async fn a_storm_of_changes_is_one_mark_and_goes_with_a_listing_that_came_after_it() {
    let bench = Bench::of("plain");
    let first = bench.connections.list(&name("s")).await.unwrap();
    assert!(!bench.connections.is_changed(&name("s")));
    bench.text("storm", none()).await;
    bench.until(|| bench.connections.is_changed(&name("s"))).await;
    bench.connections.change_announced(&name("s")).await;
    bench.connections.listed(&name("s"), first.announced);
    assert!(bench.connections.is_changed(&name("s")), "that listing was made before");
    let second = bench.connections.list(&name("s")).await.unwrap();
    assert!(bench.connections.is_changed(&name("s")), "nobody has got it yet");
    assert_eq!((first.announced, second.announced), (0, 1));
    bench.connections.listed(&name("s"), second.announced);
    assert!(!bench.connections.is_changed(&name("s")));
}
