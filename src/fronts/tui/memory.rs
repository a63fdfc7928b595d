//! The memory of a run in time, as it was seen while the run was under way.

use super::sparkline::bars;
use crate::ops::RunView;
use crate::types::RunId;
use crate::types::limits::MEMORY_SAMPLES;

/// Samples of the newest run, from its beginning on: when there are too many, every second one goes.
#[derive(Debug, Default)]
pub(super) struct Memory {
    run: Option<RunId>,
    samples: Vec<u64>,
    /// Processor time and memory at the last look, so that one look counts once.
    last: Option<crate::ops::Usage>,
    /// Looks that one sample stands for.
    stride: usize,
    looks: usize,
}

impl Memory {
    /// Takes in what a run uses now.
    pub(super) fn saw(&mut self, run: &RunView) {
        if self.run != Some(run.id) {
            *self = Self { run: Some(run.id), stride: 1, ..Self::default() };
        }
        let Some(usage) = run.usage.filter(|usage| self.last != Some(*usage)) else { return };
        self.last = Some(usage);
        if self.looks.is_multiple_of(self.stride) {
            self.samples.push(usage.resident_bytes);
        }
        self.looks += 1;
        if self.samples.len() > MEMORY_SAMPLES {
            self.samples = self.samples.iter().copied().step_by(2).collect();
            self.stride *= 2;
        }
    }

    /// A run's memory as bars.
    pub(super) fn line(&self, run: RunId) -> Option<String> {
        let seen = self.run == Some(run) && self.samples.len() > 1;
        seen.then(|| bars(&self.samples.iter().map(|bytes| *bytes as f64).collect::<Vec<f64>>()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ops::{Board, Pulse, Usage};

    #[test]
    fn a_long_run_keeps_its_beginning_and_its_end() {
        let board = Board::new(Pulse::default());
        let run = board.run_begun("a.py");
        let mut memory = Memory::default();
        for look in 1..=100 {
            let cpu = Duration::from_millis(look);
            board.run_usage(run, Usage { resident_bytes: look * 1_000, peak_bytes: look * 1_000, cpu });
            let view = board.run(run).unwrap();
            memory.saw(&view);
            memory.saw(&view);
        }
        assert_eq!(memory.line(run).unwrap(), "▁▁▂▂▂▃▃▃▃▄▄▄▅▅▅▅▆▆▆▇▇▇▇██");
        assert_eq!(memory.line(RunId(9)), None);
    }
}
