//! The live board: producers fold events in under a short lock, a front copies the window it shows once a frame.
//! Nothing queues here and nothing grows beyond `types::limits`, however fast events come.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::kept_part;
use super::ledger::{CallTokens, ContextFigures, ContextLedger, Ledger, RunTokens};
use super::metrics::Metrics;
use super::output::Lines;
use super::record::CallCounted;
use super::totals::Totals;
use super::views::{Notice, NoticeLevel, OutputLine, OutputStream, RunState, RunView, StepState, StepView, StepsSummary};
use crate::sys::clock;
use crate::sys::process::Usage;
use crate::sys::pulse::Pulse;
use crate::types::limits::{
    BOARD_NOTICES, BOARD_OUTPUT_BYTES_ALL, BOARD_RUNS, BOARD_STEPS, COUNTED_BYTES, NOTICE_BYTES, OUTPUT_PIECE_BYTES,
    PROGRESS_BYTES,
};
use crate::types::{Caller, Estimator, RunId, StepNumber, StepRecord, ToolId, estimate_tokens, neutralise, neutralise_line};

/// The board of one studio. All methods are short and take `&self`; readers copy only what they ask for.
#[derive(Debug)]
pub struct Board {
    pulse: Pulse,
    state: Mutex<State>,
    /// Whether what scripts print is kept for the tokenizer.
    keeps_printed: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    /// The kept steps, numbered without gaps.
    steps: VecDeque<StepView>,
    totals: Totals,
    ledger: Ledger,
    metrics: Metrics,
    /// The kept runs, by rising id.
    runs: VecDeque<Run>,
    runs_begun: u64,
    notices: VecDeque<Notice>,
}

#[derive(Debug)]
struct Run {
    /// As shown, but for totals and lines.
    view: RunView,
    totals: Totals,
    ledger: Ledger,
    /// What it puts into a context beside its calls, so far.
    tokens: RunTokens,
    /// What it printed, for the tokenizer; none where it is not wanted or became too much.
    printed: Option<Vec<u8>>,
    /// Its kept steps, rising.
    steps: VecDeque<StepNumber>,
    output: Lines,
}

impl Board {
    /// An empty board that bumps `pulse` on each change.
    pub fn new(pulse: Pulse) -> Self {
        Self { pulse, state: Mutex::default(), keeps_printed: AtomicBool::new(false) }
    }

    /// Bumped on each change.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// A step begins; answers its number.
    pub fn step_begun(&self, tool: ToolId, caller: Caller, line: Option<u32>) -> StepNumber {
        let (at, since) = (clock::now(), Instant::now());
        self.change(|state| {
            state.totals.step_begun();
            let step = StepNumber(state.totals.begun());
            if let Some(run) = caller.run().and_then(|run| state.run_mut(run)) {
                run.totals.step_begun();
                run.steps.push_back(step);
            }
            state.steps.push_back(StepView { step, tool, caller, at, line, state: StepState::Running { since, progress: None } });
            state.trim_steps();
            step
        })
    }

    /// Progress of a running step.
    pub fn step_progress(&self, step: StepNumber, progress: String) {
        let progress = harmless(progress, neutralise_line, PROGRESS_BYTES);
        self.change(|state| {
            if let Some(StepView { state: StepState::Running { progress: shown, .. }, .. }) = state.step_mut(step) {
                *shown = Some(progress);
            }
        });
    }

    /// A step is over. Said twice, the first holds.
    pub fn step_done(&self, record: impl Into<Arc<StepRecord>>) {
        let record = record.into();
        self.change(|state| {
            if record.step.0 > state.totals.begun() {
                return;
            }
            if let Some(view) = state.step_mut(record.step) {
                if matches!(view.state, StepState::Done(_)) {
                    return;
                }
                view.state = StepState::Done(Arc::clone(&record));
            }
            state.totals.step_done(&record);
            state.metrics.call(&record);
            let Some(run) = record.caller.run() else { return };
            state.ledger.call(&record);
            if let Some(run) = state.run_mut(run) {
                run.totals.step_done(&record);
                run.ledger.call(&record);
            }
        });
    }

