//! The built binary in a pseudo-terminal: what a person's terminal would show, and what is left behind.

pub(crate) mod screen;
mod tools;
mod veil;

use serde_json::{Value, json};

use crate::support::{Project, alive, below};
use screen::Screen;

const DOWN: &str = "\u{1b}[B";
const UP: &str = "\u{1b}[A";
const F5: &str = "\u{1b}[15~";
const F8: &str = "\u{1b}[19~";
const INTERRUPT: &str = "\u{3}";
pub(crate) const QUIT: &str = "\u{11}";
const SAVE: &str = "\u{13}";

const ALT_H: &str = "\u{1b}h";
const ALT_O: &str = "\u{1b}o";

fn no_servers() -> Value {
    json!({"mcpServers": {}})
}

/// A project with twenty servers that would leave a trace if they were started.
fn twenty_servers() -> Project {
    let servers: serde_json::Map<String, Value> =
        (0..20).map(|at| (format!("server{at}"), json!({"command": "touch", "args": [format!("contacted-{at}")]}))).collect();
    Project::new(&json!({"mcpServers": servers}), &[("workspace/a.py", "print(1)\n")])
}

#[test]
fn the_first_frame_shows_all_servers_and_contacts_none() {
    let project = twenty_servers();
    let mut screen = Screen::open(project, 120, 40, &[]);
    screen.wait_for("server19");
    screen.wait_for("4 a.py");
    assert!(screen.text().contains("▸ ○ server0   not contacted"), "{}", screen.text());
    assert_eq!(below(screen.process()), [0_u32; 0]);
    screen.send(QUIT);
    assert_eq!(screen.ended(), 0);
    let traces = std::fs::read_dir(screen.project().folder())
        .unwrap()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("contacted"));
    assert_eq!(traces.count(), 0);
}

#[test]
fn two_hundred_keys_in_one_write_move_two_hundred_rows() {
    let names: Vec<String> = (0..300).map(|at| format!("workspace/s{at:03}.py")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "print(1)\n")).collect();
    let mut screen = Screen::open(Project::new(&no_servers(), &files), 120, 40, &[]);
    screen.wait_for("4 s000.py");
    screen.send(&format!("2{}\r", DOWN.repeat(200)));
    screen.wait_for("4 s200.py");
    screen.send(&format!("\u{1b}2{}{}\r", DOWN.repeat(2_000), UP.repeat(150)));
    screen.wait_for("4 s149.py");
}

#[test]
fn a_resize_storm_leaves_the_same_picture() {
    let mut screen = Screen::open(twenty_servers(), 120, 40, &[]);
    screen.wait_for("4 a.py");
    let before = screen.text();
    for step in 0..60_u16 {
        screen.resize(20 + (step * 37) % 140, 5 + (step * 13) % 50);
        screen.send(DOWN);
    }
    screen.resize(20, 5);
    screen.wait_for("too small: 20x5");
    screen.send(&UP.repeat(60));
    screen.resize(120, 40);
    screen.wait_until(|screen| screen.contents() == before);
}

#[test]
fn a_pasted_script_is_saved_byte_for_byte() {
    let project = Project::new(&no_servers(), &[("workspace/a.py", "")]);
    let mut screen = Screen::open(project, 120, 40, &[]);
    screen.wait_for("4 a.py");
    let script: String = (0..300).map(|line| format!("def f{line}():\n\tif x:\n        return '{line} ü'  \n")).collect();
    assert!(script.len() > 10_000);
    screen.send(&format!("4\u{1b}[200~{}\u{1b}[201~", script.replace('\n', "\r")));
    screen.wait_for("● unsaved");
    screen.send(SAVE);
    screen.wait_for("a.py is saved");
    assert_eq!(std::fs::read_to_string(screen.project().path("workspace/a.py")).unwrap(), script);
}

#[test]
fn an_edit_by_another_program_is_shown() {
    let project = Project::new(&no_servers(), &[("workspace/a.py", "before = 1\n")]);
    let mut screen = Screen::open(project, 120, 40, &[]);
    screen.wait_for("before = 1");
    screen.project().write("workspace/a.py.new", "after = 2\n");
    std::fs::rename(screen.project().path("workspace/a.py.new"), screen.project().path("workspace/a.py")).unwrap();
    screen.wait_for("after = 2");
}

#[test]
fn a_running_script_is_interrupted_with_one_key() {
    let script = "import time\nprint('it runs', flush=True)\ntime.sleep(600)\n";
    let mut screen = Screen::open(Project::new(&no_servers(), &[("workspace/a.py", script)]), 120, 40, &[]);
    screen.wait_for("4 a.py");
    screen.send(F5);
    screen.wait_for("│ it runs");
    screen.send(INTERRUPT);
    screen.wait_for("interrupted after");
    screen.send(QUIT);
    assert_eq!(screen.ended(), 0);
}

