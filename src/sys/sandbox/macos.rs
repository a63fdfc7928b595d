//! The levels on macOS: Seatbelt.

use super::{Level, Offer, Policy, Seal, refused, seatbelt};
use crate::types::Failure;

/// A profile for `sandbox-exec`, which starts the program.
#[derive(Debug)]
pub struct Prepared {
    profile: Option<String>,
}

impl Prepared {
    /// The profile, if there is anything to confine.
    pub(in crate::sys) fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// Nothing: the profile is given to `sandbox-exec`.
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "as on Linux")]
    pub(in crate::sys) fn apply(&self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(super) fn probe() -> Offer {
    if std::path::Path::new(seatbelt::PROGRAM).exists() {
        let reasons = vec!["strict is not offered on macOS".to_owned(), "resource limits are not set".to_owned()];
        return Offer { level: Level::Standard, reasons };
    }
    Offer { level: Level::Off, reasons: vec![format!("{} does not exist", seatbelt::PROGRAM)] }
}

pub(super) fn usual() -> Level {
    probe().level
}

pub(super) fn prepare(policy: &Policy, level: Level) -> Result<Prepared, Failure> {
    let offer = probe();
    if level > offer.level {
        return Err(refused(level, &offer.reasons.join("; ")));
    }
    Ok(Prepared { profile: (level > Level::Off).then(|| seatbelt::profile(policy)) })
}

pub(super) fn seal() -> Option<Seal> {
    None
}
