//! The steps pane: reasons, kinds, the page of a step, the way to its line; runs that fail; the report.

use std::sync::Arc;
use std::time::Duration;

use mcp_studio::fronts::tui::{Effect, Pane, Reply, StepKind};
use mcp_studio::ops::{ReportFormat, RunResult, RunState, RunTimes, SandboxLevel, ScriptError};
use mcp_studio::types::{
    Caller, Cost, Decision, Failure, FailureKind, Label, LabelNote, Latency, MaskCounts, Payload, Place, RecordLevel, RuleRef,
    RunId, Signal, Stage,
};

use super::bench::{Bench, tool_id};

/// The result of a run that an exception ended.
fn failed(run: RunId, line: Option<u32>) -> Arc<RunResult> {
    Arc::new(RunResult {
        run,
        exit_code: 1,
        outcome: "exit 1".to_owned(),
        value: None,
        error: Some(ScriptError {
            class: "ZeroDivisionError".to_owned(),
            message: "division by zero".to_owned(),
            line,
            column: None,
            traceback: String::new(),
        }),
        stdout: None,
        stderr: None,
        full_output: Vec::new(),
        milliseconds: RunTimes::default(),
        peak_memory: None,
        cpu_seconds: None,
        started: "warm".to_owned(),
        sandbox: SandboxLevel::Standard,
        steps: 0,
    })
}

/// A call that a person approved, with everything a record can have.
fn eventful(bench: &Bench, run: RunId) {
    bench.step_with(Caller::Script(run), "demo__drop_all", Decision::Ok, 0, |record| {
        let place = Place { file: "mcp_config.json".into(), line: 12 };
        let why = "it may destroy something: the server says so; approved for this run";
        record.rule = Some(RuleRef { id: "default".into(), place: Some(place), why: why.into() });
        record.labels = vec![
            LabelNote { label: Label::Destructive, why: "the server says so".into() },
            LabelNote { label: Label::Private, why: "labelled in mcp_config.json:14".into() },
        ];
        record.latency = Latency {
            queue: Duration::from_millis(900),
            guard: Duration::from_micros(40),
            server: Duration::from_millis(290),
            decode: Duration::from_millis(10),
        };
        record.cost =
            Some(Cost { usd: 0.0123, model: "large-1".to_owned(), source: "built in".to_owned(), date: "2025-11-30".to_owned() });
        record.signals = vec![Signal {
            provider: "pii".to_owned(),
            metric: "email".to_owned(),
            stage: Stage::Result,
            score: 0.9,
            threshold: 0.5,
            spans: [("email".to_owned(), 2)].into(),
            fingerprint: String::new(),
            reused_from: None,
            failed: None,
        }];
        record.input = Some(Payload {
            shape: "{name: string}".to_owned(),
            sha256: None,
            preview: "{\"name\":\"⟨email⟩\"}".to_owned(),
            masked: MaskCounts::new(),
            level: RecordLevel::Default,
            text: None,
        });
    });
}

#[test]
fn the_page_of_a_step_shows_its_way_through_the_guards() {
    let mut bench = Bench::new(120, 44);
    let run = bench.finished_run();
    eventful(&bench, run);
    let mut screens = Vec::new();
    for at in [4, 3] {
        let mut step = bench.board.steps(None, at..at + 1).pop().unwrap();
        step.at = "2026-01-02T03:04:05Z".parse().unwrap();
        bench.reply(Reply::Step(Some(Box::new(step))));
        screens.push(bench.screen());
    }
    insta::assert_snapshot!(screens.join("\n"));
}

#[test]
fn a_step_leads_to_its_line_in_the_script() {
    let mut bench = Bench::new(120, 40);
    bench.open_example("a = 1\nb = 2\n");
    bench.finished_run();
    let step = bench.board.steps(None, 0..1).pop().unwrap();
    bench.reply(Reply::Step(Some(Box::new(step))));
    assert!(bench.screen().lines().last().unwrap().contains("o go to line 2"));
    bench.keys("o");
    assert_eq!((bench.model.focus, bench.screen().contains("2:1")), (Pane::Editor, true));
}

#[test]
fn one_key_lists_the_steps_of_each_kind() {
    let mut bench = Bench::new(120, 40);
    bench.finished_run();
    bench.keys("<Alt+6>");
    bench.asked();
    bench.keys("d");
    let [Effect::FindSteps(search)] = &bench.asked()[..] else { panic!("no search") };
    assert_eq!((search.kind, search.text.as_str()), (StepKind::Failed, ""));
    bench.reply(Reply::StepHits(search.clone(), vec![2]));
    let screen = bench.screen();
    assert!(screen.contains("only failed") && screen.contains("1 of 4") && screen.contains("the disk is full"), "{screen}");
    assert!(!screen.contains("git_status"));
    bench.keys("<Esc>");
    assert_eq!((bench.model.steps.kind, bench.screen().contains("git_status")), (StepKind::All, true));
}

