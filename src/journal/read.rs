//! Reading journals: the list of sessions, their events, and whether a file is still what was written.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::line::{self, Entry, Hash, NO_LINE};
use super::record::{EXTENSION, Event};
use crate::sys::clock::{self, Timestamp};
use crate::sys::files::storage;
use crate::types::limits::{JOURNAL_LINE_BYTES, JOURNAL_SCAN_BYTES, JOURNAL_TAIL_BYTES};
use crate::types::{Failure, FailureKind, Place, SessionId};

/// A session on disk, for lists.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionSummary {
    /// Its id.
    pub session: SessionId,
    /// When it started.
    pub at: Timestamp,
    /// Steps in it.
    pub steps: u64,
    /// Scripts run in it.
    pub runs: u64,
    /// Whether it was closed well. A session under way is not closed either.
    pub closed: bool,
    /// Whether its writer lives. One that is neither closed nor under way has crashed.
    pub under_way: bool,
}

/// What the proof of a journal found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Events in it.
    pub entries: u64,
    /// Whether its last line is [`Event::SessionEnded`]. Of one that is not closed, lines may be missing at the end.
    pub closed: bool,
    /// Bytes after the last whole line: its writer died amid a write, or writes just now.
    pub torn_bytes: u64,
}

/// The sessions recorded in `folder`, newest first. Reads the first line and the end of each file; only of a file that
/// was not closed more, up to `JOURNAL_SCAN_BYTES`, to count its steps. Files without a whole first line are left out.
pub fn sessions(folder: &Path, limit: usize) -> Result<Vec<SessionSummary>, Failure> {
    let paths = files(folder)?;
    Ok(paths.iter().filter_map(|path| summarise(path).ok().flatten()).take(limit).collect())
}

/// The journals in `folder`, newest first, whatever is in them.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(storage("read", folder, &error)),
    };
    let mut paths: Vec<PathBuf> =
        entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| is_journal(path)).collect();
    paths.sort_unstable_by(|left, right| right.cmp(left));
    Ok(paths)
}

/// Whether the writer of the journal at `path` lives: it holds a lock on it.
pub fn is_being_written(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(std::fs::TryLockError::WouldBlock)))
}

/// Proves each byte of the journal at `path`. Fails with `Storage` and the line that is not what was written.
pub fn verify(path: &Path) -> Result<Verified, Failure> {
    read(path, |_| {})
}

/// Reads the journal at `path` in order, proving it on the way: what `each` gets before a failure was written so.
pub fn read(path: &Path, each: impl FnMut(Entry)) -> Result<Verified, Failure> {
    let mut lines = Lines::open(path).map_err(|error| storage("read", path, &error))?;
    let mut chain = Chain { each, entries: 0, prev: NO_LINE, closed: false, torn: None };
    let mut number = 0;
    while let Some(line) = lines.next().map_err(|error| storage("read", path, &error))? {
        number += 1;
        match line {
            Line::Whole(line) => chain.accept(&line, number).map_err(|fault| changed(path, &fault))?,
            Line::Torn(bytes) => {
                let torn_bytes = bytes.len() as u64;
                return Ok(Verified { entries: chain.entries, closed: false, torn_bytes });
            }
        }
    }
    match chain.torn {
        Some(torn) => Err(changed(path, &torn.fault())),
        None => Ok(Verified { entries: chain.entries, closed: chain.closed, torn_bytes: 0 }),
    }
}

/// What is wrong with which line.
struct Fault {
    line: u32,
    reason: String,
}

fn changed(path: &Path, fault: &Fault) -> Failure {
    let message = format!("line {} of the journal is not what was written: {}", fault.line, fault.reason);
    Failure::new(FailureKind::Storage, message).at(Place { file: path.to_owned(), line: fault.line })
}

/// The proof so far.
struct Chain<Each> {
    each: Each,
    entries: u64,
    prev: Hash,
    closed: bool,
    /// A line whose bytes are wrong. Only its seal may follow.
    torn: Option<Torn>,
}

struct Torn {
    line: u32,
    bytes: u64,
}

impl Torn {
    fn fault(&self) -> Fault {
        Fault { line: self.line, reason: "its bytes do not match its own sum".to_owned() }
    }
}

impl<Each: FnMut(Entry)> Chain<Each> {
    fn accept(&mut self, line: &[u8], number: u32) -> Result<(), Fault> {
        let prev = std::mem::replace(&mut self.prev, Hash::of(line));
        if self.torn.is_none() && !line::is_whole(line) {
            self.torn = Some(Torn { line: number, bytes: line.len() as u64 });
            return Ok(());
        }
        let entry = line::parse(line, self.entries + 1, prev);
        let seal = match &entry {
            Ok(Entry { event: Event::TornLineSealed { bytes }, .. }) => Some(*bytes),
            Ok(_) | Err(_) => None,
        };
        if let Some(torn) = self.torn.take_if(|torn| seal != Some(torn.bytes)) {
            return Err(torn.fault());
        }
        let entry = entry.map_err(|reason| Fault { line: number, reason })?;
        self.torn = None;
        self.entries += 1;
        self.closed = matches!(entry.event, Event::SessionEnded { .. });
        (self.each)(entry);
        Ok(())
    }
}

