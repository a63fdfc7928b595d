//! `tests/golden/reports` holds each format of the report of one journal. `UPDATE_GOLDEN=1` writes them anew.

use std::path::{Path, PathBuf};

use mcp_studio::journal::{Event, Journal};
use mcp_studio::reports::{Format, JournalState, Report, SessionStatus, gather, render};
use serde_json::{Value, json};

use super::fixture::{SESSION, events, id, started, write};

pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/reports")
}

pub(super) fn fixed_report() -> Report {
    let folder = tempfile::tempdir().unwrap();
    gather(&write(folder.path(), SESSION, &events())).unwrap()
}

/// Compares with the golden file of that name, or writes it anew.
pub(super) fn compare(name: &str, made: &str) {
    let golden = folder().join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, made).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    assert!(made == expected, "{} is not what is made now; UPDATE_GOLDEN=1 writes it anew:\n{made}", golden.display());
}

#[test]
fn each_format_is_what_it_was() {
    let report = fixed_report();
    for (format, name) in [
        (Format::Json, "report.json"),
        (Format::Html, "report.html"),
        (Format::Markdown, "report.md"),
        (Format::Junit, "report.xml"),
    ] {
        compare(name, &String::from_utf8(render(&report, format).unwrap()).unwrap());
    }
}

#[test]
fn equal_journals_give_equal_bytes() {
    let (one, other) = (fixed_report(), fixed_report());
    assert_eq!(one, other);
    for format in Format::ALL {
        assert!(render(&one, format) == render(&other, format), "{format:?}");
    }
}

/// The published schema, compiled.
pub(super) fn schema() -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/report.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap_or_else(|fault| panic!("{fault}"));
    jsonschema::validator_for(&schema).unwrap_or_else(|fault| panic!("{fault}"))
}

pub(super) fn faults(schema: &jsonschema::Validator, report: &Value) -> Vec<String> {
    schema.iter_errors(report).map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
}

#[test]
fn the_published_schema_fits_and_can_fail() {
    let schema = schema();
    let report: Value = serde_json::from_slice(&render(&fixed_report(), Format::Json).unwrap()).unwrap();
    assert_eq!(faults(&schema, &report), Vec::<String>::new());
    for (pointer, wrong) in [
        ("/schema_version", json!("2.0")),
        ("/mcp_details/steps/0/decision", json!("maybe")),
        ("/mcp_details/steps/0/latency_ms/total", json!("3")),
        ("/mcp_details/summary", json!({})),
        ("/journal/state", json!("fine")),
    ] {
        let mut broken = report.clone();
        *broken.pointer_mut(pointer).unwrap() = wrong;
        assert_eq!(faults(&schema, &broken).len(), if pointer == "/mcp_details/summary" { 4 } else { 1 }, "{pointer}");
    }
    let mut longer = report;
    longer["mcp_details"]["steps"][0]["surprise"] = json!(1);
    assert_eq!(faults(&schema, &longer).len(), 1);
}

#[test]
fn what_a_report_counts() {
    let details = fixed_report().mcp_details;
    let sessions: Vec<(&str, u64, SessionStatus)> =
        details.sessions.iter().map(|session| (session.part(), session.totals.steps, session.status)).collect();
    assert_eq!(
        sessions,
        [("run-1", 3, SessionStatus::Failed), ("calls", 1, SessionStatus::Failed), ("transcript-1", 5, SessionStatus::Failed)]
    );
    assert_eq!(details.summary.total_sessions, 3);
    assert_eq!(details.summary.total_steps, 9);
    assert_eq!(details.summary.tools_used, ["git__git_log", "git__git_reset", "git__git_status"]);
    let decisions: Vec<(&str, u64)> = details.summary.decisions.into_iter().collect();
    assert_eq!(decisions, [("denied_policy", 1), ("error", 1), ("ok", 3), ("reused", 1), ("timeout", 1)]);
    // Seven calls of 1.6 ms and 120 ms times their number; the third was reused and costs nothing.
    let expected = 6.0 * 1.6 + 120.0 * f64::from(1 + 2 + 4 + 5 + 6 + 7);
    assert!((details.totals.latency_ms.total - expected).abs() < 1e-6, "{}", details.totals.latency_ms.total);
    assert_eq!((details.totals.tokens_out, details.totals.reused, details.totals.violations), (6 * 512, 1, 2));
}

#[test]
fn a_crashed_session_is_shown_with_what_it_had_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut events = events();
    events.truncate(4);
    let path = write(folder.path(), SESSION, &events);
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{whole}{{\"seq\":5,\"at\":")).unwrap();
    let report = gather(&path).unwrap();
    assert_eq!((report.journal.state, report.journal.torn_bytes), (JournalState::Crashed, 14));
    assert_eq!(report.mcp_details.summary.total_steps, 2);
    assert_eq!(report.mcp_details.sessions[0].status, SessionStatus::Unfinished);
    for (format, words) in [
        (Format::Html, "<p class=\"alarm\">This session is crashed: everything it had acknowledged is here.</p>"),
        (Format::Markdown, "**This session is crashed: everything it had acknowledged is here.**"),
        (Format::Junit, "<failure message=\"nobody saw its end\"/>"),
        (Format::Json, "\"state\": \"crashed\""),
    ] {
        let text = String::from_utf8(render(&report, format).unwrap()).unwrap();
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn a_session_under_way_is_shown_as_such_and_has_no_hash_yet() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::new(folder.path(), "tui");
    journal.record(&Event::TranscriptStarted { transcript: 1, name: "x".to_owned(), sha256: None, model: None }).unwrap();
    let report = gather(&journal.path()).unwrap();
    assert_eq!((report.journal.state, report.journal.sha256), (JournalState::UnderWay, None));
    journal.close().unwrap();
    drop(journal);
}

#[test]
fn no_report_is_made_of_a_changed_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), SESSION, &events());
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("denied_policy", "ok")).unwrap();
    let failure = gather(&path).unwrap_err();
    assert_eq!(failure.message, "line 4 of the journal is not what was written: its bytes do not match its own sum");
}

#[test]
fn a_session_without_steps_has_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let report = gather(&write(folder.path(), SESSION, &[started(SESSION)])).unwrap();
    assert_eq!((&report.journal.id, report.mcp_details.steps.len()), (&id(SESSION), 0));
    for format in Format::ALL {
        assert!(!render(&report, format).unwrap().is_empty());
    }
}
