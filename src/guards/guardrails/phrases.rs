//! Weighted phrases, found in one pass.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

/// Phrases in lower case with single spaces, each with how much it says by itself.
#[derive(Debug)]
pub(super) struct Phrases {
    /// Made when the first text is looked at, never before. Absent where it could not be made, which the tests rule out.
    automaton: OnceLock<Option<AhoCorasick>>,
    table: &'static [(&'static str, f64)],
}

impl Phrases {
    pub(super) fn new(table: &'static [(&'static str, f64)]) -> Self {
        Self { automaton: OnceLock::new(), table }
    }

    /// The score of a folded text and how many phrases it has: each further phrase takes its share of what is left to 1.
    pub(super) fn score(&self, folded: &str) -> (f64, u64) {
        let bytes = folded.as_bytes();
        let automaton = self.automaton.get_or_init(|| AhoCorasick::new(self.table.iter().map(|(phrase, _)| phrase)).ok());
        let mut found = BTreeSet::new();
        for hit in automaton.iter().flat_map(|automaton| automaton.find_overlapping_iter(bytes)) {
            if whole(bytes, hit.start(), hit.end()) {
                found.insert(hit.pattern().as_usize());
            }
        }
        let left: f64 = found.iter().filter_map(|index| self.table.get(*index)).map(|(_, weight)| 1.0 - weight).product();
        (1.0 - left, found.len() as u64)
    }
}

/// Whether a phrase does not begin or end within a word.
fn whole(bytes: &[u8], start: usize, end: usize) -> bool {
    let letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    // At an edge the word goes on where letters stand on both sides of it.
    let goes_on = |edge: usize| edge > 0 && letter(edge - 1) && letter(edge);
    !goes_on(start) && !goes_on(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_compiled_when_the_first_text_is_looked_at() {
        let phrases = Phrases::new(&[("go away", 0.5)]);
        assert!(phrases.automaton.get().is_none());
        assert_eq!((phrases.score("please go away"), phrases.score("ago away")), ((0.5, 1), (0.0, 0)));
        assert!(phrases.automaton.get().is_some());
    }
}
