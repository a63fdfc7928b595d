//! Writing the journal: one JSON object a line, appended with one write each.
//!
//! What was recorded survives the death of this process at once, since it was handed to the kernel before
//! [`Journal::record`] returned. It survives the death of the machine when the kernel has written it back,
//! within seconds; [`Journal::record_durably`] waits for the disk, for steps with side effects.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::ledger::{CallTokens, RunTokens};
use super::line::{self, Hash};
use crate::sys::clock::{self, Timestamp};
use crate::sys::files::storage;
use crate::types::{
    Caller, Cost, Estimator, Failure, FailureKind, Preflight, RunId, ServerName, SessionId, StepNumber, StepRecord, ToolId,
    TranscriptStep,
};

/// The ending of a journal file's name.
pub(super) const EXTENSION: &str = "jsonl";

/// What the journal records. Payloads are in it as far as `studio.record` says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// First line of each file.
    SessionStarted {
        /// Its id.
        session: SessionId,
        /// Version of this program.
        version: String,
        /// Which front: `tui`, `exec`, `call`, ...
        front: String,
        /// SHA-256 of the policy and the guards' configuration in force.
        #[serde(skip_serializing_if = "String::is_empty", default)]
        rules_hash: String,
        /// The model that sessions are made for, as configured.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        model: Option<String>,
        /// The limits in force, by the keys that set them.
        #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
        limits: BTreeMap<String, String>,
    },
    /// A script begins.
    RunStarted {
        /// Which run.
        run: RunId,
        /// The script as named by the person.
        script: String,
        /// SHA-256 of its source, hexadecimal.
        sha256: String,
        /// Sandbox level reached.
        sandbox: String,
        /// Limits of its own, by the keys that would set them for all.
        #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
        limits: BTreeMap<String, String>,
    },
    /// A step is over.
    Step(Box<StepRecord>),
    /// A script has ended.
    RunEnded {
        /// Which run.
        run: RunId,
        /// Its exit code.
        exit_code: i32,
        /// In words.
        outcome: String,
        /// From request to end, milliseconds.
        milliseconds: u64,
    },
    /// A transcript begins.
    TranscriptStarted {
        /// Which of the session, counted from 1.
        transcript: u64,
        /// What its author called it.
        name: String,
        /// SHA-256 of its file, hexadecimal; of one made by a program, absent.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        sha256: Option<String>,
        /// The model it was made for, as its author says.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        model: Option<String>,
    },
    /// A step of a transcript is over.
    TranscriptStep(Box<TranscriptStep>),
    /// A transcript has ended.
    TranscriptEnded {
        /// Which.
        transcript: u64,
        /// Steps that went as expected, or of which nothing was expected.
        passed: u64,
        /// Steps that did not.
        failed: u64,
        /// Steps that were not executed.
        skipped: u64,
        /// From start to end, milliseconds.
        milliseconds: u64,
    },
    /// What the guardrails said before something began.
    Preflight(Box<Preflight>),
    /// What a run puts into an agent's context beside its calls. Recorded before its end.
    RunTokens {
        /// Which run.
        run: RunId,
        /// By the estimate.
        tokens: RunTokens,
    },
    /// The tokens of a call were counted, after they were estimated.
    CallCounted(Box<CallCounted>),
    /// The tokens of a run were counted, after they were estimated.
    RunCounted {
        /// Which run.
        run: RunId,
        /// What counted them.
        estimator: Estimator,
        /// How many they are.
        tokens: RunTokens,
    },
    /// What a server that was connected is and offers.
    ServerSeen(Box<ServerSeen>),
    /// Last line of a file that was closed well.
    SessionEnded {
        /// Steps recorded in it.
        steps: u64,
        /// Scripts begun in it.
        runs: u64,
    },
    /// Written later than the session: its writer died amid the line before this one, which is `bytes` long.
    TornLineSealed {
        /// Bytes of the torn line.
        bytes: u64,
    },
}

/// The exact count of what was estimated in a call's record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallCounted {
    /// The call.
    pub step: StepNumber,
    /// Who made it.
    pub caller: Caller,
    /// What was called.
    pub tool: ToolId,
    /// What counted the tokens.
    pub estimator: Estimator,
    /// How many they are.
    pub tokens: CallTokens,
    /// What they would have cost; absent where the record has no cost.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cost: Option<Cost>,
}

