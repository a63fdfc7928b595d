//! Markdown rendered simply: headings, emphasis, lists, quotes, code and links, line by line. What is not understood is
//! shown as it stands, so that nothing is lost.

use ratatui::style::{Modifier, Style};

use super::palette::Palette;
use super::source::StyledLine;
use crate::python::TokenClass;

/// Signs that are markup only around words: the sign, and what it adds to the style.
const EMPHASIS: &[(&str, Modifier)] = &[
    ("**", Modifier::BOLD),
    ("__", Modifier::BOLD),
    ("~~", Modifier::CROSSED_OUT),
    ("*", Modifier::ITALIC),
    ("_", Modifier::ITALIC),
];

/// Whether a text looks as if it were Markdown: it has a heading, a list, a fence or a link at the start of a line.
pub(crate) fn looks_like_markdown(text: &str) -> bool {
    let lines: Vec<&str> = text.lines().take(200).collect();
    let marked = lines.iter().filter(|line| heading(line).is_some() || line.starts_with("```") || bullet(line).is_some()).count();
    let linked = lines.iter().any(|line| line.contains("](") || line.contains("**"));
    lines.iter().any(|line| heading(line).is_some()) || marked > 1 || (linked && lines.len() > 1)
}

/// The lines of a Markdown text as they are shown.
pub(crate) fn render(text: &str, palette: &Palette) -> Vec<StyledLine<'static>> {
    let mut lines = Vec::new();
    let mut fence: Option<&str> = None;
    for line in text.lines() {
        let trimmed = line.trim_start();
        let sign = ["```", "~~~"].into_iter().find(|sign| trimmed.starts_with(sign));
        match (fence, sign) {
            (None, Some(sign)) => {
                fence = Some(sign);
                lines.push(StyledLine::new(line.to_owned(), palette.dim));
            }
            (Some(open), Some(sign)) if open == sign => {
                fence = None;
                lines.push(StyledLine::new(line.to_owned(), palette.dim));
            }
            (Some(_), _) => lines.push(StyledLine::new(line.to_owned(), palette.class(TokenClass::String))),
            (None, None) => lines.push(render_line(line, palette)),
        }
    }
    lines
}

fn render_line(line: &str, palette: &Palette) -> StyledLine<'static> {
    if let Some(title) = heading(line) {
        return spans(StyledLine::default(), title, palette.heading, palette);
    }
    let blanks = &line[..line.len() - line.trim_start().len()];
    if let Some(rest) = line.trim_start().strip_prefix("> ") {
        let start = StyledLine::default().with(blanks, palette.text).with("│ ", palette.dim);
        return spans(start, rest, palette.text.add_modifier(Modifier::ITALIC), palette);
    }
    if let Some(rest) = bullet(line) {
        let start = StyledLine::default().with(blanks, palette.text).with("• ", palette.dim);
        return spans(start, rest, palette.text, palette);
    }
    if line.len() > 2 && ["-", "*", "_"].iter().any(|sign| line.replace(' ', "").trim_matches(|c| sign.contains(c)).is_empty()) {
        return StyledLine::new("────────", palette.dim);
    }
    spans(StyledLine::default(), line, palette.text, palette)
}

/// The title of a heading.
fn heading(line: &str) -> Option<&str> {
    let depth = line.bytes().take_while(|byte| *byte == b'#').count();
    let rest = line[depth..].strip_prefix(' ')?;
    (1..=6).contains(&depth).then(|| rest.trim_end_matches('#').trim())
}

/// The text of an item of an unordered list.
fn bullet(line: &str) -> Option<&str> {
    let trimmed = line.trim_start();
    ["- ", "* ", "+ "].iter().find_map(|sign| trimmed.strip_prefix(sign))
}

