//! Every call and run that was recorded, of all sessions, the newest first; and the arguments a record still holds.

use std::collections::{HashMap, VecDeque};
use std::path::Path;

use serde_json::Value;

use super::studio::Studio;
use crate::journal::{self, Entry, Event, SessionSummary, StepState, StepView};
use crate::sys::clock::Timestamp;
use crate::types::limits::{HISTORY_BYTES, HISTORY_ENTRIES};
use crate::types::{Failure, Payload, RunId, SessionId, StepRecord, text_hash};

/// What was recorded, as far back as it goes or as [`HISTORY_ENTRIES`] and [`HISTORY_BYTES`] allow.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Sessions, the newest first.
    pub sessions: Vec<PastSession>,
    /// Older journals that were not read.
    pub older: usize,
}

/// One session with what happened in it.
#[derive(Debug, Clone)]
pub struct PastSession {
    /// Its id.
    pub session: SessionId,
    /// When it began.
    pub at: Timestamp,
    /// Which front: `tui`, `exec`, `call`, ...
    pub front: String,
    /// How it ended.
    pub end: SessionEnd,
    /// Calls and runs, the newest first.
    pub entries: Vec<PastEntry>,
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEnd {
    /// It goes on, here or in another process.
    Open,
    /// It was closed.
    Closed,
    /// Its process died. Everything it had acknowledged is there.
    Crashed,
    /// Its journal is not what was written; what came before is there.
    Changed(Failure),
}

/// A call or a run.
#[derive(Debug, Clone)]
pub enum PastEntry {
    /// A call that is over.
    Call(Box<StepView>),
    /// A run.
    Run(PastRun),
}

/// A run of a script.
#[derive(Debug, Clone)]
pub struct PastRun {
    /// Its number in the session.
    pub run: RunId,
    /// When it began.
    pub at: Timestamp,
    /// The script as named by the person.
    pub script: String,
    /// Exit code, outcome in words and milliseconds; absent where nobody saw its end.
    pub end: Option<(i32, String, u64)>,
    /// Its recorded calls.
    pub steps: u64,
}

/// The arguments of a call as its record holds them.
#[derive(Debug, Clone, PartialEq)]
pub enum Recalled {
    /// As they were sent.
    Exact(Value),
    /// As they were sent, but for so many pieces that were masked.
    Masked(Value, u64),
    /// The record holds only their beginning.
    Cut,
}

impl Studio {
    /// Reads the journals. Takes its time: call it where that may be.
    pub fn history(&self) -> Result<History, Failure> {
        let mut history = History::default();
        let files = journal::files(&self.journal_folder())?;
        let (mut bytes, mut entries) = (0, 0);
        for (at, path) in files.iter().enumerate() {
            if bytes > HISTORY_BYTES || entries >= HISTORY_ENTRIES {
                history.older = files.len() - at;
                break;
            }
            bytes += std::fs::metadata(path).map_or(0, |facts| facts.len());
            let Some(mut session) = read(path) else { continue };
            session.entries.truncate(HISTORY_ENTRIES - entries);
            entries += session.entries.len();
            history.sessions.push(session);
        }
        Ok(history)
    }

