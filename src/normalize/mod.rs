//! Field-name strategies for results. Pure.

use serde_json::Value;

/// How the field names of a server's results are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// Not at all.
    #[default]
    None,
}

/// `value` with its field names changed, recursively; values are untouched.
pub fn apply(strategy: Strategy, value: Value) -> Value {
    match strategy {
        Strategy::None => value,
    }
}
