//! `bench`: figures as they are measured, in one table at the end; Ctrl+C ends it, and shows what is there.

use std::cell::RefCell;
use std::pin::pin;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::answer::Answer;
use super::arguments::{Bench, Invocation};
use super::errand::{Stop, signals};
use super::narration::Narrator;
use super::{answer_beforehand, call, code};
use crate::ops::Studio;
use crate::ops::bench::{Effort, Figure, Machine, News, Screens, Subject, Unit, duration_words};
use crate::types::{Failure, neutralise_line};

/// What was measured.
#[derive(Debug, Serialize)]
struct Bill {
    machine: Machine,
    figures: Vec<Figure>,
    /// What could not be measured.
    missed: Vec<Missed>,
    /// How long it all took.
    seconds: f64,
    /// False where it was ended early.
    complete: bool,
}

/// A part that could not be measured.
#[derive(Debug, Serialize)]
struct Missed {
    part: &'static str,
    error: Failure,
}

/// Measures as asked, and answers the exit code: 1 where something could not be measured, 130 after Ctrl+C.
pub async fn bench(studio: &Studio, invocation: &Invocation, arguments: Bench, screens: fn() -> Screens) -> ExitCode {
    let answer = Answer::new(invocation.json);
    answer_beforehand(studio, invocation);
    let work = async {
        match measured(studio, arguments, screens, &answer).await {
            Ok(code) => code,
            Err(failure) => answer.failure(&failure),
        }
    };
    ExitCode::from(Narrator::new(studio, invocation.verbose, &answer).beside(work).await)
}

async fn measured(studio: &Studio, arguments: Bench, screens: fn() -> Screens, answer: &Answer) -> Result<u8, Failure> {
    let mut stops = signals()?;
    let effort = if arguments.quick { Effort::Quick } else { Effort::Full };
    let subject = match arguments.tool {
        None => Subject::Studio(screens),
        Some(tool) => {
            let given = tokio::select! {
                given = call::given(arguments.arguments) => given?,
                Some(stop) = stops.recv() => return Ok(stop.code()),
            };
            Subject::Tool { tool, arguments: given }
        }
    };
    let (start, machine) = (Instant::now(), studio.bench_machine());
    if machine.build == "debug" {
        answer.warn("this is a debug build: its figures are several times those of a release");
    }
    let (figures, missed) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let tell = |news| match news {
        News::Begun(part) => answer.inform(&format!("now: {part}")),
        News::Had(figure) => figures.borrow_mut().push(figure),
        News::Missed(part, error) => {
            answer.complain(&error);
            missed.borrow_mut().push(Missed { part, error });
        }
    };
    let cancel = CancellationToken::new();
    let stopped = until_ended(Box::pin(studio.bench(subject, effort, &cancel, &tell)), &cancel, &mut stops).await;
    let (figures, missed) = (figures.take(), missed.take());
    let bill = Bill { machine, figures, missed, seconds: start.elapsed().as_secs_f64(), complete: stopped.is_none() };
    show(&bill, answer);
    Ok(match stopped {
        Some(stop) => stop.code(),
        None if bill.missed.is_empty() => code::SUCCESS,
        None => code::FAILURE,
    })
}

/// Lets `work` end as it is asked to; asked a second time, it is given up.
async fn until_ended(
    work: impl Future<Output = ()>,
    cancel: &CancellationToken,
    stops: &mut mpsc::Receiver<Stop>,
) -> Option<Stop> {
    let (mut work, mut stopped) = (pin!(work), None);
    loop {
        tokio::select! {
            biased;
            () = &mut work => return stopped,
            Some(stop) = stops.recv() => {
                if stopped.replace(stop).is_some() {
                    return stopped;
                }
                cancel.cancel();
            }
        }
    }
}

fn show(bill: &Bill, answer: &Answer) {
    if answer.is_json() {
        return answer.json(bill);
    }
    if bill.figures.is_empty() {
        return;
    }
    let Machine { version, build, system, processors, sandbox } = &bill.machine;
    let sandbox = serde_json::to_value(sandbox).unwrap_or_default();
    let sandbox = sandbox.as_str().unwrap_or_default();
    answer.line(&format!("mcp-studio {version}, {build} build, {system}, {processors} processors, sandbox {sandbox}\n"));
    for line in table(&bill.figures) {
        answer.line(&neutralise_line(&line));
    }
}

/// The figures below each other, each with its baseline.
fn table(figures: &[Figure]) -> Vec<String> {
    let width = figures.iter().map(|figure| figure.quantity.chars().count()).max().unwrap_or(0).max("quantity".len());
    let row = |quantity: &str, [value, p99, ratio]: [&str; 3], baseline: &str| {
        format!("{quantity:<width$}  {value:>11}  {p99:>11}  {ratio:>8}  {baseline}")
    };
    let head = row("quantity", ["p50 or rate", "p99", "ratio"], "to this baseline");
    let rows = figures.iter().map(|figure| {
        let p99 = figure.p99.map_or("-".to_owned(), |p99| words(p99, figure.unit));
        let ratio = figure.ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2} x"));
        let values = [words(figure.value, figure.unit), p99, ratio];
        let baseline = format!("{}: {}", figure.baseline.name, words(figure.baseline.value, figure.unit));
        row(&figure.quantity, values.each_ref().map(String::as_str), &baseline)
    });
    std::iter::once(head).chain(rows).collect()
}

fn words(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Milliseconds => duration_words(Duration::try_from_secs_f64(value / 1e3).unwrap_or_default()),
        Unit::PerSecond => format!("{value:.0} /s"),
    }
}
