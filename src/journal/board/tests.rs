use std::time::Duration;

use super::*;
use crate::types::{Decision, Latency, ServerName};

fn board() -> Board {
    Board::new(Pulse::default())
}

fn tool() -> ToolId {
    ToolId::new(ServerName::new("git").unwrap(), "status")
}

fn record(step: StepNumber, caller: Caller, decision: Decision, milliseconds: u64) -> StepRecord {
    StepRecord {
        decision,
        latency: Latency { server: Duration::from_millis(milliseconds), ..Latency::default() },
        bytes_in: 40,
        bytes_out: 80,
        tokens_in: 10,
        tokens_out: 20,
        ..StepRecord::begun(step, caller, tool())
    }
}

fn numbers(views: &[StepView]) -> Vec<u64> {
    views.iter().map(|view| view.step.0).collect()
}

#[test]
fn steps_and_totals_are_those_of_the_session_and_of_each_run() {
    let board = board();
    let run = board.run_begun("a.py");
    let script = board.step_begun(tool(), Caller::Script(run), Some(3));
    let form = board.step_begun(tool(), Caller::Form, None);
    board.step_progress(script, "3 of 10 · \u{1b}[2J".to_owned());
    let running = board.steps(Some(run), 0..10);
    assert_eq!((numbers(&running), running[0].line), (vec![1], Some(3)));
    assert!(matches!(&running[0].state, StepState::Running { progress: Some(text), .. } if text == "3 of 10 · \u{241b}[2J"));

    board.step_done(record(form, Caller::Form, Decision::Timeout, 100));
    board.step_done(record(form, Caller::Form, Decision::Ok, 900));
    let one = Duration::from_millis(100);
    let summary = board.summary();
    assert_eq!((summary.steps, summary.running, summary.failed, summary.time), (2, 1, 1, one));
    assert_eq!((summary.tokens_in, summary.tokens_out, summary.recent), (10, 20, vec![one]));
    assert_eq!(summary.p50, summary.p95);
    assert!(summary.p50.abs_diff(one) < one / 20);

    board.step_done(record(script, Caller::Script(run), Decision::Ok, 1));
    let of_run = board.run(run).unwrap().steps;
    assert_eq!((of_run.steps, of_run.running, of_run.failed, of_run.time), (1, 0, 0, Duration::from_millis(1)));
    assert_eq!((board.step_count(None), board.step_count(Some(run)), board.step_count(Some(RunId(9)))), (2, 1, 0));
    assert!(matches!(board.step(script).unwrap().state, StepState::Done(done) if done.decision == Decision::Ok));
}

#[test]
fn a_flood_of_steps_keeps_the_latest_and_the_whole_totals() {
    let board = board();
    let run = board.run_begun("a.py");
    let kept = BOARD_STEPS as u64;
    for number in 0..2 * kept {
        let caller = if number % 2 == 0 { Caller::Script(run) } else { Caller::Form };
        let step = board.step_begun(tool(), caller, None);
        board.step_done(record(step, caller, Decision::Ok, 1));
    }
    assert_eq!((board.step_count(None), board.summary().steps, board.summary().running), (2 * kept, 2 * kept, 0));
    assert_eq!(numbers(&board.steps(None, 0..kept + 2)), [kept + 1, kept + 2]);
    assert_eq!(numbers(&board.steps(Some(run), 0..kept / 2 + 1)), [kept + 1]);
    assert_eq!(board.steps(Some(run), 0..u64::MAX).len() as u64, kept / 2);
    assert_eq!(board.steps(None, 2 * kept..u64::MAX).len(), 0);
    board.step_done(record(StepNumber(9 * kept), Caller::Form, Decision::Error, 1));
    assert_eq!(board.summary().failed, 0);
}

#[test]
fn runs_that_have_ended_make_room_first() {
    let board = board();
    let ended = || RunState::Ended { exit_code: 0, outcome: "ok".to_owned(), duration: Duration::ZERO, line: None };
    let first = board.run_begun("long.py");
    let second = board.run_begun("short.py");
    board.run_state(first, RunState::Running, Some(7));
    board.run_output(second, OutputStream::Stdout, b"unfinished \xe2");
    board.run_state(second, ended(), None);
    let texts: Vec<String> = board.output(second, 0..9).into_iter().map(|line| line.text).collect();
    assert_eq!(texts, ["unfinished \u{fffd}"]);
    for _ in 2..=BOARD_RUNS {
        board.run_begun("more.py");
    }
    let runs = board.runs();
    assert_eq!((runs.len(), runs[0].id, runs[0].process, runs[1].id), (BOARD_RUNS, first, Some(7), RunId(3)));
    assert!(board.run(second).is_none());
    board.run_output(second, OutputStream::Stdout, b"late\n");
    assert_eq!(board.output_positions(second), 0..0);
}

#[test]
fn output_of_all_runs_together_is_bounded() {
    let board = board();
    let runs: Vec<RunId> = (0..9).map(|_| board.run_begun("a.py")).collect();
    let flood = [[b'x'; 8_191].as_slice(), b"\n"].concat();
    for run in &runs {
        for _ in 0..1_030 {
            board.run_output(*run, OutputStream::Stdout, &flood);
        }
    }
    assert_eq!(board.run(runs[0]).unwrap().output_lines, 1_030);
    assert!(board.output(runs[0], 0..u64::MAX).is_empty(), "the oldest run's output made room");
    assert!(!board.output(runs[8], 0..u64::MAX).is_empty());
}

#[test]
fn every_change_is_one_more_revision() {
    let pulse = Pulse::default();
    let board = Board::new(pulse.clone());
    board.notice(NoticeLevel::Warning, "a\u{1b}b".to_owned());
    let step = board.step_begun(tool(), Caller::Form, None);
    board.step_done(record(step, Caller::Form, Decision::Ok, 1));
    assert_eq!(pulse.revision(), 3);
    assert_eq!(board.notices()[0].text, "a\u{241b}b");
}
