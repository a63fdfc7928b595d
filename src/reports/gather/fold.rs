//! The events of a journal folded into sessions, steps and servers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::model::{Server, Session, SessionKind, SessionStatus, Step, Totals};
use super::super::words;
use super::step;
use crate::journal::{CallCounted, ContextLedger, Entry, Event, Ledger, RunTokens, ServerSeen};
use crate::sys::clock::Timestamp;
use crate::types::{Caller, Payload, Preflight, RecordLevel, RunId, SessionId, StepRecord, TranscriptStep};

/// What a step belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Calls,
    Run(RunId),
    Transcript(u64),
}

/// The first event of a journal.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) session: SessionId,
    pub(super) version: String,
    pub(super) front: String,
    pub(super) rules_hash: String,
    pub(super) model: Option<String>,
    pub(super) limits: BTreeMap<String, String>,
}

/// What was read so far.
#[derive(Debug, Default)]
pub(super) struct Fold {
    head: Option<Head>,
    started_at: Option<Timestamp>,
    ended_at: Timestamp,
    pub(super) torn_bytes: u64,
    sessions: Vec<(Key, Session)>,
    steps: Vec<(Key, Step)>,
    /// Places in `steps` by number of the call.
    calls: HashMap<u64, usize>,
    /// The transcript under way.
    transcript: Option<u64>,
    /// Runs that were validation scripts, and the transcripts they belong to.
    validations: HashMap<RunId, u64>,
    servers: BTreeMap<String, ServerSeen>,
    recorded: Option<RecordLevel>,
    masked: BTreeMap<String, u64>,
    /// Over all scripts, and of each.
    ledger: Ledger,
    ledgers: HashMap<RunId, Ledger>,
    pub(super) preflight: Vec<Preflight>,
}

/// Everything put together.
pub(super) struct Whole {
    pub(super) sessions: Vec<Session>,
    pub(super) steps: Vec<Step>,
    pub(super) servers: Vec<Server>,
}

impl Fold {
    /// Takes the next event in.
    pub(super) fn event(&mut self, entry: Entry) {
        let at = entry.at;
        self.started_at.get_or_insert(at);
        self.ended_at = at;
        match entry.event {
            Event::SessionStarted { session, version, front, rules_hash, model, limits } => {
                self.head = Some(Head { session, version, front, rules_hash, model, limits });
            }
            Event::RunStarted { run, script, sha256, sandbox, limits } => {
                let session = self.session(Key::Run(run), SessionKind::Script, script, at);
                (session.sha256, session.sandbox, session.limits) = (Some(sha256), Some(sandbox), limits);
                self.count(run, |ledger| ledger.run_begun(RunTokens::default()));
            }
            Event::RunEnded { run, exit_code, outcome, .. } => {
                let session = self.session(Key::Run(run), SessionKind::Script, String::new(), at);
                session.status = if exit_code == 0 { SessionStatus::Passed } else { SessionStatus::Failed };
                (session.ended_at, session.outcome, session.exit_code) = (Some(at), outcome, Some(exit_code));
            }
            Event::Step(record) => self.call(*record, at),
            Event::RunTokens { run, tokens } => self.count(run, |ledger| ledger.run_grew(RunTokens::default(), tokens)),
            Event::RunCounted { run, estimator, tokens } => self.count(run, |ledger| ledger.run_counted(estimator, tokens)),
            Event::CallCounted(counted) => self.counted(*counted),
            Event::TranscriptStarted { transcript, name, sha256, model } => {
                self.transcript = Some(transcript);
                let session = self.session(Key::Transcript(transcript), SessionKind::Transcript, name, at);
                session.sha256 = sha256;
                session.model = model.or_else(|| session.model.take());
            }
            Event::TranscriptStep(said) => self.said(*said, at),
            Event::TranscriptEnded { transcript, passed, failed, skipped, .. } => {
                let session = self.session(Key::Transcript(transcript), SessionKind::Transcript, String::new(), at);
                session.status = if failed == 0 { SessionStatus::Passed } else { SessionStatus::Failed };
                session.outcome = format!("{passed} passed, {failed} failed, {skipped} skipped");
                session.ended_at = Some(at);
                self.transcript = None;
            }
            Event::ServerSeen(seen) => drop(self.servers.insert(seen.server.to_string(), *seen)),
            Event::Preflight(judged) => self.preflight.push(*judged),
            Event::SessionEnded { .. } => {}
            Event::TornLineSealed { bytes } => self.torn_bytes = bytes,
        }
    }

