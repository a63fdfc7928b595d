//! Standard output: data and nothing else. A reader that has gone away is no failure.

use std::cell::Cell;
use std::io::{self, Write as _};

use serde::Serialize;
use serde_json::json;

use super::{code, code_of, narration};
use crate::types::Failure;

/// Where a verb puts its data.
pub(super) struct Answer {
    json: bool,
    /// The reader has gone away; writing on would only fail again.
    gone: Cell<bool>,
}

impl Answer {
    pub(super) fn new(json: bool) -> Self {
        Self { json, gone: Cell::new(false) }
    }

    /// Whether JSON was asked for.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// Prints one line of text.
    pub(super) fn line(&self, line: &str) {
        self.write(format!("{line}\n").as_bytes());
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
            self.line(&text);
        }
    }

    /// Prints a value as JSON for people.
    pub(super) fn pretty(&self, value: &impl Serialize) {
        if let Ok(text) = serde_json::to_string_pretty(value) {
            self.line(&text);
        }
    }

    /// Tells a failure: on standard error for people, and as `{"error": ...}` for programs.
    pub(super) fn failure(&self, failure: &Failure) -> u8 {
        narration::complain(failure);
        if self.json {
            self.json(&json!({ "error": failure }));
        }
        code_of(failure)
    }

    fn write(&self, bytes: &[u8]) {
        if self.gone.get() {
            return;
        }
        let mut stdout = io::stdout().lock();
        if stdout.write_all(bytes).and_then(|()| stdout.flush()).is_err() {
            self.gone.set(true);
        }
    }
}

/// 0 where nothing failed.
pub(super) fn code_unless(failed: bool) -> u8 {
    if failed { code::FAILURE } else { code::SUCCESS }
}
