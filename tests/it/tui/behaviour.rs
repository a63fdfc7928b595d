//! What keys, the mouse and replies do.

use std::sync::Arc;

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use mcp_studio::fronts::tui::actions::ACTIONS;
use mcp_studio::fronts::tui::{Answer, Effect, Keymap, Msg, Pane, Reply, StepSearch, TerminalEffect, Ticket};
use mcp_studio::ops::{CallReply, GeneratedServer, KeySettings, OutputStream, RunState, ServerState, WrapperState};
use mcp_studio::types::{CallValue, Caller, Decision, Failure, FailureKind, Place};
use serde_json::json;

use super::bench::{Bench, EXAMPLE, large_world, ready, server, shown_wrapper, tool_id};

fn line_with(screen: &str, text: &str) -> String {
    screen.lines().find(|line| line.contains(text)).unwrap_or_else(|| panic!("{text:?} is not in\n{screen}")).to_owned()
}

#[test]
fn two_hundred_keys_move_two_hundred_rows() {
    let mut bench = Bench::with_world(120, 40, large_world(1_000));
    bench.keys("<Enter>");
    bench.keys(&"<Down>".repeat(200));
    assert_eq!(bench.model.tree.selected, 200);
    assert!(bench.screen().contains("large__tool_00199"), "the tool pane follows the selection");
}

#[test]
fn opening_a_server_connects_it_once() {
    let mut bench = Bench::new(120, 40);
    bench.keys("<Down><Down><Enter>");
    assert_eq!(bench.asked(), [Effect::Connect(server("fetch"))]);
    bench.world(|world| world.servers[2].1 = ready());
    bench.keys("<Left><Right>");
    assert_eq!(bench.asked(), []);
}

#[test]
fn nothing_is_contacted_by_looking() {
    let mut bench = Bench::new(120, 40);
    bench.keys("<Down><Up>/git<Enter><Down><Esc><Tab><Tab>]]<Shift+Tab>?<Esc><Ctrl+P>fetch<Esc><F8><Esc>zz");
    assert!(bench.asked().iter().all(|effect| matches!(effect, Effect::Wrap(_) | Effect::Read(_))));
}

#[test]
fn a_tool_without_arguments_is_one_key() {
    let mut bench = Bench::new(120, 40);
    bench.keys("<Enter><Down>");
    bench.asked();
    bench.keys("c");
    assert_eq!(bench.asked(), [Effect::Call(Ticket(1), tool_id("demo__no_arguments"), json!({}))]);
}

#[test]
fn a_tool_with_one_string_is_two_keys_and_the_text() {
    let mut bench = Bench::new(120, 40);
    bench.keys("<Enter><Down><Down>");
    bench.asked();
    bench.keys("chello?<Enter>");
    assert_eq!(bench.asked(), [Effect::Call(Ticket(1), tool_id("demo__echo"), json!({"text": "hello?"}))]);
}

#[test]
fn the_last_call_is_made_again_from_any_pane_with_one_key() {
    let mut bench = Bench::new(120, 40);
    bench.open_example("x = 1\n");
    bench.keys("<Enter><Down><Down>chello<Enter>");
    for pane in "123456".chars() {
        bench.asked();
        bench.keys(&format!("<Alt+{pane}><F6>"));
        let calls: Vec<Effect> = bench.asked().into_iter().filter(|effect| matches!(effect, Effect::Call(..))).collect();
        assert!(
            matches!(&calls[..], [Effect::Call(_, tool, arguments)] if *tool == tool_id("demo__echo") && *arguments == json!({"text": "hello"}))
        );
    }
}

#[test]
fn a_missing_argument_is_named_and_nothing_is_called() {
    let mut bench = Bench::new(120, 40);
    bench.keys("<Enter><Down><Down>c<Enter>");
    assert_eq!(bench.asked(), []);
    assert!(bench.screen().contains("✗ text: has to be filled in"));
}

#[test]
fn a_call_goes_out_at_once_and_whether_it_may_is_asked_by_the_policy() {
    let mut bench = Bench::new(120, 40);
    bench.keys("<Enter><Down><Down><Down>");
    bench.asked();
    bench.keys("c");
    assert_eq!(bench.asked(), [Effect::Call(Ticket(1), tool_id("demo__drop_all"), json!({}))]);
    bench.keys("<F6>");
    assert_eq!(bench.asked(), [Effect::Call(Ticket(2), tool_id("demo__drop_all"), json!({}))]);
}

