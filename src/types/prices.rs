//! What tokens cost: a dated table, which configuration overrides. A model that is not in it has no price.

use serde::{Deserialize, Serialize};

/// When the built-in prices were last compared with the issuers' public lists.
pub const PRICES_DATE: &str = "2025-11-30";

/// US dollars for a million tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// What the model reads.
    pub input: f64,
    /// What the model writes.
    pub output: f64,
    /// Day of the price, `YYYY-MM-DD`; empty where configuration does not say.
    pub date: String,
    /// `built in`, or where it is configured.
    pub source: String,
}

/// What the tokens of a step cost, and how that is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// US dollars.
    pub usd: f64,
    /// The model whose price it is.
    pub model: String,
    /// See [`Price::source`].
    pub source: String,
    /// See [`Price::date`].
    pub date: String,
}

/// Prices by model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prices {
    /// Those of the configuration, which go before the built-in ones.
    pub configured: std::collections::BTreeMap<String, Price>,
}

/// Model, price of input, price of output.
const BUILT_IN: &[(&str, f64, f64)] = &[
    ("claude-haiku-4-5", 1.0, 5.0),
    ("claude-opus-4-1", 15.0, 75.0),
    ("claude-opus-4-5", 5.0, 25.0),
    ("claude-sonnet-4-5", 3.0, 15.0),
    ("gemini-2.5-flash", 0.3, 2.5),
    ("gemini-2.5-flash-lite", 0.1, 0.4),
    ("gemini-2.5-pro", 1.25, 10.0),
    ("gpt-4.1", 2.0, 8.0),
    ("gpt-4.1-mini", 0.4, 1.6),
    ("gpt-4.1-nano", 0.1, 0.4),
    ("gpt-4o", 2.5, 10.0),
    ("gpt-4o-mini", 0.15, 0.6),
    ("gpt-5", 1.25, 10.0),
    ("gpt-5-mini", 0.25, 2.0),
    ("gpt-5-nano", 0.05, 0.4),
    ("o3", 2.0, 8.0),
    ("o4-mini", 1.1, 4.4),
];

impl Prices {
    /// The price of a model of exactly this name; none where it is not known, rather than a guess.
    pub fn of(&self, model: &str) -> Option<Price> {
        let built_in = || {
            let (_, input, output) = BUILT_IN.iter().find(|(name, ..)| *name == model)?;
            Some(Price { input: *input, output: *output, date: PRICES_DATE.to_owned(), source: "built in".to_owned() })
        };
        self.configured.get(model).cloned().or_else(built_in)
    }

    /// What a call would have cost in a model's context: the model writes the arguments and reads the result.
    pub fn cost(&self, model: &str, tokens_in: u64, tokens_out: u64) -> Option<Cost> {
        let Price { input, output, date, source } = self.of(model)?;
        let usd = (tokens_in as f64 * output + tokens_out as f64 * input) / 1e6;
        Some(Cost { usd, model: model.to_owned(), source, date })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_configured_or_built_in_or_unknown() {
        let own = Price { input: 1.0, output: 2.0, date: "2026-11-01".to_owned(), source: "mcp_config.json:7".to_owned() };
        let prices = Prices { configured: [("gpt-4o".to_owned(), own.clone())].into() };
        assert_eq!(prices.of("gpt-4o"), Some(own));
        assert_eq!(prices.of("gpt-4o-2024-08-06"), None);
        assert_eq!(prices.cost("no-such-model", 1, 1), None);
        let cost = prices.cost("claude-sonnet-4-5", 1_000, 100_000).unwrap();
        let expected = Cost {
            usd: 0.315,
            model: "claude-sonnet-4-5".to_owned(),
            source: "built in".to_owned(),
            date: PRICES_DATE.to_owned(),
        };
        assert_eq!(cost, expected);
    }
}