    /// The tokens of a step that is over were counted.
    pub fn call_counted(&self, counted: &CallCounted) {
        let CallCounted { step, caller, tool, estimator, tokens, cost } = counted;
        self.change(|state| {
            if let Some(StepView { state: StepState::Done(record), .. }) = state.step_mut(*step) {
                let CallTokens { definition, arguments, results } = *tokens;
                let record = Arc::make_mut(record);
                (record.tokens_in, record.tokens_out, record.tokens_definition) = (arguments, results, definition);
                (record.estimator, record.cost) = (*estimator, cost.clone());
            }
            state.totals.step_counted(counted);
            let Some(run) = caller.run() else { return };
            state.ledger.call_counted(*estimator, tool, *tokens);
            if let Some(run) = state.run_mut(run) {
                run.totals.step_counted(counted);
                run.ledger.call_counted(*estimator, tool, *tokens);
            }
        });
    }

    /// A run begins; answers its id.
    pub fn run_begun(&self, script: &str) -> RunId {
        let script = neutralise_line(script).into_owned();
        let (at, since) = (clock::now(), Instant::now());
        self.change(|state| {
            state.runs_begun += 1;
            let id = RunId(state.runs_begun);
            let view = RunView {
                id,
                script,
                at,
                since,
                state: RunState::Starting("starting".to_owned()),
                process: None,
                usage: None,
                output_lines: 0,
                printed_bytes: 0,
                steps: StepsSummary::default(),
            };
            let (ledger, tokens) = (Ledger::default(), RunTokens::default());
            let printed = self.keeps_printed.load(Ordering::Relaxed).then(Vec::new);
            let (steps, output) = (VecDeque::new(), Lines::default());
            let mut run = Run { view, totals: Totals::default(), ledger, tokens, printed, steps, output };
            run.ledger.run_begun(tokens);
            state.ledger.run_begun(tokens);
            state.runs.push_back(run);
            state.trim_runs();
            id
        })
    }

    /// How many tokens the tools known to a run are, and how many its script. What it prints is counted as it comes.
    pub fn run_tokens(&self, run: RunId, offered: u64, script: u64) {
        self.change(|state| state.run_grew(run, |tokens| RunTokens { offered, script, ..tokens }));
    }

    /// What a run puts into a context beside its calls, so far and by the estimate.
    pub fn tokens_of_run(&self, run: RunId) -> RunTokens {
        self.lock().run(run).map_or(RunTokens::default(), |run| run.tokens)
    }

    /// From now on what scripts print is kept until [`Board::take_printed`], within a bound.
    pub(super) fn keep_printed(&self) {
        self.keeps_printed.store(true, Ordering::Relaxed);
    }

    /// All that a run printed and logged; none where it was not kept.
    pub(super) fn take_printed(&self, run: RunId) -> Option<Vec<u8>> {
        self.lock().run_mut(run)?.printed.take()
    }

    /// The tokens of a run that is over were counted.
    pub fn run_counted(&self, run: RunId, estimator: Estimator, tokens: RunTokens) {
        self.change(|state| {
            state.ledger.run_counted(estimator, tokens);
            if let Some(run) = state.run_mut(run) {
                run.ledger.run_counted(estimator, tokens);
            }
        });
    }

    /// A run's state or process changes.
    pub fn run_state(&self, run: RunId, state: RunState, process: Option<u32>) {
        self.change(|board| {
            if let RunState::Ended { exit_code, .. } = state {
                board.metrics.run_ended(exit_code);
            }
            let Some(run) = board.run_mut(run) else {
                return;
            };
            if matches!(state, RunState::Ended { .. }) {
                run.output.finish();
            }
            run.view.state = state;
            run.view.process = process;
        });
    }

