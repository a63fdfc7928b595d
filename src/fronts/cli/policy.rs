//! `policy` and `pins`.

use super::answer::{Answer, code_unless};
use super::arguments::{Pins, PinsAction, Policy, PolicyAction};
use super::narration::{self, counted};
use super::{call, code, rules};
use crate::ops::{Explained, PinReport, PinRow, Studio, Tested};
use crate::types::{Failure, FailureKind, RuleRef, neutralise, neutralise_line};

pub(super) async fn policy(studio: &Studio, arguments: Policy, answer: &Answer) -> u8 {
    let target = arguments.target.unwrap_or_default();
    match arguments.action {
        PolicyAction::Show => {
            let view = studio.policy_view(None);
            if answer.is_json() {
                answer.json(&view);
            } else {
                answer.text(&rules::page(&view));
            }
            code::SUCCESS
        }
        PolicyAction::Explain => {
            let given = match call::given(arguments.arguments).await {
                Ok(given) => given,
                Err(failure) => return answer.failure(&failure),
            };
            match studio.explain_call(&target, given).await {
                Ok(explained) if answer.is_json() => answer.json(&explained),
                Ok(explained) => answer.text(&explanation(&explained)),
                Err(failure) => return answer.failure(&failure),
            }
            code::SUCCESS
        }
        PolicyAction::Test => match studio.test_policy(target.as_ref()) {
            Ok(tested) => tell_tests(&tested, answer),
            Err(failure) => answer.failure(&failure),
        },
    }
}

fn explanation(explained: &Explained) -> String {
    let mut lines = vec![format!("{}: {}", explained.tool, explained.decision.word())];
    lines.extend(rule_lines("rule", &explained.rule));
    lines.extend(explained.also.iter().flat_map(|rule| rule_lines("also", rule)));
    lines.extend(explained.labels.iter().map(|note| format!("  label: {} ({})", note.label.word(), note.why)));
    lines.extend(explained.misfit.iter().map(|why| format!("  refused before: {why}")));
    if explained.dry_run {
        lines.push("  dry run: the call itself is not made".to_owned());
    }
    lines.iter().map(|line| format!("{}\n", neutralise_line(line))).collect()
}

fn rule_lines(label: &str, rule: &RuleRef) -> [String; 2] {
    let place = rule.place.as_ref().map_or("built in".to_owned(), |place| format!("at {place}"));
    [format!("  {label}: {} ({place})", rule.id), format!("  why: {}", rule.why)]
}

fn tell_tests(tested: &[Tested], answer: &Answer) -> u8 {
    let failed = tested.iter().filter(|row| !row.passed).count();
    if answer.is_json() {
        answer.json(&tested);
    } else {
        for row in tested {
            let verdict = if row.passed { "ok  " } else { "FAIL" };
            let expected = if row.passed { String::new() } else { format!(", expected {}", row.expected.word()) };
            let line = format!("{verdict}  {}: {} by {}{expected}", row.call, row.decision.word(), row.rule.id);
            answer.line(&neutralise_line(&line));
        }
    }
    narration::inform(&format!("{}, {failed} not as expected", counted(tested.len(), "decision")));
    code_unless(failed > 0)
}

pub(super) async fn pins(studio: &Studio, arguments: &Pins, answer: &Answer) -> u8 {
    let done = match arguments.action {
        PinsAction::List => studio.pins(&arguments.targets).await.map(|report| tell_list(&report, answer)),
        PinsAction::Diff => studio.pins(&arguments.targets).await.map(|report| tell_differences(&report, answer)),
        PinsAction::Approve | PinsAction::Forget if arguments.targets.is_empty() => {
            Err(Failure::new(FailureKind::Usage, "say which server, prompt or tool is meant")
                .hint("see \"mcp-studio pins diff\""))
        }
        PinsAction::Forget => studio.forget_pins(&arguments.targets).map(|()| code::SUCCESS),
        PinsAction::Approve => studio.approve_pins(&arguments.targets).await.map(|rows| {
            if answer.is_json() {
                answer.json(&rows);
            } else {
                rows.iter().for_each(|row| tell_row(row, "approved", answer));
            }
            code::SUCCESS
        }),
    };
    done.unwrap_or_else(|failure| answer.failure(&failure))
}

fn tell_list(report: &PinReport, answer: &Answer) -> u8 {
    if answer.is_json() {
        answer.json(report);
    } else {
        for row in &report.rows {
            answer.line(&neutralise_line(&format!("{:<8} {}", row.standing, row.target)));
        }
        for flag in &report.flags {
            answer.line(&neutralise_line(&format!("{:<8} {} {}", "flagged", flag.tool, flag.why)));
        }
    }
    after(report)
}

fn tell_differences(report: &PinReport, answer: &Answer) -> u8 {
    if answer.is_json() {
        answer.json(&report.changed().collect::<Vec<_>>());
    } else {
        report.changed().for_each(|row| tell_row(row, "changed", answer));
    }
    after(report)
}

/// 1 where something has changed or could not be asked.
fn after(report: &PinReport) -> u8 {
    report.failures.iter().for_each(narration::complain);
    let changed = report.changed().count();
    if changed > 0 {
        narration::inform(&format!("{changed} changed; \"mcp-studio pins approve TARGET\" accepts one"));
    }
    code_unless(changed > 0 || !report.failures.is_empty())
}

fn tell_row(row: &PinRow, word: &str, answer: &Answer) {
    answer.line(&neutralise_line(&format!("{word} {}", row.target)));
    answer.text(&neutralise(&row.difference));
}
