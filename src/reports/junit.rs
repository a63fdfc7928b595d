//! The report for the test view of a CI system: a suite for each session, a case for each step.

use std::fmt::Write as _;

use super::model::{Report, Session, SessionKind, SessionStatus, Step};
use super::sinks::xml;
use super::words;
use crate::types::Check;
use crate::types::limits::REPORT_STEPS_SHOWN;

/// How a case ended, with one line why.
enum Verdict {
    Passed,
    Failed(String),
    Skipped(String),
}

/// One case.
struct Case {
    name: String,
    seconds: f64,
    verdict: Verdict,
}

pub(super) fn render(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_text(&mut text, report);
    text
}

fn write_text(text: &mut String, report: &Report) -> std::fmt::Result {
    let suites: Vec<(&Session, Vec<Case>)> =
        report.mcp_details.sessions.iter().map(|session| (session, cases(session, report))).collect();
    let all = || suites.iter().flat_map(|(_, cases)| cases);
    text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let (tests, failures, skipped, seconds) = counts(all());
    writeln!(
        text,
        "<testsuites name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" skipped=\"{skipped}\" time=\"{seconds:.6}\">",
        xml(&report.journal.id.to_string())
    )?;
    for (session, cases) in &suites {
        suite(text, session, cases)?;
    }
    text.push_str("</testsuites>\n");
    Ok(())
}

fn suite(text: &mut String, session: &Session, cases: &[Case]) -> std::fmt::Result {
    let (tests, failures, skipped, seconds) = counts(cases.iter());
    writeln!(
        text,
        "  <testsuite name=\"{} {}\" timestamp=\"{}\" tests=\"{tests}\" failures=\"{failures}\" skipped=\"{skipped}\" time=\"{seconds:.6}\">",
        session.kind.word(),
        xml(&session.name),
        session.started_at.strftime("%FT%T")
    )?;
    properties(text, session)?;
    for case in cases {
        write!(
            text,
            "    <testcase classname=\"{}\" name=\"{}\" time=\"{:.6}\"",
            xml(&session.session_id),
            xml(&case.name),
            case.seconds
        )?;
        match &case.verdict {
            Verdict::Passed => writeln!(text, "/>")?,
            Verdict::Failed(why) => writeln!(text, "><failure message=\"{}\"/></testcase>", xml(why))?,
            Verdict::Skipped(why) => writeln!(text, "><skipped message=\"{}\"/></testcase>", xml(why))?,
        }
    }
    text.push_str("  </testsuite>\n");
    Ok(())
}

/// What holds for the session alone.
fn properties(text: &mut String, session: &Session) -> std::fmt::Result {
    let named = |name: &str, value: Option<String>| Some((name.to_owned(), value?));
    let limits = session.limits.iter().map(|(name, limit)| (format!("limits.{name}"), limit.clone()));
    let facts = [
        named("model", session.model.clone()),
        named("rules_hash", session.rules_hash.clone()),
        named("context", session.context.as_ref().map(words::share)),
    ];
    let facts: Vec<(String, String)> = facts.into_iter().flatten().chain(limits).collect();
    if facts.is_empty() {
        return Ok(());
    }
    text.push_str("    <properties>\n");
    for (name, value) in &facts {
        writeln!(text, "      <property name=\"{}\" value=\"{}\"/>", xml(name), xml(value))?;
    }
    text.push_str("    </properties>\n");
    Ok(())
}

fn counts<'a>(cases: impl Iterator<Item = &'a Case>) -> (usize, usize, usize, f64) {
    cases.fold((0, 0, 0, 0.0), |(tests, failures, skipped, seconds), case| {
        let failed = usize::from(matches!(case.verdict, Verdict::Failed(_)));
        let passed_over = usize::from(matches!(case.verdict, Verdict::Skipped(_)));
        (tests + 1, failures + failed, skipped + passed_over, seconds + case.seconds)
    })
}

/// A case for the session itself, unless all that it can tell is in its steps; then one for each step.
fn cases(session: &Session, report: &Report) -> Vec<Case> {
    let steps = report.mcp_details.steps.iter().filter(|step| step.session_id == session.session_id);
    let whole = match (session.kind, session.status) {
        (SessionKind::Script, _) | (_, SessionStatus::Unfinished) => Some(Case {
            name: "ends well".to_owned(),
            seconds: 0.0,
            verdict: match session.status {
                SessionStatus::Passed => Verdict::Passed,
                SessionStatus::Failed | SessionStatus::Unfinished => Verdict::Failed(session.outcome.clone()),
            },
        }),
        (SessionKind::Transcript | SessionKind::Calls, _) => None,
    };
    whole.into_iter().chain(steps.take(REPORT_STEPS_SHOWN).map(|step| case(session, step))).collect()
}

fn case(session: &Session, step: &Step) -> Case {
    let what = if step.server.is_some() { step.tool() } else { format!("{} {}", step.role.word(), step.channel.word()) };
    let name = step.name.as_ref().map_or(String::new(), |name| format!(" {name}"));
    Case {
        name: format!("{}{name} {what}", step.ordinal),
        seconds: step.latency_ms.map_or(0.0, |latency| latency.total / 1_000.0),
        verdict: verdict(session, step),
    }
}

/// A transcript says itself what it expects. A script that passed has dealt with the failures of its calls.
fn verdict(session: &Session, step: &Step) -> Verdict {
    let bad = step.decision.is_some_and(|decision| !decision.is_good());
    let why = || match &step.error {
        Some(error) => format!("{}: {error}", step.decision_word()),
        None => step.decision_word().to_owned(),
    };
    match (step.check, session.kind, session.status) {
        (Check::Failed, _, _) => Verdict::Failed(step.reasons.join("; ")),
        (Check::Skipped, _, _) => Verdict::Skipped(step.reasons.join("; ")),
        (Check::Unchecked, SessionKind::Script, SessionStatus::Passed) if bad => {
            Verdict::Skipped(format!("the script dealt with it: {}", why()))
        }
        (Check::Unchecked, _, _) if bad => Verdict::Failed(why()),
        (Check::Unchecked | Check::Passed, _, _) => Verdict::Passed,
    }
}
