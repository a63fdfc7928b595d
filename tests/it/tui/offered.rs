//! Prompts, resources, saved calls, and arguments that are judged while they are typed.

use std::sync::Arc;

use mcp_studio::fronts::tui::{Effect, Msg, Pane, Reply, TerminalEffect, ToolEffect};
use mcp_studio::ops::{Offer, SavedCall};
use mcp_studio::types::{Failure, FailureKind, Place};
use serde_json::{Map, Value, json};

use super::bench::{Bench, server, tool_id};

/// The bench whose server `git` has a prompt with arguments and a template.
fn offering(columns: u16, rows: u16) -> Bench {
    let mut bench = Bench::new(columns, rows);
    bench.world(|world| {
        let mut offers = (*world.offers).clone();
        let offer = Offer::clone(&offers[&server("git")]);
        let prompt = json!({"name": "praise", "description": "Praises somebody.", "arguments": [
            {"name": "whom", "description": "Who is praised.", "required": true}, {"name": "how"}]});
        let templates =
            vec![json!({"name": "a file", "uriTemplate": "git://{branch}/{+path}", "description": "A file of a branch."})];
        let prompts = offer.prompts.iter().cloned().chain([prompt]).collect();
        offers.insert(server("git"), Arc::new(Offer { prompts, resource_templates: templates, ..offer }));
        world.offers = Arc::new(offers);
    });
    bench
}

fn asked_tool(bench: &mut Bench) -> Vec<ToolEffect> {
    let tool = |effect| if let Effect::Tool(effect) = effect { Some(effect) } else { None };
    bench.all_asked().into_iter().filter_map(tool).collect()
}

#[test]
fn what_needs_nothing_is_asked_for_at_once_and_shown() {
    let mut bench = offering(80, 24);
    bench.keys("/HEAD<Enter><Enter>");
    assert_eq!(asked_tool(&mut bench), [ToolEffect::ReadResource(server("git"), "git://HEAD".to_owned())]);
    let contents = json!({"contents": [{"uri": "git://HEAD", "text": "ref: main\n\u{1b}[2Jx"}, {"uri": "b", "mimeType": "image/png", "blob": "AAAAAAAA"}]});
    bench.reply(Reply::Content("git://HEAD".to_owned(), Ok(contents)));
    insta::assert_snapshot!(bench.screen());
    bench.keys("y");
    assert!(bench.asked().contains(&TerminalEffect::Copy("ref: main\n\u{1b}[2Jx\nimage/png, 6 bytes".to_owned()).into()));
    bench.keys("<Esc><Esc>/commit<Enter><Enter>");
    assert_eq!(asked_tool(&mut bench), [ToolEffect::GetPrompt(server("git"), "commit_message".to_owned(), Map::new())]);
    let refused = Failure::new(FailureKind::ToolExecution, "server \"git\": prompt \"commit_message\" was refused");
    bench.reply(Reply::Content("commit_message".to_owned(), Err(refused)));
    assert!(bench.screen().contains("was refused"));
}

#[test]
fn a_prompt_with_arguments_and_a_template_are_filled_in_first() {
    let mut bench = offering(80, 24);
    let form = bench.keys("/praise<Enter><Enter>").screen();
    bench.keys("<Enter>");
    assert_eq!(asked_tool(&mut bench), [], "what is required is missing");
    let missing = bench.screen();
    bench.keys("Ada<Tab>loudly<Enter>");
    let given = json!({"whom": "Ada", "how": "loudly"}).as_object().unwrap().clone();
    assert_eq!(asked_tool(&mut bench), [ToolEffect::GetPrompt(server("git"), "praise".to_owned(), given)]);
    let template = bench.keys("<Esc>/file<Enter><Enter>main<Tab>src/a b").screen();
    bench.keys("<Enter>");
    assert_eq!(asked_tool(&mut bench), [ToolEffect::ReadResource(server("git"), "git://main/src/a%20b".to_owned())]);
    insta::assert_snapshot!([form, missing, template].join("\n"));
}

fn saved(name: &str, tool: &str, arguments: &Value) -> SavedCall {
    let call = Ok((tool_id(tool), arguments.as_object().unwrap().clone()));
    SavedCall { name: name.to_owned(), path: format!("/project/workspace/calls/{name}.json").into(), call }
}

