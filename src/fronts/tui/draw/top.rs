//! The upper lines: project, servers, what scripts may do; and the names of the panes where one is shown.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::frame::{pieces, put, put_right};
use crate::fronts::tui::actions::Action;
use crate::fronts::tui::model::Model;
use crate::fronts::tui::tabs;
use crate::fronts::tui::text::cells::width;
use crate::fronts::tui::theme::{ACCENT, BAD, DIM, GOOD, STRONG, TEXT, WARN};
use crate::fronts::tui::units::{count, counted};
use crate::ops::{ContextFigures, EnvironmentState, SandboxLevel, ServerState};
use crate::types::neutralise_line;

/// The mark of a server's state and its style.
pub(super) fn state_mark(state: &ServerState) -> (&'static str, Style) {
    match state {
        ServerState::Idle => ("○", DIM),
        ServerState::Disabled => ("⊘", DIM),
        ServerState::Connecting { .. } => ("◌", WARN),
        ServerState::Ready(_) => ("●", GOOD),
        ServerState::Degraded(..) => ("◐", WARN),
        ServerState::Failed { .. } => ("✗", BAD),
    }
}

/// The first line. What is said on the right gives way to the servers, the least important first.
pub(super) fn draw(model: &Model, line: Rect, buffer: &mut Buffer) {
    let facts = facts(model);
    // One server at least is named, beside the program and how many more there are.
    let first = model.world.servers.first().map_or(0, |(server, _)| width(&neutralise_line(server.as_str())) + 26);
    let room = usize::from(line.width / 2).min(usize::from(line.width).saturating_sub(first));
    let fitting = |count: &usize| facts[..*count].iter().map(|text| width(text) + 2).sum::<usize>() <= room;
    let count = (0..=facts.len()).rev().find(fitting).unwrap_or(0);
    let right = put_right(buffer, line, &format!("{} ", facts[..count].join("  ")), TEXT);
    let room = line.width.saturating_sub(right + 2);
    let mut used = put(buffer, line.x, line.y, room, " mcp-studio ", STRONG);
    for (at, (server, state)) in model.world.servers.iter().enumerate() {
        let (mark, style) = state_mark(state);
        let left = model.world.servers.len() - at;
        let texts = [(format!(" {} ", neutralise_line(server.as_str())), TEXT), (format!("{mark} "), style)];
        let wide: usize = texts.iter().map(|(text, _)| width(text)).sum();
        let more = if left > 1 { 9 } else { 0 };
        if usize::from(used) + wide + more > usize::from(room) {
            put(buffer, line.x + used, line.y, room.saturating_sub(used), &format!(" +{left} more"), DIM);
            break;
        }
        used += pieces(buffer, line.x + used, line.y, room - used, &texts);
    }
}

/// What is said on the right, the most important first.
fn facts(model: &Model) -> Vec<String> {
    let level = match model.world.sandbox {
        SandboxLevel::Off => "off",
        SandboxLevel::Standard => "standard",
        SandboxLevel::Strict => "strict",
    };
    let environment = match &model.world.environment {
        EnvironmentState::Preparing(doing) => Some(doing.clone()),
        EnvironmentState::Failed(_) => Some("no Python environment".to_owned()),
        EnvironmentState::Absent | EnvironmentState::Ready(_) => None,
    };
    let problems = match model.world.problems() {
        0 => None,
        number => Some(format!("{} ({})", counted(number as u64, "problem"), model.keymap.mention(Action::Problems))),
    };
    let tokens = count(model.world.summary.tokens_in + model.world.summary.tokens_out);
    let kept_out = model.world.context.as_ref().map(kept_out);
    let always = [format!("sandbox {level}"), model.world.policy.clone()];
    let last = kept_out.unwrap_or_else(|| format!("{tokens} tokens"));
    environment.into_iter().chain(problems).chain(always).chain([last]).collect()
}

/// How many tokens scripts kept out of the context of an agent that calls the tools itself.
fn kept_out(figures: &ContextFigures) -> String {
    let percent = figures.saved_percent();
    if percent < 0.0 { format!("{:.1} % more tokens", -percent) } else { format!("kept out {percent:.1} %") }
}

/// The names of all panes, where only one is shown.
pub(super) fn pane_tabs(model: &Model, line: Rect, buffer: &mut Buffer) {
    for tab in tabs::pane_tabs(line, model.focus) {
        let style = if tab.pane == model.focus { STRONG.patch(ACCENT) } else { DIM };
        put(buffer, tab.place.x, tab.place.y, tab.place.width, &tab.text, style);
    }
}
