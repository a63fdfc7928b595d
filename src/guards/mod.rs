//! May this call be made? Pure decisions over a call, its tool's definition and the facts of the run.
//!
//! Responsible for saying no, and why. Not responsible for making the call, asking a person or recording anything.

mod bounds;
mod explain;
pub mod flows;
pub mod guardrails;
pub mod labels;
pub mod pins;
pub mod policy;
mod schemas;

pub use schemas::Schemas;

use crate::types::{Decision, Failure};

/// What the guards say of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It may go out.
    Allow,
    /// It may not; the failure carries the rule and, for arguments, the path of the offending field.
    Deny(Decision, Failure),
}
