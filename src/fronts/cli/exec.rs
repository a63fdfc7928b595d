//! `exec`: scripts are run, their output passed through as it comes, their steps told at the end.

use std::path::Path;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use super::answer::Answer;
use super::arguments::Exec;
use super::errand::{Asker, Stop};
use super::narration::counted;
use super::{code, code_of};
use crate::ops::{ContextLedger, Folder, Input, Output, Run, RunRequest, RunResult, Script, Start, StepState, StepView, Studio};
use crate::types::{Failure, FailureKind, StepRecord};

/// Steps shown when a script fails; the journal has all.
const STEPS_SHOWN: u64 = 20;

/// Runs all scripts, at most `--jobs` of them at once, and answers the first code in their order that is not 0.
pub(super) async fn run(
    studio: &Studio,
    arguments: &Exec,
    asker: &Asker,
    answer: &Answer,
    mut stops: mpsc::Receiver<Stop>,
) -> u8 {
    let batch = Batch { studio, arguments, asker, answer, runs: Mutex::default(), stopped: watch::Sender::new(None) };
    let mut work = pin!(batch.work());
    let ended = loop {
        tokio::select! {
            ended = &mut work => break ended,
            Some(stop) = stops.recv() => batch.stop(stop),
        }
    };
    if answer.is_json() && batch.is_many() {
        answer.json(&ended.iter().map(|ended| &ended.json).collect::<Vec<_>>());
    }
    ended.iter().map(|ended| ended.code).find(|code| *code != code::SUCCESS).unwrap_or(code::SUCCESS)
}

/// The scripts of one command line.
struct Batch<'a> {
    studio: &'a Studio,
    arguments: &'a Exec,
    asker: &'a Asker,
    answer: &'a Answer,
    /// Those under way, and those that have ended.
    runs: Mutex<Vec<Run>>,
    /// The code to exit with, once a signal has come.
    stopped: watch::Sender<Option<u8>>,
}

/// How one script ended.
struct Ended {
    code: u8,
    json: Value,
}

impl Batch<'_> {
    async fn work(&self) -> Vec<Ended> {
        if self.is_many() && !self.arguments.cold {
            self.studio.warm().await;
        }
        let scripts: Vec<_> = self.arguments.scripts.iter().map(|script| self.one(script)).collect();
        stream::iter(scripts).buffered(self.arguments.jobs).collect().await
    }

    fn is_many(&self) -> bool {
        self.arguments.scripts.len() > 1
    }

    /// No further script begins; those under way are told. Ctrl+C a second time kills.
    fn stop(&self, stop: Stop) {
        self.stopped.send_replace(Some(stop.code()));
        self.lock_runs().iter().for_each(match stop {
            Stop::Interrupt => Run::interrupt,
            Stop::Terminate => Run::terminate,
        });
    }

    fn lock_runs(&self) -> MutexGuard<'_, Vec<Run>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn one(&self, script: &Path) -> Ended {
        let mut stopped = self.stopped.subscribe();
        let stopped = async move { stopped.wait_for(Option::is_some).await.ok().and_then(|code| *code) };
        tokio::select! {
            biased;
            code = stopped => {
                let code = code.unwrap_or(code::INTERRUPTED);
                Ended { code, json: json!({ "script": script, "error": "stopped before the script began" }) }
            }
            started = self.studio.run_script(self.request(script)) => match started {
                Ok(run) => {
                    self.lock_runs().push(run.clone());
                    let result = run.finished().await;
                    self.studio.settle_counts().await;
                    self.tell(script, &result)
                }
                Err(failure) => self.refuse(script, &failure),
            }
        }
    }

    fn request(&self, script: &Path) -> RunRequest {
        let output = match self.asker {
            _ if self.answer.is_json() || self.together() => Output::Capture,
            Asker::Own => Output::PassThrough,
            Asker::Client(client) => Output::Given(client.streams.clone()),
        };
        let folder = match self.asker {
            Asker::Own => Folder::Current,
            Asker::Client(client) => Folder::At(client.folder.clone()),
        };
        RunRequest {
            script: Script::File(self.asker.file(script)),
            arguments: self.arguments.arguments.clone(),
            context: Value::Null,
            timeout: self.arguments.timeout.map(Duration::from_secs_f64),
            start: if self.arguments.cold { Start::Cold } else { Start::Warm },
            stdin: self.stdin(),
            output,
            folder,
            sandbox: self.arguments.sandbox,
            answering: self.asker.answering(),
        }
    }

    /// Several scripts do not share what is typed or piped to us.
    fn stdin(&self) -> Input {
        match (&self.arguments.stdin, self.asker) {
            (Some(file), asker) => Input::File(asker.file(file)),
            (None, _) if self.is_many() => Input::Null,
            (None, Asker::Own) => Input::Inherit,
            (None, Asker::Client(client)) => client.stdin.clone().map_or(Input::Null, Input::Given),
        }
    }

    /// Whether scripts run at the same time: then each one's output is shown whole when it ends.
    fn together(&self) -> bool {
        self.is_many() && self.arguments.jobs > 1
    }

    fn refuse(&self, script: &Path, failure: &Failure) -> Ended {
        if self.is_many() {
            self.answer.complain(failure);
            return Ended { code: code_of(failure), json: json!({ "script": script, "error": failure }) };
        }
        Ended { code: self.answer.failure(failure), json: Value::Null }
    }

    fn tell(&self, script: &Path, result: &RunResult) -> Ended {
        let board = self.studio.board();
        let total = board.step_count(Some(result.run));
        let steps = board.steps(Some(result.run), 0..total);
        let records: Vec<&StepRecord> = steps.iter().filter_map(record).collect();
        let ledger = board.context_ledger(Some(result.run));
        let json = json!({ "script": script, "result": result, "steps": records, "ledger": ledger });
        if self.answer.is_json() && !self.is_many() {
            self.answer.json(&json);
        } else if self.together() && !self.answer.is_json() {
            self.answer.text(result.stdout.as_deref().unwrap_or_default());
            self.answer.script(result.stderr.as_deref().unwrap_or_default());
        }
        if let Some(error) = result.error.as_ref().filter(|error| error.is_before_start()) {
            self.answer.complain(&Failure::new(FailureKind::Environment, format!("{}: {}", script.display(), error.message)));
        }
        for file in &result.full_output {
            self.answer.inform(&file.words());
        }
        let name = if self.is_many() { format!("{}: ", script.display()) } else { String::new() };
        self.answer.inform(&format!("{name}{}{}", summary(result), ledger.as_ref().map(context).unwrap_or_default()));
        if result.exit_code != 0 && total > 0 {
            let shown = board.steps(Some(result.run), total.saturating_sub(STEPS_SHOWN)..total);
            self.answer.inform(&format!("already done: {}", table(&shown, total)));
        }
        // The shell keeps the low eight bits, as it does of any program's exit code.
        Ended { code: u8::try_from(result.exit_code & 0xff).unwrap_or(code::FAILURE), json }
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
    let how = if result.started.is_empty() { String::new() } else { format!(" ({})", result.started) };
    format!("{} after {took:.1} ms{how}{steps}{memory}", result.outcome)
}

/// What the run cost an agent's context, against calling the tools without a script.
fn context(ledger: &ContextLedger) -> String {
    let ContextLedger { estimator, direct, scripted, saved_percent, .. } = ledger;
    let (percent, than) = (saved_percent.abs(), if *saved_percent < 0.0 { "more" } else { "less" });
    format!("; context {} tokens instead of {}, {percent:.1} % {than} ({estimator})", scripted.total, direct.total)
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