#[test]
fn an_answer_is_shown_with_its_figures_and_copied() {
    let mut bench = Bench::new(120, 40);
    bench.keys("<Enter><Down>c");
    bench.asked();
    let value = json!({"said": "hello", "more": [1, 2]});
    let reply = CallReply { outcome: Ok(CallValue { value, raw: json!({}) }), record: None };
    bench.reply(Reply::Called(Ticket(1), Box::new(Answer::of(reply))));
    assert!(bench.screen().contains("said: \"hello\""));
    bench.keys("<Alt+3><Down>p");
    assert_eq!(bench.asked(), [TerminalEffect::Copy("$.said".to_owned()).into()]);
    bench.keys("<Alt+3>y");
    assert_eq!(bench.asked(), [TerminalEffect::Copy("hello".to_owned()).into()]);
    bench.keys("Y");
    assert_eq!(bench.asked(), [TerminalEffect::Copy("mcp-studio call demo__no_arguments '{}' --json".to_owned()).into()]);
}

#[test]
fn a_call_under_way_is_given_up_with_one_key() {
    let mut bench = Bench::new(120, 40);
    bench.keys("<Enter><Down>c");
    bench.asked();
    bench.keys("<Alt+5><Ctrl+C>");
    assert_eq!(bench.asked(), [Effect::Cancel(Ticket(1))]);
}

#[test]
fn a_script_is_run_and_stopped_with_one_key_from_any_pane() {
    let mut bench = Bench::new(120, 40);
    bench.open_example("x = 1\n");
    for pane in "13456".chars() {
        bench.asked();
        bench.keys(&format!("<Alt+{pane}><F5>"));
        assert_eq!(bench.asked().pop(), Some(Effect::Run(EXAMPLE.into(), None)), "pane {pane}");
    }
    let run = bench.board.run_begun("example.py");
    bench.board.run_state(run, RunState::Running, None);
    bench.learn();
    for pane in "123456".chars() {
        bench.asked();
        bench.keys(&format!("<Alt+{pane}><Ctrl+C>"));
        assert_eq!(bench.asked().pop(), Some(Effect::Interrupt(run)), "pane {pane}");
    }
}

#[test]
fn where_nothing_runs_stop_says_how_to_leave() {
    let mut bench = Bench::new(120, 40);
    bench.keys("<Ctrl+C>");
    assert_eq!(bench.asked(), []);
    assert!(bench.screen().lines().last().unwrap().contains("Stop: nothing runs; Ctrl+Q quits"));
    bench.keys("<Ctrl+Q>");
    assert_eq!(bench.asked(), [TerminalEffect::Quit.into()]);
}

#[test]
fn leaving_is_one_key_also_from_what_lies_over_the_panes() {
    for over in ["<Ctrl+P>git", "?", "<F8>", "<Ctrl+O>"] {
        let mut bench = Bench::new(120, 40);
        bench.keys(over);
        bench.asked();
        bench.keys("<Ctrl+Q>");
        assert_eq!(bench.asked(), [TerminalEffect::Quit.into()], "{over}");
    }
}

#[test]
fn a_run_that_ends_badly_marks_its_line() {
    let mut bench = Bench::new(120, 40);
    bench.open_example("a = 1\nb = 1 / 0\n");
    let failure = Failure::new(FailureKind::Script, "example.py: invalid syntax");
    bench.reply(Reply::Started(Err(failure.at(Place { file: EXAMPLE.into(), line: 2 }))));
    assert!(bench.screen().contains("example.py:2: example.py: invalid syntax"));
    bench.keys("<Esc>");
    assert!(line_with(&bench.screen(), "b = 1 / 0").contains("invalid syntax"));
}

#[test]
fn a_filter_counts_its_hits_and_escape_restores_everything() {
    let mut bench = Bench::new(120, 40);
    bench.keys("<Down>/gdiff");
    let screen = bench.screen();
    assert!(line_with(&screen, "/gdiff").contains("1 of 7"));
    assert!(screen.contains("git__git_diff"), "the hit is selected and shown");
    bench.keys("<Esc>");
    assert_eq!((bench.model.tree.selected, bench.model.tree_rows.len()), (1, 4));
}

