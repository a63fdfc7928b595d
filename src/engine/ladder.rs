//! The interrupt ladder of a run, without clock or process: what to do, given what happened.
//!
//! ```text
//! Running -> Asked (SIGINT, or SIGTERM first) -> Told (SIGTERM) -> Killed (SIGKILL of the tree)
//! ```
//! A second request, or a limit of resources, goes to the end at once.

use std::time::{Duration, Instant};

use crate::types::limits::{INTERRUPT_GRACE, KILL_GRACE, SWEEP_LIMIT};

/// Why a run is being stopped. The first reason is the one that is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cause {
    /// A person interrupted it.
    Interrupted,
    /// It was asked to end as SIGTERM does.
    Terminated,
    /// Its wall-clock limit passed.
    TimedOut(Duration),
    /// A limit of resources, in words such as `memory limit of 512 MiB`.
    Limit(String),
    /// The engine shuts down.
    Closed,
    /// What it ran under has died, in words.
    Abandoned(String),
}

/// What the driver must do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Cancel the calls under way and send SIGINT.
    Interrupt,
    /// Cancel the calls under way and send SIGTERM.
    Terminate,
    /// SIGKILL, to all of it.
    Kill,
    /// Not even that has helped: leave it to the kernel.
    GiveUp,
}

/// Where a run is on the ladder.
#[derive(Debug, Default)]
pub(super) struct Ladder {
    cause: Option<Cause>,
    last: Option<Action>,
    next: Option<Instant>,
}

impl Ladder {
    /// Why the run is being stopped, if it is.
    pub(super) fn cause(&self) -> Option<&Cause> {
        self.cause.as_ref()
    }

    /// When to call [`Ladder::climb`], if nothing happens before.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.next
    }

    /// Whether we have sent SIGKILL.
    pub(super) fn killed(&self) -> bool {
        matches!(self.last, Some(Action::Kill | Action::GiveUp))
    }

    /// A reason to stop.
    pub(super) fn stop(&mut self, cause: Cause, now: Instant) -> Option<Action> {
        let first = match &cause {
            Cause::Interrupted | Cause::TimedOut(_) => Action::Interrupt,
            Cause::Terminated => Action::Terminate,
            Cause::Limit(_) | Cause::Closed | Cause::Abandoned(_) => Action::Kill,
        };
        let again = self.cause.is_some();
        let patient = matches!(cause, Cause::TimedOut(_));
        self.cause.get_or_insert(cause);
        match (again, patient) {
            (false, _) => self.act(first, now),
            (true, true) => None,
            (true, false) => self.act(Action::Kill, now),
        }
    }

    /// The grace of the last step has passed.
    pub(super) fn climb(&mut self, now: Instant) -> Option<Action> {
        match self.last {
            Some(Action::Interrupt) => self.act(Action::Terminate, now),
            Some(Action::Terminate) => self.act(Action::Kill, now),
            Some(Action::Kill) => self.act(Action::GiveUp, now),
            Some(Action::GiveUp) | None => None,
        }
    }

    fn act(&mut self, action: Action, now: Instant) -> Option<Action> {
        if self.killed() && action != Action::GiveUp {
            return None;
        }
        self.last = Some(action);
        self.next = match action {
            Action::Interrupt => Some(now + INTERRUPT_GRACE),
            Action::Terminate => Some(now + KILL_GRACE),
            Action::Kill => Some(now + SWEEP_LIMIT),
            Action::GiveUp => None,
        };
        Some(action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_ignores_everything_is_killed_step_by_step() {
        let now = Instant::now();
        let mut ladder = Ladder::default();
        assert_eq!(ladder.deadline(), None);
        assert_eq!(ladder.stop(Cause::Interrupted, now), Some(Action::Interrupt));
        assert_eq!(ladder.deadline(), Some(now + INTERRUPT_GRACE));
        assert_eq!(ladder.climb(now), Some(Action::Terminate));
        assert_eq!(ladder.deadline(), Some(now + KILL_GRACE));
        assert_eq!(ladder.climb(now), Some(Action::Kill));
        assert_eq!((ladder.deadline(), ladder.killed()), (Some(now + SWEEP_LIMIT), true));
        assert_eq!(ladder.climb(now), Some(Action::GiveUp));
        assert_eq!((ladder.deadline(), ladder.climb(now)), (None, None));
        assert_eq!(ladder.cause(), Some(&Cause::Interrupted));
    }

    #[test]
    fn a_second_request_kills_and_the_first_reason_stays() {
        let now = Instant::now();
        let mut ladder = Ladder::default();
        let timeout = Cause::TimedOut(Duration::from_secs(5));
        assert_eq!(ladder.stop(timeout.clone(), now), Some(Action::Interrupt));
        assert_eq!(ladder.stop(Cause::Interrupted, now), Some(Action::Kill));
        assert_eq!(ladder.stop(Cause::Interrupted, now), None);
        assert_eq!(ladder.cause(), Some(&timeout));
    }

    #[test]
    fn a_timeout_does_not_hurry_an_interrupt_but_a_limit_does() {
        let now = Instant::now();
        let mut ladder = Ladder::default();
        assert_eq!(ladder.stop(Cause::Terminated, now), Some(Action::Terminate));
        assert_eq!(ladder.stop(Cause::TimedOut(Duration::ZERO), now), None);
        assert_eq!(ladder.stop(Cause::Limit("memory limit of 1 MiB".to_owned()), now), Some(Action::Kill));
        assert_eq!(ladder.cause(), Some(&Cause::Terminated));
    }
}
