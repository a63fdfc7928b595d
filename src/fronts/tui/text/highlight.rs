//! Colours of source text. Python is coloured by the parser's own tokens, everything else by syntect's grammars; both
//! end in the same classes of token, and one theme gives the classes their styles.
//!
//! Nothing is loaded before the first frame: a thread reads grammars and theme, and until it is done the plain palette
//! serves and only Python has colours.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use syntect::highlighting::{FontStyle, Highlighter, Theme, ThemeSet};
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use super::cells::clusters;
use super::palette::{Depth, Palette, class_index, shown};
use crate::python::{TokenClass, analyse};
use crate::types::limits::{HIGHLIGHTED_LINE_BYTES, HIGHLIGHTED_LINES};

/// The theme for terminals with a dark background.
pub(crate) const DARK_THEME: &str = "base16-eighties.dark";
/// The theme for terminals with a light background.
pub(crate) const LIGHT_THEME: &str = "InspiredGitHub";

/// For each line, counted from 0: byte ranges within the line and what they are, in order, without overlap.
pub(crate) type ColouredLines = Vec<Vec<(Range<usize>, TokenClass)>>;

/// What a text is written in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Language {
    /// Python.
    Python,
    /// One of syntect's, by file extension or name, such as `json`, `md`, `sh`.
    Named(String),
    /// Nothing in particular.
    Plain,
}

impl Language {
    /// The language of a file, by its name.
    pub(crate) fn of_file(name: &str) -> Self {
        match name.rsplit_once('.') {
            Some((_, "py" | "pyi")) => Self::Python,
            Some((_, extension)) => Self::Named(extension.to_owned()),
            None => Self::Plain,
        }
    }
}

/// Palette and grammars, the better ones as soon as they are there.
#[derive(Debug, Clone)]
pub(crate) struct Highlighting {
    plain: Palette,
    loaded: Arc<OnceLock<Loaded>>,
}

#[derive(Debug)]
struct Loaded {
    palette: Palette,
    grammars: SyntaxSet,
    classes: Classes,
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

    /// Whether theme and grammars are there. When this turns true, everything coloured is due again.
    pub(crate) fn is_loaded(&self) -> bool {
        self.loaded.get().is_some()
    }

    /// The styles to use now.
    pub(crate) fn palette(&self) -> &Palette {
        self.loaded.get().map_or(&self.plain, |loaded| &loaded.palette)
    }

    /// A text as coloured lines, made harmless: what a page shows of code and data.
    pub(crate) fn lines(&self, language: &Language, text: &str) -> Vec<Line<'static>> {
        let colours = self.colours(language, text);
        let none = Vec::new();
        text.lines().enumerate().map(|(index, line)| painted(line, colours.get(index).unwrap_or(&none), self.palette())).collect()
    }

    /// The colours of a text. Lines without any are left empty.
    pub(crate) fn colours(&self, language: &Language, text: &str) -> ColouredLines {
        match (language, self.loaded.get()) {
            (Language::Python, _) => analyse(text).lines,
            (Language::Named(name), Some(loaded)) => match loaded.grammars.find_syntax_by_token(name) {
                Some(grammar) => by_grammar(loaded, grammar, text),
                None => ColouredLines::new(),
            },
            (Language::Named(_), None) | (Language::Plain, _) => ColouredLines::new(),
        }
    }
}

/// A line as the screen shows it: made harmless, each class of token in its style.
fn painted(line: &str, parts: &[(Range<usize>, TokenClass)], palette: &Palette) -> Line<'static> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut next = 0;
    for cluster in clusters(line) {
        while parts.get(next).is_some_and(|(range, _)| range.end <= cluster.bytes.start) {
            next += 1;
        }
        let class = parts.get(next).filter(|(range, _)| range.contains(&cluster.bytes.start)).map(|(_, class)| *class);
        let style = palette.text.patch(class.map(|class| palette.class(class)).unwrap_or_default());
        match spans.last_mut().filter(|span| span.style == style) {
            Some(span) => span.content.to_mut().push_str(&cluster.symbol),
            None => spans.push(Span::styled(cluster.symbol.into_owned(), style)),
        }
    }
    Line::from(spans)
}