fn broken() -> SavedCall {
    let place = Place { file: "/project/workspace/calls/broken.json".into(), line: 2 };
    let failure = Failure::new(FailureKind::Usage, "this saved call cannot be used: missing field `tool`")
        .hint(r#"write {"tool": "server__tool", "arguments": {}}"#)
        .at(place);
    SavedCall { call: Err(failure), ..saved("broken", "demo__echo", &json!({})) }
}

#[test]
fn a_call_is_saved_under_a_name_and_opened_again() {
    let mut bench = Bench::new(100, 30);
    bench.keys("<Enter><Down><Down>chello");
    bench.asked();
    bench.keys("<Alt+S>");
    let asking = bench.screen();
    bench.keys("<Ctrl+U>greeting<Enter>");
    let kept = ToolEffect::SaveCall("greeting".to_owned(), tool_id("demo__echo"), json!({"text": "hello"}));
    assert_eq!(asked_tool(&mut bench), [kept]);
    bench.reply(Reply::CallSaved(Ok("/project/workspace/calls/greeting.json".into())));
    assert_eq!(bench.asked(), [Effect::ListScripts]);
    let listed = vec![
        broken(),
        saved("greeting", "demo__echo", &json!({"text": "hello", "times": 3})),
        saved("lost", "nowhere__x", &json!({})),
    ];
    bench.reply(Reply::SavedCalls(listed));
    bench.keys("<Esc>2/greet<Enter><Enter>");
    let opened = bench.screen();
    assert_eq!(bench.model.focus, Pane::Tool);
    bench.asked();
    bench.keys("<Enter>");
    assert!(
        matches!(&bench.asked()[..], [Effect::Call(_, _, arguments), ..] if *arguments == json!({"text": "hello", "times": 3}))
    );
    let fault = bench.keys("<Esc>2<Esc>/broken<Enter><Enter>").screen();
    bench.keys("<Esc><Esc>/lost<Enter><Enter>");
    assert!(bench.screen().contains("nowhere__x is not known; connect nowhere first"));
    insta::assert_snapshot!([asking, opened, fault].join("\n"));
}

#[test]
fn the_command_of_a_saved_call_is_copied() {
    let mut bench = Bench::new(100, 30);
    bench.world(|world| world.program = "mcp-studio --config /elsewhere/mcp_config.json".to_owned());
    bench.reply(Reply::SavedCalls(vec![saved("greeting", "demo__echo", &json!({"text": "it's"}))]));
    bench.keys("2/greet<Enter>");
    bench.asked();
    bench.keys("Y");
    let command = r#"mcp-studio --config /elsewhere/mcp_config.json call demo__echo '{"text":"it'\''s"}' --json"#;
    assert_eq!(bench.asked(), [TerminalEffect::Copy(command.to_owned()).into()]);
}

#[test]
fn every_tab_and_row_has_its_command() {
    let mut bench = offering(120, 40);
    let mut copied = |keys: &str| {
        bench.keys(keys);
        bench.asked();
        bench.keys("Y");
        match &bench.asked()[..] {
            [Effect::Terminal(TerminalEffect::Copy(text))] => text.clone(),
            other => panic!("{other:?}"),
        }
    };
    let commands = [
        copied("1"),
        copied("/echo<Enter>"),
        copied("<Enter>"),
        copied("]"),
        copied("]]"),
        copied("]"),
        copied("7"),
        copied("1<Esc>/praise<Enter>"),
        copied("<Esc>/HEAD<Enter>"),
        copied("<Esc>/file<Enter>"),
    ];
    let expected = [
        "mcp-studio list-tools demo",
        "mcp-studio call demo__echo '{}' --json",
        "mcp-studio get-tool demo__echo --detail schema",
        "mcp-studio generate demo",
        "mcp-studio discover demo",
        "mcp-studio traffic demo",
        "mcp-studio policy show",
        "mcp-studio get-prompt git praise",
        "mcp-studio read-resource git git://HEAD",
        "mcp-studio read-resource git 'git://{branch}/{+path}'",
    ];
    assert_eq!(commands, expected);
}

#[test]
fn arguments_are_judged_once_for_each_change_and_the_reason_is_shown() {
    let mut bench = Bench::new(80, 24);
    bench.keys("<Enter><Down><Down>c<Alt+J>");
    assert_eq!(asked_tool(&mut bench), [ToolEffect::Judge(tool_id("demo__echo"), json!({}))]);
    bench.keys("<Delete><Delete>");
    bench.tell(Msg::Paste("{\"text\": 1}".to_owned()));
    assert_eq!(asked_tool(&mut bench), [], "one at a time");
    bench.reply(Reply::Judged(tool_id("demo__echo"), None));
    let again = asked_tool(&mut bench);
    assert_eq!(again, [ToolEffect::Judge(tool_id("demo__echo"), json!({"text": 1}))]);
    bench.reply(Reply::Judged(tool_id("demo__echo"), Some("text is 1, expected string".to_owned())));
    assert_eq!(asked_tool(&mut bench), []);
    assert!(bench.screen().contains("✗ text is 1, expected string"), "{}", bench.screen());
}
