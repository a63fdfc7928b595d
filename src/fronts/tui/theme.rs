//! The styles of the workbench's own words: the terminal's sixteen colours and emphasis, so that any colour scheme
//! of the terminal stays readable. Meaning is never in a colour alone.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

use super::text::palette::Depth;

/// What stands back.
pub(super) const DIM: Style = Style::new().fg(Color::DarkGray);
/// Plain text.
pub(super) const TEXT: Style = Style::new();
/// Names, headings.
pub(super) const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
/// Keys, tabs, labels.
pub(super) const ACCENT: Style = Style::new().fg(Color::Cyan);
/// Going well.
pub(super) const GOOD: Style = Style::new().fg(Color::Green);
/// Odd.
pub(super) const WARN: Style = Style::new().fg(Color::Yellow);
/// Wrong.
pub(super) const BAD: Style = Style::new().fg(Color::Red);
/// The selected row of the pane that has the keys.
pub(super) const SELECTED: Style = Style::new().add_modifier(Modifier::REVERSED);
/// The selected row of another pane.
pub(super) const MARKED: Style = Style::new().add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED));

/// How many colours this terminal shows, from its environment.
pub(super) fn depth(lookup: impl Fn(&str) -> Option<String>) -> Depth {
    if lookup("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return Depth::Monochrome;
    }
    let term = lookup("TERM").unwrap_or_default();
    match lookup("COLORTERM").as_deref() {
        Some("truecolor" | "24bit") => Depth::True,
        _ if term == "dumb" || term.starts_with("vt") => Depth::Monochrome,
        _ if term.contains("256color") => Depth::Indexed,
        _ => Depth::Sixteen,
    }
}

/// Takes every colour out of a frame for a terminal that shall show none.
pub(super) fn fit(buffer: &mut Buffer, depth: Depth) {
    if depth != Depth::Monochrome {
        return;
    }
    for cell in &mut buffer.content {
        (cell.fg, cell.bg, cell.underline_color) = (Color::Reset, Color::Reset, Color::Reset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_says_how_many_colours_there_are() {
        let depth_of = |pairs: &[(&str, &str)]| {
            depth(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(depth_of(&[("NO_COLOR", "1"), ("COLORTERM", "truecolor")]), Depth::Monochrome);
        assert_eq!(depth_of(&[("NO_COLOR", ""), ("COLORTERM", "truecolor")]), Depth::True);
        assert_eq!(depth_of(&[("TERM", "xterm-256color")]), Depth::Indexed);
        assert_eq!(depth_of(&[("TERM", "linux")]), Depth::Sixteen);
        assert_eq!(depth_of(&[("TERM", "vt100")]), Depth::Monochrome);
    }
}
