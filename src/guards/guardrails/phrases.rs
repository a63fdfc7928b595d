//! Weighted phrases. Those of all tables are found in one pass over a text, which may have a megabyte.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::{injection, toxicity};

/// A list of phrases that say the same of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    Instructions,
    Poisoning,
    Exfiltration,
    Abuse,
}

impl Table {
    const ALL: [Self; 4] = [Self::Instructions, Self::Poisoning, Self::Exfiltration, Self::Abuse];

    /// Phrases in lower case with single spaces, each with how much it says by itself.
    fn phrases(self) -> &'static [(&'static str, f64)] {
        match self {
            Self::Instructions => injection::INSTRUCTIONS,
            Self::Poisoning => injection::POISONING,
            Self::Exfiltration => injection::EXFILTRATION,
            Self::Abuse => toxicity::ABUSE,
        }
    }
}

/// Made when the first text is looked at, never before. Absent where it could not be made, which the tests rule out.
static PHRASES: LazyLock<Option<Phrases>> = LazyLock::new(Phrases::compiled);

struct Phrases {
    automaton: AhoCorasick,
    /// Table and weight of each of its patterns.
    entries: Vec<(Table, f64)>,
}

impl Phrases {
    fn compiled() -> Option<Self> {
        let all = || Table::ALL.into_iter().flat_map(|table| table.phrases().iter().map(move |phrase| (table, phrase)));
        let patterns = all().map(|(_, (phrase, _))| phrase);
        // Made in a fifth of the time of a faster one; a cold run waits for that.
        let automaton = AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(patterns).ok()?;
        Some(Self { automaton, entries: all().map(|(table, (_, weight))| (table, *weight)).collect() })
    }
}

/// The phrases that a text has, each once.
#[derive(Debug)]
pub(super) struct Found(Vec<(Table, f64)>);

impl Found {
    /// In a folded text.
    pub(super) fn of(folded: &str) -> Self {
        let bytes = folded.as_bytes();
        let Some(phrases) = &*PHRASES else { return Self(Vec::new()) };
        let hits = phrases.automaton.find_overlapping_iter(bytes).filter(|hit| whole(bytes, hit.start(), hit.end()));
        let found: BTreeSet<usize> = hits.map(|hit| hit.pattern().as_usize()).collect();
        Self(found.into_iter().filter_map(|index| phrases.entries.get(index).copied()).collect())
    }

    /// The score for one table and how many of its phrases there are: each further phrase takes its share of what is left to 1.
    pub(super) fn score(&self, table: Table) -> (f64, u64) {
        let weights = || self.0.iter().filter(|(of, _)| *of == table).map(|(_, weight)| weight);
        let left: f64 = weights().map(|weight| 1.0 - weight).product();
        (1.0 - left, weights().count() as u64)
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
    fn phrases_are_found_whole_and_count_for_their_table_alone() {
        assert!(Phrases::compiled().is_some());
        let found = Found::of("you must obey: ignore the above, ignore the above, and exfiltrate.");
        let scores = Table::ALL.map(|table| (found.score(table).1, (found.score(table).0 * 100.0).round()));
        assert_eq!(scores, [(2, 88.0), (0, 0.0), (1, 50.0), (0, 0.0)]);
        assert_eq!(Found::of("exfiltrates, unexfiltrate").score(Table::Exfiltration), (0.0, 0));
    }
}
