//! Text on the screen: cells, styles, views of text, JSON and tables.

pub(crate) mod cells;
pub(crate) mod highlight;
pub(crate) mod input;
pub(crate) mod json;
pub(crate) mod markdown;
pub(crate) mod palette;
pub(crate) mod query;
pub(crate) mod result;
pub(crate) mod rows;
pub(crate) mod source;
pub(crate) mod table;
pub(crate) mod view;
pub(crate) mod wrap;

/// Whether a key was meant for the widget that got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Handled {
    /// It did something.
    Consumed,
    /// It means nothing here.
    Ignored,
    /// Text was copied; the caller hands it to the clipboard as well.
    Copied(String),
}

/// An index as people count, from 1.
pub(crate) fn counted(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}
