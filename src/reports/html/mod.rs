//! The report as one page that needs nothing else: no script, no request, filters and details by the browser alone.

mod context;
mod steps;

use std::fmt::Write as _;

use super::model::{JournalState, Report};
use super::sinks::html;
use super::words;

const STYLE: &str = include_str!("style.css");
/// Nothing may be fetched and nothing may run, whatever the page holds.
const GUARD: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

pub(super) fn render(report: &Report) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write_page(&mut page, report);
    page
}

fn write_page(page: &mut String, report: &Report) -> std::fmt::Result {
    let id = html(&report.journal.id.to_string());
    write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{GUARD}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>Session {id}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
    )?;
    head(page, report)?;
    sessions(page, report)?;
    steps::write(page, report)?;
    context::write(page, report)?;
    tools(page, report)?;
    servers(page, report)?;
    proof(page, report)?;
    page.push_str("</body>\n</html>\n");
    Ok(())
}

fn head(page: &mut String, report: &Report) -> std::fmt::Result {
    let (journal, totals) = (&report.journal, &report.mcp_details.totals);
    writeln!(page, "<h1>Session {}</h1>", html(&journal.id.to_string()))?;
    writeln!(
        page,
        "<p class=\"dim\">{} to {} · {} {}, {}</p>",
        words::time(journal.started_at),
        words::time(journal.ended_at),
        report.program.name,
        html(&report.program.version),
        html(&report.program.front)
    )?;
    if journal.state != JournalState::Closed {
        writeln!(page, "<p class=\"alarm\">This session is {}.</p>", journal.state.words())?;
    }
    if journal.recorded == "raw" {
        page.push_str(
            "<p class=\"alarm\">This session was recorded raw: arguments and results stand here unmasked, secrets and personal data included.</p>\n",
        );
    }
    let summary = &report.mcp_details.summary;
    let decisions: Vec<String> = summary.decisions.iter().map(|(word, count)| format!("{count} {word}")).collect();
    let mut facts = vec![
        ("Sessions", summary.total_sessions.to_string()),
        ("Steps", format!("{}, {}", words::counted(summary.total_steps, "step"), words::counted(totals.calls, "call"))),
        ("Decisions", if decisions.is_empty() { "none".to_owned() } else { decisions.join(", ") }),
        ("Violations", totals.violations.to_string()),
        ("Time in calls", words::milliseconds(totals.latency_ms.total)),
        ("Arguments", format!("{}, {}", words::bytes(totals.bytes_in), words::counted(totals.tokens_in, "token"))),
        ("Results", format!("{}, {}", words::bytes(totals.bytes_out), words::counted(totals.tokens_out, "token"))),
    ];
    facts.extend(totals.cost_usd.map(|cost| ("Cost", format!("{cost:.6} US dollars"))));
    list(page, "facts", &facts)
}

/// A list of names and texts; the texts are data.
pub(super) fn list(page: &mut String, class: &str, facts: &[(&str, String)]) -> std::fmt::Result {
    writeln!(page, "<dl class=\"{class}\">")?;
    for (name, text) in facts {
        writeln!(page, "<dt>{name}</dt><dd>{}</dd>", html(text))?;
    }
    writeln!(page, "</dl>")
}

fn sessions(page: &mut String, report: &Report) -> std::fmt::Result {
    page.push_str(
        "<h2>Sessions</h2>\n<div class=\"wide\"><table>\n<tr><th>Session</th><th>What</th><th>Status</th><th>Outcome</th>",
    );
    page.push_str(
        "<th>Sandbox</th><th>Model</th><th>Rules</th><th class=\"n\">Calls</th><th class=\"n\">Time in calls</th>\
         <th>Own limits</th><th>Context</th></tr>\n",
    );
    for session in &report.mcp_details.sessions {
        let status = session.status.word();
        writeln!(
            page,
            "<tr><td>{}</td><td>{} {}</td><td class=\"{status}\">{status}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>\
             <td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td><td>{}</td></tr>",
            html(session.part()),
            session.kind.word(),
            html(&session.name),
            html(&session.outcome),
            html(session.sandbox.as_deref().unwrap_or("-")),
            html(session.model.as_deref().unwrap_or("-")),
            html(session.rules_hash.as_deref().map_or("-", |hash| hash.get(..12).unwrap_or(hash))),
            session.totals.calls,
            words::milliseconds(session.totals.latency_ms.total),
            if session.limits.is_empty() { "-".to_owned() } else { html(&words::limits(&session.limits)) },
            session.context.as_ref().map_or("-".to_owned(), |ledger| html(&words::share(ledger))),
        )?;
    }
    page.push_str("</table></div>\n");
    Ok(())
}

