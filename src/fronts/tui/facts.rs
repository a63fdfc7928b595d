//! What a frame shows beside the model: the windows of the long lists, copied once a frame.

use std::time::Instant;

use super::layout::Regions;
use super::model::Model;
use super::pane::Pane;
use super::veil;
use super::views::{output_window, step_window};
use crate::ops::{Board, OutputLine, StepView};

/// The copied windows.
#[derive(Debug)]
pub struct Facts {
    /// The time of the frame.
    pub now: Instant,
    /// Listed steps in view, the newest first.
    pub steps: Vec<StepView>,
    /// Output lines in view.
    pub output: Vec<OutputLine>,
    /// Position of the first of them.
    pub output_first: u64,
}

impl Facts {
    /// A frame without steps and output.
    pub fn empty(now: Instant) -> Self {
        Self { now, steps: Vec::new(), output: Vec::new(), output_first: 0 }
    }

    /// Copies what is in view from the board.
    pub fn gather(board: &Board, model: &Model, regions: &Regions, now: Instant) -> Self {
        let mut facts = Self::empty(now);
        let window = step_window(model, regions.inside(Pane::Steps).height);
        facts.steps = match &model.steps.hits {
            None => board.steps(model.steps_of(), window),
            Some(hits) => {
                let listed = window.filter_map(|at| hits.get(usize::try_from(at).ok()?));
                listed.flat_map(|at| board.steps(model.steps_of(), *at..*at + 1)).collect()
            }
        };
        facts.steps.reverse();
        if let Some(run) = model.run() {
            let window = output_window(model, regions.inside(Pane::Output).height);
            facts.output_first = window.start.max(board.output_positions(run.id).start);
            facts.output = veil::lines(&model.world.veil, board.output(run.id, window));
        }
        facts
    }
}
