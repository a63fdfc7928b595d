//! When a failing server may be started again. Pure: time is passed in.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::types::limits::{RESTART_BUDGET, RESTART_DELAY, RESTART_DELAY_MAX, RESTART_WINDOW};

/// The failures of one server within the window.
#[derive(Debug, Default)]
pub(super) struct Restarts {
    failures: VecDeque<Instant>,
}

/// Whether a server may be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permit {
    /// Now.
    Now,
    /// Not before that time.
    At(Instant),
    /// Not by itself: it failed too often. A person may try.
    Spent,
}

impl Restarts {
    /// Records a failure.
    pub(super) fn failed(&mut self, now: Instant) {
        self.drop_old(now);
        self.failures.push_back(now);
    }

    /// A person asked: the past is forgotten.
    pub(super) fn forgive(&mut self) {
        self.failures.clear();
    }

    /// What holds now. The first failure is followed by [`RESTART_DELAY`], each further one by twice as much.
    pub(super) fn permit(&mut self, now: Instant) -> Permit {
        self.drop_old(now);
        let count = u32::try_from(self.failures.len()).unwrap_or(u32::MAX);
        let Some(last) = self.failures.back() else { return Permit::Now };
        if count >= RESTART_BUDGET {
            return Permit::Spent;
        }
        let at = *last + delay(count);
        if at <= now { Permit::Now } else { Permit::At(at) }
    }

    fn drop_old(&mut self, now: Instant) {
        while self.failures.front().is_some_and(|first| now.duration_since(*first) > RESTART_WINDOW) {
            self.failures.pop_front();
        }
    }
}

fn delay(failures: u32) -> Duration {
    RESTART_DELAY.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1))).min(RESTART_DELAY_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_the_budget_ends_until_the_window_has_passed_or_a_person_asks() {
        let start = Instant::now();
        let mut restarts = Restarts::default();
        assert_eq!(restarts.permit(start), Permit::Now);
        for waited in [1, 2, 4, 8] {
            restarts.failed(start);
            assert_eq!(restarts.permit(start), Permit::At(start + RESTART_DELAY * waited));
            assert_eq!(restarts.permit(start + RESTART_DELAY * waited), Permit::Now);
        }
        restarts.failed(start);
        assert_eq!(restarts.permit(start + RESTART_WINDOW), Permit::Spent);
        assert_eq!(restarts.permit(start + RESTART_WINDOW + Duration::from_nanos(1)), Permit::Now);
        for _ in 0..9 {
            restarts.failed(start + RESTART_WINDOW);
        }
        restarts.forgive();
        assert_eq!(restarts.permit(start + RESTART_WINDOW), Permit::Now);
    }
}
