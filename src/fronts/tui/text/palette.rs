//! The styles of text: one for each class of token and each kind of emphasis, for what the terminal can show.

use ratatui::style::{Color, Modifier, Style};

use crate::python::TokenClass;

/// How many colours the terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// None (`NO_COLOR`): bold, underline, italic and reverse carry the meaning.
    Monochrome,
    /// The sixteen that the person has chosen in the terminal.
    Sixteen,
    /// The 256 of xterm.
    Indexed,
    /// Red, green and blue with 8 bits each.
    True,
}

/// The styles of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Palette {
    /// Plain text.
    pub(crate) text: Style,
    /// What stands back: line numbers, marks of cut lines, placeholders.
    pub(crate) dim: Style,
    /// Headings, table heads, labels.
    pub(crate) heading: Style,
    /// Laid over selected text.
    pub(crate) selection: Style,
    /// Laid over the cell of the cursor.
    pub(crate) cursor: Style,
    /// Laid over the line of the cursor.
    pub(crate) current_line: Style,
    /// Laid over what a search found.
    pub(crate) found: Style,
    /// Laid over the two brackets of a pair.
    pub(crate) bracket: Style,
    /// Laid over a syntax error.
    pub(crate) error: Style,
    /// A failure: its mark and its message.
    pub(crate) failure: Style,
    /// The line that runs.
    pub(crate) running: Style,
    /// One style for each class of token, in the order of [`class_index`].
    pub(crate) classes: [Style; 10],
}

impl Palette {
    /// The styles that need no theme: the terminal's own colours, or none.
    pub(crate) fn plain(depth: Depth) -> Self {
        match depth {
            Depth::Monochrome => Self::monochrome(),
            Depth::Sixteen | Depth::Indexed | Depth::True => Self::sixteen(),
        }
    }

    /// The style of a class of token.
    pub(crate) fn class(&self, class: TokenClass) -> Style {
        self.classes[class_index(class)]
    }

    fn monochrome() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        let italic = plain.add_modifier(Modifier::ITALIC);
        let underlined = plain.add_modifier(Modifier::UNDERLINED);
        let reversed = plain.add_modifier(Modifier::REVERSED);
        let dim = plain.add_modifier(Modifier::DIM);
        Self {
            text: plain,
            dim,
            heading: bold,
            selection: reversed,
            cursor: reversed,
            current_line: plain,
            found: reversed.add_modifier(Modifier::BOLD),
            bracket: bold.add_modifier(Modifier::UNDERLINED),
            error: underlined,
            failure: bold.add_modifier(Modifier::UNDERLINED),
            running: bold,
            classes: [bold, bold, italic, plain, dim, plain, plain, plain, bold, plain],
        }
    }

    fn sixteen() -> Self {
        let colour = |colour| Style::new().fg(colour);
        Self {
            dim: colour(Color::DarkGray),
            heading: colour(Color::Cyan).add_modifier(Modifier::BOLD),
            found: Style::new().fg(Color::Black).bg(Color::Yellow),
            error: colour(Color::Red).add_modifier(Modifier::UNDERLINED),
            failure: colour(Color::Red).add_modifier(Modifier::BOLD),
            running: colour(Color::Green).add_modifier(Modifier::BOLD),
            classes: [
                colour(Color::Magenta),
                colour(Color::Magenta),
                colour(Color::Green),
                colour(Color::Yellow),
                colour(Color::DarkGray).add_modifier(Modifier::ITALIC),
                Style::new(),
                colour(Color::Blue),
                colour(Color::Cyan),
                colour(Color::Yellow),
                Style::new(),
            ],
            ..Self::monochrome()
        }
    }
}

/// Where a class stands in [`Palette::classes`].
pub(crate) fn class_index(class: TokenClass) -> usize {
    match class {
        TokenClass::Keyword => 0,
        TokenClass::Constant => 1,
        TokenClass::String => 2,
        TokenClass::Number => 3,
        TokenClass::Comment => 4,
        TokenClass::Operator => 5,
        TokenClass::Function => 6,
        TokenClass::Type => 7,
        TokenClass::Decorator => 8,
        TokenClass::Name => 9,
    }
}

/// A colour of a theme as the terminal can show it; `None` where the terminal's own colours serve better.
pub(crate) fn shown(depth: Depth, red: u8, green: u8, blue: u8) -> Option<Color> {
    match depth {
        Depth::Monochrome | Depth::Sixteen => None,
        Depth::Indexed => Some(Color::Indexed(16 + 36 * level(red) + 6 * level(green) + level(blue))),
        Depth::True => Some(Color::Rgb(red, green, blue)),
    }
}

/// The nearest of the six levels (0, 95, 135, 175, 215, 255) of xterm's colour cube.
fn level(value: u8) -> u8 {
    match value {
        0..=47 => 0,
        48..=114 => 1,
        _ => (value - 35) / 40,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_fitted_to_the_terminal() {
        assert_eq!(shown(Depth::True, 1, 2, 3), Some(Color::Rgb(1, 2, 3)));
        assert_eq!(shown(Depth::Indexed, 255, 0, 135), Some(Color::Indexed(16 + 180 + 2)));
        assert_eq!(shown(Depth::Sixteen, 1, 2, 3), None);
    }

    #[test]
    fn without_colours_nothing_has_a_colour() {
        let palette = Palette::plain(Depth::Monochrome);
        let styles = [palette.dim, palette.found, palette.error, palette.failure, palette.running, palette.selection];
        for style in styles.into_iter().chain(palette.classes) {
            assert_eq!((style.fg, style.bg), (None, None));
        }
        assert_ne!(palette.class(TokenClass::Keyword), palette.class(TokenClass::Name));
    }
}