/// Adds the text of a line with code, links and emphasis in it.
fn spans(mut line: StyledLine<'static>, text: &str, base: Style, palette: &Palette) -> StyledLine<'static> {
    let mut rest = text;
    while !rest.is_empty() {
        if let Some((code, behind)) = enclosed(rest, "`") {
            line = line.with(code, base.patch(palette.class(TokenClass::String)));
            rest = behind;
        } else if let Some((name, address, behind)) = link(rest) {
            line = line.with(name, base.add_modifier(Modifier::UNDERLINED));
            if name != address {
                line = line.with(&format!(" ({address})"), palette.dim);
            }
            rest = behind;
        } else if let Some((inner, modifier, behind)) = emphasis(line.text.as_ref(), rest) {
            line = spans(line, inner, base.add_modifier(modifier), palette);
            rest = behind;
        } else {
            let end =
                rest.char_indices().skip(1).find(|(_, character)| "`[*_~".contains(*character)).map_or(rest.len(), |(at, _)| at);
            line = line.with(&rest[..end], base);
            rest = &rest[end..];
        }
    }
    line
}

/// The text between two signs at the start of a text, and what is behind.
fn enclosed<'a>(text: &'a str, sign: &str) -> Option<(&'a str, &'a str)> {
    let (inner, behind) = text.strip_prefix(sign)?.split_once(sign)?;
    (!inner.is_empty()).then_some((inner, behind))
}

/// Emphasis at the start of `text`, where it may begin: not within a word, and around words.
fn emphasis<'a>(before: &str, text: &'a str) -> Option<(&'a str, Modifier, &'a str)> {
    if before.ends_with(|character: char| character.is_alphanumeric() || character == '_') {
        return None;
    }
    EMPHASIS.iter().find_map(|(sign, modifier)| {
        let (inner, behind) = enclosed(text, sign)?;
        let around_words =
            !inner.starts_with([' ', '*', '_']) && !inner.ends_with(' ') && !behind.starts_with(char::is_alphanumeric);
        around_words.then_some((inner, *modifier, behind))
    })
}

/// `[name](address)` at the start of a text.
fn link(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (address, behind) = rest.split_once(')')?;
    (!name.contains(['[', ']']) && !address.contains(' ')).then_some((name, address, behind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fronts::tui::text::palette::Depth;

    fn texts(markdown: &str) -> Vec<String> {
        render(markdown, &Palette::plain(Depth::Monochrome)).into_iter().map(|line| line.text.into_owned()).collect()
    }

    #[test]
    fn marks_become_styles_and_the_rest_stays() {
        let table = [
            ("## A `b` c ##", "A b c"),
            ("#no heading", "#no heading"),
            ("- **bold** and *it*", "• bold and it"),
            ("  * x", "  • x"),
            ("> said", "│ said"),
            ("---", "────────"),
            ("a_b_c 2 * 3 * 4 **open", "a_b_c 2 * 3 * 4 **open"),
            ("see [docs](https://x.y/z) now", "see docs (https://x.y/z) now"),
            ("[x] (y)", "[x] (y)"),
            ("__all__ **a *b* c**", "all a b c"),
            ("", ""),
        ];
        for (markdown, text) in table {
            assert_eq!(texts(markdown).concat(), text, "{markdown}");
        }
        assert_eq!(texts("```py\n# x **y**\n```\n# z"), ["```py", "# x **y**", "```", "z"]);
    }

    #[test]
    fn emphasis_is_in_the_style() {
        let palette = Palette::plain(Depth::Monochrome);
        let line = render("a **b** `c`", &palette).remove(0);
        let bold = palette.text.add_modifier(Modifier::BOLD);
        let code = palette.class(TokenClass::String);
        assert_eq!(line.layers, [(0..2, palette.text), (2..3, bold), (3..4, palette.text), (4..5, code)]);
    }

    #[test]
    fn markdown_is_recognised() {
        for text in ["# Title\ntext", "- a\n- b", "text\n[a](b)", "```\nx\n```"] {
            assert!(looks_like_markdown(text), "{text}");
        }
        for text in ["plain text", "a - b", "#tag", "- one item"] {
            assert!(!looks_like_markdown(text), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_rendered(text in "[a *_`\\[\\]()#>~é\\n-]{0,40}") {
            assert_eq!(texts(&text).len(), text.lines().count());
        }
    }
}
