//! Tests of the journal on disk.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mcp_studio::journal::{Event, Journal, SessionSummary, Terms, Verified, read, seal, sessions, verify};
use mcp_studio::types::{Caller, Decision, FailureKind, Latency, RunId, ServerName, StepNumber, StepRecord, ToolId};

fn step(number: u64) -> Event {
    Event::Step(Box::new(StepRecord {
        decision: Decision::Error,
        latency: Latency { queue: Duration::from_nanos(1), server: Duration::from_secs(3), ..Latency::default() },
        bytes_in: 41,
        bytes_out: u64::MAX,
        tokens_in: 11,
        tokens_out: 0,
        error: Some("not a \"repository\"\nat all".to_owned()),
        warnings: vec!["odd".to_owned()],
        line: Some(7),
        ..StepRecord::begun(
            StepNumber(number),
            Caller::Script(RunId(1)),
            ToolId::new(ServerName::new("git").unwrap(), "status \u{1b}[2J"),
        )
    }))
}

fn run_started() -> Event {
    Event::RunStarted {
        run: RunId(1),
        script: "a.py".to_owned(),
        sha256: "00".to_owned(),
        sandbox: "standard".to_owned(),
        limits: BTreeMap::new(),
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// A closed journal of five lines.
fn written(folder: &Path) -> Journal {
    let journal = Journal::new(folder, "exec");
    let ended = Event::RunEnded { run: RunId(1), exit_code: 3, outcome: "exit 3".to_owned(), milliseconds: 12 };
    for event in [run_started(), step(1), ended] {
        journal.record(&event).unwrap();
    }
    journal.close().unwrap();
    journal
}

#[test]
fn what_was_recorded_reads_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state/journal");
    assert_eq!(sessions(&state, 9), Ok(Vec::new()));
    let journal = Journal::new(&state, "exec").under(Terms { rules_hash: "1f".to_owned(), ..Terms::default() });
    assert!(!state.exists(), "nothing is written before the first event");
    journal.record(&run_started()).unwrap();
    journal.record_durably(&step(1)).unwrap();
    let path = journal.path();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(verify(&path), Ok(Verified { entries: 3, closed: false, torn_bytes: 0 }));
    journal.close().unwrap();
    assert_eq!(journal.record(&step(2)).unwrap_err().kind, FailureKind::Storage);

    let mut entries = Vec::new();
    let verified = read(&path, |entry| entries.push(entry)).unwrap();
    assert_eq!(verified, Verified { entries: 4, closed: true, torn_bytes: 0 });
    assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
    let started = Event::SessionStarted {
        session: journal.session().clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        front: "exec".to_owned(),
        rules_hash: "1f".to_owned(),
        model: None,
        limits: BTreeMap::new(),
    };
    let events: Vec<&Event> = entries.iter().map(|entry| &entry.event).collect();
    assert_eq!(events, [&started, &run_started(), &step(1), &Event::SessionEnded { steps: 1, runs: 1 }]);
    let summary = SessionSummary {
        session: journal.session().clone(),
        at: entries[0].at,
        steps: 1,
        runs: 1,
        closed: true,
        under_way: false,
    };
    assert_eq!(sessions(&state, 9), Ok(vec![summary]));
}

#[test]
fn a_session_without_events_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    Journal::new(folder.path(), "tui").close().unwrap();
    assert_eq!(files(folder.path()), Vec::<PathBuf>::new());
}

#[test]
fn any_changed_byte_shows() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path()).path();
    let bytes = std::fs::read(&path).unwrap();
    let good = verify(&path).unwrap();
    assert_eq!((good.entries, good.closed), (5, true));
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        std::fs::write(&path, &changed).unwrap();
        assert_ne!(verify(&path), Ok(good), "byte {at}");
    }
}

#[test]
fn a_line_removed_added_or_moved_shows_with_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path()).path();
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for (order, fault) in [(vec![0, 2, 3, 4], 2), (vec![0, 1, 1, 2, 3, 4], 3), (vec![0, 2, 1, 3, 4], 2), (vec![1, 2, 3, 4], 1)] {
        let changed: String = order.iter().map(|line| format!("{}\n", lines[*line])).collect();
        std::fs::write(&path, changed).unwrap();
        assert_eq!(verify(&path).unwrap_err().place.unwrap().line, fault, "{order:?}");
    }
    let edited = text.replace("\"exit_code\":3", "\"exit_code\":0");
    std::fs::write(&path, edited).unwrap();
    let failure = verify(&path).unwrap_err();
    assert_eq!(failure.message, "line 4 of the journal is not what was written: its bytes do not match its own sum");
}

