//! Fuzzy search over tools.

use std::fmt::Write as _;
use std::sync::Arc;

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::{Hit, Offers};
use crate::types::ToolSpec;
use crate::types::limits::{QUERY_CHARS, SEARCHED_BYTES, SEARCHED_PARAMETERS};

/// What a word found in the id counts, against one found in the title or the description.
const ID_WEIGHT: u32 = 4;
const TITLE_WEIGHT: u32 = 2;

/// Tools in which each word of `query` is found, best first; where no tool has all words, those that have the most. Ids
/// and titles match fuzzily, parameters and descriptions only where the word stands in them: letters strewn over a long
/// text mean nothing. An empty query finds all, in the servers' order.
pub(super) fn search(offers: &Offers, query: &str, limit: usize) -> Vec<Hit> {
    let query: String = query.chars().take(QUERY_CHARS).collect();
    let words: Vec<Word> = query.split_whitespace().map(Word::new).collect();
    let mut reader = Reader { matcher: Matcher::new(Config::DEFAULT), buffer: Vec::new(), id: String::new() };
    let tools = offers.values().flat_map(|offer| &offer.tools);
    if words.is_empty() {
        return tools.take(limit).map(|tool| Hit { tool: Arc::clone(tool), score: 0 }).collect();
    }
    let mut most = 1;
    let mut hits: Vec<Hit> = Vec::new();
    for tool in tools {
        let (found, score) = reader.score(tool, &words, most);
        if found > most {
            most = found;
            hits.clear();
        }
        if found == most {
            hits.push(Hit { tool: Arc::clone(tool), score });
        }
    }
    hits.sort_by(|left, right| {
        let length = |hit: &Hit| hit.tool.id.tool.len();
        right.score.cmp(&left.score).then_with(|| length(left).cmp(&length(right)))
    });
    hits.truncate(limit);
    hits
}

/// A word of the query, in both ways of looking for it.
struct Word {
    fuzzy: Atom,
    exact: Atom,
}

impl Word {
    fn new(word: &str) -> Self {
        let atom = |kind| Atom::new(word, CaseMatching::Ignore, Normalization::Smart, kind, false);
        Self { fuzzy: atom(AtomKind::Fuzzy), exact: atom(AtomKind::Substring) }
    }
}

struct Reader {
    matcher: Matcher,
    buffer: Vec<char>,
    id: String,
}

impl Reader {
    /// How many of the words are found in `tool`, and how well. Stops as soon as it cannot have `wanted` of them any more:
    /// most tools are then read for one word, and ten thousand within a frame.
    fn score(&mut self, tool: &ToolSpec, words: &[Word], wanted: usize) -> (usize, u32) {
        let mut id = std::mem::take(&mut self.id);
        id.clear();
        let _ = write!(id, "{}", tool.id);
        let (mut found, mut sum) = (0, 0_u32);
        for (index, word) in words.iter().enumerate() {
            if found + words.len() - index < wanted {
                break;
            }
            if let Some(score) = self.score_word(tool, &id, word) {
                found += 1;
                sum = sum.saturating_add(score);
            }
        }
        self.id = id;
        (found, sum)
    }

    fn score_word(&mut self, tool: &ToolSpec, id: &str, word: &Word) -> Option<u32> {
        let in_id = self.find(&word.fuzzy, id).map(|score| score * ID_WEIGHT);
        let in_title = tool.title.as_deref().and_then(|title| self.find(&word.fuzzy, title)).map(|score| score * TITLE_WEIGHT);
        in_id
            .max(in_title)
            .or_else(|| self.find_in_parameters(tool, word))
            .or_else(|| self.find(&word.exact, tool.description.as_deref()?))
    }

    fn find_in_parameters(&mut self, tool: &ToolSpec, word: &Word) -> Option<u32> {
        let parameters = tool.input_schema.get("properties")?.as_object()?;
        parameters.keys().take(SEARCHED_PARAMETERS).filter_map(|name| self.find(&word.exact, name)).max()
    }

    fn find(&mut self, atom: &Atom, text: &str) -> Option<u32> {
        let end = text.floor_char_boundary(SEARCHED_BYTES);
        atom.score(Utf32Str::new(&text[..end], &mut self.buffer), &mut self.matcher).map(u32::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Offer;
    use crate::types::ServerName;
    use serde_json::json;

    fn offers(tools: &[(&str, &str, &str)]) -> Offers {
        let mut offers = Offers::new();
        for (server, tool, description) in tools {
            let server = ServerName::new(server).unwrap();
            let raw = json!({"name": tool, "title": format!("Title of {tool}"), "description": description});
            let spec = Arc::new(ToolSpec::from_wire(&server, raw).unwrap());
            let before = offers.get(&server).map_or_else(Vec::new, |offer: &Arc<Offer>| offer.tools.to_vec());
            let tools = before.into_iter().chain([spec]).collect();
            offers.insert(server, Arc::new(Offer { tools, ..Offer::default() }));
        }
        offers
    }

    fn found(offers: &Offers, query: &str) -> Vec<String> {
        search(offers, query, 10).iter().map(|hit| hit.tool.id.to_string()).collect()
    }

    #[test]
    fn names_come_before_descriptions_and_every_word_counts() {
        let offers = offers(&[
            ("git", "git_log", "Shows the commits; the status of none"),
            ("git", "git_status", "Shows the working tree"),
            ("fetch", "fetch", "Reads a page"),
        ]);
        assert_eq!(found(&offers, "status"), ["git__git_status", "git__git_log"]);
        assert_eq!(found(&offers, "gitst"), ["git__git_status"]);
        assert_eq!(found(&offers, "GIT tree"), ["git__git_status"]);
        assert_eq!(found(&offers, "page"), ["fetch__fetch"]);
        assert_eq!(found(&offers, "git page"), ["git__git_log", "git__git_status", "fetch__fetch"], "no tool has both");
        assert_eq!(found(&offers, "  "), ["git__git_log", "git__git_status", "fetch__fetch"]);
        assert_eq!(search(&offers, "", 2).len(), 2);
    }

    #[test]
    fn hostile_texts_and_queries_are_searched_within_bounds() {
        let long = "ß".repeat(100_000);
        let offers = offers(&[("s", &long, &long), ("s", "plain", "ÄÖÜ")]);
        assert_eq!(found(&offers, &long).len(), 1);
        assert_eq!(found(&offers, "^'!$\\ \u{1b}"), Vec::<String>::new());
        assert_eq!(found(&offers, "aou"), ["s__plain"]);
    }
}
