//! Personal data and secrets: what masking has counted, as scores.

use super::provider::{Finding, Provider, Subject, Text};
use crate::types::{MASKING_RULES_DATE, MaskKind};

/// E-mail addresses, phone, card, account and social security numbers.
#[derive(Debug)]
pub(super) struct PersonalData;

/// Keys, tokens, passwords, and values of servers' environments.
#[derive(Debug)]
pub(super) struct Secrets;

impl Provider for PersonalData {
    fn name(&self) -> &'static str {
        "pii"
    }

    fn rules_date(&self) -> &'static str {
        MASKING_RULES_DATE
    }

    fn assess(&self, subject: &Subject<'_>, _: &Text) -> Vec<Finding> {
        // How sure the form alone makes us: checksums are, a phone number might be an article's.
        let sure = |kind| match kind {
            MaskKind::Card => Some(("card", 0.95)),
            MaskKind::Iban => Some(("iban", 0.99)),
            MaskKind::Ssn => Some(("ssn", 0.85)),
            MaskKind::Email => Some(("email", 0.95)),
            MaskKind::Phone => Some(("phone", 0.75)),
            MaskKind::Secret | MaskKind::Key => None,
        };
        counted(subject, sure)
    }
}

impl Provider for Secrets {
    fn name(&self) -> &'static str {
        "secrets"
    }

    fn rules_date(&self) -> &'static str {
        MASKING_RULES_DATE
    }

    fn assess(&self, subject: &Subject<'_>, _: &Text) -> Vec<Finding> {
        let sure = |kind| match kind {
            MaskKind::Secret => Some(("known", 1.0)),
            MaskKind::Key => Some(("key", 0.95)),
            MaskKind::Card | MaskKind::Iban | MaskKind::Ssn | MaskKind::Email | MaskKind::Phone => None,
        };
        counted(subject, sure)
    }
}

fn counted(subject: &Subject<'_>, sure: impl Fn(MaskKind) -> Option<(&'static str, f64)>) -> Vec<Finding> {
    let found = subject.payload.masked.iter();
    found
        .filter_map(|(kind, count)| sure(*kind).map(|(metric, score)| Finding::new(metric, score).with(metric, *count)))
        .collect()
}
