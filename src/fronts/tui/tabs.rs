//! Where the names of panes and tabs stand, for painting and for clicks alike.

use ratatui::layout::Rect;

use super::model::Model;
use super::pane::Pane;
use super::tool_pane::Tab;

/// Columns of each pane's name in the line of panes: `1 Servers`.
pub(super) fn pane_tabs(line: Rect) -> impl Iterator<Item = (Pane, Rect)> {
    let mut x = line.x + 1;
    Pane::ALL.into_iter().map_while(move |pane| {
        let width = u16::try_from(pane.title().len()).unwrap_or(0) + 2;
        let place = Rect::new(x, line.y, width, 1);
        x += width + 2;
        (place.right() < line.right()).then_some((pane, place))
    })
}

/// The pane whose name is at a place of the screen.
pub(super) fn pane_at(line: Rect, column: u16, row: u16) -> Option<Pane> {
    pane_tabs(line).find(|(_, place)| place.contains((column, row).into())).map(|(pane, _)| pane)
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
