//! Scripts in the editor: nothing is lost, nothing is overwritten silently.

use mcp_studio::fronts::tui::{Effect, Msg, Pane, Reply, SaveFault, TerminalEffect};

use super::bench::{Bench, EXAMPLE};

fn saving(text: &str, base: &str) -> Effect {
    Effect::Save { path: EXAMPLE.into(), text: text.to_owned(), base: base.to_owned() }
}

#[test]
fn a_pasted_script_is_saved_byte_for_byte() {
    let script: String = (0..300).map(|line| format!("def f{line}():\n\tif x:\n        return '{line} ü'  \n")).collect();
    assert!(script.len() > 10_000);
    let mut bench = Bench::new(120, 40);
    bench.open_example("");
    bench.keys("<Alt+4>").tell(Msg::Paste(script.clone())).keys("<Ctrl+S>");
    assert_eq!(bench.asked(), [saving(&script, "")]);
}

#[test]
fn letters_are_typed_and_keys_of_other_panes_are_not_taken() {
    let mut bench = Bench::new(120, 40);
    bench.open_example("");
    bench.keys("<Alt+4>?/12qrcz");
    assert!(bench.screen().contains("1 ?/12qrcz"));
    assert!(bench.screen().contains("● unsaved"));
    bench.keys("<Esc>");
    assert_eq!(bench.model.focus, Pane::Servers);
}

#[test]
fn leaving_with_unsaved_text_asks() {
    let mut bench = Bench::new(120, 40);
    bench.open_example("a\n");
    bench.keys("<Alt+4>x<Ctrl+Q>");
    assert_eq!(bench.asked(), []);
    assert!(bench.screen().contains("example.py has changes that are not saved."));
    bench.keys("<Esc><Ctrl+Q>s");
    assert_eq!(bench.asked(), [saving("xa\n", "a\n")]);
    bench.reply(Reply::Saved(EXAMPLE.into(), Ok("xa\n".to_owned())));
    assert_eq!(bench.asked(), [Effect::ListScripts, TerminalEffect::Quit.into()]);
}

#[test]
fn a_failed_save_does_not_leave() {
    let mut bench = Bench::new(120, 40);
    bench.open_example("a\n");
    bench.keys("<Alt+4>x<Ctrl+Q>s");
    bench.asked();
    let failure = mcp_studio::types::Failure::new(mcp_studio::types::FailureKind::Storage, "cannot write example.py: disk full");
    bench.reply(Reply::Saved(EXAMPLE.into(), Err(SaveFault::Failed(failure))));
    assert_eq!(bench.asked(), []);
    assert!(bench.screen().contains("cannot write example.py: disk full"));
    bench.keys("<Ctrl+S>").reply(Reply::Saved(EXAMPLE.into(), Ok("xa\n".to_owned())));
    assert_eq!(bench.asked(), [saving("xa\n", "a\n"), Effect::ListScripts]);
}

#[test]
fn another_programs_edit_is_taken_over_or_asked_about() {
    let mut bench = Bench::new(120, 40);
    bench.open_example("a\n");
    bench.reply(Reply::ScriptChanged(EXAMPLE.into(), "b\n".to_owned()));
    assert!(bench.screen().contains("read anew"));
    bench.keys("<Alt+4>x");
    bench.reply(Reply::ScriptChanged(EXAMPLE.into(), "c\n".to_owned()));
    assert!(bench.screen().contains("saving will ask"));
    bench.keys("<Ctrl+S>");
    bench.asked();
    bench.reply(Reply::Saved(EXAMPLE.into(), Err(SaveFault::Changed("c\n".to_owned()))));
    assert!(bench.screen().contains("Write over another program's changes?"));
    bench.keys("o");
    assert_eq!(bench.asked(), [Effect::Save { path: EXAMPLE.into(), text: "xb\n".to_owned(), base: "c\n".to_owned() }]);
}

#[test]
fn the_files_text_can_be_taken_instead() {
    let mut bench = Bench::new(120, 40);
    bench.open_example("a\n");
    bench.keys("<Alt+4>x<Ctrl+S>");
    bench.reply(Reply::Saved(EXAMPLE.into(), Err(SaveFault::Changed("theirs\n".to_owned()))));
    bench.keys("t");
    let screen = bench.screen();
    assert!(screen.contains("theirs") && !screen.contains("● unsaved"));
}

#[test]
fn opening_another_script_asks_about_unsaved_text() {
    let mut bench = Bench::new(120, 40);
    bench.open_example("a\n");
    bench.keys("<Alt+4>x<Esc><Alt+2><Down><Enter>");
    assert_eq!(bench.asked(), []);
    bench.keys("d");
    assert_eq!(bench.asked(), [Effect::Read("/project/workspace/test_simple.py".into())]);
}

#[test]
fn unsaved_text_runs_as_it_stands() {
    let mut bench = Bench::new(120, 40);
    bench.open_example("a\n");
    bench.keys("<Alt+4>x<F5>");
    assert_eq!(bench.asked(), [Effect::Run(EXAMPLE.into(), Some("xa\n".to_owned()))]);
}

#[test]
fn ctrl_c_copies_a_selection_where_nothing_runs() {
    let mut bench = Bench::new(120, 40);
    bench.open_example("abc\n");
    bench.keys("<Alt+4><Shift+Right><Shift+Right><Ctrl+C>");
    assert_eq!(bench.asked(), [TerminalEffect::Copy("ab".to_owned()).into()]);
}
