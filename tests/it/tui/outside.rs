//! Words looked for in output and texts; the person's own editor and shell commands.

use mcp_studio::fronts::tui::{Answer, Direction, Edit, Effect, Msg, Pane, Piece, Purpose, Reply, TerminalEffect, Ticket};
use mcp_studio::ops::{CallReply, OutputStream, Piped};
use mcp_studio::types::{CallValue, RunId};
use serde_json::{Value, json};

use super::bench::{Bench, EXAMPLE, tool_id};

/// A workbench on the output of a run with a hundred lines.
fn printed() -> (Bench, RunId) {
    let mut bench = Bench::new(120, 40);
    let run = bench.board.run_begun("example.py");
    for line in 0..100 {
        bench.board.run_output(run, OutputStream::Stdout, format!("line {line}\n").as_bytes());
    }
    bench.learn().keys("<Alt+5>");
    bench.asked();
    (bench, run)
}

/// A workbench with an answer that is read.
fn answered(value: Value) -> Bench {
    let mut bench = Bench::new(120, 40);
    bench.keys("<Enter><Down>c");
    bench.asked();
    let reply = CallReply { outcome: Ok(CallValue { value, raw: json!({}) }), record: None };
    bench.reply(Reply::Called(Ticket(1), Box::new(Answer::of(reply))));
    bench.keys("<Alt+3>");
    bench.asked();
    bench
}

#[test]
fn words_are_looked_for_in_output_both_ways() {
    let (mut bench, run) = printed();
    bench.keys("/line 7<Enter>");
    let find = |from, direction| Effect::FindLine(run, "line 7".to_owned(), from, direction);
    assert_eq!(bench.asked(), [find(None, Direction::Forward)]);
    bench.reply(Reply::LineFound(run, Some(7)));
    let screen = bench.screen();
    assert!(screen.contains("line 7 ") && screen.contains(" /line 7 ") && !screen.contains("line 99"), "{screen}");
    bench.keys("n");
    assert_eq!(bench.asked(), [find(Some(7), Direction::Forward)]);
    bench.keys("N");
    assert_eq!(bench.asked(), [find(Some(7), Direction::Backward)]);
    bench.reply(Reply::LineFound(run, None));
    assert!(bench.screen().contains("nothing has these words"));
    bench.keys("<Esc>n");
    assert!(bench.screen().contains("Next match: / says what to look for"));
}

#[test]
fn words_are_looked_for_in_answers_and_definitions() {
    let items: Vec<Value> = (0..200).map(|at| json!({"name": format!("item {at}")})).collect();
    let mut bench = answered(json!({"items": items}));
    bench.keys("/item 150<Enter>");
    assert!(bench.screen().contains("name: \"item 150\""), "{}", bench.screen());
    bench.keys("/nowhere<Enter>");
    assert!(bench.screen().contains("nothing has these words"));
    bench.keys("<Esc>]]/inputSchema<Enter>");
    assert!(bench.screen().contains("inputSchema"));
    assert_eq!(bench.model.focus, Pane::Tool);
}

#[test]
fn the_script_goes_to_the_persons_editor_and_comes_back() {
    let mut bench = Bench::new(120, 40);
    bench.open_example("x = 1\n").keys("<Alt+4>");
    bench.asked();
    bench.keys("<Alt+O>");
    let purpose = Purpose::Script(EXAMPLE.into());
    let edit = Edit { purpose: purpose.clone(), name: "example.py".to_owned(), text: String::new() };
    assert_eq!(bench.asked(), [TerminalEffect::Edit(edit).into()]);
    bench.tell(Msg::Edited(purpose, Ok("x = 2\n".to_owned())));
    assert!(bench.screen().contains("x = 2"));
    bench.keys("y<Alt+O>");
    assert!(bench.screen().contains("Open in your editor: save the script first"));
}

#[test]
fn arguments_go_out_as_json_and_come_back_into_the_form() {
    let mut bench = Bench::new(120, 40);
    bench.keys("<Enter><Down><Down>chello");
    bench.asked();
    bench.keys("<Alt+O>");
    let purpose = Purpose::Arguments(tool_id("demo__echo"));
    let text = "{\n  \"text\": \"hello\"\n}\n".to_owned();
    let edit = Edit { purpose: purpose.clone(), name: "arguments.json".to_owned(), text };
    assert_eq!(bench.asked(), [TerminalEffect::Edit(edit).into()]);
    bench.tell(Msg::Edited(purpose.clone(), Ok("{\"text\": \"bye\", \"times\": 3}".to_owned())));
    bench.asked();
    bench.keys("<Enter>");
    let sent = json!({"text": "bye", "times": 3});
    assert_eq!(bench.asked(), [Effect::Call(Ticket(1), tool_id("demo__echo"), sent)]);
    bench.tell(Msg::Edited(purpose, Ok("{".to_owned())));
    assert!(bench.screen().contains("the arguments are not JSON"));
}

#[test]
fn an_answer_goes_out_under_a_name_that_says_what_it_is() {
    for (value, name) in [(json!({"a": 1}), "result.json"), (json!("# T\n- a"), "result.md"), (json!("plain"), "result.txt")] {
        let mut bench = answered(value);
        bench.keys("<Alt+O>");
        let asked = bench.asked();
        let [Effect::Terminal(TerminalEffect::Edit(edit))] = &asked[..] else { panic!("{asked:?}") };
        assert_eq!((edit.name.as_str(), &edit.purpose), (name, &Purpose::Reading));
    }
}

#[test]
fn output_and_the_policy_are_read_in_the_persons_editor() {
    let (mut bench, run) = printed();
    bench.keys("<Alt+O>");
    let edit = Edit { purpose: Purpose::Output(run), name: "output.txt".to_owned(), text: String::new() };
    assert_eq!(bench.asked(), [TerminalEffect::Edit(edit).into()]);
    bench.tell(Msg::Edited(Purpose::Output(run), Ok("changed".to_owned())));
    assert!(!bench.screen().contains("changed"));
    bench.keys("7<Alt+O>");
    assert!(bench.screen().contains("Open in your editor: the policy has not been read yet"), "{}", bench.screen());
}

#[test]
fn answers_and_output_are_piped_into_a_shell_command() {
    let mut bench = answered(json!({"a": 1}));
    let prompt = bench.keys("|jq .a").screen();
    assert!(prompt.contains("Pipe into a shell command") && prompt.contains("jq .a"), "{prompt}");
    bench.keys("<Enter>");
    assert_eq!(bench.asked(), [Effect::Pipe("jq .a".to_owned(), Piece::Text("{\n  \"a\": 1\n}".to_owned()))]);
    let piped = Piped { output: "1\n".to_owned(), exit: "exit 0".to_owned() };
    bench.reply(Reply::Piped("jq .a".to_owned(), Ok(piped)));
    assert!(bench.screen().contains("jq .a · exit 0"));
    let (mut bench, run) = printed();
    bench.keys("|wc -l<Enter>");
    assert_eq!(bench.asked(), [Effect::Pipe("wc -l".to_owned(), Piece::Output(run))]);
}
