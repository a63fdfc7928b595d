//! How a server's field names are changed, as configured. `normalize` carries it out.

use std::fmt;

/// How the field names of one server are changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldNames {
    /// What is done to those of its results.
    pub results: Normalization,
    /// What is done to those of arguments.
    pub arguments: ArgumentNames,
}

/// What is done to the field names of arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ArgumentNames {
    /// Nothing.
    #[default]
    AsWritten,
    /// They are changed back to what the server calls them.
    ChangedBack,
}

impl From<Normalization> for FieldNames {
    /// Results only.
    fn from(results: Normalization) -> Self {
        Self { results, arguments: ArgumentNames::AsWritten }
    }
}

impl fmt::Display for FieldNames {
    /// `snake_case`, or `snake_case, arguments changed back`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let back = match self.arguments {
            ArgumentNames::AsWritten => "",
            ArgumentNames::ChangedBack => ", arguments changed back",
        };
        write!(f, "{}{back}", self.results.word())
    }
}

/// A strategy for the field names of one server's results.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Normalization {
    /// Names stay as they came.
    #[default]
    None,
    /// `system.*`, `microsoft.*`, `custom.*` and `wef_*` as Azure DevOps writes them: `System.*`, `Microsoft.*`, `Custom.*`, `WEF_*`.
    AdoPascalCase,
    /// `workItemType` -> `work_item_type`.
    SnakeCase,
    /// `work_item_type` -> `workItemType`.
    CamelCase,
    /// The prefixes of a person.
    Prefixes(PrefixMap),
}

impl Normalization {
    /// The words a configuration may use, in the order of the variants.
    pub const WORDS: [&str; 4] = ["none", "ado-pascal-case", "snake_case", "camelCase"];

    /// Its word; `prefixes` where a person gave their own.
    pub fn word(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::AdoPascalCase => "ado-pascal-case",
            Self::SnakeCase => "snake_case",
            Self::CamelCase => "camelCase",
            Self::Prefixes(_) => "prefixes",
        }
    }

    /// The strategy of that word.
    pub fn of_word(word: &str) -> Option<Self> {
        match word {
            "none" => Some(Self::None),
            "ado-pascal-case" => Some(Self::AdoPascalCase),
            "snake_case" => Some(Self::SnakeCase),
            "camelCase" => Some(Self::CamelCase),
            _ => None,
        }
    }
}

/// Prefixes and what stands in their place. Replacing twice is the same as replacing once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrefixMap(Vec<(String, String)>);

impl PrefixMap {
    /// Fails with the reason where a prefix is empty, or where a second replacement would change what the first made.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, String> {
        let mut pairs: Vec<(String, String)> = pairs.into_iter().collect();
        if pairs.iter().any(|(from, to)| from.is_empty() || to.is_empty()) {
            return Err("a prefix or its replacement is empty".to_owned());
        }
        pairs.retain(|(from, to)| from != to);
        for (from, to) in &pairs {
            if let Some((next, _)) = pairs.iter().find(|(next, _)| to.starts_with(next.as_str()) || next.starts_with(to.as_str()))
            {
                return Err(format!("\"{from}\" becomes \"{to}\", which \"{next}\" would change again"));
            }
        }
        pairs.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
        Ok(Self(pairs))
    }

    /// Prefix and replacement, the longest prefix first.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(from, to)| (from.as_str(), to.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> Result<PrefixMap, String> {
        PrefixMap::new(pairs.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())))
    }

    #[test]
    fn words_name_strategies() {
        let strategies = [Normalization::None, Normalization::AdoPascalCase, Normalization::SnakeCase, Normalization::CamelCase];
        assert_eq!(Normalization::WORDS.map(Normalization::of_word), strategies.map(Some));
        assert_eq!(Normalization::of_word("Snake_Case"), None);
        assert_eq!(Normalization::WORDS.map(|word| Normalization::of_word(word).unwrap().word()), Normalization::WORDS);
        let back = FieldNames { results: Normalization::SnakeCase, arguments: ArgumentNames::ChangedBack };
        assert_eq!(back.to_string(), "snake_case, arguments changed back");
        assert_eq!(FieldNames::from(Normalization::Prefixes(map(&[("a", "b")]).unwrap())).to_string(), "prefixes");
    }

    #[test]
    fn a_map_that_would_change_its_own_work_is_refused() {
        let chain = "\"a.\" becomes \"b.\", which \"b.\" would change again".to_owned();
        assert_eq!(map(&[("a.", "b."), ("b.", "c.")]), Err(chain));
        let meets = "\"x\" becomes \"a\", which \"ab\" would change again".to_owned();
        assert_eq!(map(&[("x", "a"), ("ab", "c")]), Err(meets));
        let grows = "\"a\" becomes \"ab\", which \"a\" would change again".to_owned();
        assert_eq!(map(&[("a", "ab")]), Err(grows));
        assert_eq!(map(&[("a", "")]), Err("a prefix or its replacement is empty".to_owned()));
        let longest_first: Vec<(String, String)> = vec![("old.sub.".into(), "Sub.".into()), ("old.".into(), "Old.".into())];
        assert_eq!(map(&[("old.", "Old."), ("same", "same"), ("old.sub.", "Sub.")]), Ok(PrefixMap(longest_first)));
    }
}
