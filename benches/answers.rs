//! Answers of 10 MB, from the value that came to the first frame that shows it: what a person waits for after the call.
//! The baseline is reading the same JSON.
#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first fault")]

use std::time::Instant;

use divan::{Bencher, black_box};
use mcp_studio::fronts::tui::chord::parse_macro;
use mcp_studio::fronts::tui::{Answer, Facts, Look, Model, Msg, Reply, Ticket, World, draw, regions, update};
use mcp_studio::ops::{Board, CallReply, Offer, Pulse};
use mcp_studio::types::{CallValue, ServerName, ToolSpec};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::{Value, json};

const AREA: Rect = Rect { x: 0, y: 0, width: 200, height: 60 };
/// Bytes of each answer, about.
const BYTES: usize = 10_000_000;
/// What answers may be.
const SORTS: [&str; 4] = ["table", "tree", "text", "markdown"];

fn main() {
    divan::main();
}

fn value(sort: &str) -> Value {
    let entry = |at: usize| json!({"path": format!("src/module_{at}.rs"), "size": at, "kind": "file", "note": "é ".repeat(20)});
    let line = "- a *list* of `words` that go on for a while, and ü\n";
    match sort {
        "table" => (0..BYTES / 120).map(entry).collect(),
        "tree" => json!({"deep": {"entries": (0..BYTES / 120).map(|at| json!([entry(at)])).collect::<Value>()}}),
        "text" => json!("a line of text that is as long as lines often are\n".repeat(BYTES / 50)),
        _ => json!(format!("# Title\n\n{}", line.repeat(BYTES / line.len()))),
    }
}

#[divan::bench(args = SORTS, sample_count = 20, sample_size = 1)]
fn baseline_reading_the_json(bencher: Bencher<'_, '_>, sort: &str) {
    let text = value(sort).to_string();
    bencher.bench(|| serde_json::from_str::<Value>(black_box(&text)).unwrap());
}

#[divan::bench(args = SORTS, sample_count = 20, sample_size = 1)]
fn answer_to_frame(bencher: Bencher<'_, '_>, sort: &str) {
    let value = value(sort);
    let raw = json!({"structuredContent": value});
    let board = Board::new(Pulse::default());
    let look = Look::of(|name| (name == "TERM").then(|| "xterm".to_owned()));
    let reply = || CallReply { outcome: Ok(CallValue { value: value.clone(), raw: raw.clone() }), record: None };
    let show = |(mut model, reply, mut buffer): (Model, CallReply, Buffer)| {
        update(&mut model, Msg::Reply(Reply::Called(Ticket(1), Box::new(Answer::of(reply)))));
        update(&mut model, Msg::Clock(Instant::now()));
        let regions = regions(&model, AREA);
        let facts = Facts::gather(&board, &model, &regions, Instant::now());
        draw(&model, &facts, &look, &mut buffer);
        (model, buffer)
    };
    let (_, shown) = show((calling(), reply(), Buffer::empty(AREA)));
    let text: String = shown.content().iter().map(ratatui::buffer::Cell::symbol).collect();
    assert!(["src/module_0.rs", "deep", "a line of text", "Title"].iter().any(|word| text.contains(word)), "{text}");
    bencher.with_inputs(|| (calling(), reply(), Buffer::empty(AREA))).bench_local_values(show);
}

/// A workbench that waits for the answer to a call by hand.
fn calling() -> Model {
    let server = ServerName::new("files").unwrap();
    let tool = ToolSpec::from_wire(&server, json!({"name": "list", "inputSchema": {"type": "object"}})).unwrap();
    let offer = Offer { tools: vec![tool.into()].into(), ..Offer::default() };
    let world = World {
        servers: vec![(server.clone(), mcp_studio::ops::ServerState::Idle)],
        offers: [(server, offer.into())].into_iter().collect::<mcp_studio::ops::Offers>().into(),
        ..World::default()
    };
    let mut model = Model::new(AREA, Instant::now(), world);
    for chord in parse_macro("<Enter><Down>c").unwrap() {
        update(&mut model, Msg::Key(chord.event()));
    }
    model
}
