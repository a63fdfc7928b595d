//! Edits of whole lines and the indentation that typing brings along.

use std::ops::Range;

use super::document::{Document, Edit, Place, byte_of};
use super::motion::{Motion, target};
use crate::python::outline;

/// One indentation, as PEP 8 has it.
const INDENT: &str = "    ";

/// Types a character over the selection.
pub(super) fn type_character(document: &mut Document, typed: char) {
    let range = selection_or_cursor(document);
    document.replace(range, typed.encode_utf8(&mut [0; 4]), Edit::Typed(typed));
}

/// Puts text in over the selection, as it is.
pub(super) fn put(document: &mut Document, text: &str) {
    let range = selection_or_cursor(document);
    document.replace(range, text, Edit::Whole);
}

/// Removes the selection, else up to where a motion leads. In the indentation, backward by whole indentations.
pub(super) fn remove(document: &mut Document, motion: Motion) {
    if let Some(range) = document.selection() {
        document.replace(range, "", Edit::Whole);
        return;
    }
    let at = document.cursor();
    let to = if motion == Motion::Left && in_blanks(document, at) {
        Place::new(at.line, (at.column - 1) / INDENT.len() * INDENT.len())
    } else {
        target(document, motion, 0, 0)
    };
    document.replace(at.min(to)..at.max(to), "", Edit::Deleted);
}

/// Whether only spaces stand before a place, and at least one.
fn in_blanks(document: &Document, at: Place) -> bool {
    at.column > 0 && document.line(at.line).chars().take(at.column).all(|character| character == ' ')
}

/// Breaks the line; the new one starts as deep as the code on it belongs.
pub(super) fn new_line(document: &mut Document) {
    let range = selection_or_cursor(document);
    let line = document.line(range.start.line);
    let before = &line[..byte_of(line, range.start.column)];
    let text = format!("\n{}", indent_after(before));
    document.replace(range, &text, Edit::Whole);
}

/// The indentation of the line after one that ends in `before`: deeper behind a colon or an open bracket, less deep
/// behind a statement that leaves the block.
fn indent_after(before: &str) -> String {
    let own: String = before.chars().take_while(|character| matches!(character, ' ' | '\t')).collect();
    let code = before.trim();
    let leaves = ["return", "break", "continue", "pass", "raise"];
    if code.ends_with([':', '(', '[', '{']) && !code.starts_with('#') {
        own + INDENT
    } else if code.split_whitespace().next().is_some_and(|word| leaves.contains(&word)) {
        own.strip_suffix(INDENT).unwrap_or(&own).to_owned()
    } else {
        own
    }
}

/// Indents the selected lines; without a selection of several characters, fills up to the next tab stop.
pub(super) fn indent(document: &mut Document) {
    if document.selection().is_some() {
        change_lines(document, |line| if line.is_empty() { String::new() } else { format!("{INDENT}{line}") });
    } else {
        let at = document.cursor();
        let blanks = INDENT.len() - at.column % INDENT.len();
        document.replace(at..at, &INDENT[..blanks], Edit::Whole);
    }
}

/// Takes one indentation from the selected lines or the line of the cursor.
pub(super) fn dedent(document: &mut Document) {
    change_lines(document, |line| {
        let blanks = line.bytes().take(INDENT.len()).take_while(|byte| *byte == b' ').count();
        line.strip_prefix('\t').unwrap_or(&line[blanks..]).to_owned()
    });
}

/// Comments the selected lines, or takes the comment signs away where every line has one.
pub(super) fn toggle_comment(document: &mut Document) {
    let lines: Vec<&str> =
        selected_lines(document).map(|index| document.line(index)).filter(|line| !line.trim().is_empty()).collect();
    let commented = !lines.is_empty() && lines.iter().all(|line| line.trim_start().starts_with('#'));
    let depth = lines.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    change_lines(document, |line| {
        if line.trim().is_empty() {
            line.to_owned()
        } else if commented {
            let (blanks, code) = line.split_at(line.len() - line.trim_start().len());
            let code = code.strip_prefix('#').unwrap_or(code);
            format!("{blanks}{}", code.strip_prefix(' ').unwrap_or(code))
        } else {
            format!("{}# {}", &line[..depth], &line[depth..])
        }
    });
}