/// What a server is and offers, as far as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerSeen {
    /// Its name in the configuration.
    pub server: ServerName,
    /// What it calls itself.
    pub name: String,
    /// Its version, as it says.
    pub version: String,
    /// The protocol it speaks.
    pub protocol: String,
    /// Names of its tools, sorted; at most `SEEN_TOOLS`.
    pub tools: Vec<String>,
    /// All its tools.
    pub tool_count: u64,
    /// Tools of it that are pinned and are as they were.
    #[serde(default)]
    pub pinned: u64,
    /// Names of tools that are not what was pinned, sorted; at most `SEEN_TOOLS`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub changed: Vec<String>,
    /// How its field names are changed, where they are: `snake_case, arguments changed back`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field_names: Option<String>,
}

/// Under which terms a session stands: what its first line says of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// SHA-256 of the policy and the guards' configuration.
    pub rules_hash: String,
    /// The model that sessions are made for.
    pub model: Option<String>,
    /// The limits, by the keys that set them.
    pub limits: BTreeMap<String, String>,
}

/// The open journal of this session. The file is locked as long as it is open, so that readers know its writer lives.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    front: String,
    terms: Terms,
    session: SessionId,
    state: Mutex<State>,
    /// The line up to which everything is known to be on the disk.
    synced: Mutex<u64>,
}

#[derive(Debug)]
enum State {
    /// Nothing was recorded yet.
    Waiting,
    Open(Writer),
    Closed,
}

#[derive(Debug)]
struct Writer {
    file: Arc<File>,
    path: PathBuf,
    /// Bytes of the whole lines.
    length: u64,
    seq: u64,
    prev: Hash,
    steps: u64,
    runs: u64,
}

impl Journal {
    /// A journal that creates `folder/<session>.jsonl` with its first event, not before.
    pub fn new(folder: &Path, front: &str) -> Self {
        Self {
            folder: folder.to_owned(),
            front: front.to_owned(),
            terms: Terms::default(),
            session: new_session(clock::now()),
            state: Mutex::new(State::Waiting),
            synced: Mutex::new(0),
        }
    }

    /// Says in the first line under which terms the session stands.
    #[must_use]
    pub fn under(mut self, terms: Terms) -> Self {
        self.terms = terms;
        self
    }

    /// This session.
    pub fn session(&self) -> &SessionId {
        &self.session
    }

    /// Whether something was recorded, and more can be.
    pub fn is_open(&self) -> bool {
        matches!(*self.lock(), State::Open(_))
    }

    /// Where the session is recorded, once something is.
    pub fn path(&self) -> PathBuf {
        self.folder.join(format!("{}.{EXTENSION}", self.session))
    }

    /// Makes sure that there is a file to record in. Fails with `Storage` where there cannot be one.
    pub fn prepare(&self) -> Result<(), Failure> {
        self.with_writer(|_| Ok(()))
    }

    /// Appends one event with one write. Each line carries `seq`, `at` and the hash of the line before.
    /// Blocks for the time of a write to the page cache. Fails with `Storage`; the file then ends with the line before.
    pub fn record(&self, event: &Event) -> Result<(), Failure> {
        self.with_writer(|writer| writer.append(event))
    }

    /// As [`Journal::record`], and returns when the line is on the disk: milliseconds, for steps with side effects.
    pub fn record_durably(&self, event: &Event) -> Result<(), Failure> {
        self.record(event)?;
        self.sync()
    }

    /// Returns when everything recorded before is on the disk. Callers that come while one waits share the next wait.
    pub fn sync(&self) -> Result<(), Failure> {
        let wanted = self.with_writer(|writer| Ok(writer.seq))?;
        let mut synced = self.synced.lock().unwrap_or_else(PoisonError::into_inner);
        if *synced >= wanted {
            return Ok(());
        }
        let (file, path, seq) = self.with_writer(|writer| Ok((Arc::clone(&writer.file), writer.path.clone(), writer.seq)))?;
        let first = *synced == 0;
        let on_disk = file.sync_data().and_then(|()| if first { File::open(&self.folder)?.sync_all() } else { Ok(()) });
        on_disk.map_err(|error| storage("write", &path, &error))?;
        *synced = seq;
        Ok(())
    }

