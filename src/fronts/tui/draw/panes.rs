//! The panes: their boxes and titles, and what the right-hand ones show.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::{boxed, columns, page, pieces, put, put_right};
use super::lists::{scripts, servers};
use super::{Look, frame, output, steps};
use crate::fronts::tui::actions::Action;
use crate::fronts::tui::answer::{Answer, Body};
use crate::fronts::tui::facts::Facts;
use crate::fronts::tui::layout::inner;
use crate::fronts::tui::model::Model;
use crate::fronts::tui::overlay::Overlay;
use crate::fronts::tui::pane::Pane;
use crate::fronts::tui::sheets::hints;
use crate::fronts::tui::tabs;
use crate::fronts::tui::theme::{ACCENT, DIM, SELECTED, STRONG, TEXT, WARN};
use crate::fronts::tui::tool_pane::Tab;
use crate::fronts::tui::units::{count, counted, duration};
use crate::types::neutralise_line;

/// A pane.
pub(super) fn draw(model: &Model, facts: &Facts, look: &Look, pane: Pane, rect: Rect, buffer: &mut Buffer) {
    let focused = model.focus == pane && model.overlay.is_none();
    boxed(buffer, rect, if focused { ACCENT } else { DIM });
    title(model, facts, pane, rect, buffer);
    searched(model, pane, rect, buffer);
    let area = inner(rect);
    if area.is_empty() {
        return;
    }
    match pane {
        Pane::Servers => servers(model, facts, area, buffer),
        Pane::Scripts => scripts(model, facts, area, buffer),
        Pane::Tool => tool(model, facts, look, area, buffer),
        Pane::Editor => editor(model, look, area, buffer),
        Pane::Output => output::draw(model, facts, look, area, buffer),
        Pane::Steps => steps::draw(model, facts, area, buffer),
    }
}

/// The lower border: what is looked for in the pane.
fn searched(model: &Model, pane: Pane, rect: Rect, buffer: &mut Buffer) {
    let search = match pane {
        Pane::Output => &model.output.search,
        Pane::Tool => &model.tool.search,
        Pane::Servers | Pane::Scripts | Pane::Editor | Pane::Steps => return,
    };
    if !search.shown() || rect.height < 3 {
        return;
    }
    let room = rect.width.saturating_sub(6);
    let used = put(buffer, rect.x + 2, rect.bottom() - 1, room, &format!(" /{} ", search.text), ACCENT);
    if search.editing {
        put(buffer, rect.x + 1 + used, rect.bottom() - 1, 1, " ", SELECTED);
    }
}

/// The upper border: the jump label, the pane's own title, and the tabs of the tool.
fn title(model: &Model, facts: &Facts, pane: Pane, rect: Rect, buffer: &mut Buffer) {
    let focused = model.focus == pane && model.overlay.is_none();
    let jumping = matches!(model.overlay, Some(Overlay::Jump));
    let label = if jumping {
        SELECTED
    } else if focused {
        ACCENT
    } else {
        DIM
    };
    let mut line = Rect::new(rect.x + 1, rect.y, rect.width.saturating_sub(2), 1);
    let mut texts = [(format!(" {} ", pane.label()), label), (words(model, pane), if focused { STRONG } else { TEXT })];
    if pane == Pane::Tool && model.tool.spec.is_some() {
        let tabs: Vec<(Tab, Rect)> = tabs::tool_tabs(rect).collect();
        for (tab, place) in &tabs {
            let (text, style) = if *tab == model.tool.tab {
                (format!("[{}]", tab.title()), STRONG.patch(ACCENT))
            } else {
                (format!(" {} ", tab.title()), DIM)
            };
            put(buffer, place.x, place.y, place.width, &text, style);
        }
        line.width = tabs.first().map_or(line.width, |(_, place)| place.x.saturating_sub(line.x));
    }
    if pane == Pane::Tool && columns(&texts[1].0) + 3 > line.width {
        texts[1].0 = model.tool.spec.as_ref().map(|spec| format!("{} ", neutralise_line(&spec.id.tool))).unwrap_or_default();
    }
    let mut x = line.x;
    for (text, style) in texts {
        x += put(buffer, x, line.y, line.right().saturating_sub(x), &text, style);
    }
    let rest = Rect::new(x, line.y, line.right().saturating_sub(x), 1);
    if let (Pane::Editor, Some((line, column))) = (pane, model.editor.position()) {
        put_right(buffer, Rect { width: rest.width.saturating_sub(1), ..rest }, &format!(" {line}:{column} "), DIM);
    }
    if pane == Pane::Steps {
        pieces(buffer, rest.x, rest.y, rest.width, &steps::totals(model));
    }
    if pane == Pane::Output {
        output::title(model, facts, rest, buffer);
    }
}

