//! `steps`: the tool calls of a recorded session.

use super::answer::Answer;
use super::arguments::Steps;
use super::code;
use crate::ops::{RecordedStep, Studio};
use crate::types::{Caller, neutralise_line};

pub(super) fn run(studio: &Studio, arguments: &Steps, answer: &Answer) -> u8 {
    let steps = match studio.recorded_steps(&arguments.session) {
        Ok(steps) => steps,
        Err(failure) => return answer.failure(&failure),
    };
    if answer.is_json() {
        answer.json(&steps);
        return code::SUCCESS;
    }
    let width = steps.iter().map(|step| step.record.tool.to_string().chars().count()).max().unwrap_or(0);
    for step in &steps {
        answer.line(&neutralise_line(&line(step, width)));
    }
    code::SUCCESS
}

fn line(step: &RecordedStep, width: usize) -> String {
    let record = &step.record;
    let milliseconds = record.latency.total().as_secs_f64() * 1_000.0;
    let mut line = format!(
        "{:>4}  {}  {:<16}  {milliseconds:>9.1} ms  {:>7} > {:<7} tokens  {:<width$}  {}",
        record.step.0,
        step.at.strftime("%T"),
        record.decision.word(),
        record.tokens_in,
        record.tokens_out,
        record.tool.to_string(),
        caller(record.caller, record.line),
    );
    if let Some(error) = &record.error {
        line.push_str(": ");
        line.push_str(error);
    }
    line
}

fn caller(caller: Caller, line: Option<u32>) -> String {
    match (caller, line) {
        (Caller::Script(run), Some(line)) => format!("{run}, line {line}"),
        (Caller::Script(run), None) => run.to_string(),
        (Caller::Form, _) => "form".to_owned(),
        (Caller::CommandLine, _) => "command line".to_owned(),
        (Caller::Agent, _) => "agent".to_owned(),
        (Caller::Session, _) => "session".to_owned(),
    }
}