    /// Whether everything that was recorded is known to be on the disk.
    pub fn is_on_disk(&self) -> bool {
        let recorded = match &*self.lock() {
            State::Open(writer) => writer.seq,
            State::Waiting | State::Closed => return false,
        };
        *self.synced.lock().unwrap_or_else(PoisonError::into_inner) >= recorded
    }

    /// Writes the last line. A session in which nothing was recorded leaves no file.
    pub fn close(&self) -> Result<(), Failure> {
        let mut state = self.lock();
        match std::mem::replace(&mut *state, State::Closed) {
            State::Waiting | State::Closed => Ok(()),
            State::Open(mut writer) => {
                let end = Event::SessionEnded { steps: writer.steps, runs: writer.runs };
                writer.append(&end).map_err(|error| storage("write", &writer.path, &error))
            }
        }
    }

    fn with_writer<T>(&self, write: impl FnOnce(&mut Writer) -> std::io::Result<T>) -> Result<T, Failure> {
        let mut state = self.lock();
        if matches!(*state, State::Waiting) {
            *state = State::Open(self.create()?);
        }
        match &mut *state {
            State::Open(writer) => write(writer).map_err(|error| storage("write", &writer.path, &error)),
            State::Waiting | State::Closed => {
                Err(Failure::new(FailureKind::Storage, format!("the journal of session {} is closed", self.session)))
            }
        }
    }

    fn create(&self) -> Result<Writer, Failure> {
        let path = self.path();
        let created = std::fs::create_dir_all(&self.folder).and_then(|()| {
            let file = OpenOptions::new().append(true).create_new(true).mode(0o600).open(&path)?;
            file.lock()?;
            let mut writer =
                Writer { file: Arc::new(file), path: path.clone(), length: 0, seq: 0, prev: line::NO_LINE, steps: 0, runs: 0 };
            writer.append(&Event::SessionStarted {
                session: self.session.clone(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                front: self.front.clone(),
                rules_hash: self.terms.rules_hash.clone(),
                model: self.terms.model.clone(),
                limits: self.terms.limits.clone(),
            })?;
            Ok(writer)
        });
        created.map_err(|error| storage("create", &path, &error))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    fn append(&mut self, event: &Event) -> std::io::Result<()> {
        let mut line = line::compose(self.seq + 1, clock::now(), self.prev, event)?;
        let prev = Hash::of(&line);
        line.push(b'\n');
        if let Err(error) = (&*self.file).write_all(&line) {
            // A full disk may have taken a part of the line: what was not acknowledged goes away again.
            self.file.set_len(self.length)?;
            return Err(error);
        }
        self.length += line.len() as u64;
        self.seq += 1;
        self.prev = prev;
        self.steps += u64::from(matches!(event, Event::Step(_)));
        self.runs += u64::from(matches!(event, Event::RunStarted { .. }));
        Ok(())
    }
}

/// Sorts by time; the random end keeps studios apart that start within one millisecond.
fn new_session(at: Timestamp) -> SessionId {
    let mut random = std::hash::RandomState::new().build_hasher();
    random.write_u32(std::process::id());
    let text = format!("{}-{:08x}", at.strftime("%Y%m%d-%H%M%S-%3f"), random.finish() >> 32);
    SessionId(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_ids_sort_by_time_and_differ() {
        let at: Timestamp = "2026-11-21T19:44:12.0789Z".parse().unwrap();
        let id = new_session(at);
        let (time, random) = id.0.rsplit_once('-').unwrap();
        assert_eq!((time, random.len()), ("20261121-194412-078", 8));
        let ids: std::collections::BTreeSet<_> = (0..1000).map(|_| new_session(at)).collect();
        assert_eq!(ids.len(), 1000);
        assert!(ids.iter().all(|id| *id < new_session("2026-11-21T19:44:12.079Z".parse().unwrap())));
    }
}
