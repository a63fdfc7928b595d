//! `report` and `journal verify`: what recorded sessions tell, and whether they still are what was written.

use std::path::PathBuf;

use serde::Serialize;

use super::studio::Studio;
use crate::guards::pins::Standing;
use crate::journal::{self, ServerSeen};
use crate::reports::{self, Format, Report};
use crate::sys::clock::Timestamp;
use crate::sys::files::{storage, write_atomic};
use crate::types::limits::{SEEN_TOOL_CHARS, SEEN_TOOLS};
use crate::types::{Failure, FailureKind, FieldNames, StepRecord, ToolSpec, content_hash, nearest, neutralise_line};

/// What `latest` stands for in place of a session's id.
const LATEST: &str = "latest";

/// What the proof of one journal found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerifiedJournal {
    /// The session: its file's name without the ending.
    pub session: String,
    /// Events that were proven.
    pub entries: u64,
    /// Whether it was closed. Of one that was not, lines may be missing at the end.
    pub closed: bool,
    /// Whether its writer lives.
    pub under_way: bool,
    /// Bytes of a torn last line.
    pub torn_bytes: u64,
    /// Which line is not what was written, if one is not.
    pub failure: Option<Failure>,
}

/// A call as it was recorded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordedStep {
    /// When it ended.
    pub at: Timestamp,
    /// The record.
    #[serde(flatten)]
    pub record: StepRecord,
}

impl Studio {
    /// The report of a recorded session, or of the `latest`. Reads a file: call it where that may take a while.
    /// Fails with `Usage` where there is no such session, and with `Storage` where its journal is not what was written.
    pub fn report(&self, session: &str, format: Format) -> Result<Vec<u8>, Failure> {
        reports::render(&self.gather_report(session)?, format)
    }

    /// Writes the report of this session, which goes on, into the folder of reports. Answers the file.
    /// Fails with `Usage` where nothing was recorded yet.
    pub fn write_report(&self, format: Format) -> Result<PathBuf, Failure> {
        if !self.journal().is_open() {
            return Err(Failure::new(FailureKind::Usage, "nothing was recorded in this session yet"));
        }
        self.record_servers();
        let report = reports::render(&reports::gather(&self.journal().path())?, format)?;
        let folder = self.reports_folder();
        std::fs::create_dir_all(&folder).map_err(|error| storage("create", &folder, &error))?;
        let file = folder.join(format!("{}.{}", self.session(), format.extension()));
        write_atomic(&file, &report)?;
        Ok(file)
    }

    /// Where [`Studio::write_report`] writes: beside the journals, out of the reach of scripts.
    pub fn reports_folder(&self) -> PathBuf {
        self.settings().paths.state.join("reports")
    }

    /// The same before it is written in a format.
    pub fn gather_report(&self, session: &str) -> Result<Report, Failure> {
        reports::gather(&self.journal_file(session)?)
    }

    /// Proves the journal of one session, or of all, newest first. Fails with `Usage` where there is no such session.
    pub fn verify_journals(&self, session: Option<&str>) -> Result<Vec<VerifiedJournal>, Failure> {
        let files = match session {
            Some(session) => vec![self.journal_file(session)?],
            None => journal::files(&self.journal_folder())?,
        };
        Ok(files.iter().map(|path| verify(path)).collect())
    }

    /// The calls of a recorded session, or of the `latest`, in the order in which they began.
    /// Fails with `Usage` where there is no such session, and with `Storage` where its journal is not what was written.
    pub fn recorded_steps(&self, session: &str) -> Result<Vec<RecordedStep>, Failure> {
        let mut steps: Vec<RecordedStep> = Vec::new();
        journal::read(&self.journal_file(session)?, |entry| {
            if let journal::Event::Step(record) = entry.event {
                steps.push(RecordedStep { at: entry.at, record: *record });
            }
        })?;
        steps.sort_by_key(|step| step.record.step.0);
        Ok(steps)
    }

    /// The journal of a session that a person named.
    fn journal_file(&self, session: &str) -> Result<PathBuf, Failure> {
        let files = journal::files(&self.journal_folder())?;
        let own = self.journal().path();
        let found = match session {
            LATEST => files.iter().find(|path| **path != own),
            id => files.iter().find(|path| path.file_stem().is_some_and(|stem| stem == id)),
        };
        if found.is_none() && session == LATEST {
            return Err(Failure::new(FailureKind::Usage, "no session was recorded yet").hint("exec and call record one each"));
        }
        found.cloned().ok_or_else(|| {
            let failure = Failure::new(FailureKind::Usage, format!("no session {session:?} is recorded"));
            let known = files.iter().filter_map(|path| path.file_stem()?.to_str());
            match nearest(session, known) {
                Some(near) => failure.hint(format!("did you mean {near}?")),
                None => failure.hint("mcp-studio sessions lists those that are"),
            }
        })
    }

    /// Records what the servers that are connected offer, for the reports. Nothing where nothing else was recorded.
    pub(super) fn record_servers(&self) {
        if !self.journal().is_open() {
            return;
        }
        for seen in self.servers_seen() {
            if let Err(failure) = self.journal().record(&journal::Event::ServerSeen(Box::new(seen))) {
                tracing::warn!("{failure}");
                return;
            }
        }
    }

    fn servers_seen(&self) -> Vec<ServerSeen> {
        let offers = self.offers();
        let pins = self.calls().pins().read().unwrap_or_default();
        let connected = self.servers().into_iter().filter_map(|(server, state)| Some((server, super::health::peer_of(state)?)));
        let seen = connected.map(|(server, peer)| {
            let tools = offers.get(&server).map_or(&[][..], |offer| &offer.tools);
            let mut names: Vec<String> = tools.iter().take(SEEN_TOOLS).map(|tool| short(&tool.id.tool)).collect();
            names.sort_unstable();
            let standing = |tool: &ToolSpec| pins.tool(&server, &tool.id.tool, &content_hash(&tool.raw));
            let pinned = tools.iter().filter(|tool| standing(tool) == Standing::Same).count() as u64;
            let changed = tools.iter().filter(|tool| standing(tool) == Standing::Changed).take(SEEN_TOOLS);
            let mut changed: Vec<String> = changed.map(|tool| short(&tool.id.tool)).collect();
            changed.sort_unstable();
            let field_names = self.settings().normalization.get(&server).filter(|names| **names != FieldNames::default());
            let field_names = field_names.map(ToString::to_string);
            ServerSeen {
                server,
                name: short(&peer.name),
                version: short(&peer.version),
                protocol: short(&peer.protocol),
                tools: names,
                tool_count: tools.len() as u64,
                pinned,
                changed,
                field_names,
            }
        });
        seen.collect()
    }
}

fn short(text: &str) -> String {
    neutralise_line(&text.chars().take(SEEN_TOOL_CHARS).collect::<String>()).into_owned()
}

fn verify(path: &std::path::Path) -> VerifiedJournal {
    let session = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let under_way = journal::is_being_written(path);
    let nothing = VerifiedJournal { session, entries: 0, closed: false, under_way, torn_bytes: 0, failure: None };
    match journal::verify(path) {
        Ok(proof) => VerifiedJournal { entries: proof.entries, closed: proof.closed, torn_bytes: proof.torn_bytes, ..nothing },
        Err(failure) => VerifiedJournal { failure: Some(failure), ..nothing },
    }
}