    /// The first event, if it was the one that journals begin with.
    pub(super) fn head(&self) -> Option<Head> {
        self.head.clone()
    }

    /// The most that was recorded of any payload.
    pub(super) fn recorded(&self) -> &'static str {
        self.recorded.map_or("none", RecordLevel::word)
    }

    /// How many pieces of which kind were masked.
    pub(super) fn masked(&self) -> BTreeMap<String, u64> {
        self.masked.clone()
    }

    /// From the first event, or the beginning of a call before it, to the last event.
    pub(super) fn span(&self) -> (Timestamp, Timestamp) {
        let first = self.started_at.unwrap_or(self.ended_at);
        (self.steps.iter().map(|(_, step)| step.started_at).fold(first, Timestamp::min), self.ended_at)
    }

    /// The session of that key, begun now where it is new.
    fn session(&mut self, key: Key, kind: SessionKind, name: String, at: Timestamp) -> &mut Session {
        let place = self.sessions.iter().rposition(|(other, _)| *other == key).unwrap_or_else(|| {
            self.sessions.push((key, begun(self.head.as_ref(), key, kind, name, at)));
            self.sessions.len() - 1
        });
        &mut self.sessions[place].1
    }

    /// Over all scripts: what they kept out of an agent's context.
    pub(super) fn context(&self) -> Option<ContextLedger> {
        self.ledger.whole()
    }

    /// Adds to the ledger of a run and to that of all.
    fn count(&mut self, run: RunId, add: impl Fn(&mut Ledger)) {
        add(&mut self.ledger);
        add(self.ledgers.entry(run).or_default());
    }

    fn counted(&mut self, counted: CallCounted) {
        if let Some(run) = counted.caller.run() {
            self.count(run, |ledger| ledger.call_counted(counted.estimator, &counted.tool, counted.tokens));
        }
        let place = self.calls.get(&counted.step.0).copied();
        if let Some((_, step)) = place.and_then(|place| self.steps.get_mut(place)) {
            step::counted(step, counted);
        }
    }

    fn call(&mut self, record: StepRecord, at: Timestamp) {
        if let Some(run) = record.caller.run() {
            self.count(run, |ledger| ledger.call(&record));
        }
        let key = match (record.caller, self.transcript) {
            (Caller::Script(run), _) => Key::Run(run),
            (Caller::Session, Some(transcript)) => Key::Transcript(transcript),
            (Caller::Session | Caller::Form | Caller::CommandLine | Caller::Agent, _) => Key::Calls,
        };
        self.calls.insert(record.step.0, self.steps.len());
        let step = step::of_call(record, at);
        for payload in step.input.iter().chain(&step.output) {
            self.payload(payload);
        }
        let kind = if matches!(key, Key::Run(_)) { SessionKind::Script } else { SessionKind::Calls };
        let session = self.session(key, kind, "by hand".to_owned(), step.started_at);
        session.started_at = session.started_at.min(step.started_at);
        if key == Key::Calls {
            session.ended_at = Some(at);
        }
        self.steps.push((key, step));
    }

    fn said(&mut self, said: TranscriptStep, at: Timestamp) {
        let key = Key::Transcript(said.transcript);
        if let Some(run) = said.validation {
            self.validations.insert(run, said.transcript);
        }
        if let Some(payload) = &said.input {
            self.payload(payload);
        }
        let place = said.call.and_then(|call| self.calls.get(&call.0).copied());
        match place.and_then(|place| self.steps.get_mut(place)) {
            Some((owner, step)) => {
                *owner = key;
                step::complete(step, said);
            }
            None => self.steps.push((key, step::of_message(said, at))),
        }
    }

    fn payload(&mut self, payload: &Payload) {
        let rank = |level: RecordLevel| RecordLevel::ALL.iter().position(|other| *other == level);
        self.recorded = self.recorded.into_iter().chain([payload.level]).max_by_key(|level| rank(*level));
        for (kind, count) in &payload.masked {
            let word = serde_json::to_value(kind).ok().and_then(|word| word.as_str().map(str::to_owned));
            *self.masked.entry(word.unwrap_or_default()).or_default() += count;
        }
    }

    /// Numbers the steps and sums them up, session by session.
    pub(super) fn finish(mut self) -> Whole {
        let (origin, _) = self.span();
        self.sessions.retain(|(key, _)| !matches!(key, Key::Run(run) if self.validations.contains_key(run)));
        let places: HashMap<Key, usize> = self.sessions.iter().enumerate().map(|(place, (key, _))| (*key, place)).collect();
        let with_context = |(key, session)| match key {
            Key::Run(run) => Session { context: self.ledgers.get(&run).and_then(Ledger::whole), ..session },
            Key::Calls | Key::Transcript(_) => session,
        };
        let mut sessions: Vec<Session> = self.sessions.into_iter().map(with_context).collect();
        let mut used = vec![BTreeSet::new(); sessions.len()];
        let mut steps = Vec::with_capacity(self.steps.len());
        for (key, mut step) in self.steps {
            let key = match key {
                Key::Run(run) => self.validations.get(&run).map_or(key, |transcript| Key::Transcript(*transcript)),
                Key::Calls | Key::Transcript(_) => key,
            };
            let Some((session, used)) = places.get(&key).and_then(|place| sessions.get_mut(*place).zip(used.get_mut(*place)))
            else {
                continue;
            };
            step.ordinal = session.totals.steps + 1;
            step.step_id = format!("{}/{}", session.session_id, step.ordinal);
            session.session_id.clone_into(&mut step.session_id);
            step.offset_ms = step::milliseconds(step.started_at.duration_since(origin).unsigned_abs());
            session.totals.add(&step);
            used.extend(step.server.clone());
            steps.push(step);
        }
        for (session, used) in sessions.iter_mut().zip(&used) {
            settle(session, used, &self.servers);
        }
        let servers = servers(self.servers, &steps);
        Whole { sessions, steps, servers }
    }
}

