//! A workbench without a terminal, whose frames can be timed: the project's state, layout, the windows of long lists, drawing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Facts, Look, Model, Msg, World, draw, regions, update};
use crate::ops::bench::Screens;
use crate::ops::{Board, Pulse};
use crate::types::{Caller, Decision, StepRecord, ToolId};

/// A wide terminal.
const AREA: Rect = Rect { x: 0, y: 0, width: 200, height: 60 };
/// Steps of a long session.
const STEPS: usize = 10_000;

/// A workbench of 200 x 60 cells, and its board.
pub struct Rehearsal {
    board: Arc<Board>,
    model: Model,
    look: Look,
    buffer: Buffer,
}

impl Default for Rehearsal {
    /// With nothing to show.
    fn default() -> Self {
        let model = Model::new(AREA, Instant::now(), World::default());
        let look = Look::of(|name| (name == "TERM").then(|| "xterm".to_owned()));
        Self { board: Arc::new(Board::new(Pulse::default())), model, look, buffer: Buffer::empty(AREA) }
    }
}

impl Rehearsal {
    /// What it shows.
    pub fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// Begins and ends as many steps as a long session has.
    #[must_use]
    pub fn with_many_steps(self) -> Self {
        (0..STEPS).for_each(|_| step(&self.board));
        self
    }

    /// Time of one frame.
    pub fn frame(&mut self) -> Duration {
        let start = Instant::now();
        self.paint(start);
        start.elapsed()
    }

    /// Time from a key to the frame that shows what it did.
    pub fn key_to_frame(&mut self, key: KeyEvent) -> Duration {
        let start = Instant::now();
        update(&mut self.model, Msg::Key(key));
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

/// One step of a session, begun and ended.
pub fn step(board: &Board) {
    let Ok(tool) = ToolId::parse("demo__echo") else { return };
    let step = board.step_begun(tool.clone(), Caller::Form, None);
    board.step_done(StepRecord { decision: Decision::Ok, ..StepRecord::begun(step, Caller::Form, tool) });
}

/// Screens for the benchmark of users.
pub fn rehearsed() -> Screens {
    let (mut empty, mut busy) = (Rehearsal::default(), Rehearsal::default().with_many_steps());
    Screens { empty: Box::new(move || empty.frame()), busy: Box::new(move || busy.frame()) }
}