#[test]
fn steps_are_filtered_and_the_hit_is_opened() {
    let mut bench = Bench::new(120, 40);
    bench.finished_run();
    bench.keys("<Alt+6>/error");
    let first = searched(&mut bench);
    assert_eq!((first.text.as_str(), &bench.asked()[..]), ("e", &[][..]), "one search at a time");
    bench.reply(Reply::StepHits(first, vec![0, 1, 2, 3]));
    let second = searched(&mut bench);
    assert_eq!(second.text, "error");
    bench.reply(Reply::StepHits(second, vec![2]));
    let screen = bench.screen();
    assert!(line_with(&screen, "/error").contains("1 of 4"));
    assert!(line_with(&screen, "no_arguments").contains("✗ error") && !screen.contains("reused"));
    bench.keys("<Enter><Enter>");
    assert_eq!(bench.asked(), [Effect::ShowStep(None, 2)]);
    bench.keys("<Esc>");
    assert!(bench.screen().contains("reused"));
}

/// The one search that was asked for.
fn searched(bench: &mut Bench) -> StepSearch {
    match &bench.asked()[..] {
        [Effect::FindSteps(search)] => search.clone(),
        other => panic!("not one search: {other:?}"),
    }
}

#[test]
fn hits_keep_up_with_steps_that_stream_in() {
    let mut bench = Bench::new(120, 40);
    bench.step(Caller::Form, "demo__echo", Decision::Ok, 1);
    bench.learn().keys("<Alt+6>/e");
    let mut search = searched(&mut bench);
    for hits in 1..50_u64 {
        bench.step(Caller::Form, "demo__echo", Decision::Ok, 1);
        bench.learn();
        assert_eq!(bench.asked(), []);
        let found = (0..search.steps).collect();
        bench.reply(Reply::StepHits(search, found));
        assert_eq!(bench.model.steps.hits.as_ref().map(Vec::len), usize::try_from(hits).ok());
        search = searched(&mut bench);
        assert_eq!(search.steps, hits + 1);
    }
}

#[test]
fn escape_close_before_a_control_key_is_both_and_types_nothing() {
    let mut bench = Bench::new(120, 40);
    bench.open_example("x = 1\n");
    bench.keys("<Alt+4><Ctrl+Alt+p>");
    assert!(bench.screen().contains("Palette") && bench.screen().contains("> "));
    bench.keys("<Ctrl+Alt+q>");
    assert_eq!(bench.asked().pop(), Some(TerminalEffect::Quit.into()), "nothing was typed, so nothing is unsaved");
}

#[test]
fn moved_keys_work_and_are_shown_everywhere() {
    let mut bench = Bench::new(120, 40);
    let place = Place { file: "mcp_config.json".into(), line: 3 };
    let moved =
        |action: &str, key: &str| KeySettings { action: action.to_owned(), keys: vec![key.to_owned()], place: place.clone() };
    let (keymap, warnings) = Keymap::of(&[moved("run-the-script", "F12"), moved("problems", "Ctrl+E"), moved("quit", "F10")]);
    assert!(warnings.is_empty());
    bench.model.keymap = keymap;
    bench.open_example("x = 1\n").keys("<Alt+4>");
    assert!(bench.screen().lines().last().unwrap().contains("F12 run"));
    assert!(bench.screen().lines().next().unwrap().contains("1 problem (Ctrl+E)"));
    bench.asked();
    bench.keys("<F12>");
    assert_eq!(bench.asked(), [Effect::Run(EXAMPLE.into(), None)]);
    bench.keys("<F5>");
    assert_eq!(bench.asked(), []);
    bench.keys("<Ctrl+C>");
    assert!(bench.screen().lines().last().unwrap().contains("Stop: nothing runs; F10 quits"));
    bench.keys("<F1>run-the-script");
    assert!(line_with(&bench.screen(), "Run the script").contains("F12"));
}

#[test]
fn every_pane_is_two_keys_away_and_back_returns() {
    let mut bench = Bench::new(80, 24);
    for (label, pane) in [('3', Pane::Tool), ('6', Pane::Steps), ('4', Pane::Editor), ('1', Pane::Servers)] {
        bench.keys(&format!("<Ctrl+O>{label}"));
        assert_eq!(bench.model.focus, pane);
    }
    bench.keys("<Alt+Left><Alt+Left>");
    assert_eq!(bench.model.focus, Pane::Steps);
    bench.keys("<Alt+Right>");
    assert_eq!(bench.model.focus, Pane::Editor);
}

#[test]
fn the_palette_finds_and_does_anything() {
    let mut bench = Bench::new(120, 40);
    bench.keys("<Ctrl+P>demoecho<Enter>");
    assert_eq!(bench.model.focus, Pane::Tool);
    assert!(bench.screen().contains("demo__echo"));
    bench.keys("<Ctrl+P>test_simple<Enter>");
    assert_eq!(bench.asked(), [Effect::Read("/project/workspace/test_simple.py".into())]);
    bench.keys("<Ctrl+P>connect all<Enter>");
    assert!(bench.screen().contains("Connect all servers: not in this pane"));
    bench.keys("<Esc><Esc><Alt+1><Ctrl+P>connect all<Enter>");
    let servers = ["demo", "git", "fetch", "ado"].map(|name| Effect::Connect(server(name)));
    assert_eq!(bench.asked(), servers);
}

