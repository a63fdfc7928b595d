//! Where the names of panes and tabs stand, for painting and for clicks alike.

use ratatui::layout::Rect;

use super::model::Model;
use super::pane::Pane;
use super::tool_pane::Tab;

/// The name of a pane in the line of panes: `1 Servers`, or `1` where there is no room for more.
#[derive(Debug)]
pub(super) struct PaneTab {
    pub(super) pane: Pane,
    pub(super) place: Rect,
    pub(super) text: String,
}

/// The names of all panes. Where they have no room, the focused pane keeps its title and others as far as they fit.
pub(super) fn pane_tabs(line: Rect, focus: Pane) -> Vec<PaneTab> {
    let titled = |pane: Pane| u16::try_from(pane.title().len()).unwrap_or(0) + 1;
    let digits = 2 + 2 * u16::try_from(Pane::ALL.len()).unwrap_or(0);
    let all: u16 = Pane::ALL.into_iter().map(|pane| titled(pane) + 1).sum();
    let gap = if all + digits <= line.width { 2 } else { 1 };
    let mut left = line.width.saturating_sub(digits).saturating_sub(titled(focus));
    let mut x = line.x + 1;
    let tabs = Pane::ALL.map(|pane| {
        let fits = pane == focus || titled(pane) <= left;
        if fits && pane != focus {
            left -= titled(pane);
        }
        let text = if fits { format!("{} {}", pane.label(), pane.title()) } else { pane.label().to_string() };
        let place = Rect::new(x, line.y, u16::try_from(text.len()).unwrap_or(0), 1);
        x = place.right() + gap;
        PaneTab { pane, place, text }
    });
    tabs.into()
}

/// The pane whose name is at a place of the screen.
pub(super) fn pane_at(line: Rect, focus: Pane, column: u16, row: u16) -> Option<Pane> {
    pane_tabs(line, focus).into_iter().find(|tab| tab.place.contains((column, row).into())).map(|tab| tab.pane)
}

/// Columns of each tab's name in the upper border of the tool pane: ` Schema `, right-aligned, beside the title.
pub(super) fn tool_tabs(rect: Rect) -> impl Iterator<Item = (Tab, Rect)> {
    let width = |tab: Tab| u16::try_from(tab.title().len()).unwrap_or(0) + 2;
    let total: u16 = Tab::ALL.into_iter().map(width).sum();
    let mut x = rect.right().saturating_sub(total + 2).max(rect.x + 1);
    Tab::ALL.into_iter().map_while(move |tab| {
        let place = Rect::new(x, rect.y, width(tab), 1);
        x += place.width;
        (place.right() < rect.right()).then_some((tab, place))
    })
}

/// The tab whose name is in a column of the upper border.
pub(super) fn tab_at(model: &Model, rect: Rect, column: u16) -> Option<Tab> {
    model.tool.spec.as_ref()?;
    tool_tabs(rect).find(|(_, place)| (place.x..place.right()).contains(&column)).map(|(tab, _)| tab)
}