#[test]
fn rows_say_why_at_every_size() {
    let mut screens = Vec::new();
    for (columns, rows) in [(60, 18), (80, 24), (120, 40), (200, 60)] {
        let mut bench = Bench::new(columns, rows);
        let run = bench.finished_run();
        eventful(&bench, run);
        bench.board.step_begun(tool_id("git__git_log"), Caller::Script(run), None);
        bench.learn().keys("<Alt+6>");
        let screen = bench.screen();
        let from = screen.lines().position(|line| line.contains("6 Steps")).unwrap();
        let pane: Vec<&str> = screen.lines().skip(from).take(8).collect();
        screens.push(pane.join("\n"));
    }
    insta::assert_snapshot!(screens.join("\n\n"));
}

#[test]
fn a_failed_run_marks_its_line_and_one_key_goes_there() {
    let mut bench = Bench::new(120, 40);
    bench.open_example("a = 1\nb = 1 / 0\n");
    let run = bench.finished_run();
    bench.reply(Reply::Ended(failed(run, Some(2))));
    let screen = bench.screen();
    assert!(screen.contains("line 2: ZeroDivisionError: division by zero (Alt+E goes there)"), "{screen}");
    assert!(screen.contains("✗2 b = 1 / 0  ✗ ZeroDivisionError: division by zero"), "{screen}");
    assert!(screen.contains(" 1:1 "), "the cursor stays");
    bench.keys("<Alt+1><Alt+E>");
    assert_eq!((bench.model.focus, bench.screen().contains(" 2:1 ")), (Pane::Editor, true));
}

#[test]
fn the_failed_line_of_another_script_is_opened() {
    let mut bench = Bench::new(120, 40);
    bench.open_example("a = 1\n");
    let run = bench.board.run_begun("test_simple.py");
    let ended = RunState::Ended { exit_code: 1, outcome: "exit 1".to_owned(), duration: Duration::ZERO, line: Some(3) };
    bench.board.run_state(run, ended, None);
    bench.learn().reply(Reply::Ended(failed(run, Some(3))));
    bench.asked();
    bench.keys("<Alt+E>");
    let path = std::path::PathBuf::from("/project/workspace/test_simple.py");
    assert_eq!(bench.asked(), [Effect::Read(path.clone())]);
    bench.reply(Reply::ScriptRead(path, Ok("x = 1\n\n1 / 0\n".to_owned())));
    let screen = bench.screen();
    assert!(screen.contains(" 3:1 ") && screen.contains("✗3 1 / 0  ✗ ZeroDivisionError"), "{screen}");
}

#[test]
fn a_syntax_error_is_told_beside_its_line_before_any_run() {
    let mut bench = Bench::new(120, 40);
    let screen = bench.open_example("a = 1\nif a\n    b = 2\n").screen();
    let line = screen.lines().find(|line| line.contains("if a")).unwrap();
    assert!(line.contains("!2 if a  ✗ Expected `:`"), "{line}");
    assert!(screen.contains("1 syntax error"));
}

#[test]
fn what_lies_over_the_panes_does_not_keep_a_run_from_being_stopped() {
    for over in ["<Ctrl+P>git", "?", "<F8>", "<Ctrl+O>", "<F7>"] {
        let mut bench = Bench::new(120, 40);
        let run = bench.board.run_begun("example.py");
        bench.board.run_state(run, RunState::Running, None);
        bench.learn().keys(over);
        bench.asked();
        bench.keys("<Ctrl+C>");
        assert_eq!(bench.asked().first(), Some(&Effect::Interrupt(run)), "{over}");
    }
}

#[test]
fn one_key_writes_a_report_and_says_where() {
    let mut bench = Bench::new(120, 40);
    bench.keys("<Alt+r>");
    assert!(bench.screen().contains("Report: nothing was recorded in this session yet"));
    bench.finished_run();
    bench.keys("<Alt+r>");
    let question = bench.screen();
    bench.asked();
    bench.keys("h");
    assert_eq!(bench.asked(), [Effect::Report(ReportFormat::Html)]);
    bench.reply(Reply::Reported(Ok("/project/.mcp-studio/reports/x.html".into())));
    let written = bench.screen();
    bench.reply(Reply::Reported(Err(Failure::new(FailureKind::Storage, "the disk is full"))));
    assert!(bench.screen().contains("the disk is full"));
    insta::assert_snapshot!(format!("{question}\n{written}"));
}
