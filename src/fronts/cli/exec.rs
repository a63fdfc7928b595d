//! `exec`: a script is run, its output passed through as it comes, its steps told at the end.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::answer::Answer;
use super::arguments::Exec;
use super::narration::{self, counted};
use super::until_signal;
use crate::ops::{Folder, Input, Output, Run, RunRequest, RunResult, Script, Start, StepState, StepView, Studio};
use crate::types::{Failure, FailureKind, StepRecord};

/// Steps shown when a script fails; the journal has all.
const STEPS_SHOWN: u64 = 20;

pub(super) async fn run(studio: &Studio, arguments: &Exec, answer: &Answer) -> u8 {
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (Ok(interrupts), Ok(terminations)) = signals else {
        return answer.failure(&Failure::new(FailureKind::Internal, "cannot listen to signals"));
    };
    let mut started = Err(Failure::new(FailureKind::Cancelled, "stopped before the script began"));
    let stopped = until_signal(async {
        started = studio.run_script(request(arguments, answer)).await;
        0
    });
    let stopped = stopped.await;
    match started {
        Err(failure) => answer.failure(&failure).max(stopped),
        Ok(run) => {
            let result = attend(&run, interrupts, terminations).await;
            tell(studio, &result, answer);
            // The shell keeps the low eight bits, as it does of any program's exit code.
            u8::try_from(result.exit_code & 0xff).unwrap_or(super::code::FAILURE)
        }
    }
}

fn request(arguments: &Exec, answer: &Answer) -> RunRequest {
    RunRequest {
        script: Script::File(arguments.script.clone()),
        arguments: arguments.arguments.clone(),
        context: Value::Null,
        timeout: arguments.timeout.map(Duration::from_secs_f64),
        start: if arguments.cold { Start::Cold } else { Start::Warm },
        stdin: Input::Inherit,
        output: if answer.is_json() { Output::Capture } else { Output::PassThrough },
        folder: Folder::Current,
    }
}

/// Waits for the end of a run, handing signals on. Ctrl+C a second time kills.
async fn attend(run: &Run, mut interrupts: Signal, mut terminations: Signal) -> std::sync::Arc<RunResult> {
    loop {
        tokio::select! {
            result = run.finished() => return result,
            Some(()) = interrupts.recv() => run.interrupt(),
            Some(()) = terminations.recv() => run.terminate(),
        }
    }
}

fn tell(studio: &Studio, result: &RunResult, answer: &Answer) {
    let total = studio.board().step_count(Some(result.run));
    let failed = result.exit_code != 0;
    if answer.is_json() {
        let steps = studio.board().steps(Some(result.run), 0..total);
        answer.json(&json!({ "result": result, "steps": steps.iter().filter_map(record).collect::<Vec<_>>() }));
    }
    narration::inform(&summary(result));
    if failed && total > 0 {
        let shown = studio.board().steps(Some(result.run), total.saturating_sub(STEPS_SHOWN)..total);
        narration::inform(&format!("already done: {}", table(&shown, total)));
    }
}

fn record(step: &StepView) -> Option<&StepRecord> {
    match &step.state {
        StepState::Running { .. } => None,
        StepState::Done(record) => Some(record),
    }
}

fn summary(result: &RunResult) -> String {
    let took = result.milliseconds.queue + result.milliseconds.start + result.milliseconds.run;
    let steps = match usize::try_from(result.steps) {
        Ok(0) | Err(_) => String::new(),
        Ok(steps) => format!(", {}", counted(steps, "step")),
    };
    let memory = result.peak_memory.map_or(String::new(), |bytes| format!(", {} MiB", bytes / (1024 * 1024)));
    format!("{} after {took:.1} ms ({}){steps}{memory}", result.outcome, result.started)
}

/// The last steps, so that nobody repeats a side effect.
fn table(steps: &[StepView], total: u64) -> String {
    let width = steps.iter().map(|step| step.tool.to_string().chars().count()).max().unwrap_or(0);
    let head = match u64::try_from(steps.len()) {
        Ok(shown) if shown < total => format!("the last {shown} of {total} steps"),
        Ok(_) | Err(_) => counted(steps.len(), "step"),
    };
    let rows = steps.iter().map(|step| {
        let (decision, time) = record(step).map_or(("running", String::new()), |record| {
            (record.decision.word(), format!("{:.1} ms", record.latency.total().as_secs_f64() * 1_000.0))
        });
        let row = format!("  {:>4}  {:width$}  {decision:<16} {time}", step.step.0, step.tool.to_string());
        row.trim_end().to_owned()
    });
    std::iter::once(head).chain(rows).collect::<Vec<_>>().join("\n")
}