#[test]
fn help_lists_what_is_valid_here_with_reasons_and_does_it() {
    let mut bench = Bench::new(120, 40);
    bench.keys("<Alt+6>?");
    let screen = bench.screen();
    assert!(line_with(&screen, "Run summary").contains("not now: no script was run yet"));
    assert!(!screen.contains("Fold"), "folding is for the servers pane");
    bench.keys("filter<Enter>sta");
    assert!(bench.screen().contains("/sta"));
}

#[test]
fn every_action_is_in_the_palette_with_its_sentence() {
    let mut bench = Bench::new(200, 60);
    for action in ACTIONS {
        bench.keys("<Ctrl+P>").tell(Msg::Paste(format!("{} {}", action.name, action.sentence)));
        let screen = bench.screen();
        bench.keys("<Esc>");
        assert!(screen.contains(&format!(" {} ", action.name)), "{} is missing", action.name);
    }
}

#[test]
fn clicks_select_open_and_turn_tabs_and_the_wheel_scrolls() {
    let mut bench = Bench::new(120, 40);
    let at = |kind, column, row| Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
    let click = MouseEventKind::Down(MouseButton::Left);
    bench.tell(at(click, 8, 3));
    assert_eq!((bench.model.focus, bench.model.tree.selected), (Pane::Servers, 1));
    bench.tell(at(click, 8, 3));
    assert_eq!(bench.asked(), [Effect::Connect(server("git"))]);
    bench.tell(at(click, 8, 4));
    let tab = line_with(&bench.screen(), "Traffic").find("Wrapper").unwrap();
    let column = u16::try_from(line_with(&bench.screen(), "Traffic")[..tab].chars().count()).unwrap();
    bench.tell(at(click, column, 1));
    assert!(bench.screen().contains("[Wrapper]"));
    bench.tell(at(MouseEventKind::ScrollDown, 8, 4));
    assert_eq!(bench.model.tree.selected, 5);
    bench.asked();
    bench.keys("<F9>");
    assert_eq!(bench.asked(), [TerminalEffect::Mouse(false).into()]);
}

#[test]
fn the_footer_of_a_form_says_which_key_calls_and_how_to_write_json() {
    let mut bench = Bench::new(80, 24);
    let last = |bench: &mut Bench| bench.screen().lines().last().unwrap().trim_end().to_owned();
    bench.keys("<Enter><Down><Down>c");
    assert_eq!(last(&mut bench), " ready   Enter call  Tab next field  Esc leave form  Alt+J raw JSON  F1 help");
    bench.keys("<Alt+J>");
    assert_eq!(last(&mut bench), " ready   Alt+Enter call  Esc leave form  Alt+J fields  F1 help");
    bench.keys("<Alt+J><F1>json");
    assert!(bench.screen().contains("Alt+J      Edit the arguments as JSON"), "{}", bench.screen());
    bench.keys("<Esc><Esc><F1>json");
    assert!(bench.screen().contains("Not now: open a tool's form first."), "{}", bench.screen());
}

#[test]
fn every_pane_is_named_or_numbered_where_one_is_shown_and_a_click_goes_there() {
    for columns in [60, 70, 80, 99] {
        for focus in Pane::ALL {
            let mut bench = Bench::new(columns, 24);
            bench.keys(&format!("<Alt+{}>", focus.label()));
            let screen = bench.screen();
            let line = screen.lines().nth(1).unwrap();
            let labels: String = line.chars().filter(char::is_ascii_digit).collect();
            assert_eq!(labels, "12345678", "{columns} {focus:?}: {line}");
            assert!(line.contains(&format!("{} {}", focus.label(), focus.title())), "{columns} {focus:?}: {line}");
            let column = u16::try_from(line.find('8').unwrap()).unwrap();
            let click = MouseEventKind::Down(MouseButton::Left);
            bench.tell(Msg::Mouse(MouseEvent { kind: click, column, row: 1, modifiers: KeyModifiers::NONE }));
            assert_eq!(bench.model.focus, Pane::Pins);
        }
    }
}

