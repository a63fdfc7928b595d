//! The board under a flood: 500,000 events a second leave 2 µs for each.
#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first fault")]

use std::time::Duration;

use divan::{Bencher, black_box, counter::ItemsCount};
use mcp_studio::journal::{Board, OutputStream};
use mcp_studio::sys::pulse::Pulse;
use mcp_studio::types::{Caller, Decision, Latency, RunId, ServerName, StepNumber, StepRecord, ToolId};

fn main() {
    divan::main();
}

fn tool() -> ToolId {
    ToolId::new(ServerName::new("git").unwrap(), "git_status")
}

fn record(tool: ToolId, step: StepNumber, caller: Caller) -> StepRecord {
    StepRecord {
        decision: Decision::Ok,
        latency: Latency { server: Duration::from_micros(step.0 % 5_000), ..Latency::default() },
        bytes_in: 100,
        bytes_out: 1_000,
        tokens_in: 25,
        tokens_out: 250,
        ..StepRecord::begun(step, caller, tool)
    }
}

fn one_step(board: &Board, tool: &ToolId, caller: Caller) {
    let step = board.step_begun(tool.clone(), caller, None);
    board.step_done(record(tool.clone(), step, caller));
}

/// A board with as much as it keeps.
fn full() -> (Board, RunId) {
    let board = Board::new(Pulse::default());
    let run = board.run_begun("flood.py");
    let tool = tool();
    for _ in 0..20_000 {
        one_step(&board, &tool, Caller::Script(run));
        board.run_output(run, OutputStream::Stdout, b"a line of output as scripts write them\n");
    }
    (board, run)
}

/// The baseline: what a step costs without the board.
#[divan::bench]
fn baseline_record_only(bencher: Bencher) {
    let tool = tool();
    bencher.counter(ItemsCount::new(2_u32)).bench(|| black_box(record(tool.clone(), StepNumber(7), Caller::Form)));
}

/// Two events: begun and done.
#[divan::bench(threads = [1, 2])]
fn step(bencher: Bencher) {
    let ((board, run), tool) = (full(), tool());
    bencher.counter(ItemsCount::new(2_u32)).bench(|| one_step(&board, &tool, Caller::Script(run)));
}

#[divan::bench(args = ["plain", "coloured", "progress"])]
fn output(bencher: Bencher, kind: &str) {
    let text = match kind {
        "plain" => "plain text of a line\n",
        "coloured" => "\u{1b}[32mcoloured\u{1b}[0m ünïcode\ttext\n",
        _ => "progress 50 %\rprogress 51 %\r",
    };
    let (board, run) = full();
    bencher.counter(ItemsCount::new(1_u32)).bench(|| board.run_output(run, OutputStream::Stdout, text.as_bytes()));
}

/// What a frame reads.
#[divan::bench]
fn frame(bencher: Bencher) {
    let (board, run) = full();
    bencher.bench(|| black_box((board.summary(), board.steps(Some(run), 15_000..15_050), board.output(run, 15_000..15_050))));
}
