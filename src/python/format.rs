//! Checking and formatting generated modules.

/// The first syntax error of a source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct SourceError {
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in characters.
    pub column: u32,
    /// ruff's words.
    pub message: String,
}

/// Whether `source` is a Python module.
pub fn check(source: &str) -> Result<(), SourceError> {
    let _ = source;
    todo!()
}

/// `source` as `ruff format` writes it, with lines of up to 120 columns.
pub fn format_module(source: &str) -> Result<String, SourceError> {
    let _ = source;
    todo!()
}