#[test]
fn a_crashed_session_keeps_everything_acknowledged_and_is_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::new(folder.path(), "exec");
    for event in [run_started(), step(1), step(2)] {
        journal.record(&event).unwrap();
    }
    let (path, session) = (journal.path(), journal.session().clone());
    assert_eq!(seal(&path), Ok(false), "its writer lives");
    drop(journal);
    let whole = std::fs::read(&path).unwrap();
    for lost in [2, 40, 300] {
        std::fs::write(&path, &whole[..whole.len() - lost]).unwrap();
        let torn = verify(&path).unwrap();
        assert_eq!((torn.entries, torn.closed, torn.torn_bytes > 0), (3, false, true));

        let listed = sessions(folder.path(), 9).unwrap();
        assert_eq!((listed.len(), &listed[0].session), (1, &session));
        assert_eq!((listed[0].steps, listed[0].runs, listed[0].closed), (1, 1, false));
        assert_eq!(seal(&path), Ok(false), "the list sealed it");
        let mut events = Vec::new();
        let sealed = read(&path, |entry| events.push(entry.event)).unwrap();
        assert_eq!(sealed, Verified { entries: 4, closed: false, torn_bytes: 0 });
        assert_eq!(events[1..], [run_started(), step(1), Event::TornLineSealed { bytes: torn.torn_bytes }]);
    }
    std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    assert_eq!(seal(&path), Ok(true), "only the newline was missing");
    assert_eq!(std::fs::read(&path).unwrap(), whole);
}

#[test]
fn threads_and_studios_share_a_folder_without_harm() {
    let folder = tempfile::tempdir().unwrap();
    let journals: Vec<Journal> = (0..4).map(|_| Journal::new(folder.path(), "exec")).collect();
    std::thread::scope(|scope| {
        for journal in &journals {
            for thread in 0..4 {
                scope.spawn(move || (0..100).for_each(|number| journal.record(&step(thread * 100 + number)).unwrap()));
            }
        }
    });
    for journal in &journals {
        journal.close().unwrap();
        let mut steps = Vec::new();
        let verified = read(&journal.path(), |entry| {
            if let Event::Step(record) = entry.event {
                steps.push(record.step.0);
            }
        });
        assert_eq!(verified, Ok(Verified { entries: 402, closed: true, torn_bytes: 0 }));
        steps.sort_unstable();
        assert_eq!(steps, (0..400).collect::<Vec<u64>>());
    }
    assert_eq!(files(folder.path()).len(), 4);
}

#[test]
fn the_list_is_newest_first_and_leaves_out_what_is_no_journal() {
    let folder = tempfile::tempdir().unwrap();
    let template = std::fs::read_to_string(written(folder.path()).path()).unwrap();
    for file in files(folder.path()) {
        std::fs::remove_file(file).unwrap();
    }
    for number in 0..300 {
        let value: serde_json::Value = serde_json::from_str(template.lines().next().unwrap()).unwrap();
        let old = value["session"].as_str().unwrap();
        let new = format!("20260101-000000-{number:03}-00000000");
        std::fs::write(folder.path().join(format!("{new}.jsonl")), template.replace(old, &new)).unwrap();
    }
    std::fs::write(folder.path().join("99.jsonl"), "garbage\n").unwrap();
    std::fs::write(folder.path().join("98.jsonl"), "").unwrap();
    std::fs::write(folder.path().join("97.txt"), "notes\n").unwrap();
    let listed = sessions(folder.path(), 3).unwrap();
    let ids: Vec<String> = listed.iter().map(|summary| summary.session.to_string()).collect();
    let expected: Vec<String> = (297..300).rev().map(|number| format!("20260101-000000-{number}-00000000")).collect();
    assert_eq!(ids, expected);
    assert!(listed.iter().all(|summary| summary.closed && summary.steps == 1 && summary.runs == 1));
}
