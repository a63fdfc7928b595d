//! The panes: their boxes and titles, and what the right-hand ones show.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::{boxed, columns, pieces, put, put_right};
use super::lists::{scripts, servers};
use super::{Look, guards, output, steps, tool};
use crate::fronts::tui::facts::Facts;
use crate::fronts::tui::layout::inner;
use crate::fronts::tui::model::Model;
use crate::fronts::tui::overlay::Overlay;
use crate::fronts::tui::pane::Pane;
use crate::fronts::tui::tabs;
use crate::fronts::tui::theme::{ACCENT, DIM, SELECTED, STRONG, TEXT, WARN};
use crate::fronts::tui::tool_pane::Tab;
use crate::fronts::tui::units::counted;
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
        Pane::Tool => tool::draw(model, facts, look, area, buffer),
        Pane::Policy => guards::policy(model, area, buffer),
        Pane::Pins => guards::pins(model, area, buffer),
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
        Pane::Servers | Pane::Scripts | Pane::Editor | Pane::Steps | Pane::Policy | Pane::Pins => return,
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
            } else if *tab == Tab::Wrapper && model.tool.is_outdated() {
                (format!("!{} ", tab.title()), WARN)
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
    let further = match pane {
        Pane::Policy => model.rules.words(),
        Pane::Pins => model.pins.words(),
        Pane::Servers | Pane::Scripts | Pane::Tool | Pane::Editor | Pane::Output | Pane::Steps => String::new(),
    };
    if !further.is_empty() {
        put(buffer, rest.x, rest.y, rest.width, &format!(" {further}"), DIM);
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
        Pane::Servers | Pane::Scripts | Pane::Output | Pane::Steps | Pane::Policy | Pane::Pins => format!("{} ", pane.title()),
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
