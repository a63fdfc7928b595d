//! What an agent is told of a finished run: enough to go on, little enough for its context.

use serde_json::Value;

use super::shapes::{ErrorReply, Excerpt, ExecuteReply, LedgerReply, StepsReply};
use super::uri::Address;
use crate::ops::{ContextLedger, RunResult, ScriptError, StepState, Studio};
use crate::types::limits::{
    BOARD_STEPS, SERVE_HEAD_BYTES, SERVE_STEPS_NAMED, SERVE_TAIL_BYTES, SERVE_TRACEBACK_BYTES, SERVE_VALUE_BYTES,
};
use crate::types::{Decision, StepRecord, json_bytes};

/// The answer for `result`.
pub(super) fn reply(studio: &Studio, result: &RunResult) -> ExecuteReply {
    let bytes = result.value.as_ref().map(json_bytes).filter(|bytes| *bytes > SERVE_VALUE_BYTES);
    let times = result.milliseconds;
    ExecuteReply {
        run: result.run.0,
        outcome: result.outcome.clone(),
        exit_code: result.exit_code,
        value: result.value.clone().filter(|_| bytes.is_none()).unwrap_or(Value::Null),
        value_bytes: bytes,
        error: result.error.as_ref().map(error),
        stdout: excerpt(result.stdout.as_deref().unwrap_or_default()),
        stderr: excerpt(result.stderr.as_deref().unwrap_or_default()),
        steps: steps(studio, result),
        ledger: studio.board().context_ledger(Some(result.run)).map(|ledger| self::ledger(&ledger)),
        report: Address::Report(studio.session().to_string()).uri(),
        milliseconds: times.queue + times.start + times.run,
    }
}

fn ledger(ledger: &ContextLedger) -> LedgerReply {
    LedgerReply {
        estimator: ledger.estimator.to_owned(),
        direct: ledger.direct.total,
        scripted: ledger.scripted.total,
        saved_percent: ledger.saved_percent,
    }
}

fn error(error: &ScriptError) -> ErrorReply {
    let traceback = error.traceback.as_str();
    let start = traceback.ceil_char_boundary(traceback.len().saturating_sub(SERVE_TRACEBACK_BYTES));
    ErrorReply {
        class: error.class.clone(),
        message: error.message.clone(),
        line: error.line,
        traceback: traceback[start..].to_owned(),
    }
}

/// Head and tail of `text`, whole where that is not much more.
fn excerpt(text: &str) -> Excerpt {
    if text.len() <= SERVE_HEAD_BYTES + SERVE_TAIL_BYTES {
        return Excerpt { head: text.to_owned(), tail: None, omitted_bytes: None };
    }
    let head = text.floor_char_boundary(SERVE_HEAD_BYTES);
    let tail = text.ceil_char_boundary(text.len() - SERVE_TAIL_BYTES);
    Excerpt { head: text[..head].to_owned(), tail: Some(text[tail..].to_owned()), omitted_bytes: Some(tail - head) }
}

fn steps(studio: &Studio, result: &RunResult) -> StepsReply {
    let totals = studio.board().run(result.run).map(|run| run.steps).unwrap_or_default();
    let kept = studio.board().steps(Some(result.run), 0..result.steps.min(BOARD_STEPS as u64));
    let mut records: Vec<_> = kept
        .into_iter()
        .filter_map(|step| match step.state {
            StepState::Done(record) => Some(record),
            StepState::Running { .. } => None,
        })
        .collect();
    records.sort_by_key(|record| went_well(record.decision));
    let named = records.iter().take(SERVE_STEPS_NAMED).map(|record| words(record)).collect();
    StepsReply { count: result.steps, failed: totals.failed, tokens: totals.tokens_in + totals.tokens_out, named }
}

fn went_well(decision: Decision) -> bool {
    matches!(decision, Decision::Ok | Decision::Reused | Decision::DryRun)
}

fn words(record: &StepRecord) -> String {
    let milliseconds = record.latency.total().as_secs_f64() * 1_000.0;
    let error = record.error.as_deref().map(|error| format!(": {error}")).unwrap_or_default();
    format!("{}: {}, {milliseconds:.0} ms{error}", record.tool, record.decision.word())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_answered_by_its_ends() {
        let short = "ä".repeat(100);
        assert_eq!(excerpt(&short), Excerpt { head: short.clone(), tail: None, omitted_bytes: None });
        let long = "äb".repeat(20_000);
        let found = excerpt(&long);
        let tail = found.tail.unwrap();
        assert_eq!(found.head.len() + found.omitted_bytes.unwrap() + tail.len(), long.len());
        assert!(found.head.len() <= SERVE_HEAD_BYTES && tail.len() <= SERVE_TAIL_BYTES);
        assert!(long.starts_with(&found.head) && long.ends_with(&tail));
    }
}
