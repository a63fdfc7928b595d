//! The report as a workbook: numbers are numbers, times are dates, and every text is a text, never a formula.

mod legend;
mod sheet;

use std::collections::BTreeMap;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

use self::sheet::{Cell, Column, Sheet};
use super::model::{Latencies, Report, Session, Step, ToolUse};
use crate::types::{Failure, FailureKind, Payload, Preflight};

pub(super) fn render(report: &Report) -> Result<Vec<u8>, Failure> {
    write(report).map_err(|error| Failure::new(FailureKind::Internal, format!("the workbook cannot be made: {error}")))
}

fn write(report: &Report) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // The writer would put the time of writing here; equal journals give equal bytes.
    let created = ExcelDateTime::from_timestamp(report.journal.ended_at.as_second())?;
    let properties = DocProperties::new().set_title("mcp-studio session").set_creation_datetime(&created);
    workbook.set_properties(&properties);
    for sheet in [summary(report), details(report), servers(report), decisions(report), errors(report), legend::sheet()] {
        sheet.write(workbook.add_worksheet())?;
    }
    workbook.save_to_buffer()
}

fn summary(report: &Report) -> Sheet {
    const COLUMNS: &[Column] = &[Column::text("Fact", 26), Column::text("Value", 80)];
    let (journal, details) = (&report.journal, &report.mcp_details);
    let (totals, summary) = (&details.totals, &details.summary);
    let mut rows: Vec<(&str, Cell)> = vec![
        ("Journal", Cell::text(journal.id.to_string())),
        ("State", Cell::text(journal.state.words())),
        ("Started", Cell::Time(journal.started_at)),
        ("Ended", Cell::Time(journal.ended_at)),
        ("Program", Cell::text(format!("{} {}", report.program.name, report.program.version))),
        ("Front", Cell::text(&report.program.front)),
        ("Sessions", Cell::count(summary.total_sessions)),
        ("Steps", Cell::count(summary.total_steps)),
        ("Calls", Cell::count(totals.calls)),
    ];
    rows.extend(summary.decisions.iter().map(|(word, count)| (*word, Cell::count(*count))));
    rows.extend([
        ("Violations", Cell::count(totals.violations)),
        ("Latency, ms", Cell::Number(totals.latency_ms.total)),
        ("Tokens in", Cell::count(totals.tokens_in)),
        ("Tokens out", Cell::count(totals.tokens_out)),
        ("Cost, USD", totals.cost_usd.map_or(Cell::Empty, Cell::Number)),
        ("Token estimator", Cell::text(totals.token_estimator)),
        ("Tools used", Cell::text(summary.tools_used.join(", "))),
        ("Payloads recorded", Cell::text(journal.recorded)),
    ]);
    rows.extend(details.sessions.iter().map(|session| ("Session", Cell::text(session_words(session)))));
    if let Some(ledger) = &report.context {
        rows.extend([
            ("Context, tools called directly", Cell::count(ledger.direct.total)),
            ("Context, scripts", Cell::count(ledger.scripted.total)),
            ("Context saved, %", Cell::Number(ledger.saved_percent)),
            ("Context counted by", Cell::text(ledger.estimator)),
        ]);
    }
    if journal.recorded == "raw" {
        rows.push(("Warning", Cell::text("recorded raw: the journal holds arguments and results unmasked")));
    }
    rows.extend(journal.masked.iter().map(|(kind, count)| ("Masked", Cell::text(format!("{count} {kind}")))));
    rows.extend(journal.limits.iter().map(|(name, limit)| ("Limit", Cell::text(format!("{name} {limit}")))));
    let preflight = |judged: &Preflight| Cell::text(format!("{}: {}", judged.of, super::words::preflight(judged)));
    rows.extend(report.preflight.iter().map(|judged| ("Preflight", preflight(judged))));
    rows.extend([
        ("Journal file", Cell::text(&journal.file)),
        ("Events", Cell::count(journal.entries)),
        ("SHA-256", journal.sha256.as_ref().map_or(Cell::Empty, Cell::text)),
        ("To verify", Cell::text(&journal.verify)),
    ]);
    Sheet { name: "Summary", columns: COLUMNS, rows: rows.into_iter().map(|(name, cell)| vec![Cell::text(name), cell]).collect() }
}

