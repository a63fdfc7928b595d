//! Python and JSON as styled lines, in the terminal's own colours.

use std::ops::Range;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::text::palette::{Depth, Palette};
use super::theme::{ACCENT, DIM, GOOD, TEXT, WARN};
use crate::python::analyse;
use crate::types::neutralise_line;

/// Lines of Python in the colours of the parser's tokens.
pub(super) fn python(source: &str) -> Vec<Line<'static>> {
    let palette = Palette::plain(Depth::Sixteen);
    let mut classes = analyse(source).lines.into_iter();
    let line = |text: &str| {
        let tokens = classes.next().unwrap_or_default();
        let pieces: Vec<(Range<usize>, Style)> = tokens.into_iter().map(|(range, class)| (range, palette.class(class))).collect();
        spans(text, &pieces)
    };
    source.lines().map(line).collect()
}

/// Lines of JSON that was written over several lines, one member each.
pub(super) fn json(text: &str) -> Vec<Line<'static>> {
    text.lines().map(json_line).collect()
}

/// A line of pretty JSON: indentation, perhaps a key, a value, perhaps a comma.
fn json_line(line: &str) -> Line<'static> {
    let start = line.len() - line.trim_start().len();
    let mut pieces = Vec::new();
    let mut value = start;
    if line[start..].starts_with('"')
        && let Some(end) = string_end(line, start).filter(|end| line[*end..].starts_with(": "))
    {
        pieces.push((start..end, ACCENT));
        value = end + 2;
    }
    let end = line.trim_end_matches(',').len();
    if value < end {
        pieces.push((value..end, value_style(&line[value..])));
    }
    spans(line, &pieces)
}

/// Where the string that starts at `start` ends, behind its closing quote.
fn string_end(line: &str, start: usize) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in line.bytes().enumerate().skip(start + 1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn value_style(value: &str) -> Style {
    match value.as_bytes().first() {
        Some(b'"') => GOOD,
        Some(b'0'..=b'9' | b'-' | b't' | b'f' | b'n') => WARN,
        Some(_) => DIM,
        None => TEXT,
    }
}

/// A line with styled pieces; what lies between them is plain. Everything is neutralised.
fn spans(line: &str, pieces: &[(Range<usize>, Style)]) -> Line<'static> {
    let clean = |text: &str| neutralise_line(&text.replace('\t', "    ")).into_owned();
    let mut spans = Vec::new();
    let mut at = 0;
    for (range, style) in pieces {
        let (Some(before), Some(text)) = (line.get(at..range.start), line.get(range.clone())) else { continue };
        if !before.is_empty() {
            spans.push(Span::raw(clean(before)));
        }
        spans.push(Span::styled(clean(text), *style));
        at = range.end;
    }
    if let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        spans.push(Span::raw(clean(rest)));
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(line: &Line<'_>) -> Vec<(String, Style)> {
        line.spans.iter().map(|span| (span.content.to_string(), span.style)).collect()
    }

    #[test]
    fn keys_and_values_of_json_are_told_apart() {
        let lines = json("{\n  \"a\\\"b\": \"x: y\",\n  \"n\": -1,\n  \"s\u{1b}\"\n}");
        let texts: Vec<Vec<(String, Style)>> = lines.iter().map(pieces).collect();
        let plain = |text: &str| (text.to_owned(), TEXT);
        assert_eq!(texts[0], [("{".to_owned(), DIM)]);
        assert_eq!(
            texts[1],
            [plain("  "), ("\"a\\\"b\"".to_owned(), ACCENT), plain(": "), ("\"x: y\"".to_owned(), GOOD), plain(",")]
        );
        assert_eq!(texts[2][3], ("-1".to_owned(), WARN));
        assert_eq!(texts[3][1], ("\"s\u{241b}\"".to_owned(), GOOD));
    }

    #[test]
    fn python_keeps_its_text() {
        let source = "async def f(a: int = 1):  # \u{1b}[2J\n\treturn \"x\"";
        let texts: Vec<String> = python(source).iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["async def f(a: int = 1):  # \u{241b}[2J", "    return \"x\""]);
    }
}
