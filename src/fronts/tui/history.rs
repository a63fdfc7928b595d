//! History: every call and run of all sessions, to be found, opened again, changed and sent again.

use std::collections::BTreeMap;
use std::time::Duration;

use ratatui::style::Style;
use ratatui::text::Line;
use serde_json::Value;

use super::list::ListCursor;
use super::overlay::{Reader, ReaderKind};
use super::page::Entry;
use super::reading::reader;
use super::sheets::styled;
use super::steps::{Looked, Sieve, StepKind};
use super::theme::{BAD, DIM, TEXT, WARN};
use super::units::{counted, duration};
use crate::ops::{History, PastEntry, PastRun, PastSession, Recalled, SessionEnd, StepState, recalled};
use crate::types::limits::SENT_CALLS;
use crate::types::{StepNumber, StepRecord, neutralise_line};

/// What was recorded, made ready to be searched.
#[derive(Debug, Clone)]
pub struct Recollection {
    history: History,
    /// Session and entry of each thing that can be found, the newest first, with what a filter looks at.
    items: Vec<(usize, usize, Looked)>,
}

/// A row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryRow {
    /// The heading of a session.
    Session(usize),
    /// A call or a run: session and entry.
    Entry(usize, usize),
}

/// The list: what was read, what is looked for, where the cursor is.
#[derive(Debug, Default)]
pub struct HistoryView {
    /// What was read; absent while it is being read for the first time.
    pub recollection: Option<Box<Recollection>>,
    /// What was typed.
    pub query: String,
    /// Its rows, as searched.
    pub rows: Vec<HistoryRow>,
    /// The cursor in the rows.
    pub cursor: ListCursor,
    /// Arguments of this session's calls by hand as they were sent, so that nothing masked has to be typed again.
    sent: BTreeMap<StepNumber, Value>,
}

impl Recollection {
    /// Makes it ready; takes its time.
    pub fn of(history: History) -> Self {
        let sessions = history.sessions.iter().enumerate();
        let entries = sessions.flat_map(|(at, session)| session.entries.iter().enumerate().map(move |entry| (at, entry)));
        let items = entries.map(|(session, (entry, past))| (session, entry, looked(past))).collect();
        Self { history, items }
    }

    /// A session.
    pub(super) fn session(&self, at: usize) -> Option<&PastSession> {
        self.history.sessions.get(at)
    }

    fn entry(&self, session: usize, entry: usize) -> Option<&PastEntry> {
        self.session(session)?.entries.get(entry)
    }
}

fn looked(entry: &PastEntry) -> Looked {
    match entry {
        PastEntry::Call(step) => Looked::of(step),
        PastEntry::Run(run) => {
            let (kind, outcome, milliseconds) = match &run.end {
                None => (StepKind::Running, "did not end", 0),
                Some((0, outcome, milliseconds)) => (StepKind::Ok, outcome.as_str(), *milliseconds),
                Some((_, outcome, milliseconds)) => (StepKind::Failed, outcome.as_str(), *milliseconds),
            };
            Looked::of_run(kind, &run.script, outcome, Duration::from_millis(milliseconds))
        }
    }
}

impl HistoryView {
    /// Takes what was read; the selection stays where it can.
    pub(super) fn remember(&mut self, recollection: Box<Recollection>) {
        self.recollection = Some(recollection);
        self.list();
        if self.cursor.selected == 0 {
            self.cursor.selected = usize::from(self.rows.len() > 1);
        }
    }

    /// Takes a new query.
    pub(super) fn search(&mut self, query: String) {
        self.query = query;
        self.cursor = ListCursor::default();
        self.list();
        self.cursor.selected = usize::from(self.rows.len() > 1);
    }

    /// Computes the rows: what matches, below the heading of its session.
    fn list(&mut self) {
        self.rows.clear();
        let Some(recollection) = &self.recollection else { return };
        let mut sieve = Sieve::new(StepKind::All, &self.query);
        let mut last = None;
        for (session, entry, looked) in &recollection.items {
            if sieve.lets(looked) {
                if last != Some(*session) {
                    self.rows.push(HistoryRow::Session(*session));
                    last = Some(*session);
                }
                self.rows.push(HistoryRow::Entry(*session, *entry));
            }
        }
    }

    /// How many calls and runs match, and how many there are.
    pub(super) fn counts(&self) -> (usize, usize) {
        let hits = self.rows.iter().filter(|row| matches!(row, HistoryRow::Entry(..))).count();
        (hits, self.recollection.as_ref().map_or(0, |recollection| recollection.items.len()))
    }

    /// What is selected.
    pub(super) fn selected(&self) -> Option<(&PastSession, &PastEntry)> {
        let HistoryRow::Entry(session, entry) = *self.rows.get(self.cursor.selected)? else { return None };
        let recollection = self.recollection.as_ref()?;
        Some((recollection.session(session)?, recollection.entry(session, entry)?))
    }

    /// The arguments of a call, exactly where this session sent it by hand, else as they were recorded.
    pub(super) fn arguments(&self, session: &PastSession, record: &StepRecord, own: &str) -> Recalled {
        let exact = self.sent.get(&record.step).filter(|_| *session.session.0 == *own);
        exact.map_or_else(|| recalled(record), |arguments| Recalled::Exact(arguments.clone()))
    }

    /// Keeps the arguments of a call by hand.
    pub(super) fn keep(&mut self, step: StepNumber, arguments: Value) {
        self.sent.insert(step, arguments);
        if self.sent.len() > SENT_CALLS {
            self.sent.pop_first();
        }
    }
}

/// The words of a session's heading, and their style.
pub(super) fn session_words(session: &PastSession) -> (String, Style) {
    let end = match &session.end {
        SessionEnd::Open => ("under way".to_owned(), TEXT),
        SessionEnd::Closed => ("closed".to_owned(), DIM),
        SessionEnd::Crashed => ("crashed; everything it had recorded is here".to_owned(), WARN),
        SessionEnd::Changed(failure) => (format!("its record was changed: {}", failure.message), BAD),
    };
    let front = if session.front == "tui" { "workbench" } else { &session.front };
    let at = session.at.strftime("%Y-%m-%d %H:%M UTC");
    (neutralise_line(&format!("{at} · {front} · {}", end.0)).into_owned(), end.1)
}

/// How a run ended, in words.
pub(super) fn run_end(run: &PastRun) -> String {
    match &run.end {
        None => "did not end".to_owned(),
        Some((_, outcome, _)) => outcome.clone(),
    }
}

/// A run with everything that is known of it.
pub(super) fn run_page(session: &PastSession, run: &PastRun) -> Reader {
    let time = run.end.as_ref().map(|(.., milliseconds)| duration(Duration::from_millis(*milliseconds)));
    let facts = [
        ("script", run.script.clone()),
        ("session", session.session.to_string()),
        ("began", run.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()),
        ("end", run_end(run)),
        ("took", time.unwrap_or_else(|| "nobody knows".to_owned())),
        ("calls", counted(run.steps, "step")),
    ];
    let mut entries: Vec<Entry> = facts.iter().map(|(label, text)| styled(&format!("{label:<12}{text}"), TEXT)).collect();
    entries.push(Entry::from(Line::default()));
    entries.push(styled(&format!("mcp-studio report {} --out report.html tells all of it.", session.session), DIM));
    reader(&format!("{} of {}", run.run, session.session), entries, ReaderKind::OfHistory)
}

/// The record of a call that is over.
pub(super) fn record_of(step: &crate::ops::StepView) -> Option<&StepRecord> {
    match &step.state {
        StepState::Done(record) => Some(record),
        StepState::Running { .. } => None,
    }
}
