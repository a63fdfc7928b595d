//! The two lists on the left.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::frame::{highlight, put, put_right, scroll_mark};
use super::top::state_mark;
use crate::fronts::tui::facts::Facts;
use crate::fronts::tui::list::{Filter, ListCursor};
use crate::fronts::tui::model::Model;
use crate::fronts::tui::pane::Pane;
use crate::fronts::tui::reading::run_words;
use crate::fronts::tui::text::cells::width;
use crate::fronts::tui::theme::{ACCENT, BAD, DIM, GOOD, MARKED, SELECTED, STRONG, TEXT};
use crate::fronts::tui::tree::{TreeRow, WorkRow, name_in, sort_of};
use crate::fronts::tui::units::{count, duration};
use crate::ops::{Offer, RunState, ServerState};
use crate::types::neutralise_line;

/// Servers and what they offer.
pub(super) fn servers(model: &Model, facts: &Facts, area: Rect, buffer: &mut Buffer) {
    let total: usize = model.world.offers.values().map(|offer| offer.tools.len()).sum();
    let hits = model.tree_rows.iter().filter(|row| !matches!(row, TreeRow::Server(_))).count();
    let area = filter_line(&model.tree.filter, &format!("{hits} of {total}"), area, buffer);
    if model.world.servers.is_empty() {
        put(buffer, area.x, area.y, area.width, " no servers are configured", DIM);
        put(buffer, area.x, area.y + 1, area.width, " add them to mcp_config.json", DIM);
    }
    each_row(model.tree_rows.len(), &model.tree, area, |at, line, selected| {
        tree_row(model, facts, model.tree_rows[at], line, buffer);
        if selected {
            highlight(buffer, line, selection(model, Pane::Servers));
        }
    });
    scroll_mark(buffer, area, model.tree.offset, model.tree_rows.len());
}

fn tree_row(model: &Model, facts: &Facts, row: TreeRow, line: Rect, buffer: &mut Buffer) {
    let Some((name, state)) = model.world.servers.get(row.server()) else { return };
    let offer = model.world.offers.get(name);
    if let (false, Some(offer)) = (matches!(row, TreeRow::Server(_)), offer) {
        let sort = if matches!(row, TreeRow::Tool(..)) { "" } else { sort_of(row) };
        let right = put_right(buffer, line, sort, DIM);
        put(buffer, line.x + 5, line.y, line.width.saturating_sub(right + 6), name_in(row, offer), TEXT);
        return;
    }
    let (mark, style) = state_mark(state);
    let open = model.open.contains(name) || !model.tree.filter.text.is_empty();
    put(buffer, line.x + 1, line.y, 1, if open { "▾" } else { "▸" }, DIM);
    put(buffer, line.x + 3, line.y, 1, mark, style);
    let mut words = server_words(state, offer.map(AsRef::as_ref), facts);
    if model.outdated.contains(name) {
        words.splice(0..0, outdated_words(offer.map(AsRef::as_ref)));
    }
    let least = u16::try_from(name.as_str().chars().count()).unwrap_or(u16::MAX).min(12) + 6;
    let room = line.width.saturating_sub(least);
    let shown = words.iter().find(|words| width(words) <= usize::from(room));
    let right = shown
        .map_or(0, |words| put_right(buffer, line, words, if matches!(state, ServerState::Failed { .. }) { BAD } else { DIM }));
    put(buffer, line.x + 5, line.y, line.width.saturating_sub(right + 6), name.as_str(), STRONG);
}

/// What is said of a server beside its name, the longest first.
fn server_words(state: &ServerState, offer: Option<&Offer>, facts: &Facts) -> Vec<String> {
    let size = |offer: &Offer| vec![format!("{}  {}", offer.tools.len(), count(offer.tokens)), offer.tools.len().to_string()];
    match (state, offer) {
        (ServerState::Failed { failure, .. }, _) => vec![failed_words(&failure.message), "failed".to_owned()],
        (ServerState::Disabled, _) => vec!["disabled".to_owned()],
        (ServerState::Connecting { since, doing }, _) => {
            let span = duration(facts.now.saturating_duration_since(*since));
            vec![format!("{doing} {span}"), format!("starting {span}"), "starting".to_owned()]
        }
        (ServerState::Degraded(..), Some(offer)) => {
            let mut words = vec![format!("{} tools, degraded", offer.tools.len()), "degraded".to_owned()];
            words.extend(size(offer));
            words
        }
        (_, Some(offer)) if offer.stale => {
            let mut words =
                vec![format!("{} stale  {}", offer.tools.len(), count(offer.tokens)), format!("{} stale", offer.tools.len())];
            words.extend(size(offer));
            words
        }
        (_, Some(offer)) => size(offer),
        (ServerState::Idle, None) => vec!["not contacted".to_owned(), "idle".to_owned()],
        (ServerState::Ready(_), None) => vec!["ready".to_owned()],
        (ServerState::Degraded(..), None) => vec!["degraded".to_owned()],
    }
}

/// The same of a server whose generated wrappers are out of date.
fn outdated_words(offer: Option<&Offer>) -> Vec<String> {
    let tools = offer.map_or(0, |offer| offer.tools.len());
    vec![format!("{tools} tools, old wrappers"), format!("{tools}, old wrappers"), "old wrappers".to_owned()]
}

