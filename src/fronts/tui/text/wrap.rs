//! Lines broken at words, to fit a width.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::cells::{clusters, width as width_of};

/// The rows, as byte ranges, that a line takes at a width: broken between words, and within a word only where it is
/// longer than a row. There is always at least one; together they are the whole line but for the blanks at breaks.
pub(crate) fn wrap(line: &str, width: u16) -> Vec<Range<usize>> {
    let width = usize::from(width.max(1));
    if line.len() <= width && line.is_ascii() && !line.contains('\t') {
        return std::iter::once(0..line.len()).collect();
    }
    let mut rows = Vec::new();
    let mut start = 0;
    let mut end = 0;
    let mut used = 0;
    for (at, word) in words(line) {
        let columns = width_of(word);
        let blank = word.trim().is_empty();
        if used + columns > width && !(blank && at > start) {
            if end > start {
                rows.push(start..end);
                (start, used) = (at, 0);
            }
            if columns > width {
                for cut in cuts(word, width) {
                    rows.push(start..at + cut);
                    start = at + cut;
                }
                used = width_of(&line[start..at + word.len()]);
                end = at + word.len();
                continue;
            }
        }
        used += columns;
        if !blank || at == 0 {
            end = at + word.len();
        }
    }
    rows.push(start..line.len().min(end.max(start)));
    rows
}

/// The words of a line, the blanks and signs between them on their own.
fn words(line: &str) -> Box<dyn Iterator<Item = (usize, &str)> + '_> {
    if !line.is_ascii() {
        return Box::new(line.split_word_bound_indices());
    }
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let mut start = 0;
    Box::new(std::iter::from_fn(move || {
        let rest = line.as_bytes().get(start..).filter(|rest| !rest.is_empty())?;
        let length = rest.iter().take_while(|byte| is_word(byte)).count().max(1);
        let at = start;
        start += length;
        Some((at, &line[at..start]))
    }))
}

/// Where a word longer than a row is cut, in bytes.
fn cuts(word: &str, width: usize) -> Vec<usize> {
    let mut cuts = Vec::new();
    let mut row = 0;
    for cluster in clusters(word) {
        if cluster.column + cluster.width > row + width {
            cuts.push(cluster.bytes.start);
            row = cluster.column;
        }
    }
    cuts
}

/// A text cut to a width, `…` in place of what is left out.
pub(crate) fn shorten(text: &str, width: usize) -> String {
    if width_of(text) <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub("…".width());
    let end = clusters(text).find(|cluster| cluster.column + cluster.width > room).map_or(0, |cluster| cluster.bytes.start);
    if width == 0 { String::new() } else { format!("{}…", &text[..end]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(line: &str, width: u16) -> Vec<&str> {
        wrap(line, width).into_iter().map(|range| &line[range]).collect()
    }

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(rows("one two three", 8), ["one two", "three"]);
        assert_eq!(rows("one two three", 7), ["one two", "three"]);
        assert_eq!(rows("  indented text", 10), ["  indented", "text"]);
        assert_eq!(rows("a 漢字漢字 b", 6), ["a 漢字", "漢字 b"]);
        assert_eq!(rows("", 5), [""]);
        assert_eq!(rows("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(rows("x abcdefghij", 4), ["x", "abcd", "efgh", "ij"]);
        assert_eq!(rows("ab", 0), ["a", "b"]);
    }

    #[test]
    fn a_shortened_text_says_so() {
        assert_eq!(shorten("abcdef", 6), "abcdef");
        assert_eq!(shorten("abcdef", 4), "abc…");
        assert_eq!(shorten("漢字漢字", 4), "漢…");
        assert_eq!(shorten("ab", 0), "");
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_too_wide(line in "[a-c 漢é\\t-]{0,40}", width in 2u16..12) {
            let mut behind = 0;
            for range in wrap(&line, width) {
                assert!(line[behind..range.start].trim().is_empty());
                behind = range.end;
                assert!(width_of(line[range.clone()].trim_end()) <= usize::from(width).max(4), "{:?}", &line[range]);
            }
            assert!(line[behind..].trim().is_empty());
        }
    }
}
