//! What the tool pane shows: a tab of the chosen tool, and one line of facts above it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Look;
use super::frame::{highlight, page, put, put_right, scroll_mark, styled_line};
use super::lists::{each_row, filter_line, selection};
use crate::fronts::tui::actions::Action;
use crate::fronts::tui::answer::{Answer, Body};
use crate::fronts::tui::facts::Facts;
use crate::fronts::tui::model::Model;
use crate::fronts::tui::pane::Pane;
use crate::fronts::tui::sheets::hints;
use crate::fronts::tui::theme::{DIM, WARN};
use crate::fronts::tui::tool_pane::Tab;
use crate::fronts::tui::units::{count, duration};
use crate::types::{ToolSpec, neutralise_line};

/// The inside of the tool pane.
pub(super) fn draw(model: &Model, facts: &Facts, look: &Look, area: Rect, buffer: &mut Buffer) {
    let Some(spec) = &model.tool.spec else {
        let text = "Choose a tool in the servers pane; Enter opens it, c calls it.";
        put(buffer, area.x + 1, area.y, area.width.saturating_sub(1), text, DIM);
        return;
    };
    put_right(buffer, Rect::new(area.x, area.y, area.width, 1), &facts_line(model, spec), DIM);
    let body = model.tool.body(area);
    match model.tool.tab {
        Tab::Schema => page(buffer, body, &model.tool.schema),
        Tab::Wrapper if model.tool.source.is_written() => page(buffer, body, &model.tool.source),
        Tab::Wrapper => _ = put(buffer, body.x, area.y, body.width, "Making the wrapper …", DIM),
        Tab::Call => call(model, facts, look, area, buffer),
        Tab::Discovered => discovered(model, facts, spec, area, body, buffer),
        Tab::Traffic => traffic(model, body, buffer),
    }
}

/// What the tool is and costs, in the pane's first line.
fn facts_line(model: &Model, spec: &ToolSpec) -> String {
    let state = if model.world.offers.get(&spec.id.server).is_some_and(|offer| offer.stale) { " · stale" } else { "" };
    let tokens = count(spec.tokens());
    match model.tool.tab {
        Tab::Wrapper | Tab::Discovered | Tab::Traffic => String::new(),
        Tab::Schema | Tab::Call => format!("{} · {tokens} tokens{state} ", hints(spec.annotations)),
    }
}

fn call(model: &Model, facts: &Facts, look: &Look, area: Rect, buffer: &mut Buffer) {
    let (form, answer) = model.tool.split(area);
    let filling = model.tool.filling() && model.focus == Pane::Tool && model.overlay.is_none();
    if let Some(shown) = model.tool.form().filter(|_| !form.is_empty()) {
        shown.draw(form, buffer, look.palette(), filling);
    }
    let under_way = model.tool.spec.as_ref().and_then(|spec| model.calls.iter().rev().find(|call| call.tool == spec.id));
    if let Some(call) = under_way {
        let elapsed = duration(facts.now.saturating_duration_since(call.since));
        let text = format!("◌ calling {} for {elapsed}; {} gives it up", call.tool, model.keymap.mention(Action::Stop));
        put(buffer, answer.x, answer.y, answer.width, &text, WARN);
    } else if let Some(shown) = model.tool.shown_answer() {
        draw_answer(shown, look, answer, model.focus == Pane::Tool && !filling, buffer);
    }
}

fn draw_answer(answer: &Answer, look: &Look, area: Rect, focused: bool, buffer: &mut Buffer) {
    for (line, y) in answer.head.iter().zip(area.y..area.bottom()) {
        styled_line(buffer, Rect::new(area.x, y, area.width, 1), line, 0);
    }
    if let Some(form) = answer.form(area).filter(|_| area.height > 0) {
        put_right(buffer, Rect::new(area.x, area.y, area.width.saturating_sub(1), 1), &format!("{form}; v shows another"), DIM);
    }
    let area = answer.body_area(area);
    match &answer.body {
        Body::Value(view) if !area.is_empty() => view.draw(area, buffer, look.palette(), focused),
        Body::Value(_) => {}
        Body::Failure(text, _) => page(buffer, area, text),
    }
}

/// Models of replies; above them, while the server is asked, for how long.
fn discovered(model: &Model, facts: &Facts, spec: &ToolSpec, area: Rect, body: Rect, buffer: &mut Buffer) {
    if let Some((since, progress)) = model.tool.discovered.under_way(&spec.id.server) {
        let elapsed = duration(facts.now.saturating_duration_since(*since));
        let doing = progress.as_ref().map_or_else(|| format!("asking {}", spec.id.server), ToString::to_string);
        let text = neutralise_line(&format!("◌ {doing}, {elapsed}")).into_owned();
        put(buffer, area.x + 1, area.y, area.width.saturating_sub(1), &text, WARN);
    }
    page(buffer, body, &model.tool.discovered.page);
}

/// The list of messages, with its filter.
fn traffic(model: &Model, area: Rect, buffer: &mut Buffer) {
    let traffic = &model.tool.traffic;
    let hits = format!("{} of {}", traffic.rows.len(), traffic.total());
    let area = filter_line(&traffic.cursor.filter, &hits, area, buffer);
    if traffic.total() == 0 {
        put(buffer, area.x, area.y, area.width, "Nothing went over the wire yet.", DIM);
    }
    each_row(traffic.rows.len(), &traffic.cursor, area, |row, line, selected| {
        if let Some(text) = traffic.line(row) {
            styled_line(buffer, line, &text, 0);
        }
        if selected {
            highlight(buffer, line, selection(model, Pane::Tool));
        }
    });
    scroll_mark(buffer, area, traffic.cursor.offset, traffic.rows.len());
}