/// A session on one line, with what holds for it alone.
fn session_words(session: &Session) -> String {
    let Session { kind, name, status, outcome, model, limits, context, .. } = session;
    let told = [
        Some(format!("{}: {} {name}, {}, {outcome}", session.part(), kind.word(), status.word())),
        model.as_ref().map(|model| format!("model {model}")),
        (!limits.is_empty()).then(|| format!("own limits {}", super::words::limits(limits))),
        context.as_ref().map(|ledger| format!("context {}", super::words::share(ledger))),
    ];
    told.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// One row for each step. The first columns are those that other tools expect, in their order.
fn details(report: &Report) -> Sheet {
    const COLUMNS: &[Column] = &[
        Column::text("Session ID", 34),
        Column::text("Step ID", 38),
        Column::text("Role", 10),
        Column::text("Channel", 13),
        Column::text("Tool Name", 30),
        Column::text("Decision", 16),
        Column::number("Latency (ms)", 13),
        Column::number("Tokens In", 11),
        Column::number("Tokens Out", 11),
        Column::number("Cost (USD)", 12),
        Column::text("Violations", 30),
        Column::text("Reused Fingerprints", 30),
        Column::number("Call", 7),
        Column::text("Name", 20),
        Column::text("Server", 16),
        Column::text("Asked By", 13),
        Column::number("Line", 7),
        Column::text("Started", 24),
        Column::number("Offset (ms)", 12),
        Column::text("Latency Class", 13),
        Column::number("Queue (ms)", 11),
        Column::number("Guards (ms)", 12),
        Column::number("Server (ms)", 12),
        Column::number("Decoding (ms)", 13),
        Column::number("Bytes In", 10),
        Column::number("Bytes Out", 10),
        Column::text("Rule", 30),
        Column::number("Reused From", 12),
        Column::text("Labels", 24),
        Column::text("Check", 11),
        Column::text("Reasons", 40),
        Column::text("Error", 40),
        Column::text("Warnings", 40),
        Column::text("Input", 40),
        Column::text("Output", 40),
        Column::text("Token Estimator", 15),
        Column::text("Price", 34),
        Column::text("Field Names", 20),
    ];
    Sheet { name: "MCP_Details", columns: COLUMNS, rows: report.mcp_details.steps.iter().map(details_row).collect() }
}

fn details_row(step: &Step) -> Vec<Cell> {
    let latency = |part: fn(&Latencies) -> f64| step.latency_ms.as_ref().map_or(Cell::Empty, |all| Cell::Number(part(all)));
    let counted = |count: u64| step.decision.map_or(Cell::Empty, |_| Cell::count(count));
    let labels: Vec<&str> = step.labels.iter().map(|note| note.label.word()).collect();
    let preview = |payload: &Option<Payload>| payload.as_ref().map_or(Cell::Empty, |payload| Cell::text(&payload.preview));
    vec![
        Cell::text(&step.session_id),
        Cell::text(&step.step_id),
        Cell::text(step.role.word()),
        Cell::text(step.channel.word()),
        step.tool_name.as_ref().map_or(Cell::Empty, Cell::text),
        Cell::text(step.decision_word()),
        latency(|all| all.total),
        counted(step.tokens_in),
        counted(step.tokens_out),
        step.cost.as_ref().map_or(Cell::Empty, |cost| Cell::Number(cost.usd)),
        Cell::text(step.violations.join("; ")),
        Cell::text(step.reused_fingerprints.join("; ")),
        step.call.map_or(Cell::Empty, Cell::count),
        step.name.as_ref().map_or(Cell::Empty, Cell::text),
        step.server.as_ref().map_or(Cell::Empty, Cell::text),
        step.caller.map_or(Cell::Empty, Cell::text),
        step.line.map_or(Cell::Empty, |line| Cell::Number(line.into())),
        Cell::Time(step.started_at),
        Cell::Number(step.offset_ms),
        step.latency_class.map_or(Cell::Empty, |class| Cell::text(class.word())),
        latency(|all| all.queue),
        latency(|all| all.guard),
        latency(|all| all.server),
        latency(|all| all.decode),
        counted(step.bytes_in),
        counted(step.bytes_out),
        step.rule.as_ref().map_or(Cell::Empty, |rule| Cell::text(super::words::rule(rule))),
        step.reused_from.map_or(Cell::Empty, Cell::count),
        Cell::text(labels.join(", ")),
        Cell::text(step.check.word()),
        Cell::text(step.reasons.join("; ")),
        step.error.as_ref().map_or(Cell::Empty, Cell::text),
        Cell::text(step.warnings.join("; ")),
        preview(&step.input),
        preview(&step.output),
        Cell::text(step.token_estimator),
        step.cost.as_ref().map_or(Cell::Empty, |cost| Cell::text(super::words::price(cost))),
        step.field_names.as_ref().map_or(Cell::Empty, Cell::text),
    ]
}

fn servers(report: &Report) -> Sheet {
    const COLUMNS: &[Column] = &[
        Column::text("Server", 20),
        Column::text("Calls Itself", 26),
        Column::text("Version", 14),
        Column::text("Protocol", 14),
        Column::number("Tools", 8),
        Column::number("Calls", 8),
        Column::number("Not Ok", 8),
        Column::text("Tool Names", 80),
        Column::number("Pinned", 8),
        Column::text("Changed Since Pinned", 40),
        Column::text("Field Names", 30),
    ];
    let said = |text: &Option<String>| text.as_ref().map_or(Cell::Empty, Cell::text);
    let rows = report.servers.iter().map(|server| {
        vec![
            Cell::text(&server.server),
            said(&server.name),
            said(&server.version),
            said(&server.protocol),
            server.tool_count.map_or(Cell::Empty, Cell::count),
            Cell::count(server.calls),
            Cell::count(server.not_ok),
            Cell::text(server.tools.join(", ")),
            server.pinned.map_or(Cell::Empty, Cell::count),
            Cell::text(server.changed.join(", ")),
            said(&server.field_names),
        ]
    });
    Sheet { name: "Servers", columns: COLUMNS, rows: rows.collect() }
}

/// How each tool was decided about and how long it took.
fn decisions(report: &Report) -> Sheet {
    const COLUMNS: &[Column] = &[
        Column::text("Tool", 36),
        Column::text("Decision", 16),
        Column::number("Calls", 8),
        Column::number("Calls Of Tool", 13),
        Column::number("p50 (ms)", 11),
        Column::number("p95 (ms)", 11),
        Column::number("p99 (ms)", 11),
        Column::number("Max (ms)", 11),
        Column::number("Tokens In", 11),
        Column::number("Tokens Out", 11),
        Column::number("Definition Tokens", 17),
    ];
    let mut counts: BTreeMap<(String, &str), u64> = BTreeMap::new();
    for step in report.mcp_details.steps.iter().filter(|step| step.decision.is_some()) {
        *counts.entry((step.tool(), step.decision_word())).or_default() += 1;
    }
    let tools: BTreeMap<&str, &ToolUse> = report.tools.iter().map(|tool| (tool.tool.as_str(), tool)).collect();
    let lines = report.context.iter().flat_map(|ledger| &ledger.tools);
    let definitions: BTreeMap<String, u64> = lines.map(|line| (line.tool.to_string(), line.definition)).collect();
    let rows = counts.into_iter().map(|((name, word), count)| {
        let mut row = vec![Cell::text(&name), Cell::text(word), Cell::count(count)];
        if let Some(tool) = tools.get(name.as_str()) {
            row.push(Cell::count(tool.calls));
            row.extend([tool.p50_ms, tool.p95_ms, tool.p99_ms, tool.max_ms].map(Cell::Number));
            row.extend([tool.tokens_in, tool.tokens_out].map(Cell::count));
            row.push(definitions.get(name.as_str()).copied().map_or(Cell::Empty, Cell::count));
        }
        row
    });
    Sheet { name: "Decisions", columns: COLUMNS, rows: rows.collect() }
}

/// Everything that did not go well: refused and failed calls, violations, vain expectations.
fn errors(report: &Report) -> Sheet {
    const COLUMNS: &[Column] = &[
        Column::text("Step ID", 38),
        Column::text("Started", 24),
        Column::text("Tool", 36),
        Column::text("Decision", 16),
        Column::text("Error", 60),
        Column::text("Violations", 40),
        Column::text("Not As Expected", 40),
    ];
    let bad = |step: &&Step| {
        let decided = step.decision.is_some_and(|decision| !decision.is_good());
        decided || !step.violations.is_empty() || !step.reasons.is_empty()
    };
    let rows = report.mcp_details.steps.iter().filter(bad).map(|step| {
        vec![
            Cell::text(&step.step_id),
            Cell::Time(step.started_at),
            Cell::text(step.tool()),
            Cell::text(step.decision_word()),
            step.error.as_ref().map_or(Cell::Empty, Cell::text),
            Cell::text(step.violations.join("; ")),
            Cell::text(step.reasons.join("; ")),
        ]
    });
    Sheet { name: "Errors", columns: COLUMNS, rows: rows.collect() }
}
