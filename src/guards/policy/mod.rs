//! May this call be made under the policy? A pure function of the call, its tool, the policy and what was used so far.
//!
//! Deny comes before ask, ask before allow. Responsible for saying which rule decided, where it stands and why.
//! Not responsible for counting, asking a person or making the call.

mod conditions;
mod decide;
mod limits;
mod words;

pub(crate) use decide::FLOWS;
pub use decide::{Approved, Facts, Ruling, Used, decide};
pub use limits::{Limit, is_limit, limits};
pub use words::{policy_words, rule_words};
