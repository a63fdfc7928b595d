//! No screen shows a secret of a server, whoever says it: walked through with a canary in the server's environment, in
//! arguments, results, errors, both streams of a script and what ends it.

use serde_json::json;

use super::screen::Screen;
use super::{ALT_H, F5, F8, QUIT};
use crate::support::Project;

const CANARY: &str = "canary-0815-zebra-4711";
const MASKED: &str = "[masked secret]";
const ESCAPE: &str = "\u{1b}";
const F7: &str = "\u{1b}[18~";

/// What it is called by is not in the text of the script, which the editor shows as it is.
const SCRIPT: &str = "\
import re, sys
from mcp_execution import McpExecutionError, call_tool

text = str(call_tool('files__read_text', {'path': 'a.txt'}))
word = re.search(r'can\\w+-[-\\w]+', text)[0]
print(text, flush=True)
print(word, file=sys.stderr, flush=True)
try:
    call_tool('files__read_text', {'path': word})
except McpExecutionError as error:
    print(error)
raise ValueError(word)
";

fn project() -> Project {
    let files = json!({"command": "mcp-studio", "args": ["file-server", "--root", "data"], "env": {"DEMO": CANARY}});
    let broken = json!({"command": "sh", "args": ["-c", "echo cannot use $DEMO >&2; exit 3"], "env": {"DEMO": CANARY}});
    let config = json!({
        "mcpServers": {"files": files, "broken": broken},
        "studio": {"policy": {"default": "allow"}, "record": "full"},
    });
    let text = format!("it is {CANARY}, said in base64 Y2FuYXJ5LTA4MTUtemVicmEtNDcxMQ==\n");
    Project::new(&config, &[("data/a.txt", &text), ("workspace/leak.py", SCRIPT)])
}

/// Waits for `text`, and looks at the whole screen.
fn look(screen: &mut Screen, text: &str) -> String {
    screen.wait_for(text);
    let shown = screen.text();
    for part in [CANARY, "canary-0815", "zebra", "Y2FuYXJ5LTA4MTUt"] {
        assert!(!shown.contains(part), "{part} is shown:\n{shown}");
    }
    shown
}

/// The same, and something was masked in what is shown.
fn look_at_masked(screen: &mut Screen, text: &str) {
    let shown = look(screen, text);
    assert!(shown.contains(MASKED), "nothing is masked:\n{shown}");
}

/// Closes what `text` tells of. An Escape and a key in one write would be another key.
fn close(screen: &mut Screen, text: &str) {
    screen.send(ESCAPE);
    screen.wait_until(|screen| !screen.contents().contains(text));
}

#[test]
fn a_canary_is_on_no_screen_of_the_workbench() {
    let mut screen = Screen::open(project(), 120, 40, &[]);
    screen.wait_for("not contacted");
    screen.send("\r");
    look(&mut screen, "read_text");
    screen.send(F5);
    look_at_masked(&mut screen, "✗ exit 1 after");
    look_at_masked(&mut screen, "ValueError: [masked secret]");
    screen.send("5\r");
    look_at_masked(&mut screen, "Line of output");
    close(&mut screen, "Line of output");
    screen.send("6\r");
    look_at_masked(&mut screen, "─ Step 2");
    screen.send("\u{1b}[6~");
    look(&mut screen, "Size and cost");
    close(&mut screen, "─ Step 2");
    screen.send(F7);
    look(&mut screen, "Run summary");
    close(&mut screen, "Run summary");
    screen.send(ALT_H);
    look_at_masked(&mut screen, "3 of 3");
    close(&mut screen, "3 of 3");
    screen.send("7");
    look(&mut screen, "Rules, in the order");
    close(&mut screen, "Rules, in the order");
    screen.send("8");
    look(&mut screen, "✓ files__read_text");
    close(&mut screen, "✓ files__read_text");

    screen.send("1/read_text\rc");
    screen.wait_for("[Call]");
    screen.send("a.txt\r");
    look_at_masked(&mut screen, "✓ ok ");
    screen.send("3]]");
    screen.wait_until(|screen| screen.contents().matches("← received").count() == 5);
    look(&mut screen, "tools/call");
    screen.send("\r");
    look_at_masked(&mut screen, "received at");
    close(&mut screen, "received at");
    screen.send("1");
    close(&mut screen, "/read_text");
    screen.send("/broken\r\r");
    look(&mut screen, "exit 3");
    screen.send(F8);
    look_at_masked(&mut screen, "cannot use [masked secret]");
    screen.send(QUIT);
    assert_eq!(screen.ended(), 0);
    assert!(!screen.written().contains(CANARY), "not even for the time of a frame");
}
