//! The context ledger: both ways of doing the work as bars of one scale, and what each tool has in it.

use std::fmt::Write as _;

use super::super::model::Report;
use super::super::sinks::html;
use super::super::words;
use crate::journal::ContextLedger;

pub(super) fn write(page: &mut String, report: &Report) -> std::fmt::Result {
    let Some(ledger) = &report.context else {
        return Ok(());
    };
    writeln!(page, "<h2>Context</h2>\n<p>{}</p>\n<div class=\"ledger\">", html(&words::context(ledger)))?;
    let ContextLedger { direct, scripted, .. } = ledger;
    let whole = direct.total.max(scripted.total).max(1);
    let called = [("definitions", direct.definitions), ("arguments", direct.arguments), ("results", direct.results)];
    bar(page, "Calling tools directly", called, direct.total, whole)?;
    let ran = [("definitions", scripted.definitions), ("script", scripted.script), ("output", scripted.printed)];
    bar(page, "Running the scripts", ran, scripted.total, whole)?;
    page.push_str("</div>\n");
    page.push_str(
        "<details><summary>Each tool</summary><div class=\"wide\"><table>\n<tr><th>Tool</th><th class=\"n\">Calls</th>",
    );
    page.push_str("<th class=\"n\">Definition</th><th class=\"n\">Arguments</th><th class=\"n\">Results</th></tr>\n");
    for tool in &ledger.tools {
        write!(page, "<tr><td>{}</td>", html(&tool.tool.to_string()))?;
        for figure in [tool.calls, tool.definition, tool.arguments, tool.results] {
            write!(page, "<td class=\"n\">{}</td>", words::count(figure))?;
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table></div></details>\n");
    Ok(())
}

fn bar(page: &mut String, name: &str, parts: [(&str, u64); 3], total: u64, whole: u64) -> std::fmt::Result {
    write!(page, "<span>{name}</span><span class=\"stack\">")?;
    for ((_, tokens), shade) in parts.iter().zip(1..) {
        let share = *tokens as f64 / whole as f64 * 100.0;
        write!(page, "<span class=\"part{shade}\" style=\"width:{share:.2}%\"></span>")?;
    }
    let told: Vec<String> = parts.iter().map(|(word, tokens)| format!("{word} {}", words::count(*tokens))).collect();
    writeln!(
        page,
        "</span><span class=\"n\">{}</span>\n<span class=\"dim wideline\">{}</span>",
        words::count(total),
        told.join(" · ")
    )
}