    /// What a run's process uses now.
    pub fn run_usage(&self, run: RunId, usage: Usage) {
        self.change(|board| {
            if let Some(run) = board.run_mut(run) {
                run.view.usage = Some(usage);
            }
        });
    }

    /// Bytes a run wrote. Split into lines here; an unfinished line is shown and continued.
    pub fn run_output(&self, run: RunId, stream: OutputStream, bytes: &[u8]) {
        for piece in bytes.chunks(OUTPUT_PIECE_BYTES) {
            self.change(|state| {
                let Some(kept) = state.run_mut(run) else { return };
                kept.output.write(stream, piece);
                if stream != OutputStream::Studio {
                    kept.keep_printed(piece);
                    kept.view.printed_bytes = kept.view.printed_bytes.saturating_add(piece.len() as u64);
                    let printed = estimate_tokens(kept.view.printed_bytes);
                    state.run_grew(run, |tokens| RunTokens { printed, ..tokens });
                }
                state.trim_output();
            });
        }
    }

    /// A notice.
    pub fn notice(&self, level: NoticeLevel, text: String) {
        let notice = Notice { at: clock::now(), level, text: harmless(text, neutralise, NOTICE_BYTES) };
        self.change(|state| {
            if state.notices.len() == BOARD_NOTICES {
                state.notices.pop_front();
            }
            state.notices.push_back(notice);
        });
    }

    /// Number of steps begun so far (of `run`, or of the session).
    pub fn step_count(&self, run: Option<RunId>) -> u64 {
        let state = self.lock();
        match run {
            Some(run) => state.run(run).map_or(0, |run| run.totals.begun()),
            None => state.totals.begun(),
        }
    }

    /// Steps by position from the oldest (of `run`, or of the session), clipped to what is kept.
    pub fn steps(&self, run: Option<RunId>, window: Range<u64>) -> Vec<StepView> {
        let state = self.lock();
        let Some(run) = run else {
            let end = state.totals.begun();
            let kept = end - state.steps.len() as u64..end;
            return state.steps.range(kept_part(&window, &kept)).cloned().collect();
        };
        let Some(run) = state.run(run) else {
            return Vec::new();
        };
        let end = run.totals.begun();
        let kept = end - run.steps.len() as u64..end;
        run.steps.range(kept_part(&window, &kept)).filter_map(|step| state.step(*step)).cloned().collect()
    }

    /// One step, if it is still kept.
    pub fn step(&self, step: StepNumber) -> Option<StepView> {
        self.lock().step(step).cloned()
    }

    /// Totals of the session's steps.
    pub fn summary(&self) -> StepsSummary {
        self.lock().totals.summary()
    }

    /// Counters for a monitoring system.
    pub fn metrics(&self) -> Metrics {
        self.lock().metrics.clone()
    }

    /// The totals of the context ledger of a run, or of the session; none before a script has called a tool.
    pub fn context_figures(&self, run: Option<RunId>) -> Option<ContextFigures> {
        let state = self.lock();
        match run {
            Some(run) => state.run(run)?.ledger.figures(),
            None => state.ledger.figures(),
        }
    }

    /// The same with a line for each tool; not for each frame.
    pub fn context_ledger(&self, run: Option<RunId>) -> Option<ContextLedger> {
        let state = self.lock();
        match run {
            Some(run) => state.run(run)?.ledger.whole(),
            None => state.ledger.whole(),
        }
    }

    /// All kept runs, oldest first.
    pub fn runs(&self) -> Vec<RunView> {
        self.lock().runs.iter().map(Run::view).collect()
    }

    /// One run.
    pub fn run(&self, run: RunId) -> Option<RunView> {
        self.lock().run(run).map(Run::view)
    }

    /// Output lines of a run by position from its first line, clipped to what is kept.
    pub fn output(&self, run: RunId, window: Range<u64>) -> Vec<OutputLine> {
        self.lock().run(run).map_or_else(Vec::new, |run| run.output.window(&window))
    }

