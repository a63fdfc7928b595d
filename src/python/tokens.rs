//! Colours and errors of a script while it is typed: one error-tolerant parse of the whole text.

use super::SourceError;

/// What a stretch of source is, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenClass {
    /// `def`, `await`, soft keywords where they are keywords.
    Keyword,
    /// `None`, `True`, `False`.
    Constant,
    /// A string or a part of an f-string that is text.
    String,
    /// A number.
    Number,
    /// A comment.
    Comment,
    /// An operator or delimiter.
    Operator,
    /// A name in call position.
    Function,
    /// A name after `class`, or a builtin type.
    Type,
    /// A decorator.
    Decorator,
    /// Any other name.
    Name,
}

/// A script as read.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    /// For each line, counted from 0: byte ranges within the line and what they are, in order, without overlap.
    pub lines: Vec<Vec<(std::ops::Range<usize>, TokenClass)>>,
    /// Syntax errors, in order.
    pub errors: Vec<SourceError>,
}

/// Reads a whole script, right or wrong.
pub fn analyse(source: &str) -> Analysis {
    let _ = source;
    todo!()
}
