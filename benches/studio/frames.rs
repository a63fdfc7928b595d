//! Frames of the workbench without a terminal: with many steps, and while events stream in.
//!
//! 200 x 60 cells; a frame is the project's state, layout, the windows of the long lists, and drawing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::{head, row};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use mcp_studio::fronts::tui::{Rehearsal, step};
use mcp_studio::ops::Board;
use mcp_studio::ops::bench::Sample;

/// Frames timed of each sort.
const FRAMES: usize = 500;
/// Events a second that stream in; a step is two of them, its begin and its end.
const EVENTS: u64 = 500_000;

pub(crate) fn run() {
    let sample = |frame: &mut dyn FnMut(usize) -> Duration| Sample::of((0..FRAMES).map(frame).collect()).expect("frames");
    let mut screen = Rehearsal::default();
    let empty = sample(&mut |_| screen.frame());
    let mut screen = screen.with_many_steps();
    let full = sample(&mut |_| screen.frame());
    let over = AtomicBool::new(false);
    let board = Arc::clone(screen.board());
    let (streaming, events, span) = std::thread::scope(|scope| {
        let stream = scope.spawn(|| stream(&board, &over));
        let start = Instant::now();
        let keys = sample(&mut |turn| key_to_frame(&mut screen, turn));
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

fn key_to_frame(screen: &mut Rehearsal, turn: usize) -> Duration {
    std::thread::park_timeout(Duration::from_millis(2));
    let label = if turn.is_multiple_of(2) { '6' } else { '5' };
    screen.key_to_frame(KeyEvent::new(KeyCode::Char(label), KeyModifiers::ALT))
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
