//! Progress of a run: how many lines and steps there are, and the latest of them.

use rmcp::RoleServer;
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::Peer;
use tokio::time::{MissedTickBehavior, interval};

use crate::ops::{StepState, StepView, Studio};
use crate::types::RunId;
use crate::types::limits::{SERVE_LINE_BYTES, SERVE_PROGRESS_PAUSE};

/// Tells a client how far its run is. Only the latest is ever told, so a slow client costs nothing.
pub(super) struct Progress<'a> {
    pub(super) studio: &'a Studio,
    pub(super) run: RunId,
    pub(super) peer: &'a Peer<RoleServer>,
    pub(super) token: ProgressToken,
    /// What was told last.
    pub(super) told: Reached,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Reached {
    lines: u64,
    begun: u64,
    done: u64,
}

impl Progress<'_> {
    /// Tells what is new, again and again. Runs until it is dropped.
    pub(super) async fn tell(&mut self) {
        let mut ticks = interval(SERVE_PROGRESS_PAUSE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.tell_news().await;
        }
    }

    /// Tells what is new, if anything is.
    pub(super) async fn tell_news(&mut self) {
        let Some(view) = self.studio.board().run(self.run) else {
            return;
        };
        let done = view.steps.steps.saturating_sub(view.steps.running);
        let reached = Reached { lines: view.output_lines, begun: view.steps.steps, done };
        if reached == self.told {
            return;
        }
        let progress = (reached.lines + reached.begun + reached.done) as f64;
        let notification = ProgressNotificationParam::new(self.token.clone(), progress).with_message(self.message(reached));
        self.told = reached;
        // A client that has gone away notices by itself.
        let _ = self.peer.notify_progress(notification).await;
    }

    /// `2 steps, 14 lines; git__git_log: ok; last line`.
    fn message(&self, reached: Reached) -> String {
        let board = self.studio.board();
        let mut parts = vec![format!("{}, {}", counted(reached.begun, "step"), counted(reached.lines, "line"))];
        if (reached.begun, reached.done) != (self.told.begun, self.told.done) {
            let last = board.steps(Some(self.run), reached.begun.saturating_sub(1)..reached.begun);
            parts.extend(last.first().map(step_words));
        }
        if reached.lines != self.told.lines {
            let last = board.output(self.run, reached.lines.saturating_sub(1)..reached.lines);
            parts.extend(last.first().map(|line| line.text[..line.text.floor_char_boundary(SERVE_LINE_BYTES)].to_owned()));
        }
        parts.join("; ")
    }
}

fn counted(count: u64, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

fn step_words(step: &StepView) -> String {
    match &step.state {
        StepState::Running { progress: None, .. } => format!("{}: running", step.tool),
        StepState::Running { progress: Some(progress), .. } => format!("{}: {progress}", step.tool),
        StepState::Done(record) => format!("{}: {}", step.tool, record.decision.word()),
    }
}
