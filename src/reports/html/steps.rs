//! The waterfall of steps, each of which opens to everything that is known of it.

use std::fmt::Write as _;

use super::super::model::{Report, Step};
use super::super::sinks::html;
use super::super::words;
use super::list;
use crate::types::limits::REPORT_STEPS_SHOWN;
use crate::types::{Check, Payload};

/// The groups that can be shown and hidden.
const GROUPS: [(&str, &str); 4] = [("ok", "ok"), ("denied", "denied"), ("failed", "failed"), ("other", "messages and other")];

pub(super) fn write(page: &mut String, report: &Report) -> std::fmt::Result {
    let steps = &report.mcp_details.steps;
    page.push_str("<h2>Steps</h2>\n<section class=\"filters\">\n");
    for (group, words) in GROUPS {
        writeln!(page, "<input type=\"checkbox\" id=\"show-{group}\" checked><label for=\"show-{group}\"> {words}</label>")?;
    }
    if steps.len() > REPORT_STEPS_SHOWN {
        writeln!(
            page,
            "<p>The first {REPORT_STEPS_SHOWN} of {} steps; the JSON report and the workbook have all.</p>",
            steps.len()
        )?;
    }
    page.push_str("<div class=\"steps\">\n");
    let whole = steps.iter().map(end_of).fold(0.0, f64::max).max(0.001);
    for step in steps.iter().take(REPORT_STEPS_SHOWN) {
        one(page, step, whole)?;
    }
    page.push_str("</div>\n</section>\n");
    Ok(())
}

fn end_of(step: &Step) -> f64 {
    step.offset_ms + step.latency_ms.map_or(0.0, |latency| latency.total)
}

/// The class that colours and filters a step.
fn group(step: &Step) -> &'static str {
    match (step.check, step.decision) {
        (Check::Failed, _) => "failed",
        (Check::Passed, Some(_)) => "ok",
        (_, Some(decision)) if decision.is_denial() => "denied",
        (_, Some(decision)) if decision.is_failure() => "failed",
        (_, Some(crate::types::Decision::Ok)) => "ok",
        (_, _) => "other",
    }
}

fn one(page: &mut String, step: &Step, whole: f64) -> std::fmt::Result {
    let time = step.latency_ms.map_or(0.0, |latency| latency.total);
    let title = if step.server.is_some() { step.tool() } else { format!("{} {}", step.role.word(), step.channel.word()) };
    let word = match step.check {
        Check::Unchecked => step.decision_word().to_owned(),
        Check::Passed | Check::Failed | Check::Skipped if step.decision.is_none() => step.check.word().to_owned(),
        Check::Passed | Check::Failed | Check::Skipped => format!("{} · {}", step.decision_word(), step.check.word()),
    };
    writeln!(
        page,
        "<details class=\"step {}\"><summary class=\"row\"><span class=\"dim\">{}</span><span>{}</span><span>{word}</span>\
         <span class=\"track\"><span class=\"bar\" style=\"margin-left:{:.2}%;width:{:.2}%\"></span></span>\
         <span class=\"n\">{}</span></summary>\n<div class=\"body\">",
        group(step),
        step.call.map_or("-".to_owned(), |call| call.to_string()),
        html(&title),
        (step.offset_ms / whole * 100.0).min(100.0),
        (time / whole * 100.0).min(100.0),
        step.latency_ms.map_or(String::new(), |_| words::milliseconds(time)),
    )?;
    list(page, "facts", &facts(step))?;
    payload(page, "Input", step.input.as_ref())?;
    payload(page, "Output", step.output.as_ref())?;
    page.push_str("</div></details>\n");
    Ok(())
}

fn facts(step: &Step) -> Vec<(&'static str, String)> {
    let mut facts = vec![("Step", step.step_id.clone())];
    let mut add = |name: &'static str, text: Option<String>| facts.extend(text.map(|text| (name, text)));
    add("Name", step.name.clone());
    add("Role", Some(format!("{}, {}", step.role.word(), step.channel.word())));
    add("Asked by", step.caller.map(|caller| step.line.map_or(caller.to_owned(), |line| format!("{caller}, line {line}"))));
    add("Decision", step.decision.map(|decision| decision.word().to_owned()));
    add("Rule", step.rule.as_ref().map(words::rule));
    add("Error", step.error.clone());
    add("Began", Some(format!("{}, {} after the beginning", words::time(step.started_at), words::milliseconds(step.offset_ms))));
    add("Time", latencies(step));
    add(
        "Arguments",
        step.decision.map(|_| format!("{}, {}", words::bytes(step.bytes_in), words::counted(step.tokens_in, "token"))),
    );
    add(
        "Result",
        step.decision.map(|_| format!("{}, {}", words::bytes(step.bytes_out), words::counted(step.tokens_out, "token"))),
    );
    add("Cost", step.cost.as_ref().map(|cost| format!("{:.6} US dollars, {}", cost.usd, words::price(cost))));
    add("Field names", step.field_names.clone());
    add("Reused", step.reused_from.map(|call| format!("from step {call}; not in the totals of time and cost")));
    add("Reused signals", joined(&step.reused_fingerprints));
    add("Violations", joined(&step.violations));
    let labels: Vec<String> = step.labels.iter().map(|note| format!("{} ({})", note.label.word(), note.why)).collect();
    add("Labels", joined(&labels));
    add("Warnings", joined(&step.warnings));
    add("Not as expected", joined(&step.reasons));
    facts
}

fn joined(texts: &[String]) -> Option<String> {
    if texts.is_empty() { None } else { Some(texts.join("; ")) }
}

fn latencies(step: &Step) -> Option<String> {
    let latency = step.latency_ms?;
    let class = step.latency_class.map_or("", crate::types::LatencyClass::word);
    Some(format!(
        "{} ({class}): queue {}, guards {}, server {}, decoding {}",
        words::milliseconds(latency.total),
        words::milliseconds(latency.queue),
        words::milliseconds(latency.guard),
        words::milliseconds(latency.server),
        words::milliseconds(latency.decode)
    ))
}

fn payload(page: &mut String, name: &str, payload: Option<&Payload>) -> std::fmt::Result {
    let Some(payload) = payload else {
        return Ok(());
    };
    writeln!(page, "<p class=\"dim\">{name}, recorded {}: <code>{}</code></p>", payload.level.word(), html(&payload.shape))?;
    writeln!(page, "<pre>{}</pre>", html(payload.text.as_ref().unwrap_or(&payload.preview)))?;
    match &payload.sha256 {
        Some(hash) => writeln!(page, "<p class=\"dim\">SHA-256 after masking <code>{}</code></p>", html(hash)),
        None => Ok(()),
    }
}