#[test]
fn a_killed_server_is_told_with_its_signal_and_a_hint() {
    let servers = json!({"mcpServers": {"files": {"command": "mcp-studio", "args": ["file-server", "--root", "."]}}});
    let mut screen = Screen::open(Project::new(&servers, &[]), 120, 40, &[]);
    screen.wait_for("not contacted");
    screen.send("\r");
    screen.wait_for("list_directory");
    let serves = |process: &&u32| std::fs::read_to_string(format!("/proc/{process}/cmdline")).unwrap().contains("file-server");
    let server = *below(screen.process()).iter().find(serves).unwrap();
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(i32::try_from(server).unwrap()).unwrap(),
        rustix::process::Signal::KILL,
    )
    .unwrap();
    screen.wait_for("✗ files");
    screen.send(F8);
    screen.wait_for("signal 9");
    assert!(!alive(server));
}

#[test]
fn a_panic_gives_the_terminal_back_and_names_the_log() {
    let project = Project::new(&no_servers(), &[]);
    let mut screen = Screen::open(project, 120, 40, &[("MCP_STUDIO_TEST_PANIC", "1")]);
    screen.wait_for("1 Servers");
    screen.send("x");
    assert_eq!(screen.ended(), 101);
    screen.wait_until(|screen| !screen.alternate_screen());
    let text = screen.text();
    assert!(text.contains("asked for by MCP_STUDIO_TEST_PANIC"), "{text}");
    assert!(text.replace('\n', "").contains("The log is in") && text.replace('\n', "").contains(".mcp-studio/logs"), "{text}");
    screen.assert_given_back();
}

#[test]
fn leaving_and_sigterm_give_the_terminal_back() {
    for leave in ["quit", "signal"] {
        let mut screen = Screen::open(twenty_servers(), 120, 40, &[]);
        screen.wait_for("4 a.py");
        if leave == "quit" {
            screen.send(QUIT);
        } else {
            screen.signal(rustix::process::Signal::TERM);
        }
        assert_eq!(screen.ended(), 0, "{leave}");
        screen.wait_until(|screen| !screen.alternate_screen());
        assert_eq!(screen.text().trim(), "", "{leave}");
        screen.assert_given_back();
    }
}

#[test]
fn without_colours_none_is_sent() {
    let colours = |variables: &[(&str, &str)]| {
        let mut screen = Screen::open(twenty_servers(), 120, 40, variables);
        screen.wait_for("4 a.py");
        screen.coloured_cells()
    };
    assert_eq!(colours(&[("NO_COLOR", "1")]), 0);
    assert!(colours(&[]) > 100);
}

#[test]
fn a_terminal_that_reads_nothing_blocks_neither_keys_nor_leaving() {
    let script = "number = 0\nwhile True:\n    number += 1\n    print(f'flood {number} ' * 20)\n";
    let project = Project::new(&no_servers(), &[("workspace/a.py", script)]);
    let mut screen = Screen::open(project, 200, 60, &[]);
    screen.wait_for("4 a.py");
    screen.send(F5);
    screen.wait_for("flood 1");
    screen.stall();
    screen.send(&format!("{}{INTERRUPT}{QUIT}", format!("1{}6{}", DOWN.repeat(50), DOWN.repeat(50)).repeat(20)));
    assert_eq!(screen.ended(), 0);
}

#[test]
fn the_persons_editor_gets_the_terminal_and_gives_it_back() {
    let project = Project::new(&no_servers(), &[("workspace/a.py", "before = 1\n"), ("edit.sh", "echo 'after = 2' >>\"$1\"\n")]);
    let mut screen = Screen::open(project, 120, 40, &[("EDITOR", "sh ./edit.sh"), ("VISUAL", "")]);
    screen.wait_for("before = 1");
    screen.send(ALT_O);
    screen.wait_for("2 after = 2");
    screen.send(ALT_O);
    screen.wait_for("3 after = 2");
    screen.send(QUIT);
    assert_eq!(screen.ended(), 0);
    screen.wait_until(|screen| !screen.alternate_screen());
    screen.assert_given_back();
}

#[test]
fn output_is_piped_into_a_shell_command() {
    let project = Project::new(&no_servers(), &[("workspace/a.py", "print('one')\nprint('two')\n")]);
    let mut screen = Screen::open(project, 120, 40, &[]);
    screen.wait_for("4 a.py");
    screen.send(F5);
    screen.wait_for("ok after");
    screen.send("5|tr a-z A-Z\r");
    screen.wait_for("TWO");
}

#[test]
fn after_a_kill_the_history_has_everything_and_opens_it_again() {
    let script = "from mcp_execution import call_tool\ncall_tool('files__list_directory', {'path': 'workspace'})\nprint('called', flush=True)\nimport time\ntime.sleep(600)\n";
    let servers = json!({"mcpServers": {"files": {"command": "mcp-studio", "args": ["file-server", "--root", "."]}}});
    let mut screen = Screen::open(Project::new(&servers, &[("workspace/a.py", script)]), 120, 40, &[]);
    screen.wait_for("4 a.py");
    screen.send(F5);
    screen.wait_for("│ called");
    screen.signal(rustix::process::Signal::KILL);
    screen.ended();
    let mut screen = Screen::open(std::sync::Arc::clone(screen.project()), 120, 40, &[]);
    screen.wait_for("crashed; its 1 step and 1 run are kept (Alt+H shows them)");
    screen.send(ALT_H);
    screen.wait_for("crashed; everything it had recorded is here");
    screen.wait_for("did not end");
    screen.send("list\r");
    screen.wait_for("its arguments as they were; Enter sends them");
    screen.send("\r");
    screen.wait_for("✓ ok");
}