/// Ends the torn last line that a dead writer left in the journal at `path`: the torn bytes stay as evidence, and an event
/// says so; a line that lacks only its newline gets it. Answers whether there was one. A journal whose writer lives is left
/// alone.
pub fn seal(path: &Path) -> Result<bool, Failure> {
    let sealed = || {
        let mut file = OpenOptions::new().read(true).append(true).open(path)?;
        if file.try_lock().is_err() || !is_torn(&mut file)? {
            return Ok(false);
        }
        let (mut torn, mut entries) = (Vec::new(), 0);
        let mut lines = Lines::open(path)?;
        while let Some(line) = lines.next()? {
            match line {
                Line::Whole(_) => entries += 1,
                Line::Torn(bytes) => torn = bytes,
            }
        }
        let mut seal = vec![b'\n'];
        if !line::is_whole(&torn) {
            let event = Event::TornLineSealed { bytes: torn.len() as u64 };
            seal.extend(line::compose(entries + 1, clock::now(), Hash::of(&torn), &event)?);
            seal.push(b'\n');
        }
        file.write_all(&seal)?;
        file.sync_data()?;
        Ok(true)
    };
    sealed().map_err(|error: std::io::Error| storage("seal", path, &error))
}

fn is_torn(file: &mut File) -> std::io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

fn is_journal(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == EXTENSION)
}

/// The fields of a line that lists need.
#[derive(Deserialize)]
struct Brief {
    event: String,
    #[serde(default)]
    at: Option<Timestamp>,
    #[serde(default)]
    session: Option<SessionId>,
    #[serde(default)]
    steps: u64,
    #[serde(default)]
    runs: u64,
}

fn summarise(path: &Path) -> std::io::Result<Option<SessionSummary>> {
    let Some(Line::Whole(first)) = Lines::open(path)?.next()? else {
        return Ok(None);
    };
    let Ok(Brief { at: Some(at), session: Some(session), .. }) = serde_json::from_slice(&first) else {
        return Ok(None);
    };
    let mut file = File::open(path)?;
    if is_torn(&mut file)? {
        // A list is readable also where sealing fails, such as on a read-only disk.
        drop(seal(path));
    }
    let summary = SessionSummary { session, at, steps: 0, runs: 0, closed: false, under_way: is_being_written(path) };
    Ok(Some(match last_line(&mut file)? {
        Some(Brief { event, steps, runs, .. }) if event == "session_ended" => {
            SessionSummary { steps, runs, closed: true, ..summary }
        }
        Some(_) | None => count(path, summary)?,
    }))
}

/// The last line of a file that ends with a whole one.
fn last_line(file: &mut File) -> std::io::Result<Option<Brief>> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(JOURNAL_TAIL_BYTES)))?;
    let mut tail = Vec::new();
    file.take(JOURNAL_TAIL_BYTES).read_to_end(&mut tail)?;
    let line = tail.strip_suffix(b"\n").and_then(|tail| tail.rsplit(|byte| *byte == b'\n').next());
    Ok(line.and_then(|line| serde_json::from_slice(line).ok()))
}

/// Counts what a journal without an end holds.
fn count(path: &Path, mut summary: SessionSummary) -> std::io::Result<SessionSummary> {
    let mut lines = Lines::open(path)?;
    while let Some(Line::Whole(line)) = lines.next()? {
        if lines.bytes > JOURNAL_SCAN_BYTES {
            break;
        }
        let event = serde_json::from_slice(&line).map_or(String::new(), |brief: Brief| brief.event);
        summary.steps += u64::from(event == "step");
        summary.runs += u64::from(event == "run_started");
    }
    Ok(summary)
}

/// The lines of a journal, each within its bound.
struct Lines {
    reader: BufReader<File>,
    /// Bytes read so far.
    bytes: u64,
}

enum Line {
    /// Without its newline.
    Whole(Vec<u8>),
    /// The end of the file, which has no newline.
    Torn(Vec<u8>),
}

impl Lines {
    fn open(path: &Path) -> std::io::Result<Self> {
        Ok(Self { reader: BufReader::new(File::open(path)?), bytes: 0 })
    }

    fn next(&mut self) -> std::io::Result<Option<Line>> {
        let mut line = Vec::new();
        (&mut self.reader).take(JOURNAL_LINE_BYTES as u64).read_until(b'\n', &mut line)?;
        self.bytes += line.len() as u64;
        if line.len() == JOURNAL_LINE_BYTES {
            return Err(std::io::Error::other("a line is longer than any line of a journal"));
        }
        Ok(match line.pop() {
            None => None,
            Some(b'\n') => Some(Line::Whole(line)),
            Some(last) => {
                line.push(last);
                Some(Line::Torn(line))
            }
        })
    }
}
