//! How far a verb has come that takes a while.

use std::fmt;

use crate::types::ServerName;

/// One thing begun or done for a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The server.
    pub server: ServerName,
    /// What is done for it, or was done, in a few words.
    pub doing: String,
    /// Whether that has failed.
    pub failed: bool,
    /// Its place among `total`, counted from 1.
    pub done: usize,
    /// How many there are.
    pub total: usize,
}

/// Hears of progress. Called often and from several tasks: it must not wait.
pub type OnProgress<'a> = dyn Fn(Progress) + Send + Sync + 'a;

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { server, doing, done, total, .. } = self;
        write!(f, "{server}: {doing}, {done} of {total}")
    }
}
