//! Systems without a sandbox that we know.

use super::{Level, Offer, Policy, Seal, refused};
use crate::types::Failure;

/// Nothing: this system has no sandbox that we know.
#[derive(Debug)]
pub struct Prepared(());

impl Prepared {
    /// Does nothing.
    pub(in crate::sys) fn apply(&self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(super) fn usual() -> Level {
    Level::Off
}

pub(super) fn probe() -> Offer {
    Offer { level: Level::Off, reasons: vec!["mcp-studio knows no sandbox for this system".to_owned()] }
}

pub(super) fn prepare(_policy: &Policy, level: Level) -> Result<Prepared, Failure> {
    if level > Level::Off { Err(refused(level, &probe().reasons.join("; "))) } else { Ok(Prepared(())) }
}

pub(super) fn seal() -> Option<Seal> {
    None
}