    /// Positions of the output lines of a run that are kept: those before its start were dropped.
    pub fn output_positions(&self, run: RunId) -> Range<u64> {
        self.lock().run(run).map_or(0..0, |run| run.output.positions())
    }

    /// The latest notices, oldest first.
    pub fn notices(&self) -> Vec<Notice> {
        self.lock().notices.iter().cloned().collect()
    }

    /// Folds one fact in, then says so.
    fn change<T>(&self, fold: impl FnOnce(&mut State) -> T) -> T {
        let answer = fold(&mut self.lock());
        self.pulse.bump();
        answer
    }

    /// A panic elsewhere must not blind the board: what it holds is valid after each single change.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn step(&self, step: StepNumber) -> Option<&StepView> {
        self.steps.get(self.step_index(step)?)
    }

    fn step_mut(&mut self, step: StepNumber) -> Option<&mut StepView> {
        let index = self.step_index(step)?;
        self.steps.get_mut(index)
    }

    fn step_index(&self, step: StepNumber) -> Option<usize> {
        let first = self.steps.front()?.step.0;
        usize::try_from(step.0.checked_sub(first)?).ok()
    }

    fn run(&self, run: RunId) -> Option<&Run> {
        let index = self.runs.binary_search_by_key(&run, |kept| kept.view.id).ok()?;
        self.runs.get(index)
    }

    fn run_mut(&mut self, run: RunId) -> Option<&mut Run> {
        let index = self.runs.binary_search_by_key(&run, |kept| kept.view.id).ok()?;
        self.runs.get_mut(index)
    }

    /// More is known of what a run puts into a context.
    fn run_grew(&mut self, run: RunId, grow: impl FnOnce(RunTokens) -> RunTokens) {
        let Some(run) = self.run_mut(run) else { return };
        let before = run.tokens;
        let after = grow(before);
        run.tokens = after;
        run.ledger.run_grew(before, after);
        self.ledger.run_grew(before, after);
    }

    fn trim_steps(&mut self) {
        while self.steps.len() > BOARD_STEPS {
            let oldest = self.steps.pop_front();
            if let Some(run) = oldest.and_then(|step| step.caller.run()).and_then(|run| self.run_mut(run)) {
                run.steps.pop_front();
            }
        }
    }

    /// The oldest run that has ended goes first; among running ones the oldest.
    fn trim_runs(&mut self) {
        while self.runs.len() > BOARD_RUNS {
            let ended = self.runs.iter().position(|run| matches!(run.view.state, RunState::Ended { .. }));
            self.runs.remove(ended.unwrap_or(0));
        }
    }

    /// Keeps the output of all runs together within its bound, dropping that of the oldest.
    fn trim_output(&mut self) {
        let mut bytes: usize = self.runs.iter().map(|run| run.output.bytes()).sum();
        for run in &mut self.runs {
            if bytes <= BOARD_OUTPUT_BYTES_ALL {
                return;
            }
            bytes -= run.output.bytes();
            run.output.forget();
        }
    }
}

impl Run {
    fn keep_printed(&mut self, piece: &[u8]) {
        match &mut self.printed {
            Some(printed) if printed.len() + piece.len() <= COUNTED_BYTES => printed.extend_from_slice(piece),
            Some(_) | None => self.printed = None,
        }
    }

    fn view(&self) -> RunView {
        RunView { output_lines: self.output.count(), steps: self.totals.summary(), ..self.view.clone() }
    }
}

/// `text` neutralised and cut.
fn harmless(text: String, neutralise: fn(&str) -> Cow<'_, str>, bytes: usize) -> String {
    let mut text = match neutralise(&text) {
        Cow::Owned(neutralised) => neutralised,
        Cow::Borrowed(_) => text,
    };
    if text.len() > bytes {
        text.truncate(text.floor_char_boundary(bytes));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests;
