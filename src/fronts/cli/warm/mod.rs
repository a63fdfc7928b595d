//! The warm core: a command line has a studio of the same project that is already running do its work.
//!
//! ```text
//! command line                            studio (workbench or daemon)
//!   errand, surroundings  ----------->    same program, project, configuration, variables?
//!                         <-----------    accepted, or declined with the reason: then it helps itself
//!   go, standard input    ----------->    the work begins; from here on it is never repeated
//!   interrupt, terminate  ----------->
//!                         <-----------    pieces of standard output and error, then the exit code
//! ```
//!
//! A command line that vanishes before it said `go` has caused nothing; one that vanishes later has its work stopped.

mod client;
mod conversation;
mod daemon;
mod frame;
mod host;
mod outbox;

use serde::{Deserialize, Serialize};

pub use self::client::through_studio;
pub use self::daemon::daemon;
pub use self::host::{Host, Kind};
pub(super) use self::outbox::{Outbox, Stream};
use super::errand::Errand;
use crate::ops::Surroundings;

/// What is asked of a studio.
#[derive(Debug, Serialize, Deserialize)]
enum Ask {
    /// Work.
    Errand(Box<Request>),
    /// What it is and does.
    Status,
    /// To end, if it is a daemon.
    Stop,
}

/// Work for a command line.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    surroundings: Surroundings,
    json: bool,
    verbose: bool,
    /// Whether standard output of the command line is a terminal.
    terminal: bool,
    errand: Errand,
}

/// What a studio is and does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Status {
    process: u32,
    kind: Kind,
    version: String,
    config: String,
    session: String,
    up_seconds: u64,
    /// Command lines served now.
    clients: usize,
    /// Servers that are connected.
    connected: Vec<String>,
}

/// What a command line says after its errand, in one byte each.
mod signal {
    pub(super) const GO: u8 = b'g';
    pub(super) const INTERRUPT: u8 = b'i';
    pub(super) const TERMINATE: u8 = b't';
    pub(super) const OUTPUT_CLOSED: u8 = b'o';
    pub(super) const ERROR_CLOSED: u8 = b'e';
}