fn load(depth: Depth, theme: &str, plain: Palette) -> Loaded {
    let palette = match ThemeSet::load_defaults().themes.get(theme) {
        Some(theme) => themed(depth, theme, plain),
        None => plain,
    };
    Loaded { palette, grammars: SyntaxSet::load_defaults_newlines(), classes: Classes::new() }
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

/// Reads a text with a grammar, as far as the limits allow.
fn by_grammar(loaded: &Loaded, grammar: &SyntaxReference, text: &str) -> ColouredLines {
    let mut state = ParseState::new(grammar);
    let mut stack = ScopeStack::new();
    let mut lines = ColouredLines::new();
    for line in text.split_inclusive('\n').take(HIGHLIGHTED_LINES) {
        if line.len() > HIGHLIGHTED_LINE_BYTES {
            break;
        }
        let Ok(changes) = state.parse_line(line, &loaded.grammars) else { break };
        let end = line.trim_end_matches(['\n', '\r']).len();
        let mut parts = Vec::new();
        let mut from = 0;
        for (at, change) in changes {
            push_part(&mut parts, from..at.min(end), stack.as_slice(), &loaded.classes);
            from = at.min(end);
            if stack.apply(&change).is_err() {
                return lines;
            }
        }
        push_part(&mut parts, from..end, stack.as_slice(), &loaded.classes);
        lines.push(parts);
    }
    lines
}

/// Adds the part that stands under these scopes. A key of JSON is the name of a thing, whatever else it is.
fn push_part(parts: &mut Vec<(Range<usize>, TokenClass)>, range: Range<usize>, scopes: &[Scope], classes: &Classes) {
    if range.is_empty() {
        return;
    }
    let key = scopes.iter().find(|scope| classes.key.is_some_and(|key| key.is_prefix_of(**scope)));
    let class_of =
        |scope: &Scope| classes.prefixes.iter().find(|(prefix, _)| prefix.is_prefix_of(*scope)).map(|(_, class)| *class);
    if let Some(class) = key.map(|_| TokenClass::Type).or_else(|| scopes.iter().rev().find_map(class_of)) {
        parts.push((range, class));
    }
}

/// The classes of token that scopes stand for, as syntect compares them.
#[derive(Debug)]
struct Classes {
    key: Option<Scope>,
    prefixes: Vec<(Scope, TokenClass)>,
}

impl Classes {
    fn new() -> Self {
        let table = [
            ("comment", TokenClass::Comment),
            ("constant.numeric", TokenClass::Number),
            ("constant.language", TokenClass::Constant),
            ("constant.character", TokenClass::Constant),
            ("string", TokenClass::String),
            ("keyword.operator", TokenClass::Operator),
            ("keyword", TokenClass::Keyword),
            ("storage", TokenClass::Keyword),
            ("entity.name.function", TokenClass::Function),
            ("support.function", TokenClass::Function),
            ("variable.function", TokenClass::Function),
            ("entity.name.tag", TokenClass::Keyword),
            ("entity.name", TokenClass::Type),
            ("support.type", TokenClass::Type),
            ("markup.heading", TokenClass::Keyword),
            ("markup.raw", TokenClass::String),
            ("markup.bold", TokenClass::Constant),
            ("markup.underline.link", TokenClass::Function),
            ("punctuation.definition.list_item", TokenClass::Operator),
        ];
        let prefixes = table.into_iter().filter_map(|(name, class)| Some((Scope::new(name).ok()?, class))).collect();
        Self { key: Scope::new("meta.structure.dictionary.key").ok(), prefixes }
    }
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

    fn words(highlighting: &Highlighting, language: &str, text: &str) -> Vec<String> {
        let lines = highlighting.colours(&Language::of_file(&format!("x.{language}")), text);
        let line = |(text, parts): (&str, Vec<(Range<usize>, TokenClass)>)| {
            let words: Vec<String> = parts.into_iter().map(|(range, class)| format!("{}/{class:?}", &text[range])).collect();
            words.join(" ")
        };
        text.lines().zip(lines).map(line).collect()
    }

    #[test]
    fn json_and_markdown_have_the_classes_of_python() {
        let highlighting = loaded(Depth::Sixteen, DARK_THEME);
        let json = words(&highlighting, "json", "{\"a\": [1, true, \"é\"]}\n");
        assert_eq!(json, ["\"/Type a/Type \"/Type 1/Number true/Constant \"/String é/String \"/String"]);
        assert_eq!(words(&highlighting, "md", "# Title\n")[0], "#/Keyword  /Keyword Title/Type");
        assert_eq!(words(&highlighting, "py", "x = 1"), ["x/Name =/Operator 1/Number"]);
        assert_eq!(words(&highlighting, "nonsense", "x"), [""; 0]);
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
        assert_eq!(loaded(Depth::Sixteen, LIGHT_THEME).palette(), &Palette::plain(Depth::Sixteen));
        assert_eq!(loaded(Depth::True, "no such theme").palette(), &plain);
    }

    #[test]
    fn lines_are_painted_and_harmless() {
        let highlighting = loaded(Depth::Sixteen, DARK_THEME);
        let palette = highlighting.palette();
        let lines = highlighting.lines(&Language::Python, "x = 'a\u{1b}'\n\n\ty\n");
        let string = Span::styled("'a␛'", palette.class(TokenClass::String));
        let expected = [Line::from(vec![Span::raw("x = "), string]), Line::default(), Line::from("    y")];
        assert_eq!(lines, expected);
    }

    #[test]
    fn long_lines_end_the_colouring() {
        let text = format!("[1,\n{}\n2]", "1".repeat(HIGHLIGHTED_LINE_BYTES));
        assert_eq!(words(&loaded(Depth::Sixteen, DARK_THEME), "json", &text), ["1/Number"]);
    }

    #[test]
    fn the_thread_brings_the_theme() {
        let highlighting = Highlighting::start(Depth::True, DARK_THEME);
        assert_eq!(highlighting.colours(&Language::Plain, "x"), ColouredLines::new());
        assert!(matches!(highlighting.loaded.wait().palette.class(TokenClass::String).fg, Some(Color::Rgb(..))));
        assert!(highlighting.is_loaded());
    }
}
