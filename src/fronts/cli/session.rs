//! `session run`: a transcript is executed, each step told as it is over.

use tokio_util::sync::CancellationToken;

use super::answer::{Answer, code_unless};
use super::arguments::{Session, SessionAction};
use super::narration;
use crate::ops::{SessionResult, StepResult, Studio, Transcript};
use crate::types::neutralise_line;

pub(super) async fn run(studio: &Studio, arguments: &Session, answer: &Answer) -> u8 {
    let SessionAction::Run = arguments.action;
    let transcript = match Transcript::read(&arguments.file) {
        Ok(transcript) => transcript,
        Err(failure) => return answer.failure(&failure),
    };
    let cancel = CancellationToken::new();
    // A signal drops this future; servers are told through the guard.
    let _cancelled_when_dropped = cancel.clone().drop_guard();
    let told = |step: &StepResult| {
        if !answer.is_json() {
            answer.line(&line(step));
        }
    };
    match studio.run_transcript(transcript, cancel, told).await {
        Err(failure) => answer.failure(&failure),
        Ok(result) => {
            if answer.is_json() {
                answer.json(&result);
            }
            narration::inform(&summary(&result));
            code_unless(result.failed > 0)
        }
    }
}

/// `  2  files__count           passed     ok`, and why where it did not go as expected.
fn line(step: &StepResult) -> String {
    let what = step.tool.clone().unwrap_or_else(|| format!("{} {}", step.role.word(), step.channel.word()));
    let decision = step.record.as_ref().map_or("", |record| record.decision.word());
    let name = step.name.as_ref().map_or(String::new(), |name| format!("  {name}"));
    let line = format!("{:>4}  {what:<32}  {:<9}  {decision}{name}", step.ordinal, step.check.word());
    let reasons = step.reasons.iter().map(|reason| format!("        {}", neutralise_line(reason)));
    std::iter::once(neutralise_line(line.trim_end()).into_owned()).chain(reasons).collect::<Vec<_>>().join("\n")
}

fn summary(result: &SessionResult) -> String {
    let SessionResult { session, name, passed, failed, skipped, milliseconds, .. } = result;
    format!("{name}: {passed} passed, {failed} failed, {skipped} skipped in {milliseconds} ms; mcp-studio report {session}")
}
