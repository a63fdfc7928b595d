//! `report` and `journal verify`.

use std::io::IsTerminal as _;
use std::path::Path;

use super::answer::{Answer, code_unless};
use super::arguments::{Format, Journal, JournalAction, Report};
use super::code;
use super::narration::counted;
use crate::ops::{ReportFormat, Studio, VerifiedJournal, write_atomic};
use crate::types::{Failure, FailureKind, neutralise_line};

pub(super) fn run(studio: &Studio, arguments: &Report, answer: &Answer) -> u8 {
    match written(studio, arguments, answer) {
        Ok(()) => code::SUCCESS,
        Err(failure) => answer.failure(&failure),
    }
}

fn written(studio: &Studio, arguments: &Report, answer: &Answer) -> Result<(), Failure> {
    let format = format(arguments)?;
    if format == ReportFormat::Xlsx && arguments.out.is_none() && std::io::stdout().is_terminal() {
        let failure = Failure::new(FailureKind::Usage, "a workbook is no text for a terminal");
        return Err(failure.hint("write it into a file with --out report.xlsx"));
    }
    let bytes = studio.report(&arguments.session, format)?;
    if let Some(path) = &arguments.out {
        return write_atomic(path, &bytes);
    }
    answer.bytes(&bytes);
    Ok(())
}

/// The format that was said, else that of the file's ending, else JSON.
fn format(arguments: &Report) -> Result<ReportFormat, Failure> {
    let said = arguments.format.map(|format| match format {
        Format::Json => ReportFormat::Json,
        Format::Xlsx => ReportFormat::Xlsx,
        Format::Html => ReportFormat::Html,
        Format::Md => ReportFormat::Markdown,
        Format::Junit => ReportFormat::Junit,
    });
    match (said, &arguments.out) {
        (Some(format), _) => Ok(format),
        (None, None) => Ok(ReportFormat::Json),
        (None, Some(path)) => ReportFormat::of_file(path).ok_or_else(|| no_format(path)),
    }
}

fn no_format(path: &Path) -> Failure {
    let message = format!("the ending of {} names no format of a report", path.display());
    Failure::new(FailureKind::Usage, message).hint("say one with --format json, xlsx, html, md or junit")
}

pub(super) fn verify(studio: &Studio, arguments: &Journal, answer: &Answer) -> u8 {
    let JournalAction::Verify = arguments.action;
    let verified = match studio.verify_journals(arguments.session.as_deref()) {
        Ok(verified) => verified,
        Err(failure) => return answer.failure(&failure),
    };
    if answer.is_json() {
        answer.json(&verified);
    } else {
        for journal in &verified {
            answer.line(&line(journal));
        }
    }
    code_unless(verified.iter().any(|journal| journal.failure.is_some()))
}

fn line(journal: &VerifiedJournal) -> String {
    let words = journal.failure.as_ref().map_or_else(|| proven(journal), |failure| format!("CHANGED: {}", failure.message));
    neutralise_line(&format!("{}  {words}", journal.session)).into_owned()
}

fn proven(journal: &VerifiedJournal) -> String {
    let end = match (journal.closed, journal.under_way) {
        (true, _) => "closed",
        (false, true) => "still under way",
        (false, false) => "not closed: its writer died, and lines may be missing at the end",
    };
    let events = counted(usize::try_from(journal.entries).unwrap_or(usize::MAX), "event");
    format!("as written: {events}, {end}")
}
