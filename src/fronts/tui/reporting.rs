//! The report of this session: which format, and the command that writes the same.

use super::model::Model;
use super::overlay::{Answer, Ask, Overlay};
use crate::ops::ReportFormat;

/// Asks for the format.
pub(super) fn ask(model: &Model) -> Overlay {
    let session = &model.world.session;
    let format = |key, word, format| (key, word, Answer::Report(format));
    let lines = [
        "What was recorded up to now goes into .mcp-studio/reports.".to_owned(),
        "Payloads are in it as they are recorded: masked, unless the settings say otherwise.".to_owned(),
        String::new(),
        "html   one page for people        md     tables for a comment".to_owned(),
        "xlsx   a workbook                 json   everything, for programs".to_owned(),
        "junit  for the test view of CI    y      copies the command instead".to_owned(),
    ];
    let answers = vec![
        format("h", "html", ReportFormat::Html),
        format("x", "xlsx", ReportFormat::Xlsx),
        format("m", "md", ReportFormat::Markdown),
        format("j", "json", ReportFormat::Json),
        format("u", "junit", ReportFormat::Junit),
        ("y", "copy command", Answer::Copy(format!("mcp-studio report {session} --out report.html"))),
    ];
    Overlay::Ask(Ask::new("Write a report of this session".to_owned(), &lines, answers))
}

/// Why there is nothing to report.
pub(super) fn nothing_recorded(model: &Model) -> Option<&'static str> {
    (model.world.steps == 0 && model.world.runs.is_empty()).then_some("nothing was recorded in this session yet")
}
