//! The tool side of the workbench in a pseudo-terminal, with real servers.

use serde_json::Value;

use super::screen::Screen;
use super::{INTERRUPT, QUIT};
use crate::offered::offers;
use crate::support::Project;

const ESCAPE: &str = "\u{1b}";

/// The workbench with the server connected and its tree open.
fn opened(files: &[(&str, &str)]) -> Screen {
    let mut screen = Screen::open(Project::new(&offers(), files), 120, 40, &[]);
    screen.wait_for("not contacted");
    screen.send("\r");
    screen.wait_for("measure");
    screen
}

#[test]
fn the_copied_command_prints_the_json_that_the_workbench_shows() {
    let mut screen = opened(&[]);
    screen.send("/measure\r\u{1b}OC");
    screen.wait_for("1 of");
    screen.send("ca 'quoted' $HOME text\r");
    // The step is shown first: only an answer can be copied.
    screen.wait_for("v shows another");
    screen.send("y");
    let shown = screen.wait_for_copied(0);
    screen.send("Y");
    let command = screen.wait_for_copied(1);
    assert_eq!(command, r#"mcp-studio call offers__measure '{"text":"a '\''quoted'\'' $HOME text"}' --json"#);
    let printed = screen.project().shell(&command);
    let (shown, printed): (Value, Value) = (serde_json::from_str(&shown).unwrap(), serde_json::from_str(&printed).unwrap());
    assert_eq!(printed, shown);
    assert_eq!(printed["letters"], 21);
}

#[test]
fn prompts_and_resources_are_opened_and_filled_in() {
    let mut screen = opened(&[]);
    screen.send("/welcome\r\r");
    screen.wait_for("Second line ␛[31mred");
    screen.send(ESCAPE);
    screen.wait_until(|screen| !screen.contents().contains("As sent"));
    screen.send(ESCAPE);
    screen.wait_for("greet");
    screen.send("/praise\r\r");
    screen.wait_for("Who is praised.");
    screen.send("Ada\r");
    screen.wait_for("Praise Ada loudly.");
    screen.send(QUIT);
    assert_eq!(screen.ended(), 0);
}

#[test]
fn saved_calls_and_scripts_of_other_programs_are_picked_up() {
    let mut screen = opened(&[("workspace/a.py", "print(1)\n")]);
    screen.project().write("workspace/calls/mine.json", r#"{"tool": "offers__measure", "arguments": {"text": "kept"}}"#);
    screen.wait_for("· mine");
    screen.project().write("workspace/fresh.py", "print(2)\n");
    screen.wait_for("fresh.py");
    screen.send("2/mine\r\r");
    screen.wait_for("[Call]");
    screen.send("\r");
    screen.wait_for("kept");
    screen.project().write("workspace/calls/mine.json", r#"{"tool": "offers"}"#);
    screen.wait_for("not usable");
    screen.project().write("mcp_config.json", "{}");
    screen.wait_for("! mcp_config.json has changed; start again to go by it");
    screen.wait_for("1 problem (F8)");
    screen.project().write("mcp_config.json", "{\"mcpServers\": 3}");
    screen.wait_for("✗ mcp_config.json has changed and is wrong: mcp_config.json:1: ");
    screen.wait_for("2 problems (F8)");
}

#[test]
fn escape_never_drops_a_running_call() {
    let slow = "import time\ntime.sleep(600)\n";
    let mut screen = opened(&[("workspace/a.py", slow)]);
    screen.wait_for("4 a.py");
    screen.send("\u{1b}[15~");
    screen.wait_for("● running");
    screen.send(&ESCAPE.repeat(5));
    screen.send("7");
    screen.wait_for("Rules, in the order");
    screen.send(ESCAPE);
    screen.wait_for("▾ ● offers");
    assert!(screen.text().contains("● running"), "{}", screen.text());
    screen.send(INTERRUPT);
    screen.wait_for("interrupted after");
}

#[test]
fn discovery_and_generation_are_one_key_each() {
    let plan = r#"{"servers": {"offers": {"measure": {"samples": [{"text": "one"}, {"text": "two"}]}}}}"#;
    let mut screen = opened(&[("discovery_config.json", plan)]);
    screen.send("/measure\r\r]");
    screen.wait_for("not generated yet");
    screen.send("g");
    screen.wait_for("✓ up to date in servers/offers/measure.py");
    screen.send("]]d");
    screen.wait_for("2 replies, the last on");
    screen.send("[[");
    screen.wait_for("! changed since it was generated");
    screen.wait_for("old wrappers");
    screen.send("g");
    screen.wait_for("✓ up to date in servers/offers/measure.py");
    screen.wait_until(|screen| !screen.contents().contains("old wrappers"));
    assert!(screen.text().contains("MeasureResult"), "{}", screen.text());
}

#[test]
fn a_changed_tool_is_accepted_in_the_pins_pane() {
    let mut screen = opened(&[]);
    screen.send("/measure\rcx\r");
    screen.wait_for("✓ ok");
    let pins = screen.project().path(".mcp-studio/pins.json");
    let text = std::fs::read_to_string(&pins).unwrap();
    let hash = serde_json::from_str::<Value>(&text).unwrap()["servers"]["offers"]["tools"]["measure"]["sha256"].clone();
    let other = text.replace("Counts the letters", "Counts\u{200b} the letters").replace(hash.as_str().unwrap(), &"0".repeat(64));
    std::fs::write(&pins, other).unwrap();
    screen.send("\u{1b}\u{1b}8");
    screen.wait_for("! offers__measure");
    screen.wait_for("Counts<U+200B> the letters");
    screen.send("a");
    screen.wait_for("Accept the change?");
    screen.send("a");
    screen.wait_for("holds as it is now");
}