/// Puts a call in at the cursor and its import where imports stand, unless it is there already. One step of undo each.
/// Further lines of the call are indented as deep as the line of the cursor.
pub(super) fn insert_call(document: &mut Document, import_line: &str, call: &str) {
    let mut at = selection_or_cursor(document);
    let line = document.line(at.start.line);
    let indent: String = line.chars().take_while(|character| matches!(character, ' ' | '\t')).collect();
    let mut text = call.replace('\n', &format!("\n{indent}"));
    let columns = indent.chars().count();
    // In front of a statement the call is one of its own.
    if at.start == at.end && at.start.column <= columns && !line.trim().is_empty() {
        let place = Place::new(at.start.line, columns);
        at = place..place;
        text = format!("{text}\n{indent}");
    }
    document.replace(at, &text, Edit::Whole);
    if import_line.is_empty() || document.lines().iter().any(|line| line.trim() == import_line.trim()) {
        return;
    }
    let cursor = document.cursor();
    let place = Place::new(usize::try_from(outline(&document.text()).import_line).unwrap_or(0), 0);
    let (place, text) = if place.line > document.end().line {
        (document.end(), format!("\n{import_line}"))
    } else {
        (place, format!("{import_line}\n"))
    };
    document.replace(place..place, &text, Edit::Whole);
    document.set_cursor(if place <= cursor { Place::new(cursor.line + 1, cursor.column) } else { cursor });
}

fn selection_or_cursor(document: &Document) -> Range<Place> {
    document.selection().unwrap_or(document.cursor()..document.cursor())
}

/// The lines a selection touches; one that ends at the start of a line does not touch it.
fn selected_lines(document: &Document) -> std::ops::RangeInclusive<usize> {
    let range = selection_or_cursor(document);
    let last = if range.end.column == 0 && range.end.line > range.start.line { range.end.line - 1 } else { range.end.line };
    range.start.line..=last
}

/// Changes each selected line, as one step of undo. The selection and the cursor stay on the same text.
fn change_lines(document: &mut Document, change: impl Fn(&str) -> String) {
    let lines = selected_lines(document);
    let (first, last) = (*lines.start(), *lines.end());
    let before: Vec<&str> = lines.map(|index| document.line(index)).collect();
    let after: Vec<String> = before.iter().map(|line| change(line)).collect();
    if before == after {
        return;
    }
    let grown: Vec<isize> = before.iter().zip(&after).map(|(old, new)| signed(new) - signed(old)).collect();
    let moved = |place: Place| match grown.get(place.line.wrapping_sub(first)) {
        Some(grown) if place.column > 0 => Place::new(place.line, place.column.saturating_add_signed(*grown)),
        _ => place,
    };
    let (cursor, selection) = (moved(document.cursor()), document.selection());
    let end = Place::new(last, document.line(last).chars().count());
    document.replace(Place::new(first, 0)..end, &after.join("\n"), Edit::Whole);
    match selection {
        Some(range) if moved(range.start) == cursor => document.select(moved(range.end)..cursor),
        Some(range) => document.select(moved(range.start)..cursor),
        None => document.set_cursor(cursor),
    }
}