fn begun(head: Option<&Head>, key: Key, kind: SessionKind, name: String, at: Timestamp) -> Session {
    let journal = head.map_or("", |head| &*head.session.0);
    let part = match key {
        Key::Calls => "calls".to_owned(),
        Key::Run(run) => format!("run-{}", run.0),
        Key::Transcript(number) => format!("transcript-{number}"),
    };
    Session {
        session_id: format!("{journal}/{part}"),
        kind,
        name,
        model: head.and_then(|head| head.model.clone()),
        rules_hash: head.map(|head| head.rules_hash.clone()).filter(|hash| !hash.is_empty()),
        sha256: None,
        sandbox: None,
        limits: BTreeMap::new(),
        started_at: at,
        ended_at: None,
        status: SessionStatus::Unfinished,
        outcome: "nobody saw its end".to_owned(),
        exit_code: None,
        discovered_tools: Vec::new(),
        totals: Totals::default(),
        context: None,
    }
}

/// What a session comes to once all its steps are in.
fn settle(session: &mut Session, used: &BTreeSet<String>, servers: &BTreeMap<String, ServerSeen>) {
    session.totals.settle();
    let tools = used.iter().filter_map(|server| servers.get(server));
    session.discovered_tools =
        tools.flat_map(|seen| seen.tools.iter().map(move |tool| format!("{}__{tool}", seen.server))).collect();
    if session.kind == SessionKind::Calls {
        let bad = session.totals.failed + session.totals.denied;
        session.status = if bad == 0 { SessionStatus::Passed } else { SessionStatus::Failed };
        session.outcome = format!("{}, {bad} of them refused or failed", words::counted(session.totals.calls, "call"));
    }
}

/// The servers that were connected or called.
fn servers(seen: BTreeMap<String, ServerSeen>, steps: &[Step]) -> Vec<Server> {
    let mut servers: BTreeMap<String, Server> = BTreeMap::new();
    for (server, seen) in seen {
        let known = Server {
            name: Some(seen.name),
            version: Some(seen.version),
            protocol: Some(seen.protocol),
            tool_count: Some(seen.tool_count),
            tools: seen.tools,
            pinned: Some(seen.pinned),
            changed: seen.changed,
            field_names: seen.field_names,
            ..unseen(&server)
        };
        servers.insert(server, known);
    }
    for step in steps {
        if let (Some(name), Some(decision)) = (&step.server, step.decision) {
            let server = servers.entry(name.clone()).or_insert_with(|| unseen(name));
            server.calls += 1;
            server.field_names = server.field_names.take().or_else(|| step.field_names.clone());
            server.not_ok += u64::from(!decision.is_good());
        }
    }
    servers.into_values().collect()
}

fn unseen(server: &str) -> Server {
    Server {
        server: server.to_owned(),
        name: None,
        version: None,
        protocol: None,
        tool_count: None,
        tools: Vec::new(),
        pinned: None,
        changed: Vec::new(),
        field_names: None,
        calls: 0,
        not_ok: 0,
    }
}
