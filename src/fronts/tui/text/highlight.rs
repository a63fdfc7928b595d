//! Temporary: replaced by the text widgets.

use ratatui::text::Line;

pub(crate) fn python(text: &str) -> Vec<Line<'static>> {
    text.lines().map(|line| Line::raw(line.to_owned())).collect()
}

pub(crate) fn json(text: &str) -> Vec<Line<'static>> {
    text.lines().map(|line| Line::raw(line.to_owned())).collect()
}