fn tools(page: &mut String, report: &Report) -> std::fmt::Result {
    if report.tools.is_empty() {
        return Ok(());
    }
    page.push_str(
        "<h2>Tools</h2>\n<div class=\"wide\"><table>\n<tr><th>Tool</th><th class=\"n\">Calls</th><th class=\"n\">Not ok</th>",
    );
    page.push_str("<th class=\"n\">p50</th><th class=\"n\">p95</th><th class=\"n\">p99</th><th class=\"n\">max</th>");
    page.push_str("<th class=\"n\">Results</th><th class=\"n\">Tokens in</th><th class=\"n\">Tokens out</th></tr>\n");
    for tool in &report.tools {
        write!(page, "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>", html(&tool.tool), tool.calls, tool.not_ok)?;
        for time in [tool.p50_ms, tool.p95_ms, tool.p99_ms, tool.max_ms] {
            write!(page, "<td class=\"n\">{}</td>", words::milliseconds(time))?;
        }
        write!(page, "<td class=\"n\">{}</td>", words::bytes(tool.bytes_out))?;
        let (sent, received) = (words::count(tool.tokens_in), words::count(tool.tokens_out));
        writeln!(page, "<td class=\"n\">{sent}</td><td class=\"n\">{received}</td></tr>")?;
    }
    page.push_str("</table></div>\n");
    Ok(())
}

fn servers(page: &mut String, report: &Report) -> std::fmt::Result {
    if report.servers.is_empty() {
        return Ok(());
    }
    page.push_str("<h2>Servers</h2>\n<div class=\"wide\"><table>\n<tr><th>Server</th><th>Calls itself</th><th>Version</th><th>Protocol</th>");
    page.push_str("<th class=\"n\">Tools</th><th class=\"n\">Pinned</th><th>Changed since</th><th>Field names</th><th class=\"n\">Calls</th><th class=\"n\">Not ok</th></tr>\n");
    for server in &report.servers {
        let said = |text: &Option<String>| html(text.as_deref().unwrap_or("-"));
        writeln!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td>\
             <td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            html(&server.server),
            said(&server.name),
            said(&server.version),
            said(&server.protocol),
            server.tool_count.map_or("-".to_owned(), |count| count.to_string()),
            server.pinned.map_or("-".to_owned(), |count| count.to_string()),
            if server.changed.is_empty() { "-".to_owned() } else { html(&server.changed.join(", ")) },
            said(&server.field_names),
            server.calls,
            server.not_ok
        )?;
    }
    page.push_str("</table></div>\n");
    Ok(())
}

/// What was recorded and masked, and how anybody can check that this page tells the truth.
fn proof(page: &mut String, report: &Report) -> std::fmt::Result {
    let journal = &report.journal;
    page.push_str("<h2>Record</h2>\n");
    let masked: Vec<String> = journal.masked.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let mut facts = vec![
        ("Journal", format!("{}, {}, {}", journal.file, words::counted(journal.entries, "event"), journal.state.words())),
        ("Payloads recorded", journal.recorded.to_owned()),
        ("Masked", if masked.is_empty() { "nothing was found that had to be".to_owned() } else { masked.join(", ") }),
        ("Tokens counted by", report.mcp_details.totals.token_estimator.to_owned()),
    ];
    facts.extend((!journal.limits.is_empty()).then(|| ("Limits", words::limits(&journal.limits))));
    facts.extend(report.preflight.iter().map(|judged| ("Preflight", format!("{}: {}", judged.of, words::preflight(judged)))));
    if journal.torn_bytes > 0 {
        facts.push((
            "Torn",
            format!("{} at the end that its writer could not finish", words::counted(journal.torn_bytes, "byte")),
        ));
    }
    facts.extend(journal.sha256.clone().map(|hash| ("SHA-256", hash)));
    list(page, "facts", &facts)?;
    writeln!(
        page,
        "<p>Each line of the journal holds the hash of the line before it. <code>{}</code> proves every line;\n\
         <code>sha256sum {}</code> gives the hash above; <code>mcp-studio report {}</code> makes this page again, byte for byte.</p>",
        html(&journal.verify),
        html(&journal.file),
        html(&format!("{} --format html", journal.id))
    )
}
