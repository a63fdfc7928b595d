//! The report for a comment or a wiki: tables that read well as plain text too.

use std::fmt::Write as _;

use super::model::{JournalState, Report};
use super::sinks::markdown;
use super::words;
use crate::types::limits::REPORT_STEPS_SHOWN;

pub(super) fn render(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_text(&mut text, report);
    text
}

fn write_text(text: &mut String, report: &Report) -> std::fmt::Result {
    head(text, report)?;
    sessions(text, report)?;
    steps(text, report)?;
    tools(text, report)?;
    context(text, report)?;
    not_as_expected(text, report)?;
    record(text, report)
}

fn head(text: &mut String, report: &Report) -> std::fmt::Result {
    let (journal, totals) = (&report.journal, &report.mcp_details.totals);
    writeln!(text, "# Session {}\n", markdown(&journal.id.to_string()))?;
    if journal.state != JournalState::Closed {
        writeln!(text, "**This session is {}.**\n", journal.state.words())?;
    }
    if journal.recorded == "raw" {
        writeln!(text, "**Recorded raw: the journal holds arguments and results unmasked.**\n")?;
    }
    let summary = &report.mcp_details.summary;
    let decisions: Vec<String> = summary.decisions.iter().map(|(word, count)| format!("{count} {}", markdown(word))).collect();
    writeln!(
        text,
        "{}, {}, {}: {}. {} in calls, {} of arguments, {} of results.\n",
        words::counted(summary.total_sessions, "session"),
        words::counted(summary.total_steps, "step"),
        words::counted(totals.calls, "call"),
        if decisions.is_empty() { "none".to_owned() } else { decisions.join(", ") },
        words::milliseconds(totals.latency_ms.total),
        words::counted(totals.tokens_in, "token"),
        words::counted(totals.tokens_out, "token"),
    )
}

fn sessions(text: &mut String, report: &Report) -> std::fmt::Result {
    text.push_str(
        "| Session | What | Status | Outcome | Calls | Model | Own limits | Context |\n|---|---|---|---|--:|---|---|---|\n",
    );
    for session in &report.mcp_details.sessions {
        writeln!(
            text,
            "| {} | {} {} | {} | {} | {} | {} | {} | {} |",
            markdown(session.part()),
            session.kind.word(),
            markdown(&session.name),
            session.status.word(),
            markdown(&session.outcome),
            session.totals.calls,
            markdown(session.model.as_deref().unwrap_or_default()),
            markdown(&words::limits(&session.limits)),
            markdown(&session.context.as_ref().map_or(String::new(), words::share))
        )?;
    }
    Ok(())
}

fn steps(text: &mut String, report: &Report) -> std::fmt::Result {
    let steps = &report.mcp_details.steps;
    text.push_str("\n## Steps\n\n| # | Tool | Decision | Check | Time | Tokens in | Tokens out | Error |\n|--:|---|---|---|--:|--:|--:|---|\n");
    for step in steps.iter().take(REPORT_STEPS_SHOWN) {
        let what = if step.server.is_some() { step.tool() } else { format!("{} {}", step.role.word(), step.channel.word()) };
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            step.call.map_or(String::new(), |call| call.to_string()),
            markdown(&what),
            markdown(step.decision_word()),
            step.check.word(),
            step.latency_ms.map_or(String::new(), |latency| words::milliseconds(latency.total)),
            step.tokens_in,
            step.tokens_out,
            markdown(step.error.as_deref().unwrap_or_default())
        )?;
    }
    if steps.len() > REPORT_STEPS_SHOWN {
        writeln!(text, "\nThe first {REPORT_STEPS_SHOWN} of {} steps; the JSON report and the workbook have all.", steps.len())?;
    }
    Ok(())
}

fn tools(text: &mut String, report: &Report) -> std::fmt::Result {
    text.push_str("\n## Tools\n\n| Tool | Calls | Not ok | p50 | p95 | p99 | max |\n|---|--:|--:|--:|--:|--:|--:|\n");
    for tool in &report.tools {
        write!(text, "| {} | {} | {} |", markdown(&tool.tool), tool.calls, tool.not_ok)?;
        for time in [tool.p50_ms, tool.p95_ms, tool.p99_ms, tool.max_ms] {
            write!(text, " {} |", words::milliseconds(time))?;
        }
        text.push('\n');
    }
    Ok(())
}

fn context(text: &mut String, report: &Report) -> std::fmt::Result {
    let Some(ledger) = &report.context else {
        return Ok(());
    };
    writeln!(text, "\n## Context\n\n{}\n", markdown(&words::context(ledger)))?;
    text.push_str("| Tool | Calls | Definition | Arguments | Results |\n|---|--:|--:|--:|--:|\n");
    for tool in &ledger.tools {
        let name = tool.tool.to_string();
        writeln!(text, "| {} | {} | {} | {} | {} |", markdown(&name), tool.calls, tool.definition, tool.arguments, tool.results)?;
    }
    Ok(())
}

/// Violations, and what a transcript expected in vain.
fn not_as_expected(text: &mut String, report: &Report) -> std::fmt::Result {
    let mut lines = Vec::new();
    for step in &report.mcp_details.steps {
        let place = step.step_id.split_once('/').map_or("", |(_, place)| place);
        lines.extend(
            step.violations.iter().chain(&step.reasons).map(|reason| format!("- {}: {}", markdown(place), markdown(reason))),
        );
    }
    if lines.is_empty() {
        return Ok(());
    }
    let shown = lines.len().min(REPORT_STEPS_SHOWN);
    writeln!(text, "\n## Violations and failed expectations\n\n{}", lines[..shown].join("\n"))
}

fn record(text: &mut String, report: &Report) -> std::fmt::Result {
    let journal = &report.journal;
    writeln!(
        text,
        "\n## Record\n\nJournal {}, {}, {}. Payloads recorded: {}.",
        markdown(&journal.file),
        words::counted(journal.entries, "event"),
        journal.state.words(),
        journal.recorded
    )?;
    if let Some(hash) = &journal.sha256 {
        writeln!(text, "SHA-256 of the file: {}.", markdown(hash))?;
    }
    for (name, limit) in &journal.limits {
        writeln!(text, "- {}: {}", markdown(name), markdown(limit))?;
    }
    for judged in &report.preflight {
        writeln!(text, "- preflight of {}: {}", markdown(&judged.of), markdown(&words::preflight(judged)))?;
    }
    for server in report.servers.iter().filter(|server| !server.changed.is_empty()) {
        writeln!(text, "- not as pinned: {} {}", markdown(&server.server), markdown(&server.changed.join(", ")))?;
    }
    for (server, names) in report.servers.iter().filter_map(|server| Some((&server.server, server.field_names.as_ref()?))) {
        writeln!(text, "- field names of {}: {}", markdown(server), markdown(names))?;
    }
    writeln!(text, "\nTo prove each line of it: {}", markdown(&journal.verify))
}
