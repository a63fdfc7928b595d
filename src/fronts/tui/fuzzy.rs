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

/// Positions of the names that match, best first; equal ones keep their order. Behind them those whose description
/// holds every word.
pub(super) fn ranked<'a>(typed: &str, texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<usize> {
    let mut query = Query::new(typed);
    let typed = typed.to_lowercase();
    let mut score = |name: &str, description: &str| {
        let told = || {
            let text = format!("{name} {description}").to_lowercase();
            typed.split_whitespace().all(|word| text.contains(word)).then_some(0)
        };
        query.score(name).map(|score| score.saturating_add(1)).or_else(told)
    };
    let mut hits: Vec<(u32, usize)> =
        texts.into_iter().enumerate().filter_map(|(at, (name, about))| Some((score(name, about)?, at))).collect();
    hits.sort_by_key(|(score, at)| (std::cmp::Reverse(*score), *at));
    hits.into_iter().map(|(_, at)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_better_match_comes_first_and_an_empty_query_keeps_all() {
        let names = [("git__git_diff", ""), ("git__git_status", ""), ("fetch__fetch", "Gets the status of a page")];
        assert_eq!(ranked("status", names), [1, 2]);
        assert_eq!(ranked("git diff", names), [0]);
        assert_eq!(ranked("", names), [0, 1, 2]);
        assert_eq!(ranked("zzz", names), [0_usize; 0]);
    }
}
