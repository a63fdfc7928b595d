//! Texts that open over the panes: problems, a failure, a line of output, what a server offers.

use serde_json::Value;

use super::model::Model;
use super::overlay::{Reader, ReaderKind};
use super::page::{Entry, Page};
use super::pane::Pane;
use super::sheets::{failure_entries, json_lines, prose, styled};
use super::theme::{BAD, DIM, GOOD, STRONG, TEXT, WARN};
use super::tree::{TreeRow, WorkRow, name_in};
use super::units::duration;
use crate::ops::{NoticeLevel, OutputLine, RunState, RunView, ServerState, content_text};
use crate::types::Failure;

/// Failures of servers, warnings of the configuration, and notices, with all their lines.
pub(super) fn problems(model: &Model) -> Reader {
    let mut entries = Vec::new();
    for (name, state) in &model.world.servers {
        if let ServerState::Failed { failure, .. } = state {
            entries.push(styled(&format!("✗ {name}"), STRONG));
            entries.extend(failure_entries(failure));
            entries.push(Entry::default());
        }
        if let ServerState::Degraded(_, reason) = state {
            entries.push(styled(&format!("! {name}: {reason}"), WARN));
        }
    }
    entries.extend(model.world.warnings.iter().flat_map(|warning| prose(&format!("! {warning}"), WARN)));
    for notice in model.world.notices.iter().rev() {
        let (mark, style) = match notice.level {
            NoticeLevel::Info => ("·", TEXT),
            NoticeLevel::Warning => ("!", WARN),
            NoticeLevel::Error => ("✗", BAD),
        };
        entries.extend(prose(&format!("{mark} {} {}", notice.at.strftime("%H:%M:%S"), notice.text), style));
    }
    if entries.is_empty() {
        entries.push(styled("Nothing to report.", GOOD));
    }
    reader("Problems and notices", entries, ReaderKind::Problems)
}

/// A failure on its own.
pub(super) fn failure(title: &str, failure: &Failure) -> Reader {
    reader(title, failure_entries(failure), ReaderKind::Fixed)
}

/// A run's state in words, with its elapsed time where it has not ended.
pub(super) fn run_words(run: &RunView, elapsed: std::time::Duration) -> String {
    match &run.state {
        RunState::Starting(doing) => format!("{doing} {}", duration(elapsed)),
        RunState::Running => format!("running {}", duration(elapsed)),
        RunState::Interrupting => format!("stopping {}", duration(elapsed)),
        RunState::Ended { outcome, duration: span, .. } => format!("{outcome} after {}", duration(*span)),
    }
}

/// A line of output in full.
pub(super) fn line(line: &OutputLine) -> Reader {
    reader("Line of output", vec![styled(&line.text, TEXT)], ReaderKind::Fixed)
}

/// What a resource or a prompt holds: its texts, then the answer as sent.
pub(super) fn content(name: &str, result: &Value) -> Reader {
    let texts = content_text(result);
    let mut entries: Vec<Entry> = texts.iter().flat_map(|line| prose(line, TEXT)).collect();
    entries.extend([Entry::default(), styled("As sent", DIM)]);
    entries.extend(json_lines(result).into_iter().map(Entry::from));
    Reader { source: texts.join("\n"), ..reader(name, entries, ReaderKind::Fixed) }
}

/// What Copy copies where the keys are.
pub(super) fn selected_text(model: &Model) -> Option<String> {
    match model.focus {
        Pane::Servers => match model.tree_row()? {
            TreeRow::Tool(..) => Some(model.target_tool()?.id.to_string()),
            TreeRow::Server(at) => Some(model.world.servers.get(at)?.0.to_string()),
            row @ (TreeRow::Prompt(..) | TreeRow::Resource(..) | TreeRow::Template(..)) => {
                Some(name_in(row, model.world.offer(row.server())?).to_owned())
            }
        },
        Pane::Scripts => match model.work_row()? {
            WorkRow::Script(at) => Some(model.world.scripts.get(at)?.path.display().to_string()),
            WorkRow::Run(at) => Some(model.world.runs.get(at)?.id.to_string()),
            WorkRow::Call(at) => Some(model.world.saved.get(at)?.path.display().to_string()),
            WorkRow::Calls | WorkRow::Runs => None,
        },
        Pane::Tool => model.tool.copied(),
        Pane::Policy => model.rules.copied(),
        Pane::Pins => model.pins.copied(),
        Pane::Editor | Pane::Output | Pane::Steps => None,
    }
}

pub(super) fn reader(title: &str, entries: Vec<Entry>, kind: ReaderKind) -> Reader {
    let source = entries.iter().map(|entry| entry.line.to_string()).collect::<Vec<_>>().join("\n");
    let title = crate::types::neutralise_line(title).into_owned();
    Reader { title, page: Page::prose(entries), source, kind, place: None }
}