#[test]
fn a_failed_server_tells_everything_it_knows() {
    let mut bench = Bench::new(80, 24);
    let screen = bench.keys("<F8>").screen();
    for text in ["exited with status 3 while connecting", "stderr: error: no organisation given", "hint: add the organisation"] {
        assert!(screen.contains(text), "{text:?} is not in\n{screen}");
    }
}

#[test]
fn hostile_names_and_descriptions_cannot_steer_the_terminal() {
    let mut bench = Bench::new(120, 40);
    bench.keys("<Enter><Down><Down><Down><Down>");
    let frame = bench.frame();
    let steers = |symbol: &str| symbol.chars().any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
    assert!(!frame.content.iter().any(|cell| steers(cell.symbol())));
    assert!(super::bench::text_of(&frame).contains("odd␛[2J\u{fffd}name"));
}

#[test]
fn output_follows_until_it_is_scrolled() {
    let mut bench = Bench::new(120, 40);
    let run = bench.board.run_begun("example.py");
    let print = |bench: &Bench, lines: std::ops::Range<u32>| {
        for line in lines {
            bench.board.run_output(run, OutputStream::Stdout, format!("line {line}.\n").as_bytes());
        }
    };
    print(&bench, 0..100);
    bench.learn();
    assert!(bench.screen().contains("line 99."));
    bench.keys("<Alt+5><Home>");
    print(&bench, 100..200);
    bench.learn();
    let screen = bench.screen();
    assert!(screen.contains("line 0.") && !screen.contains("line 199."));
    bench.keys("f");
    assert!(bench.screen().contains("line 199."));
    bench.keys("<Up><Enter>");
    assert_eq!(bench.asked(), [Effect::ShowLine(run, 198)]);
}

#[test]
fn steps_stream_in_under_a_selection_that_stays() {
    let mut bench = Bench::new(120, 40);
    for _ in 0..50 {
        bench.step(Caller::Form, "demo__echo", Decision::Ok, 1);
    }
    bench.learn().keys("<Alt+6><Down><Down>");
    for _ in 0..50 {
        bench.step(Caller::Form, "demo__echo", Decision::Ok, 1);
    }
    bench.learn().keys("<Enter>");
    assert_eq!(bench.asked().pop(), Some(Effect::ShowStep(None, 47)));
}

#[test]
fn a_call_is_written_into_the_script_when_its_wrapper_comes() {
    let mut bench = Bench::new(120, 40);
    bench.open_example("print(1)\n");
    bench.keys("<Enter><Down>");
    bench.reply(Reply::Wrapped(tool_id("demo__no_arguments"), None));
    bench.asked();
    bench.keys("<Down>i");
    assert_eq!(bench.all_asked(), [Effect::Wrap(tool_id("demo__echo"))], "once, though it is shown and inserted");
    bench.reply(Reply::Wrapped(tool_id("demo__echo"), Some(shown_wrapper(WrapperState::Current))));
    assert_eq!(bench.model.focus, Pane::Editor);
    let screen = bench.screen();
    assert!(screen.contains("from servers.demo import echo") && screen.contains("await echo(text=\"\")"));
}

#[test]
fn a_server_that_comes_up_keeps_the_selection() {
    let mut bench = Bench::new(120, 40);
    bench.keys("<Down><Down><Enter>");
    bench.world(|world| {
        world.servers[2].1 = ServerState::Connecting { since: std::time::Instant::now(), doing: "starting uvx".to_owned() }
    });
    let offer = super::bench::offer("fetch", &[json!({"name": "fetch", "inputSchema": {}})]);
    bench.world(|world| {
        let mut offers = (*world.offers).clone();
        offers.insert(server("fetch"), Arc::new(offer));
        (world.offers, world.servers[2].1) = (Arc::new(offers), ready());
    });
    bench.reply(Reply::Connected(server("fetch"), Ok(())));
    assert_eq!(bench.model.tree.selected, 2);
    assert!(bench.screen().contains("fetch is ready"));
}

#[test]
fn generated_wrappers_are_counted() {
    let mut bench = Bench::new(120, 40);
    bench.keys("g");
    assert_eq!(bench.asked(), [Effect::Generate(None)]);
    let done = GeneratedServer {
        server: server("demo"),
        package: "demo".to_owned(),
        tools: 4,
        changed: vec!["a.py".into()],
        removed: Vec::new(),
        notes: Vec::new(),
        diff: String::new(),
        failure: None,
    };
    bench.reply(Reply::Generated(Ok(vec![done])));
    assert!(bench.screen().contains("wrappers of 4 tools, 1 files written"));
}