/// `exit 3` out of `... exited with status 3 ...`; the whole story is a key away.
fn failed_words(message: &str) -> String {
    let number = |after: &str| {
        let rest = message.split_once(after)?.1;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        (!digits.is_empty()).then_some(digits)
    };
    if let Some(status) = number("exited with status ") {
        return format!("exit {status}");
    }
    number("signal ").map_or_else(|| "failed".to_owned(), |signal| format!("signal {signal}"))
}

/// Scripts of the workspace and runs of this session.
pub(super) fn scripts(model: &Model, facts: &Facts, area: Rect, buffer: &mut Buffer) {
    let total = model.world.scripts.len() + model.world.saved.len() + model.world.runs.len();
    let hits = model.work_rows.iter().filter(|row| !matches!(row, WorkRow::Runs | WorkRow::Calls)).count();
    let area = filter_line(&model.work.filter, &format!("{hits} of {total}"), area, buffer);
    if total == 0 {
        put(buffer, area.x, area.y, area.width, " no scripts in the workspace", DIM);
    }
    each_row(model.work_rows.len(), &model.work, area, |at, line, selected| {
        work_row(model, facts, model.work_rows[at], line, buffer);
        if selected {
            highlight(buffer, line, selection(model, Pane::Scripts));
        }
    });
    scroll_mark(buffer, area, model.work.offset, model.work_rows.len());
}

fn work_row(model: &Model, facts: &Facts, row: WorkRow, line: Rect, buffer: &mut Buffer) {
    let room = line.width.saturating_sub(1);
    match row {
        WorkRow::Runs => _ = put(buffer, line.x + 1, line.y, room, "Runs", ACCENT),
        WorkRow::Calls => _ = put(buffer, line.x + 1, line.y, room, "Saved calls", ACCENT),
        WorkRow::Call(at) => {
            let Some(saved) = model.world.saved.get(at) else { return };
            let fault = saved.call.is_err();
            let (mark, style) = if fault { ("✗", BAD) } else { ("·", DIM) };
            put(buffer, line.x + 1, line.y, 1, mark, style);
            let right = put_right(buffer, line, if fault { "not usable" } else { "" }, BAD);
            put(buffer, line.x + 3, line.y, room.saturating_sub(right + 3), &neutralise_line(&saved.name), TEXT);
        }
        WorkRow::Script(at) => {
            let Some(script) = model.world.scripts.get(at) else { return };
            let open = model.editor.path.as_ref() == Some(&script.path);
            let mark = if open && model.editor.dirty() { " ●" } else { "" };
            put(buffer, line.x + 1, line.y, room, &format!("{}{mark}", script.name), if open { STRONG } else { TEXT });
        }
        WorkRow::Run(at) => {
            let Some(run) = model.world.runs.get(at) else { return };
            let (mark, style) = run_mark(&run.state);
            let words = run_words(run, facts.now.saturating_duration_since(run.since));
            let name = format!("{} {}", run.id.0, neutralise_line(&run.script));
            put(buffer, line.x + 1, line.y, 1, mark, style);
            let short = words.replace(" after ", " ");
            let left = usize::from(room).saturating_sub(width(&name) + 4);
            let shown = [words, short].into_iter().find(|words| width(words) <= left).unwrap_or_default();
            let right = put_right(buffer, line, &shown, DIM);
            put(buffer, line.x + 3, line.y, room.saturating_sub(right + 3), &name, TEXT);
        }
    }
}

/// The mark of a run's state and its style.
pub(super) fn run_mark(state: &RunState) -> (&'static str, Style) {
    match state {
        RunState::Starting(_) | RunState::Running | RunState::Interrupting => ("●", ACCENT),
        RunState::Ended { exit_code: 0, .. } => ("✓", GOOD),
        RunState::Ended { .. } => ("✗", BAD),
    }
}

/// The style of the selected row: strong where the keys are, weak elsewhere.
pub(super) fn selection(model: &Model, pane: Pane) -> Style {
    if model.focus == pane { SELECTED } else { MARKED }
}

/// Calls `paint` with each row in view, its line on the screen, and whether it is selected.
pub(super) fn each_row(count: usize, cursor: &ListCursor, area: Rect, mut paint: impl FnMut(usize, Rect, bool)) {
    for (at, y) in (cursor.offset..count).zip(area.y..area.bottom()) {
        paint(at, Rect::new(area.x, y, area.width, 1), at == cursor.selected);
    }
}

/// A line between two parts of a list.
pub(super) fn rule(area: Rect, y: u16, buffer: &mut Buffer) {
    for x in area.x..area.right() {
        buffer[(x, y)].set_symbol("─").set_style(DIM);
    }
}

/// The line of a filter, where there is one. Answers what is left of the pane.
pub(super) fn filter_line(filter: &Filter, hits: &str, area: Rect, buffer: &mut Buffer) -> Rect {
    if !filter.shown() || area.height == 0 {
        return area;
    }
    let line = Rect::new(area.x, area.y, area.width, 1);
    let right = put_right(buffer, line, hits, DIM);
    let room = line.width.saturating_sub(right + 1);
    let used = put(buffer, line.x, line.y, room.saturating_sub(1), &format!("/{}", filter.text), ACCENT);
    if filter.editing {
        put(buffer, line.x + used, line.y, 1, " ", SELECTED);
    }
    Rect::new(area.x, area.y + 1, area.width, area.height - 1)
}
