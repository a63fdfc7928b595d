//! From the events of a journal to a [`Report`]: read once, in order, then put together.

mod fold;
mod step;

use std::fmt::Write as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use self::fold::Fold;
use super::model::{Journal, JournalState, McpDetails, Program, Report, SCHEMA, SCHEMA_VERSION, Summary, Totals};
use super::tools;
use crate::journal::{self, Verified};
use crate::sys::files::storage;
use crate::types::limits::REPORT_EVENTS;
use crate::types::{Failure, FailureKind};

/// Reads the journal at `path`, proving each line on the way. A torn end that a dead writer left is sealed first.
/// Fails with `Storage` where a line is not what was written: no report is made of such a journal.
pub fn gather(path: &Path) -> Result<Report, Failure> {
    let under_way = journal::is_being_written(path);
    if !under_way {
        // On a read-only disk the report is made of what can be read.
        drop(journal::seal(path));
    }
    let mut fold = Fold::default();
    let verified = journal::read(path, |entry| {
        if entry.seq <= REPORT_EVENTS {
            fold.event(entry);
        }
    })?;
    if verified.entries > REPORT_EVENTS {
        let message = format!("{} has more than the {REPORT_EVENTS} events that a report is made of", path.display());
        return Err(Failure::new(FailureKind::Storage, message).hint("the journal itself is one JSON object a line"));
    }
    let state = match (under_way, verified.closed) {
        (true, _) => JournalState::UnderWay,
        (false, true) => JournalState::Closed,
        (false, false) => JournalState::Crashed,
    };
    let sha256 = if under_way { None } else { Some(file_hash(path)?) };
    put_together(path, fold, &verified, state, sha256)
}

fn put_together(
    path: &Path,
    mut fold: Fold,
    verified: &Verified,
    state: JournalState,
    sha256: Option<String>,
) -> Result<Report, Failure> {
    let Some(head) = fold.head() else {
        return Err(Failure::new(FailureKind::Storage, format!("{} does not begin as a journal does", path.display())));
    };
    let (program, id) = (Program { name: "mcp-studio", version: head.version, front: head.front }, head.session);
    let (recorded, masked, torn_bytes) = (fold.recorded(), fold.masked(), fold.torn_bytes.max(verified.torn_bytes));
    let (started_at, ended_at) = fold.span();
    let (context, preflight) = (fold.context(), std::mem::take(&mut fold.preflight));
    let whole = fold.finish();
    let journal = Journal {
        file: path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        verify: format!("mcp-studio journal verify {id}"),
        id,
        state,
        entries: verified.entries,
        torn_bytes,
        sha256,
        started_at,
        ended_at,
        limits: head.limits,
        recorded,
        masked,
    };
    let tools = tools::used(&whole.steps);
    let mut summary = Summary {
        total_sessions: whole.sessions.len() as u64,
        total_steps: whole.steps.len() as u64,
        tools_used: tools.iter().map(|tool| tool.tool.clone()).collect(),
        ..Summary::default()
    };
    let mut totals = Totals::default();
    for step in &whole.steps {
        totals.add(step);
        if let Some(decision) = step.decision {
            *summary.decisions.entry(decision.word()).or_default() += 1;
        }
    }
    totals.settle();
    Ok(Report {
        schema: SCHEMA,
        schema_version: SCHEMA_VERSION,
        program,
        journal,
        mcp_details: McpDetails { sessions: whole.sessions, steps: whole.steps, totals, summary },
        servers: whole.servers,
        tools,
        preflight,
        context,
    })
}

fn file_hash(path: &Path) -> Result<String, Failure> {
    let mut hasher = Sha256::new();
    let copied = std::fs::File::open(path).and_then(|mut file| std::io::copy(&mut file, &mut Writing(&mut hasher)));
    copied.map_err(|error| storage("read", path, &error))?;
    Ok(hasher.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// A hasher to write into.
struct Writing<'a>(&'a mut Sha256);

impl std::io::Write for Writing<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