fn words(model: &Model, pane: Pane) -> String {
    match pane {
        Pane::Tool => match &model.tool.spec {
            Some(spec) => format!("{} ", neutralise_line(&spec.id.to_string())),
            None => "Tool ".to_owned(),
        },
        Pane::Editor => {
            format!("{} {}", neutralise_line(model.editor.name()), model.editor.remarks()).trim_end().to_owned() + " "
        }
        Pane::Servers | Pane::Scripts | Pane::Output | Pane::Steps => format!("{} ", pane.title()),
    }
}

fn tool(model: &Model, facts: &Facts, look: &Look, area: Rect, buffer: &mut Buffer) {
    let Some(spec) = &model.tool.spec else {
        put(
            buffer,
            area.x + 1,
            area.y,
            area.width.saturating_sub(1),
            "Choose a tool in the servers pane; Enter opens it, c calls it.",
            DIM,
        );
        return;
    };
    let line = Rect::new(area.x, area.y, area.width, 1);
    let state = if model.world.offers.get(&spec.id.server).is_some_and(|offer| offer.stale) { " · stale" } else { "" };
    let facts_line = match model.tool.tab {
        Tab::Wrapper => format!("definition {} tokens{state} ", count(spec.tokens())),
        Tab::Schema | Tab::Call | Tab::Traffic => {
            format!("{} · {} tokens{state} ", hints(spec.annotations), count(spec.tokens()))
        }
    };
    put_right(buffer, line, &facts_line, DIM);
    let body = Rect::new(area.x + 1, area.y + 1, area.width.saturating_sub(1), area.height.saturating_sub(1));
    match model.tool.tab {
        Tab::Schema => page(buffer, body, &model.tool.schema),
        Tab::Wrapper => wrapper(model, area, body, buffer),
        Tab::Call => call(model, facts, look, area, buffer),
        Tab::Traffic => page(buffer, body, &model.tool.traffic),
    }
}

fn wrapper(model: &Model, area: Rect, body: Rect, buffer: &mut Buffer) {
    match &model.tool.wrapper {
        Some((id, wrapper)) if model.tool.spec.as_ref().is_some_and(|spec| spec.id == *id) => {
            let signature = wrapper.as_ref().map_or("", |wrapper| &wrapper.signature);
            put(buffer, area.x + 1, area.y, area.width.saturating_sub(32), signature, STRONG);
            page(buffer, body, &model.tool.source);
        }
        Some(_) | None => {
            put(buffer, body.x, body.y, body.width, "Making the wrapper …", DIM);
        }
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
        frame::styled_line(buffer, Rect::new(area.x, y, area.width, 1), line, 0);
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

fn editor(model: &Model, look: &Look, area: Rect, buffer: &mut Buffer) {
    match &model.editor.editor {
        Some(editor) => editor.draw(area, buffer, look.palette(), model.focus == Pane::Editor && model.overlay.is_none()),
        None => {
            put(
                buffer,
                area.x + 1,
                area.y,
                area.width.saturating_sub(1),
                "Choose a script in the scripts pane; Enter opens it.",
                DIM,
            );
        }
    }
}

/// A count of calls under way, for the status line.
pub(super) fn calls_words(model: &Model) -> Option<String> {
    (!model.calls.is_empty()).then(|| counted(model.calls.len() as u64, "call"))
}
