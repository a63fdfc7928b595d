//! The styles of source text: Python is coloured by the parser's own tokens, and a theme of syntect gives the classes of
//! token their styles.
//!
//! Nothing is loaded before the first frame: a thread reads the theme, and until it is done the plain palette serves.

use std::sync::{Arc, OnceLock};

use ratatui::style::{Modifier, Style};
use syntect::highlighting::{FontStyle, Highlighter, Theme, ThemeSet};
use syntect::parsing::Scope;

use super::palette::{Depth, Palette, class_index, shown};
use crate::python::TokenClass;

/// The theme for terminals with a dark background.
pub(crate) const DARK_THEME: &str = "base16-eighties.dark";
/// The palette, a better one as soon as it is there.
#[derive(Debug, Clone)]
pub(crate) struct Highlighting {
    plain: Palette,
    loaded: Arc<OnceLock<Loaded>>,
}

#[derive(Debug)]
struct Loaded {
    palette: Palette,
}

impl Highlighting {
    /// The plain palette at once, and a thread that loads a theme of syntect. An unknown theme leaves the plain one.
    pub(crate) fn start(depth: Depth, theme: &'static str) -> Self {
        let highlighting = Self { plain: Palette::plain(depth), loaded: Arc::default() };
        let (plain, loaded) = (highlighting.plain.clone(), Arc::clone(&highlighting.loaded));
        let load = move || _ = loaded.set(load(depth, theme, plain));
        // Where no thread can be had the plain palette stays: colours are not worth a failure.
        let _ = std::thread::Builder::new().name("colours".to_owned()).spawn(load);
        highlighting
    }

    /// Whether the theme is there. When this turns true, everything coloured is due again.
    pub(crate) fn is_loaded(&self) -> bool {
        self.loaded.get().is_some()
    }

    /// The styles to use now.
    pub(crate) fn palette(&self) -> &Palette {
        self.loaded.get().map_or(&self.plain, |loaded| &loaded.palette)
    }
}

fn load(depth: Depth, theme: &str, plain: Palette) -> Loaded {
    let palette = match ThemeSet::load_defaults().themes.get(theme) {
        Some(theme) => themed(depth, theme, plain),
        None => plain,
    };
    Loaded { palette }
}

/// The palette of a theme. Where the terminal has its own sixteen colours, those serve better.
fn themed(depth: Depth, theme: &Theme, plain: Palette) -> Palette {
    let mut palette = plain;
    let highlighter = Highlighter::new(theme);
    for (class, scopes) in SCOPES {
        let stack: Vec<Scope> = scopes.split(' ').filter_map(|scope| Scope::new(scope).ok()).collect();
        let found = highlighter.style_for_stack(&stack);
        if let Some(colour) = shown(depth, found.foreground.r, found.foreground.g, found.foreground.b) {
            palette.classes[class_index(*class)] = Style::new().fg(colour).add_modifier(modifiers(found.font_style));
        }
    }
    if let Some(colour) = theme.settings.selection.and_then(|colour| shown(depth, colour.r, colour.g, colour.b)) {
        palette.selection = Style::new().bg(colour);
    }
    if let Some(colour) = theme.settings.line_highlight.filter(|colour| colour.a == u8::MAX) {
        palette.current_line =
            shown(depth, colour.r, colour.g, colour.b).map_or(palette.current_line, |colour| Style::new().bg(colour));
    }
    palette
}

/// Where a theme says how a class of token looks.
const SCOPES: &[(TokenClass, &str)] = &[
    (TokenClass::Keyword, "source.python keyword.control.flow.python"),
    (TokenClass::Constant, "source.python constant.language.python"),
    (TokenClass::String, "source.python string.quoted.double.python"),
    (TokenClass::Number, "source.python constant.numeric.integer.decimal.python"),
    (TokenClass::Comment, "source.python comment.line.number-sign.python"),
    (TokenClass::Operator, "source.python keyword.operator.arithmetic.python"),
    (TokenClass::Function, "source.python entity.name.function.python"),
    (TokenClass::Type, "source.python entity.name.class.python"),
    (TokenClass::Decorator, "source.python variable.annotation.function.python"),
    (TokenClass::Name, "source.python"),
];

fn modifiers(style: FontStyle) -> Modifier {
    let table =
        [(FontStyle::BOLD, Modifier::BOLD), (FontStyle::ITALIC, Modifier::ITALIC), (FontStyle::UNDERLINE, Modifier::UNDERLINED)];
    table.into_iter().filter(|(font, _)| style.contains(*font)).fold(Modifier::empty(), |all, (_, one)| all | one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Color;

    /// Loaded on this thread.
    fn loaded(depth: Depth, theme: &str) -> Highlighting {
        let highlighting = Highlighting { plain: Palette::plain(depth), loaded: Arc::default() };
        highlighting.loaded.set(load(depth, theme, highlighting.plain.clone())).unwrap();
        highlighting
    }

    #[test]
    fn a_theme_gives_colours_where_the_terminal_can_show_them() {
        let plain = Palette::plain(Depth::True);
        let themed = loaded(Depth::True, DARK_THEME);
        for class in [TokenClass::Keyword, TokenClass::String, TokenClass::Comment, TokenClass::Name] {
            assert!(matches!(themed.palette().class(class).fg, Some(Color::Rgb(..))), "{class:?}");
        }
        assert_ne!(themed.palette().class(TokenClass::Keyword), themed.palette().class(TokenClass::String));
        assert_eq!(loaded(Depth::Monochrome, DARK_THEME).palette(), &Palette::plain(Depth::Monochrome));
        assert_eq!(loaded(Depth::Sixteen, DARK_THEME).palette(), &Palette::plain(Depth::Sixteen));
        assert_eq!(loaded(Depth::True, "no such theme").palette(), &plain);
    }

    #[test]
    fn the_thread_brings_the_theme() {
        let highlighting = Highlighting::start(Depth::True, DARK_THEME);
        assert!(matches!(highlighting.loaded.wait().palette.class(TokenClass::String).fg, Some(Color::Rgb(..))));
        assert!(highlighting.is_loaded());
    }
}
