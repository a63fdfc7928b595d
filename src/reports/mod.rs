//! Pure views of a journal: JSON, workbook, HTML, Markdown, `JUnit`.
//!
//! One [`Report`] is gathered from the events; every format is a function of it alone. Equal journals give equal bytes.
//! Everything in a report came from servers and scripts: each format has one function that makes text harmless for it.

mod gather;
mod html;
mod json;
mod junit;
mod markdown;
mod model;
mod sinks;
mod tools;
mod words;
mod workbook;

pub use gather::gather;
pub use model::{
    Journal, JournalState, Latencies, McpDetails, Program, Report, Server, Session, SessionKind, SessionStatus, Step, Summary,
    ToolUse, Totals,
};

use crate::types::Failure;

/// What a report is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For programs; docs/report.schema.json says its form.
    Json,
    /// A workbook for Excel and `LibreOffice`.
    Xlsx,
    /// One page for a browser, without scripts.
    Html,
    /// For a comment or a wiki.
    Markdown,
    /// For the test view of a CI system.
    Junit,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 5] = [Self::Json, Self::Xlsx, Self::Html, Self::Markdown, Self::Junit];

    /// The word for it, as typed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Xlsx => "xlsx",
            Self::Html => "html",
            Self::Markdown => "md",
            Self::Junit => "junit",
        }
    }

    /// The usual ending of its files, which [`Format::of_file`] understands.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Junit => "xml",
            Self::Json | Self::Xlsx | Self::Html | Self::Markdown => self.word(),
        }
    }

    /// The format that a file's ending asks for.
    pub fn of_file(path: &std::path::Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "xlsx" => Some(Self::Xlsx),
            "html" | "htm" => Some(Self::Html),
            "md" => Some(Self::Markdown),
            "xml" => Some(Self::Junit),
            _ => None,
        }
    }
}

/// Writes a report. Fails with `Internal` where the workbook cannot be made; the other formats always can.
pub fn render(report: &Report, format: Format) -> Result<Vec<u8>, Failure> {
    match format {
        Format::Json => json::render(report),
        Format::Xlsx => workbook::render(report),
        Format::Html => Ok(html::render(report).into_bytes()),
        Format::Markdown => Ok(markdown::render(report).into_bytes()),
        Format::Junit => Ok(junit::render(report).into_bytes()),
    }
}
