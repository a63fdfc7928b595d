//! The bracket that belongs to the one at the cursor.

use std::ops::Range;

use super::document::{Document, Place, byte_of, column_of};
use crate::python::{Analysis, TokenClass};

/// The places of the bracket at the cursor (or before it) and of its partner. Brackets in strings and comments do not
/// count, as the parser's tokens tell them apart.
pub(super) fn pair(document: &Document, analysis: &Analysis) -> Option<[Place; 2]> {
    let cursor = document.cursor();
    let line = document.line(cursor.line);
    let byte = byte_of(line, cursor.column);
    let before = byte.checked_sub(1);
    let (line, byte) = [Some(byte), before]
        .into_iter()
        .flatten()
        .map(|byte| (cursor.line, byte))
        .find(|(line, byte)| brackets_of(document, analysis, *line).any(|(at, _)| at == *byte))?;
    let partner = partner(document, analysis, line, byte)?;
    Some([place(document, line, byte), place(document, partner.0, partner.1)])
}

fn place(document: &Document, line: usize, byte: usize) -> Place {
    Place::new(line, column_of(document.line(line), byte))
}

/// The partner of the bracket at a byte of a line, by counting depth in its direction.
fn partner(document: &Document, analysis: &Analysis, line: usize, byte: usize) -> Option<(usize, usize)> {
    let opens = matches!(document.line(line).as_bytes()[byte], b'(' | b'[' | b'{');
    let lines: Box<dyn Iterator<Item = usize>> =
        if opens { Box::new(line..document.lines().len()) } else { Box::new((0..=line).rev()) };
    let mut depth = 0;
    for at in lines {
        let mut brackets: Vec<(usize, bool)> = brackets_of(document, analysis, at).collect();
        if !opens {
            brackets.reverse();
        }
        for (offset, opening) in brackets {
            let passed = at == line && if opens { offset < byte } else { offset > byte };
            if passed {
                continue;
            }
            depth += if opening == opens { 1 } else { -1 };
            if depth == 0 {
                return Some((at, offset));
            }
        }
    }
    None
}

/// The brackets of a line that are code: byte and whether it opens.
fn brackets_of<'a>(document: &'a Document, analysis: &'a Analysis, line: usize) -> impl Iterator<Item = (usize, bool)> + 'a {
    let bytes = document.line(line).as_bytes();
    let tokens: &[(Range<usize>, TokenClass)] = analysis.lines.get(line).map_or(&[], Vec::as_slice);
    tokens.iter().filter(|(_, class)| *class == TokenClass::Operator).filter_map(move |(range, _)| {
        match bytes.get(range.start)? {
            b'(' | b'[' | b'{' => Some((range.start, true)),
            b')' | b']' | b'}' => Some((range.start, false)),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::analyse;

    #[test]
    fn brackets_find_their_partner_over_lines_and_past_strings() {
        let text = "f(a[1],\n  ')', # ]\n  {é: (2)})";
        let mut document = Document::new(text);
        let analysis = analyse(text);
        let table = [
            ((0, 1), Some([(0, 1), (2, 10)])),
            ((0, 2), Some([(0, 1), (2, 10)])),
            ((2, 10), Some([(2, 10), (0, 1)])),
            ((2, 9), Some([(2, 9), (2, 2)])),
            ((0, 3), Some([(0, 3), (0, 5)])),
            ((2, 7), Some([(2, 6), (2, 8)])),
            ((1, 3), None),
            ((0, 0), None),
        ];
        for ((line, column), expected) in table {
            document.set_cursor(Place::new(line, column));
            let expected = expected.map(|pair| pair.map(|(line, column)| Place::new(line, column)));
            assert_eq!(pair(&document, &analysis), expected, "{line}:{column}");
        }
    }
}
