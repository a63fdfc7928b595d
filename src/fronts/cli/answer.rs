//! Where a verb puts what it has to say: data on standard output, narration on standard error; ours, or a client's.
//! A reader that has gone away is no failure.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde_json::json;

use super::warm::{Outbox, Stream};
use super::{code, code_of, narration};
use crate::types::{Failure, neutralise};

/// Where a verb puts its data.
pub(super) struct Answer {
    json: bool,
    /// Whether a person's terminal shows the data, so that nothing a server sent may steer it.
    terminal: bool,
    reader: Reader,
}

/// Who reads it.
enum Reader {
    /// Whoever has our own streams.
    Own {
        /// It has gone away; writing on would only fail again.
        gone: AtomicBool,
    },
    /// A command line that has a studio work for it.
    Client(Arc<Outbox>),
}

impl Answer {
    /// On our own streams.
    pub(super) fn new(json: bool) -> Self {
        Self { json, terminal: io::stdout().is_terminal(), reader: Reader::Own { gone: AtomicBool::new(false) } }
    }

    /// For a client, who says whether its standard output is a terminal.
    pub(super) fn through(outbox: Arc<Outbox>, json: bool, terminal: bool) -> Self {
        Self { json, terminal, reader: Reader::Client(outbox) }
    }

    /// Whether JSON was asked for.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// Prints one line of text.
    pub(super) fn line(&self, line: &str) {
        self.write(format!("{line}\n").as_bytes());
    }

    /// Prints a text that a server sent, with a line's end: as it is, but for what would steer a terminal.
    pub(super) fn foreign(&self, text: &str) {
        if self.terminal { self.line(&neutralise(text)) } else { self.line(text) }
    }

    /// Prints text as it is.
    pub(super) fn text(&self, text: &str) {
        self.write(text.as_bytes());
    }

    /// Prints bytes as they are.
    pub(super) fn bytes(&self, bytes: &[u8]) {
        self.write(bytes);
    }

    /// Prints a value as JSON, on one line.
    pub(super) fn json(&self, value: &impl Serialize) {
        if let Ok(text) = serde_json::to_string(value) {
            self.foreign(&text);
        }
    }

    /// Prints a value as JSON for people.
    pub(super) fn pretty(&self, value: &impl Serialize) {
        if let Ok(text) = serde_json::to_string_pretty(value) {
            self.foreign(&text);
        }
    }

    /// Tells a failure: on standard error for people, and as `{"error": ...}` for programs.
    pub(super) fn failure(&self, failure: &Failure) -> u8 {
        self.complain(failure);
        if self.json {
            self.json(&json!({ "error": failure }));
        }
        code_of(failure)
    }

    /// Says something in passing.
    pub(super) fn inform(&self, text: &str) {
        self.narrate(&narration::line("INFO", text));
    }

    /// Says that something is odd.
    pub(super) fn warn(&self, text: &str) {
        self.narrate(&narration::line("WARN", text));
    }

    /// Says what went wrong, with its notes and hint on lines of their own.
    pub(super) fn complain(&self, failure: &Failure) {
        self.narrate(&narration::line("ERROR", &failure.to_string()));
    }

    /// Passes on what a script wrote to its standard error.
    pub(super) fn script(&self, text: &str) {
        self.narrate(text);
    }

    /// With standard error gone there is nobody to tell.
    fn narrate(&self, text: &str) {
        match &self.reader {
            Reader::Own { .. } => drop(io::stderr().lock().write_all(text.as_bytes())),
            Reader::Client(outbox) => outbox.put(Stream::Error, text.as_bytes()),
        }
    }

    fn write(&self, bytes: &[u8]) {
        match &self.reader {
            Reader::Own { gone } if gone.load(Ordering::Relaxed) => {}
            Reader::Own { gone } => {
                let mut stdout = io::stdout().lock();
                if stdout.write_all(bytes).and_then(|()| stdout.flush()).is_err() {
                    gone.store(true, Ordering::Relaxed);
                }
            }
            Reader::Client(outbox) => outbox.put(Stream::Output, bytes),
        }
    }
}

/// 0 where nothing failed.
pub(super) fn code_unless(failed: bool) -> u8 {
    if failed { code::FAILURE } else { code::SUCCESS }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_server_sent_cannot_steer_a_terminal_and_goes_into_files_as_it_is() {
        for (terminal, expected) in [(true, "a␛[2J\n"), (false, "a\u{1b}[2J\n")] {
            let outbox = Arc::new(Outbox::default());
            Answer::through(Arc::clone(&outbox), false, terminal).foreign("a\u{1b}[2J");
            assert_eq!(outbox.next().await, (Stream::Output, expected.as_bytes().to_vec()));
        }
    }
}
