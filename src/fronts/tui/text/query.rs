//! What a search looks for: the words as they stand. Case matters only where a capital was typed.

use std::ops::Range;

use regex::{Regex, RegexBuilder};

/// Words to look for.
#[derive(Debug, Clone)]
pub(crate) struct Query(Regex);

impl Query {
    /// The query for what was typed. `None` where nothing was.
    pub(crate) fn new(typed: &str) -> Option<Self> {
        let capital = typed.chars().any(char::is_uppercase);
        let pattern = RegexBuilder::new(&regex::escape(typed)).case_insensitive(!capital).build().ok();
        pattern.filter(|_| !typed.is_empty()).map(Self)
    }

    /// Whether a text has it.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// Where it stands in a text, in bytes.
    pub(crate) fn ranges<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        self.0.find_iter(text).map(|found| found.range())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_decide_about_case_and_signs_are_literal() {
        let found = |typed: &str| Query::new(typed).unwrap().ranges("Ab ab.ab(É é)").map(|range| range.start).collect::<Vec<_>>();
        assert_eq!(found("ab"), [0, 3, 6]);
        assert_eq!(found("Ab"), [0]);
        assert_eq!(found(".ab("), [5]);
        assert_eq!(found("é"), [9, 12]);
        assert!(Query::new("").is_none());
    }
}
