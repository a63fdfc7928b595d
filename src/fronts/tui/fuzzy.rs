//! Fuzzy matching of lists, with the matcher of the Helix editor.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// A query made ready to be tried against many texts.
pub(super) struct Query {
    pattern: Pattern,
    matcher: Matcher,
    buffer: Vec<char>,
}

impl Query {
    /// Reads what a person typed; spaces separate words that must all match.
    pub(super) fn new(text: &str) -> Self {
        Self {
            pattern: Pattern::parse(text, CaseMatching::Smart, Normalization::Smart),
            matcher: Matcher::new(Config::DEFAULT),
            buffer: Vec::new(),
        }
    }

    /// How well `text` matches, more is better; nothing where it does not. An empty query matches everything.
    pub(super) fn score(&mut self, text: &str) -> Option<u32> {
        self.buffer.clear();
        self.pattern.score(Utf32Str::new(text, &mut self.buffer), &mut self.matcher)
    }

    /// Whether `text` matches at all.
    pub(super) fn matches(&mut self, text: &str) -> bool {
        self.score(text).is_some()
    }
}

/// Positions of the texts that match, best first; equal ones keep their order.
pub(super) fn ranked<'a>(query: &str, texts: impl IntoIterator<Item = &'a str>) -> Vec<usize> {
    let mut query = Query::new(query);
    let mut hits: Vec<(u32, usize)> =
        texts.into_iter().enumerate().filter_map(|(at, text)| Some((query.score(text)?, at))).collect();
    hits.sort_by_key(|(score, at)| (std::cmp::Reverse(*score), *at));
    hits.into_iter().map(|(_, at)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_better_match_comes_first_and_an_empty_query_keeps_all() {
        let names = ["git__git_diff", "git__git_status", "fetch__fetch"];
        assert_eq!(ranked("status", names), [1]);
        assert_eq!(ranked("git diff", names), [0]);
        assert_eq!(ranked("", names), [0, 1, 2]);
        assert_eq!(ranked("zzz", names), [0_usize; 0]);
    }
}
