//! Texts that open over the panes: problems, a failure, a line of output, what a server offers.

use super::model::Model;
use super::overlay::{Reader, ReaderKind};
use super::page::{Entry, Page};
use super::pane::Pane;
use super::sheets::{failure_entries, json_lines, prose, styled};
use super::theme::{BAD, GOOD, STRONG, TEXT, WARN};
use super::tree::{TreeRow, WorkRow, name_in};
use super::units::duration;
use crate::ops::{NoticeLevel, OutputLine, RunState, RunView, ServerState};
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

/// A prompt, resource or template as its server described it.
pub(super) fn offered(model: &Model, row: TreeRow) -> Option<Reader> {
    let offer = model.world.offer(row.server())?;
    let value = match row {
        TreeRow::Prompt(_, at) => offer.prompts.get(at)?,
        TreeRow::Resource(_, at) => offer.resources.get(at)?,
        TreeRow::Template(_, at) => offer.resource_templates.get(at)?,
        TreeRow::Server(_) | TreeRow::Tool(..) => return None,
    };
    let mut entries = Vec::new();
    if let Some(about) = value.get("description").and_then(serde_json::Value::as_str) {
        entries.extend(prose(about, TEXT));
        entries.push(Entry::default());
    }
    entries.extend(json_lines(value).into_iter().map(Entry::from));
    Some(reader(name_in(row, offer), entries, ReaderKind::Fixed))
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
            WorkRow::Runs => None,
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
