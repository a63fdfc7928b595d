//! How far work over several servers has come: a line for each that is done and, on a terminal, a count that stays below them.

use std::io::{IsTerminal as _, Write as _, stderr};

use super::narration;
use crate::ops::Progress;

/// Begins a line anew.
const CLEAR: &str = "\r\u{1b}[2K";

/// Tells progress on standard error. A failure is left to whoever tells it whole.
pub(super) struct Count {
    terminal: bool,
}

impl Default for Count {
    fn default() -> Self {
        let count = Self { terminal: stderr().is_terminal() };
        count.write("asking servers …\r");
        count
    }
}

impl Count {
    /// Something is done.
    pub(super) fn hear(&self, progress: &Progress) {
        self.write(CLEAR);
        if !progress.failed {
            narration::inform(&progress.doing);
        }
        if progress.done < progress.total {
            // The cursor goes back, so that whatever else is told takes the place of the count.
            self.write(&format!("{} of {} servers …\r", progress.done, progress.total));
        }
    }

    fn write(&self, text: &str) {
        if self.terminal {
            let mut stderr = stderr().lock();
            let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
        }
    }
}
