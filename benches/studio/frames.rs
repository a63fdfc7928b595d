//! Frames of the workbench without a terminal: with many steps, and while events stream in.
//!
//! 200 x 60 cells; a frame is the project's state, layout, the windows of the long lists, and drawing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::{Sample, head, row};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use mcp_studio::fronts::tui::{Facts, Look, Model, Msg, World, draw, regions, update};
use mcp_studio::ops::{Board, Pulse};
use mcp_studio::types::{Caller, Decision, StepRecord, ToolId};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const AREA: Rect = Rect { x: 0, y: 0, width: 200, height: 60 };
/// Steps on the board.
const STEPS: u64 = 10_000;
/// Frames timed of each sort.
const FRAMES: usize = 500;
/// Events a second that stream in; a step is two of them, its begin and its end.
const EVENTS: u64 = 500_000;

pub(crate) fn run() {
    let mut bench = Bench::new();
    let empty: Sample = (0..FRAMES).map(|_| bench.frame()).collect::<Vec<_>>().into();
    (0..STEPS).for_each(|_| step(&bench.board));
    let full: Sample = (0..FRAMES).map(|_| bench.frame()).collect::<Vec<_>>().into();
    let over = AtomicBool::new(false);
    let board = Arc::clone(&bench.board);
    let (streaming, events, span) = std::thread::scope(|scope| {
        let stream = scope.spawn(|| stream(&board, &over));
        let start = Instant::now();
        let keys: Sample = (0..FRAMES).map(|turn| bench.key_to_frame(turn)).collect::<Vec<_>>().into();
        let span = start.elapsed();
        over.store(true, Ordering::Relaxed);
        (keys, stream.join().expect("the stream"), span)
    });
    head("Frame, 200x60, no terminal", "the same workbench with no steps");
    row("baseline", &empty, &empty);
    row("10,000 steps", &full, &empty);
    row("key to frame while events stream in", &streaming, &empty);
    println!("events a second taken in meanwhile: {:.0} (wanted {EVENTS})", events as f64 / span.as_secs_f64());
}

/// A workbench and its board.
struct Bench {
    board: Arc<Board>,
    model: Model,
    look: Look,
    buffer: Buffer,
}

impl Bench {
    fn new() -> Self {
        let model = Model::new(AREA, Instant::now(), World::default());
        let look = Look::of(|name| (name == "TERM").then(|| "xterm".to_owned()));
        Self { board: Arc::new(Board::new(Pulse::default())), model, look, buffer: Buffer::empty(AREA) }
    }

    fn frame(&mut self) -> Duration {
        let start = Instant::now();
        self.paint(start);
        start.elapsed()
    }

    fn key_to_frame(&mut self, turn: usize) -> Duration {
        std::thread::park_timeout(Duration::from_millis(2));
        let start = Instant::now();
        let label = if turn.is_multiple_of(2) { '6' } else { '5' };
        update(&mut self.model, Msg::Key(KeyEvent::new(KeyCode::Char(label), KeyModifiers::ALT)));
        self.paint(start);
        start.elapsed()
    }

    fn paint(&mut self, now: Instant) {
        let world = World {
            runs: self.board.runs(),
            steps: self.board.step_count(None),
            summary: self.board.summary(),
            ..World::default()
        };
        update(&mut self.model, Msg::World(Box::new(world)));
        update(&mut self.model, Msg::Clock(now));
        let regions = regions(&self.model, AREA);
        let facts = Facts::gather(&self.board, &self.model, &regions, now);
        self.buffer.reset();
        draw(&self.model, &facts, &self.look, &mut self.buffer);
    }
}

fn step(board: &Board) {
    let tool = ToolId::parse("demo__echo").expect("a tool");
    let step = board.step_begun(tool.clone(), Caller::Form, None);
    board.step_done(StepRecord { decision: Decision::Ok, ..StepRecord::begun(step, Caller::Form, tool) });
}

/// Begins and ends steps at the wanted rate until told to stop. Answers how many events there were.
fn stream(board: &Board, over: &AtomicBool) -> u64 {
    let mut events = 0;
    let start = Instant::now();
    while !over.load(Ordering::Relaxed) {
        let due = (start.elapsed().as_secs_f64() * EVENTS as f64) as u64;
        while events < due && !over.load(Ordering::Relaxed) {
            step(board);
            events += 2;
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
    events
}
