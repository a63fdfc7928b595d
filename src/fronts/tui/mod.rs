//! The workbench.

pub(crate) mod editor;
pub(crate) mod form;
pub(crate) mod text;

use crate::ops::Studio;
use crate::types::Failure;

/// Runs the workbench on this terminal until the person leaves. Restores the terminal however it ends.
pub async fn run(studio: Studio) -> Result<(), Failure> {
    let _ = studio;
    todo!()
}
