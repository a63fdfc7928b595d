//! Confinement of script processes. Part of the engine's ladder: probed, shown, fail-closed by policy.

use serde::{Deserialize, Serialize};

/// How far a script is confined. The order is the ladder: a higher level forbids more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// No confinement beyond a process of its own.
    #[default]
    Off,
    /// Files and sockets are confined.
    Standard,
    /// As `Standard`, with everything this kernel offers beside.
    Strict,
}

/// Rules made ready before the fork, so that nothing is allocated between fork and exec.
#[derive(Debug)]
pub struct Prepared {}

impl Prepared {
    /// Confines the calling process; for use between fork and exec.
    pub(super) fn apply(&self) -> std::io::Result<()> {
        let Self {} = self;
        Ok(())
    }
}
