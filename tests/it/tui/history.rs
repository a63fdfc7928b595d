//! The history: listed by session, searched, opened again.

use mcp_studio::fronts::tui::{Effect, Pane, Recollection, Reply, Ticket};
use mcp_studio::ops::{History, PastEntry, PastRun, PastSession, SessionEnd, SessionSummary, StepState, StepView};
use mcp_studio::types::{Caller, Decision, Latency, Masker, RecordLevel, RunId, SessionId, StepNumber, StepRecord};
use serde_json::{Value, json};
use std::time::Duration;

use super::bench::{Bench, tool_id};

fn call(tool: &str, decision: Decision, milliseconds: u64, arguments: &Value, level: RecordLevel) -> PastEntry {
    let record = StepRecord {
        decision,
        latency: Latency { server: Duration::from_millis(milliseconds), ..Latency::default() },
        input: Some(Masker::default().payload(arguments, level)),
        error: (decision == Decision::Timeout).then(|| "no answer within 5 s".to_owned()),
        ..StepRecord::begun(StepNumber(7), Caller::Form, tool_id(tool))
    };
    PastEntry::Call(Box::new(StepView {
        step: StepNumber(7),
        tool: tool_id(tool),
        caller: Caller::Form,
        at: "2026-01-02T03:04:05Z".parse().unwrap(),
        line: None,
        state: StepState::Done(record.into()),
    }))
}

fn run(script: &str, end: Option<(i32, String, u64)>) -> PastEntry {
    PastEntry::Run(PastRun {
        run: RunId(1),
        at: "2026-01-02T03:04:01Z".parse().unwrap(),
        script: script.to_owned(),
        end,
        steps: 2,
    })
}

fn session(id: &str, at: &str, front: &str, end: SessionEnd, entries: Vec<PastEntry>) -> PastSession {
    PastSession { session: SessionId(id.into()), at: at.parse().unwrap(), front: front.to_owned(), end, entries }
}

fn past() -> History {
    let full = RecordLevel::Full;
    let own = vec![
        call("demo__echo", Decision::Ok, 3, &json!({"text": "hello", "times": 2}), full),
        call("git__git_status", Decision::Timeout, 5_000, &json!({"repo_path": "."}), full),
        run("example.py", Some((0, "ok".to_owned(), 1_240))),
    ];
    let crashed = vec![
        call("demo__echo", Decision::Ok, 4, &json!({"text": "write to ann@example.org"}), RecordLevel::Default),
        call("demo__echo", Decision::Ok, 1, &json!({"text": "x".repeat(400)}), RecordLevel::Default),
        call("gone__tool", Decision::Error, 1, &json!({}), full),
        run("test_simple.py", None),
    ];
    History {
        sessions: vec![
            session("20260102-030405-000-0badcafe", "2026-01-02T03:04:00Z", "tui", SessionEnd::Open, own),
            session("20260101-000000-000-0000dead", "2026-01-01T00:00:00Z", "exec", SessionEnd::Crashed, crashed),
        ],
        older: 0,
    }
}

fn open(columns: u16, rows: u16) -> Bench {
    let mut bench = Bench::new(columns, rows);
    bench.keys("<Alt+H>");
    assert_eq!(bench.asked(), [Effect::ReadHistory]);
    assert!(bench.screen().contains("Reading what was recorded"));
    bench.reply(Reply::History(Ok(Box::new(Recollection::of(past())))));
    bench
}

#[test]
fn sessions_are_listed_with_their_calls_and_runs_at_every_size() {
    let screens: Vec<String> = [(60, 18), (80, 24), (120, 40)].map(|(columns, rows)| open(columns, rows).screen()).into();
    insta::assert_snapshot!(screens.join("\n"));
}

#[test]
fn history_is_searched_by_tool_status_text_and_duration() {
    let table = [
        ("echo", 3),
        ("timeout", 1),
        ("status", 1),
        ("hello", 1),
        (">1s", 2),
        (">1s failed", 1),
        ("run", 2),
        ("crashed", 0),
        ("denied", 0),
    ];
    for (query, hits) in table {
        let mut bench = open(120, 40);
        bench.keys(query);
        let screen = bench.screen();
        assert!(screen.contains(&format!("{hits} of 7")), "{query}\n{screen}");
    }
}

#[test]
fn a_call_comes_back_with_its_arguments_and_is_sent_again() {
    let mut bench = open(120, 40);
    bench.keys("hello<Enter>");
    let screen = bench.screen();
    assert!(screen.contains("its arguments as they were; Enter sends them"), "{screen}");
    assert_eq!(bench.model.focus, Pane::Tool);
    bench.asked();
    bench.keys("!<Enter>");
    assert_eq!(bench.asked(), [Effect::Call(Ticket(1), tool_id("demo__echo"), json!({"text": "hello!", "times": 2}))]);
}

#[test]
fn what_a_record_does_not_hold_is_said() {
    let mut bench = open(120, 40);
    assert!(bench.keys("ann@").screen().contains("0 of 7"), "what is masked is not found");
    bench.keys("<Ctrl+U>write to<Enter>");
    assert!(bench.screen().contains("1 masked in the record"), "{}", bench.screen());
    bench.keys("<Esc><Alt+H><Ctrl+U>xxxx<Enter>");
    assert!(bench.screen().contains("the record holds only the beginning of its arguments"), "{}", bench.screen());
    bench.keys("<Esc><Alt+H><Ctrl+U>gone<Enter>");
    assert!(bench.screen().contains("gone__tool is not listed by any server now"), "{}", bench.screen());
}

#[test]
fn everything_about_it_is_a_key_away_and_closing_comes_back() {
    let mut bench = open(120, 40);
    bench.keys("timeout<Tab>");
    assert!(bench.screen().contains("Way through the guards") && bench.screen().contains("no answer within 5 s"));
    bench.keys("<Esc>");
    assert!(bench.screen().contains("History of all sessions") && bench.screen().contains("> timeout"));
    bench.keys("<Ctrl+U>test_simple<Tab>");
    assert!(bench.screen().contains("did not end"), "{}", bench.screen());
    bench.keys("<Esc><Enter>");
    assert_eq!(bench.asked().last(), Some(&Effect::Read("/project/workspace/test_simple.py".into())));
}

#[test]
fn a_crashed_session_is_told_once() {
    let mut bench = Bench::new(120, 40);
    let summary = SessionSummary {
        session: SessionId("20260101-000000-000-0000dead".into()),
        at: "2026-01-01T00:00:00Z".parse().unwrap(),
        steps: 3,
        runs: 1,
        closed: false,
        under_way: false,
    };
    bench.reply(Reply::Crashed(Some(summary)));
    let line = "the session of 2026-01-01 00:00 UTC crashed; its 3 steps and 1 run are kept (Alt+H shows them)";
    assert!(bench.screen().contains(line), "{}", bench.screen());
    bench.keys("<Down>");
    assert!(!bench.screen().contains("crashed"));
}
