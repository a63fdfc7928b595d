//! Calls that wait for the person.

use std::sync::Arc;
use std::time::Instant;

use mcp_studio::fronts::tui::Effect;
use mcp_studio::ops::{ApprovalAnswer, Question, Reach};
use mcp_studio::types::{Caller, Place, RuleRef, RunId, StepNumber, ToolSpec};
use serde_json::json;

use super::bench::{Bench, demo_tools, server};

fn question(id: u64, caller: Caller) -> Question {
    let tool = ToolSpec::from_wire(&server("demo"), demo_tools()[1].clone()).unwrap();
    let place = Some(Place { file: "mcp_config.json".into(), line: 12 });
    let rules: Vec<RuleRef> = vec![
        RuleRef { id: "ask[0]".into(), place, why: "demo__* asks".into() },
        RuleRef { id: "flows".into(), place: None, why: "it is a sink, and its arguments hold text of step 3".into() },
    ];
    Question {
        id,
        step: StepNumber(id),
        tool: Arc::new(tool),
        arguments: Arc::new(json!({"text": "hello\u{1b}[2J"})),
        caller,
        line: Some(7),
        rules: rules.into(),
        since: Instant::now(),
    }
}

fn asking(questions: Vec<Question>) -> Bench {
    let mut bench = Bench::new(100, 30);
    bench.world(|world| world.questions = questions);
    bench
}

#[test]
fn a_question_shows_who_asks_why_and_the_exact_arguments() {
    insta::assert_snapshot!(asking(vec![question(1, Caller::Script(RunId(2)))]).screen());
}

#[test]
fn each_key_gives_its_answer() {
    let these = Reach::TheseArguments;
    for (keys, answer) in [
        ("1", ApprovalAnswer::Once),
        ("2", ApprovalAnswer::ThisRun(these)),
        ("3", ApprovalAnswer::Always(these)),
        ("t3", ApprovalAnswer::Always(Reach::AnyArguments)),
        ("tt2", ApprovalAnswer::ThisRun(these)),
        ("5", ApprovalAnswer::Deny),
    ] {
        let mut bench = asking(vec![question(1, Caller::Form)]);
        bench.asked();
        bench.keys(keys);
        assert_eq!(bench.asked(), [Effect::Answer(1, answer)], "{keys}");
        let screen = bench.screen();
        assert!(!screen.contains("waits on") && !screen.contains("be called?"), "{keys}: {screen}");
        bench.world(|world| world.questions = vec![question(2, Caller::Form)]);
        assert!(bench.screen().contains("May demo__echo be called?"), "the next one is asked");
    }
}

#[test]
fn a_question_put_off_waits_on_and_comes_back() {
    let mut bench = asking(vec![question(1, Caller::Form), question(2, Caller::Form)]);
    bench.keys("<Esc>");
    assert!(bench.screen().contains("May demo__echo be called?"), "the other one asks now");
    bench.keys("<Esc>");
    assert!(!bench.screen().contains("May demo__echo be called?"));
    assert_eq!(bench.asked(), []);
    bench.keys("<F2>1");
    assert_eq!(bench.asked(), [Effect::Answer(1, ApprovalAnswer::Once)]);
}

#[test]
fn a_question_whose_call_is_gone_goes_too() {
    let mut bench = asking(vec![question(1, Caller::Form)]);
    assert!(bench.screen().contains("May demo__echo be called?"));
    bench.world(|world| world.questions.clear());
    assert!(!bench.screen().contains("May demo__echo be called?"));
}

#[test]
fn edited_arguments_are_filled_in_the_form_and_answer_the_question() {
    let mut bench = asking(vec![question(1, Caller::Form)]);
    bench.asked();
    bench.keys("4<Ctrl+U>bye<Enter>");
    let edited: Vec<Effect> =
        bench.asked().into_iter().filter(|effect| matches!(effect, Effect::Answer(..) | Effect::Call(..))).collect();
    assert_eq!(edited, [Effect::Answer(1, ApprovalAnswer::Edited(json!({"text": "bye"})))]);
}