fn signed(line: &str) -> isize {
    isize::try_from(line.chars().count()).unwrap_or(isize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A document from a text in which `|` is the cursor and `^`, if there, the other end of the selection.
    fn document(marked: &str) -> Document {
        let plain = marked.replace(['|', '^'], "");
        let mut document = Document::new(&plain);
        let place = |mark: char| {
            let before: String = marked.split_once(mark)?.0.chars().filter(|c| !matches!(c, '|' | '^')).collect();
            let column = before.rsplit('\n').next()?.chars().count();
            Some(Place::new(before.matches('\n').count(), column))
        };
        document.set_cursor(place('|').unwrap());
        if let Some(anchor) = place('^') {
            document.select(anchor..document.cursor());
        }
        document
    }

    /// The text with its marks.
    fn marked(document: &Document) -> String {
        let mut lines: Vec<String> = document.lines().to_vec();
        let cursor = document.cursor();
        let at = byte_of(&lines[cursor.line], cursor.column);
        lines[cursor.line].insert(at, '|');
        if let Some(range) = document.selection() {
            let other = if range.start == cursor { range.end } else { range.start };
            let shift = usize::from(other.line == cursor.line && other > cursor);
            let at = byte_of(&lines[other.line], other.column + shift);
            lines[other.line].insert(at, '^');
        }
        lines.join("\n")
    }

    fn check(table: &[(&str, &str)], edit: impl Fn(&mut Document)) {
        for (before, after) in table {
            let mut document = document(before);
            edit(&mut document);
            assert_eq!(marked(&document), *after, "from {before:?}");
        }
    }

    #[test]
    fn a_new_line_is_indented_as_the_code_asks() {
        let table = [
            ("if x:|", "if x:\n    |"),
            ("    f(|", "    f(\n        |"),
            ("    return 1|", "    return 1\n|"),
            ("    x = 1|; y", "    x = 1\n    |; y"),
            ("# note:|", "# note:\n|"),
            ("a^bc|d", "a\n|d"),
            ("|  x", "\n|  x"),
        ];
        check(&table, new_line);
    }

    #[test]
    fn lines_are_indented_and_back() {
        check(&[("a|", "a   |"), ("|", "    |"), ("^a\n\nb|", "^    a\n\n    b|"), ("a^a\nb\n|c", "    a^a\n    b\n|c")], indent);
        check(&[("    a|", "a|"), ("^  a\n\tb|", "^a\nb|"), ("a|", "a|"), ("  | a", "|a")], dedent);
    }

    #[test]
    fn comments_come_and_go() {
        let table = [
            ("x = 1|", "# x = 1|"),
            ("# x = 1|", "x = 1|"),
            ("^  a\n\n    b|", "^  # a\n\n  #   b|"),
            ("^  # a\n\n  #   b|", "^  a\n\n    b|"),
            ("^#a\nb|", "^# #a\n# b|"),
            ("|", "|"),
        ];
        check(&table, toggle_comment);
    }

    #[test]
    fn backspace_takes_an_indentation_or_a_cluster() {
        let table = [
            ("        |x", "    |x"),
            ("     |x", "    |x"),
            ("a |", "a|"),
            ("ae\u{301}|", "a|"),
            ("a\n|b", "a|b"),
            ("|", "|"),
            ("a^bc|", "a|"),
        ];
        check(&table, |document| remove(document, Motion::Left));
        check(&[("|e\u{301}a", "|a"), ("a|\nb", "a|b")], |document| remove(document, Motion::Right));
    }

    #[test]
    fn a_call_brings_its_import_once() {
        let insert =
            |document: &mut Document| insert_call(document, "from servers.git import git_log", "await git_log(\n    n=1,\n)");
        let table = [
            (
                "\"\"\"Doc.\"\"\"\nimport asyncio\n\n    |x",
                "\"\"\"Doc.\"\"\"\nimport asyncio\nfrom servers.git import git_log\n\n    await git_log(\n        n=1,\n    )\n    |x",
            ),
            ("from servers.git import git_log\n|", "from servers.git import git_log\nawait git_log(\n    n=1,\n)|"),
            ("|", "from servers.git import git_log\nawait git_log(\n    n=1,\n)|"),
        ];
        check(&table, insert);
        let mut document = document("x = |y");
        insert(&mut document);
        assert!(document.undo() && document.undo() && !document.undo());
        assert_eq!(document.text(), "x = y");
    }
}
