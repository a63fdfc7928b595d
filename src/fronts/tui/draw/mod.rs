//! Painting. It decides nothing: where things are comes from the layout, what they are from model and facts.

mod frame;
mod guards;
mod history;
mod lists;
mod output;
mod overlays;
mod panes;
mod status;
mod steps;
mod tool;
mod top;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::facts::Facts;
use super::layout::{LEAST_COLUMNS, LEAST_ROWS, Regions, regions, roomy};
use super::model::Model;
use super::pane::Pane;
use super::text::highlight::{DARK_THEME, Highlighting};
use super::text::palette::{Depth, Palette};
use super::theme;

/// How things look on this terminal.
#[derive(Debug, Clone)]
pub struct Look {
    depth: Depth,
    plain: Palette,
    themed: Option<Highlighting>,
}

impl Look {
    /// The look for what the environment says of the terminal.
    pub fn of(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let depth = theme::depth(lookup);
        Self { depth, plain: Palette::plain(depth), themed: None }
    }

    /// Begins to load the theme, where the terminal shows more than its own sixteen colours. Not before the first frame.
    pub(super) fn load_theme(&mut self) {
        self.themed = match self.depth {
            Depth::Indexed | Depth::True => Some(Highlighting::start(self.depth, DARK_THEME)),
            Depth::Monochrome | Depth::Sixteen => None,
        };
    }

    /// Whether the theme is still on its way.
    pub(super) fn loading(&self) -> bool {
        self.themed.as_ref().is_some_and(|themed| !themed.is_loaded())
    }

    /// The styles of text.
    fn palette(&self) -> &Palette {
        self.themed.as_ref().map_or(&self.plain, Highlighting::palette)
    }
}

/// Paints a frame.
pub fn draw(model: &Model, facts: &Facts, look: &Look, buffer: &mut Buffer) {
    let area = buffer.area;
    if roomy(area) {
        let regions = regions(model, area);
        everything(model, facts, look, &regions, buffer);
    } else {
        too_small(area, buffer);
    }
    theme::fit(buffer, look.depth);
}

fn everything(model: &Model, facts: &Facts, look: &Look, regions: &Regions, buffer: &mut Buffer) {
    top::draw(model, regions.top, buffer);
    if let Some(line) = regions.tabs {
        top::pane_tabs(model, line, buffer);
    }
    let focused_last = |(pane, _): &(Pane, Rect)| *pane == model.focus;
    let mut panes = regions.panes.clone();
    panes.sort_by_key(focused_last);
    for (pane, rect) in panes {
        panes::draw(model, facts, look, pane, rect, buffer);
    }
    status::draw(model, facts, regions.status, buffer);
    overlays::draw(model, look, regions, buffer);
}

fn too_small(area: Rect, buffer: &mut Buffer) {
    let size = format!("too small: {}x{}", area.width, area.height);
    let texts = [format!("terminal {size}"), size, "too small".to_owned()];
    let needs = format!("needs {LEAST_COLUMNS}x{LEAST_ROWS}");
    let fits = |text: &&String| text.len() <= usize::from(area.width);
    for (text, y) in texts.iter().find(fits).into_iter().chain(Some(&needs).filter(fits)).zip(area.y..area.bottom()) {
        buffer.set_stringn(area.x, y, text, usize::from(area.width), theme::TEXT);
    }
}
