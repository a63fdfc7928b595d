//! Abuse: a short list of plain threats and insults. It finds the blatant, no more; a model behind an external provider
//! finds the rest.

use super::phrases::Table;
use super::provider::{Finding, Provider, Subject, Text};

/// When these phrases were last revised.
pub const TOXICITY_RULES_DATE: &str = "2026-11-21";

pub(super) const ABUSE: &[(&str, f64)] = &[
    ("kill yourself", 0.95),
    ("kys", 0.5),
    ("i will kill you", 0.95),
    ("i'll kill you", 0.95),
    ("going to kill you", 0.9),
    ("i hope you die", 0.9),
    ("you should die", 0.9),
    ("go die", 0.7),
    ("deserve to die", 0.8),
    ("nobody would miss you", 0.8),
    ("you are worthless", 0.7),
    ("worthless piece of", 0.7),
    ("piece of shit", 0.7),
    ("fuck you", 0.8),
    ("fuck off", 0.6),
    ("go to hell", 0.5),
    ("you idiot", 0.5),
    ("stupid idiot", 0.6),
    ("you moron", 0.6),
    ("subhuman", 0.7),
    ("filthy animals", 0.5),
    ("shut your mouth", 0.4),
    ("i hate you", 0.4),
];

/// The provider.
#[derive(Debug)]
pub(super) struct Toxicity;

impl Provider for Toxicity {
    fn name(&self) -> &'static str {
        "toxicity"
    }

    fn rules_date(&self) -> &'static str {
        TOXICITY_RULES_DATE
    }

    fn assess(&self, _: &Subject<'_>, text: &Text) -> Vec<Finding> {
        let (score, count) = text.phrases().score(Table::Abuse);
        vec![Finding::new("abuse", score).with("phrase", count)]
    }
}
