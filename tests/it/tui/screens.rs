//! Whole screens at the sizes that matter.

use std::time::Duration;

use mcp_studio::fronts::tui::{Counted, Effect, Look, Msg, Reply, RunFigures};
use mcp_studio::ops::{OutputStream, RunState};
use mcp_studio::types::{Caller, Decision};
use ratatui::style::Color;

use super::bench::{Bench, large_world};

const SCRIPT: &str = "from servers.git import git_status\n\nstatus = await git_status(repo_path=\".\")\nprint(status)\n";

/// A workbench in the middle of work: a tool shown, a script open, a run ended.
fn at_work(columns: u16, rows: u16) -> Bench {
    let mut bench = Bench::new(columns, rows);
    bench.open_example(SCRIPT);
    bench.finished_run();
    bench.keys("<Enter><Down><Down>");
    bench
}

#[test]
fn at_work_120x40() {
    insta::assert_snapshot!(at_work(120, 40).screen());
}

#[test]
fn at_work_200x60() {
    insta::assert_snapshot!(at_work(200, 60).screen());
}

#[test]
fn each_pane_at_80x24() {
    let mut bench = at_work(80, 24);
    let screens: Vec<String> = "12345678".chars().map(|label| bench.keys(&format!("<Alt+{label}>")).screen()).collect();
    insta::assert_snapshot!(screens.join("\n"));
}

#[test]
fn each_pane_at_60x18() {
    let mut bench = at_work(60, 18);
    let screens: Vec<String> = "12345678".chars().map(|label| bench.keys(&format!("<Alt+{label}>")).screen()).collect();
    insta::assert_snapshot!(screens.join("\n"));
}

#[test]
fn the_call_form_and_a_running_call() {
    let mut bench = at_work(120, 40);
    let form = bench.keys("chello").screen();
    let calling = bench.keys("<Enter>").wait(Duration::from_millis(2_300)).screen();
    insta::assert_snapshot!(format!("{form}\n{calling}"));
}

#[test]
fn help_palette_problems_and_questions() {
    let mut bench = at_work(80, 24);
    let mut screens =
        vec![bench.keys("?").screen(), bench.keys("<Esc><Ctrl+P>git st").screen(), bench.keys("<Esc><F8>").screen()];
    screens.push(bench.keys("<Esc><F7>").screen());
    screens.push(bench.keys("<Esc><Down>c").screen());
    insta::assert_snapshot!(screens.join("\n"));
}

#[test]
fn the_summary_of_a_run() {
    let mut bench = at_work(120, 40);
    bench.asked();
    bench.keys("<F7>");
    let asked = bench.asked();
    let [Effect::Summarise(counted)] = asked[..] else { panic!("{asked:?}") };
    let mut steps = bench.board.steps(Some(counted.run), 0..counted.steps);
    for (step, milliseconds) in steps.iter_mut().zip([0, 5, 5, 130]) {
        step.at = jiff::Timestamp::from_millisecond(milliseconds).unwrap();
    }
    bench.reply(Reply::Summarised(Box::new(RunFigures::of(counted, &steps, None, bench.now))));
    insta::assert_snapshot!(bench.screen());
    bench.step(Caller::Script(counted.run), "git__git_status", Decision::Ok, 3);
    bench.learn();
    assert_eq!(bench.asked(), [Effect::Summarise(Counted { steps: counted.steps + 1, ..counted })]);
}

#[test]
fn a_script_that_runs() {
    let mut bench = Bench::new(120, 40);
    bench.open_example(SCRIPT);
    let run = bench.board.run_begun("example.py");
    bench.board.run_state(run, RunState::Running, Some(4_242));
    for line in 0..40 {
        bench.board.run_output(run, OutputStream::Stdout, format!("line {line}\n").as_bytes());
    }
    bench.step(Caller::Script(run), "git__git_status", Decision::Ok, 3);
    bench.learn();
    bench.wait(Duration::from_millis(1_240));
    insta::assert_snapshot!(bench.screen());
}

#[test]
fn without_colours_no_cell_has_one_and_every_state_has_a_word() {
    let mut bench = at_work(120, 40);
    bench.look = Look::of(|name| (name == "NO_COLOR").then(|| "1".to_owned()));
    let frame = bench.frame();
    assert!(frame.content.iter().all(|cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset)));
    let screen = super::bench::text_of(&frame);
    for word in ["stale", "not contacted", "exit 3", "✓ ok", "↺ reused", "✗ error", "⊘ denied schema"] {
        assert!(screen.contains(word), "{word:?} is missing:\n{screen}");
    }
}

#[test]
fn no_size_panics_and_small_ones_say_so() {
    let mut bench = at_work(120, 40);
    for keys in ["", "<Alt+3>c", "<Esc><Alt+4>", "<Alt+6>/git<Enter>", "<F8>", "<Esc><Ctrl+P>", "<Esc><Ctrl+Q>", "<Ctrl+O>"] {
        bench.keys(keys);
        for (columns, rows) in [(1, 1), (0, 0), (20, 5), (59, 18), (60, 17), (60, 18), (61, 19), (99, 28), (100, 28), (300, 90)] {
            bench.tell(Msg::Resized(columns, rows));
            let screen = bench.screen();
            assert_eq!(screen.contains("too small"), columns >= 9 && rows > 0 && (columns < 60 || rows < 18), "{columns}x{rows}");
        }
    }
}

#[test]
fn a_large_tree_shows_its_window() {
    let mut bench = Bench::with_world(60, 18, large_world(10_000));
    bench.keys("<Enter>");
    bench.keys(&"<Down>".repeat(200));
    insta::assert_snapshot!(bench.screen());
}