    /// The newest session before this one, if its process died.
    pub fn crashed_session(&self) -> Option<SessionSummary> {
        let own = self.session();
        let last = self.sessions(2).ok()?.into_iter().find(|summary| summary.session != *own)?;
        let path = self.journal_folder().join(format!("{}.jsonl", last.session));
        (!last.closed && !journal::is_being_written(&path)).then_some(last)
    }
}

/// One journal; none where it has no whole first line.
fn read(path: &Path) -> Option<PastSession> {
    let open = journal::is_being_written(path);
    let mut collector = Collector::default();
    let proof = journal::read(path, |entry| collector.take(entry));
    let end = match proof {
        Err(failure) => SessionEnd::Changed(failure),
        Ok(_) if open => SessionEnd::Open,
        Ok(proof) if proof.closed => SessionEnd::Closed,
        Ok(_) => SessionEnd::Crashed,
    };
    let (session, at, front) = collector.started?;
    Some(PastSession { session, at, front, end, entries: collector.entries.into_iter().rev().collect() })
}

/// What was read of one journal, the newest [`HISTORY_ENTRIES`] kept.
#[derive(Default)]
struct Collector {
    started: Option<(SessionId, Timestamp, String)>,
    entries: VecDeque<PastEntry>,
    /// Entries that were dropped again.
    dropped: usize,
    /// Where each run stands, counted with those that were dropped.
    runs: HashMap<RunId, usize>,
}

impl Collector {
    fn take(&mut self, entry: Entry) {
        let at = entry.at;
        match entry.event {
            Event::SessionStarted { session, front, .. } => self.started = Some((session, at, front)),
            Event::Step(record) => {
                if let Some(run) = record.caller.run().and_then(|run| self.run_mut(run)) {
                    run.steps += 1;
                }
                self.push(PastEntry::Call(Box::new(view(*record, at))));
            }
            Event::RunStarted { run, script, .. } => {
                self.runs.insert(run, self.dropped + self.entries.len());
                self.push(PastEntry::Run(PastRun { run, at, script, end: None, steps: 0 }));
            }
            Event::RunEnded { run, exit_code, outcome, milliseconds } => {
                if let Some(run) = self.run_mut(run) {
                    run.end = Some((exit_code, outcome, milliseconds));
                }
            }
            Event::TranscriptStarted { .. }
            | Event::TranscriptStep(_)
            | Event::CallCounted(_)
            | Event::Preflight(_)
            | Event::RunTokens { .. }
            | Event::RunCounted { .. }
            | Event::TranscriptEnded { .. }
            | Event::ServerSeen(_)
            | Event::SessionEnded { .. }
            | Event::TornLineSealed { .. } => {}
        }
    }

    fn push(&mut self, entry: PastEntry) {
        if self.entries.len() == HISTORY_ENTRIES {
            self.entries.pop_front();
            self.dropped += 1;
        }
        self.entries.push_back(entry);
    }

    fn run_mut(&mut self, run: RunId) -> Option<&mut PastRun> {
        let at = self.runs.get(&run)?.checked_sub(self.dropped)?;
        match self.entries.get_mut(at)? {
            PastEntry::Run(run) => Some(run),
            PastEntry::Call(_) => None,
        }
    }
}

fn view(record: StepRecord, at: Timestamp) -> StepView {
    StepView {
        step: record.step,
        tool: record.tool.clone(),
        caller: record.caller,
        at,
        line: record.line,
        state: StepState::Done(record.into()),
    }
}

/// The arguments of a call, from its record.
pub fn recalled(record: &StepRecord) -> Recalled {
    let Some(input) = &record.input else { return Recalled::Cut };
    match whole(input) {
        Some(value) if input.masked.is_empty() => Recalled::Exact(value),
        Some(value) => Recalled::Masked(value, input.masked.values().sum()),
        None => Recalled::Cut,
    }
}

/// A payload that was recorded whole. A preview is whole where its hash says so.
fn whole(payload: &Payload) -> Option<Value> {
    let preview = || Some(&payload.preview).filter(|text| payload.sha256.as_deref() == Some(text_hash(text).as_str()));
    serde_json::from_str(payload.text.as_ref().or_else(preview)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Caller, Masker, RecordLevel, StepNumber, ToolId};
    use serde_json::json;

    fn recorded(arguments: &Value, level: RecordLevel) -> Recalled {
        let begun = StepRecord::begun(StepNumber(1), Caller::Form, ToolId::parse("a__b").unwrap());
        let input = Masker::default().payload(arguments, level);
        recalled(&StepRecord { input: Some(input), ..begun })
    }

    #[test]
    fn arguments_come_back_exactly_or_say_what_is_missing() {
        let plain = json!({"path": "a b", "deep": {"n": [1, 2.50, null]}});
        assert_eq!(recorded(&plain, RecordLevel::Default), Recalled::Exact(plain.clone()));
        let long = json!({"text": "x".repeat(500)});
        assert_eq!(recorded(&long, RecordLevel::Default), Recalled::Cut);
        assert_eq!(recorded(&long, RecordLevel::Full), Recalled::Exact(long));
        let Recalled::Masked(value, 1) = recorded(&json!({"to": "ann@example.org"}), RecordLevel::Default) else {
            panic!("an address is masked");
        };
        assert!(value["to"].as_str().is_some_and(|to| !to.contains("ann")));
        let odd = json!({"text": "\u{202e}\n\u{1b}"});
        assert_eq!(recorded(&odd, RecordLevel::Full), Recalled::Exact(odd));
    }
}
